"""A floor with one plain account and a clock in the hand: no HTTP, no five years of story."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from brokerdesk.simulator.exchange.exchange import Account, Exchange
from brokerdesk.simulator.exchange.floor import Floor
from brokerdesk.simulator.exchange.knobs import OrderKnobs
from brokerdesk.simulator.exchange.profiles import Profile
from brokerdesk.simulator.exchange.rules import Rules, initial_margin
from brokerdesk.simulator.exchange.terms import Kind, Leg, Strategy, Terms
from brokerdesk.simulator.exchange.tickets import Ticket

OPEN = datetime(2026, 11, 19, 15, 0, tzinfo=UTC)
"""A Thursday at ten in New York."""
RULES = Rules(
    half_spread=Decimal("0.0002"), power=initial_margin, fractions=True, shorts_named=False
)


class Clock:
    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


class SmallExchange:
    """100,000 dollars, nothing held."""

    def __init__(
        self, *, at: datetime = OPEN, margin: bool = True, rules: Rules = RULES, **knobs: Any
    ) -> None:
        profile = Profile(
            number="1001",
            nickname="Small",
            margin=margin,
            retirement=True,
            opening=Decimal(100_000),
            monthly=Decimal(0),
            picks=(),
        )
        self.clock = Clock(at)
        self.exchange = Exchange(301, profiles=(profile,))
        self.knobs = OrderKnobs(**knobs)
        self.floor = Floor(self.exchange, self.clock.now, self.knobs, rules)
        self.market = self.exchange.market

    @property
    def account(self) -> Account:
        return self.exchange.accounts[0]

    def order(self, symbol: str = "AAPL", units: str | None = "10", **terms: Any) -> Ticket:
        """Place an order that nothing speaks against."""
        strategy = self.strategy(symbol, units, **terms)
        found = self.floor.check(self.account, strategy)
        assert found is None, found
        return self.floor.place(self.account, strategy)

    def strategy(self, symbol: str = "AAPL", units: str | None = "10", **terms: Any) -> Strategy:
        buys, opening = terms.pop("buys", True), terms.pop("opening", None)
        leg = Leg(symbol=symbol, buys=buys, opening=opening)
        quantity = None if units is None else Decimal(units)
        given = {"kind": Kind.MARKET, "quantity": quantity, **terms}
        return Strategy(terms=Terms(legs=(leg,), **given))

    def refused(self, *args: Any, **terms: Any) -> str:
        found = self.floor.check(self.account, self.strategy(*args, **terms))
        return "" if found is None else found.why.value

    def wait(self, seconds: float = 1, *, looking: bool = True) -> None:
        self.clock.at += timedelta(seconds=seconds)
        if looking:
            self.floor.advance()

    def go_to(self, moment: datetime) -> None:
        assert moment >= self.clock.at
        self.clock.at = moment
        self.floor.advance()

    def held(self, symbol: str = "AAPL") -> Decimal:
        return self.account.book_at(self.clock.at).quantity(symbol)

    @property
    def cash(self) -> Decimal:
        return self.account.book_at(self.clock.at).cash

    def last(self, symbol: str = "AAPL") -> Decimal:
        return self.market.price(symbol, self.clock.at)

    def prices(self, symbol: str = "AAPL", seconds: int = 21_000) -> list[Decimal]:
        """The last price at each second from now on."""
        found = (self.clock.at + timedelta(seconds=one) for one in range(seconds))
        return [self.market.price(symbol, at) for at in found]
