"""The main window as widgets: what it shows around a page, its keys, names, memory and covers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, QPoint, QSettings, Qt
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot
from support.desk import extreme_figures, sample_figures
from support.shell import Make, PlainPage, desk_of, esc, key, page_of, shell
from support.ui import HOSTILE, NOW, account, connection, position, some_figures
from support.ui_widgets import clipped, press, shown_text, unnamed

from brokerdesk.domain.events import RefreshFinished, RefreshProgressed, RefreshStarted
from brokerdesk.domain.ids import ConnectionId
from brokerdesk.errors import DatabaseDamagedError
from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.shell.covers import FirstReading
from brokerdesk.ui.shell.rail import NARROW, WIDE
from brokerdesk.ui.shell.window import MainWindow
from brokerdesk.ui.theme import theme
from brokerdesk.ui.viewmodels.desk import Toast
from brokerdesk.ui.viewmodels.state import Action, Figures, Mark, Message
from brokerdesk.ui.views.pages import trouble_page
from brokerdesk.ui.widgets.bands import ModeBand

__all__ = ["shell"]

C1 = ConnectionId("c1")
PAST = datetime(2026, 8, 14, 20, 0, tzinfo=UTC)


def store(path: Path) -> QSettings:
    return QSettings(str(path / "window.ini"), QSettings.Format.IniFormat)


# going about


def test_pages_are_built_when_first_shown_and_kept(shell: Make) -> None:
    window = shell()
    assert [page.name for page in PlainPage.made] == ["overview"]
    desk_of(window).go("accounts", "s1")
    assert [page.name for page in PlainPage.made] == ["overview", "accounts"]
    first, second = PlainPage.made
    assert first.told == ["enter", "leave"]
    assert second.told == ["enter", "target:s1"]
    desk_of(window).go("overview")
    assert page_of(window) is first
    assert first.told == ["enter", "leave", "enter"]
    desk_of(window).go("accounts", "s2")
    desk_of(window).go("accounts", "a1")
    assert second.told == ["enter", "target:s1", "leave", "enter", "target:s2", "target:a1"]


def test_a_page_that_does_not_exist_is_said(shell: Make) -> None:
    window = shell()
    desk_of(window).go("nowhere")
    assert "not part of this version" in shown_text(window)
    assert page_of(window).name == "overview"


@pytest.mark.parametrize(
    ("keys", "page"),
    [("Ctrl+2", "positions"), ("Ctrl+7", "connections"), ("Ctrl+8", "settings"),
     ("Ctrl+,", "settings")],
)  # fmt: skip
def test_each_page_has_its_key(shell: Make, qtbot: QtBot, keys: str, page: str) -> None:
    window = shell()
    key(qtbot, window, keys)
    assert page_of(window).name == page
    assert page_of(window).knob.hasFocus()
    assert window.rail.items[page].isChecked()


def test_the_rail_goes_and_folds(shell: Make, qtbot: QtBot) -> None:
    window = shell()
    item = window.rail.items["positions"]
    qtbot.mouseClick(item, Qt.MouseButton.LeftButton)
    assert page_of(window).name == "positions"
    assert window.rail.width() == WIDE
    key(qtbot, window, "Ctrl+B")
    assert window.rail.width() == NARROW
    assert "Positions (Ctrl+2)" in item.toolTip()
    press(window, "Expand")
    assert window.rail.width() == WIDE


def test_the_badge_counts_the_connections_that_need_the_user(shell: Make) -> None:
    window = shell()
    item = window.rail.items["connections"]
    assert item.badge == 2
    assert item.accessibleName() == "Connections, 2 need you"
    desk_of(window).show(some_figures())
    assert item.badge == 0


def test_a_narrow_window_folds_the_rail_until_it_is_opened_there(shell: Make, qtbot: QtBot) -> None:
    window = shell(size=(1100, 700))
    assert window.rail.width() == NARROW
    key(qtbot, window, "Ctrl+B")
    assert window.rail.width() == WIDE
    window.resize(1440, 900)
    qtbot.waitUntil(lambda: window.width() == 1440)
    assert window.rail.width() == WIDE
    window.resize(1100, 700)
    qtbot.waitUntil(lambda: window.width() == 1100)
    key(qtbot, window, "Ctrl+B")
    assert window.rail.width() == NARROW


# figures and their age


def test_refresh_runs_shows_its_progress_and_is_stopped_by_key(shell: Make, qtbot: QtBot) -> None:
    window = shell()
    desk = desk_of(window)
    key(qtbot, window, "F5")
    key(qtbot, window, "Ctrl+R")
    press(window, "Refresh")
    assert desk.port.calls[1:] == ["refresh:", "refresh:", "refresh:"]
    desk.portfolio.on_event(RefreshStarted(connection=C1, accounts=6))
    desk.portfolio.on_event(RefreshProgressed(connection=C1, done=4, total=6))
    assert "Refreshing 4 of 6" in shown_text(window)
    assert "Esc to stop" in shown_text(window)
    assert window.top.progress.accessibleDescription() == "66 percent"
    esc(qtbot, window)
    assert desk.port.calls[-1] == "stop"
    desk.portfolio.on_event(RefreshFinished(connection=C1, stopped=True))
    assert "Refreshing" not in shown_text(window)
    assert not window.top.progress.isVisible()


def test_the_mouse_can_stop_a_refresh_and_the_focus_is_not_lost(shell: Make, qtbot: QtBot) -> None:
    window = shell()
    desk = desk_of(window)
    desk.portfolio.on_event(RefreshStarted(connection=C1, accounts=6))
    window.top.stop.setFocus()
    press(window, "Stop the refresh")
    assert desk.port.calls[-1] == "stop"
    desk.portfolio.on_event(RefreshFinished(connection=C1, stopped=True))
    assert window.top.refresh.hasFocus()


@pytest.mark.parametrize("width", [1100, 1180, 1280, 1440, 1900])
@pytest.mark.parametrize("scale", [1, 1.5])
def test_nothing_in_the_top_bar_overlaps(
    shell: Make, qtbot: QtBot, width: int, scale: float
) -> None:
    theme().set_scale(scale)
    window = shell(size=(width, 700))
    desk = desk_of(window)
    for running in (False, True):
        if running:
            desk.portfolio.on_event(RefreshStarted(connection=C1, accounts=12345))
        QApplication.processEvents()
        top = window.top
        parts: list[QWidget] = [top.scope, *top.pills, top.refresh, top.stop, top.search, top.eye]
        seen = sorted((part for part in parts if part.isVisible()), key=lambda one: one.x())
        for left, right in pairwise(seen):
            assert left.geometry().right() < right.x()
        for part in seen:
            assert part.geometry().right() <= top.width()
            assert part.width() >= min(part.sizeHint().width(), part.maximumWidth()) or (
                part is top.search
            )


def test_the_past_is_said_and_left(shell: Make, qtbot: QtBot) -> None:
    window = shell()
    desk = desk_of(window)
    desk.travel(PAST)
    text = shown_text(window)
    assert (
        "Viewing snapshot of 14 Aug 2026. Prices, positions and balances are as they were at "
        "16:00 ET. Orders and refresh are off." in text
    )
    assert window.top.pills[0].text() == "Past · snapshot of 14 Aug 2026 16:00 ET"
    assert not window.top.refresh.isEnabled()
    key(qtbot, window, "F5")
    assert not [call for call in desk.port.calls if call.startswith("refresh")]
    esc(qtbot, window)
    assert desk.past is None
    desk.travel(PAST)
    press(window, "Return to now")
    assert desk.past is None
    assert "Viewing snapshot" not in shown_text(window)


def test_past_days_open_by_key_and_close_by_esc(shell: Make, qtbot: QtBot) -> None:
    window = shell()
    assert [window.banner_place.past_bar] == [None]
    key(qtbot, window, "Ctrl+D")
    bar = window.banner_place.past_bar
    assert bar is not None
    assert bar.isAncestorOf(QApplication.focusWidget() or window)
    esc(qtbot, window)
    assert not bar.isVisible()
    key(qtbot, window, "Ctrl+D")
    assert bar.isVisible()
    key(qtbot, window, "Ctrl+D")
    assert not bar.isVisible()
    assert page_of(window).knob.hasFocus()
    desk_of(window).travel(PAST)
    assert bar.isVisible()
    key(qtbot, window, "Ctrl+D")
    assert bar.isVisible()  # it stays while a past day is shown
    esc(qtbot, window)
    assert not bar.isVisible()


def test_esc_leaves_one_layer_at_a_time(shell: Make, qtbot: QtBot) -> None:
    window = shell()
    desk = desk_of(window)
    desk.portfolio.on_event(RefreshStarted(connection=C1, accounts=1))
    key(qtbot, window, "Ctrl+L")
    assert "Find an account" in [w.accessibleName() for w in window.findChildren(QWidget)]
    esc(qtbot, window)
    assert "stop" not in desk.port.calls
    esc(qtbot, window)
    assert desk.port.calls[-1] == "stop"
    desk.portfolio.on_event(RefreshFinished(connection=C1, stopped=True))
    desk.travel(PAST)
    key(qtbot, window, "Ctrl+L")
    esc(qtbot, window)
    assert [desk.past] == [PAST]
    esc(qtbot, window)
    assert desk.past is None
    before = list(desk.port.calls)
    esc(qtbot, window)
    assert desk.port.calls == before


# what covers the pages


def test_an_empty_profile_shows_the_way_in(shell: Make, qtbot: QtBot) -> None:
    window = shell(Figures())
    text = shown_text(window)
    assert "No accounts yet." in text
    assert "Your figures stay on this computer." in text
    press(window, "Try practice data")
    press(window, "Connect a broker")
    assert desk_of(window).wishes == ["practice:", "connect:"]
    key(qtbot, window, "Ctrl+8")
    assert "No accounts yet." not in shown_text(window)
    key(qtbot, window, "Ctrl+1")
    assert "No accounts yet." in shown_text(window)
    desk_of(window).show(some_figures())
    assert "No accounts yet." not in shown_text(window)
    assert page_of(window).name == "overview"


def test_the_practice_profile_says_so_and_offers_no_practice(shell: Make) -> None:
    window = shell(Figures(), practice=True)
    assert "Try practice data" not in shown_text(window)
    assert not window.deeds.possible("practice")
    (band,) = window.findChildren(ModeBand)
    assert band.accessibleName().startswith("PRACTICE:")
    assert window.windowTitle() == "Practice — BrokerDesk"
    other = shell()
    assert other.findChildren(ModeBand) == []
    assert other.windowTitle() == "BrokerDesk"


def test_a_first_reading_says_how_many_and_can_be_stopped(shell: Make) -> None:
    unread = account("a", fetched_at=None, as_of=None, net=None, cash=None)
    window = shell(some_figures(accounts=(unread,), positions=()))
    desk = desk_of(window)
    assert window.findChildren(FirstReading) == []
    desk.portfolio.on_event(RefreshStarted(connection=C1, accounts=3))
    assert len(window.findChildren(FirstReading)) == 1
    assert "Reading 3 accounts for the first time." in shown_text(window)
    press(window, "Stop")
    assert desk.port.calls[-1] == "stop"
    desk.show(some_figures())
    assert window.stack.cover is None


def test_a_trouble_page_covers_the_sheet_until_it_is_over(shell: Make, qtbot: QtBot) -> None:
    window = shell()
    pressed: list[str] = []
    error = DatabaseDamagedError(
        "The database is damaged.", "It was not changed.", "Do this, " + "and that, " * 20
    )
    page = trouble_page(error, [("Move it aside", lambda: pressed.append("aside"))])
    window.show_page(page)
    text = shown_text(window)
    assert "The database is damaged." in text
    assert "It was not changed." in text
    assert clipped(window) == []
    press(window, "Move it aside")
    assert pressed == ["aside"]
    desk_of(window).portfolio.tick()
    desk_of(window).go("settings")
    key(qtbot, window, "Ctrl+K")
    assert "The database is damaged." in shown_text(window)
    assert not window.rail.isEnabled()
    window.hide_page()
    assert "The database is damaged." not in shown_text(window)
    assert window.rail.isEnabled()


# the banner


def test_offline_says_since_when(shell: Make) -> None:
    window = shell(offline=True)
    assert (
        "You are offline. Showing figures saved at 11:42 ET. Orders are off until a broker answers."
        in shown_text(window)
    )
    assert not window.deeds.possible("connect")
    assert not window.deeds.possible("refresh")


def test_a_lost_network_is_said_and_tried_again(shell: Make) -> None:
    window = shell()
    window.show_network(lost=True)
    assert "You are offline." in shown_text(window)
    press(window, "Try again")
    assert desk_of(window).wishes == ["refresh:"]
    window.show_network(lost=False)
    assert "You are offline." not in shown_text(window)


def test_locked_keys_come_before_a_wrong_clock(shell: Make) -> None:
    window = shell()
    model = desk_of(window).portfolio
    keys = Message(key="keys", kind="warn", title="The system keychain is locked.",
                   text="Unlock it to sign in. Saved figures can still be read.",
                   actions=(Action(id="unlock:", label="Unlock"),))  # fmt: skip
    model.show(sample_figures(messages=()))
    model.warn(keys)
    assert "The system keychain is locked." in shown_text(window)
    press(window, "Unlock")
    assert desk_of(window).wishes == ["unlock:"]
    model.warn(None)
    assert "keychain" not in shown_text(window)


# bars


def test_the_status_bar_tells_where_things_stand(shell: Make) -> None:
    window = shell()
    desk_of(window).portfolio.keys_are("Sign-ins are kept under the system keychain")
    text = shown_text(window.status)
    assert "3 of 5 connections live" in text
    assert "US market open · closes in 4 h 18 min" in text
    assert "Sign-ins are kept under the system keychain" in text
    assert "Fri 20 Nov 2026, 11:42:20 ET" in text


def test_what_is_said_stands_in_the_status_bar_for_a_while(shell: Make) -> None:
    window = shell()
    desk = desk_of(window)
    desk.portfolio.note("Writing the practice history")
    assert "Writing the practice history" in shown_text(window.status)
    desk.say("Copied 12 rows.")
    assert "Copied 12 rows." in shown_text(window.status)
    desk.portfolio.tick()
    assert "Copied 12 rows." in shown_text(window.status)
    window.status._on_hush()
    assert "Writing the practice history" in shown_text(window.status)


def test_a_narrow_status_bar_keeps_the_clock_and_what_is_said(shell: Make) -> None:
    window = shell(size=(1100, 700))
    desk = desk_of(window)
    desk.portfolio.keys_are("Sign-ins are kept in a passphrase vault " * 3)
    desk.say("Something was said that is quite long, and it is about one of the accounts.")
    QApplication.processEvents()
    bar = window.status
    assert bar.clock.isVisible()
    assert bar.said.width() > 200
    seen = [
        part
        for part in (bar.connections, bar.market, bar.said, bar.keys, bar.clock)
        if part.isVisible()
    ]
    for left, right in pairwise(seen):
        assert left.geometry().right() < right.x()


def test_amounts_are_hidden_by_key_and_eye(shell: Make, qtbot: QtBot) -> None:
    window = shell()
    key(qtbot, window, "Ctrl+Shift+H")
    assert privacy().on
    assert window.top.eye.accessibleName() == "Show amounts"
    assert window.menus.actions["private"].isChecked()
    press(window, "Show amounts")
    assert not privacy().on


def test_toasts_act(shell: Make) -> None:
    window = shell()
    desk = desk_of(window)
    desk.toast(Toast("Schwab sign-in ends in 24 h", "Sat 21 Nov", "warn", "sign_in:c1", "Renew"))
    assert "Schwab sign-in ends in 24 h" in shown_text(window)
    press(window, "Renew")
    assert desk.wishes == ["sign_in:c1"]


# a page's own


def test_filter_side_and_export_are_the_page_s(shell: Make, qtbot: QtBot) -> None:
    window = shell()
    page = page_of(window)
    key(qtbot, window, "Ctrl+F")
    assert page.filter.hasFocus()
    key(qtbot, window, "Ctrl+I")
    assert page.side.isHidden()
    assert not window.menus.actions["side"].isChecked()
    key(qtbot, window, "Ctrl+I")
    assert window.menus.actions["side"].isChecked()
    window.deeds.do("export")
    assert page.told[-1] == "export"
    desk_of(window).go("activity")
    key(qtbot, window, "Ctrl+I")
    assert "This page has no side pane." in shown_text(window)
    window.deeds.do("export")
    assert "There is no table to export on this page." in shown_text(window)


def test_help_tells_of_the_page_and_its_keys(shell: Make, qtbot: QtBot) -> None:
    window = shell()
    before = QApplication.focusWidget()
    key(qtbot, window, "F1")
    assert "What overview is for." in shown_text(window)
    assert "Hide amounts" in shown_text(window)
    key(qtbot, window, "F1")
    assert "What overview is for." not in shown_text(window)
    assert QApplication.focusWidget() is before


def test_copy_is_what_the_focused_part_does(shell: Make) -> None:
    window = shell()
    page = page_of(window)
    page.filter.setText("copied")
    page.filter.selectAll()
    page.filter.setFocus()
    window.deeds.do("copy")
    clipboard = QApplication.clipboard()
    assert clipboard.text() == "copied"
    page.knob.setFocus()
    window.deeds.do("copy")
    assert "There is nothing to copy here." in shown_text(window)


def test_f6_goes_round_the_panes_and_comes_back(shell: Make, qtbot: QtBot) -> None:
    window = shell()
    page = page_of(window)
    page.filter.setFocus()
    seen: list[QWidget | None] = []
    for _ in range(6):
        key(qtbot, window, "F6")
        seen.append(QApplication.focusWidget())
    assert seen[:2] == [page.knob, page.side]
    assert seen[2] is window.top.scope
    assert isinstance(seen[3], QWidget)
    assert window.rail.isAncestorOf(seen[3])
    assert seen[4:] == [page.filter, page.knob]
    key(qtbot, window, "Shift+F6")
    assert QApplication.focusWidget() is page.filter


# look


def test_the_theme_switches_while_everything_is_open(shell: Make) -> None:
    window = shell()
    light = window.grab().toImage()
    window.deeds.do("theme:dark")
    assert desk_of(window).wishes == ["theme:dark"]
    theme().apply("dark")
    dark = window.grab().toImage()
    for point in (light.rect().center(), QPoint(60, 400), QPoint(700, 40)):
        assert light.pixelColor(point).lightness() > 200
        assert dark.pixelColor(point).lightness() < 60
    assert window.menus.actions["theme:dark"].isChecked()


def test_another_text_size_keeps_page_and_focus(shell: Make, qtbot: QtBot) -> None:
    window = shell()
    desk = desk_of(window)
    desk.go("accounts")
    old = page_of(window)
    old.filter.setFocus()
    wide = window.rail.width()
    theme().set_scale(1.2)
    assert page_of(window) is old  # whoever asked is not deleted under its own hands
    qtbot.waitUntil(lambda: window.page is not old)
    page = page_of(window)
    assert page.name == "accounts"
    assert old.told[-2:] == ["remember", "leave"]
    assert page.filter.hasFocus()
    assert window.rail.items["accounts"].isChecked()
    assert window.rail.width() == round(wide * 1.2)
    assert window.menuBar().height() == 34
    key(qtbot, window, "Ctrl+1")
    assert page_of(window).name == "overview"
    theme().set_scale(1)
    qtbot.waitUntil(lambda: window.rail.width() == wide)


def test_trouble_survives_another_text_size(shell: Make, qtbot: QtBot) -> None:
    window = shell()
    window.show_page(trouble_page(DatabaseDamagedError("It is damaged."), ()))
    theme().set_scale(1.2)
    qtbot.waitUntil(lambda: window.rail.width() == round(WIDE * 1.2))
    assert "It is damaged." in shown_text(window)
    window.hide_page()
    assert page_of(window).name == "overview"


def test_text_size_is_a_setting_with_keys(shell: Make, qtbot: QtBot) -> None:
    window = shell()
    key(qtbot, window, "Ctrl++")
    theme().set_scale(1.5)
    key(qtbot, window, "Ctrl++")
    key(qtbot, window, "Ctrl+0")
    assert desk_of(window).wishes == ["scale:110", "scale:150", "scale:100"]


# names


def test_every_control_has_a_name(shell: Make, qtbot: QtBot) -> None:
    window = shell()
    assert unnamed(window) == []
    for keys in ("Ctrl+L", "F1", "Ctrl+K"):
        key(qtbot, window, keys)
        assert unnamed(window) == []
        esc(qtbot, window)
    window.layers.toggle_connections(window.top.pills[0])
    assert unnamed(window) == []
    assert unnamed(shell(Figures())) == []


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_stay_plain(text: str, shell: Make, qtbot: QtBot) -> None:
    window = shell(
        some_figures(
            accounts=(account(name=text, broker=text, type=text),),
            positions=(position("a", symbol=text, name=text),),
            connections=(connection(title=text, words=text, mark=Mark.SIGN_IN),),
            messages=(Message(key="keys", kind="warn", title=text, text=text),),
        )
    )
    desk_of(window).say(text)
    desk_of(window).look_at(("a1",))
    for keys in ("Ctrl+L", "Ctrl+K"):
        key(qtbot, window, keys)
        _judge(window)
        esc(qtbot, window)
    window.layers.toggle_connections(window.top.scope)
    _judge(window)


def _judge(window: MainWindow) -> None:
    labels = window.findChildren(QLabel)
    assert {label.textFormat() for label in labels} == {Qt.TextFormat.PlainText}
    assert not any("\u202e" in label.text() for label in labels)
    assert not any("\u202e" in widget.accessibleName() for widget in window.findChildren(QWidget))
    for widget in window.findChildren(QWidget):
        tip = widget.toolTip()
        assert tip.startswith("<qt>") or "<" not in tip
    assert not window.grab().isNull()


def test_it_is_painted_with_figures_at_their_worst(shell: Make) -> None:
    window = shell(extreme_figures(), size=(1100, 700))
    assert not window.grab().isNull()
    window.layers.toggle_scope(window.top.scope)
    assert not window.grab().isNull()


# memory


def test_page_rail_scope_and_size_are_remembered(shell: Make, tmp_path: Path, qtbot: QtBot) -> None:
    window = shell(memory=store(tmp_path), size=(1300, 800))
    key(qtbot, window, "Ctrl+2")
    key(qtbot, window, "Ctrl+B")
    desk_of(window).look_at(("s1", "i1"))
    window.close()
    assert page_of(window).told[-1] == "remember"
    kept = store(tmp_path)
    assert isinstance(kept.value("shell/geometry"), QByteArray)
    again = shell(memory=kept, size=(1300, 800))
    assert page_of(again).name == "positions"
    assert again.rail.narrow
    assert desk_of(again).portfolio.query.scope == ("s1", "i1")


def test_settings_and_log_are_no_place_to_begin(shell: Make, tmp_path: Path) -> None:
    window = shell(memory=store(tmp_path))
    desk_of(window).go("settings")
    window.close()
    assert page_of(shell(memory=store(tmp_path))).name == "overview"


def test_accounts_that_are_gone_leave_the_scope(shell: Make, tmp_path: Path) -> None:
    memory = store(tmp_path)
    memory.setValue("shell/scope", ["gone", "s1"])
    window = shell(memory=memory)
    desk_of(window).portfolio.reload()
    assert desk_of(window).portfolio.query.scope == ("s1",)
    memory.setValue("shell/scope", ["gone"])
    assert desk_of(shell(memory=memory)).portfolio.query.scope == ()


def test_damaged_memory_is_ignored(shell: Make, tmp_path: Path) -> None:
    (tmp_path / "window.ini").write_text(
        "[shell]\ngeometry=nonsense\npage=@ByteArray(xx)\nrail=@Invalid()\nscope=@Point(1 2)\n"
    )
    window = shell(memory=store(tmp_path))
    assert window.width() >= window.minimumWidth()
    assert page_of(window).name == "overview"


def test_a_window_that_was_on_a_screen_that_is_gone_comes_back(shell: Make, tmp_path: Path) -> None:
    window = shell(memory=store(tmp_path))
    window.move(20_000, 20_000)
    QApplication.processEvents()
    window.close()
    again = MainWindow(desk_of(window).portfolio, store(tmp_path), desk=desk_of(window))
    screen = QApplication.primaryScreen().availableGeometry()
    assert screen.intersects(again.geometry())
    again.close()
    again.deleteLater()


def test_wishes_made_before_anybody_listens_are_kept(shell: Make) -> None:
    window = shell(Figures())
    press(window, "Connect a broker")
    assert window.early == ["connect:"]
    window.early = None
    press(window, "Connect a broker")
    assert window.early is None


def test_the_age_of_what_is_shown_counts_on(shell: Make) -> None:
    window = shell(some_figures(accounts=(account(fetched_at=NOW - timedelta(seconds=12)),)))
    assert window.top.pills[0].text() == "Live · updated 12 s ago"
    desk_of(window).portfolio.clock = lambda: NOW + timedelta(minutes=3)
    desk_of(window).portfolio.tick()
    assert window.top.pills[0].text() == "Live · updated 3 min ago"
