"""The exchange's calendar against its published years."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokerdesk.domain import market_hours as hours

# https://www.nyse.com/markets/hours-calendars as published for each year.
PUBLISHED = {
    2022: "01-17 02-21 04-15 05-30 06-20 07-04 09-05 11-24 12-26",
    2023: "01-02 01-16 02-20 04-07 05-29 06-19 07-04 09-04 11-23 12-25",
    2024: "01-01 01-15 02-19 03-29 05-27 06-19 07-04 09-02 11-28 12-25",
    2025: "01-01 01-20 02-17 04-18 05-26 06-19 07-04 09-01 11-27 12-25",
    2026: "01-01 01-19 02-16 04-03 05-25 06-19 07-03 09-07 11-26 12-25",
    2027: "01-01 01-18 02-15 03-26 05-31 06-18 07-05 09-06 11-25 12-24",
    2028: "01-17 02-21 04-14 05-29 06-19 07-04 09-04 11-23 12-25",
}
EARLY = {
    2023: "07-03 11-24",
    2024: "07-03 11-29 12-24",
    2025: "07-03 11-28 12-24",
    2026: "11-27 12-24",
    2027: "11-26",
    2028: "07-03 11-24",
}


def days(year: int, text: str) -> set[date]:
    return {date.fromisoformat(f"{year}-{part}") for part in text.split()}


@pytest.mark.parametrize("year", sorted(PUBLISHED))
def test_holidays_are_the_published_ones(year: int) -> None:
    shut = {day for day in hours.holidays(year) if day.weekday() < 5}
    assert shut == days(year, PUBLISHED[year])


@pytest.mark.parametrize("year", sorted(EARLY))
def test_early_closes_are_the_published_ones(year: int) -> None:
    assert set(hours.early_closes(year)) == days(year, EARLY[year])


def test_a_day_of_mourning_is_no_trading_day() -> None:
    assert not hours.is_trading_day(date(2025, 1, 9))
    assert hours.session(date(2025, 1, 9)) is None


def test_the_session_follows_new_york_through_summer_time() -> None:
    assert hours.session(date(2026, 1, 5)) == (
        datetime(2026, 1, 5, 14, 30, tzinfo=UTC),
        datetime(2026, 1, 5, 21, 0, tzinfo=UTC),
    )
    assert hours.session(date(2026, 7, 6)) == (
        datetime(2026, 7, 6, 13, 30, tzinfo=UTC),
        datetime(2026, 7, 6, 20, 0, tzinfo=UTC),
    )
    assert hours.session(date(2026, 11, 27)) == (
        datetime(2026, 11, 27, 14, 30, tzinfo=UTC),
        datetime(2026, 11, 27, 18, 0, tzinfo=UTC),
    )


def test_open_at_the_opening_and_shut_at_the_close() -> None:
    opens, closes = datetime(2026, 1, 5, 14, 30, tzinfo=UTC), datetime(2026, 1, 5, 21, tzinfo=UTC)
    tick = timedelta(microseconds=1)
    assert not hours.is_open(opens - tick)
    assert hours.is_open(opens)
    assert hours.is_open(closes - tick)
    assert not hours.is_open(closes)


def test_next_change_crosses_a_weekend_with_a_holiday() -> None:
    friday_close = datetime(2026, 1, 16, 21, 0, tzinfo=UTC)
    assert hours.next_change(friday_close) == datetime(2026, 1, 20, 14, 30, tzinfo=UTC)


def test_a_day_ends_at_midnight_in_new_york_also_when_the_clocks_change() -> None:
    assert hours.end_of_day(date(2026, 1, 5)) == datetime(2026, 1, 6, 4, 59, 59, 999999, tzinfo=UTC)
    # 8 March 2026 has 23 hours, 1 November 2026 has 25.
    assert hours.end_of_day(date(2026, 3, 8)) == datetime(2026, 3, 9, 3, 59, 59, 999999, tzinfo=UTC)
    assert hours.end_of_day(date(2026, 11, 1)) == datetime(
        2026, 11, 2, 4, 59, 59, 999999, tzinfo=UTC
    )


@given(st.datetimes(min_value=datetime(1999, 1, 1), max_value=datetime(2090, 1, 1)))  # noqa: DTZ001
def test_every_moment_lies_in_its_day_and_before_the_next_change(naive: datetime) -> None:
    moment = naive.replace(tzinfo=UTC)
    day = hours.new_york_day(moment)
    assert hours.end_of_day(day - timedelta(days=1)) < moment <= hours.end_of_day(day)
    change = hours.next_change(moment)
    assert moment < change <= moment + timedelta(days=8)
    assert hours.is_open(change) != hours.is_open(change - timedelta(microseconds=1))
    assert hours.is_open(moment) == hours.is_open(change - timedelta(microseconds=1))
