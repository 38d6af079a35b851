"""The window goes first, and nobody waits for it for ever."""

from __future__ import annotations

import threading

import pytest

from brokerdesk import turns
from brokerdesk.turns import Turns, steps

LONG = 10.0
"""Never reached: a limit for a test that fails."""


class Worker:
    """A thread that asks for its turn once, and says when it had it."""

    def __init__(self, whose: Turns) -> None:
        self.passed = threading.Event()
        self._thread = threading.Thread(target=self._ask, args=(whose,), daemon=True)
        self._thread.start()

    def _ask(self, whose: Turns) -> None:
        whose.give_way()
        self.passed.set()

    def join(self) -> None:
        self._thread.join(LONG)
        assert not self._thread.is_alive()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE", LONG)


@pytest.mark.usefixtures("patient")
def test_work_elsewhere_waits_until_the_window_rests() -> None:
    window = Turns()
    window.begin()
    worker = Worker(window)
    assert not worker.passed.wait(0.05)
    window.end()
    assert worker.passed.wait(LONG)
    worker.join()


@pytest.mark.usefixtures("patient")
def test_all_who_wait_go_on_and_the_next_work_is_waited_for_again() -> None:
    window = Turns()
    for _ in range(3):
        window.begin()
        workers = [Worker(window) for _ in range(4)]
        assert not any(worker.passed.is_set() for worker in workers)
        window.end()
        for worker in workers:
            worker.join()
            assert worker.passed.is_set()


@pytest.mark.usefixtures("patient")
def test_nobody_waits_while_the_window_rests() -> None:
    window = Turns()
    Worker(window).join()
    window.begin()
    window.end()
    Worker(window).join()


@pytest.mark.usefixtures("patient")
def test_the_window_never_waits_for_itself() -> None:
    window = Turns()
    window.begin()
    window.give_way()
    window.begin()
    window.end()
    window.end()
    Worker(window).join()


def test_a_window_that_waits_for_a_worker_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 0.01)
    window = Turns()
    window.begin()
    Worker(window).join()
    # Told once that it takes long, nobody waits again: this would take 100 s otherwise.
    monkeypatch.setattr(turns, "PATIENCE", LONG)
    for _ in range(10):
        Worker(window).join()
    window.end()
    window.begin()
    worker = Worker(window)
    assert not worker.passed.wait(0.05)
    window.end()
    worker.join()


@pytest.mark.usefixtures("patient")
def test_steps_stop_where_the_window_begins_to_work(monkeypatch: pytest.MonkeyPatch) -> None:
    window = Turns()
    monkeypatch.setattr(turns, "window", window)
    taken: list[int] = []
    third = threading.Event()

    def work() -> None:
        for row in steps(range(100)):
            taken.append(row)
            if row == 3:
                third.set()
                assert begun.wait(LONG)

    begun = threading.Event()
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    assert third.wait(LONG)
    window.begin()
    begun.set()
    thread.join(0.05)
    assert thread.is_alive()
    assert taken == [0, 1, 2, 3]
    window.end()
    thread.join(LONG)
    assert taken == list(range(100))
