"""From another thread to this one, in order, and nothing after the end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial

import pytest
from pytestqt.qtbot import QtBot

from brokerdesk.domain.events import ConnectionsChanged, Event
from brokerdesk.errors import BrokerUnavailableError
from brokerdesk.io_thread import IoThread
from brokerdesk.ui.bus import Bus, IoRunner


@pytest.fixture
def io() -> Iterator[IoThread]:
    bugs: list[BaseException] = []
    thread = IoThread(lambda _name, error: bugs.append(error))
    thread.start()
    yield thread
    assert thread.stop()
    assert bugs == []


def test_results_come_back_on_this_thread_in_order(io: IoThread, qtbot: QtBot) -> None:
    bus, here = Bus(), threading.get_ident()
    runner = IoRunner(io, bus, lambda error: pytest.fail(str(error)))
    seen: list[tuple[int, int]] = []

    async def work(number: int) -> int:
        assert threading.get_ident() != here
        return number

    def note(value: int) -> None:
        seen.append((value, threading.get_ident()))

    for number in range(50):
        runner.run(f"n{number}", partial(work, number), note)
    qtbot.waitUntil(lambda: len(seen) == 50)
    assert seen == [(number, here) for number in range(50)]


def test_known_failures_come_back_too(io: IoThread, qtbot: QtBot) -> None:
    told: list[BaseException] = []
    runner = IoRunner(io, Bus(), told.append)
    error = BrokerUnavailableError("No answer.")

    async def fail() -> None:
        raise error

    own: list[BaseException] = []
    runner.run("a", fail)
    runner.run("b", fail, failed=own.append)
    qtbot.waitUntil(lambda: bool(told and own))
    assert told == own == [error]


def test_events_of_a_thread_arrive_here(qtbot: QtBot) -> None:
    bus, seen = Bus(), []
    bus.published.connect(lambda event: seen.append((event, threading.get_ident())))
    event: Event = ConnectionsChanged()
    thread = threading.Thread(target=lambda: bus.publish(event))
    thread.start()
    thread.join()
    assert seen == []  # queued: never in the middle of something else
    qtbot.waitUntil(lambda: bool(seen))
    assert seen == [(event, threading.get_ident())]


def test_after_the_end_nothing_arrives(qtbot: QtBot) -> None:
    bus, seen = Bus(), []
    bus.post(lambda: seen.append("late"))
    bus.close()
    bus.post(lambda: seen.append("later"))
    qtbot.wait(20)
    assert seen == []
