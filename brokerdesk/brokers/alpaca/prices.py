"""Alpaca's daily bars as closing prices and volumes, adjusted for splits."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, localcontext

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
_VOLUME = JsonDecoder(wire.BarVolume)


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


class Volumes:
    """Collects the pages of one question about a share for what was traded on each day. A bar that
    cannot be read counts for nothing: an average does without it.
    """

    def __init__(self) -> None:
        self._found: dict[date, Decimal] = {}

    def add(self, raw: bytes, symbol: str, *, coin: bool = False) -> str:
        """Take one page; the token of the next one, "" when there is none."""
        answer = _ANSWER.decode(raw)
        for record in (answer.bars or {}).get(symbol) or ():
            try:
                bar = _VOLUME.decode_checked(record)
                at, units = from_wire(bar.t), exact(bar.v)
            except (BrokerProtocolError, ValueError):
                continue
            if at is not None and units > 0:
                self._found[new_york_day(at)] = units
        return answer.next_page_token or ""

    def average(self, before: date, most: int) -> Decimal | None:
        """Of the last ``most`` days before one; None where there are not as many as half of them,
        as after a listing.
        """
        days = sorted(day for day in self._found if day < before)[-most:]
        if len(days) < most // 2:
            return None
        with localcontext(prec=28):
            total = sum((self._found[day] for day in days), Decimal(0))
            return (total / len(days)).quantize(Decimal(1))


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
