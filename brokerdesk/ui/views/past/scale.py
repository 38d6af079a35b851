"""Where days lie on the slider: ticks, the shape of the value line, and labels. Mere arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

from PySide6.QtGui import QFont, QFontMetricsF

_GAP_DAYS = 10
"""A line leads over a weekend and a holiday, not over weeks of which nothing is known."""
_STEPS = (1, 2, 3, 6, 12, 24, 60, 120)
_AROUND = 14


@dataclass(frozen=True, slots=True)
class Label:
    """A month or a year under the ticks."""

    text: str
    left: float
    width: float


Span = tuple[float, float]


def place_of(ordinal: int, ordinals: Sequence[int], span: Span) -> float:
    """The place of a day by its date; a single day lies at the end."""
    first, last = ordinals[0], ordinals[-1]
    if first == last:
        return span[1]
    return span[0] + (ordinal - first) / (last - first) * (span[1] - span[0])


def steps(
    ordinals: Sequence[int], values: Sequence[Decimal | None], span: Span
) -> list[list[tuple[float, float]]]:
    """The value line in pieces, heights from 0 (top) to 1; broken where nothing is known."""
    known = [
        (day, float(value))
        for day, value in zip(ordinals, values, strict=True)
        if value is not None
    ]
    if not known:
        return []
    low, high = min(v for _, v in known), max(v for _, v in known)
    reach = high - low
    pieces: list[list[tuple[float, float]]] = [[]]
    last: int | None = None
    for day, value in known:
        if last is not None and day - last > _GAP_DAYS:
            pieces.append([])
        height = 1 - (value - low) / reach if reach else 0.5
        pieces[-1].append((place_of(day, ordinals, span), height))
        last = day
    return pieces


def labels(ordinals: Sequence[int], span: Span, font: QFont) -> list[Label]:
    """Months, or years where months have no room."""
    if not ordinals:
        return []
    measure = QFontMetricsF(font)
    months = _months(date.fromordinal(ordinals[0]), date.fromordinal(ordinals[-1]))
    if not months:
        return _ends(ordinals, span, measure)
    found: list[Label] = []
    for step in _STEPS:
        chosen = [month for month in months if (month.year * 12 + month.month - 1) % step == 0]
        found = [_label(month, step, ordinals, span, measure) for month in chosen]
        found = [one for one in found if one.left >= 0 and one.left + one.width <= span[1] + 14]
        if all(one.left + one.width <= other.left for one, other in pairwise(found)):
            return found
    return found[:1]


def _ends(ordinals: Sequence[int], span: Span, measure: QFontMetricsF) -> list[Label]:
    """The first and the last day, inside the edges, where no month begins in between."""
    found = []
    for ordinal in sorted({ordinals[0], ordinals[-1]}):
        day = date.fromordinal(ordinal)
        text = f"{day.day} {day:%b}"
        width = measure.horizontalAdvance(text) + _AROUND
        at = place_of(ordinal, ordinals, span) - width / 2
        found.append(Label(text, min(max(at, 0.0), span[1] + _AROUND - width), width))
    return found if len(found) < 2 or found[0].left + found[0].width <= found[1].left else found[1:]


def _months(first: date, last: date) -> list[date]:
    """The first day of every month that begins between two days."""
    number = first.year * 12 + first.month - (first.day == 1)
    end = last.year * 12 + last.month - 1
    return [date(n // 12, n % 12 + 1, 1) for n in range(number, end + 1)]


def _label(
    month: date, step: int, ordinals: Sequence[int], span: Span, measure: QFontMetricsF
) -> Label:
    if step >= 12:
        text = str(month.year)
    else:
        text = f"{month:%b} {month.year}" if month.month == 1 else f"{month:%b}"
    width = measure.horizontalAdvance(text) + _AROUND
    at = place_of(month.toordinal(), ordinals, span)
    return Label(text, at - width / 2, width)
