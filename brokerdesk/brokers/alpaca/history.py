"""Alpaca's portfolio history: what an account was worth at the end of each day.

Values may be null, and before an account was funded they are zero: neither is a value.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from brokerdesk.brokers.alpaca import wire
from brokerdesk.brokers.alpaca.loose import UNREADABLE_FIGURE
from brokerdesk.brokers.decode import JsonDecoder, UnexpectedShapeError
from brokerdesk.domain.daily_value import DailyValue
from brokerdesk.domain.exact import exact
from brokerdesk.domain.market_hours import new_york_day
from brokerdesk.domain.reading import Batch, Unread

_ANSWER = JsonDecoder(wire.PortfolioHistory)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def daily_values(raw: bytes, today: date) -> Batch[DailyValue]:
    """The values of one answer, oldest first. The day that is not over yet is left out."""
    answer = _ANSWER.decode(raw)
    if len(answer.timestamp) != len(answer.equity):
        raise UnexpectedShapeError(
            "The answer has an unexpected shape.", "Its columns differ in length."
        )
    found: dict[date, DailyValue] = {}
    unread: list[Unread] = []
    for index, (stamp, equity) in enumerate(zip(answer.timestamp, answer.equity, strict=True)):
        if equity is None:
            continue
        try:
            day = _day(stamp)
            value = exact(equity)
        except (ValueError, OverflowError):
            unread.append(Unread(where=f"equity[{index}]", reason=UNREADABLE_FIGURE))
            continue
        if day < today and (value or found):
            found[day] = DailyValue(day=day, value=value)
    return Batch(items=tuple(found[day] for day in sorted(found)), unread=tuple(unread))


def _day(stamp: int) -> date:
    """The trading day of a daily value: stamped with the opening, or with a midnight of UTC."""
    at = _EPOCH + timedelta(seconds=stamp)
    return at.date() if (at.hour, at.minute) == (0, 0) else new_york_day(at)
