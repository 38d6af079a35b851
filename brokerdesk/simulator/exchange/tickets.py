"""One own order on the floor: where it stands, and everything that happened to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from brokerdesk.simulator.exchange.book import ZERO
from brokerdesk.simulator.exchange.orders import Fill, Order, Status
from brokerdesk.simulator.exchange.terms import STOPS, Kind, Lasts, Link, Terms


class State(StrEnum):
    HELD = "held"
    """Waits for its parent, or as a replacement for the old one to be gone."""
    QUEUED = "queued"
    """Accepted; its session has not begun."""
    WORKING = "working"
    FILLED = "filled"
    CANCELED = "canceled"
    REPLACED = "replaced"
    EXPIRED = "expired"
    REJECTED = "rejected"


OVER = frozenset({State.FILLED, State.CANCELED, State.REPLACED, State.EXPIRED, State.REJECTED})
STATUSES = {
    State.FILLED: Status.FILLED,
    State.CANCELED: Status.CANCELED,
    State.REPLACED: Status.CANCELED,
    State.EXPIRED: Status.EXPIRED,
    State.REJECTED: Status.REJECTED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LegFill:
    symbol: str
    quantity: Decimal
    """Signed: what it does to the position."""
    price: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One fill. ``price`` is per unit of the order: for several legs the net of theirs."""

    number: int
    at: datetime
    quantity: Decimal
    price: Decimal
    legs: tuple[LegFill, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something happened. ``what`` is a state, or ``fill``, ``cancel`` and ``replace`` (asked for),
    ``cancel refused``, ``replace refused``. ``state`` and ``filled`` are as of then."""

    place: int
    at: datetime
    what: str
    state: State
    filled: Decimal
    fill: int = 0


@dataclass(slots=True, kw_only=True)
class Ticket:
    """An order, or with ``link`` OCO the tie between two."""

    number: int
    account: str
    terms: Terms | None
    link: Link
    entered: datetime
    expires: datetime
    due: datetime
    """When it is to be looked at next."""
    parent: int = 0
    children: tuple[int, ...] = ()
    state: State = State.QUEUED
    fills: list[Execution] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    ended: datetime | None = None
    reason: str = ""
    replaces: int = 0
    replaced_by: int = 0
    leave_at: datetime | None = None
    """When a cancel or a replace that was asked for takes effect."""
    pending: str = ""
    """``cancel`` or ``replace`` while that is under way."""
    triggered: bool = False
    rested: bool = False
    peak: Decimal | None = None
    """The best price since a trailing stop began."""
    share: Decimal | None = None
    """The quantity that a money amount came to, once known."""
    words: dict[str, object] = field(default_factory=dict)

    @property
    def over(self) -> bool:
        return self.state in OVER

    @property
    def quantity(self) -> Decimal:
        """Units ordered; of an order for money, those it came to."""
        if self.terms is None:
            return ZERO
        return self.terms.quantity if self.terms.quantity is not None else self.share or ZERO

    @property
    def filled(self) -> Decimal:
        return sum((fill.quantity for fill in self.fills), ZERO)

    def average(self, until: datetime | None = None) -> Decimal | None:
        """The average price of its fills, those up to a moment."""
        fills = [fill for fill in self.fills if until is None or fill.at <= until]
        units = sum((fill.quantity for fill in fills), ZERO)
        if not units:
            return None
        worth = sum((fill.quantity * fill.price for fill in fills), ZERO)
        return (worth / units).quantize(Decimal("0.000001"))

    @property
    def stop(self) -> Decimal | None:
        """The stop price as it stands: for a trailing one, behind the best price so far."""
        terms = self.terms
        if terms is None or terms.kind is not Kind.TRAILING_STOP or self.peak is None:
            return None if terms is None else terms.stop
        distance = terms.trail
        if distance is None:
            assert terms.trail_percent is not None
            distance = self.peak * terms.trail_percent / 100
        level = self.peak + distance if terms.buys else self.peak - distance
        return level.quantize(Decimal("0.01"))

    @property
    def waits_for_stop(self) -> bool:
        return self.terms is not None and self.terms.kind in STOPS and not self.triggered

    @property
    def first_work(self) -> int:
        """The place of the change with which it began to work after having been held back."""
        worked = (one.place for one in self.changes if one.what == State.WORKING.value)
        held = bool(self.changes) and self.changes[0].state is State.HELD
        return next(worked, 0) if held else 0

    def as_order(self) -> Order:
        """The order as those dialects list it that do not know own orders better."""
        assert self.terms is not None
        leg = self.terms.legs[0]
        fills = tuple(
            Fill(at=one.at, number=one.number, quantity=one.quantity, price=one.price)
            for one in self.fills
        )
        far = self.entered.replace(year=self.entered.year + 50)
        return Order(
            number=self.number,
            symbol=leg.symbol,
            instruction=instruction(self, 0),
            opening=leg.opening is not False,
            quantity=self.quantity,
            entered=self.entered,
            ends=self.ended or far,
            outcome=STATUSES.get(self.state, Status.WORKING),
            limit=self.terms.limit,
            stop=self.stop,
            good_till_cancel=self.terms.lasts is Lasts.GTC,
            fills=fills,
            reason=self.reason,
            words={
                **self.terms.words,
                "state": self.state.value,
                "pending": self.pending,
                "trail": self.terms.trail,
                "trail_percent": self.terms.trail_percent,
            },
        )


def instruction(ticket: Ticket, place: int) -> str:
    """A leg's side in the long form: what the broker was told, or what it comes to."""
    assert ticket.terms is not None
    leg = ticket.terms.legs[place]
    told = ticket.terms.words.get("instructions")
    if isinstance(told, list) and place < len(told):
        return str(told[place])
    if len(leg.symbol) == OPTION_LENGTH:
        return ("BUY" if leg.buys else "SELL") + (
            "_TO_CLOSE" if leg.opening is False else "_TO_OPEN"
        )
    if leg.buys:
        return "BUY_TO_COVER" if leg.opening is False else "BUY"
    return "SELL_SHORT" if leg.opening else "SELL"


OPTION_LENGTH = 21
