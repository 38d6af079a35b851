"""The program's own pages in the window: each opens, has names, fits and survives a rebuild."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot
from support.desk import FakeDesk, extreme_figures
from support.shell import Make, desk_of, key, shell
from support.ui import some_figures
from support.ui_widgets import clipped, shown_text, unnamed

from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.theme import theme
from brokerdesk.ui.viewmodels.state import Action, Figures, Message
from brokerdesk.ui.views.page import Page
from brokerdesk.ui.views.registry import PAGES

__all__ = ["shell"]

NAMES = [spec.id for spec in PAGES]
pages = pytest.mark.parametrize("name", NAMES)


@pages
def test_each_page_opens_with_names_on_everything(shell: Make, name: str) -> None:
    window = shell(real=True)
    desk_of(window).go(name)
    assert window.stack.current == name
    assert unnamed(window) == []
    assert not window.grab().isNull()
    assert window.page is not None
    assert window.page.help_text()
    assert all(isinstance(pane, QWidget) for pane in window.page.panes())


@pages
def test_each_page_stands_small_with_figures_at_their_worst(shell: Make, name: str) -> None:
    window = shell(extreme_figures(40), real=True, size=(1100, 700))
    desk_of(window).go(name)
    assert not window.grab().isNull()
    privacy().set(True)
    assert not window.grab().isNull()


@pages
def test_the_columns_of_each_table_survive_another_start(
    qtbot: QtBot, tmp_path: Path, name: str
) -> None:
    """As a reader changed them: a width, the order, a hidden column, the sorting."""

    def memory() -> QSettings:
        return QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)

    def made(kept: QSettings) -> Page:
        desk = FakeDesk()
        desk.memory = kept
        desk.backstage.run = lambda *_a, **_k: None  # type: ignore[method-assign]
        page = next(spec for spec in PAGES if spec.id == name).make(desk)
        page.resize(1200, 800)
        qtbot.addWidget(page)
        page.show()
        return page

    kept = memory()
    page = made(kept)
    left = []
    for table in page.tables():
        keys = [column.key for column, there in table.columns.choices() if there]
        untouched = table.save_state()
        table.columns.grow(keys[0], 34)
        table.columns.move(keys[1], 1)
        table.columns.choose(keys[-1], False)
        table.sort_by(keys[1], Qt.SortOrder.DescendingOrder)
        left.append(table.save_state())
        assert left[-1] != untouched
    page.remember()
    kept.sync()
    again = made(memory())
    assert [table.save_state() for table in again.tables()] == left


@pages
def test_each_page_survives_text_size_theme_and_scope(shell: Make, qtbot: QtBot, name: str) -> None:
    window = shell(real=True)
    desk = desk_of(window)
    desk.go(name)
    old = window.page
    theme().set_scale(1.2)
    qtbot.waitUntil(lambda: window.page is not None and window.page is not old)
    assert window.stack.current == name
    theme().apply("dark")
    desk.look_at(("s1",))
    desk.show(some_figures())
    privacy().set(True)
    assert not window.grab().isNull()
    key(qtbot, window, "F6")
    key(qtbot, window, "Ctrl+F")
    key(qtbot, window, "Ctrl+I")
    assert not window.grab().isNull()


@pages
def test_each_page_stands_without_any_figure(shell: Make, name: str) -> None:
    window = shell(Figures(), real=True)
    desk_of(window).go(name)
    assert not window.grab().isNull()
    covered = "No accounts yet." in shown_text(window.stack)
    spec = next(spec for spec in PAGES if spec.id == name)
    assert covered or spec.rail != 1


@pytest.mark.parametrize("width", [1100, 1440])
@pytest.mark.parametrize("scale", [1, 1.5])
def test_long_sentences_of_the_banner_are_never_cut_off(
    shell: Make, qtbot: QtBot, width: int, scale: float
) -> None:
    theme().set_scale(scale)
    window = shell(size=(width, 700))
    long = "The keychain answered with something that cannot be understood, so nothing is read. "
    desk_of(window).portfolio.warn(
        Message(key="keys", kind="warn", title="It is locked. " + long, text=long * 3,
                actions=(Action(id="unlock:", label="Unlock"),))
    )  # fmt: skip
    qtbot.wait(20)
    assert clipped(window) == []
    assert window.width() == width


@pages
def test_the_rail_marks_the_page_that_is_open_and_no_other(shell: Make, name: str) -> None:
    window = shell(real=True)
    desk_of(window).go(name)
    marked = [key for key, item in window.rail.items.items() if item.isChecked()]
    assert marked == [spec.id for spec in PAGES if spec.id == name and spec.rail]
    desk_of(window).go("positions")
    assert window.rail.items["positions"].isChecked()
    assert sum(item.isChecked() for item in window.rail.items.values()) == 1
