"""What a table column is: how to draw, sort, copy and speak one cell of a row.

Columns are data, so that the model, the delegate and the clipboard cannot disagree.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar

from brokerdesk.ui.viewmodels.state import Mark

R = TypeVar("R")
_UNSEEN = Decimal("0.005")
"""Up to here two decimals read 0.00, which is no change."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell as drawn. ``tail`` is room for decimals that other rows have and this one lacks.

    ``hanging`` is drawn right of the digits (a star that the foot explains). ``spoken`` replaces
    the text for screen readers, ``hint`` is the tool tip; both are plain text.
    """

    text: str
    tone: str = "text"
    glyph: str = ""
    strong: bool = False
    mark: Mark | None = None
    hanging: str = ""
    tail: str = ""
    hint: str = ""
    spoken: str = ""


@dataclass(frozen=True, slots=True)
class Column(Generic[R]):
    """One column. ``order`` gives a sortable value or None (always last, either way round).

    ``decimals`` aligns the column on its decimal point. ``copy`` gives the plain clipboard text.
    ``time`` columns stand at the right like figures but may be shortened. Where there is no room,
    columns of the highest ``rank`` are hidden first; rank 0 stays.
    """

    title: str
    cell: Callable[[R, datetime], Cell]
    order: Callable[[R], Any]
    copy: Callable[[R], str]
    width: int
    number: bool = False
    stretch: bool = False
    decimals: Callable[[R], int] | None = None
    child: Callable[[R, datetime], Cell] | None = None
    time: bool = False
    rank: int = 0


def folded(text: str) -> str:
    """Text as a sort key: case does not matter."""
    return text.casefold()


def gain_tone(value: Decimal | None) -> str:
    """The colour token of a change."""
    if value is None or abs(value) <= _UNSEEN:
        return "text" if value is not None else "text3"
    return "gain" if value > 0 else "loss"
