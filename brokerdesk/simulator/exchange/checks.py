"""Why an order is not taken, in the order in which a broker finds out.

A refusal is a fact with figures; each dialect words it its own way.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from brokerdesk.simulator.exchange.book import CENT, ZERO
from brokerdesk.simulator.exchange.matching import net, sides
from brokerdesk.simulator.exchange.rules import on_margin
from brokerdesk.simulator.exchange.story import multiplier
from brokerdesk.simulator.exchange.terms import STOPS, Kind, Lasts, Leg, Link, Strategy, Terms
from brokerdesk.simulator.market import calendar
from brokerdesk.simulator.market.calendar import NEW_YORK, new_york_day
from brokerdesk.simulator.market.listings import Kind as Listed
from brokerdesk.simulator.market.listings import all_listings
from brokerdesk.simulator.market.options import OptionContract

if TYPE_CHECKING:
    from brokerdesk.simulator.exchange.exchange import Account
    from brokerdesk.simulator.exchange.floor import Floor

TRADED = (Listed.EQUITY, Listed.ETF, Listed.OPTION, Listed.CRYPTO)
UNCOVERED_SHARE = Decimal("0.2")
FINEST = Decimal("0.000000001")
CLOSE_CUT = timedelta(minutes=10)
OPEN_CUT = timedelta(minutes=2)
NO_OPEN_BEFORE = 19


class Why(StrEnum):
    SYMBOL = "symbol"
    QUANTITY = "quantity"
    FRACTION = "fraction"
    PRICE = "price"
    SUB_PENNY = "sub_penny"
    HALTED = "halted"
    POWER = "power"
    UNITS = "units"
    """More is sold than there is."""
    SHORTS = "shorts"
    """The account may not sell short."""
    SIDE = "side"
    """The wrong side for the position."""
    STOP_SIDE = "stop_side"
    WINDOW = "window"
    """Too late, or too early, for that auction."""
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Refusal:
    why: Why
    terms: Terms
    facts: dict[str, Decimal | str] = field(default_factory=dict)


def refusal(floor: Floor, account: Account, strategy: Strategy, now: datetime) -> Refusal | None:
    """Why the whole of it is refused, or None. What waits for a parent is checked for form only."""
    for place, terms in enumerate(strategy.all_terms()):
        found = _form(floor, account, terms, now)
        # What starts at once is the parent, or each of two that cancel each other.
        if found is None and (place == 0 or strategy.link is Link.OCO):
            found = _market(floor, account, terms, now) or _position(floor, account, terms)
        if found is not None:
            return found
    first = strategy.all_terms()[0]
    return _means(floor, account, first, now)


def form(floor: Floor, account: Account, strategy: Strategy, now: datetime) -> Refusal | None:
    """What is wrong with it in itself."""
    found = (_form(floor, account, terms, now) for terms in strategy.all_terms())
    return next((one for one in found if one is not None), None)


def _form(floor: Floor, account: Account, terms: Terms, now: datetime) -> Refusal | None:
    market = account.market
    for leg in terms.legs:
        contract, listing = market.option(leg.symbol), all_listings().get(leg.symbol)
        if contract is None and (listing is None or listing.kind not in TRADED):
            return Refusal(Why.SYMBOL, terms, {"symbol": leg.symbol})
        if contract is not None and contract.expires <= now:
            return Refusal(Why.EXPIRED, terms, {"symbol": leg.symbol})
    amount = terms.quantity if terms.quantity is not None else terms.notional
    if amount is None or amount <= 0:
        return Refusal(Why.QUANTITY, terms)
    if terms.quantity is not None and terms.quantity % 1:
        coin = len(terms.legs) == 1 and market.coin(terms.symbol) is not None
        option = market.option(terms.symbol) is not None
        if option or not (coin or floor.rules.fractions) or terms.quantity % FINEST:
            return Refusal(Why.FRACTION, terms)
    return _prices(terms)


def _prices(terms: Terms) -> Refusal | None:
    if terms.kind in (Kind.LIMIT, Kind.STOP_LIMIT) and terms.limit is None:
        return Refusal(Why.PRICE, terms, {"field": "limit"})
    if terms.kind in (Kind.STOP, Kind.STOP_LIMIT) and terms.stop is None:
        return Refusal(Why.PRICE, terms, {"field": "stop"})
    if terms.kind is Kind.TRAILING_STOP:
        trail = terms.trail if terms.trail is not None else terms.trail_percent
        if trail is None or trail <= 0:
            return Refusal(Why.PRICE, terms, {"field": "trail"})
    coin = terms.symbol in all_listings() and all_listings()[terms.symbol].kind is Listed.CRYPTO
    for name, price in (("limit", terms.limit), ("stop", terms.stop)):
        if price is None:
            continue
        if price <= 0 and not terms.several:
            return Refusal(Why.PRICE, terms, {"field": name})
        tick = CENT if abs(price) >= 1 else CENT / 100
        if not coin and price % tick:
            return Refusal(Why.SUB_PENNY, terms, {"field": name, "price": price})
    return None


def _market(floor: Floor, account: Account, terms: Terms, now: datetime) -> Refusal | None:
    for leg in terms.legs:
        contract = account.market.option(leg.symbol)
        names = (leg.symbol, contract.underlying if contract else leg.symbol)
        if any(name in floor.knobs.halted for name in names):
            return Refusal(Why.HALTED, terms, {"symbol": names[-1]})
    if not _in_time(terms, now):
        return Refusal(Why.WINDOW, terms)
    if terms.kind in STOPS and terms.stop is not None:
        last = account.market.price(terms.symbol, now)
        if terms.stop <= last if terms.buys else terms.stop >= last:
            return Refusal(Why.STOP_SIDE, terms, {"stop": terms.stop, "last": last})
    return None


def _in_time(terms: Terms, now: datetime) -> bool:
    """The auctions take orders up to some minutes before; the opening one from the evening on."""
    session = calendar.session(new_york_day(now))
    if terms.lasts is Lasts.CLOSE and session is not None:
        return not session.closes - CLOSE_CUT < now < session.closes
    if terms.lasts is Lasts.OPEN and session is not None:
        evening = now.astimezone(NEW_YORK).hour >= NO_OPEN_BEFORE
        return now <= session.opens - OPEN_CUT or evening
    return True


def _position(floor: Floor, account: Account, terms: Terms) -> Refusal | None:
    """Whether each leg fits what is held, counting what open orders will sell already."""
    quantity = terms.quantity
    for leg in terms.legs:
        held = account.book_at(floor.at).quantity(leg.symbol)
        free = floor.free(account, leg.symbol)
        units = (quantity or ZERO) * leg.ratio
        if quantity is None and terms.notional is not None:
            units = terms.notional / account.market.price(leg.symbol, floor.at)
        facts: dict[str, Decimal | str] = {
            "symbol": leg.symbol, "held": held, "free": free, "units": units,
        }  # fmt: skip
        option = account.market.option(leg.symbol) is not None
        if option or floor.rules.shorts_named:
            found = _named(account, leg, terms, facts)
        else:
            found = _unnamed(account, leg, terms, facts)
        if found is not None:
            return found
    return None


def _named(
    account: Account, leg: Leg, terms: Terms, facts: dict[str, Decimal | str]
) -> Refusal | None:
    """Sides that say whether they open: the position must agree."""
    held, free, units = (Decimal(facts[name]) for name in ("held", "free", "units"))
    if leg.buys and leg.opening is False:
        if held >= 0:
            return Refusal(Why.SIDE, terms, facts)
        return Refusal(Why.UNITS, terms, facts) if units > -free else None
    if leg.buys:
        return Refusal(Why.SIDE, terms, facts) if held < 0 else None
    if not leg.opening and (leg.opening is False or account.market.option(leg.symbol) is None):
        return Refusal(Why.UNITS, terms, facts) if units > max(ZERO, free) else None
    if held > 0:
        return Refusal(Why.SIDE, terms, facts)
    if not account.profile.margin and account.market.option(leg.symbol) is None:
        return Refusal(Why.SHORTS, terms, facts)
    return None


def _unnamed(
    account: Account, leg: Leg, terms: Terms, facts: dict[str, Decimal | str]
) -> Refusal | None:
    """A plain buy or sell: it closes what there is, or opens; never both at once."""
    held, free, units = (Decimal(facts[name]) for name in ("held", "free", "units"))
    if leg.buys:
        return Refusal(Why.UNITS, terms, facts) if held < 0 and units > -free else None
    if held > 0:
        return Refusal(Why.UNITS, terms, facts) if units > free else None
    if not account.profile.margin or account.market.coin(leg.symbol) is not None:
        return Refusal(Why.UNITS if held == 0 else Why.SHORTS, terms, facts)
    return Refusal(Why.FRACTION, terms, facts) if units % 1 or terms.notional else None


def _means(floor: Floor, account: Account, terms: Terms, now: datetime) -> Refusal | None:
    need, lent = cost(floor, account, terms, now)
    if need <= 0:
        return None
    power = floor.power(account, lent=lent)
    if need <= power:
        return None
    return Refusal(Why.POWER, terms, {"power": power, "cost": need})


def cost(
    floor: Floor, account: Account, terms: Terms, now: datetime, units: Decimal | None = None
) -> tuple[Decimal, bool]:
    """What an order ties up of the buying power, and whether of the part that is lent."""
    market = account.market
    quotes = {
        leg.symbol: sides(market, leg.symbol, now, floor.rules.half_spread) for leg in terms.legs
    }
    listing = all_listings().get(terms.symbol)
    lent = listing is not None and on_margin(listing.kind)
    if terms.notional is not None and units is None:
        return (terms.notional if terms.buys else ZERO), lent
    units = units if units is not None else terms.quantity or ZERO
    price = net(terms, quotes)
    if terms.limit is not None and (terms.several or terms.buys):
        price = terms.limit
    elif terms.stop is not None and terms.buys:
        price = max(price, terms.stop)
    factor = multiplier(market, terms.symbol)
    if terms.several:
        return max(ZERO, price) * units * factor + _widest(account, terms, units), False
    if terms.buys:
        covers = -account.book_at(now).quantity(terms.symbol)
        return max(ZERO, units - max(ZERO, covers)) * price * factor, lent
    contract = market.option(terms.symbol)
    held = account.book_at(now).quantity(terms.symbol)
    if held >= units:
        return ZERO, lent
    if contract is None:
        return units * price, lent
    return _uncovered(account, contract, units, quotes[terms.symbol].last, now), False


def _uncovered(
    account: Account, contract: OptionContract, units: Decimal, premium: Decimal, now: datetime
) -> Decimal:
    """What a sold option asks for: shares for a call, cash for a put, or a share of their worth."""
    spot = account.market.price(contract.underlying, now)
    if contract.call and account.book_at(now).quantity(contract.underlying) >= units * 100:
        return ZERO
    if account.profile.margin:
        return (UNCOVERED_SHARE * spot * 100 * units).quantize(CENT)
    level = spot if contract.call else contract.strike
    return level * 100 * units - premium * 100 * units


def _widest(account: Account, terms: Terms, units: Decimal) -> Decimal:
    """What several legs can lose besides what is paid: the widest step between strikes sold."""
    if all(leg.buys or leg.opening is False for leg in terms.legs):
        return ZERO
    contracts = [account.market.option(leg.symbol) for leg in terms.legs]
    strikes = [one.strike for one in contracts if one is not None]
    if terms.limit is not None and terms.limit > 0:
        return ZERO
    return (max(strikes) - min(strikes)) * 100 * units if strikes else ZERO
