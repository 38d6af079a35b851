"""What an account is worth at a moment: figures that every dialect words in its own way.

All money arithmetic is exact. ``cash + the sum of market values = liquidation value`` holds by
construction and is what the tests hold the dialects to.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from brokerdesk.simulator.exchange.book import CENT, ZERO, Book, Holding
from brokerdesk.simulator.exchange.story import multiplier
from brokerdesk.simulator.market.listings import Kind, Listing, all_listings
from brokerdesk.simulator.market.market import Market

MAINTENANCE = Decimal("0.30")
SHORT_OPTION_MARGIN = Decimal("0.20")


@dataclass(frozen=True, slots=True, kw_only=True)
class Valued:
    """One position at a moment. ``price`` per unit, ``factor`` dollars per unit and point."""

    symbol: str
    kind: Kind
    listing: Listing | None
    holding: Holding
    quantity: Decimal
    price: Decimal
    factor: Decimal
    market_value: Decimal
    requirement: Decimal

    @property
    def average(self) -> Decimal:
        """Cost per unit of price: what was paid, as a price."""
        return (self.holding.cost / self.quantity / self.factor).quantize(Decimal("0.00000001"))

    @property
    def open_profit(self) -> Decimal:
        return self.market_value - self.holding.cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Valuation:
    """One account at a moment."""

    at: datetime
    cash: Decimal
    positions: tuple[Valued, ...]

    def total(self, *kinds: Kind, long: bool = True) -> Decimal:
        """Market value of the positions of some kinds on one side (shorts are negative)."""
        return sum(
            (
                p.market_value
                for p in self.positions
                if p.kind in kinds and (p.quantity > 0) == long
            ),
            ZERO,
        )

    @property
    def liquidation(self) -> Decimal:
        return self.cash + sum((p.market_value for p in self.positions), ZERO)

    @property
    def short_credit(self) -> Decimal:
        """What was received for the stock that is now short: cash, but not to be spent."""
        stock = (p for p in self.positions if p.quantity < 0 and p.kind is not Kind.OPTION)
        return sum((-p.holding.cost for p in stock), ZERO)

    @property
    def requirement(self) -> Decimal:
        return sum((p.requirement for p in self.positions), ZERO)


def value_book(market: Market, book: Book, moment: datetime) -> Valuation:
    """Value every holding at the market's price of a moment."""
    listings = all_listings()
    positions = []
    for symbol, holding in book.holdings.items():
        listing = listings.get(symbol)
        kind = listing.kind if listing else Kind.OPTION
        price = market.price(symbol, moment)
        factor = multiplier(market, symbol)
        worth = (holding.quantity * price * factor).quantize(CENT)
        positions.append(
            Valued(
                symbol=symbol,
                kind=kind,
                listing=listing,
                holding=holding,
                quantity=holding.quantity,
                price=price,
                factor=factor,
                market_value=worth,
                requirement=_requirement(kind, worth),
            )
        )
    return Valuation(at=moment, cash=book.cash, positions=tuple(positions))


def _requirement(kind: Kind, worth: Decimal) -> Decimal:
    if kind is Kind.OPTION:
        return (abs(worth) * SHORT_OPTION_MARGIN).quantize(CENT) if worth < 0 else ZERO
    if kind is Kind.MONEY_MARKET:
        return ZERO
    return (abs(worth) * MAINTENANCE).quantize(CENT)
