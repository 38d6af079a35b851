"""What an answer of Schwab's to an order proves.

Schwab knows no id of ours, and names a new order only in ``Location``: the address must be one of
the same account, and even then the order is read back before it is believed. A refusal counts only
as the trader's own envelope with a status that Schwab documents for it. What the gateway in front
of it says on its own account (``fault``), pauses and failing servers prove nothing.
"""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from brokerdesk.brokers.decode import JsonDecoder, check_keys
from brokerdesk.brokers.once import Reply
from brokerdesk.brokers.schwab import TITLE, wire
from brokerdesk.brokers.text import MESSAGE_LENGTH, clean
from brokerdesk.brokers.trading import Answered, NotSent, Outcome, Refused, Unproven
from brokerdesk.errors import BrokerProtocolError

_PROBLEM = JsonDecoder(wire.Problem)
_PLACE = re.compile(r"/trader/v1/accounts/([^/]+)/orders/([1-9]\d{0,18})/?", re.ASCII)
_FINAL = (400, 401, 403, 404)
_NO_PROOF = re.compile(r"time.?out|timed out|try again|internal|unavailable", re.IGNORECASE)


def placed(
    given: Reply | NotSent | Unproven, hash_value: str, hosts: tuple[str, ...], replaces: str = ""
) -> Outcome:
    """What became of an order that was to be placed, or put in the place of ``replaces``.

    Args:
        hosts: hosts, with ports where there are any, that an order's address may name.
    """
    if not isinstance(given, Reply):
        return given
    if given.status not in (200, 201):
        return _refused(given) or _odd(given)
    found = order_id(given.location, hash_value, hosts)
    if not found:
        return Unproven(why=f"{TITLE} took it, but did not name the order.")
    if found == replaces:
        return Unproven(why=f"{TITLE} named the order that was to be replaced.")
    return Answered(order_id=found)


def cancelled(given: Reply | NotSent | Unproven, order_id_: str) -> Outcome:
    """What became of the wish to cancel. Taken means asked for, not cancelled."""
    if not isinstance(given, Reply):
        return given
    if given.status in (200, 204) and not given.body.strip():
        return Answered(order_id=order_id_)
    return _refused(given) or _odd(given)


def order_id(location: str, hash_value: str, hosts: tuple[str, ...]) -> str:
    """The order that an address names, if it is one of this account; "" otherwise."""
    try:
        parts = urlsplit(location)
    except ValueError:
        return ""
    if parts.netloc and (parts.netloc not in hosts or parts.scheme not in ("https", "http")):
        return ""
    found = _PLACE.fullmatch(parts.path)
    if found is None or parts.query or parts.fragment:
        return ""
    return found[2] if unquote(found[1]) == hash_value else ""


def _refused(given: Reply) -> Refused | None:
    """A refusal that is Schwab's own and final; None for anything else."""
    if given.status not in _FINAL or not given.is_json:
        return None
    try:
        check_keys(given.body)
        problem = _PROBLEM.decode(given.body)
    except BrokerProtocolError:
        return None
    if problem.fault is not None:
        return None
    parts = [problem.message or ""]
    for item in problem.errors or ():
        parts.append(item if isinstance(item, str) else item.detail or item.title or "")
    words = clean(" · ".join(part for part in parts if part), MESSAGE_LENGTH)
    # The gateway's own envelope has no message; it is final only about the login.
    own = bool(problem.message) or given.status == 401
    if not words or not own or _NO_PROOF.search(words):
        return None
    return Refused(words=words, code=str(given.status))


def _odd(given: Reply) -> Unproven:
    if given.status == 429:
        return Unproven(why=f"{TITLE} asked for a pause instead of saying what became of it.")
    if given.status >= 500:
        return Unproven(why=f"{TITLE} has a problem on its side (error {given.status}).")
    return Unproven(why=f"{TITLE}'s answer {given.status} does not say what became of it.")
