"""Memory is tidied up when nobody is at work, and at last although somebody is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject

from brokerdesk.ui import calm as calm_module
from brokerdesk.ui import heap
from brokerdesk.ui.calm import QUIET_LOOKS, Calm


class Tally:
    """What was done instead of touching this test run's own memory."""

    def __init__(self) -> None:
        self.busy, self.due = False, 0
        self.sweeps, self.returns = 0, 0

    def sweep(self) -> None:
        self.sweeps, self.due = self.sweeps + 1, 0

    def give_back(self) -> None:
        self.returns += 1


@pytest.fixture
def tally(monkeypatch: pytest.MonkeyPatch) -> Tally:
    made = Tally()
    monkeypatch.setattr(heap, "waiting", lambda: made.due)
    monkeypatch.setattr(heap, "sweep", made.sweep)
    monkeypatch.setattr(heap, "give_back", made.give_back)
    return made


@pytest.fixture
def calm(tally: Tally, qapp: object) -> Iterator[Calm]:
    owner = QObject()
    yield Calm(lambda: tally.busy, owner)
    owner.deleteLater()


def test_memory_is_given_back_once_after_work(calm: Calm, tally: Tally) -> None:
    calm.look()
    calm.look()
    assert (tally.sweeps, tally.returns) == (0, 1)
    tally.busy = True
    calm.look()
    tally.busy = False
    calm.look()
    calm.look()
    assert tally.returns == 2


def test_garbage_is_looked_for_when_it_is_worth_it_and_nobody_is_at_work(
    calm: Calm, tally: Tally
) -> None:
    tally.due, tally.busy = heap.WORTH, True
    calm.look()
    assert tally.sweeps == 0
    tally.busy = False
    for _ in range(QUIET_LOOKS - 1):
        calm.look()
    assert tally.sweeps == 0, "a refresh has only just ended"
    calm.look()
    calm.look()
    assert tally.sweeps == 1


def test_calm_begins_anew_after_each_refresh(calm: Calm, tally: Tally) -> None:
    tally.due = heap.WORTH
    for _ in range(3 * QUIET_LOOKS):
        for tally.busy in (*[False] * (QUIET_LOOKS - 1), True):
            calm.look()
    assert tally.sweeps == 0


def test_work_between_two_looks_is_work(calm: Calm, tally: Tally) -> None:
    for _ in range(3 * QUIET_LOOKS):
        tally.due += heap.WORTH
        calm.look()
    assert tally.sweeps == 0
    for _ in range(QUIET_LOOKS):
        tally.due += heap.WORTH - 1
        calm.look()
    assert tally.sweeps == 1


def test_it_is_not_put_off_for_ever(calm: Calm, tally: Tally) -> None:
    tally.due, tally.busy = heap.OVERDUE, True
    calm.look()
    assert tally.sweeps == 1


def test_a_moving_mouse_is_somebody_at_work(
    calm: Calm, tally: Tally, monkeypatch: pytest.MonkeyPatch
) -> None:
    spots = iter(range(10))

    class Cursor:
        @staticmethod
        def pos() -> int:
            return next(spots)

    monkeypatch.setattr(calm_module, "QCursor", Cursor)
    tally.due = heap.WORTH
    for _ in range(QUIET_LOOKS + 1):
        calm.look()
    assert tally.sweeps == 0


def test_giving_back_harms_nothing() -> None:
    heap.give_back()
