"""Every fault that a broker's transport knows, as data, and the table of what became of each.

One row per broker and fault: how each read of the session ended, how a refresh ended whose every
question met the fault and one that met it only at an account's figures, and what the user reads.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from support.source import ROOT
from support.transports import TRAITS, Transport

BUILT = ROOT / "build" / "fault-matrix"
"""Where a run leaves its table; git does not keep it."""
KEPT = ROOT / "docs" / "fault-matrix.md"
MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault. ``ends`` is how a read of an account's figures may end under it.

    ``times``: how often it strikes; None, until it is over. ``slow``: it is the deadline that
    ends it, and its clock stands still; ``quiet``: the deadline too, with time going on.
    ``pauses``: the broker asks for a pause. ``empties``: it makes a sound answer that has nothing
    in it, which a session cannot doubt and services must.
    """

    name: str
    kind: str
    args: Mapping[str, Any] = field(default_factory=dict)
    ends: tuple[str, ...]
    times: int | None = None
    slow: bool = False
    quiet: bool = False
    pauses: bool = False
    empties: bool = False


GONE = ("unavailable",)
NO = ("refused", "not_supported")
NONSENSE = ("protocol", "unavailable")
SPOILT = ("protocol", "unavailable", "facts", "partly")
FACTS = ("facts",)


def _fault(name: str, kind: str, ends: tuple[str, ...], **args: Any) -> Fault:
    return Fault(name=name, kind=kind, args=args, ends=ends)


def _quiet(name: str, kind: str, ends: tuple[str, ...], **args: Any) -> Fault:
    return Fault(name=name, kind=kind, args=args, ends=ends, quiet=True)


def _spoilt(edit: str, field: str, what: str) -> Fault:
    return _fault(f"{what}: {edit.replace('_', ' ')}", "edit", SPOILT, edit=edit, field=field)


_TOTAL, _QUANTITY = ("liquidationValue", "total"), ("longQuantity", "quantity")
_SPOILT = (
    *((edit, _TOTAL) for edit in ("missing_field", "wrong_type", "null", "big_number")),
    *((edit, _QUANTITY) for edit in ("missing_field", "wrong_type", "nan", "infinity")),
    ("duplicate_key", _QUANTITY),
)
"""Every figure with every edit is another case of the contract (C13); here it is what a round makes
of one. Messages without keys cannot say one twice.
"""
_LINE = (
    Fault(name="refused", kind="refuse", times=20, ends=("unavailable", "facts")),
    _fault("reset before", "reset_before", GONE),
    _fault("reset after", "reset_after", GONE),
    _fault("reset within", "reset_mid_body", GONE),
)
_SLOW = (
    Fault(name="silence", kind="delay", args={"seconds": 1000}, ends=GONE, slow=True),
    Fault(
        name="a byte now and then",
        kind="drip",
        args={"bytes_per_second": 1, "pause": 1000},
        ends=GONE,
        slow=True,
    ),
)
_HTTP = (
    *_LINE,
    _fault("cut short", "truncate", GONE),
    _fault("bytes that are no HTTP", "garbage", GONE),
    *_SLOW,
    _fault("a network's sign-in page", "html", GONE, page="portal"),
    _fault("an edge's refusal", "html", GONE, page="edge"),
    _fault("a page, 503", "html", GONE, status=503),
    *(
        _fault(f"redirect {status}, {to}", "redirect", GONE, to=to, status=status)
        for status, to in ((301, "same"), (302, "other"), (303, "same"), (307, "other"))
    ),
    _fault("redirect 308, downgrade", "redirect", GONE, to="downgrade", status=308),
    *(
        _fault(f"status {status}", "status", ends, status=status)
        for status, ends in (
            *((status, NO) for status in (400, 402, 403, 404, 409, 410, 422)),
            (401, ("auth_expired", "auth_rejected")),
            *((status, GONE) for status in (408, 425, 500, 502, 504)),
            (501, (*NO, *GONE)),
        )
    ),
    _fault("status 503, words", "status", GONE, status=503, text="down"),
    *(
        Fault(
            name=f"status 429, {words}",
            kind="status",
            args={"status": 429, **args},
            ends=("rate_limited",),
            pauses=True,
        )
        for words, args in (
            ("a minute", {"retry_after": "60"}),
            ("absurdly long", {"retry_after": "absurd"}),
            ("no length", {}),
        )
    ),
    *(
        _fault(f"body: {word.replace('_', ' ')}", "body", ends, **{"is": word})
        for word, ends in (
            ("empty", GONE),
            ("text", GONE),
            ("null", GONE),
            ("empty_list", (*NONSENSE, *NO)),
            ("empty_object", NONSENSE),
        )
    ),
    _fault("body: other JSON", "body", NONSENSE, text='{"unexpected":1}'),
    _fault("honest, as text/plain", "body", FACTS, content_type="text/plain"),
    _fault("5,000 levels", "edit", NONSENSE, edit="deep"),
    _fault("half an answer", "edit", NONSENSE, edit="half"),
    _fault("bytes that are no text", "edit", SPOILT, edit="latin1"),
    _fault("one bad record", "edit", (*NONSENSE, "partly"), edit="bad_record"),
    *(_spoilt(edit, *where) for edit, where in _SPOILT),
    _spoilt("bad_enum", "assetType", "kind of holding"),
    _spoilt("missing_field", "accountNumber", "account's number"),
    _spoilt("null", "accountNumber", "account's number"),
    _fault("fields nobody knows", "edit", SPOILT, edit="extra_fields"),
    Fault(
        name="no holdings",
        kind="edit",
        args={"edit": "value", "field": "positions", "value": []},
        ends=SPOILT,
        empties=True,
    ),
    Fault(
        name="total: 1",
        kind="edit",
        args={"edit": "value", "field": "liquidationValue", "value": 1},
        ends=SPOILT,
    ),
    _fault("80 MiB", "huge", GONE, bytes=80 * MEBIBYTE),
    _fault("80 MiB packed small", "gzip_bomb", GONE, bytes=80 * MEBIBYTE),
    _fault("a clock a day off", "wrong_clock", FACTS),
)
_SOCKET = (
    *_LINE,
    _fault("half a message", "half_frame", GONE),
    _quiet("cut short", "truncate", ("facts", "unavailable")),
    _fault("bytes of something else", "garbage", NONSENSE),
    *_SLOW,
    _fault("a web page", "html", NONSENSE),
    _fault("a redirect", "redirect", NONSENSE),
    _fault("lost and back", "lost", GONE),
    *(
        make(f"code {code}", "status", ends, code=code)
        for make, code, ends in (
            (_fault, 1100, GONE),
            (_fault, 504, GONE),
            (_fault, 1300, GONE),
            (_quiet, 321, NO),
            (_quiet, 9999, (*NO, *SPOILT)),
        )
    ),
    Fault(
        name="too many messages",
        kind="status",
        args={"status": 429},
        ends=("rate_limited",),
        pauses=True,
    ),
    *(_fault(f"body: {word}", "body", NONSENSE, **{"is": word}) for word in ("empty", "text")),
    _quiet("body: empty list", "body", NONSENSE, **{"is": "empty_list"}),
    _fault("body: other words", "body", NONSENSE, text="{"),
    _quiet("half the messages", "edit", GONE, edit="half"),
    _fault("bytes that are no text", "edit", SPOILT, edit="latin1"),
    _quiet("fields nobody knows", "edit", SPOILT, edit="extra_fields"),
    _fault("one bad record", "edit", (*NONSENSE, "partly"), edit="bad_record"),
    *(_spoilt(edit, *where) for edit, where in _SPOILT if edit != "duplicate_key"),
    _spoilt("bad_enum", "assetType", "kind of holding"),
    _fault("80 MiB", "huge", NONSENSE, bytes=80 * MEBIBYTE),
    _fault("4 GiB announced", "huge", NONSENSE, bytes=2**32 - 1),
    _fault("a clock a day off", "wrong_clock", FACTS),
)
FAULTS: Mapping[Transport, tuple[Fault, ...]] = {
    Transport.HTTP: _HTTP,
    Transport.SOCKET: _SOCKET,
}
NO_READS: Mapping[str, str] = {"location": "where an order is, which only placing one answers"}
"""Kinds of fault that no read can meet, and why."""
LEFT_OUT: Mapping[tuple[str, str], str] = {
    ("alpaca", "no holdings"): "its list is an answer of its own: see the empty list",
}
EVERYWHERE: Mapping[str, str] = {
    "schwab": "^/(trader|marketdata)/",
    "alpaca": "^/alpaca/(live|paper|data)/v",
    "snaptrade": "^/(accounts|authorizations)",
    "plaid": "^/(accounts|investments|item)/",
    "ibkr": "[a-z]+(/[a-z]+)?",
}
"""What every read of a broker asks, as its rig wants it; signing in is another matter."""


