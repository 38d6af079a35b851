"""Alpaca's snapshots as quotes, with their source and their age."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

import msgspec

from brokerdesk.brokers.alpaca import BROKER_ID, wire
from brokerdesk.brokers.alpaca.instruments import Names
from brokerdesk.brokers.alpaca.loose import UNREADABLE
from brokerdesk.brokers.alpaca.times import from_wire
from brokerdesk.brokers.decode import JsonDecoder
from brokerdesk.brokers.text import clean_symbol
from brokerdesk.domain.exact import exact
from brokerdesk.domain.kinds import PriceFeed
from brokerdesk.domain.quote import Quote
from brokerdesk.domain.reading import Batch, Unread
from brokerdesk.errors import BrokerProtocolError

_PLAIN = JsonDecoder(dict[str, msgspec.Raw])
_WRAPPED = JsonDecoder(wire.Snapshots)
_SNAPSHOT = JsonDecoder(wire.Snapshot)
_UNKNOWN = "Alpaca knows no such symbol."


def quotes(
    raw: bytes,
    wanted: Mapping[str, str],
    names: Names,
    feed: PriceFeed,
    fetched_at: datetime,
    *,
    wrapped: bool,
) -> Batch[Quote]:
    """The quotes of one answer.

    Args:
        wanted: the symbols as asked of Alpaca, each with the caller's own.
        wrapped: whether the answer is an object in an object.
    """
    given = _WRAPPED.decode(raw).snapshots if wrapped else _PLAIN.decode(raw)
    found: list[Quote] = []
    unread: list[Unread] = []
    for asked, symbol in wanted.items():
        label = clean_symbol(symbol)
        record = given.get(asked)
        if record is None or bytes(record) == b"null":
            unread.append(Unread(where=f"quotes.{label}", reason=_UNKNOWN, label=label))
            continue
        try:
            snapshot = _SNAPSHOT.decode_checked(record)
            found.append(_quote(symbol, snapshot, names, feed, fetched_at))
        except (BrokerProtocolError, ValueError):
            unread.append(Unread(where=f"quotes.{label}", reason=UNREADABLE, label=label))
    return Batch(items=tuple(found), unread=tuple(unread))


def _quote(
    symbol: str, given: wire.Snapshot, names: Names, feed: PriceFeed, fetched_at: datetime
) -> Quote:
    book = given.latest_quote or wire.TopOfBook()
    trade = given.latest_trade or wire.Trade()
    times = [moment for moment in (from_wire(book.t), from_wire(trade.t)) if moment]
    before = given.prev_daily_bar
    last = _price(trade.p)
    if last is None and given.daily_bar is not None:
        last = _price(given.daily_bar.c)
    return Quote(
        symbol=symbol,
        source=BROKER_ID,
        feed=feed,
        fetched_at=fetched_at,
        as_of=max(times) if times else None,
        bid=_price(book.bp),
        ask=_price(book.ap),
        last=last,
        previous_close=_price(before.c) if before is not None else None,
        name=names.of(symbol),
    )


def _price(value: Decimal | None) -> Decimal | None:
    """A price; 0 says that there is no bid or offer."""
    if value is None:
        return None
    price = exact(value)
    return price if price > 0 else None
