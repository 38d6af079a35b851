"""Schwab's quotes, with their source and their age."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import msgspec

from brokerdesk.brokers.decode import JsonDecoder
from brokerdesk.brokers.schwab import BROKER_ID, wire
from brokerdesk.brokers.schwab.loose import UNREADABLE
from brokerdesk.brokers.schwab.times import from_millis
from brokerdesk.brokers.text import clean_name, clean_symbol
from brokerdesk.domain.exact import exact
from brokerdesk.domain.kinds import PriceFeed
from brokerdesk.domain.quote import Quote
from brokerdesk.domain.reading import Batch, Unread
from brokerdesk.errors import BrokerProtocolError

_ANSWER = JsonDecoder(dict[str, msgspec.Raw])
_QUOTE = JsonDecoder(wire.QuoteAnswer)
_INVALID = JsonDecoder(wire.InvalidSymbols)
_HALTED = {"Halted": True, "Normal": False}
"""Schwab's words for a security's state. Any other ("Closed", "Unknown") says neither."""


def quotes(raw: bytes, fetched_at: datetime) -> Batch[Quote]:
    """All quotes of one answer. Unknown symbols come under ``errors`` among the symbols."""
    found: list[Quote] = []
    unread: list[Unread] = []
    for symbol, record in _ANSWER.decode(raw).items():
        try:
            if symbol == "errors":
                unknown = _INVALID.decode_checked(record).invalid_symbols or []
                unread += [_unknown(name) for name in unknown]
            else:
                found.append(_quote(symbol, _QUOTE.decode_checked(record), fetched_at))
        except (BrokerProtocolError, ValueError):
            label = clean_symbol(symbol)
            unread.append(Unread(where=f"quotes.{label}", reason=UNREADABLE, label=label))
    return Batch(items=tuple(found), unread=tuple(unread))


def _unknown(name: str) -> Unread:
    label = clean_symbol(name)
    return Unread(where=f"quotes.{label}", reason="Schwab knows no such symbol.", label=label)


def _quote(symbol: str, given: wire.QuoteAnswer, fetched_at: datetime) -> Quote:
    figures = given.quote or wire.QuoteFigures()
    times = [time for time in (figures.quote_time, figures.trade_time) if time]
    return Quote(
        symbol=clean_symbol(symbol),
        source=BROKER_ID,
        feed=_feed(given, figures),
        fetched_at=fetched_at,
        as_of=from_millis(max(times)) if times else None,
        bid=None if figures.bid_price is None else exact(figures.bid_price),
        ask=_price(figures.ask_price),
        last=_price(figures.last_price) or _price(figures.nav),
        mark=_price(figures.mark),
        previous_close=_price(figures.close_price),
        average_volume=_volume(given.fundamental),
        halted=_HALTED.get(figures.security_status or ""),
        name=clean_name(given.reference.description) if given.reference else "",
    )


def _price(value: Decimal | None) -> Decimal | None:
    """A price; 0 is Schwab's placeholder for "none" here. (A bid of 0 is a real bid.)"""
    return exact(value) if value else None


def _volume(given: wire.QuoteFundamental | None) -> Decimal | None:
    """Of ten days, else of a year; 0 is Schwab's placeholder for "not known"."""
    if given is None:
        return None
    for told in (given.avg10_days_volume, given.avg1_year_volume):
        if told and (volume := exact(told)) > 0:
            return volume
    return None


def _feed(given: wire.QuoteAnswer, figures: wire.QuoteFigures) -> PriceFeed:
    """``NFL`` marks quotes that nobody pays for: delayed or partial."""
    if figures.nav is not None or given.asset_main_type == "MUTUAL_FUND":
        return PriceFeed.END_OF_DAY
    if given.quote_type == "NFL" or given.realtime is False:
        return PriceFeed.DELAYED
    return PriceFeed.REAL_TIME if given.realtime else PriceFeed.UNKNOWN
