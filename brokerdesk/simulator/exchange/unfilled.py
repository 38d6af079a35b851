"""Orders that did not simply fill: long working, part filled, rejected, expired, cancelled."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from brokerdesk.simulator.exchange.book import CENT
from brokerdesk.simulator.exchange.events import What
from brokerdesk.simulator.exchange.orders import Fill, Order, Status
from brokerdesk.simulator.exchange.profiles import Profile
from brokerdesk.simulator.exchange.story import Teller, minute
from brokerdesk.simulator.market import calendar, noise
from brokerdesk.simulator.market.listings import Kind, of_kind

REFUSALS = (
    "Your buying power is below the minimum requirement for this order.",
    "This security is not eligible for this type of order.",
)


class UnfilledOrders:
    """The habit of entering such orders, every few days."""

    def __init__(self, seed: int, profile: Profile) -> None:
        self._seed = seed
        self._profile = profile
        equities = {listing.symbol for listing in of_kind(Kind.EQUITY)}
        self._stocks = [symbol for symbol in profile.picks if symbol in equities] or ["SCHD"]

    def _draw(self, *parts: object) -> float:
        return noise.unit(noise.key(self._seed, self._profile.number, *parts), 0)

    def __call__(self, teller: Teller, day: date, since: int) -> None:
        """Orders that did not simply fill: good-till-cancelled ones, rejected and expired ones."""
        symbol = self._stocks[int(self._draw("other", day) * len(self._stocks))]
        at = minute(day, self._profile.number, "other")
        price = teller.market.price(symbol, at)
        if since % 10 == 0:
            self._good_till_cancel(teller, day, symbol, price)
        elif since % 10 == 4 and self._draw("rejected", day) < 0.4:
            reason = REFUSALS[int(self._draw("reason", day) * len(REFUSALS))]
            self._plain(teller, day, symbol, price, Status.REJECTED, reason)
        elif since % 10 == 7:
            done = Status.EXPIRED if self._draw("expired", day) < 0.5 else Status.CANCELED
            self._plain(teller, day, symbol, (price * Decimal("0.9")).quantize(CENT), done, "")

    def _good_till_cancel(self, teller: Teller, day: date, symbol: str, price: Decimal) -> None:
        """Works until the next one replaces it, so one always does; some fill in part."""
        entered = minute(day, self._profile.number, "other")
        place = calendar.place_of(day)
        ends = minute(calendar.all_trading_days()[place + 10], self._profile.number, "other")
        limit = (price * Decimal("0.85")).quantize(CENT)
        number, quantity, fills = teller.next_order(), Decimal(10), tuple[Fill, ...]()
        if (
            self._draw("partly", day) < 0.5
            and teller.book.cash > 4 * price
            and not teller.profile.sweep
        ):
            limit = (price * Decimal("1.002")).quantize(CENT)
            part = Decimal(3)
            at = entered + timedelta(seconds=20)
            paid = teller.market.price(symbol, at)
            fills = (Fill(at=at, number=number + 7, quantity=part, price=paid),)
            teller.book_event(
                at,
                What.TRADE,
                symbol=symbol,
                quantity=part,
                price=paid,
                amount=-(part * paid).quantize(CENT),
                order=number,
            )
        teller.orders.append(
            Order(
                number=number,
                symbol=symbol,
                instruction="BUY",
                opening=True,
                quantity=quantity,
                entered=entered,
                ends=ends - timedelta(seconds=1),
                outcome=Status.CANCELED,
                limit=limit,
                good_till_cancel=True,
                fills=fills,
            )
        )

    def _plain(
        self, teller: Teller, day: date, symbol: str, limit: Decimal, done: Status, reason: str
    ) -> None:
        entered = minute(day, self._profile.number, "other")
        session = calendar.session(day)
        assert session is not None
        ends = {
            Status.REJECTED: entered + timedelta(seconds=1),
            Status.EXPIRED: session.closes,
        }.get(done, entered + timedelta(minutes=7))
        teller.orders.append(
            Order(
                number=teller.next_order(),
                symbol=symbol,
                instruction="BUY",
                opening=True,
                quantity=Decimal(5),
                entered=entered,
                ends=ends,
                outcome=done,
                limit=limit,
                reason=reason,
            )
        )
