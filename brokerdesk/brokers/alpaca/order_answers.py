"""What an answer of Alpaca's to an order proves.

A refusal counts only where it is Alpaca's own: its envelope, with a code of the status's class, or
the plain "unauthorized" of a login that is not known. One refusal proves nothing: that our own id
is taken already may be because this very order has arrived. Everything else that is not an order
with an id is unproven: pauses, failing servers, pages, answers that cannot be read.
"""

from __future__ import annotations

import re

from brokerdesk.brokers.alpaca import TITLE, wire
from brokerdesk.brokers.decode import JsonDecoder, check_keys
from brokerdesk.brokers.once import Reply
from brokerdesk.brokers.text import MESSAGE_LENGTH, clean
from brokerdesk.brokers.trading import Answered, NotSent, Outcome, Refused, Unproven
from brokerdesk.errors import BrokerProtocolError

_ORDER = JsonDecoder(wire.Order)
_PROBLEM = JsonDecoder(wire.Problem)
_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{7,63}", re.ASCII)
_CODES = {400: (400,), 401: (401,), 403: (403,), 404: (404,), 422: (422, 400)}
"""The first digits of the codes that Alpaca uses with a status."""
_NO_PROOF = re.compile(
    r"uniq|duplicat|already (?:exist|submit|receiv|process|used|been)|client.?order.?id|"
    r"time.?out|timed out|try again|internal",
    re.IGNORECASE,
)
_UNKNOWN_LOGIN = re.compile(
    r"(?:unauthorized|forbidden|request is not authorized)\.?", re.IGNORECASE
)


def placed(given: Reply | NotSent | Unproven, own_id: str, replaces: str = "") -> Outcome:
    """What became of an order that was to be placed, or put in the place of ``replaces``."""
    if not isinstance(given, Reply):
        return given
    if 200 <= given.status < 300:
        return _taken(given, own_id, replaces)
    return _refused(given, _NO_PROOF) or _odd(given)


def cancelled(given: Reply | NotSent | Unproven, order_id: str) -> Outcome:
    """What became of the wish to cancel. Taken means asked for, not cancelled."""
    if not isinstance(given, Reply):
        return given
    if given.status in (200, 204) and not given.body.strip():
        return Answered(order_id=order_id)
    if given.status == 200 and given.is_json:
        return _taken(given, "", "", same=order_id)
    return _refused(given, re.compile("time.?out|timed out|try again|internal", re.I)) or _odd(
        given
    )


def _taken(given: Reply, own_id: str, replaces: str, same: str = "") -> Outcome:
    """An answer that says yes: it must name an order, and ours."""
    try:
        check_keys(given.body)
        order = _ORDER.decode(given.body)
    except BrokerProtocolError:
        return Unproven(why=f"{TITLE} took it, but its answer cannot be read.")
    found = order.id or ""
    if not given.is_json or not _ID.fullmatch(found):
        return Unproven(why=f"{TITLE} took it, but did not name the order.")
    if own_id and order.client_order_id and order.client_order_id != own_id:
        return Unproven(why=f"{TITLE} named an order with another id than ours.")
    if found == replaces:
        return Unproven(why=f"{TITLE} named the order that was to be replaced.")
    if same and found != same:
        return Unproven(why=f"{TITLE} named another order than the one asked for.")
    return Answered(order_id=found)


def _refused(given: Reply, no_proof: re.Pattern[str]) -> Refused | None:
    """A refusal that is Alpaca's own and final; None for anything else."""
    if given.status not in _CODES or not given.is_json:
        return None
    try:
        check_keys(given.body)
        problem = _PROBLEM.decode(given.body)
    except BrokerProtocolError:
        return None
    words, code = clean(problem.message, MESSAGE_LENGTH), problem.code
    if not words or no_proof.search(words):
        return None
    if code is None:
        final = given.status in (401, 403) and _UNKNOWN_LOGIN.fullmatch(words) is not None
    else:
        final = code // 100_000 in _CODES[given.status] and 40_000_000 <= code < 50_000_000
    return Refused(words=words, code=str(code or given.status)) if final else None


def _odd(given: Reply) -> Unproven:
    if given.status == 429:
        return Unproven(why=f"{TITLE} asked for a pause instead of saying what became of it.")
    if given.status >= 500:
        return Unproven(why=f"{TITLE} has a problem on its side (error {given.status}).")
    if _said_twice(given):
        return Unproven(why=f"{TITLE} says that this order is known already.")
    return Unproven(why=f"{TITLE}'s answer {given.status} does not say what became of it.")


def _said_twice(given: Reply) -> bool:
    try:
        words = _PROBLEM.decode(given.body).message or ""
    except BrokerProtocolError:
        return False
    return given.status == 422 and "uniq" in words.lower()
