"""What can befall a socket to TWS, as data: beyond what every socket suffers.

``route`` is the question that meets it, ``ends`` how a portfolio may end: an error's code, or
``facts`` (whole), or ``partly`` (what is missing is named). Lever rows happen in the midst of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

GONE = ("unavailable",)
WHOLE = ("facts",)
NAMED = ("partly", "protocol")


@dataclass(frozen=True, slots=True, kw_only=True)
class TwsFault:
    name: str
    kind: str = "edit"
    args: Mapping[str, Any] = field(default_factory=dict)
    route: str = "portfolio"
    ends: tuple[str, ...]
    silent: bool = False
    """Whether only the deadline ends it."""
    names_accounts: bool = True
    """Whether accounts are listed all the same."""


def _rows(name: str, edit: str, ends: tuple[str, ...], route: str = "portfolio") -> TwsFault:
    silent = edit == "end_missing"
    return TwsFault(name=name, args={"edit": edit}, ends=ends, route=route, silent=silent)


def _figure(what: str, field_: str, edit: str, ends: tuple[str, ...] = NAMED) -> TwsFault:
    args = {"edit": edit, "field": field_}
    return TwsFault(name=f"{what}: {edit.replace('_', ' ')}", args=args, ends=ends)


_SPOILT = ("wrong_type", "nan", "infinity", "big_number", "missing_field", "null")
FAULTS: tuple[TwsFault, ...] = (
    _rows("every row twice", "twice", WHOLE),
    _rows("rows in another order", "reversed", WHOLE),
    _rows("the end before the rows", "end_first", (*WHOLE, "protocol")),
    _rows("no end", "end_missing", GONE),
    _rows("the end twice", "end_twice", WHOLE),
    _rows("rows of an account that nobody has", "nobodys", NAMED),
    _rows("messages of a later version between", "unknown_messages", WHOLE),
    _rows("fields of a later version", "extra_fields", (*WHOLE, *NAMED)),
    _rows("half of the rows", "half", GONE),
    _rows("one row cut", "bad_record", NAMED),
    _rows("a byte that is no text", "latin1", (*WHOLE, *NAMED)),
    *(_figure("units", "position", edit) for edit in (*_SPOILT, "unset")),
    *(_figure("cash", "CashBalance", edit, (*NAMED, *WHOLE)) for edit in (*_SPOILT, "unset")),
    *(_figure("price", "marketPrice", edit, (*NAMED, *WHOLE)) for edit in ("nan", "unset")),
    *(_figure("contract", "conId", edit, (*NAMED, *WHOLE)) for edit in _SPOILT),
    _rows("names: every answer twice", "twice", WHOLE, "contracts"),
    _rows("names: the end first", "end_first", WHOLE, "contracts"),
    _rows("names: a wrong count", "wrong_count", WHOLE, "contracts"),
    _rows("names: no end", "end_missing", (*WHOLE, *GONE), "contracts"),
    TwsFault(
        name="too many messages, and the end",
        kind="status",
        args={"code": 100},
        ends=("rate_limited",),
    ),
    TwsFault(name="loses its connection", kind="status", args={"code": 1100}, ends=GONE),
    TwsFault(name="the socket's port is changed", kind="status", args={"code": 1300}, ends=GONE),
    TwsFault(name="no such account any more", kind="status", args={"code": 321}, ends=("refused",)),
    *(
        TwsFault(
            name=f"news {code} first", kind="status", args={"code": code}, ends=GONE, silent=True
        )
        for code in (399, 2100, 2104, 2106, 2109, 2158, 10167, 10349)
    ),
)
LEVERS: tuple[tuple[str, dict[str, Any], tuple[str, ...]], ...] = (
    ("a restart in the midst", {"action": "stop"}, GONE),
    ("a drop in the midst", {"action": "disconnect"}, WHOLE),
    ("a reset in the midst", {"action": "disconnect", "hard": True}, WHOLE),
    ("1100 in the midst", {"action": "error", "code": 1100}, GONE),
    ("1101 in the midst", {"action": "error", "code": 1101}, WHOLE),
    ("a broken farm in the midst", {"action": "error", "code": 2103}, WHOLE),
    ("a competing session in the midst", {"action": "error", "code": 10197}, WHOLE),
    ("an unknown code in the midst", {"action": "error", "code": 31415}, WHOLE),
    ("garbage in the midst", {"action": "raw", "hex": "ff" * 32}, ("protocol",)),
    ("half a frame in the midst", {"action": "raw", "hex": "0000000461", "drop": True}, WHOLE),
)
"""Name, what happens to TWS while a portfolio is on its way, and how that may end."""
