"""What a table column is: how to draw, sort, copy and speak one cell of a row.

Columns are data, so that the model, the delegate and the clipboard cannot disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any, Generic, TypeVar

from brokerdesk.facts import dataclass
from brokerdesk.ui.viewmodels.state import MARK_WORDS, Mark

R = TypeVar("R")
_UNSEEN = Decimal("0.005")
"""Up to here two decimals read 0.00, which is no change."""
SIGNS = "+-\N{MINUS SIGN}"
_WAYS = {"▲": "up", "▼": "down"}
_SIGN_WORDS = {"+": "plus", "\N{MINUS SIGN}": "minus", "-": "minus"}
_ABSENT = {"—": "none", "": "blank"}


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
    secret: bool = False
    """An amount, a quantity or a balance: while amounts are hidden it is drawn and copied as dots,
    spoken as hidden, exported as hidden, and has no tool tip."""
    bar: float | None = None
    """A weight bar left of the text: the share of the largest, 0 to 1."""
    tags: tuple[tuple[str, str], ...] = ()
    """Drawn tags, each a word and its kind ("" or as ``widgets.tags`` has them)."""
    changed: bool = False
    """The figure has just changed: a thin line under it."""
    small: bool = False
    """Drawn one step smaller: words in a column of figures, ages."""
    icon: str = ""
    """An icon left of the words, in their colour."""
    lead: str = ""
    """Words before the text, bold and in ``lead_tone``."""
    lead_tone: str = "text"

    def looks_like(self, other: Cell) -> bool:
        """Whether both are painted alike; what is only spoken or a tool tip does not count."""
        return bool(_looks_of(self) == _looks_of(other))


_looks_of = attrgetter(*(one.name for one in fields(Cell) if one.name not in ("hint", "spoken")))


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
    key: str = ""
    """Under this name the column is remembered; left out, it follows from the title."""
    total: Callable[[Sequence[R], datetime], Cell] | None = None
    """The cell of the pinned totals row over the rows shown (children not among them)."""
    group: str = ""
    """The heading under which the column chooser lists it."""
    hint: str = ""
    """What the column says, as the tool tip of its title and in the column chooser."""
    shown: bool = True
    """Whether the column is there before the reader chose."""
    bar: bool = False
    """A column of weight bars: the title stands left, the percent at the right of each bar."""
    private: Callable[[R], str] | None = None
    """What is copied and exported while amounts are hidden, of a cell that is an amount in part."""
    ages: bool = False
    """Whether what is painted changes from second to second; other cells hold for minutes."""
    csv: Callable[[R], Any] | None = None
    """The exported cell: text, ``Decimal``, int, day, moment or None. Left out, it is the sortable
    value where that is a number or a time, otherwise the clipboard text."""

    def __post_init__(self) -> None:
        if not self.key:
            object.__setattr__(self, "key", "-".join(self.title.casefold().split()))


def spoken(cell: Cell) -> str:
    """A cell's text as a screen reader says it: directions and units in words."""
    if cell.spoken:
        return cell.spoken
    if cell.mark is not None:
        return f"{cell.text}, {MARK_WORDS[cell.mark]}" if cell.text else MARK_WORDS[cell.mark]
    text = cell.text or ", ".join(word for word, _ in cell.tags)
    if cell.lead:
        text = f"{cell.lead} {text}".strip()
    if text in _ABSENT:
        return _ABSENT[text]
    if cell.glyph in _WAYS:
        text = f"{_WAYS[cell.glyph]} {text.lstrip(SIGNS)}"
    elif text[:1] in _SIGN_WORDS and text[1:2].isdigit():
        text = f"{_SIGN_WORDS[text[0]]} {text[1:]}"
    return text[:-1] + " percent" if text.endswith("%") else text


def folded(text: str) -> str:
    """Text as a sort key: case does not matter."""
    return text.casefold()


def gain_tone(value: Decimal | None) -> str:
    """The colour token of a change."""
    if value is None or abs(value) <= _UNSEEN:
        return "text" if value is not None else "text3"
    return "gain" if value > 0 else "loss"
