"""Which runs of lines came and went between two lists of them. Pure; no Qt."""

from __future__ import annotations

from collections.abc import Hashable, Sequence, Set
from typing import TypeVar

K = TypeVar("K", bound=Hashable)


def _runs(places: Sequence[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for place in places:
        if runs and runs[-1][1] == place - 1:
            runs[-1] = (runs[-1][0], place)
        else:
            runs.append((place, place))
    return runs


def runs_gone(present: Sequence[K], target: Set[K]) -> list[tuple[int, int]]:
    """Runs ``(first, last)`` of ``present`` that are not in ``target``, last run first."""
    return _runs([place for place, key in enumerate(present) if key not in target])[::-1]


def runs_new(target: Sequence[K], kept: Set[K]) -> list[tuple[int, int]]:
    """Runs ``(first, last)`` of ``target`` that are not in ``kept``, first run first."""
    return _runs([place for place, key in enumerate(target) if key not in kept])
