"""SnapTrade's quotes. They may be delayed, and nothing in them says of when they are."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from brokerdesk.brokers.decode import JsonDecoder
from brokerdesk.brokers.snaptrade import BROKER_ID, wire
from brokerdesk.brokers.snaptrade.loose import listed
from brokerdesk.brokers.text import clean_name, clean_symbol
from brokerdesk.domain.exact import exact
from brokerdesk.domain.kinds import PriceFeed
from brokerdesk.domain.quote import Quote
from brokerdesk.domain.reading import Batch, Unread

_QUOTE = JsonDecoder(wire.Quote)


def quotes(raw: bytes, fetched_at: datetime) -> Batch[Quote]:
    """All quotes of one answer."""
    records, unread = listed(raw, _QUOTE, "quotes")
    found: list[Quote] = []
    for place, given in records:
        try:
            found.append(_quote(given, fetched_at))
        except ValueError:
            reason = "SnapTrade's record could not be understood."
            unread.append(Unread(where=f"quotes[{place}]", reason=reason))
    return Batch(items=tuple(found), unread=tuple(unread))


def _quote(given: wire.Quote, fetched_at: datetime) -> Quote:
    symbol = clean_symbol(given.symbol.symbol if given.symbol else None)
    if not symbol:
        raise ValueError("no symbol")
    return Quote(
        symbol=symbol,
        source=BROKER_ID,
        feed=PriceFeed.UNKNOWN,
        fetched_at=fetched_at,
        bid=_price(given.bid_price),
        ask=_price(given.ask_price),
        last=_price(given.last_trade_price),
        name=clean_name(given.symbol.description if given.symbol else None),
    )


def _price(value: Decimal | None) -> Decimal | None:
    """A price; 0 stands for none."""
    return exact(value) if value else None
