"""The window for tests: over a desk without a program, with pages of the test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot
from support.desk import FakeDesk

from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.shell import stack
from brokerdesk.ui.shell.window import MainWindow
from brokerdesk.ui.theme import theme
from brokerdesk.ui.views.page import Page
from brokerdesk.ui.views.registry import PAGES, PageSpec
from brokerdesk.ui.widgets.buttons import button

Make = Callable[..., MainWindow]


class PlainPage(Page):
    """A page that remembers what it was told: a field, a button and a side pane."""

    made: list[PlainPage] = []  # noqa: RUF012 - cleared by the fixture

    def __init__(self, desk: Any, name: str) -> None:
        super().__init__(desk)
        self.name = name
        self.told: list[str] = []
        self.filter = QLineEdit()
        self.filter.setAccessibleName(f"Filter {name}")
        self.knob = button(f"Knob {name}", lambda: self.told.append("knob"))
        self.side = QPushButton(f"Side {name}")
        self.side.setAccessibleName(f"Side {name}")
        row = QHBoxLayout(self)
        for part in (self.filter, self.knob, self.side):
            row.addWidget(part)
        PlainPage.made.append(self)

    def enter(self) -> None:
        self.told.append("enter")

    def leave(self) -> None:
        self.told.append("leave")

    def show_target(self, target: str) -> None:
        self.told.append(f"target:{target}")

    def focus_filter(self) -> bool:
        self.filter.setFocus()
        return self.name != "activity"

    def focus_first(self) -> None:
        self.knob.setFocus()

    def toggle_side(self) -> bool:
        if self.name == "activity":
            return False
        self.side.setVisible(self.side.isHidden())
        return True

    def side_is_shown(self) -> bool:
        return not self.side.isHidden()

    def panes(self) -> Sequence[QWidget]:
        return (self.filter, self.knob, self.side)

    def export(self) -> bool:
        self.told.append("export")
        return self.name != "activity"

    def remember(self) -> None:
        self.told.append("remember")

    def help_text(self) -> str:
        return f"What {self.name} is for."


def build(desk: Any, name: str) -> PlainPage:
    return PlainPage(desk, name)


class _PlainSpec(PageSpec):
    def make(self, desk: Any) -> Page:
        return build(desk, self.id)


def plain_specs() -> tuple[PageSpec, ...]:
    """The registry's pages, each built as a ``PlainPage``."""
    return tuple(
        _PlainSpec(spec.id, spec.title, spec.picture, spec.key, spec.build, spec.rail, spec.past)
        for spec in PAGES
    )


@pytest.fixture
def shell(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Makes windows over plain pages; ``real=True`` takes the program's own."""
    windows: list[MainWindow] = []
    PlainPage.made = []

    def make(
        figures: Any = None, memory: QSettings | None = None, *, real: bool = False,
        size: tuple[int, int] = (1440, 900), **more: Any,
    ) -> MainWindow:  # fmt: skip
        if not real:
            monkeypatch.setattr(stack, "PAGES", plain_specs())
        desk = FakeDesk(figures, **more)
        desk.backstage.run = lambda *_a, **_k: None  # type: ignore[method-assign]
        window = MainWindow(desk.portfolio, memory, desk=desk)
        window.resize(*size)
        qtbot.addWidget(window)
        with qtbot.waitActive(window):
            window.show()
            window.activateWindow()
        qtbot.waitUntil(lambda: window.width() == size[0])
        windows.append(window)
        return window

    yield make
    for window in windows:
        window.close()
    theme().set_scale(1)
    privacy().set(False)
    PlainPage.made = []


def desk_of(window: MainWindow) -> FakeDesk:
    desk = window.desk
    assert isinstance(desk, FakeDesk)
    return desk


def page_of(window: MainWindow) -> PlainPage:
    page = window.page
    assert isinstance(page, PlainPage)
    return page


def key(qtbot: QtBot, window: QWidget, text: str) -> None:
    """Press a key combination where the focus is."""
    combination = QKeySequence(text)[0]  # type: ignore[index]
    target = QApplication.focusWidget() or window
    qtbot.keyClick(target, combination.key(), combination.keyboardModifiers())


def esc(qtbot: QtBot, window: QWidget) -> None:
    qtbot.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_Escape)
