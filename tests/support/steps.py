"""Fail, or die, at the n-th thing that a piece of work asks of the file system."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

CALLS = ("replace", "link", "unlink", "mkdir", "rmdir", "fsync", "open")


class Steps:
    """Counts the calls; ``on_step`` is called at number ``at``, before or after the call itself."""

    def __init__(self, at: int, on_step: Callable[[], None], *, after: bool = False) -> None:
        self._at, self._on_step, self._after = at, on_step, after
        self.count = 0
        self.met = ""

    def wrap(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **options: Any) -> Any:
            self.count += 1
            mine = self.count == self._at
            if mine:
                self.met = name
            if mine and not self._after:
                self._on_step()
            result = real(*given, **options)
            if mine and self._after:
                self._on_step()
            return result

        return call


@contextmanager
def watched(steps: Steps) -> Iterator[Steps]:
    kept = {name: getattr(os, name) for name in CALLS}
    for name, real in kept.items():
        setattr(os, name, steps.wrap(name, real))
    try:
        yield steps
    finally:
        for name, real in kept.items():
            setattr(os, name, real)
