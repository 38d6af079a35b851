"""What an order meets when it looks at the market: two prices, and how much there is.

Pure functions of the market and a moment. Prices are the market's last with half a spread to either
side; how much can be traded in one second is drawn from the seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_DOWN, Decimal

from brokerdesk.simulator.exchange.book import CENT
from brokerdesk.simulator.exchange.terms import Kind, Lasts, Terms
from brokerdesk.simulator.exchange.tickets import LegFill, Ticket
from brokerdesk.simulator.market import calendar, noise
from brokerdesk.simulator.market.calendar import new_york_day
from brokerdesk.simulator.market.listings import Kind as Listed
from brokerdesk.simulator.market.listings import all_listings
from brokerdesk.simulator.market.market import Market

PER_SECOND = 60_000
"""Dollars of a security that can be traded in one second, about."""
CONTRACTS = 12
COIN_PLACES = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Sides:
    """Bid, ask and last."""

    bid: Decimal
    ask: Decimal
    last: Decimal


def sides(market: Market, symbol: str, moment: datetime, share: Decimal) -> Sides:
    """Both sides of the market; ``share`` is half the spread as a part of the price."""
    last = market.price(symbol, moment)
    half = max(CENT, (last * share).quantize(CENT))
    return Sides(max(CENT, last - half), last + half, last)


def net(terms: Terms, quotes: dict[str, Sides]) -> Decimal:
    """The price per unit at once: the ask for a purchase, the bid for a sale, net for several."""
    if not terms.several:
        quote = quotes[terms.symbol]
        return quote.ask if terms.buys else quote.bid
    total = Decimal(0)
    for leg in terms.legs:
        quote = quotes[leg.symbol]
        total += leg.sign * leg.ratio * (quote.ask if leg.buys else quote.bid)
    return total


def leg_fills(
    terms: Terms, quotes: dict[str, Sides], units: Decimal, price: Decimal
) -> tuple[LegFill, ...]:
    """What each leg trades; of several, the first takes what the net price differs by."""
    if not terms.several:
        leg = terms.legs[0]
        return (LegFill(symbol=leg.symbol, quantity=leg.sign * units, price=price),)
    rest, found = price, list[LegFill]()
    for leg in reversed(terms.legs):
        quote = quotes[leg.symbol]
        paid = quote.ask if leg.buys else quote.bid
        if leg is terms.legs[0]:
            paid = max(CENT, (leg.sign * rest / leg.ratio).quantize(CENT))
        rest -= leg.sign * leg.ratio * paid
        found.append(LegFill(symbol=leg.symbol, quantity=leg.sign * units * leg.ratio, price=paid))
    return tuple(reversed(found))


def acceptable(terms: Terms, price: Decimal) -> bool:
    """Whether a limit allows this price; an order without one takes any."""
    if terms.limit is None or terms.kind in (Kind.MARKET, Kind.STOP, Kind.TRAILING_STOP):
        return True
    return price <= terms.limit if terms.buys or terms.several else price >= terms.limit


def triggers(ticket: Ticket, last: Decimal) -> bool:
    """Whether a stop is touched; moves a trailing one along first."""
    terms = ticket.terms
    assert terms is not None
    if terms.kind is Kind.TRAILING_STOP:
        better = min if terms.buys else max
        ticket.peak = last if ticket.peak is None else better(ticket.peak, last)
    stop = ticket.stop
    assert stop is not None
    return last >= stop if terms.buys else last <= stop


def depth(market: Market, symbol: str, moment: datetime, fixed: str) -> Decimal:
    """Units that can be traded within the second of a moment."""
    if fixed:
        return Decimal(fixed)
    listing = all_listings().get(symbol)
    draw = Decimal(1 + noise.key(market.seed, "depth", symbol, int(moment.timestamp())) % 200)
    if listing is None:
        return (draw * CONTRACTS / 100).to_integral_value(ROUND_DOWN) + 1
    units = PER_SECOND * draw / 100 / market.price(symbol, moment)
    if listing.kind is Listed.CRYPTO:
        return units.quantize(COIN_PLACES, ROUND_DOWN)
    return max(Decimal(1), units.to_integral_value(ROUND_DOWN))


def out_of_reach(market: Market, ticket: Ticket, moment: datetime, share: Decimal) -> bool:
    """Whether nothing that happens in this day's session can make the order trade."""
    terms = ticket.terms
    assert terms is not None
    listing = all_listings().get(terms.symbol)
    if terms.several or listing is None or terms.kind not in (Kind.LIMIT, Kind.STOP):
        return False
    if terms.lasts not in (Lasts.DAY, Lasts.GTC):
        return False
    day = new_york_day(moment)
    if calendar.session(day) is None:
        return False
    span = market.day_range(listing, calendar.place_of(day))
    low, high = Decimal(span.low).scaleb(-2), Decimal(span.high).scaleb(-2)
    room = max(CENT, high * share) + CENT
    level = terms.limit if terms.kind is Kind.LIMIT else terms.stop
    assert level is not None
    if (terms.kind is Kind.LIMIT) == terms.buys:
        return level < low - room
    return level > high + room
