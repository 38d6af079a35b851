"""Snapshots as quotes, with their age: delayed prices come under ticks of their own."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from brokerdesk.brokers.ibkr import BROKER_ID, problems
from brokerdesk.brokers.ibkr.answers import UNREADABLE, Question
from brokerdesk.brokers.ibkr.border import known
from brokerdesk.brokers.text import clean_symbol
from brokerdesk.domain.kinds import PriceFeed
from brokerdesk.domain.quote import Quote
from brokerdesk.domain.reading import Unread

_BID, _ASK, _LAST, _CLOSE = (1, 66), (2, 67), (4, 68), (9, 75)
_TIMES = (45, 88)
_FEEDS = {
    1: PriceFeed.REAL_TIME,
    2: PriceFeed.REAL_TIME,
    3: PriceFeed.DELAYED,
    4: PriceFeed.DELAYED,
}
_DELAYED_TICKS = frozenset({66, 67, 68, 75})
_NO_PRICE = "TWS has no price for this now."


def quote(
    symbol: str, contract: Any, question: Question, fetched_at: datetime, name: str
) -> Quote | Unread:
    """The quote of one symbol, or why there is none."""
    label = clean_symbol(symbol)
    where = f"quotes.{label}"
    prices: dict[int, Decimal] = {}
    try:
        for kind, price in question.of("price"):
            found = known(price)
            # TWS says -1 where there is no bid, ask or trade.
            if found is not None and found >= 0:
                prices[kind] = found
    except ValueError:
        return Unread(where=where, reason=UNREADABLE, label=label)
    if not prices:
        codes = [code for code in question.codes if code in problems.NO_PRICES]
        reason = problems.NO_PRICES[codes[-1]] if codes else _NO_PRICE
        return Unread(where=where, reason=reason, label=label)
    told = [_FEEDS.get(kind, PriceFeed.UNKNOWN) for (kind,) in question.of("feed")]
    feed = PriceFeed.DELAYED if _DELAYED_TICKS & set(prices) else PriceFeed.REAL_TIME
    bid, ask, last = _first(prices, _BID), _first(prices, _ASK), _first(prices, _LAST)
    return Quote(
        symbol=symbol,
        source=BROKER_ID,
        feed=told[-1] if told else feed,
        fetched_at=fetched_at,
        as_of=_time(question),
        bid=bid or None,
        ask=ask or None,
        last=last,
        mark=last,
        previous_close=_first(prices, _CLOSE),
        name=name,
    )


def _first(prices: dict[int, Decimal], kinds: tuple[int, ...]) -> Decimal | None:
    return next((prices[kind] for kind in kinds if kind in prices), None)


def _time(question: Question) -> datetime | None:
    for kind, text in question.of("text"):
        if kind in _TIMES and text.isdecimal() and 0 < int(text[:12]) < 2**33:
            return datetime.fromtimestamp(int(text[:12]), UTC)
    return None
