"""``/pricehistory``: candles by the documented table of period and frequency."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from brokerdesk.simulator.market import calendar, candles
from brokerdesk.simulator.market.candles import Candle
from brokerdesk.simulator.market.listings import Listing
from brokerdesk.simulator.market.market import money, phase
from brokerdesk.simulator.schwab import envelopes
from brokerdesk.simulator.schwab.quotes import BASE
from brokerdesk.simulator.schwab.state import SchwabState
from brokerdesk.simulator.schwab.times import milliseconds
from brokerdesk.simulator.wire import json_answer

CENTRAL = ZoneInfo("America/Chicago")
PERIODS: dict[str, tuple[tuple[int, ...], int, tuple[str, ...], str]] = {
    "day": ((1, 2, 3, 4, 5, 10), 10, ("minute",), "minute"),
    "month": ((1, 2, 3, 6), 1, ("daily", "weekly"), "weekly"),
    "year": ((1, 2, 3, 5, 10, 15, 20), 1, ("daily", "weekly", "monthly"), "monthly"),
    "ytd": ((1,), 1, ("daily", "weekly"), "weekly"),
}
MINUTE_FREQUENCIES = (1, 5, 10, 15, 30)
MINUTES_BACK = {1: timedelta(days=48)}
OTHER_MINUTES_BACK = timedelta(days=275)
EARLIEST = date(2015, 1, 7)


class BadRequestError(Exception):
    """A parameter that the table does not allow: its name is the message."""


class PriceHistory:
    """The price history route."""

    def __init__(self, state: SchwabState) -> None:
        self._state = state

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_get(BASE + "/pricehistory", self.answer)

    async def answer(self, request: web.Request) -> web.Response:
        query = dict(request.query)
        market, now = self._state.exchange.market, self._state.clock.now()
        symbol = query.get("symbol", "")
        if not symbol:
            return envelopes.market_error(400, "Bad Request", "symbol is required", "symbol")
        listing = market.listing(symbol)
        try:
            found = [] if listing is None else list(self._candles(listing, query, now))
        except BadRequestError as error:
            name = str(error)
            text = f"invalid or missing value of {name}"
            return envelopes.market_error(400, "Bad Request", text, name)
        body: dict[str, Any] = {
            "candles": [_candle(candle, stamp) for candle, stamp in found],
            "symbol": symbol,
            "empty": not found,
        }
        if listing is not None and _truth(query.get("needPreviousClose", "")) and found:
            first = found[0][0].day
            before = calendar.previous_trading_day(first)
            place = calendar.place_of(first)
            body["previousClose"] = money(market.day_range(listing, place).previous)
            body["previousCloseDate"] = _midnight(before)
        return json_answer(body)

    def _candles(
        self, listing: Listing, query: dict[str, str], now: datetime
    ) -> Iterator[tuple[Candle, int]]:
        kind = query.get("periodType", "day")
        if kind not in PERIODS:
            raise BadRequestError("periodType")
        periods, usual, frequencies, frequency_usual = PERIODS[kind]
        period = _whole(query, "period", usual)
        if period not in periods:
            raise BadRequestError("period")
        frequency_type = query.get("frequencyType", frequency_usual)
        if frequency_type not in frequencies:
            raise BadRequestError("frequencyType")
        frequency = _whole(query, "frequency", 1)
        if frequency not in (MINUTE_FREQUENCIES if frequency_type == "minute" else (1,)):
            raise BadRequestError("frequency")
        end = _moment(query, "endDate", now)
        start = _moment(query, "startDate", self._start(kind, period, min(end, now)))
        end = min(end, now)
        if start > end:
            raise BadRequestError("startDate")
        market = self._state.exchange.market
        if frequency_type == "minute":
            oldest = now - MINUTES_BACK.get(frequency, OTHER_MINUTES_BACK)
            for candle in candles.minutes(market, listing, max(start, oldest), end, frequency):
                yield candle, milliseconds(candle.begins)
            return
        found = candles.daily(market, listing, max(calendar.new_york_day(start), EARLIEST), end)
        if frequency_type != "daily":
            found = candles.grouped(found, monthly=frequency_type == "monthly")
        for candle in found:
            yield candle, _midnight(candle.day)

    def _start(self, kind: str, period: int, end: datetime) -> datetime:
        """The default start: so many trading days, months or years before the end."""
        day = calendar.new_york_day(end)
        if kind == "day":
            place = max(2, phase(end).place - period + 1)
            session = calendar.session(calendar.all_trading_days()[place])
            assert session is not None
            return session.opens
        if kind == "ytd":
            day = date(day.year, 1, 1)
        else:
            months = period * (12 if kind == "year" else 1)
            total = day.year * 12 + day.month - 1 - months
            year = total // 12
            day = date(year, total % 12 + 1, min(day.day, 28)) if year >= 2015 else EARLIEST
        return datetime.combine(max(day, EARLIEST), time(12), UTC)


def _candle(candle: Candle, stamp: int) -> dict[str, Any]:
    return {
        "open": candle.open,
        "high": candle.high,
        "low": candle.low,
        "close": candle.close,
        "volume": candle.volume,
        "datetime": stamp,
    }


def _midnight(day: date) -> int:
    """Daily candles are stamped with midnight in US Central time."""
    return milliseconds(datetime.combine(day, time(0), CENTRAL))


def _truth(text: str) -> bool:
    return text.lower() == "true"


def _whole(query: dict[str, str], name: str, usual: int) -> int:
    text = query.get(name)
    if text is None:
        return usual
    if not text.isdigit():
        raise BadRequestError(name)
    return int(text)


def _moment(query: dict[str, str], name: str, usual: datetime) -> datetime:
    text = query.get(name)
    if text is None:
        return usual
    if not text.isdigit() or len(text) > 14:
        raise BadRequestError(name)
    return datetime.fromtimestamp(int(text) / 1000, UTC)
