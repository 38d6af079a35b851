"""Looking at the market for own orders: whether their time has come, and what they get."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING

from brokerdesk.simulator.exchange.book import ZERO
from brokerdesk.simulator.exchange.hours import is_regular, round_the_clock, spans
from brokerdesk.simulator.exchange.matching import (
    Sides,
    acceptable,
    depth,
    leg_fills,
    net,
    out_of_reach,
    sides,
    triggers,
)
from brokerdesk.simulator.exchange.story import multiplier
from brokerdesk.simulator.exchange.terms import Kind, Lasts, Terms
from brokerdesk.simulator.exchange.tickets import State, Ticket
from brokerdesk.simulator.market import calendar
from brokerdesk.simulator.market.calendar import new_york_day

if TYPE_CHECKING:
    from brokerdesk.simulator.exchange.floor import Floor

YOUNG = timedelta(minutes=1)
STRIDE = 5
FAR = datetime(2999, 1, 1, tzinfo=UTC)
AT_ONCE = (Lasts.IOC, Lasts.FOK)
AUCTIONS = (Lasts.OPEN, Lasts.CLOSE)
FRACTION = Decimal("0.000000001")
Taken = dict[tuple[str, bool], Decimal]


class Looks:
    """What happens at one moment to the orders that are due."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._second = 0
        self._taken: Taken = {}

    def all_due(self, tickets: Sequence[Ticket]) -> None:
        """Look for each: better prices first, then earlier ones."""
        second = int(self._floor.at.timestamp())
        if second != self._second:
            self._second, self._taken = second, {}
        for ticket in sorted(tickets, key=_rank):
            if not ticket.over:
                self._one(ticket)

    def _one(self, ticket: Ticket) -> None:
        floor, at = self._floor, self._floor.at
        if ticket.leave_at is not None and ticket.leave_at <= at:
            floor.ties.leave(ticket)
            return
        terms = ticket.terms
        if terms is None or ticket.state is State.HELD:
            self._wait(ticket, FAR)
            return
        begin, end = self._span(ticket, terms)
        if at >= ticket.expires and terms.lasts is not Lasts.CLOSE:
            floor.ties.end(ticket, State.EXPIRED)
            return
        if at < begin:
            if terms.lasts in AT_ONCE:
                floor.ties.end(ticket, State.CANCELED)
                return
            self._wait(ticket, begin if ticket.expires <= at else min(begin, ticket.expires))
            return
        floor.move(ticket, State.WORKING)
        if terms.lasts is Lasts.CLOSE and at < end:
            self._wait(ticket, end)
            return
        self._try(ticket, terms)
        if ticket.over:
            return
        if terms.lasts in (*AT_ONCE, *AUCTIONS):
            floor.ties.end(ticket, State.CANCELED if terms.lasts in AT_ONCE else State.EXPIRED)
            return
        self._wait(ticket, min(self._next(ticket, end), ticket.expires))

    def _span(self, ticket: Ticket, terms: Terms) -> tuple[datetime, datetime]:
        """The session that counts now: for an order at the close it is not over at its end."""
        at = self._floor.at
        if terms.lasts is Lasts.CLOSE:
            session = calendar.session(new_york_day(at))
            if session is not None and at == session.closes:
                return session.opens, session.closes
        if terms.lasts is Lasts.OPEN and is_regular(ticket.entered):
            # Entered in the evening's window at the earliest: the next opening is meant.
            return spans(terms, max(at, ticket.entered))[0]
        return spans(terms, at)[0]

    def _wait(self, ticket: Ticket, until: datetime) -> None:
        ticket.due = min(until, ticket.leave_at) if ticket.leave_at else until

    def _next(self, ticket: Ticket, end: datetime) -> datetime:
        floor, at = self._floor, self._floor.at
        whole = at.replace(microsecond=0)
        market = floor.exchange.market
        regular = is_regular(at)
        assert ticket.terms is not None
        if regular and out_of_reach(market, ticket, at, floor.rules.half_spread):
            session = calendar.session(new_york_day(at))
            assert session is not None
            return session.closes
        if at - ticket.entered < YOUNG:
            return whole + timedelta(seconds=1)
        if not regular and not round_the_clock(ticket.terms.symbol):
            # Prices rest outside the session, so there is nothing new before its end.
            return end
        step = STRIDE - int(whole.timestamp()) % STRIDE
        return whole + timedelta(seconds=step)

    def _try(self, ticket: Ticket, terms: Terms) -> None:
        floor, at = self._floor, self._floor.at
        market, halted = floor.exchange.market, floor.knobs.halted
        share = floor.rules.half_spread
        if any(leg.symbol in halted for leg in terms.legs):
            return
        quotes = {leg.symbol: sides(market, leg.symbol, at, share) for leg in terms.legs}
        if ticket.waits_for_stop:
            if not triggers(ticket, quotes[terms.symbol].last):
                return
            ticket.triggered = True
            floor.note(ticket, "triggered")
        price = net(terms, quotes)
        if terms.lasts in AUCTIONS:
            price = quotes[terms.symbol].last
        if not acceptable(terms, price):
            ticket.rested = True
            return
        if ticket.rested and terms.limit is not None and not terms.several:
            # A resting order trades at its own price when the market comes to it.
            price = terms.limit
        self._trade(ticket, terms, price, quotes)

    def _trade(
        self, ticket: Ticket, terms: Terms, price: Decimal, quotes: dict[str, Sides]
    ) -> None:
        floor = self._floor
        if terms.notional is not None and ticket.share is None:
            factor = multiplier(floor.exchange.market, terms.symbol)
            ticket.share = (terms.notional / price / factor).quantize(FRACTION, ROUND_DOWN)
            if not ticket.share:
                floor.ties.end(ticket, State.REJECTED, "The amount is too small.")
                return
        wanted = floor.ties.left(ticket)
        units = min([wanted, *(self._room(terms, place) for place in range(len(terms.legs)))])
        if terms.lasts in AUCTIONS or ticket.share is not None:
            units = wanted
        if units <= 0 or (terms.lasts is Lasts.FOK and units < wanted):
            return
        for leg in terms.legs:
            key = (leg.symbol, leg.buys)
            self._taken[key] = self._taken.get(key, ZERO) + units * leg.ratio
        floor.fill(ticket, units, price, leg_fills(terms, quotes, units, price))

    def _room(self, terms: Terms, place: int) -> Decimal:
        """Units of the order that one leg's market has left in this second."""
        floor, leg = self._floor, terms.legs[place]
        there = depth(floor.exchange.market, leg.symbol, floor.at, floor.knobs.depth)
        left = there - self._taken.get((leg.symbol, leg.buys), ZERO)
        units = left / leg.ratio
        return units if leg.ratio == 1 else units.to_integral_value(ROUND_DOWN)


def _rank(ticket: Ticket) -> tuple[str, bool, bool, Decimal, datetime, int]:
    """Market orders first, then the price that pays more or asks less, then the earlier one."""
    terms = ticket.terms
    if terms is None:
        return ("", True, True, ZERO, ticket.entered, ticket.number)
    limit = terms.limit or ZERO
    priced = terms.limit is not None and terms.kind is not Kind.MARKET
    better = -limit if terms.buys else limit
    return (terms.symbol, terms.buys, priced, better, ticket.entered, ticket.number)