def faults_of(broker: str) -> tuple[Fault, ...]:
    known = FAULTS[TRAITS[broker].transport]
    return tuple(fault for fault in known if (broker, fault.name) not in LEFT_OUT)


@dataclass(slots=True, kw_only=True)
class Row:
    """What became of one fault. ``words`` are the sentences behind the cells that are no facts;
    ``seconds`` is what all of it took.
    """

    fault: str
    cells: dict[str, str]
    reads: str
    words: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0


def section(broker: str, rows: Sequence[Row]) -> str:
    """One broker's table, in Markdown."""
    columns = list(rows[0].cells)
    lines = [
        f"## {broker}",
        "",
        f"| fault | {' | '.join(columns)} | what the user reads |",
        "|" + "---|" * (len(columns) + 2),
    ]
    for row in rows:
        cells = " | ".join(row.cells[column] for column in columns)
        lines.append(f"| {row.fault} | {cells} | {row.reads.replace('|', '/')} |")
    return "\n".join(lines) + "\n"


def kept_section(broker: str) -> str:
    """The table of ``broker`` as the document has it; "" if it has none."""
    text = KEPT.read_text("utf-8") if KEPT.exists() else ""
    _, found, rest = text.partition(f"## {broker}\n")
    return f"## {broker}\n{rest.partition(chr(10) + '## ')[0].rstrip()}\n" if found else ""


def leave(broker: str, rows: Sequence[Row], seconds: float) -> Path:
    """Write what a run has found, for people and for the summary of ``dev.py``."""
    BUILT.mkdir(parents=True, exist_ok=True)
    whole = {"broker": broker, "seconds": seconds, "rows": [asdict(row) for row in rows]}
    (BUILT / f"{broker}.json").write_text(json.dumps(whole, indent=1), "utf-8")
    target = BUILT / f"{broker}.md"
    target.write_text(section(broker, rows), "utf-8")
    return target
