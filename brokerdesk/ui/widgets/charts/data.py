"""What the charts are given: exact whole numbers and words, ready to draw. No service, no Qt.

A value is ``units[i] * 10**exponent``. It becomes a float only where it becomes a pixel.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import field
from decimal import Decimal

from brokerdesk.facts import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowMark:
    """Money that came (positive) or went, at ``x`` of the line's own scale."""

    x: int
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class LineData:
    """A line. ``xs`` ascend: day ordinals, or UTC seconds when ``intraday``.

    ``carried[i]`` of the parts of a value have no figure of their own then ("" when empty). The
    value was not known before an index in ``breaks``. ``span`` are the words for the whole range;
    ``notes`` are further sentences read out with it, ``private_notes`` the same without amounts.
    """

    xs: array[int] = field(default_factory=lambda: array("i"))
    units: Sequence[int] = ()
    exponent: int = 0
    currency: str = "USD"
    intraday: bool = False
    carried: Sequence[int] = ()
    told: frozenset[int] = frozenset()
    """Those of ``xs`` whose value holds one that a broker told later."""
    breaks: tuple[int, ...] = ()
    marks: tuple[FlowMark, ...] = ()
    span: str = ""
    notes: str = ""
    private_notes: str = ""

    def __post_init__(self) -> None:
        if len(self.xs) != len(self.units):
            raise ValueError("a line has one value per place")

    def __len__(self) -> int:
        return len(self.xs)

    def value(self, index: int) -> Decimal:
        """The exact value of one point."""
        return Decimal(f"{self.units[index]}E{self.exponent}")

    def is_carried(self, index: int) -> int:
        """How many parts of the value were taken from earlier."""
        return self.carried[index] if self.carried else 0

    def nearest(self, x: float) -> int:
        """The index of the point nearest to ``x``; the line is not empty."""
        after = bisect_left(self.xs, x)
        if after == 0:
            return 0
        if after == len(self.xs):
            return after - 1
        return after if self.xs[after] - x < x - self.xs[after - 1] else after - 1

    def nearest_after(self, x: int) -> int:
        """The index of the first point that is not before ``x``; the length when there is none."""
        return bisect_left(self.xs, x)


def change_percent(first: Decimal, last: Decimal) -> Decimal | None:
    """The change in percent of ``first``; None when that is not above zero."""
    return (last - first) / first * 100 if first > 0 else None
