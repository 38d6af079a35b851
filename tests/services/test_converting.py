"""Conversion: exact, dated, never a later rate on an earlier day, and nothing where no rate is."""

from __future__ import annotations

from array import array
from datetime import date, timedelta
from decimal import Context, Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from brokerdesk.domain.exchange_rate import RateColumn
from brokerdesk.services.converting import (
    FRESH_DAYS,
    MOST_DAYS,
    Quality,
    RateTable,
    better,
    convert,
    own_rate,
)

D = Decimal
START = date(2026, 1, 5)
WIDE = Context(prec=200)
TINY = D("1E-45")
CODES = ("USD", "JPY", "CHF", "CAD")


def table(**rates: dict[int, str]) -> RateTable:
    """Rates by how many days after ``START`` they are of."""
    columns = {}
    for currency, its in rates.items():
        days = array("i", [START.toordinal() + day for day in sorted(its)])
        units = [int(D(its[day]).scaleb(6)) for day in sorted(its)]
        columns[currency] = RateColumn(days=days, units=units, exponent=-6)
    return RateTable(columns.get)


def day(number: int) -> date:
    return START + timedelta(days=number)


@st.composite
def tables(draw: st.DrawFn) -> RateTable:
    """Rates of some days each; not every currency has every day."""
    rate = st.decimals("0.0001", "20000", places=6)
    own = st.dictionaries(st.integers(0, 40), rate.map(str), min_size=1, max_size=12)
    return table(**{code: draw(own) for code in CODES})


amounts = st.decimals("-99999999999.99", "99999999999.99", places=8)
codes = st.sampled_from(("EUR", *CODES))
days = st.integers(-5, 60).map(day)


def close(one: Decimal, other: Decimal) -> bool:
    scale = max(abs(one), abs(other), D(1))
    return abs(WIDE.subtract(one, other)) <= WIDE.multiply(scale, TINY)


@given(tables(), amounts, codes, codes, days)
def test_there_and_back_is_the_same_amount(
    rates: RateTable, amount: Decimal, code: str, base: str, on: date
) -> None:
    there = convert(amount, code, base, on, rates)
    assume(there.amount is not None and there.rate is not None)
    assert there.amount is not None
    back = convert(there.amount, base, code, on, rates)
    assert back.amount is not None
    assert close(back.amount, amount)
    assert back.rate is not None
    assert there.rate is not None
    assert back.rate.day == there.rate.day


@given(tables(), amounts, codes, codes, codes, days)
def test_a_detour_over_a_third_currency_changes_nothing(
    rates: RateTable, amount: Decimal, code: str, over: str, base: str, on: date
) -> None:
    direct, first = convert(amount, code, base, on, rates), convert(amount, code, over, on, rates)
    assume(first.amount is not None and direct.amount is not None)
    assert first.amount is not None
    assert direct.amount is not None
    second = convert(first.amount, over, base, on, rates)
    assume(second.amount is not None)
    assert second.amount is not None
    dated = {one.rate.day for one in (direct, first, second) if one.rate and one.rate.day}
    assume(len(dated) <= 1)
    assert close(second.amount, direct.amount)


@given(tables(), amounts, codes, codes, days)
def test_never_a_float_and_never_a_rate_of_a_later_day(
    rates: RateTable, amount: Decimal, code: str, base: str, on: date
) -> None:
    found = convert(amount, code, base, on, rates)
    assert found.original is amount
    if code == base:
        assert found.amount == amount
        assert found.rate is not None
        assert (found.rate.value, found.rate.quality) == (D(1), Quality.SAME)
        return
    if found.rate is None:
        assert found.amount is None
        return
    assert type(found.amount) is Decimal
    assert type(found.rate.value) is Decimal
    assert found.rate.day is not None
    age = (on - found.rate.day).days
    assert 0 <= age <= MOST_DAYS
    assert found.rate.quality is (Quality.DAY if age <= FRESH_DAYS else Quality.OLD)


