"""The market calendar against days that everybody can look up."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from brokerdesk.simulator.market import calendar


@pytest.mark.parametrize(
    "day",
    [
        "2015-04-03",  # Good Friday
        "2018-12-05",  # mourning
        "2021-07-05",  # Independence Day, made up for
        "2022-06-20",  # Juneteenth, made up for
        "2023-01-02",  # New Year's Day, made up for
        "2024-03-29",
        "2025-01-09",  # mourning
        "2026-01-19",
        "2026-07-03",
        "2026-11-26",
        "2027-12-24",  # Christmas on a Saturday
        "2030-12-25",
    ],
)
def test_known_holidays(day: str) -> None:
    assert not calendar.is_trading_day(date.fromisoformat(day))


@pytest.mark.parametrize(
    "day",
    [
        "2021-12-31",  # New Year's Day 2022 is a Saturday and is not made up for
        "2021-06-18",  # Juneteenth was no holiday of the exchange yet
        "2026-11-27",
        "2026-12-24",
        "2019-10-14",  # Columbus Day
        "2019-11-11",  # Veterans Day
    ],
)
def test_days_that_only_look_like_holidays(day: str) -> None:
    assert calendar.is_trading_day(date.fromisoformat(day))


@pytest.mark.parametrize(
    ("year", "days"), [(2015, 252), (2018, 251), (2021, 252), (2024, 252), (2025, 250)]
)
def test_the_number_of_sessions_in_a_year(year: int, days: int) -> None:
    assert len(calendar.trading_days(date(year, 1, 1), date(year, 12, 31))) == days


@pytest.mark.parametrize("day", ["2024-07-03", "2025-07-03", "2026-11-27", "2026-12-24"])
def test_early_closes_end_at_one(day: str) -> None:
    session = calendar.session(date.fromisoformat(day))
    assert session is not None
    assert session.early
    assert session.closes.astimezone(calendar.NEW_YORK).hour == 13


def test_no_early_close_when_the_day_itself_is_shut_or_the_fourth_is_on_a_weekend() -> None:
    assert not calendar.is_early_close(date(2026, 7, 2))
    assert not calendar.is_early_close(date(2021, 7, 2))
    assert not calendar.is_early_close(date(2027, 12, 24))


def test_sessions_follow_new_york_through_daylight_saving() -> None:
    winter, summer = calendar.session(date(2026, 3, 6)), calendar.session(date(2026, 3, 9))
    assert winter is not None
    assert summer is not None
    assert winter.opens == datetime(2026, 3, 6, 14, 30, tzinfo=UTC)
    assert summer.opens == datetime(2026, 3, 9, 13, 30, tzinfo=UTC)


def test_neighbours_and_places_agree() -> None:
    days = calendar.all_trading_days()
    for place in range(1, len(days) - 1, 97):
        assert calendar.next_trading_day(days[place]) == days[place + 1]
        assert calendar.previous_trading_day(days[place]) == days[place - 1]
        assert calendar.last_place(days[place]) == place == calendar.place_of(days[place])
        assert days[place] - days[place - 1] <= timedelta(days=5)
