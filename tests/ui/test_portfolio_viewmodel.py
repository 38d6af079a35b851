"""The main window's view-model, without a window."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from support.ui import NOW, FakePortfolio, account, connection, some_figures

from brokerdesk.domain.events import (
    AccountRefreshed,
    AccountsOffered,
    ClockSkewed,
    ConnectionsChanged,
    PracticePrepared,
    RefreshFinished,
    RefreshProgressed,
    RefreshStarted,
)
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.ui.viewmodels.portfolio import PortfolioViewModel
from brokerdesk.ui.viewmodels.state import Figures, Mark, Message, Pill

C1, C2, A1 = ConnectionId("c1"), ConnectionId("c2"), AccountId("a1")


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def made(figures: Figures | None = None, **more: Any) -> tuple[PortfolioViewModel, FakePortfolio]:
    model = PortfolioViewModel(Clock(), **more)
    port = FakePortfolio(figures or some_figures())
    model.attach(port)
    return model, port


def test_before_the_services_the_last_snapshot_shows_and_nothing_can_be_asked() -> None:
    model = PortfolioViewModel(Clock())
    model.show(some_figures())
    assert model.state.figures.accounts
    assert not model.state.ready
    assert model.state.pill is Pill.SAVED
    assert model.state.figures.accounts[0].mark is Mark.SAVED
    model.refresh()
    model.stop()
    model.act("accept:a1")
    model.reload()
    assert not model.state.refreshing


def test_an_empty_profile_invites() -> None:
    model, _ = made(Figures())
    assert model.state.empty
    assert model.state.pill_text == ""


def test_fresh_figures_are_live_and_grow_old() -> None:
    clock = Clock()
    model = PortfolioViewModel(clock)
    model.attach(FakePortfolio(some_figures()))
    assert (model.state.pill, model.state.pill_text) == (Pill.LIVE, "Live · updated 0 s ago")
    clock.now = NOW + timedelta(minutes=5)
    model.tick()
    assert model.state.pill_text == "Live · updated 5 min ago"
    clock.now = NOW + timedelta(minutes=31)
    model.tick()
    assert model.state.pill is Pill.SAVED
    assert "20 Nov 2026 11:42 ET" in model.state.pill_text


def test_one_older_connection_is_said() -> None:
    model, _ = made(
        some_figures(connections=(connection("c1"), connection("c2", mark=Mark.SUSPECT)))
    )
    assert (model.state.pill, model.state.pill_text) == (Pill.STALE, "1 of 2 older")


def test_nothing_could_be_read_only_when_all_failed() -> None:
    model, _ = made(some_figures(connections=(connection("c1", mark=Mark.FAILED),)))
    assert model.state.pill is Pill.FAILED


def test_offline_says_when_the_figures_are_from_and_asks_nobody() -> None:
    model, port = made(offline=True)
    assert model.state.pill is Pill.OFFLINE
    assert {row.mark for row in model.state.figures.connections} == {Mark.SAVED}
    assert {row.mark for row in model.state.figures.accounts} == {Mark.SAVED}
    assert "20 Nov 2026 11:42 ET" in model.state.pill_text
    model.refresh()
    assert port.calls == ["load"]


def test_progress_over_all_connections() -> None:
    model, port = made(some_figures(connections=(connection("c1"), connection("c2"))))
    model.on_event(RefreshStarted(connection=C1, accounts=4))
    model.on_event(RefreshStarted(connection=C2, accounts=2))
    model.on_event(RefreshProgressed(connection=C1, done=3, total=4))
    running = model.state
    assert (running.refreshing, running.progress) == (True, 0.5)
    assert running.pill_text == "Refreshing 3 of 6"
    assert [row.progress for row in model.state.figures.connections] == [0.75, 0.0]
    model.on_event(RefreshFinished(connection=C1))
    model.on_event(RefreshFinished(connection=C2, failed=("x",)))
    over = model.state
    assert (over.refreshing, over.progress) == (False, None)
    assert model.state.figures.connections[0].progress is None
    assert port.calls.count("load") == 3


def test_a_failed_round_blanks_nothing() -> None:
    model, _ = made()
    before = model.state.figures.accounts
    model.on_event(RefreshStarted(connection=C1, accounts=1))
    model.on_event(RefreshFinished(connection=C1, failed=("no answer",)))
    assert model.state.figures.accounts == before


@pytest.mark.parametrize(
    "event",
    [
        AccountRefreshed(connection=C1, account=A1),
        ConnectionsChanged(),
        AccountsOffered(connection=C1, accounts=(A1,)),
    ],
)
def test_what_changes_the_cache_is_read_again(event: ConnectionsChanged) -> None:
    model, port = made()
    port.figures = some_figures(accounts=(account(name="New name"),))
    model.on_event(event)
    assert model.state.figures.accounts[0].name == "New name"


def test_many_wishes_while_loading_cost_one_more_reading() -> None:
    model, port = made()
    port.hold = []
    for _ in range(10):
        model.on_event(ConnectionsChanged())
    assert len(port.hold) == 1
    port.hold[0](some_figures())
    assert len(port.hold) == 2
    port.hold[1](some_figures())
    assert len(port.hold) == 2


def test_a_reading_that_failed_does_not_stop_later_ones() -> None:
    model, port = made()
    port.hold = []
    model.reload()
    model.reload_failed()
    model.reload()
    assert len(port.hold) == 2


def test_actions_of_messages_reach_the_port_and_the_cache_is_read_again() -> None:
    model, port = made()
    model.act("accept:a1")
    model.act("keep:a1")
    model.act("refresh:c1")
    assert port.calls == ["load", "accept:a1", "load", "keep:a1", "load", "refresh:c1"]


def test_signing_in_again_is_asked_of_the_window() -> None:
    model, port = made()
    asked: list[str] = []
    model.sign_in_wanted.connect(asked.append)
    model.keys_wanted.connect(lambda key: asked.append("keys " + key))
    model.unlock_wanted.connect(lambda: asked.append("unlock"))
    for action in ("sign_in:c1", "keys:c1", "unlock:"):
        model.act(action)
    assert asked == ["c1", "keys c1", "unlock"]
    assert port.calls == ["load"]


def test_stop_is_only_asked_while_something_runs() -> None:
    model, port = made()
    model.stop()
    model.on_event(RefreshStarted(connection=C1, accounts=1))
    model.stop()
    assert port.calls == ["load", "stop"]


def test_a_refresh_that_was_just_asked_for_can_be_stopped_before_it_says_that_it_runs() -> None:
    model, port = made()
    model.refresh()
    told = [model.stoppable]
    model.stop()
    assert port.calls == ["load", "refresh:", "stop"]
    told.append(model.stoppable)
    model.refresh("c1")
    model.on_event(RefreshFinished(connection=C1))
    told.append(model.stoppable)
    assert told == [True, False, False]


def test_a_wrong_clock_is_said_until_dismissed() -> None:
    model, _ = made()
    model.on_event(ClockSkewed(seconds=-125))
    (message,) = model.state.figures.messages
    assert "2 min 5 s behind" in message.text
    model.act(message.actions[0].id)
    assert model.state.figures.messages == ()


def test_a_warning_stands_before_the_caches_messages_until_taken_back() -> None:
    stored = Message(key="m", kind="warn", title="stored", text="")
    model, _ = made(some_figures(messages=(stored,)))
    warning = replace(stored, key="keys", title="locked")
    model.warn(warning)
    assert list(model.state.figures.messages) == [warning, stored]
    model.warn(None)
    assert list(model.state.figures.messages) == [stored]


def test_the_practice_history_is_told_and_then_shown() -> None:
    model, port = made()
    model.on_event(PracticePrepared(done=120, total=1255))
    assert model.state.notice == "Writing the practice history: 120 of 1,255 days"
    model.on_event(PracticePrepared(done=1255, total=1255))
    assert model.state.notice == ""
    assert port.calls.count("load") == 2


def test_an_unchanged_state_is_not_told_twice() -> None:
    model, _ = made()
    told: list[None] = []
    model.changed.connect(lambda: told.append(None))
    model.tick()
    assert told == []


def test_a_message_counts_down_to_its_moment() -> None:
    until = NOW + timedelta(seconds=42)
    told = Message(key="limited:c", kind="info", title="Next in {left}.", text="{left} to go.",
                   until=until)  # fmt: skip
    model = PortfolioViewModel(Clock())
    model.attach(FakePortfolio(some_figures(messages=(told,))))
    (shown,) = model.state.figures.messages
    assert (shown.title, shown.text) == ("Next in 42 s.", "42 s to go.")


def test_a_scope_whose_accounts_are_gone_is_given_up() -> None:
    model = PortfolioViewModel(Clock())
    port = FakePortfolio(some_figures())
    model.attach(port)
    port.figures = some_figures(accounts=(), everyone=(account("b"),))
    model.look_at(scope=("a",))
    assert port.queries[-1].scope == ()
    assert [row.key for row in model.state.everyone] == ["b"]


def test_everyone_is_known_under_a_scope() -> None:
    model = PortfolioViewModel(Clock())
    port = FakePortfolio(some_figures(everyone=(account("a"), account("b"))))
    model.attach(port)
    model.look_at(scope=("a",))
    assert [row.key for row in model.state.everyone] == ["a", "b"]
