"""The state of one account: cash and lots, made by applying events in order.

Everything a broker reports about an account is derived from this and the market's prices, so a
past day's portfolio is the same computation over fewer events.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from brokerdesk.simulator.exchange.events import Event, What

CENT = Decimal("0.01")
# One decimal, so that whole quantities are written the way brokers write them: 100.0.
ZERO = Decimal("0.0")


@dataclass(frozen=True, slots=True)
class Lot:
    """Units bought (or sold short: negative) together; ``cost`` has the sign of ``quantity``."""

    quantity: Decimal
    cost: Decimal
    opened: datetime


@dataclass(frozen=True, slots=True)
class Holding:
    """All open lots of one symbol, oldest first, all of one sign."""

    lots: tuple[Lot, ...]
    quantity: Decimal
    cost: Decimal

    @classmethod
    def of(cls, lots: tuple[Lot, ...]) -> Holding:
        return cls(
            lots, sum((lot.quantity for lot in lots), ZERO), sum((x.cost for x in lots), ZERO)
        )


@dataclass(slots=True)
class Book:
    """Cash and holdings at one moment."""

    cash: Decimal = ZERO
    holdings: dict[str, Holding] = field(default_factory=dict)

    def copy(self) -> Book:
        """An independent book: holdings are immutable, so only the dictionary is copied."""
        return Book(self.cash, dict(self.holdings))

    def quantity(self, symbol: str) -> Decimal:
        holding = self.holdings.get(symbol)
        return holding.quantity if holding else ZERO

    def apply(self, event: Event) -> None:
        """Book one event."""
        self.cash += event.amount
        if event.what is What.SPLIT:
            self._split(event.symbol, event.quantity)
        elif event.quantity and event.symbol:
            self._change(event)

    def _split(self, symbol: str, ratio: Decimal) -> None:
        holding = self.holdings.get(symbol)
        if holding:
            lots = tuple(Lot(lot.quantity * ratio, lot.cost, lot.opened) for lot in holding.lots)
            self.holdings[symbol] = Holding.of(lots)

    def _change(self, event: Event) -> None:
        holding = self.holdings.get(event.symbol)
        if holding is None or (holding.quantity > 0) == (event.quantity > 0):
            self._open(event, holding, event.quantity)
            return
        lots = list(holding.lots)
        left = event.quantity
        # Closing: units of the opposite sign are taken off, oldest first.
        while lots and left:
            oldest = lots[0]
            if abs(oldest.quantity) <= abs(left):
                left += oldest.quantity
                lots.pop(0)
                continue
            part = (oldest.cost * -left / oldest.quantity).quantize(CENT)
            lots[0] = Lot(oldest.quantity + left, oldest.cost - part, oldest.opened)
            left = ZERO
        if lots:
            self.holdings[event.symbol] = Holding.of(tuple(lots))
        else:
            self.holdings.pop(event.symbol)
        if left:
            self._open(event, None, left)

    def _open(self, event: Event, holding: Holding | None, units: Decimal) -> None:
        """Add a lot of ``units``, with their share of what the event cost."""
        cost = (-event.amount * units / event.quantity).quantize(CENT)
        lot = Lot(units + ZERO, cost, event.at)
        if holding is None:
            self.holdings[event.symbol] = Holding((lot,), lot.quantity, cost)
        else:
            lots = (*holding.lots, lot)
            quantity = holding.quantity + lot.quantity
            self.holdings[event.symbol] = Holding(lots, quantity, holding.cost + cost)
