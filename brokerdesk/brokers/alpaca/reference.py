"""Alpaca's own clock and calendar: what it says about when the market is open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from brokerdesk.brokers.alpaca import loose, wire
from brokerdesk.brokers.alpaca.times import from_wire
from brokerdesk.brokers.decode import JsonDecoder, UnexpectedShapeError
from brokerdesk.domain.exact import check_times
from brokerdesk.domain.market_hours import NEW_YORK
from brokerdesk.domain.reading import Batch, Unread

_CLOCK = JsonDecoder(wire.MarketClock)
_DAY = JsonDecoder(wire.CalendarDay)


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketClock:
    """Whether the market is open by the broker's own clock, and when that changes."""

    now: datetime
    is_open: bool
    next_open: datetime
    next_close: datetime

    def __post_init__(self) -> None:
        check_times(self, "now", "next_open", "next_close")


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketDay:
    """One regular session."""

    day: date
    opens: datetime
    closes: datetime

    def __post_init__(self) -> None:
        check_times(self, "opens", "closes")


def market_clock(raw: bytes) -> MarketClock:
    """The clock in an answer.

    Raises:
        BrokerProtocolError: it is no clock.
    """
    given = _CLOCK.decode(raw)
    try:
        times = [from_wire(text) for text in (given.timestamp, given.next_open, given.next_close)]
    except ValueError as error:
        raise _no_clock() from error
    now, opens, closes = times
    if now is None or opens is None or closes is None:
        raise _no_clock()
    return MarketClock(now=now, is_open=given.is_open, next_open=opens, next_close=closes)


def market_days(raw: bytes) -> Batch[MarketDay]:
    """The sessions in an answer, oldest first."""
    found, unread = loose.decode_each(raw, _DAY, "calendar")
    items: list[MarketDay] = []
    for index, given in found:
        try:
            items.append(_market_day(given))
        except ValueError:
            unread.append(Unread(where=f"calendar[{index}]", reason=loose.UNREADABLE))
    return Batch(items=tuple(sorted(items, key=lambda one: one.day)), unread=tuple(unread))


def _market_day(given: wire.CalendarDay) -> MarketDay:
    """Times of day are New York's, as ``09:30``."""
    day = date.fromisoformat(given.date)
    opens, closes = (
        datetime.combine(day, time.fromisoformat(text), NEW_YORK).astimezone(UTC)
        for text in (given.open, given.close)
    )
    return MarketDay(day=day, opens=opens, closes=closes)


def _no_clock() -> UnexpectedShapeError:
    return UnexpectedShapeError("The answer has an unexpected shape.", "Nothing was changed.")
