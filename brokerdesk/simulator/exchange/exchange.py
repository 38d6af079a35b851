"""All accounts of the simulated customer, at any moment.

Dialects ask here; nothing in this package knows what a broker's answer looks like.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import OrderedDict
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from brokerdesk.simulator.exchange.book import ZERO, Book
from brokerdesk.simulator.exchange.events import Event, What
from brokerdesk.simulator.exchange.orders import Order
from brokerdesk.simulator.exchange.plan import Days, Plan
from brokerdesk.simulator.exchange.profiles import Profile, make_profiles
from brokerdesk.simulator.exchange.story import Story
from brokerdesk.simulator.exchange.valuation import Valuation, value_book
from brokerdesk.simulator.market import calendar
from brokerdesk.simulator.market.calendar import new_york_day
from brokerdesk.simulator.market.market import Market, utc

CHECKPOINT_EVERY = 256
KEPT_VALUATIONS = 64


class Account:
    """One account: its story, and its book as of any moment."""

    def __init__(self, market: Market, profile: Profile, days: Days) -> None:
        self.market = market
        self.profile = profile
        self._story = Story(market, profile, Plan(market, profile, days))
        self._checkpoints: list[Book] = [Book()]
        self._times: list[datetime] = []
        self._recent: tuple[int, Book] = (0, Book())
        self._valuations: OrderedDict[datetime, Valuation] = OrderedDict()

    def events(self, since: datetime, until: datetime) -> list[Event]:
        """Events in ``[since, until]``, oldest first."""
        self._tell(until)
        found = self._story.teller.events
        return found[bisect_left(self._times, since) : bisect_right(self._times, until)]

    def orders(self, since: datetime, until: datetime) -> list[Order]:
        """Orders entered in ``[since, until]``, oldest first."""
        self._tell(until)
        found = [o for o in self._story.teller.orders if since <= o.entered <= until]
        return sorted(found, key=lambda order: (order.entered, order.number))

    def book_at(self, moment: datetime) -> Book:
        """Cash and holdings after every event up to a moment. Not to be changed by the caller."""
        self._tell(moment)
        wanted = bisect_right(self._times, moment)
        done, book = self._recent
        if done > wanted or wanted - done > CHECKPOINT_EVERY:
            done = wanted // CHECKPOINT_EVERY * CHECKPOINT_EVERY
            book = self._checkpoints[wanted // CHECKPOINT_EVERY]
        if done != wanted:
            book = book.copy()
            for event in self._story.teller.events[done:wanted]:
                book.apply(event)
        self._recent = (wanted, book)
        return book

    def value_at(self, moment: datetime) -> Valuation:
        """The account valued at a moment."""
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

    def _tell(self, until: datetime) -> None:
        events = self._story.teller.events
        known = len(events)
        self._story.tell(new_york_day(until))
        if len(events) == known:
            return
        self._times.extend(event.at for event in events[known:])
        book = self._checkpoints[-1].copy()
        start = (len(self._checkpoints) - 1) * CHECKPOINT_EVERY
        for place in range(start, len(events)):
            book.apply(events[place])
            if (place + 1) % CHECKPOINT_EVERY == 0:
                self._checkpoints.append(book.copy())


def end_of_day(day: date) -> datetime:
    """The moment at which a trading day's figures are final: evening in New York."""
    return utc(day, 19)


@lru_cache(maxsize=4)
def _world(seed: int) -> tuple[Market, Days]:
    """The market of a seed and its corporate events: the same for all who ask, so made once."""
    market = Market(seed)
    return market, Days(market)


class Exchange:
    """The customer's accounts at one simulated broker."""

    def __init__(
        self,
        seed: int,
        accounts: int | None = None,
        positions: int | None = None,
        *,
        profiles: tuple[Profile, ...] | None = None,
    ) -> None:
        self.market, days = _world(seed)
        self.seed = seed
        if profiles is None:
            profiles = make_profiles(seed, accounts, positions)
        self.accounts = tuple(Account(self.market, profile, days) for profile in profiles)

    def account(self, number: str) -> Account | None:
        return next((a for a in self.accounts if a.profile.number == number), None)
