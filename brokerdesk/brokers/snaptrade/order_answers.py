"""What an answer of SnapTrade's to an order proves.

SnapTrade stands between, so a failure there says nothing about the brokerage behind it: only a
refusal in its own envelope, with a code, and a status that it documents for a refusal counts.
"""

from __future__ import annotations

import re

import msgspec

from brokerdesk.brokers.answers import Answer
from brokerdesk.brokers.decode import JsonDecoder, check_keys
from brokerdesk.brokers.once import Reply
from brokerdesk.brokers.snaptrade import TITLE, problems
from brokerdesk.brokers.trading import Answered, NotSent, Outcome, Refused, Unproven
from brokerdesk.errors import BrokerProtocolError

_FINAL = (400, 401, 402, 403, 404)
_ID = re.compile(r"[!-~]{1,128}")
_NO_PROOF = re.compile(
    r"time.?out|timed out|try again|internal|unexpected|invalid response|unavailable|duplicat|"
    r"already",
    re.IGNORECASE,
)


class _Named(msgspec.Struct):
    brokerage_order_id: str | None = None


_NAMED = JsonDecoder(_Named)


def placed(given: Reply | NotSent | Unproven, replaces: str = "") -> Outcome:
    """What became of an order that was to be placed. A replaced one may keep its id."""
    if not isinstance(given, Reply):
        return given
    if given.status not in (200, 201):
        return _refused(given) or _odd(given)
    found = _named(given)
    if not found:
        return Unproven(why=f"{TITLE} took it, but did not name the order.")
    if found == replaces:
        # Read back it cannot be told from the old one: looked for instead.
        return Unproven(why=f"{TITLE} named the order that was to be replaced.", order_id=found)
    return Answered(order_id=found)


def cancelled(given: Reply | NotSent | Unproven, order_id: str) -> Outcome:
    """What became of the wish to cancel. Taken means asked for, not cancelled."""
    if not isinstance(given, Reply):
        return given
    if given.status != 200:
        return _refused(given) or _odd(given)
    if _named(given) != order_id:
        return Unproven(why=f"{TITLE} did not name the order that was to be cancelled.")
    return Answered(order_id=order_id)


def _named(given: Reply) -> str:
    """The order that an answer names; "" if none."""
    if not given.is_json:
        return ""
    try:
        check_keys(given.body)
        found = _NAMED.decode(given.body).brokerage_order_id or ""
    except BrokerProtocolError:
        return ""
    return found if _ID.fullmatch(found) else ""


def _refused(given: Reply) -> Refused | None:
    """A refusal that is SnapTrade's own and final; None for anything else."""
    if given.status not in _FINAL or not given.is_json:
        return None
    try:
        check_keys(given.body)
    except BrokerProtocolError:
        return None
    code, words = problems.told(
        Answer(status=given.status, content_type="application/json", body=given.body)
    )
    if not code or not words or _NO_PROOF.search(words):
        return None
    return Refused(words=words, code=code)


def _odd(given: Reply) -> Unproven:
    if given.status == 429:
        return Unproven(why=f"{TITLE} asked for a pause instead of saying what became of it.")
    if given.status >= 500:
        return Unproven(why=f"{TITLE} or the brokerage has a problem (error {given.status}).")
    return Unproven(why=f"{TITLE}'s answer {given.status} does not say what became of it.")
