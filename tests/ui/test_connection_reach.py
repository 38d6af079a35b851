"""Limits, institutions and what is billed on the Connections page: words, questions, privacy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from support.desk import FakeDesk
from support.reach import FakeReach, PlainConnections, a_daily, a_link, a_rate, gatherer
from support.ui import HOSTILE, NOW
from support.ui_widgets import clipped, shown_text, unnamed

from brokerdesk.errors import BrokerUnavailableError
from brokerdesk.ui.plain import tame
from brokerdesk.ui.privacy import DOTS, privacy
from brokerdesk.ui.theme import theme
from brokerdesk.ui.viewmodels.connection_limits import LimitFacts, limit_lines
from brokerdesk.ui.viewmodels.connection_links import link_row
from brokerdesk.ui.views.connections.page import ConnectionsPage

Build = Callable[..., ConnectionsPage]
DOWN = BrokerUnavailableError("It does not answer.")


@pytest.fixture
def reach() -> FakeReach:
    return FakeReach(facts=gatherer())


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk()


@pytest.fixture
def show(qtbot: QtBot) -> Iterator[Build]:
    def make(desk: FakeDesk, reach: FakeReach, width: int = 920) -> ConnectionsPage:
        page = ConnectionsPage(desk, PlainConnections(), reach)
        qtbot.addWidget(page)
        page.resize(width, 640)
        page.show()
        return page

    yield make
    theme().set_scale(1.0)
    privacy().set(False)


def lines(*rates: object, **more: object) -> dict[str, str]:
    facts = LimitFacts(requests_per_minute=120, rates=rates, **more)  # type: ignore[arg-type]
    return {one.label: one.text for one in limit_lines(facts, "Acme", NOW)}


# words


def test_what_is_left_now() -> None:
    assert lines() == {"Requests": "120 a minute, not asked for yet"}
    assert lines(a_rate()) == {"Requests": "117 of 120 left this minute"}
    assert lines(a_rate(free=0, waiting=2))["Requests"] == (
        "0 of 120 left this minute, 2 requests waiting"
    )
    assert lines(a_rate(free=45, limit=45, seconds=1.0))["Requests"] == "45 of 45 left this second"
    paused = lines(a_rate(paused_seconds=90))["Requests"]
    assert paused.startswith("Paused until ")
    assert paused.endswith("as the broker asked")
    assert "Market data" in lines(a_rate(), a_rate(what="market data"))


def test_what_may_be_read_so_often_a_day() -> None:
    once = lines(daily=(a_daily(),))["Activities"]
    assert once.startswith("Read once today, next tomorrow (days end at ")
    assert once.endswith("; once a day without a click")
    several = lines(
        daily=(
            a_daily("balances", per_day=4, read=2),
            a_daily("positions", per_day=4, read=2, next_at=NOW + timedelta(hours=2)),
            a_daily("positions", per_day=4, read=1, next_at=NOW),
        )
    )
    assert list(several) == ["Requests", "Holdings"]
    assert several["Holdings"].startswith("Read twice today, next with the next round; 4 times")
    assert "Not read today" in lines(daily=(a_daily(read=0, next_at=NOW),))["Activities"]
    assert "Read 5 times today" in lines(daily=(a_daily(read=5),))["Activities"]


def test_what_is_billed_is_named() -> None:
    told = lines(billed=("live_balances", "refresh_link"))["Only on a click"]
    assert told == ("Live balances and having an institution read anew: Acme may bill each time")


def test_an_institution_in_words() -> None:
    fine = link_row(a_link(notes=("Only yesterday's prices.",)), removable=True)
    assert fine.text.startswith("Works, connected ")
    assert fine.text.endswith("read only, as of its last sync. Only yesterday's prices.")
    broken = link_row(a_link(working=False, since=None, trades=None, live=None), removable=False)
    assert (broken.tone, broken.broken, broken.removable) == ("loss", True, False)
    assert broken.text == "Wants a new sign-in; its figures are old."


# the page


def test_limits_are_shown_and_looked_at_again_while_the_page_is_seen(
    desk: FakeDesk, reach: FakeReach, show: Build
) -> None:
    page = show(desk, reach)
    page.enter()
    text = shown_text(page.detail)
    assert "248 of 250 left this minute" in text
    assert "Read once today" in text
    before = len(reach.calls)
    reach.facts = gatherer(limits=LimitFacts(requests_per_minute=250, rates=(a_rate(free=9),)))
    page._ticker.timeout.emit()
    assert len(reach.calls) == before + 1
    assert "9 of 120 left this minute" in shown_text(page.detail)
    assert "248 of 250" not in shown_text(page.detail)
    page.leave()
    assert not page._ticker.isActive()


def test_a_plain_broker_has_no_institutions(desk: FakeDesk, show: Build) -> None:
    page = show(desk, FakeReach())
    assert not page.detail._links_parts.isVisible()
    assert "Live balance" not in shown_text(page.detail)


def test_institutions_are_listed_on_a_click_only(
    desk: FakeDesk, reach: FakeReach, show: Build
) -> None:
    page = show(desk, reach)
    assert reach.did() == []
    page.detail.links.list_them.click()
    one, two = page.detail.links.views
    assert (one.row.title, two.row.title) == ("Fidelity", "Robinhood")
    assert one.anew.isVisibleTo(page)
    assert not one.repair.isVisibleTo(page)
    assert two.repair.isVisibleTo(page)
    wanted: list[str] = []
    desk.portfolio.sign_in_wanted.connect(wanted.append)
    two.repair.click()
    assert wanted == [page.model.state.chosen]
    assert unnamed(page) == []


@pytest.mark.parametrize("answer", ["yes", "no"])
def test_reading_anew_says_what_it_costs_and_asks(
    answer: str, desk: FakeDesk, reach: FakeReach, show: Build
) -> None:
    page = show(desk, reach)
    page.detail.links.list_them.click()
    page.detail.links.views[0].anew.click()
    assert page.sheet is not None
    assert "Gatherer may bill this." in shown_text(page.sheet)
    assert page.window().focusWidget() is page.sheet.no  # type: ignore[attr-defined]
    getattr(page.sheet, answer).click()
    asked = [call for call in reach.did() if call[0] == "anew"]
    assert len(asked) == (answer == "yes")
    assert page.reach.state.question is None
    assert bool(desk.toasts) == (answer == "yes")


def test_removing_asks_and_lists_again(desk: FakeDesk, reach: FakeReach, show: Build) -> None:
    page = show(desk, reach)
    page.detail.links.list_them.click()
    reach.found = (a_link(),)
    page.detail.links.views[1].remove.click()
    assert page.sheet is not None
    assert "for every program" in shown_text(page.sheet)
    page.sheet.yes.click()  # type: ignore[attr-defined]
    assert reach.did()[-2:] == [("remove", "c-Schwab", "l2"), ("links", "c-Schwab")]
    assert len(page.detail.links.views) == 1


def test_the_one_institution_of_a_sign_in_goes_by_disconnecting(
    desk: FakeDesk, show: Build
) -> None:
    page = show(desk, FakeReach(facts=gatherer(ends=True)))
    page.detail.links.list_them.click()
    assert not page.detail.links.views[0].remove.isVisibleTo(page)


def test_live_balances_are_asked_for_once_and_hidden_in_privacy(
    desk: FakeDesk, reach: FakeReach, show: Build
) -> None:
    page = show(desk, reach)
    ask, answer = page.detail.live["s1"]
    ask.click()
    assert page.sheet is not None
    assert "may bill this" in shown_text(page.sheet)
    page.sheet.yes.click()  # type: ignore[attr-defined]
    assert [call for call in reach.did() if call[0] == "live"] == [("live", "s1")]
    assert "total $1,234.56, cash $34.50" in answer.text()
    privacy().set(True)
    assert "1,234" not in shown_text(page.detail)
    assert DOTS in answer.text()
    page.model.choose(desk.figures.connections[1].key)
    assert page.reach.state.live == ()


def test_a_failure_is_said_and_nothing_hangs(desk: FakeDesk, reach: FakeReach, show: Build) -> None:
    reach.error = DOWN
    page = show(desk, reach)
    page.detail.links.list_them.click()
    assert "It does not answer." in shown_text(page.detail)
    assert page.detail.links.list_them.isEnabled()
    reach.error = None
    page.detail.links.list_them.click()
    assert "It does not answer." not in shown_text(page.detail)
    reach.error = DOWN
    page.detail.links.views[0].anew.click()
    assert page.sheet is not None
    page.sheet.yes.click()  # type: ignore[attr-defined]
    assert desk.toasts == []
    assert "It does not answer." in shown_text(page.detail)


def test_a_late_answer_about_another_connection_is_dropped(
    desk: FakeDesk, reach: FakeReach, show: Build
) -> None:
    page = show(desk, reach)
    page.reach._on_links("c-gone", (a_link(),))
    page.reach._on_failed("c-gone", DOWN)
    page.reach._on_live("c-gone", "s1", ())
    assert page.reach.state.links is None
    assert page.reach.state.problem == ""
    assert page.reach.state.live == ()


@pytest.mark.parametrize("scale", [1.0, 1.5])
@pytest.mark.parametrize("look", ["light", "dark"])
def test_hostile_and_long_names_stand(
    look: str, scale: float, desk: FakeDesk, reach: FakeReach, show: Build
) -> None:
    theme().apply(look)
    theme().set_scale(scale)
    reach.found = tuple(
        a_link(f"l{n}", institution=name, notes=(name,)) for n, name in enumerate(HOSTILE)
    )
    reach.facts = gatherer(
        limits=LimitFacts(
            requests_per_minute=250, rates=tuple(a_rate(account=name) for name in HOSTILE)
        )
    )
    page = show(desk, reach)
    page.detail.links.list_them.click()
    QApplication.processEvents()
    assert clipped(page) == []
    assert page.detail._inner.width() <= page.detail.viewport().width()
    for label in page.detail.findChildren(type(page.detail._left)):
        assert label.textFormat() == Qt.TextFormat.PlainText
    assert all(view.row.title == tame(view.row.title) for view in page.detail.links.views)
