"""When an order may trade, and until when it stands."""

from __future__ import annotations

from datetime import datetime, timedelta

from brokerdesk.simulator.exchange.terms import Hours, Lasts, Terms
from brokerdesk.simulator.market import calendar
from brokerdesk.simulator.market.calendar import new_york_day
from brokerdesk.simulator.market.listings import Kind, all_listings
from brokerdesk.simulator.market.market import utc

MORNING, EVENING = 4, 20
GOOD_FOR = timedelta(days=90)
SPANS = 8
"""Days ahead within which there is always a session."""


def round_the_clock(symbol: str) -> bool:
    listing = all_listings().get(symbol)
    return listing is not None and listing.kind is Kind.CRYPTO


def spans(terms: Terms, since: datetime) -> list[tuple[datetime, datetime]]:
    """The next times, not over at ``since``, in which the order may trade; oldest first."""
    if round_the_clock(terms.symbol):
        return [(since, since + timedelta(days=365))]
    found = []
    for step in range(SPANS):
        day = new_york_day(since) + timedelta(days=step)
        session = calendar.session(day)
        if session is None:
            continue
        begin, end = session.opens, session.closes
        if terms.hours is Hours.ALL:
            begin, end = utc(day, MORNING), utc(day, EVENING)
        elif terms.hours is Hours.BEFORE:
            begin, end = utc(day, MORNING), session.opens
        elif terms.hours is Hours.AFTER:
            begin, end = session.closes, utc(day, EVENING)
        if end > since:
            found.append((begin, end))
    return found


def is_regular(moment: datetime) -> bool:
    session = calendar.session(new_york_day(moment))
    return session is not None and session.opens <= moment < session.closes


def expiry(terms: Terms, entered: datetime) -> datetime:
    """When it ends by itself."""
    if terms.lasts is Lasts.GTC:
        return entered + GOOD_FOR
    return spans(terms, entered)[0][1]
