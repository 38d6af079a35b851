"""What tables are made of, without a window: orders, shortened names, memory, exports."""

from __future__ import annotations

import random
import string
from dataclasses import replace
from datetime import UTC
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.tables import COLUMNS, line, rows_model
from support.ui import NOW

from brokerdesk.services.csv_table import to_csv
from brokerdesk.ui.models import sorting
from brokerdesk.ui.models.columns import Cell, Column, spoken
from brokerdesk.ui.models.names import shortened
from brokerdesk.ui.models.sorting import SortKeys
from brokerdesk.ui.models.table_export import TableExport, exported, sensible
from brokerdesk.ui.widgets.table_memory import TableMemory, merged, read_memory

D = Decimal


# -- orders


def plainly(values: list[Any], backwards: bool) -> list[int]:
    given_ = [n for n, value in enumerate(values) if value is not None]
    given_.sort(key=lambda n: values[n], reverse=backwards)
    return given_ + [n for n, value in enumerate(values) if value is None]


figures = st.one_of(
    st.none(),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.sampled_from([D("0"), D("0.1"), D("0.10"), D("-0.1"), D("1E+400"), D("-1E+400")]),
    st.sampled_from([D(f"12345678901234567890.{n}") for n in "1234"]),
)


@pytest.mark.parametrize("many", [10**9, 0])
@settings(max_examples=150)
@given(values=st.lists(figures, max_size=30), backwards=st.booleans())
def test_figures_are_ordered_exactly(values: list[Any], backwards: bool, many: int) -> None:
    """Also those that differ beyond the digits of a binary number, by numpy and without it."""
    was, sorting.MANY = sorting.MANY, many
    try:
        keys: SortKeys[Any] = SortKeys(values, [lambda value: value])
        assert keys.order(0, backwards) == plainly(values, backwards)
    finally:
        sorting.MANY = was


def test_figures_that_differ_beyond_a_binary_number() -> None:
    values = [D(f"12345678901234567890.{n}") for n in "3142"]
    assert len(set(map(float, values))) == 1
    keys: SortKeys[Any] = SortKeys(values, [lambda value: value])
    assert keys.order(0, False) == [1, 3, 0, 2]
    assert keys.order(0, True) == [2, 0, 3, 1]


@pytest.mark.parametrize("many", [10**9, 0])
@pytest.mark.parametrize("backwards", [False, True])
def test_equals_keep_their_order_among_thousands(
    many: int, backwards: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sorting, "MANY", many)
    chance = random.Random(5)
    for choices in (3, 2_000, 10**7):
        values: list[Any] = [
            None if not chance.randrange(50) else D(chance.randrange(choices)) / 100
            for _ in range(3_000)
        ]
        keys: SortKeys[Any] = SortKeys(values, [lambda value: value])
        assert keys.order(0, backwards) == plainly(values, backwards)


@given(
    st.lists(st.one_of(st.none(), st.datetimes().map(lambda d: d.replace(tzinfo=UTC)))),
    st.booleans(),
)
def test_moments_are_ordered_exactly(values: list[Any], backwards: bool) -> None:
    keys: SortKeys[Any] = SortKeys(values, [lambda value: value])
    assert keys.order(0, backwards) == plainly(values, backwards)


@given(st.lists(st.one_of(st.none(), st.text(string.ascii_letters))), st.booleans())
def test_words_are_ordered(values: list[Any], backwards: bool) -> None:
    keys: SortKeys[Any] = SortKeys(values, [lambda value: value])
    assert keys.order(0, backwards) == plainly(values, backwards)


@pytest.mark.parametrize("many", [10**9, 0])
@given(
    values=st.lists(figures, min_size=1, max_size=12),
    changes=st.lists(st.tuples(st.integers(0, 11), figures), max_size=6),
)
def test_changed_values_move_their_rows(
    values: list[Any], changes: list[tuple[int, Any]], many: int
) -> None:
    was, sorting.MANY = sorting.MANY, many
    try:
        keys: SortKeys[Any] = SortKeys(values, [lambda value: value])
        keys.order(0, False)
        for place, value in changes:
            if place < len(values):
                values = [*values[:place], value, *values[place + 1 :]]
                keys.replaced(values, [place])
                assert keys.order(0, False) == plainly(values, False)
                assert keys.order(0, True) == plainly(values, True)
    finally:
        sorting.MANY = was


def test_an_order_that_nothing_touched_is_kept() -> None:
    rows = [D(3), D(1), D(2)]
    keys: SortKeys[Any] = SortKeys(rows, [lambda value: value, lambda value: value > 100])
    keys.order(0, False)
    keys.replaced(rows, [0, 1, 2])
    assert keys.has_order(0, False)
    keys.replaced([D(3), D(9), D(2)], [1])
    assert not keys.has_order(0, False)


# -- names


def by_letters(text: str) -> float:
    return len(text)


@pytest.mark.parametrize(
    ("text", "room", "drawn"),
    [
        ("Schwab …4821 Individual", 30, "Schwab …4821 Individual"),
        ("Schwab …4821 Individual", 18, "Schwab …4821 Indi…"),
        ("Schwab …4821 Individual", 13, "Schwab …4821"),
        ("Schwab …4821 Individual", 12, "Schwab …4821"),
        ("Schwab …4821 Individual", 10, "Schw… …4821"[:11]),
        ("Schwab …4821 Individual", 5, "…4821"),
        ("Vanguard Total Stock", 10, "Vanguard…"),
        ("VOO", 2, "V…"),
    ],
)
def test_an_ending_is_never_cut(text: str, room: int, drawn: str) -> None:
    found = shortened(text, room, by_letters)
    if room == 10 and "4821" in text:
        assert found.endswith("…4821")
        assert len(found) <= 10
    else:
        assert found == drawn


