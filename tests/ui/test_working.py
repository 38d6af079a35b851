"""What counts as the window's work, for the threads that let it go first."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from brokerdesk import turns
from brokerdesk.ui import slices
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


def test_work_lasts_until_the_loop_has_nothing_else_to_do(qtbot: QtBot) -> None:
    working()
    assert turns.window.busy
    qtbot.waitUntil(lambda: not turns.window.busy)


def test_a_message_from_elsewhere_and_what_it_leads_to_is_work(qtbot: QtBot) -> None:
    bus, seen, shown = Bus(), [], Painted()
    qtbot.addWidget(shown)
    PaintsFirst(shown)
    shown.show()
    qtbot.waitExposed(shown)
    qtbot.waitUntil(lambda: bool(shown.busy) and not turns.window.busy)
    shown.busy.clear()

    def arrive() -> None:
        seen.append(turns.window.busy)
        shown.update()

    threading.Thread(target=lambda: bus.post(arrive)).start()
    qtbot.waitUntil(lambda: bool(shown.busy))
    assert seen == [True]
    assert shown.busy == [True]


def test_painting_alone_is_work(qtbot: QtBot) -> None:
    shown = Painted()
    qtbot.addWidget(shown)
    PaintsFirst(shown)
    shown.show()
    qtbot.waitExposed(shown)
    qtbot.waitUntil(lambda: bool(shown.busy) and not turns.window.busy)
    shown.busy.clear()
    shown.update()
    qtbot.waitUntil(lambda: bool(shown.busy))
    assert shown.busy == [True]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asked of Linux alone")
def test_the_window_asks_for_short_slices_and_its_threads_have_the_usual_ones() -> None:
    told: dict[str, int | bool] = {}

    def slice_of() -> int:
        kept = Path("/proc/thread-self/sched").read_text(encoding="ascii").splitlines()
        lines = [line for line in kept if line.startswith("se.slice")]
        return int(lines[0].rpartition(":")[2]) if lines else -1

    def child() -> None:
        told["child"] = slice_of()

    def window() -> None:
        told["before"] = slice_of()
        told["taken"] = slices.short_slices()
        told["after"] = slice_of()
        thread = threading.Thread(target=child)
        thread.start()
        thread.join()

    thread = threading.Thread(target=window)
    thread.start()
    thread.join()
    if told["before"] == -1 or not told["taken"]:
        pytest.skip("a system that tells no slices, or takes no wish")
    assert told["after"] in (slices.SLICE_NS, told["before"])  # an older one ignores the wish
    assert told["child"] == told["before"]
