"""What one broker takes and what it counts as buying power, as far as they differ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from brokerdesk.simulator.exchange.book import CENT, ZERO
from brokerdesk.simulator.exchange.orders import Order
from brokerdesk.simulator.exchange.profiles import Profile
from brokerdesk.simulator.exchange.terms import Strategy
from brokerdesk.simulator.exchange.valuation import Valuation
from brokerdesk.simulator.market.listings import Kind

HALF = Decimal("0.5")
Power = Callable[[Profile, Valuation, bool], Decimal]


def initial_margin(profile: Profile, value: Valuation, on_margin: bool) -> Decimal:
    """Twice what is left above half of the stocks' worth; what is not lent on, from cash alone."""
    stocks = [p for p in value.positions if p.kind in (Kind.EQUITY, Kind.ETF)]
    initial = sum(((abs(p.market_value) * HALF).quantize(CENT) for p in stocks), ZERO)
    spare, cash = max(ZERO, value.liquidation - initial), max(ZERO, value.cash)
    if not on_margin:
        return min(spare, cash)
    return spare * 2 if profile.margin else cash


def maintenance_margin(profile: Profile, value: Valuation, on_margin: bool) -> Decimal:
    """Twice what is left above what has to stay; without margin the cash, a sweep counted in."""
    if not profile.margin:
        return max(ZERO, value.cash + value.total(Kind.MONEY_MARKET))
    available = max(ZERO, value.liquidation - value.requirement)
    if on_margin:
        return available * 2
    return min(available, max(ZERO, value.cash - value.short_credit))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """One broker's."""

    half_spread: Decimal
    power: Power
    fractions: bool = False
    """Whether shares are traded in parts."""
    shorts_named: bool = True
    """Whether a sale says that it is short, and a purchase that it covers."""
    adopt: Callable[[Order], Strategy] | None = None
    """How an order of the story goes on when the account becomes the user's."""


def on_margin(kind: Kind) -> bool:
    """Whether money is lent on it."""
    return kind in (Kind.EQUITY, Kind.ETF)
