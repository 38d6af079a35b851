"""Alpaca's daily bars as closing prices, adjusted for splits."""

from __future__ import annotations

from datetime import date

from brokerdesk.brokers.alpaca import wire
from brokerdesk.brokers.alpaca.loose import UNREADABLE
from brokerdesk.brokers.alpaca.times import from_wire
from brokerdesk.brokers.decode import JsonDecoder
from brokerdesk.domain.exact import exact
from brokerdesk.domain.market_hours import new_york_day
from brokerdesk.domain.price import DailyPrice
from brokerdesk.domain.reading import Unread
from brokerdesk.errors import BrokerProtocolError

_ANSWER = JsonDecoder(wire.Bars)
_BAR = JsonDecoder(wire.Bar)


class Closes:
    """Collects the pages of one question."""

    def __init__(self) -> None:
        self._found: dict[date, DailyPrice] = {}
        self._count = 0
        self.unread: list[Unread] = []

    def add(self, raw: bytes, symbol: str, *, coin: bool) -> str:
        """Take one page; the token of the next one, "" when there is none."""
        answer = _ANSWER.decode(raw)
        for record in (answer.bars or {}).get(symbol) or ():
            where = f"bars[{self._count}]"
            self._count += 1
            try:
                price = _price(_BAR.decode_checked(record), coin=coin)
            except (BrokerProtocolError, ValueError):
                self.unread.append(Unread(where=where, reason=UNREADABLE))
                continue
            self._found[price.day] = price
        return answer.next_page_token or ""

    def __len__(self) -> int:
        return self._count

    def prices(self, since: date) -> tuple[DailyPrice, ...]:
        """The closes from ``since`` on, oldest first."""
        return tuple(self._found[day] for day in sorted(self._found) if day >= since)


def _price(given: wire.Bar, *, coin: bool) -> DailyPrice:
    """A share's daily bar carries the midnight with which its day begins in New York; a coin's day
    may begin with the midnight of UTC.
    """
    at = from_wire(given.t)
    close = exact(given.c)
    if at is None or close <= 0:
        raise ValueError("no day or no price")
    in_utc = coin and (at.hour, at.minute) == (0, 0)
    return DailyPrice(day=at.date() if in_utc else new_york_day(at), close=close)
