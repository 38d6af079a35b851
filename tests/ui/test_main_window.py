"""The main window as widgets: what it shows of a state, its keys, names, memory and pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot
from support.ui import HOSTILE, NOW, FakePortfolio, account, connection, position, some_figures
from support.ui_widgets import clipped, press, shown_text, unnamed

from brokerdesk.domain.events import RefreshFinished, RefreshStarted
from brokerdesk.domain.ids import ConnectionId
from brokerdesk.errors import DatabaseDamagedError
from brokerdesk.ui.plain import tame
from brokerdesk.ui.theme import theme
from brokerdesk.ui.viewmodels.portfolio import PortfolioViewModel
from brokerdesk.ui.viewmodels.state import Action, Figures, Mark, Message, TotalRow
from brokerdesk.ui.views.main_window import MainWindow
from brokerdesk.ui.views.pages import CentredPage, trouble_page
from brokerdesk.ui.widgets.painted import ModeBand

C1 = ConnectionId("c1")
Make = Callable[..., MainWindow]


@pytest.fixture
def make(qtbot: QtBot) -> Iterator[Make]:
    windows: list[MainWindow] = []

    def build(
        figures: Figures | None = None, memory: QSettings | None = None, **more: Any
    ) -> MainWindow:
        model = PortfolioViewModel(lambda: NOW, **more)
        window = MainWindow(model, memory)
        window.port = FakePortfolio(some_figures() if figures is None else figures)  # type: ignore[attr-defined]
        model.attach(window.port)  # type: ignore[attr-defined]
        qtbot.addWidget(window)
        with qtbot.waitActive(window):
            window.show()
            window.activateWindow()
        windows.append(window)
        return window

    yield build
    for window in windows:
        window.close()


def port_of(window: MainWindow) -> FakePortfolio:
    port: FakePortfolio = window.port  # type: ignore[attr-defined]
    return port


def model_of(window: MainWindow) -> PortfolioViewModel:
    return window._vm


def key(qtbot: QtBot, window: MainWindow, text: str) -> None:
    combination = QKeySequence(text)[0]  # type: ignore[index]
    target = QApplication.focusWidget() or window
    qtbot.keyClick(target, combination.key(), combination.keyboardModifiers())


def test_totals_name_environment_currency_and_their_oldest_figure(make: Make) -> None:
    window = make(
        some_figures(
            totals=(
                TotalRow(environment="live", currency="USD", value=Decimal("-1234.5"), accounts=2,
                         oldest=NOW - timedelta(days=2), left_out=1),
                TotalRow(environment="paper", currency="EUR", value=None, accounts=1, oldest=None),
            )
        )
    )  # fmt: skip
    text = shown_text(window)
    assert "Total value, USD" in text
    assert "−$1,234" in text
    assert "2 accounts · 1 left out: no value given · oldest figure 18 Nov 2026 11:42 ET" in text
    assert "Paper value, EUR" in text
    assert "no data" in text


def test_an_empty_profile_shows_the_way_in(make: Make, qtbot: QtBot) -> None:
    window = make(Figures())
    assert "No accounts yet." in shown_text(window)
    with qtbot.waitSignal(window.practice_wanted):
        press(window, "Try practice data")
    page = window._pages.currentWidget()
    assert isinstance(page, CentredPage)
    with qtbot.waitSignal(window.connect_wanted):
        page.buttons[0].click()


def test_the_practice_profile_says_so_and_offers_no_practice(make: Make) -> None:
    window = make(Figures(), practice=True)
    assert "Try practice data" not in shown_text(window)
    (band,) = window.findChildren(ModeBand)
    assert band.accessibleName().startswith("PRACTICE:")
    assert make().findChildren(ModeBand) == []


def test_refresh_stop_and_filter_by_key(make: Make, qtbot: QtBot) -> None:
    window = make()
    key(qtbot, window, "F5")
    key(qtbot, window, "Ctrl+R")
    assert port_of(window).calls[1:] == ["refresh:", "refresh:"]
    model_of(window).on_event(RefreshStarted(connection=C1, accounts=1))
    assert "Stop" in shown_text(window)
    key(qtbot, window, "Esc")
    assert port_of(window).calls[-1] == "stop"
    model_of(window).on_event(RefreshFinished(connection=C1, stopped=True))
    key(qtbot, window, "Ctrl+F")
    field = window._positions_pane._filter
    assert field is not None
    assert field.hasFocus()
    qtbot.keyClicks(field, "voo")
    qtbot.waitUntil(lambda: window._positions.shown == 1)
    qtbot.keyClicks(field, "zzz")
    qtbot.waitUntil(lambda: window._positions.shown == 0)
    assert "Nothing matches “voozzz”." in shown_text(window)
    assert "2 rows are hidden by the filter." in shown_text(window)
    press(window, "Clear filter")
    assert window._positions.shown == 2


def test_rows_are_copied_as_plain_text(make: Make, qtbot: QtBot) -> None:
    window = make()
    table = window._positions_pane.table
    table.setFocus()
    table.selectAll()
    key(qtbot, window, "Ctrl+C")
    lines = QGuiApplication.clipboard().text().split("\n")
    assert len(lines) == 2
    assert lines[0].startswith("VOO\tvoo Inc.\tequity\t12.5\t100.10\t")
    table.copy_rows(headers=True)
    assert QGuiApplication.clipboard().text().startswith("Symbol\tName")
    assert "Copied 2 rows." in shown_text(window)


def test_a_selection_survives_a_refresh(make: Make) -> None:
    window = make()
    table = window._positions_pane.table
    table.setCurrentIndex(window._positions.index(1, 0))
    chosen = table.currentIndex().data()
    port_of(window).figures = some_figures(
        positions=(position("voo", value=Decimal(1)), position("bnd", value=Decimal(5000)),
                   position("aaa", value=Decimal(9000)))
    )  # fmt: skip
    model_of(window).reload()
    assert table.currentIndex().data() == chosen


def test_children_open_by_key(make: Make, qtbot: QtBot) -> None:
    children = (position("x", account="Broker …1"), position("y", account="Broker …2"))
    window = make(some_figures(positions=(position("voo", children=children),)))
    table = window._positions_pane.table
    table.setFocus()
    table.setCurrentIndex(window._positions.index(0, 0))
    qtbot.keyClick(table, Qt.Key.Key_Space)
    assert table.isExpanded(window._positions.index(0, 0))
    assert not window.grab().isNull()
    qtbot.keyClick(table, Qt.Key.Key_Left)
    assert not table.isExpanded(window._positions.index(0, 0))


def test_messages_have_actions_and_go_with_their_cause(make: Make) -> None:
    messages = tuple(
        Message(key=f"m{n}", kind=kind, title=f"Title {n}.", text=f"Text {n}.",
                actions=(Action(id=f"keep:a{n}", label="Keep last good"),))
        for n, kind in enumerate(("warn", "error", "info", "warn"))
    )  # fmt: skip
    window = make(some_figures(messages=messages))
    text = shown_text(window)
    assert "Title 2." in text
    assert "Title 3." not in text
    press(window, "Show 1 more messages")
    assert "Title 3." in shown_text(window)
    press(window, "Keep last good: Title 1.")
    assert "keep:a1" in port_of(window).calls
    port_of(window).figures = some_figures()
    model_of(window).reload()
    assert "Title 0." not in shown_text(window)


@pytest.mark.parametrize("width", [960, 1280])
def test_long_sentences_are_never_cut_off(make: Make, qtbot: QtBot, width: int) -> None:
    long = "The broker answered with something that cannot be understood, and the figures stay. "
    message = Message(
        key="m", kind="error", title="It failed. " + long, text=long * 4,
        actions=(Action(id="x", label="Try again"),),
    )  # fmt: skip
    row = connection("c1", mark=Mark.FAILED, words=long * 2, needs_sign_in=True)
    window = make(some_figures(messages=(message,), connections=(row,)))
    window.resize(width, 800)
    qtbot.waitUntil(lambda: window.width() == width)
    qtbot.wait(20)
    assert clipped(window) == []


def test_an_ended_sign_in_offers_the_way_back(make: Make, qtbot: QtBot) -> None:
    row = connection("c1", mark=Mark.SIGN_IN, needs_sign_in=True, words="The login ended.")
    window = make(some_figures(connections=(row,)))
    assert "The login ended." in shown_text(window)
    with qtbot.waitSignal(model_of(window).sign_in_wanted) as asked:
        press(window, "Sign in again: Broker")
    assert asked.args == ["c1"]


def test_a_connection_says_how_long_its_sign_in_lasts(make: Make) -> None:
    ends = NOW + timedelta(days=1, hours=6)
    window = make(some_figures(connections=(connection("c1", sign_in_ends=ends),)))
    assert "Read 12 s ago" in shown_text(window)
    assert "Sign-in lasts 1 d 6 h" in shown_text(window)


def test_one_currency_is_named_once(make: Make) -> None:
    window = make()
    hidden = window._accounts_pane.table.isColumnHidden
    titles = [column.title for column in window._accounts.columns]
    assert hidden(titles.index("Currency"))
    assert "1 account · amounts in USD" in shown_text(window)
    port_of(window).figures = some_figures(accounts=(account("a"), account("b", currency="EUR")))
    model_of(window).reload()
    window._accounts_pane.table.setMinimumWidth(1400)
    assert "2 accounts" in shown_text(window)
    assert "amounts in USD" not in shown_text(window._accounts_pane)


def test_every_control_has_a_name(make: Make) -> None:
    row = connection("c1", mark=Mark.SIGN_IN, needs_sign_in=True)
    message = Message(
        key="m", kind="warn", title="T.", text="", actions=(Action(id="x", label="X"),)
    )
    window = make(some_figures(connections=(row,), messages=(message,)))
    assert unnamed(window) == []
    assert unnamed(make(Figures())) == []


def test_the_theme_switches_while_everything_is_open(make: Make, qtbot: QtBot) -> None:
    window = make()
    light = window.grab().toImage()
    with qtbot.waitSignal(window.theme_wanted) as asked:
        window._looks["dark"].trigger()
    assert asked.args == ["dark"]
    theme().apply("dark")
    dark = window.grab().toImage()
    middle = light.rect().center()
    assert light.pixelColor(middle).lightness() > 200
    assert dark.pixelColor(middle).lightness() < 60
    assert window._looks["dark"].isChecked()


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_stay_plain(text: str, make: Make) -> None:
    window = make(
        some_figures(
            accounts=(account(name=text, broker=text, type=text),),
            positions=(position("a", symbol=text, name=text),),
            connections=(connection(title=text, words=text),),
            messages=(Message(key="m", kind="warn", title=text, text=text),),
        )
    )
    assert tame(text) in shown_text(window)
    labels = window.findChildren(QLabel)
    assert {label.textFormat() for label in labels} == {Qt.TextFormat.PlainText}
    assert not any("\u202e" in label.text() for label in labels)
    assert not window.grab().isNull()


def test_size_and_columns_are_remembered(make: Make, tmp_path: Path) -> None:
    file = str(tmp_path / "window.ini")
    window = make(memory=QSettings(file, QSettings.Format.IniFormat))
    window._split.setSizes([300, window.width() - 301])
    window._positions_pane.table.sort_by(0, Qt.SortOrder.AscendingOrder)
    window.close()
    again = make(memory=QSettings(file, QSettings.Format.IniFormat))
    assert again._split.sizes()[0] == 300
    assert again._positions_pane.table.header().sortIndicatorSection() == 0
    assert again._positions.data(again._positions.index(0, 0)) == "BND"


def test_damaged_memory_is_ignored(make: Make, tmp_path: Path) -> None:
    file = tmp_path / "window.ini"
    file.write_text("[window]\ngeometry=nonsense\npanes=@ByteArray(xx)\n")
    window = make(memory=QSettings(str(file), QSettings.Format.IniFormat))
    assert window.width() >= window.minimumWidth()


def test_a_trouble_page_covers_the_sheet_until_it_is_over(make: Make) -> None:
    window = make()
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
    model_of(window).tick()
    assert "The database is damaged." in shown_text(window)
    window.hide_page()
    assert "The database is damaged." not in shown_text(window)


def test_columns_give_way_before_names_do(make: Make, qtbot: QtBot) -> None:
    window = make()
    table = window._positions_pane.table
    window.resize(1440, 800)
    wide = {p for p in range(11) if not table.isColumnHidden(p)}
    window.resize(960, 800)
    qtbot.waitUntil(lambda: window.width() == 960)
    narrow = {p for p in range(11) if not table.isColumnHidden(p)}
    assert narrow < wide
    assert {0, 1, 3, 6} <= narrow
    assert table.columnWidth(1) >= 150
