"""The Connections page: what it says, what it asks of the program, hostile names, every state."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot
from support.desk import FakeDesk, extreme_figures, sample_figures
from support.reach import FakeReach
from support.ui import HOSTILE, NOW, connection
from support.ui_widgets import clipped, press, shown_text, unnamed

from brokerdesk.errors import BrokerDeskError, InputError
from brokerdesk.ui.plain import tame
from brokerdesk.ui.theme import theme
from brokerdesk.ui.viewmodels.connection_rows import closely, list_items, removal
from brokerdesk.ui.viewmodels.connections import ConnectionsViewModel
from brokerdesk.ui.viewmodels.connections_state import (
    AccountFacts,
    ConnectionFacts,
    FailureFacts,
    RemovalFacts,
)
from brokerdesk.ui.viewmodels.state import Figures, Mark
from brokerdesk.ui.views.connections.disconnect_sheet import DisconnectSheet
from brokerdesk.ui.views.connections.page import ConnectionsPage, build
from brokerdesk.ui.views.registry import page as page_spec

Build = Callable[..., ConnectionsPage]


def account(key: str = "s1", **changes: object) -> AccountFacts:
    facts = AccountFacts(
        key=key, mask="…4821", name="Individual", type="Margin", included=True, closed=False,
        days=512, newest=NOW - timedelta(minutes=3),
    )  # fmt: skip
    return replace(facts, **changes)  # type: ignore[arg-type]


def facts(key: str = "c-Schwab", **changes: object) -> ConnectionFacts:
    made = ConnectionFacts(
        key=key, name="Schwab", broker="Charles Schwab", environment="live",
        since=NOW - timedelta(days=600), signed_in_at=NOW - timedelta(days=5),
        sign_in_ends=NOW + timedelta(hours=30), sign_in_days=7, last_attempt=NOW,
        accounts=(account(), account("s2", mask="…7730", name="Roth IRA", included=False)),
        sign_ins=(NOW - timedelta(days=5), NOW - timedelta(days=12)),
        failures=(
            FailureFacts(at=NOW - timedelta(hours=2), code="unavailable", text="No answer came."),
            FailureFacts(at=NOW - timedelta(days=3), code="new_code", text="Something else."),
        ),
        strip=(0,) * 26 + (1, 0, 0, 1), today=NOW.date(),
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


STAKES = RemovalFacts(
    name="Schwab", accounts=3, days=1204, first=(NOW - timedelta(days=1500)).date(),
    snapshots=9000, transactions=311, orders=0,
)  # fmt: skip


@dataclass
class FakePort:
    """``ConnectionsPort`` that answers at once and remembers."""

    facts: dict[str, ConnectionFacts] = field(default_factory=dict)
    stakes_found: RemovalFacts | None = STAKES
    error: BrokerDeskError | None = None
    calls: list[tuple[object, ...]] = field(default_factory=list)
    held: list[Callable[[], object]] | None = None

    def look(self, connection: str, done: Callable[[ConnectionFacts | None], object]) -> None:
        self.calls.append(("look", connection))
        answer = self.facts.get(connection, facts(connection))
        if self.held is None:
            done(answer)
        else:
            self.held.append(lambda: done(answer))

    def stakes(self, connection: str, done: Callable[[RemovalFacts | None], object]) -> None:
        self.calls.append(("stakes", connection))
        done(self.stakes_found)

    def _do(self, done: Callable[[], object], failed: Callable[[BaseException], object]) -> None:
        if self.error is not None:
            failed(self.error)
        else:
            done()

    def rename(
        self,
        connection: str,
        name: str,
        done: Callable[[], object],
        failed: Callable[[BaseException], object],
    ) -> None:
        self.calls.append(("rename", connection, name))
        self._do(done, failed)

    def include(self, account: str, included: bool, done: Callable[[], object]) -> None:
        self.calls.append(("include", account, included))
        done()

    def remove(
        self,
        connection: str,
        keep_history: bool,
        done: Callable[[], object],
        failed: Callable[[BaseException], object],
    ) -> None:
        self.calls.append(("remove", connection, keep_history))
        self._do(done, failed)

    def did(self) -> list[tuple[object, ...]]:
        return [call for call in self.calls if call[0] not in ("look", "stakes")]


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk()


@pytest.fixture
def port() -> FakePort:
    return FakePort()


@pytest.fixture
def show(qtbot: QtBot) -> Iterator[Build]:
    def make(
        desk: FakeDesk, port: FakePort, width: int = 920, height: int = 640
    ) -> ConnectionsPage:
        page = ConnectionsPage(desk, port, FakeReach())
        qtbot.addWidget(page)
        page.resize(920, 640)
        page.show()
        return page

    yield make
    theme().set_scale(1.0)


# words


def test_a_list_item_says_state_age_and_time_left() -> None:
    first, *_, last = list_items(sample_figures().connections, NOW)
    assert (first.title, first.state, first.facts) == (
        "Schwab", "Up to date", "Read 12 s ago, 2 accounts",
    )  # fmt: skip
    assert first.clock.left == "1 d 6 h"
    assert "next sign-in: 1 d 6 h" in first.spoken
    assert (last.state, last.tone) == ("Plaid reports the login ended.", "loss")
    assert "Sign in now" in last.spoken


def test_a_connection_that_is_being_read_or_never_was() -> None:
    (item,) = list_items([connection(progress=0.4, last_success=None)], NOW)
    assert item.state == "Reading, 40% done"
    assert item.facts.startswith("Not read yet")


def test_failures_are_said_in_words_and_by_day() -> None:
    near = closely(connection("c-Schwab"), facts(), NOW, "Under the keychain")
    assert near.strip_words == "2 failed attempts in the last 30 days on 2 days."
    assert [row.kind for row in near.failures] == ["No answer", "New code"]
    assert near.strip_from == "22 Oct 2026"
    assert near.strip_tips[-1] == "20 Nov 2026: 1 failed attempt"
    assert near.strip_tips[0] == "22 Oct 2026: none failed"
    assert ("Keys", "Under the keychain", "") in near.facts
    quiet = closely(connection(), facts(failures=(), strip=(0,) * 30), NOW, "")
    assert quiet.strip_words == "No failed attempt in the last 30 days."


def test_accounts_say_whether_they_are_read() -> None:
    rows = (
        account(), account("2", included=None), account("3", included=False, days=1),
        account("4", closed=True, days=0, newest=None), account("5", name="…4821"),
    )  # fmt: skip
    near = closely(connection(), facts(accounts=rows), NOW, "")
    notes = [one.note for one in near.accounts]
    assert notes[0] == "Margin, 512 days saved, read 3 min ago"
    assert "new, not read until you include it" in notes[1]
    assert "left out, 1 day saved" in notes[2]
    assert "no longer listed by the broker, nothing saved" in notes[3]
    assert [one.fixed for one in near.accounts] == [False, False, False, True, False]
    assert near.accounts[4].title == "Charles Schwab …4821"


def test_the_question_counts_what_is_there() -> None:
    question = removal("c1", STAKES)
    assert question.title == "Disconnect “Schwab”?"
    assert question.what == "3 accounts, 1,204 saved days since 12 Oct 2022, 311 transactions."
    assert question.keep.startswith("3 accounts with 1,204 saved days stay readable")
    assert question.delete == (
        "3 accounts with 1,204 saved days are deleted from this computer, and 311 transactions "
        "with them. The weekly copies of the profile keep them until newer copies take their place."
    )
    nothing = replace(STAKES, accounts=0, days=0, first=None, transactions=0)
    assert removal("c1", nothing).what == "0 accounts, 0 saved days."


# the view-model


def test_the_first_connection_is_chosen_and_another_when_it_goes(
    desk: FakeDesk, port: FakePort
) -> None:
    model = ConnectionsViewModel(desk, port)
    assert model.state.chosen == "c-Schwab"
    model.choose("c-IBKR")
    assert model.state.closely is not None
    assert model.state.closely.key == "c-IBKR"
    left = tuple(row for row in sample_figures().connections if row.key != "c-IBKR")
    desk.show(sample_figures(connections=left))
    assert model.state.chosen == "c-Schwab"
    desk.show(Figures())
    state = model.state
    assert state.empty
    assert not state.chosen
    assert state.closely is None


def test_an_answer_about_another_connection_is_not_shown(desk: FakeDesk, port: FakePort) -> None:
    port.held = []
    model = ConnectionsViewModel(desk, port)
    model.choose("c-IBKR")
    late, *_ = port.held
    late()
    assert model.state.closely is None
    port.held[-1]()
    assert model.state.closely is not None


def test_renaming_checks_says_and_can_be_undone(desk: FakeDesk, port: FakePort) -> None:
    model = ConnectionsViewModel(desk, port)
    assert not model.rename("   ")
    assert model.state.name_problem == "A connection needs a name."
    assert not model.rename("x" * 61)
    assert port.did() == []
    assert model.rename(" Mine ")
    assert port.did() == [("rename", "c-Schwab", "Mine")]
    assert model.state.undo == "Renamed to “Mine”."
    model.undo()
    assert port.did()[-1] == ("rename", "c-Schwab", "Schwab")
    assert model.state.undo == ""
    assert model.rename("Schwab")  # the same name changes nothing
    assert len(port.did()) == 2


def test_a_rename_that_fails_says_why(desk: FakeDesk, port: FakePort) -> None:
    model = ConnectionsViewModel(desk, port)
    port.error = InputError("connection", "There is no such connection.")
    model.rename("Mine")
    assert model.state.name_problem == "There is no such connection."
    assert model.state.undo == ""


def test_including_reads_at_once_and_leaving_out_does_not(desk: FakeDesk, port: FakePort) -> None:
    model = ConnectionsViewModel(desk, port)
    model.include("s2", True)
    assert ("include", "s2", True) in port.calls
    assert "refresh:c-Schwab" in desk.port.calls
    desk.port.calls.clear()
    model.include("s2", False)
    assert "refresh:c-Schwab" not in desk.port.calls


def test_removal_asks_first_and_tells_afterwards(desk: FakeDesk, port: FakePort) -> None:
    model = ConnectionsViewModel(desk, port)
    model.remove(keep_history=False)  # nothing was asked
    assert port.did() == []
    model.ask_removal()
    assert model.state.removal is not None
    model.remove(keep_history=True)
    assert port.did() == [("remove", "c-Schwab", True)]
    assert desk.toasts[-1].title == "“Schwab” is disconnected."
    assert desk.toasts[-1].text == "3 accounts with 1,204 saved days stay readable."
    model.remove(keep_history=False)
    assert len(port.did()) == 1


def test_a_removal_that_fails_says_that_nothing_changed(desk: FakeDesk, port: FakePort) -> None:
    model = ConnectionsViewModel(desk, port)
    port.error = BrokerDeskError("The keychain is locked.", "Nothing was changed.")
    model.ask_removal()
    model.remove(keep_history=False)
    assert model.state.name_problem == "The keychain is locked. Nothing was changed."
    assert not desk.toasts
    port.error = None
    model.ask_removal()
    model.remove(keep_history=False)
    assert port.did()[-1] == ("remove", "c-Schwab", False)


def test_offline_nothing_is_asked_of_brokers(port: FakePort) -> None:
    model = ConnectionsViewModel(FakeDesk(offline=True), port)
    assert not model.state.can_act


# the page


def test_the_registry_builds_it(desk: FakeDesk, qtbot: QtBot) -> None:
    spec = page_spec("connections")
    assert spec.build.partition(":")[0] == build.__module__
    assert spec.build.endswith(":build")


def test_everything_is_on_the_page(desk: FakeDesk, port: FakePort, show: Build) -> None:
    page = show(desk, port)
    text = shown_text(page)
    for words in ("Charles Schwab …7730 Roth IRA", "No answer came.", "15 Nov 2026 11:42 ET"):
        assert words in text
    assert unnamed(page) == []
    assert clipped(page) == []


def test_buttons_say_what_they_want(desk: FakeDesk, port: FakePort, show: Build) -> None:
    page = show(desk, port)
    wanted: list[str] = []
    desk.portfolio.sign_in_wanted.connect(wanted.append)
    desk.portfolio.keys_wanted.connect(lambda key: wanted.append(f"keys {key}"))
    press(page, "Sign in again")
    press(page, "Change keys")
    press(page, "Refresh this connection")
    press(page, "Connect a broker")
    assert wanted == ["c-Schwab", "keys c-Schwab"]
    assert "refresh:c-Schwab" in desk.port.calls
    assert desk.wishes == ["connect"]


def test_arrow_keys_choose_and_tab_enters_once(
    desk: FakeDesk, port: FakePort, show: Build, qtbot: QtBot
) -> None:
    page = show(desk, port)
    page.activateWindow()
    page.focus_first()
    qtbot.waitUntil(lambda: page.list.items[0].hasFocus())
    qtbot.keyClick(page.list.items[0], Qt.Key.Key_Down)
    assert page.model.state.chosen == "c-IBKR"
    stops = [item for item in page.list.items if item.focusPolicy() == Qt.FocusPolicy.StrongFocus]
    assert stops == [page.list.items[1]]


def test_ticks_include_and_leave_out(desk: FakeDesk, port: FakePort, show: Build) -> None:
    page = show(desk, port)
    assert [tick.isChecked() for tick in page.detail.ticks.values()] == [True, False]
    page.detail.ticks["s2"].click()
    assert ("include", "s2", True) in port.calls


def test_renaming_in_place(desk: FakeDesk, port: FakePort, show: Build, qtbot: QtBot) -> None:
    page = show(desk, port)
    line = page.detail.name

    def editing() -> bool:
        return line.editing

    press(page, "Rename this connection")
    assert editing()
    line.field.clear()
    line.field.textEdited.emit("")
    assert not line.ok.isEnabled()
    line.field.setText("Mine")
    line.field.textEdited.emit("Mine")
    qtbot.keyClick(line.field, Qt.Key.Key_Return)
    assert not editing()
    assert ("rename", "c-Schwab", "Mine") in port.calls
    press(page, "Undo the rename")
    assert port.did()[-1] == ("rename", "c-Schwab", "Schwab")
    press(page, "Rename this connection")
    line.field.setText("Other")
    qtbot.keyClick(line.field, Qt.Key.Key_Escape)
    assert not editing()
    assert len(port.did()) == 2


def test_deleting_needs_a_tick(desk: FakeDesk, port: FakePort, show: Build, qtbot: QtBot) -> None:
    page = show(desk, port)
    press(page, "Disconnect…")
    sheet = page.sheet
    assert isinstance(sheet, DisconnectSheet)
    assert QApplication.focusWidget() in (sheet.no, None)
    assert sheet.keep.isChecked()
    assert "3 accounts, 1,204 saved days" in shown_text(sheet)
    enabled = []
    # The tick does not outlive a change of mind.
    for each in (sheet.delete, sheet.sure, sheet.keep, sheet.delete, sheet.sure):
        each.click()
        enabled.append(sheet.yes.isEnabled())
    assert enabled == [False, True, True, False, True]
    assert unnamed(sheet) == []
    press(page, "Disconnect and delete")
    assert port.did() == [("remove", "c-Schwab", False)]
    assert page.sheet is None


def test_escape_stays_connected(desk: FakeDesk, port: FakePort, show: Build, qtbot: QtBot) -> None:
    page = show(desk, port)
    press(page, "Disconnect…")
    (sheet,) = page.window().findChildren(DisconnectSheet)
    qtbot.keyClick(sheet, Qt.Key.Key_Escape)
    assert page.sheet is None
    assert port.did() == []
    assert page.model.state.removal is None


def test_nothing_connected_invites(port: FakePort, show: Build) -> None:
    desk = FakeDesk(Figures())
    page = show(desk, port)
    assert "No accounts yet." in shown_text(page)
    press(page, "Try practice data")
    assert desk.wishes == ["practice"]
    practice = show(FakeDesk(Figures(), practice=True), port)
    assert "Try practice data" not in shown_text(practice)


def test_hostile_names_stay_plain_and_in_their_place(port: FakePort, show: Build) -> None:
    desk = FakeDesk(extreme_figures())
    for number, row in enumerate(desk.figures.connections):
        words = HOSTILE[number % len(HOSTILE)]
        port.facts[row.key] = facts(
            row.key, name=words, broker=words,
            accounts=(account(name=words, type=words),),
            failures=(FailureFacts(at=NOW, code=words[:20], text=words),),
        )  # fmt: skip
    page = show(desk, port)
    for row in desk.figures.connections:
        page.model.choose(row.key)
        press(page, "Disconnect…")
        QApplication.processEvents()
        labels = page.window().findChildren(QLabel)
        assert {label.textFormat() for label in labels} == {Qt.TextFormat.PlainText}
        assert not any("\u202e" in label.text() for label in labels)
        assert page.width() == 920
        assert page.detail.name._whole == tame(row.title)
        assert page.sheet is not None
        page.sheet.close_sheet()


@pytest.mark.parametrize("scale", [0.9, 1.0, 1.5])
@pytest.mark.parametrize("name", ["light", "dark"])
def test_it_stands_in_both_themes_at_every_text_size(
    name: str, scale: float, desk: FakeDesk, port: FakePort, show: Build
) -> None:
    theme().apply(name)
    theme().set_scale(scale)
    page = show(desk, port)
    for row in desk.figures.connections:
        page.model.choose(row.key)
        QApplication.processEvents()
        assert not page.grab().isNull()
        assert clipped(page) == []
        detail = page.detail
        assert detail._inner.width() <= detail.viewport().width()


def test_twenty_connections_and_their_going(port: FakePort, show: Build) -> None:
    rows = tuple(connection(f"c{n}", title=f"Broker {n}") for n in range(20))
    desk = FakeDesk(Figures(connections=rows))
    page = show(desk, port)
    assert len(page.list.items) == 20
    desk.show(Figures(connections=(replace(rows[3], mark=Mark.FAILED),)))
    QApplication.processEvents()
    assert [item.item.key for item in page.list.items] == ["c3"]
    assert page.list.items[0].isChecked()


def test_the_page_can_be_thrown_away_and_built_anew(
    desk: FakeDesk, port: FakePort, show: Build
) -> None:
    port.held = []
    page = show(desk, port)
    page.setParent(None)
    page.deleteLater()
    QApplication.processEvents()
    for answer in port.held:
        answer()
    desk.show(sample_figures(connections=()))
    theme().apply("dark")


def test_another_text_size_shows_the_same_connection_at_once(
    desk: FakeDesk, port: FakePort, show: Build
) -> None:
    page = show(desk, port)
    last = desk.figures.connections[-1].key
    page.model.choose(last)
    port.held = []  # what is asked from now on takes a while
    page.setParent(None)
    page.deleteLater()
    QApplication.processEvents()
    again = show(desk, port)
    assert again.model.state.chosen == last
    assert again.detail._inner.isVisible()
    desk.detach()  # another profile
    assert desk.kept == {}
