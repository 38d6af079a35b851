"""Search and commands as a person uses them: keys, mouse, focus, what is read out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from support.desk import extreme_figures, sample_figures
from support.shell import Make, desk_of, esc, key, page_of, shell
from support.ui import HOSTILE, position
from support.ui_widgets import shown_text

from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.shell.palette import Palette
from brokerdesk.ui.shell.window import MainWindow

__all__ = ["shell"]


def palette_of(window: MainWindow) -> Palette:
    (palette,) = [one for one in window.findChildren(Palette) if one.is_open]
    return palette


def search(window: MainWindow, text: str) -> Palette:
    window.open_palette()
    palette = palette_of(window)
    QTest.keyClicks(palette.field, text)
    return palette


def test_it_opens_by_key_and_by_mouse_and_gives_the_focus_back(shell: Make, qtbot: QtBot) -> None:
    window = shell()
    before = QApplication.focusWidget()
    key(qtbot, window, "Ctrl+K")
    palette = palette_of(window)
    assert palette.field.hasFocus()
    esc(qtbot, window)
    assert not palette.is_open
    assert QApplication.focusWidget() is before
    qtbot.mouseClick(window.top.search, Qt.MouseButton.LeftButton)
    assert palette_of(window).is_open
    qtbot.mouseClick(window.status, Qt.MouseButton.LeftButton)
    assert not palette.is_open


def test_esc_empties_nothing_it_closes(shell: Make, qtbot: QtBot) -> None:
    window = shell()
    palette = search(window, "aap")
    esc(qtbot, window)
    assert not palette.is_open
    window.open_palette()
    assert palette.field.text() == ""


def test_without_a_word_it_lists_views_and_commands(shell: Make) -> None:
    window = shell()
    window.open_palette()
    rows = palette_of(window).model.rows
    assert [row.title for row in rows[:3]] == ["Overview", "Positions", "Accounts"]
    assert rows[0].key == "Ctrl+1"
    titles = {row.title for row in rows}
    assert {"Refresh", "Hide amounts", "Connect a broker"} <= titles
    assert "Stop refresh" not in titles  # nothing runs


def test_a_view_is_gone_to(shell: Make, qtbot: QtBot) -> None:
    window = shell()
    palette = search(window, "posit")
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert page_of(window).name == "positions"
    assert page_of(window).knob.hasFocus()
    assert not palette.is_open


def test_a_command_is_done(shell: Make, qtbot: QtBot) -> None:
    window = shell()
    qtbot.keyClick(search(window, "hide am").field, Qt.Key.Key_Return)
    assert privacy().on


def test_accounts_and_symbols_are_opened(shell: Make, qtbot: QtBot) -> None:
    window = shell()
    qtbot.keyClick(search(window, "roth").field, Qt.Key.Key_Return)
    assert page_of(window).name == "accounts"
    assert page_of(window).told[-1] == "target:s2"
    qtbot.keyClick(search(window, "nvidia").field, Qt.Key.Key_Return)
    assert page_of(window).name == "positions"
    assert page_of(window).told[-1] == "target:NVDA"


def test_a_day_is_travelled_to(shell: Make, qtbot: QtBot) -> None:
    window = shell()
    qtbot.keyClick(search(window, "14 aug 2026").field, Qt.Key.Key_Return)
    past = desk_of(window).past
    assert past is not None
    assert past.date().isoformat() == "2026-08-15"  # the end of the day in New York, in UTC
    assert "Viewing the end of 14 Aug 2026." in shown_text(window.banner_place)
    qtbot.keyClick(search(window, "today").field, Qt.Key.Key_Return)
    assert desk_of(window).past is None


def test_up_and_down_go_round(shell: Make, qtbot: QtBot) -> None:
    window = shell()
    window.open_palette()
    palette = palette_of(window)
    last = len(palette.model.rows) - 1
    assert palette.list.currentIndex().row() == 0
    qtbot.keyClick(palette.field, Qt.Key.Key_Up)
    assert palette.list.currentIndex().row() == last
    qtbot.keyClick(palette.field, Qt.Key.Key_Down)
    qtbot.keyClick(palette.field, Qt.Key.Key_Down)
    assert palette.list.currentIndex().row() == 1
    qtbot.keyClick(palette.field, Qt.Key.Key_PageDown)
    assert palette.list.currentIndex().row() == 11
    qtbot.keyClick(palette.field, Qt.Key.Key_Tab)
    assert palette.field.hasFocus()


def test_an_entry_is_chosen_by_mouse(shell: Make, qtbot: QtBot) -> None:
    window = shell()
    palette = search(window, "settings")
    place = palette.list.visualRect(palette.model.index(0)).center()
    qtbot.mouseClick(palette.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert page_of(window).name == "settings"


def test_nothing_found_is_said(shell: Make, qtbot: QtBot) -> None:
    window = shell()
    palette = search(window, "qqqzzz")
    assert palette.note.text() == "Nothing matches “qqqzzz”."
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert palette.is_open


def test_rows_are_read_out_with_what_they_are(shell: Make) -> None:
    window = shell()
    palette = search(window, "voo")
    QAccessible.setActive(True)
    try:
        inside = QAccessible.queryAccessibleInterface(palette.list)
        assert inside is not None
        assert (
            inside.child(0)
            .text(QAccessible.Text.Name)
            .startswith(
                "VOO  Vanguard S&P 500 ETF, Schwab …4821 Individual, IBKR …5508 Margin, Symbol"
            )
        )
    finally:
        QAccessible.setActive(False)


def test_ten_thousand_symbols_are_counted(shell: Make) -> None:
    rows = tuple(
        position(f"k{n}", symbol=f"S{n:05}", name=f"Company number {n}") for n in range(10_000)
    )
    window = shell(sample_figures(positions=rows))
    palette = search(window, "compan")
    assert palette.note.text() == "The first 60 of 10,000 results"
    QTest.keyClicks(palette.field, "y 4711")
    assert [row.action for row in palette.model.rows] == ["symbol:S04711"]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_are_drawn_as_letters(shell: Make, text: str) -> None:
    figures = extreme_figures(20)
    row = replace(figures.positions[0], symbol=text[:40], name=text)
    window = shell(replace(figures, positions=(row,)))
    palette = search(window, "")
    palette.field.setText(text[:6])  # typed keys are plain letters only
    assert not palette.grab().isNull()
    for place in range(len(palette.model.rows)):
        index = palette.model.index(place)
        for role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            assert "\u202e" not in str(index.data(role))


def test_another_text_size_builds_it_anew(shell: Make, qtbot: QtBot) -> None:
    from brokerdesk.ui.theme import theme

    window = shell()
    window.open_palette()
    width = palette_of(window).width()
    theme().set_scale(1.2)
    qtbot.waitUntil(lambda: window.menuBar().height() == 34)
    window.open_palette()
    assert palette_of(window).width() == round(width * 1.2)
