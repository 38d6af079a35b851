"""The gate for amounts and times: what passes keeps its value, what must not pass does not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokerdesk.domain.exact import (
    MAX_DIGITS,
    MAX_EXPONENT,
    check_amount,
    check_amounts,
    check_times,
    exact,
    utc,
)

amounts = st.builds(
    lambda digits, places, negative: Decimal((int(negative), digits, -places)),
    st.lists(st.integers(0, 9), min_size=1, max_size=MAX_DIGITS).map(tuple),
    st.integers(0, MAX_EXPONENT),
    st.booleans(),
)


@given(amounts)
def test_a_real_amount_passes_unchanged_as_decimal_and_as_text(amount: Decimal) -> None:
    assert exact(amount) is amount
    again = exact(format(amount, "f"))
    assert again == amount
    assert again.as_tuple().exponent == amount.as_tuple().exponent  # 1.50 stays 1.50


@given(amounts)
def test_the_context_of_the_caller_changes_nothing(amount: Decimal) -> None:
    with localcontext() as context:
        context.prec = 3
        assert exact(str(amount)).as_tuple() == Decimal(str(amount)).as_tuple()


@given(st.integers(-(10**MAX_DIGITS) + 1, 10**MAX_DIGITS - 1))
def test_an_integer_passes_exactly(number: int) -> None:
    assert int(exact(number)) == number


@given(st.floats())
def test_no_float_passes(number: float) -> None:
    with pytest.raises(TypeError, match="float"):
        exact(number)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="price"):
        check_amount("price", number)


@given(st.text())
def test_text_is_a_plain_number_or_is_refused(text: str) -> None:
    try:
        amount = exact(text)
    except ValueError:
        return
    assert amount.is_finite()
    assert set(text) <= set("0123456789+-.eE")


@pytest.mark.parametrize("value", [True, False, None, [], b"1", 1 + 0j])
def test_other_types_are_refused(value: object) -> None:
    with pytest.raises(TypeError):
        exact(value)  # type: ignore[arg-type]


NOT_NUMBERS = ("", " ", "1 ", " 1", "1_000", "1,000", "١٢", "１", "$1", "0x10", "1.2.3", "--1", "+")
NOT_FINITE = ("NaN", "sNaN", "Infinity", "-Infinity")
NOT_REAL = ("1e999999999", "1e-25", "9" * 39, "1e39", "\N{MINUS SIGN}1")


@pytest.mark.parametrize("text", [*NOT_NUMBERS, *NOT_FINITE, *NOT_REAL])
def test_what_is_not_a_real_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="price"):
        exact(text, what="price")


@pytest.mark.parametrize("text", ["0", "-0", "0E-30", "0E+99", "1E+5", "1e-24", "+7.10"])
def test_unusual_but_real_amounts_pass(text: str) -> None:
    assert exact(text) == Decimal(text)


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity"), Decimal("-Infinity")])
def test_what_is_not_finite_is_refused(value: Decimal) -> None:
    with pytest.raises(ValueError, match="finite"):
        exact(value)
    with pytest.raises(ValueError, match="cash must be finite"):
        check_amount("cash", value)


@dataclass
class Thing:
    amount: object = None
    time: object = None


def test_absent_fields_are_not_checked() -> None:
    check_amounts(Thing(), "amount")
    check_times(Thing(), "time")


@pytest.mark.parametrize("value", [1, "1", 1.0, True])
def test_a_field_that_is_no_decimal_is_named(value: object) -> None:
    with pytest.raises(TypeError, match="amount must be Decimal"):
        check_amounts(Thing(amount=value), "amount")


def test_times_must_be_utc_itself() -> None:
    check_times(Thing(time=datetime(2026, 1, 1, tzinfo=UTC)), "time")
    with pytest.raises(TypeError, match="time must be a datetime"):
        check_times(Thing(time="2026-01-01"), "time")
    for zone in (None, timezone(timedelta(hours=1))):
        with pytest.raises(ValueError, match="time must be in UTC"):
            check_times(Thing(time=datetime(2026, 1, 1, tzinfo=zone)), "time")


@given(st.datetimes(timezones=st.timezones() | st.just(UTC)))
def test_moving_to_utc_keeps_the_moment(moment: datetime) -> None:
    try:
        moved = utc(moment)
    except OverflowError:  # the first and last day of the calendar
        return
    assert moved.tzinfo is UTC
    assert moved == moment or moment.utcoffset() != moment.replace(fold=1 - moment.fold).utcoffset()
    check_times(Thing(time=moved), "time")


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        utc(datetime(2026, 1, 1))  # noqa: DTZ001 - that is the point
