"""Quotes and closing prices for symbols of every kind, each asked where Alpaca has it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from brokerdesk.brokers.alpaca import quotes as quote_mapping
from brokerdesk.brokers.alpaca.client import DataClient
from brokerdesk.brokers.alpaca.instruments import Names, contract, guessed_class, pair, wire_symbol
from brokerdesk.brokers.alpaca.prices import Closes, Volumes
from brokerdesk.brokers.alpaca.problems import NotSubscribedError
from brokerdesk.brokers.alpaca.times import begins, to_wire
from brokerdesk.domain.kinds import PriceFeed
from brokerdesk.domain.market_hours import new_york_day
from brokerdesk.domain.price import DailyPrice
from brokerdesk.domain.quote import Quote
from brokerdesk.domain.reading import Batch, Unread

_STOCKS = "/v2/stocks"
STOCK_SNAPSHOTS = f"{_STOCKS}/snapshots"
_COINS = "/v1beta3/crypto/us"
_OPTIONS = "/v1beta1/options"
_SYMBOLS_AT_ONCE = 100
_MOST_PAGES = 20
_FREE_AFTER = timedelta(minutes=16)
"""Consolidated prices this old need no subscription."""
_VOLUME_DAYS = 20
"""Trading days of which the average volume is taken, a month."""
_VOLUMES_SINCE = timedelta(days=34)
_SNAPSHOTS = {
    "us_equity": (STOCK_SNAPSHOTS, "iex", PriceFeed.REAL_TIME),
    "crypto": (f"{_COINS}/snapshots", "", PriceFeed.REAL_TIME),
    "us_option": (f"{_OPTIONS}/snapshots", "indicative", PriceFeed.DELAYED),
}


async def quotes(
    client: DataClient, symbols: Sequence[str], names: Names, now: datetime
) -> Batch[Quote]:
    """One quote per known symbol, under the symbol that the caller used."""
    items: list[Quote] = []
    unread: list[Unread] = []
    kinds: dict[str, dict[str, str]] = {}
    for symbol in symbols:
        kind = guessed_class(symbol)
        asked = pair(symbol) if kind == "crypto" else wire_symbol(symbol)
        kinds.setdefault(kind, {})[asked] = symbol
    for kind, wanted in kinds.items():
        path, feed_name, feed = _SNAPSHOTS[kind]
        every = list(wanted.items())
        for start in range(0, len(every), _SYMBOLS_AT_ONCE):
            part = dict(every[start : start + _SYMBOLS_AT_ONCE])
            raw = await client.snapshots(path, list(part), feed_name)
            wrapped = kind != "us_equity"
            batch = quote_mapping.quotes(raw, part, names, feed, now, wrapped=wrapped)
            items += batch.items
            unread += batch.unread
    return Batch(items=tuple(items), unread=tuple(unread))


async def daily_prices(
    client: DataClient, symbol: str, since: date, now: datetime
) -> Batch[DailyPrice]:
    """Closes from ``since`` on. Consolidated prices where they are free, else one exchange's."""
    if contract(symbol) is not None:
        return Batch()
    if guessed_class(symbol) == "crypto":
        return await _closes(client, f"{_COINS}/bars", pair(symbol), since, {"end": to_wire(now)})
    path, asked = f"{_STOCKS}/bars", wire_symbol(symbol)
    query = {"adjustment": "split", "end": to_wire(now - _FREE_AFTER)}
    try:
        return await _closes(client, path, asked, since, {**query, "feed": "sip"})
    except NotSubscribedError:
        return await _closes(client, path, asked, since, {**query, "feed": "iex"})


async def average_volume(client: DataClient, symbol: str, now: datetime) -> Decimal | None:
    """Units that trade on a usual day at all exchanges; None where only one exchange's are told. A
    day that is not over does not count.
    """
    if contract(symbol) is not None or guessed_class(symbol) != "us_equity":
        return None
    today = new_york_day(now)
    query = {"adjustment": "split", "end": to_wire(now - _FREE_AFTER), "feed": "sip"}
    since, volumes = today - _VOLUMES_SINCE, Volumes()
    try:
        await _pages(volumes, client, f"{_STOCKS}/bars", wire_symbol(symbol), since, query)
    except NotSubscribedError:
        return None
    return volumes.average(today, _VOLUME_DAYS)


async def _closes(
    client: DataClient, path: str, symbol: str, since: date, query: dict[str, str]
) -> Batch[DailyPrice]:
    closes = Closes()
    await _pages(closes, client, path, symbol, since, query)
    return Batch(items=closes.prices(since), unread=tuple(closes.unread))


async def _pages(
    into: Closes | Volumes,
    client: DataClient,
    path: str,
    symbol: str,
    since: date,
    query: dict[str, str],
) -> None:
    """All pages of one question. A token that comes again would go in circles, and ends it."""
    token, seen = "", {""}
    for _ in range(_MOST_PAGES):
        asked = {"symbols": symbol, "start": to_wire(begins(since)), **query}
        if token:
            asked["page_token"] = token
        raw = await client.daily_bars(path, asked)
        token = into.add(raw, symbol, coin=path.startswith(_COINS))
        if token in seen:
            break
        seen.add(token)
