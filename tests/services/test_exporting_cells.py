"""Hostile cells: read back by a CSV reader, none begins a formula and every number is the same."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.db_strategies import amounts

from brokerdesk.services.csv_table import (
    LONGEST_TEXT,
    Cell,
    CsvOptions,
    Table,
    harmless,
    to_csv,
    written,
)

STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
PIECES = (
    *STARTS,
    *("'", '"', ",", ";", "|", " ", "\u00a0", "\u3000", "\x00", "\x1b", "\x85", "\u2028", "\ufeff"),
    *("\u202e", "\u2066", "\u200b", "\u200f", "\U000e003d", "\ud800", "é", "日本", "1", "e5", "A1"),
    *("cmd|' /C calc'!A0", "HYPERLINK(", "=1+1", "-2+3+cmd", "@SUM(1)", '"=1', '";=1', ',"=1'),
)
hostile = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=8).map("".join),
    st.text(max_size=20),
    st.tuples(st.sampled_from(STARTS), st.text(max_size=10)).map("".join),
)


def read(data: bytes, delimiter: str = ",") -> list[list[str]]:
    text = data.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def runs(cell: str) -> bool:
    """Whether a spreadsheet would take it for a formula, also after trimming it."""
    return cell.startswith(STARTS) or cell.strip().startswith(STARTS)


@settings(max_examples=1000)
@given(st.lists(st.tuples(*[hostile] * 5), min_size=2, max_size=2))
def test_ten_thousand_hostile_texts_and_no_formula(rows: list[tuple[str, ...]]) -> None:
    """1,000 examples of ten cells, and those of the header."""
    table = Table(columns=rows[0], rows=rows)
    back = read(to_csv(table))
    assert [len(row) for row in back] == [5] * 3
    assert not [cell for row in back for cell in row if runs(cell)]
    for cell, found in zip(rows[1], back[2], strict=True):
        assert found == harmless(cell)
    # A program that expects another separator cuts elsewhere, and takes line ends into cells.
    for delimiter in (";", "|", "\t"):
        cut = [cell.strip() for row in read(to_csv(table), delimiter) for cell in row]
        assert not [cell for cell in cut if cell.startswith(STARTS)]


@settings(max_examples=500)
@given(st.text(max_size=30) | hostile)
def test_text_is_one_visible_line(text: str) -> None:
    tamed = harmless(text)
    assert "\r" not in tamed
    assert "\n" not in tamed
    assert not set(tamed) & {chr(n) for n in (*range(32), *range(0x7F, 0xA0), 0x202E, 0x2066)}
    assert tamed.encode().decode() == tamed  # no half of a pair
    assert harmless(tamed) == tamed


@settings(max_examples=1000)
@given(st.lists(amounts, min_size=1, max_size=10))
def test_numbers_stay_numbers_to_the_last_digit(numbers: list[Decimal]) -> None:
    (_, row) = read(to_csv(Table(columns=("n",) * len(numbers), rows=[tuple(numbers)])))
    for number, found in zip(numbers, row, strict=True):
        assert found.isascii()
        assert set(found) <= set("-.0123456789")
        back = Decimal(found)
        assert back == number
        assert back.is_signed() == number.is_signed()
        if number.as_tuple().exponent <= 0:  # type: ignore[operator]
            assert back.as_tuple() == number.as_tuple()


@settings(max_examples=300)
@given(st.lists(st.tuples(hostile, st.none() | amounts, hostile), max_size=5))
def test_numbers_are_bare_and_texts_quoted(rows: list[tuple[Cell, ...]]) -> None:
    """The file itself tells the type: a quoted cell is text, a bare one a number or nothing."""
    lines = to_csv(Table(columns=("a", "b", "c"), rows=rows), CsvOptions(bom=False))
    text = lines.decode()
    assert text.endswith("\r\n")
    assert text.count("\n") == len(rows) + 1
    for line, row in zip(text.split("\r\n")[1:], rows, strict=False):
        first = written(row[0])
        middle = line[len(first) + 1 :].split(",")[0]
        assert middle == ("" if row[1] is None else format(row[1], "f"))


@pytest.mark.parametrize(
    ("cell", "field"),
    [
        ("", ""),
        ("plain", '"plain"'),
        ('a "b"', '"a ""b"""'),
        ("=1", '"\'=1"'),
        ("  -1", '"\'-1"'),
        ("-5", '"\'-5"'),
        ("'=1", '"\'=1"'),
        ("\t=1", '"\'=1"'),
        ("a-b", '"a-b"'),
        ("Smith, John", '"Smith, John"'),
        ("x;=1", '"x;\'=1"'),
        ("line\r\nline", '"line  line"'),
        (Decimal("-5.00"), "-5.00"),
        (Decimal("1E+3"), "1000"),
        (Decimal("0E-8"), "0.00000000"),
        (Decimal("-0"), "-0"),
        (7, "7"),
        (date(2026, 1, 2), "2026-01-02"),
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "2026-01-02T03:04:05Z"),
        (datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC), "2026-01-02T03:04:05.000006Z"),
        (datetime(2026, 1, 2, 3, tzinfo=timezone(timedelta(hours=5))), "2026-01-01T22:00:00Z"),
    ],
)
def test_each_kind_of_cell(cell: Cell, field: str) -> None:
    assert written(cell) == field


@pytest.mark.parametrize(
    ("cell", "error"),
    [
        (1.5, TypeError),
        (True, TypeError),
        (b"x", TypeError),
        (datetime(2026, 1, 1), ValueError),  # noqa: DTZ001 - that is the point
        (Decimal("NaN"), ValueError),
        (Decimal("-Infinity"), ValueError),
        (Decimal("1E+999999"), ValueError),
    ],
)
def test_what_is_no_cell_is_refused(cell: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        to_csv(Table(columns=("a",), rows=[(cell,)]))


def test_unknown_is_not_zero_and_can_be_named() -> None:
    table = Table(columns=("a", "b"), rows=[(None, Decimal(0)), ("", None)])
    assert read(to_csv(table))[1:] == [["", "0"], ["", ""]]
    named = to_csv(table, CsvOptions(unknown="-unknown"))
    assert read(named)[1:] == [["'-unknown", "0"], ["", "'-unknown"]]


def test_every_row_has_every_cell() -> None:
    with pytest.raises(ValueError, match="1 cells under 2 columns"):
        to_csv(Table(columns=("a", "b"), rows=[("x",)]))
    assert read(to_csv(Table(columns=("a",), rows=[(None,), ("x",)]))) == [["a"], [""], ["x"]]


def test_a_text_longer_than_a_cell_is_cut() -> None:
    """Some spreadsheets put the rest into the next row, where it could begin a formula."""
    assert len(harmless("x" * (LONGEST_TEXT - 1) + "\n=" * 10)) == LONGEST_TEXT
