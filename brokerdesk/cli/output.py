"""How answers look: aligned tables for people, lists of objects for programs.

Amounts and times are written out in full as text, unknown is a dash for people and null for
programs. Text that came from a broker is stripped of control characters, so that nothing in it can
steer a terminal.
"""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TextIO

from brokerdesk.errors import BrokerDeskError

Row = Mapping[str, Any]
_UNKNOWN = "—"
_SECONDS = re.compile(r"^(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d(?:\.\d+)?\+00:00$")


def amount(value: Decimal | None) -> str | None:
    """A figure as plain digits: no exponent, no rounding."""
    return None if value is None else format(value, "f")


def moment(value: datetime | None) -> str | None:
    """A time in ISO format, UTC."""
    return None if value is None else value.isoformat()


def day(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def show(rows: Sequence[Row], columns: Sequence[str], *, as_json: bool, empty: str) -> None:
    """Rows as a JSON list with exactly ``columns`` as keys, or as a table."""
    if as_json:
        say_json([{name: row[name] for name in columns} for row in rows])
    elif rows:
        for line in table(rows, columns):
            _write(sys.stdout, line)
    else:
        note(empty)


def say_json(value: object) -> None:
    """One JSON value on one line of standard output."""
    _write(sys.stdout, json.dumps(value, ensure_ascii=False, allow_nan=False))


def say(text: str) -> None:
    """A line for people on standard output."""
    _write(sys.stdout, plain(text))


def note(text: str) -> None:
    """A line for people on standard error, beside the answer."""
    _write(sys.stderr, plain(text))


def tell_error(error: BrokerDeskError, *, as_json: bool) -> None:
    """A failure on standard error: its words, or one JSON object."""
    if as_json:
        parts = {
            "code": error.code,
            "title": error.title,
            "message": error.message,
            "hint": error.hint,
        }
        _write(sys.stderr, json.dumps({"error": parts}, ensure_ascii=False))
        return
    for text in (error.title, error.message, error.hint):
        if text:
            note(text)


def _write(stream: TextIO, line: str) -> None:
    # At once, so that whoever reads a pipe sees the browser's address while the command waits.
    stream.write(line + "\n")
    stream.flush()


def table(rows: Sequence[Row], columns: Sequence[str]) -> list[str]:
    """Aligned lines; columns whose every value is a figure stand to the right."""
    cells = [[_cell(row[name]) for name in columns] for row in rows]
    figures = [
        any(row[name] is not None for row in rows)
        and all(_is_figure(row[name]) for row in rows if row[name] is not None)
        for name in columns
    ]
    heads = [name.replace("_", " ").upper() for name in columns]
    widths = [max(len(line[place]) for line in [heads, *cells]) for place in range(len(columns))]
    return [
        "  ".join(
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(line, widths, figures, strict=True)
        ).rstrip()
        for line in [heads, *cells]
    ]


def _cell(value: object) -> str:
    if value is None or value == "":
        return _UNKNOWN
    if isinstance(value, Mapping):
        return plain(", ".join(f"{key} {part}" for key, part in value.items())) or _UNKNOWN
    if isinstance(value, list | tuple):
        return plain(", ".join(str(part) for part in value)) or _UNKNOWN
    # A person reads minutes; programs get the whole time.
    return plain(_SECONDS.sub(r"\1 \2 UTC", str(value)))


def _is_figure(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        return Decimal(value).is_finite()
    except ArithmeticError:
        return False


def plain(text: str) -> str:
    """``text`` without anything that steers a terminal or reorders a line."""
    return "".join(
        character if unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co") else "�"
        for character in text
    )