@given(st.text("abc …", max_size=40), st.integers(0, 45))
def test_no_name_breaks_the_shortening(text: str, room: int) -> None:
    found = shortened(text, room, by_letters)
    assert len(found) <= max(room, 14)


# -- words


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (Cell("+1.24%", glyph="▲"), "up 1.24 percent"),
        (Cell("−0.50%", glyph="▼"), "down 0.50 percent"),
        (Cell("0.00%"), "0.00 percent"),
        (Cell("−1,063.30"), "minus 1,063.30"),
        (Cell("+52,569.60"), "plus 52,569.60"),
        (Cell("—"), "none"),
        (Cell(""), "blank"),
        (Cell("no data"), "no data"),
        (Cell("-x"), "-x"),
        (Cell("1", spoken="one account, stale"), "one account, stale"),
        (Cell("", tags=(("Margin", ""), ("In call", "warn"))), "Margin, In call"),
    ],
)
def test_cells_are_spoken_in_words(cell: Cell, said: str) -> None:
    assert spoken(cell) == said


# -- memory


def test_columns_are_remembered_by_their_keys() -> None:
    kept = TableMemory(order=("a", "b"), widths={"a": 80}, shown={"b": False}, sort=("b", True))
    assert read_memory(kept.to_bytes()) == kept


@pytest.mark.parametrize(
    "data",
    [
        b"", b"nonsense", b"[]", b"{}", b'{"version":2}', b"\xff\xfe", b"[" * 100_000,
        b'{"version":1,"order":[1,null],"widths":{"a":"x","b":-5,"c":true},"shown":[],"sort":[1]}',
        b'{"version":1,"widths":{"a":99999999},"shown":{"a":1},"sort":["a","up"]}',
    ],
)  # fmt: skip
def test_damaged_memory_is_nothing(data: bytes) -> None:
    found = read_memory(data)
    assert found in (None, TableMemory())


@pytest.mark.parametrize(
    ("kept", "present", "order"),
    [
        ("cab", "abc", "cab"),
        ("ca", "abc", "cab"),
        ("xcya", "abc", "cab"),
        ("", "abc", "abc"),
        ("b", "abc", "abc"),
        ("cc", "abc", "abc"),
    ],
)
def test_new_columns_stand_beside_their_neighbour(kept: str, present: str, order: str) -> None:
    assert "".join(merged(kept, present)) == order


# -- export


def export(rows: list[Any], hide: bool = False, **more: Any) -> list[str]:
    made: TableExport[Any] = TableExport(
        title="Positions", columns=COLUMNS, rows=rows, now=NOW, hide=hide, **more
    )
    return to_csv(made.table()).decode("utf-8-sig").split("\r\n")


def test_an_export_keeps_figures_exact_and_formulas_dead() -> None:
    head, first, second, end = export(
        [line("=1+1", "1234.5678", name="@SUM(A1)", quantity="2.50"), line("b")]
    )
    assert head == '"Symbol","Name","Quantity","Value","Day","As of"'
    assert first == f'"\'=1+1","\'@SUM(A1)",2.50,1234.5678,,{NOW:%Y-%m-%dT%H:%M:%S}Z'
    assert second.startswith('"b","b Corp.",,,')
    assert end == ""


def test_an_export_hides_what_the_screen_hides() -> None:
    _, first, *_ = export([line("a", "1234.56", quantity="2", change="1.5")], hide=True)
    assert "1234" not in first
    assert first.startswith('"a","a Corp.","hidden","hidden",1.5,')


def test_sections_become_a_column() -> None:
    head, first, *_ = export([line("a", "1")], sections=["Price only"])
    assert head.startswith('"Group","Symbol"')
    assert first.startswith('"Price only","a"')


def test_a_columns_own_export_comes_first() -> None:
    column: Column[Any] = Column(
        "X", lambda r, _: Cell("x"), lambda r: r, lambda r: "copied", 10, csv=lambda r: r * 2
    )
    made: TableExport[Any] = TableExport(
        title="T", columns=(column,), rows=[D(2)], now=NOW, hide=False
    )
    assert made.table().rows == [(D(4),)]


def test_every_column_of_a_model_has_a_key_of_its_own() -> None:
    keys = [column.key for column in rows_model().columns]
    assert len(set(keys)) == len(keys)
    assert keys[-1] == "as-of"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Decimal(1) / Decimal(3), "0.333333333333333"),
        (Decimal("2717588.7512345678901234567"), "2717588.75123457"),
        (Decimal("0.000000000000000001"), "0.000000000000000001"),  # a coin's smallest part
        (Decimal("187769.50"), "187769.50"),
        (Decimal("0E-28"), "0"),
        (Decimal("1E+3"), "1000"),
    ],
)
def test_digits_that_only_a_division_made_are_not_exported(value: Decimal, written: str) -> None:
    column: Column[Any] = Column(
        "Share", lambda _r, _n: Cell(""), lambda _r: value, lambda _r: "", 80, number=True
    )
    table = TableExport(title="T", columns=(column,), rows=[object()], now=NOW, hide=False).table()
    assert to_csv(table).decode("utf-8-sig").splitlines()[1] == written
    assert exported(replace(column, csv=lambda _r: value), object()) == sensible(value)
