"""What lies under the charts without a window: axes, labels, reduction, shares."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from array import array
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokerdesk.ui.widgets.charts.data import LineData, change_percent
from brokerdesk.ui.widgets.charts.labels import (
    axis_labels,
    money,
    percent,
    short_money,
    signed_money,
    spoken_change,
)
from brokerdesk.ui.widgets.charts.reduce import FOR_NUMPY, Band, Run, extent, reduced
from brokerdesk.ui.widgets.charts.scale import day_ticks, time_ticks, value_axis
from brokerdesk.ui.widgets.charts.shares import Part, shares

AMOUNTS = st.decimals(-(10**37), 10**37, allow_nan=False, places=2)
DAYS = st.integers(1, date.max.toordinal())


# axes


@given(AMOUNTS, AMOUNTS, st.integers(1, 12))
def test_an_axis_holds_its_data_in_few_round_steps(
    one: Decimal, other: Decimal, parts: int
) -> None:
    low, high = min(one, other), max(one, other)
    axis = value_axis(low, high, parts)
    assert axis.low <= low <= high <= axis.high
    ticks = axis.ticks()
    assert (ticks[0], ticks[-1]) == (axis.low, axis.high)
    assert 2 <= len(ticks) <= parts + 3
    assert axis.step.normalize().as_tuple().digits in {(1,), (2,), (2, 5), (5,)}


@given(AMOUNTS, AMOUNTS, st.integers(1, 12))
def test_labels_of_an_axis_differ(one: Decimal, other: Decimal, parts: int) -> None:
    axis = value_axis(min(one, other), max(one, other), parts)
    labels = axis_labels(axis.ticks(), axis.step, "USD")
    assert len(set(labels)) == len(labels)


def test_the_axis_of_the_design() -> None:
    axis = value_axis(Decimal("795000.10"), Decimal("953100"), 5)
    assert axis_labels(axis.ticks(), axis.step, "USD") == [
        *("$0.75M", "$0.80M", "$0.85M", "$0.90M", "$0.95M", "$1.00M")
    ]


@pytest.mark.parametrize(
    ("low", "high", "currency", "first", "last"),
    [
        ("-50000", "50000", "USD", "−$60.00k", "$60.00k"),
        ("0", "0", "EUR", "€−1", ""),
        ("12.10", "12.40", "USD", "$12.10", "$12.40"),
        ("943590", "943600", "USD", "$943,590", "$943,600"),
        ("1200000", "9900000", "CHF", "0.00 CHF", "10.00M CHF"),
        ("5000000000", "8000000000", "USD", "$5.00B", "$8.00B"),
    ],
)
def test_labels_take_the_form_that_tells_steps_apart(
    low: str, high: str, currency: str, first: str, last: str
) -> None:
    axis = value_axis(Decimal(low), Decimal(high), 5)
    labels = axis_labels(axis.ticks(), axis.step, currency)
    if last:
        assert (labels[0], labels[-1]) == (first, last)
    else:
        assert labels[0].startswith("−€")


@given(DAYS, DAYS, st.integers(1, 20))
def test_day_labels_fit_and_lie_inside(one: int, other: int, most: int) -> None:
    first, last = min(one, other), max(one, other)
    ticks = day_ticks(first, last, most)
    assert len(ticks) <= most + 2
    assert all(first <= at <= last for at, _ in ticks)
    assert [at for at, _ in ticks] == sorted({at for at, _ in ticks})


def test_months_are_labelled_where_they_begin() -> None:
    ticks = day_ticks(date(2025, 11, 20).toordinal(), date(2026, 11, 20).toordinal(), 13)
    assert [label for _, label in ticks][:3] == ["Dec", "Jan", "Feb"]
    assert date.fromordinal(ticks[0][0]) == date(2025, 12, 1)


@pytest.mark.parametrize(
    ("days", "most", "labels"),
    [
        (4, 8, ["16 Nov", "17 Nov", "18 Nov", "19 Nov", "20 Nov"]),
        (21, 6, ["2 Nov", "9 Nov", "16 Nov"]),
        (5 * 365, 6, ["2022", "2023", "2024", "2025", "2026"]),
        (0, 1, ["20 Nov"]),
    ],
)
def test_days_weeks_and_years(days: int, most: int, labels: list[str]) -> None:
    last = date(2026, 11, 20)
    ticks = day_ticks((last - timedelta(days=days)).toordinal(), last.toordinal(), most)
    assert [label for _, label in ticks] == labels


@given(st.integers(946684800, 4102444800), st.integers(0, 90_000), st.integers(1, 20))
def test_time_labels_fit_and_lie_inside(first: int, span: int, most: int) -> None:
    ticks = time_ticks(first, first + span, most)
    assert len(ticks) <= most + 2
    assert all(first <= at <= first + span for at, _ in ticks)


def test_hours_are_those_of_new_york() -> None:
    opens = int(datetime(2026, 11, 20, 14, 30, tzinfo=UTC).timestamp())
    ticks = time_ticks(opens, opens + 6 * 3600 + 1800, 7)
    assert [label for _, label in ticks] == [f"{hour}:00" for hour in range(10, 17)]


# words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("298100", "$298.1k"),
        ("-298150", "−$298.2k"),
        ("943590.17", "$943.6k"),
        ("12.4", "$12.40"),
        ("0", "$0.00"),
        ("1e36", "$1,000,000,000,000,000,000,000,000.0T"),
    ],
)
def test_short_amounts(value: str, words: str) -> None:
    assert short_money(Decimal(value), "USD") == words


def test_amounts_of_any_size_can_be_written_and_hidden() -> None:
    huge = Decimal("-12345678901234567890123456789012345678.5")
    assert money(huge, "USD", private=False).startswith("−$12,345,678,901")
    assert money(huge, "USD", private=True) == signed_money(huge, "USD", private=True) == "••••••"
    assert signed_money(-huge, "USD", private=False).startswith("+$12,345")
    assert signed_money(Decimal("0.001"), "USD", private=False) == "$0.00"
    assert percent(-huge).startswith("+12,345")


def test_a_change_in_words() -> None:
    rise = Decimal("12.5")
    assert spoken_change(rise, Decimal(2), "USD", private=False) == "up $12.50, 2.00 percent"
    assert spoken_change(-rise, None, "USD", private=False) == "down $12.50"
    assert spoken_change(-rise, Decimal(-2), "USD", private=True) == "down 2.00 percent"
    assert spoken_change(Decimal(0), None, "USD", private=False) == "unchanged"


# points


@pytest.mark.parametrize(("x", "index"), [(-5, 0), (0, 0), (4, 0), (6, 1), (10, 1), (99, 2)])
def test_the_nearest_point(x: float, index: int) -> None:
    assert LineData(xs=array("q", [0, 10, 30]), units=[1, 2, 3]).nearest(x) == index


def test_a_line_has_a_value_for_every_place() -> None:
    with pytest.raises(ValueError, match="one value per place"):
        LineData(xs=array("q", [1, 2]), units=[1])


def test_no_percent_of_nothing() -> None:
    assert change_percent(Decimal(0), Decimal(5)) is None
    assert change_percent(Decimal(-1), Decimal(5)) is None
    assert change_percent(Decimal(4), Decimal(5)) == 25


# reduction


def columns(xs: Sequence[int], pixels: int) -> list[list[int]]:
    """The naive way: which points fall into which column."""
    first, span = xs[0], xs[-1] - xs[0]
    found: dict[int, list[int]] = {}
    for at, x in enumerate(xs):
        column = min(pixels - 1, (x - first) * pixels // span)
        found.setdefault(column, []).append(at)
    return [found[column] for column in sorted(found)]


@st.composite
def lines(draw: st.DrawFn) -> tuple[array[int], list[int], int]:
    xs = draw(st.lists(st.integers(0, 3000), min_size=2, max_size=300, unique=True).map(sorted))
    values = st.integers(-(10**20), 10**20)
    units = draw(st.lists(values, min_size=len(xs), max_size=len(xs)))
    return array("q", xs), units, draw(st.integers(1, 400))


@given(lines())
def test_every_column_keeps_its_lowest_and_highest(
    given_line: tuple[array[int], list[int], int],
) -> None:
    xs, units, pixels = given_line
    (run,) = reduced(xs, units, (), pixels)
    if isinstance(run, Run):
        assert len(run.xs) <= max(4, 2 * pixels)
        if len(run.xs) == len(xs):
            assert (list(run.xs), list(run.units)) == (list(xs), units)
        else:
            assert list(run.units) == [units[0], min(units), max(units), units[-1]]
        return
    assert len(run.xs) <= pixels
    expected = columns(xs, pixels)
    previous = None
    for points, low, high in zip(expected, run.lows, run.highs, strict=True):
        inside = [units[at] for at in points] + ([] if previous is None else [previous])
        assert (low, high) == (min(inside), max(inside))
        previous = units[points[-1]]
    assert (run.first, run.last) == (units[0], units[-1])
    assert (run.xs[0], run.xs[-1]) == (xs[0], xs[-1])


def test_numpy_and_plain_python_find_the_same() -> None:
    chance = random.Random(3)
    count = FOR_NUMPY * 2
    xs = array("q", sorted(chance.sample(range(count * 10), count)))
    units = [chance.randint(-(10**17), 10**17) for _ in xs]
    assert reduced(xs, array("q", units), (), 800) == reduced(xs, units, (), 800)
    assert extent(array("q", units)) == extent(units)


def test_a_line_is_broken_where_the_gap_can_be_seen() -> None:
    xs = array("q", [0, 10, 500, 510, 512, 1000])
    runs = reduced(xs, [1, 2, 3, 4, 5, 6], (2, 4), 100)
    assert [list(run.xs) for run in runs] == [[0, 10], [500, 510, 512, 1000]]


@given(lines(), st.data())
def test_broken_or_not_no_extreme_is_lost(
    given_line: tuple[array[int], list[int], int], data: st.DataObject
) -> None:
    xs, units, pixels = given_line
    breaks = sorted(data.draw(st.sets(st.integers(1, len(xs) - 1), max_size=9)))
    runs = reduced(xs, units, breaks, pixels)
    lows = [min(run.lows if isinstance(run, Band) else run.units) for run in runs]
    highs = [max(run.highs if isinstance(run, Band) else run.units) for run in runs]
    assert (min(lows), max(highs)) == (min(units), max(units))


def test_nothing_and_one_place() -> None:
    assert reduced(array("q"), [], (), 100) == []
    assert reduced(array("q", [5]), [7], (), 100) == [Run(array("q", [5]), [7])]


def test_no_library_of_numbers_is_loaded_with_the_charts() -> None:
    names = [
        f"brokerdesk.ui.widgets.charts.{name}"
        for name in ("panel", "line_chart", "sparkline", "allocation", "ranges", "from_history")
    ]
    code = f"import sys, json, importlib\nfor n in {names!r}: importlib.import_module(n)\n"
    code += "print(json.dumps(sorted({n.partition('.')[0] for n in sys.modules})))"
    result = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    )
    heavy = {"numpy", "pyqtgraph", "sqlalchemy", "httpx", "asyncio", "msgspec", "sqlcipher3"}
    assert not heavy & set(json.loads(result.stdout))


# shares


def part(key: str, value: str | None) -> Part:
    return Part(key=key, label=key, value=None if value is None else Decimal(value))


def test_shares_are_of_what_is_known() -> None:
    found = shares([part("b", "25"), part("?", None), part("a", "75")])
    assert [(one.key, one.share) for one in found] == [
        ("a", Decimal(75)),
        ("b", Decimal(25)),
        ("?", None),
    ]


def test_debt_is_part_of_the_whole() -> None:
    found = shares([part("debt", "-25"), part("a", "125")])
    assert [(one.key, one.share) for one in found] == [
        ("a", Decimal(125)),
        ("debt", Decimal(-25)),
    ]


@pytest.mark.parametrize("values", [[], ["0"], ["-5", "2"], [None]])
def test_no_share_of_no_whole(values: list[str | None]) -> None:
    found = shares([part(str(number), value) for number, value in enumerate(values)])
    assert all(one.share is None for one in found)


@given(st.lists(st.decimals(0, 10**12, places=2), min_size=1).filter(any))
def test_shares_add_up(values: list[Decimal]) -> None:
    parts = [Part(key=str(n), label="", value=value) for n, value in enumerate(values)]
    found = [one.share for one in shares(parts) if one.share is not None]
    assert abs(sum(found, Decimal(-100))) < Decimal("1e-20")
