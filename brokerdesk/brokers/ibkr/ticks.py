"""Ticks gathered into a quote: each tells one figure, and what it leaves out is carried on.

Delayed prices come under ticks of their own. When TWS changes from live to delayed or back, prices
of the kind before are dropped: an old live price must not stand beside the word “delayed”.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from brokerdesk.brokers.ibkr import BROKER_ID
from brokerdesk.brokers.ibkr.border import known
from brokerdesk.domain.kinds import PriceFeed
from brokerdesk.domain.quote import Quote

_BID, _ASK, _LAST, _CLOSE = (1, 66), (2, 67), (4, 68), (9, 75)
_OF_NOW = frozenset((*_BID, *_ASK, *_LAST))
_TIMES = (45, 88)
_FEEDS = {
    1: PriceFeed.REAL_TIME,
    2: PriceFeed.REAL_TIME,
    3: PriceFeed.DELAYED,
    4: PriceFeed.DELAYED,
}
_HALTED = {0.0: False, 1.0: True, 2.0: True}
"""2 is a halt because of volatility. -1 stands for "not known"."""
_DELAYED = frozenset({66, 67, 68, 75})


class Ticks:
    """What is known of one thing's prices."""

    def __init__(self) -> None:
        self._prices: dict[int, Decimal] = {}
        self._told: PriceFeed | None = None
        self._time: datetime | None = None
        self._halted: bool | None = None
        self.spoilt = False
        """Whether a price came that is none."""

    def price(self, kind: int, value: float | None) -> None:
        """A price; -1 is TWS's word for: there is no bid, ask or trade (any more)."""
        try:
            found = known(value)
        except ValueError:
            self.spoilt = True
            found = None
        if found is None or found < 0:
            self._prices.pop(kind, None)
        else:
            self._prices[kind] = found

    def text(self, kind: int, text: str) -> None:
        """A text; the time of the last trade is one."""
        if kind in _TIMES and text.isdecimal() and 0 < int(text[:12]) < 2**33:
            self._time = datetime.fromtimestamp(int(text[:12]), UTC)

    def state(self, kind: int, value: float) -> None:
        """Whether trading is stopped."""
        self._halted = _HALTED.get(value)

    def feed(self, kind: int) -> None:
        """Live or delayed from now on."""
        told = _FEEDS.get(kind, PriceFeed.UNKNOWN)
        if self._told is not None and told is not self._told:
            for one in _OF_NOW & set(self._prices):
                del self._prices[one]
            self._time = None
        self._told = told

    @property
    def empty(self) -> bool:
        return not self._prices

    def quote(self, symbol: str, fetched_at: datetime, name: str) -> Quote:
        """All that is known by now; without any price too, which then is the news."""
        bid, ask, last = self._first(_BID), self._first(_ASK), self._first(_LAST)
        feed = PriceFeed.DELAYED if _DELAYED & set(self._prices) else PriceFeed.REAL_TIME
        return Quote(
            symbol=symbol,
            source=BROKER_ID,
            feed=self._told or feed,
            fetched_at=fetched_at,
            as_of=self._time,
            bid=bid or None,
            ask=ask or None,
            last=last,
            mark=last,
            previous_close=self._first(_CLOSE),
            halted=self._halted,
            name=name,
        )

    def _first(self, kinds: tuple[int, ...]) -> Decimal | None:
        return next((self._prices[kind] for kind in kinds if kind in self._prices), None)
