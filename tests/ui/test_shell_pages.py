"""The program's own pages in the window: each opens, has names, fits and survives a rebuild."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot
from support.desk import extreme_figures
from support.shell import Make, desk_of, key, shell
from support.ui import some_figures
from support.ui_widgets import clipped, shown_text, unnamed

from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.theme import theme
from brokerdesk.ui.viewmodels.state import Action, Figures, Message
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
