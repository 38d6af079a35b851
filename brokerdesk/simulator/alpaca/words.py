"""How Alpaca writes amounts, names, ids and times."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from brokerdesk.simulator.market import noise
from brokerdesk.simulator.market.listings import Kind, all_listings
from brokerdesk.simulator.market.market import Market

EXCHANGES = {"NASDAQ": "NASDAQ", "NYSE": "NYSE", "NYSE Arca": "ARCA", "CRYPTO": "CRYPTO"}


def text(value: Decimal) -> str:
    """An amount as a string, without idle zeros and without an exponent."""
    short = format(value, "f")
    return short.rstrip("0").rstrip(".") if "." in short else short


def maybe(value: Decimal | None) -> str | None:
    return None if value is None else text(value)


def identifier(*parts: object) -> str:
    """A UUID that depends on every part."""
    number = (noise.key("uuid", *parts) << 64) | noise.key("uuid too", *parts)
    return str(uuid.UUID(int=number, version=4))


def asset_id(symbol: str) -> str:
    return identifier("asset", symbol)


def asset_class(symbol: str) -> str:
    listing = all_listings().get(symbol)
    if listing is None:
        return "us_option"
    return "crypto" if listing.kind is Kind.CRYPTO else "us_equity"


def exchange_of(symbol: str) -> str:
    listing = all_listings().get(symbol)
    return "" if listing is None else EXCHANGES.get(listing.exchange, "OTC")


def wire_symbol(symbol: str) -> str:
    """Options without the blanks that pad their root."""
    return symbol.replace(" ", "")


def own_symbol(market: Market, symbol: str) -> str | None:
    """The market's symbol for one on the wire, or None if nobody knows it."""
    symbol = symbol.upper()
    if market.coin(symbol) is not None or _tradable(market, symbol):
        return symbol
    if symbol.endswith("USD") and market.coin(f"{symbol[:-3]}/USD") is not None:
        return f"{symbol[:-3]}/USD"
    padded = f"{symbol[:-15]:<6}{symbol[-15:]}"
    return padded if len(symbol) > 15 and market.option(padded) is not None else None


def _tradable(market: Market, symbol: str) -> bool:
    listing = market.listing(symbol)
    return listing is not None and listing.kind in (Kind.EQUITY, Kind.ETF)


def nano(moment: datetime | None) -> str | None:
    """A time with nine digits of a second, as orders carry it."""
    if moment is None:
        return None
    digits = noise.key(moment) % 1_000_000_000
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{digits:09d}Z"


def exact(moment: datetime | None) -> str | None:
    """As ``nano``, but true to the microsecond: what is compared must be in order."""
    if moment is None:
        return None
    digits = noise.key(moment) % 1000
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + f"{digits:03d}Z"


def micro(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def second(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_time(given: str | None, usual: datetime) -> datetime:
    """A time or a date in a query.

    Raises:
        ValueError: it is neither.
    """
    if not given:
        return usual
    if len(given) == 10:
        day = date.fromisoformat(given)
        return datetime(day.year, day.month, day.day, tzinfo=UTC)
    moment = datetime.fromisoformat(given)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def problem(message: str, code: int | None = None) -> dict[str, Any]:
    return {"message": message} if code is None else {"code": code, "message": message}
