"""Tables as CSV that is safe to open in a spreadsheet and exact to read back. Pure.

A spreadsheet runs a cell that begins like a formula, so text of others gets an apostrophe in front
where it would. The guard looks at text alone: a number is a ``Decimal`` here, and ``-5`` stays a
number. Every text is in quotes and no number ever is. Knows no accounts and no files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

Cell = str | Decimal | int | date | datetime | None
"""Text, exact number, day, moment (aware), or None for a figure that is not known."""

LONGEST_TEXT = 32_767
"""What a spreadsheet's cell holds; some put the rest of a longer text into the next row."""

_LONGEST_NUMBER = 1_000
_NEW_LINE = "\r\n"
_BOM = b"\xef\xbb\xbf"

_BLANKS = (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029)
_NOTHING = (
    0x00AD,  # seen at line ends only
    0x061C,  # this and the next: marks that turn the direction of what follows
    0x180E,
    0x200B,  # no width: two names that look alike and differ
    0x200E,
    0x200F,
    *range(0x202A, 0x202F),
    *range(0x2060, 0x2070),
    0xFEFF,
    *range(0xFFF9, 0xFFFC),
    *range(0xD800, 0xE000),  # halves of a pair cannot be written
    *range(0xE0000, 0xE0080),  # invisible copies of ASCII
)
_TAME = {**dict.fromkeys(_BLANKS, " "), **dict.fromkeys(_NOTHING, None)}

# As OWASP lists them, with their wide forms, which East Asian settings take for the narrow ones.
# Tab and line ends, also in that list, are blanks by then.
_STARTS = "=+-@＝＋－＠"
_FORMULA = re.compile(rf"(?:^|[,;|])[\s\"]*(?=[{re.escape(_STARTS)}])")
"""At the beginning, and where a program that expects another separator would begin a cell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A header and rows of as many cells."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvOptions:
    """``bom`` tells spreadsheets that the file is UTF-8. ``unknown`` stands for None."""

    bom: bool = True
    unknown: str = ""


DEFAULTS = CsvOptions()


def to_csv(table: Table, options: CsvOptions = DEFAULTS) -> bytes:
    """The whole table in UTF-8, after RFC 4180 (commas, CRLF, doubled quotes).

    Raises:
        TypeError: a cell is a float, a bool or anything else that is no ``Cell``.
        ValueError: a row of another length, a number that is not finite, a time without a zone.
    """
    return (_BOM if options.bom else b"") + "".join(_lines(table, options)).encode()


def _lines(table: Table, options: CsvOptions) -> Iterator[str]:
    width = len(table.columns)
    unknown = _text(options.unknown)
    yield _line([_text(name) for name in table.columns])
    for row in table.rows:
        if len(row) != width:
            raise ValueError(f"a row has {len(row)} cells under {width} columns")
        yield _line([unknown if cell is None else written(cell) for cell in row])


def _line(fields: list[str]) -> str:
    # A row whose only cell is empty would be no row at all.
    return (",".join(fields) or '""') + _NEW_LINE


def written(cell: object) -> str:
    """One cell as it stands in the file, with its quotes.

    Raises:
        TypeError, ValueError: as ``to_csv``.
    """
    if isinstance(cell, str):
        return _text(cell)
    if isinstance(cell, Decimal):
        return _number(cell)
    if isinstance(cell, datetime):
        if cell.utcoffset() is None:
            raise ValueError("a time without a zone cannot be exported")
        return cell.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, int) and not isinstance(cell, bool):
        return _number(Decimal(cell))
    raise TypeError(f"a cell cannot be a {type(cell).__name__}")


def _number(value: Decimal) -> str:
    """All digits and no exponent, which some programs round on reading."""
    if not value.is_finite() or abs(value.adjusted()) > _LONGEST_NUMBER:
        raise ValueError("a number must be finite and of a length that can be written")
    return format(value, "f")


def _text(text: str) -> str:
    tamed = harmless(text)
    return '"' + tamed.replace('"', '""') + '"' if tamed else ""


def harmless(text: str) -> str:
    """``text`` on one line, without hidden marks, and with no place that begins a formula."""
    if not (text.isascii() and text.isprintable()):
        text = text.translate(_TAME)
    text = text.strip()
    if any(start in text for start in _STARTS):
        text = _FORMULA.sub(lambda found: found[0] + "'", text)
    return text[:LONGEST_TEXT]
