"""Matching symbols, the options on a share, and what TWS's own model says of one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from brokerdesk.simulator.ibkr.contracts import Contract, contract
from brokerdesk.simulator.ibkr.frames import Message, double, message
from brokerdesk.simulator.market import calendar, series
from brokerdesk.simulator.market.listings import Kind, Listing, all_listings
from brokerdesk.simulator.market.market import Market
from brokerdesk.simulator.market.options import option_symbol

MOST = 16
KINDS = (Kind.EQUITY, Kind.ETF, Kind.INDEX)
EXCHANGES = ("AMEX", "CBOE", "SMART")
MODEL, DELAYED_MODEL = 13, 83
UNDER_AT, KIND_AT, STRIKE_AT, DAY_AT, RIGHT_AT, LOCAL_AT = 1, 2, 4, 3, 5, 10


def matching(request: str, pattern: str) -> Message:
    """79: what begins with a text, in its symbol first and in its name second."""
    wanted = pattern.upper()
    listed = [one for one in all_listings().values() if one.kind in KINDS]
    found = [one for one in listed if one.symbol.replace(".", " ").startswith(wanted)]
    found.sort(key=lambda one: (len(one.symbol), one.symbol))
    found += [one for one in listed if one.name.upper().startswith(wanted) and one not in found]
    rows: list[str] = []
    for one in found[:MOST]:
        rows += _described(one)
    return message(79, request, len(found[:MOST]), *rows)


def _described(listing: Listing) -> Message:
    found = contract(listing.symbol)
    kinds = ("CFD", "OPT", "WAR") if series.optionable(listing) else ()
    return message(
        found.con_id, found.symbol, found.sec_type, found.exchange, found.currency,
        len(kinds), *kinds, listing.name.upper(), "",
    )  # fmt: skip


def parameters(market: Market, now: datetime, fields: Sequence[str]) -> list[Message]:
    """75 for each exchange, and 76: days and strikes, of which not every pair is listed."""
    request, number = fields[1], fields[5]
    listing = next((x for x in all_listings().values() if str(x.number) == number), None)
    if listing is None or not series.optionable(listing):
        return [message(76, request)]
    days = [f"{day:%Y%m%d}" for day in series.expirations(calendar.new_york_day(now))]
    strikes = [double(one) for one in series.strikes(market.price(listing.symbol, now))]
    name = listing.symbol.replace(".", " ")
    rows = [
        message(75, request, where, number, name, "100", len(days), *days, len(strikes), *strikes)
        for where in EXCHANGES
    ]
    return [*rows, message(76, request)]


def of_day(market: Market, now: datetime, fields: Sequence[str]) -> list[Contract] | None:
    """All contracts of a day that twelve fields leave open; None: they mean one contract."""
    given = (*fields, *[""] * 12)
    open_ended = given[STRIKE_AT] in ("", "0", "0.0") and not given[LOCAL_AT]
    if given[KIND_AT] != "OPT" or given[0] not in ("", "0") or not open_ended:
        return None
    listing = market.listing(given[UNDER_AT].replace(" ", "."))
    try:
        day = date(int(given[DAY_AT][:4]), int(given[DAY_AT][4:6]), int(given[DAY_AT][6:8]))
    except ValueError:
        return None
    if listing is None or not series.optionable(listing):
        return []
    if day not in series.expirations(calendar.new_york_day(now)):
        return []
    rights = [call for call in (True, False) if given[RIGHT_AT] in ("", "C" if call else "P")]
    return [
        contract(option_symbol(listing.symbol, day, call=call, strike=strike))
        for strike in series.strikes(market.price(listing.symbol, now))
        for call in rights
    ]


def model(
    request: str, found: Contract, market: Market, now: datetime, *, delayed: bool
) -> list[Message]:
    """21: the model's volatility and greeks of an option; nothing for anything else."""
    option = market.option(found.source)
    if option is None:
        return []
    value = market.option_value(option, now)
    estimates = (
        market.volatility(option.underlying), value.delta, float(value.price), 0.0, value.gamma,
        value.vega, value.theta, float(market.price(option.underlying, now)),
    )  # fmt: skip
    kind = DELAYED_MODEL if delayed else MODEL
    return [message(21, request, kind, 0, *(_estimate(one) for one in estimates))]


def _estimate(value: float) -> Decimal:
    """A greek, which is an estimate and no money."""
    return Decimal(repr(round(value, 6)))
