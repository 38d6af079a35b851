"""What happened in one account since it was opened, told day by day from the seed.

A story depends on the seed, the profile and the calendar, never on today's date: asked again next
week it has the same past and one more week. It tells whole days; a reader at noon takes the events
up to noon.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_DOWN, Decimal

from brokerdesk.simulator.exchange.book import CENT, ZERO, Book
from brokerdesk.simulator.exchange.events import Event, What
from brokerdesk.simulator.exchange.fees import fees_of
from brokerdesk.simulator.exchange.orders import Fill, Order, Status
from brokerdesk.simulator.exchange.profiles import START, Profile
from brokerdesk.simulator.market import calendar, noise
from brokerdesk.simulator.market.listings import Kind, all_listings
from brokerdesk.simulator.market.market import Market, utc

BOND_STEP = Decimal(1000)
FRACTION = Decimal("0.0001")
COIN_STEP = Decimal("0.000001")
SHARE_STEP = Decimal("0.001")
FIRST_ORDER = 1_000_000_000_000
FIRST_ACTIVITY = 80_000_000_000


def multiplier(market: Market, symbol: str) -> Decimal:
    """Dollars of value per unit and point of price: 100 for options, 1/100 for bonds."""
    listing = all_listings().get(symbol)
    if listing is None:
        return Decimal(100)
    return Decimal("0.01") if listing.kind is Kind.BOND else Decimal(1)


class Teller:
    """Books events and orders of one account: the hand that ``plan`` guides."""

    def __init__(self, market: Market, profile: Profile) -> None:
        self.market = market
        self.profile = profile
        self.book = Book()
        self.events: list[Event] = []
        self.orders: list[Order] = []
        self._base = noise.key(market.seed, "numbers", profile.number) % 90_000_000 * 10_000
        self._orders = 0

    def book_event(self, at: datetime, what: What, **more: object) -> None:
        number = FIRST_ACTIVITY + self._base // 100 + len(self.events)
        event = Event(number=number, at=at, what=what, **more)  # type: ignore[arg-type]
        self.events.append(event)
        self.book.apply(event)

    def next_order(self) -> int:
        self._orders += 1
        return FIRST_ORDER + self._base + self._orders

    def deposit(self, at: datetime, amount: Decimal, text: str = "ACH deposit") -> None:
        self.book_event(at, What.DEPOSIT, amount=amount, text=text)

    def trade(self, at: datetime, symbol: str, quantity: Decimal, *, limit: bool = False) -> None:
        """Buy (positive) or sell (negative) at the market's price of that moment."""
        price = self.market.price(symbol, at)
        factor = multiplier(self.market, symbol)
        gross = (quantity * price * factor).quantize(CENT)
        fees = fees_of(self.profile, symbol, quantity, gross)
        amount = -gross - sum((fee for _, fee in fees), ZERO)
        held = self.book.quantity(symbol)
        opening = held == 0 or (held > 0) == (quantity > 0)
        if amount < 0:
            self._fund(at - timedelta(minutes=5), -amount)
        order = self._fill(at, symbol, quantity, price, opening=opening, limit=limit)
        self.book_event(
            at,
            What.TRADE,
            symbol=symbol,
            quantity=quantity,
            price=price,
            amount=amount,
            fees=fees,
            order=order,
            opening=opening,
        )

    def sweep(self, at: datetime) -> None:
        """Put spare cash into the sweep fund, or take out what is missing, at one dollar."""
        symbol, cash = self.profile.sweep, self.book.cash
        whole = cash.to_integral_value(ROUND_DOWN)
        if symbol and whole > 0:
            self._move_sweep(at, whole)

    def affordable(self, symbol: str, amount: Decimal, at: datetime) -> Decimal:
        """How many units ``amount`` buys: whole ones, bonds by the thousand, funds to 3 places."""
        listing = all_listings().get(symbol)
        price = self.market.price(symbol, at) * multiplier(self.market, symbol)
        units = amount / price
        if listing is not None and listing.kind is Kind.BOND:
            return max(BOND_STEP, (units / BOND_STEP).quantize(Decimal(1)) * BOND_STEP)
        if listing is not None and listing.kind is Kind.MUTUAL_FUND:
            return units.quantize(Decimal("0.001"), ROUND_DOWN)
        if listing is not None and listing.kind is Kind.CRYPTO:
            return units.quantize(COIN_STEP, ROUND_DOWN)
        if self.profile.fractional and listing is not None:
            return units.quantize(SHARE_STEP, ROUND_DOWN)
        return max(Decimal(1), units.quantize(Decimal(1), ROUND_DOWN))

    def listing_kind(self, symbol: str) -> Kind:
        listing = all_listings().get(symbol)
        return listing.kind if listing else Kind.OPTION

    def _fund(self, at: datetime, need: Decimal) -> None:
        """Make sure that a purchase is paid for: sweep first, then a deposit or the margin loan."""
        missing = need - self.book.cash
        if missing <= 0 or self.profile.borrows:
            return
        held = self.book.quantity(self.profile.sweep) if self.profile.sweep else ZERO
        if held:
            out = min(held, missing.to_integral_value(ROUND_CEILING))
            self._move_sweep(at, -out)
            missing -= out
        if missing > 0:
            thousand = Decimal(1000)
            self.deposit(at, (missing / thousand).to_integral_value(ROUND_CEILING) * thousand)

    def _move_sweep(self, at: datetime, units: Decimal) -> None:
        self.book_event(
            at,
            What.TRADE,
            symbol=self.profile.sweep,
            quantity=units,
            price=Decimal(1),
            amount=-units,
            opening=units > 0,
            text="Sweep",
        )

    def _fill(
        self,
        at: datetime,
        symbol: str,
        quantity: Decimal,
        price: Decimal,
        *,
        opening: bool,
        limit: bool,
    ) -> int:
        number = self.next_order()
        buys = quantity > 0
        if symbol not in all_listings():
            side = ("BUY" if buys else "SELL") + ("_TO_OPEN" if opening else "_TO_CLOSE")
        elif buys:
            side = "BUY" if opening else "BUY_TO_COVER"
        else:
            side = "SELL_SHORT" if opening else "SELL"
        fill = Fill(at=at, number=number + 7, quantity=abs(quantity), price=price)
        self.orders.append(
            Order(
                number=number,
                symbol=symbol,
                instruction=side,
                opening=opening,
                quantity=abs(quantity),
                entered=at - timedelta(seconds=90 if limit else 1),
                ends=at,
                outcome=Status.FILLED,
                limit=price + (CENT if buys else -CENT) if limit and price > CENT else None,
                fills=(fill,),
            )
        )
        return number


class Story:
    """Events and orders of one account, told as far as somebody has asked."""

    def __init__(
        self, market: Market, profile: Profile, plan: Callable[[Teller, date], None]
    ) -> None:
        self.teller = Teller(market, profile)
        self._plan = plan
        self._told = calendar.previous_trading_day(START)

    def tell(self, until: date) -> None:
        """Tell all days up to ``until``, that day included."""
        for day in calendar.trading_days(self._told + timedelta(days=1), until):
            first = len(self.teller.events)
            self._plan(self.teller, day)
            fresh = self.teller.events[first:]
            # A day is planned topic by topic; a ledger is read by time.
            fresh.sort(key=lambda event: event.at)
            self.teller.events[first:] = fresh
            self._told = day


def minute(day: date, *parts: object) -> datetime:
    """A repeatable moment of a day's session, clear of its edges."""
    session = calendar.session(day)
    assert session is not None
    room = int((session.closes - session.opens).total_seconds()) - 1800
    return session.opens + timedelta(seconds=900 + noise.key(day, *parts) % room)


def evening(day: date) -> datetime:
    return utc(day, 18, 30)
