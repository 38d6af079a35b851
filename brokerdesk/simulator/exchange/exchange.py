"""All accounts of the simulated customer, at any moment.

Dialects ask here; nothing in this package knows what a broker's answer looks like.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from brokerdesk.simulator.exchange.book import ZERO, Book
from brokerdesk.simulator.exchange.events import Event, What
from brokerdesk.simulator.exchange.ledger import Ledger
from brokerdesk.simulator.exchange.orders import Order
from brokerdesk.simulator.exchange.plan import Days, Plan
from brokerdesk.simulator.exchange.profiles import Profile, make_profiles
from brokerdesk.simulator.exchange.story import Story
from brokerdesk.simulator.exchange.valuation import Valuation, value_book
from brokerdesk.simulator.market import calendar
from brokerdesk.simulator.market.calendar import new_york_day
from brokerdesk.simulator.market.market import Market, utc

if TYPE_CHECKING:
    from brokerdesk.simulator.exchange.floor import Floor

KEPT_VALUATIONS = 64


class Account:
    """One account: its story, what its owner did besides, and its book as of any moment.

    From the owner's first order on the story's habits end: the account is his alone. ``floor`` is
    where his orders are; it is brought up to date before anything is told.
    """

    def __init__(self, market: Market, profile: Profile, days: Days) -> None:
        self.market = market
        self.profile = profile
        self.days = days
        self.floor: Floor | None = None
        self.taken_over: datetime | None = None
        self._story = Story(market, profile, Plan(market, profile, days))
        self._booked = 0
        self._ledger = Ledger()
        self._valuations: OrderedDict[datetime, Valuation] = OrderedDict()

    def attach(self, floor: Floor) -> None:
        """Orders are taken on this floor from now on; what an earlier one did is forgotten."""
        self.floor = floor
        if self.taken_over is not None:
            self.taken_over, self._booked, self._ledger = None, 0, Ledger()
            self._valuations.clear()

    def events(self, since: datetime, until: datetime) -> list[Event]:
        """Events in ``[since, until]``, oldest first."""
        self._tell(until)
        return self._ledger.between(since, until)

    def orders(self, since: datetime, until: datetime) -> list[Order]:
        """Orders entered in ``[since, until]``, oldest first."""
        found = self.story_orders(since, until)
        if self.floor is not None:
            own = (ticket.as_order() for ticket in self.floor.tickets(self) if ticket.terms)
            found += [order for order in own if since <= order.entered <= until]
        return sorted(found, key=lambda order: (order.entered, order.number))

    def story_orders(self, since: datetime, until: datetime) -> list[Order]:
        """Those of the story alone; what was working when it ended is on the floor."""
        self._tell(until)
        end = self.taken_over
        found = [o for o in self._story.teller.orders if since <= o.entered <= until]
        if end is not None:
            found = [o for o in found if o.entered <= end and o.ends <= end]
        return sorted(found, key=lambda order: (order.entered, order.number))

    def book_at(self, moment: datetime) -> Book:
        """Cash and holdings after every event up to a moment. Not to be changed by the caller."""
        self._tell(moment)
        return self._ledger.book_at(moment)

    def value_at(self, moment: datetime) -> Valuation:
        """The account valued at a moment."""
        self._tell(moment)
        found = self._valuations.get(moment)
        if found is None:
            found = value_book(self.market, self.book_at(moment), moment)
            self._valuations[moment] = found
            if len(self._valuations) > KEPT_VALUATIONS:
                self._valuations.popitem(last=False)
        return found

    def before_session(self, moment: datetime) -> Valuation:
        """The account at the close before the session that a moment belongs to, funds priced."""
        day = self.market.day_before(moment)
        return self.value_at(end_of_day(day))

    def unsettled(self, moment: datetime) -> Decimal:
        """Proceeds of sales that have not settled (one business day)."""
        day = calendar.all_trading_days()[calendar.last_place(new_york_day(moment))]
        session = calendar.session(day)
        assert session is not None
        fresh = self.events(session.opens, moment)
        return sum((e.amount for e in fresh if e.what is What.TRADE and e.amount > 0), ZERO)

    def take_over(self, moment: datetime) -> list[Order]:
        """End the story at a moment; the orders that were working then."""
        self._tell(moment)
        self.taken_over = moment
        self._ledger.drop_after(moment)
        self._valuations.clear()
        orders = self._story.teller.orders
        return [order for order in orders if order.entered <= moment < order.ends]

    def book_own(self, events: Sequence[Event]) -> None:
        """Book what the owner did, or what befell him since the story ended."""
        self._ledger.add(events)
        self._valuations.clear()

    def _tell(self, until: datetime) -> None:
        if self.floor is not None:
            self.floor.advance()
        self._tell_story(until)

    def _tell_story(self, until: datetime) -> None:
        end = self.taken_over
        if end is not None:
            until = min(until, end)
        told = self._story.teller.events
        self._story.tell(new_york_day(until))
        fresh, self._booked = told[self._booked :], len(told)
        self._ledger.add([one for one in fresh if end is None or one.at <= end])


def end_of_day(day: date) -> datetime:
    """The moment at which a trading day's figures are final: evening in New York."""
    return utc(day, 19)


@lru_cache(maxsize=4)
def _world(seed: int) -> tuple[Market, Days]:
    """The market of a seed and its corporate events: the same for all who ask, so made once."""
    market = Market(seed)
    return market, Days(market)


class Exchange:
    """The customer's accounts at one simulated broker; ``shared`` ones are another broker's."""

    def __init__(
        self,
        seed: int,
        accounts: int | None = None,
        positions: int | None = None,
        *,
        profiles: tuple[Profile, ...] | None = None,
        shared: Sequence[Account] = (),
    ) -> None:
        self.market, days = _world(seed)
        self.seed = seed
        if profiles is None:
            profiles = make_profiles(seed, accounts, positions)
        self.own = tuple(Account(self.market, profile, days) for profile in profiles)
        self.accounts = (*self.own, *shared)

    def account(self, number: str) -> Account | None:
        return next((a for a in self.accounts if a.profile.number == number), None)
