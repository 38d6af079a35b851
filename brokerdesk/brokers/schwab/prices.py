"""Schwab's daily candles as closing prices."""

from __future__ import annotations

from datetime import UTC
from decimal import Decimal

from brokerdesk.brokers.decode import JsonDecoder
from brokerdesk.brokers.schwab import wire
from brokerdesk.brokers.schwab.loose import UNREADABLE
from brokerdesk.brokers.schwab.times import from_millis
from brokerdesk.domain.exact import exact
from brokerdesk.domain.price import DailyPrice
from brokerdesk.domain.reading import Batch, Unread
from brokerdesk.errors import BrokerProtocolError

_ANSWER = JsonDecoder(wire.PriceHistory)
_CANDLE = JsonDecoder(wire.Candle)


def daily_prices(raw: bytes) -> Batch[DailyPrice]:
    """The closes of one answer, oldest first. An unknown symbol has none, which is no error."""
    found: dict[int, DailyPrice] = {}
    unread: list[Unread] = []
    for index, record in enumerate(_ANSWER.decode(raw).candles or ()):
        try:
            price = _price(_CANDLE.decode_checked(record))
        except (BrokerProtocolError, ValueError):
            unread.append(Unread(where=f"candles[{index}]", reason=UNREADABLE))
            continue
        found[price.day.toordinal()] = price
    return Batch(items=tuple(found[day] for day in sorted(found)), unread=tuple(unread))


def _price(given: wire.Candle) -> DailyPrice:
    """A daily candle carries the midnight with which its day begins, by an American clock: in UTC
    that is the same date. A close of 0 is a placeholder and no price.
    """
    at = from_millis(given.datetime)
    close = exact(given.close)
    if at is None or close <= Decimal(0):
        raise ValueError("no day or no price")
    return DailyPrice(day=at.astimezone(UTC).date(), close=close)
