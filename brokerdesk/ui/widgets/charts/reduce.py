"""Fewer points, same picture: per pixel column its lowest and highest value.

Works on whole numbers, so no extreme is lost to rounding. Plain Python; numpy is loaded when a line
has more than ``FOR_NUMPY`` points, which no daily history reaches.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

FOR_NUMPY = 10_000
PER_PIXEL = 2


class Run(NamedTuple):
    """One piece of the line, by its points."""

    xs: Sequence[int]
    units: Sequence[int]


class Band(NamedTuple):
    """One piece of a line with more points than pixels: its columns, each from low to high.

    A column reaches to the last value of the one before, so that the band has no holes.
    """

    xs: list[int]
    lows: list[int]
    highs: list[int]
    first: int
    last: int


def extent(units: Sequence[int]) -> tuple[int, int]:
    """The lowest and the highest; ``units`` is not empty."""
    if len(units) > FOR_NUMPY and isinstance(units, array):
        numbers = _view(units)
        return int(numbers.min()), int(numbers.max())
    return min(units), max(units)


def reduced(
    xs: array[int], units: Sequence[int], breaks: Sequence[int], pixels: int
) -> list[Run | Band]:
    """The line in pieces, broken at ``breaks`` where the gap can be seen, thinned if need be."""
    if not xs:
        return []
    span = xs[-1] - xs[0]
    seen = [at for at in breaks if (xs[at] - xs[at - 1]) * pixels >= span]
    edges = [0, *seen, len(xs)]
    return [_thin(xs, units, begin, end, pixels, span) for begin, end in pairwise(edges)]


def _thin(
    xs: array[int], units: Sequence[int], begin: int, end: int, pixels: int, span: int
) -> Run | Band:
    count = end - begin
    wide = max(1, -(-(xs[end - 1] - xs[begin]) * pixels // span)) if span else 1
    if count <= max(4, PER_PIXEL * wide):
        return Run(xs[begin:end], units[begin:end])
    cuts = _cuts(xs, begin, end, wide)
    if count > FOR_NUMPY and isinstance(units, array):
        lows, highs = _numpy_columns(units, cuts, end)
    else:
        spans = list(zip(cuts, [*cuts[1:], end], strict=True))
        lows = [min(units[one:other]) for one, other in spans]
        highs = [max(units[one:other]) for one, other in spans]
    if len(cuts) == 1:
        # All in one column: a stroke up and down, because a band would have no width.
        around = [xs[begin], xs[begin], xs[end - 1], xs[end - 1]]
        return Run(around, [units[begin], lows[0], highs[0], units[end - 1]])
    ends = [at - 1 for at in cuts[1:]]
    for column, at in enumerate(ends, 1):
        before = units[at]
        if before < lows[column]:
            lows[column] = before
        elif before > highs[column]:
            highs[column] = before
    places = [xs[at] for at in cuts]
    places[-1] = xs[end - 1]
    return Band(places, lows, highs, units[begin], units[end - 1])


def _cuts(xs: array[int], begin: int, end: int, columns: int) -> list[int]:
    """Where each column that has points begins."""
    first, length = xs[begin], xs[end - 1] - xs[begin]
    found = [begin]
    for column in range(1, columns):
        at = bisect_left(xs, first + length * column / columns, found[-1], end)
        if found[-1] < at < end:
            found.append(at)
    return found


def _numpy_columns(units: array[int], cuts: list[int], end: int) -> tuple[list[int], list[int]]:
    import numpy as np

    numbers = _view(units)[:end]
    return (
        np.minimum.reduceat(numbers, cuts).tolist(),
        np.maximum.reduceat(numbers, cuts).tolist(),
    )


def _view(units: array[int]) -> Any:
    import numpy as np

    return np.frombuffer(units, dtype=f"i{units.itemsize}")
