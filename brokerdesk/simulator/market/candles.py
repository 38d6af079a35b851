"""Candles and volumes: the market's past in the shapes that charts want."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from brokerdesk.simulator.market import calendar, noise
from brokerdesk.simulator.market.listings import Kind, Listing
from brokerdesk.simulator.market.market import Market, phase

FOUR_PLACES = Decimal("0.0001")
MINUTE_SAMPLES = 3


@dataclass(frozen=True, slots=True)
class Candle:
    """``day`` is the session it belongs to (its first), ``begins`` the start of its span."""

    day: date
    begins: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: int


def average_volume(market: Market, listing: Listing) -> int:
    """A usual day's volume."""
    if listing.kind is Kind.INDEX:
        return 0
    draw = noise.unit(noise.key(market.seed, "volume", listing.symbol), 0)
    return int(400_000 * 60**draw)


def volume(market: Market, listing: Listing, place: int, part: float = 1.0) -> int:
    """What was traded in a part of a session."""
    draw = noise.unit(noise.key(market.seed, "volumes", listing.symbol), place)
    return int(average_volume(market, listing) * (0.6 + 0.8 * draw) * part)


def daily(market: Market, listing: Listing, start: date, moment: datetime) -> Iterator[Candle]:
    """Daily candles from ``start`` up to a moment, adjusted to that moment's splits."""
    last = phase(moment)
    factors = market.corporate.factors(listing)
    for day in calendar.trading_days(start, calendar.all_trading_days()[last.place]):
        place = calendar.place_of(day)
        span = market.day_range(listing, place)
        ratio = float(factors[last.place] / factors[place])
        session = calendar.session(day)
        assert session is not None
        high, low, close, part = span.high, span.low, span.close, 1.0
        if place == last.place and last.part < 1.0:
            part = last.part
            high, low, close = so_far(market, listing, place, part)
        yield Candle(
            day,
            session.opens,
            _adjusted(span.open, ratio),
            _adjusted(max(high, span.open), ratio),
            _adjusted(min(low, span.open), ratio),
            _adjusted(close, ratio),
            int(volume(market, listing, place, part) / ratio),
        )


def so_far(market: Market, listing: Listing, place: int, part: float) -> tuple[int, int, int]:
    """High, low and last in cents of an unfinished session."""
    steps = max(1, int(part * 78))
    seen = [market.at_part(listing, place, step / 78) for step in range(steps + 1)]
    last = market.at_part(listing, place, part)
    return max(*seen, last), min(*seen, last), last


def grouped(candles: Iterator[Candle], *, monthly: bool) -> Iterator[Candle]:
    """Weekly or monthly candles out of daily ones."""
    group: list[Candle] = []
    name: tuple[int, int] | None = None
    for candle in candles:
        year, week, _ = candle.day.isocalendar()
        now = (candle.day.year, candle.day.month) if monthly else (year, week)
        if name is not None and now != name:
            yield _merged(group)
            group = []
        name = now
        group.append(candle)
    if group:
        yield _merged(group)


def minutes(
    market: Market, listing: Listing, start: datetime, end: datetime, step: int
) -> Iterator[Candle]:
    """Candles of ``step`` minutes whose span begins in ``[start, end)``."""
    first = calendar.new_york_day(start)
    last = phase(end)
    factors = market.corporate.factors(listing)
    for day in calendar.trading_days(first, calendar.new_york_day(end)):
        session = calendar.session(day)
        assert session is not None
        place = calendar.place_of(day)
        ratio = float(factors[last.place] / factors[place])
        length = (session.closes - session.opens).total_seconds()
        begins = session.opens
        while begins < session.closes and begins < end:
            finish = min(begins + timedelta(minutes=step), session.closes)
            if begins >= start:
                a = (begins - session.opens).total_seconds() / length
                b = (min(finish, end) - session.opens).total_seconds() / length
                seen = [
                    market.at_part(listing, place, a + (b - a) * k / MINUTE_SAMPLES)
                    for k in range(MINUTE_SAMPLES + 1)
                ]
                yield Candle(
                    day,
                    begins,
                    _adjusted(seen[0], ratio),
                    _adjusted(max(seen), ratio),
                    _adjusted(min(seen), ratio),
                    _adjusted(seen[-1], ratio),
                    int(volume(market, listing, place, b - a) / ratio),
                )
            begins = finish


def _adjusted(cents: int, ratio: float) -> Decimal:
    if ratio == 1.0:
        return Decimal(cents).scaleb(-2)
    exact = Decimal(cents) * Decimal(repr(round(ratio, 6))) / 100
    return exact.quantize(FOUR_PLACES, ROUND_HALF_EVEN)


def _merged(group: list[Candle]) -> Candle:
    return Candle(
        group[0].day,
        group[0].begins,
        group[0].open,
        max(candle.high for candle in group),
        min(candle.low for candle in group),
        group[-1].close,
        sum(candle.volume for candle in group),
    )
