"""What counts as the window's work, for the threads that let it go first."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from brokerdesk import turns
from brokerdesk.ui.bus import Bus
from brokerdesk.ui.working import PaintsFirst, working


@pytest.fixture(autouse=True)
def _rested(qtbot: QtBot) -> Iterator[None]:
    qtbot.waitUntil(lambda: not turns.window.busy)
    yield
    qtbot.waitUntil(lambda: not turns.window.busy)


class Painted(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.busy: list[bool] = []

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        self.busy.append(turns.window.busy)


def painted(qtbot: QtBot) -> Painted:
    """A widget that is watched, was painted and rests."""
    shown = Painted()
    qtbot.addWidget(shown)
    PaintsFirst(shown)
    shown.show()
    qtbot.waitExposed(shown)
    qtbot.waitUntil(lambda: bool(shown.busy) and not turns.window.busy)
    shown.busy.clear()
    return shown


def test_work_lasts_until_the_loop_has_nothing_else_to_do(qtbot: QtBot) -> None:
    working()
    assert turns.window.busy
    qtbot.waitUntil(lambda: not turns.window.busy)


def test_a_message_from_elsewhere_and_what_it_leads_to_is_work(qtbot: QtBot) -> None:
    bus, seen, shown = Bus(), [], painted(qtbot)

    def arrive() -> None:
        seen.append(turns.window.busy)
        shown.update()

    threading.Thread(target=lambda: bus.post(arrive)).start()
    qtbot.waitUntil(lambda: bool(shown.busy))
    assert seen == [True]
    assert shown.busy == [True]


def test_painting_alone_is_work(qtbot: QtBot) -> None:
    shown = painted(qtbot)
    shown.update()
    qtbot.waitUntil(lambda: bool(shown.busy))
    assert shown.busy == [True]