@given(tables(), st.lists(amounts, max_size=20), codes, codes, days)
def test_the_sum_of_what_is_converted_is_what_the_sum_converts_to(
    rates: RateTable, parts: list[Decimal], code: str, base: str, on: date
) -> None:
    rate = rates.rate(code, base, on)
    assume(rate is not None)
    assert rate is not None
    wide = Context(prec=400)
    together, apart = D(0), D(0)
    for one in parts:
        together, apart = wide.add(together, one), wide.add(apart, rate.of(one))
    assert apart == rate.of(together)


@given(tables(), codes, codes, days, days)
def test_a_past_day_keeps_its_figure_whatever_is_published_later(
    rates: RateTable, code: str, base: str, on: date, known_until: date
) -> None:
    assume(on <= known_until)
    last = known_until.toordinal()
    columns = {}
    for name in CODES:
        column = rates.column(name)
        assert column is not None
        keep = sum(one <= last for one in column.days)
        columns[name] = RateColumn(
            days=column.days[:keep], units=column.units[:keep], exponent=column.exponent
        )
    assert RateTable(columns.get).rate(code, base, on) == rates.rate(code, base, on)


def test_cross_rates_meet_in_the_euro_on_a_day_that_has_both() -> None:
    rates = table(USD={0: "1.20", 1: "1.30"}, CHF={0: "0.96"})
    found = rates.rate("CHF", "USD", day(1))
    assert found is not None
    assert (found.value, found.day) == (D("1.25"), START)
    euro = rates.rate("EUR", "USD", day(1))
    assert euro is not None
    assert (euro.value, euro.day) == (D("1.30"), day(1))


def test_a_weekend_has_the_rate_of_the_last_business_day() -> None:
    friday = table(USD={4: "1.16"})
    for later in (5, 6, 7 + 4):
        found = friday.rate("USD", "EUR", day(later))
        assert found is not None
        assert (found.day, found.quality) == (day(4), Quality.DAY)
    old = friday.rate("USD", "EUR", day(4 + FRESH_DAYS + 1))
    assert old is not None
    assert old.quality is Quality.OLD
    assert friday.rate("USD", "EUR", day(4 + MOST_DAYS)) is not None
    assert friday.rate("USD", "EUR", day(4 + MOST_DAYS + 1)) is None
    assert friday.rate("USD", "EUR", day(3)) is None


@pytest.mark.parametrize(("code", "base"), [("USD", "XAU"), ("XAU", "EUR"), ("XAU", "XAG")])
def test_without_a_rate_there_is_no_figure(code: str, base: str) -> None:
    found = convert(D(1234), code, base, START, table(USD={0: "1.16"}))
    assert (found.amount, found.rate, found.original) == (None, None, D(1234))
    assert convert(D(5), "USD", "EUR", START, RateTable()).amount is None


def test_what_the_broker_says_comes_first_unless_it_is_older() -> None:
    said = {"EUR": D("1.0842"), "USD": D(1), "GBP": D("1.25")}
    own = own_rate(said, "EUR", "USD", day(1), day(1))
    assert own is not None
    assert (own.value, own.quality, own.source) == (D("1.0842"), Quality.BROKER, "broker")
    across = own_rate(said, "GBP", "EUR", day(1), day(1))
    assert across is not None
    assert close(across.value * D("1.0842"), D("1.25"))
    published = table(USD={1: "1.16", 2: "1.17"})
    assert better(own, published.rate("EUR", "USD", day(1))) is own
    newer = published.rate("EUR", "USD", day(2))
    assert better(own, newer) is newer
    assert better(own, None) is own
    assert better(None, newer) is newer
    assert own_rate(said, "EUR", "USD", day(2), day(1)) is None  # of a later day
    assert own_rate(said, "EUR", "CHF", day(1), day(1)) is None
    assert own_rate({"EUR": D(0), "USD": D(1)}, "EUR", "USD", day(1), day(1)) is None
