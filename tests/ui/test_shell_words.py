"""What the pills, the banner, the status bar and the covers say, without a widget."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support.desk import FakeDesk, sample_connections, sample_figures
from support.ui import NOW, account, connection, some_figures

from brokerdesk.domain.events import ClockSkewed, RefreshProgressed, RefreshStarted
from brokerdesk.domain.ids import ConnectionId
from brokerdesk.ui.viewmodels.freshness import pills, refreshing
from brokerdesk.ui.viewmodels.state import Figures, Mark, Message, Pill, WindowState
from brokerdesk.ui.viewmodels.surroundings import (
    Cover,
    banner,
    cover,
    first_words,
    market,
    needing,
    status,
)

AUGUST = datetime(2026, 8, 14, 20, 0, tzinfo=UTC)


def state(figures: Figures | None = None, **more: Any) -> WindowState:
    return FakeDesk(figures, **more).state


def words(shown: WindowState) -> list[tuple[Pill, str]]:
    return [(pill.pill, pill.text) for pill in pills(shown)]


def test_live_and_how_many_are_older() -> None:
    assert words(state()) == [(Pill.LIVE, "Live · updated 0 s ago"), (Pill.STALE, "2 of 7 older")]
    assert words(state(some_figures())) == [(Pill.LIVE, "Live · updated 0 s ago")]


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (timedelta(seconds=59), (Pill.LIVE, "Live · updated 59 s ago")),
        (timedelta(minutes=29), (Pill.LIVE, "Live · updated 29 min ago")),
        (timedelta(minutes=31), (Pill.SAVED, "Saved · snapshot of 20 Nov 2026 11:11 ET")),
        (timedelta(days=3), (Pill.SAVED, "Saved · snapshot of 17 Nov 2026 11:42 ET")),
    ],
)
def test_ages_in_words(age: timedelta, expected: tuple[Pill, str]) -> None:
    row = account(fetched_at=NOW - age)
    assert words(state(some_figures(accounts=(row,)))) == [expected]


def test_offline_past_and_nothing_read() -> None:
    assert words(state(offline=True)) == [
        (Pill.OFFLINE, "Offline · snapshot of 20 Nov 2026 11:42 ET")
    ]
    desk = FakeDesk()
    desk.travel(AUGUST)
    assert words(desk.state) == [(Pill.PAST, "Past · snapshot of 14 Aug 2026 16:00 ET")]
    failed = (connection(mark=Mark.FAILED), connection("c2", mark=Mark.SIGN_IN))
    assert words(state(some_figures(connections=failed))) == [
        (Pill.FAILED, "Nothing could be read")
    ]
    assert words(state(Figures())) == []


def test_figures_are_not_live_where_nobody_answers() -> None:
    silent = (connection(mark=Mark.SAVED), connection("c2", mark=Mark.SAVED))
    assert words(state(some_figures(connections=silent))) == [
        (Pill.SAVED, "Saved · snapshot of 20 Nov 2026 11:42 ET")
    ]
    for mark in (Mark.LIVE, Mark.SUSPECT):
        one = (connection(mark=mark), connection("c2", mark=Mark.SAVED))
        assert words(state(some_figures(connections=one)))[0][0] is Pill.LIVE


def test_closed_accounts_do_not_make_the_rest_older() -> None:
    rows = (account("a"), account("b", closed=True, stale="closed"))
    assert len(words(state(some_figures(accounts=rows)))) == 1


def test_a_tool_tip_gives_both_times() -> None:
    first, second = pills(state())
    assert first.hint == (
        "Fetched 18 Nov 2026 09:42 ET to 20 Nov 2026 11:42 ET. "
        "Priced 18 Nov 2026 09:42 ET to 20 Nov 2026 11:42 ET. Opens the list of connections."
    )
    assert second.hint == (
        "Fidelity …3306 401(k): 20 Nov 11:30 ET. Vanguard …1190 Taxable: 18 Nov 09:42 ET."
    )
    (only,) = pills(state(some_figures()))
    assert "Fetched 20 Nov 2026 11:42:20 ET." in only.hint


def test_a_refresh_in_words() -> None:
    desk = FakeDesk()
    desk.portfolio.on_event(RefreshStarted(connection=ConnectionId("c1"), accounts=0))
    assert refreshing(desk.state) == "Refreshing"
    desk.portfolio.on_event(RefreshProgressed(connection=ConnectionId("c1"), done=1, total=4))
    desk.portfolio.on_event(RefreshStarted(connection=ConnectionId("c2"), accounts=2))
    assert refreshing(desk.state) == "Refreshing 1 of 6"


# the banner


def test_the_past_comes_before_offline_before_keys_before_the_clock() -> None:
    desk = FakeDesk(offline=True)
    keys = Message(key="keys", kind="warn", title="The system keychain is locked.", text="")
    desk.portfolio.warn(keys)
    desk.portfolio.on_event(ClockSkewed(seconds=300))
    desk.travel(AUGUST)
    said = banner(desk.state)
    assert said is not None
    assert said.title == "Viewing snapshot of 14 Aug 2026."
    assert said.actions[0].label == "Return to now"
    desk.travel(None)
    said = banner(desk.state)
    assert said is not None
    assert said.title == "You are offline."
    online = replace(desk.state, offline=False)
    assert banner(online) == keys
    desk.portfolio.warn(None)
    said = banner(replace(desk.state, offline=False))
    assert said is not None
    assert said.key == "clock"
    assert banner(state(sample_figures())) is None


def test_offline_since_another_day_names_the_day() -> None:
    row = account(fetched_at=NOW - timedelta(days=2))
    said = banner(state(some_figures(accounts=(row,)), offline=True))
    assert said is not None
    assert said.text.startswith("Showing figures saved at 18 Nov 11:42 ET.")
    unread = banner(state(some_figures(accounts=(account(fetched_at=None),)), offline=True))
    assert unread is not None
    assert unread.text.startswith("Showing saved figures.")


def test_without_accounts_there_is_nothing_to_show_offline() -> None:
    assert banner(state(Figures(), offline=True)) is None


# the status bar


def test_the_status_bar_counts_live_connections() -> None:
    assert status(state()).connections == "3 of 5 connections live"
    one = some_figures(connections=(connection(),))
    assert status(state(one)).connections == "1 of 1 connection live"
    assert status(state(one, offline=True)).connections == "Offline · 0 of 1 connection live"
    assert status(state(Figures())).connections == ""
    desk = FakeDesk()
    desk.travel(AUGUST)
    assert status(desk.state).connections == "5 connections"


def test_the_clock_is_new_york_s() -> None:
    assert status(state()).clock == "Fri 20 Nov 2026, 11:42:20 ET"


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (datetime(2026, 11, 20, 16, 43, tzinfo=UTC), "US market open · closes in 4 h 17 min"),
        (datetime(2026, 11, 20, 20, 59, 30, tzinfo=UTC), "US market open · closes in 1 min"),
        (datetime(2026, 11, 20, 21, 0, tzinfo=UTC), "US market closed · opens Mon 09:30 ET"),
        (datetime(2026, 11, 23, 14, 0, tzinfo=UTC), "US market closed · opens in 30 min"),
        (datetime(2026, 11, 27, 17, 0, tzinfo=UTC), "US market open · closes in 1 h"),
    ],
)
def test_the_market_opens_and_closes(at: datetime, said: str) -> None:
    assert market(at) == said


def test_connections_that_need_the_user() -> None:
    assert needing(state()) == 2
    marks = {row.key: row.mark for row in sample_connections()}
    assert sum(mark in (Mark.SUSPECT, Mark.SIGN_IN) for mark in marks.values()) == 2


# covers


def test_what_lies_over_the_figures() -> None:
    assert cover(state(Figures())) is Cover.EMPTY
    assert cover(state()) is Cover.NONE
    unread = some_figures(accounts=(account(fetched_at=None),), positions=())
    desk = FakeDesk(unread)
    assert cover(desk.state) is Cover.NONE
    desk.portfolio.on_event(RefreshStarted(connection=ConnectionId("c1"), accounts=2))
    assert cover(desk.state) is Cover.FIRST
    assert first_words(desk.state) == "Reading 2 accounts for the first time."
    desk.travel(AUGUST)
    assert cover(desk.state) is Cover.NONE


def test_a_first_reading_of_unknown_size_says_so() -> None:
    assert first_words(WindowState()) == "Reading your accounts for the first time."
