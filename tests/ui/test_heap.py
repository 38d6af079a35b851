"""Large pictures do not make every later search for garbage longer."""

from __future__ import annotations

import gc
import weakref

import pytest

from brokerdesk.ui import heap


class Knot:
    """Refers to itself, so that counting alone never frees it."""

    def __init__(self) -> None:
        self.self = self


def test_nothing_is_searched_while_building_and_all_is_left_out_after() -> None:
    with heap.building():
        assert not gc.isenabled()
        with heap.building():
            pass
        assert not gc.isenabled()
        rows = [(number, [number]) for number in range(5_000)]
    assert gc.isenabled()
    assert gc.get_freeze_count() >= len(rows)
    gc.unfreeze()


def test_a_failure_ends_it_too() -> None:
    with pytest.raises(ZeroDivisionError), heap.building():
        raise ZeroDivisionError
    assert gc.isenabled()
    gc.unfreeze()


def test_now_and_then_all_is_looked_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heap, "THAW_EVERY", 2)
    monkeypatch.setattr(heap, "_made", 0)
    with heap.building():
        knot = Knot()
        gone = weakref.ref(knot)
        del knot
    gc.collect()
    assert gone() is not None, "it was alive by chance when the rest was left out"
    with heap.building():
        pass
    gc.collect()
    assert gone() is None


def test_a_sweep_finds_garbage_and_leaves_the_rest_out() -> None:
    knot = Knot()
    gone = weakref.ref(knot)
    del knot
    heap.sweep()
    assert gone() is None
    assert gc.get_freeze_count() > 0
    gc.unfreeze()
