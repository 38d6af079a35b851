"""Reading the address that a browser ended on, pasted by hand.

The listener and the paste box share one reader, so a pasted address is held to the same rules: it
must lead to this attempt's callback and carry its state. Only text that carries no state at all may
be vouched for by the user. Without a code there is no sign-in: nothing is guessed.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from brokerdesk.brokers.callback import CallbackUrl
from brokerdesk.brokers.flow import PasteOutcome

MAX_LENGTH = 8192
_MAX_CODE = 2048
_BARE_CODE = re.compile(r"[A-Za-z0-9._~+/=@%!*$-]{16,2048}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """What the browser brought back: a code, or the broker's word for a refusal."""

    code: str = field(default="", repr=False)
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pasted:
    """A judgement on pasted text. ``result`` is set only with ``ACCEPTED``."""

    outcome: PasteOutcome
    result: Return | None = None


class NotOurs(Exception):  # noqa: N818 - a judgement, never shown
    """The query does not belong to the attempt. ``stateless``: it just carries no state."""

    def __init__(self, *, stateless: bool = False) -> None:
        super().__init__("not ours")
        self.stateless = stateless


def read_query(query: str, state: str) -> Return:
    """The code or refusal in a callback's query string, decoded exactly once.

    Raises:
        NotOurs: the state differs, a field comes twice, or there is neither code nor error.
    """
    fields = _fields(query)
    if "state" not in fields:
        raise NotOurs(stateless="code" in fields or "error" in fields)
    if not hmac.compare_digest(fields["state"].encode(), state.encode()):
        raise NotOurs
    return _result(fields)


def read_paste(text: str, *, callback: CallbackUrl, state: str, confirmed: bool) -> Pasted:
    """Judge what was pasted against the running attempt."""
    text = text.strip().strip("<>\"'").strip()
    if not text or len(text) > MAX_LENGTH or not text.isascii():
        return Pasted(outcome=PasteOutcome.WRONG)
    if "code=" in text or "error=" in text or "://" in text:
        return _read_address(text, callback, state, confirmed)
    if not _BARE_CODE.fullmatch(text):
        return Pasted(outcome=PasteOutcome.WRONG)
    if not confirmed:
        return Pasted(outcome=PasteOutcome.CONFIRM)
    return Pasted(outcome=PasteOutcome.ACCEPTED, result=Return(code=unquote(text)))


def _read_address(text: str, callback: CallbackUrl, state: str, confirmed: bool) -> Pasted:
    """A whole address, or one without its scheme, as some browsers copy it."""
    scheme = "https" if callback.secure else "http"
    if "://" not in text:
        text = f"{scheme}://{text}"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return Pasted(outcome=PasteOutcome.WRONG)
    here = parts.scheme.lower() == scheme and parts.hostname == callback.host
    if not here or port != callback.port or (parts.path or "/") != callback.path:
        return Pasted(outcome=PasteOutcome.WRONG)
    try:
        return Pasted(outcome=PasteOutcome.ACCEPTED, result=read_query(parts.query, state))
    except NotOurs as refusal:
        if not refusal.stateless:
            return Pasted(outcome=PasteOutcome.WRONG)
    if not confirmed:
        return Pasted(outcome=PasteOutcome.CONFIRM)
    try:
        return Pasted(outcome=PasteOutcome.ACCEPTED, result=_result(_fields(parts.query)))
    except NotOurs:
        return Pasted(outcome=PasteOutcome.WRONG)


def _fields(query: str) -> dict[str, str]:
    """The query's fields, each at most once among those that matter.

    Raises:
        NotOurs: it cannot be taken apart, or ``code``, ``state`` or ``error`` comes twice.
    """
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=32, errors="strict")
    except ValueError:
        raise NotOurs from None
    fields: dict[str, str] = {}
    for name, value in pairs:
        if name in fields and name in ("code", "state", "error"):
            raise NotOurs
        fields[name] = value
    return fields


def _result(fields: dict[str, str]) -> Return:
    code, error = fields.get("code", ""), fields.get("error", "")
    if error:
        return Return(error=error[:64])
    if not code or len(code) > _MAX_CODE:
        raise NotOurs
    return Return(code=code)
