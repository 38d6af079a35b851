"""A past day beside the last figures, in words. Pure: what adds up was added up by the service.

Colour and triangles mark the effect of prices alone; deposits, trades and cash are neutral.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from brokerdesk.domain.market_hours import new_york_day
from brokerdesk.services.amounts import EXACT, ZERO, divided, sum_known
from brokerdesk.ui import format as fmt
from brokerdesk.ui.plain import tame

if TYPE_CHECKING:
    from brokerdesk.services.comparing import Comparison, Line

NOTHING = "Nothing can be compared: no account of this day says what it was worth."
REST = "Not explained"
_PARTS = (
    ("price", "Price changes"),
    ("rates", "Exchange rates"),
    ("deposits", "Deposits, withdrawals"),
    ("income", "Dividends, interest"),
    ("fees", "Fees, taxes"),
    ("other", "Other entries"),
    ("accounts", "Accounts added, removed"),
    ("rest", REST),
)
_ALWAYS = frozenset({"price", "deposits", "income", "fees"})


@dataclass(frozen=True, slots=True)
class Part:
    """Why the total moved: one effect. ``share`` is its size beside the largest, 0 to 1."""

    name: str
    label: str
    amount: Decimal
    share: float

    @property
    def text(self) -> str:
        return fmt.change(self.amount)

    @property
    def glyph(self) -> str:
        return fmt.glyph(self.amount) if self.name == "price" else ""

    @property
    def tone(self) -> str:
        if not self.glyph:
            return "text"
        return "gain" if self.amount > 0 else "loss"


@dataclass(frozen=True, slots=True)
class CompareRow:
    """One holding, or what is no holding (``key`` "cash"). All texts are tame."""

    key: str
    symbol: str
    name: str
    change: str
    quantity: tuple[Decimal | None, Decimal | None]
    price: tuple[Decimal | None, Decimal | None]
    value: tuple[Decimal | None, Decimal | None]
    difference: Decimal | None
    price_only: bool = False
    gone: tuple[bool, bool] = (False, False)
    """Whether it was not held then, or is not held now: a dash, where else a figure is missing."""

    @property
    def units(self) -> Decimal | None:
        """How many more are held."""
        if self.key == CASH:
            return None
        return EXACT.subtract(self.quantity[1] or ZERO, self.quantity[0] or ZERO)


CASH = "cash"


@dataclass(frozen=True, slots=True)
class CompareState:
    """All that the sheet shows."""

    day: date
    currency: str
    then: tuple[str, str, str]
    """Label, value and caption of the past day; likewise the last figures and the difference."""
    last: tuple[str, str, str]
    moved: tuple[str, str, str]
    prices: str
    """What prices alone did, "" where that is not known."""
    parts: tuple[Part, ...]
    rows: tuple[CompareRow, ...]
    whole: tuple[Decimal | None, Decimal | None, Decimal | None]
    """Value then, value now, difference: the sums of the rows."""
    notes: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"{fmt.day(self.day)} compared with last"


def state_of(found: Comparison) -> CompareState:
    """The words of a comparison."""
    then, now = new_york_day(found.then_at), new_york_day(found.now_at)
    money = found.currency
    days = fmt.count((now - then).days, "day")
    gap = found.difference
    return CompareState(
        day=then,
        currency=money,
        then=(fmt.day(then), fmt.total(found.before, money), _begun(fmt.moment(found.then_at))),
        last=("Last snapshot", fmt.total(found.after, money), fmt.stamp(found.now_at)),
        moved=(f"Difference, {days}", fmt.signed_total(gap, money), ""),
        prices=fmt.signed_total(found.effects.price, money) if gap is not None else "",
        parts=_parts(found) if gap is not None else (),
        rows=(*map(_row, found.lines), _cash(found)),
        whole=(found.before, found.after, gap),
        notes=_notes(found),
    )


def _begun(text: str) -> str:
    return text[:1].upper() + text[1:]


def _parts(found: Comparison) -> tuple[Part, ...]:
    amounts = [(name, label, getattr(found.effects, name)) for name, label in _PARTS]
    most = max(abs(amount) for _, _, amount in amounts)
    return tuple(
        Part(name, label, amount, float(divided(abs(amount), most) or 0))
        for name, label, amount in amounts
        if amount or name in _ALWAYS
    )


def _row(line: Line) -> CompareRow:
    return CompareRow(
        key=f"{line.symbol}\t{line.kind}\t{line.currency}",
        symbol=tame(line.symbol),
        name=tame(line.name),
        change=_changed(line),
        quantity=(line.then.quantity, line.now.quantity),
        price=(line.then.price, line.now.price),
        value=(line.then.value, line.now.value),
        difference=line.difference,
        price_only=line.same,
        gone=(line.then.quantity is None, line.now.quantity is None),
    )


def _changed(line: Line) -> str:
    old, new = line.then.quantity, line.now.quantity
    if old == new:
        return "Price"
    if old is None:
        return "New"
    if new is None:
        return "Sold all" if line.traded == old.copy_negate() else "Gone"
    more = EXACT.subtract(new, old)
    if line.traded != more:
        return "Quantity"
    return f"{'Bought' if more > 0 else 'Sold'} {fmt.quantity(abs(more))}"


def _cash(found: Comparison) -> CompareRow:
    """What of the total is in no holding: cash, and holdings whose value was not said."""
    held = [sum_known(line.then.value for line in found.lines) or ZERO,
            sum_known(line.now.value for line in found.lines) or ZERO]  # fmt: skip
    left = [None if total is None else EXACT.subtract(total, value)
            for total, value in zip((found.before, found.after), held, strict=True)]  # fmt: skip
    both = left[0] is not None and left[1] is not None
    return CompareRow(
        key=CASH,
        symbol="Cash and other",
        name="",
        change="",
        quantity=(None, None),
        price=(None, None),
        value=(left[0], left[1]),
        difference=EXACT.subtract(left[1] or ZERO, left[0] or ZERO) if both else None,
    )


def _notes(found: Comparison) -> tuple[str, ...]:
    notes = ["Colour and ▲▼ mark price effects only. Trades, deposits and cash are neutral."]
    if found.difference is None:
        return (NOTHING,)
    if found.unknown:
        notes.append(
            f"Not all activity since this day is known of {fmt.count(found.unknown, 'account')}: "
            f"“{REST}” holds what it would explain."
        )
    elif found.effects.rest:
        notes.append(f"“{REST}” is what no reading and no activity accounts for.")
    return tuple(notes)
