"""Makes the same of the same only once: for what is asked for many times a second."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Once(Generic[T]):
    """Calls ``make`` when it is asked about other things than the last time. ``make`` is pure.

    Things that are the same objects are compared in no time, and figures that did not change are.
    """

    def __init__(self, make: Callable[..., T]) -> None:
        self._make = make
        self._of: tuple[Any, ...] | None = None
        self._made: T

    def __call__(self, *of: Any) -> T:
        if of != self._of:
            self._made = self._make(*of)
            self._of = of
        return self._made
