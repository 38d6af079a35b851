"""What one socket has told by now, put together: trades and quotes come apart, a quote is whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from brokerdesk.brokers.alpaca import BROKER_ID
from brokerdesk.brokers.alpaca.stream_wire import Book, Cancelled, Correction, Said, Trade
from brokerdesk.domain.exact import exact
from brokerdesk.domain.kinds import PriceFeed
from brokerdesk.domain.quote import Quote

_NO_PRICE = frozenset("BCGHNPRUVWZ47")
"""Conditions of trades that are no market price of this moment: averages and derived prices, late
and out of sequence, special settlement. Those before and after hours (T) and odd lots (I) count."""


@dataclass(slots=True)
class _Row:
    bid: Decimal | None = None
    ask: Decimal | None = None
    last: Decimal | None = None
    previous_close: Decimal | None = None
    name: str = ""
    as_of: datetime | None = None
    traded_at: datetime | None = None
    quoted_at: datetime | None = None
    trade: int | str | None = None
    last_before: Decimal | None = None
    whole: bool = False


class Board:
    """The newest of everything at one place, by its name there."""

    def __init__(self, feed: PriceFeed) -> None:
        self._feed = feed
        self._rows: dict[str, _Row] = {}

    def keep(self, names: Iterable[str]) -> None:
        """Forget everything else."""
        self._rows = {name: self._rows.get(name) or _Row() for name in names}

    def begin(self, name: str, found: Quote | None) -> None:
        """Take what was asked for as the beginning. What was told since is newer and stays."""
        row = self._rows.get(name)
        if row is None:
            return
        row.whole = True
        if found is None:
            return
        row.previous_close, row.name = found.previous_close, found.name
        if row.quoted_at is None:
            row.bid, row.ask = found.bid, found.ask
        if row.traded_at is None:
            row.last = found.last
        row.as_of = _later(row.as_of, found.as_of)

    def take(self, said: list[Said]) -> dict[str, None]:
        """Put in what was told; the names whose quotes changed and are whole, in order."""
        moved: dict[str, None] = {}
        for one in said:
            if isinstance(one, Book | Trade | Correction | Cancelled):
                row = self._rows.get(one.S)
                if row is not None and _put(row, one) and row.whole:
                    moved[one.S] = None
        return moved

    def quote(self, name: str, symbol: str, now: datetime) -> Quote | None:
        """All that is known, under the caller's symbol; None before its beginning."""
        row = self._rows.get(name)
        if row is None or not row.whole or (row.bid, row.ask, row.last) == (None, None, None):
            return None
        return Quote(
            symbol=symbol,
            source=BROKER_ID,
            feed=self._feed,
            fetched_at=now,
            as_of=row.as_of,
            bid=row.bid,
            ask=row.ask,
            last=row.last,
            previous_close=row.previous_close,
            name=row.name,
        )


def _put(row: _Row, one: Book | Trade | Correction | Cancelled) -> bool:
    """Whether the row changed. Figures that no market has, and what is older, change nothing."""
    try:
        if isinstance(one, Book):
            return _put_book(row, one)
        if isinstance(one, Trade):
            return _put_trade(row, one)
        if isinstance(one, Correction):
            return _correct(row, one)
    except ValueError:
        return False
    if one.i != row.trade or row.last_before is None:
        return False
    row.last, row.trade = row.last_before, None
    return True


def _put_book(row: _Row, one: Book) -> bool:
    if one.t is None or (row.quoted_at is not None and one.t < row.quoted_at):
        return False
    bid, ask = _price(one.bp), _price(one.ap)
    if (bid, ask, one.t) == (row.bid, row.ask, row.quoted_at):
        return False
    row.bid, row.ask, row.quoted_at = bid, ask, one.t
    row.as_of = _later(row.as_of, one.t)
    return True


def _put_trade(row: _Row, one: Trade) -> bool:
    if row.traded_at is not None and one.t < row.traded_at:
        return False
    if isinstance(one.c, list) and not _NO_PRICE.isdisjoint(one.c):
        return False
    last = _price(one.p)
    if last is None or (last, one.t, one.i) == (row.last, row.traded_at, row.trade):
        return False
    row.last_before, row.last = row.last, last
    row.traded_at, row.trade = one.t, one.i
    row.as_of = _later(row.as_of, one.t)
    return True


def _correct(row: _Row, one: Correction) -> bool:
    last = _price(one.cp)
    if one.oi != row.trade or last is None:
        return False
    row.last, row.trade = last, one.ci if one.ci is not None else one.oi
    return True


def _price(value: Decimal | None) -> Decimal | None:
    """A price; 0 says that there is no bid or offer."""
    if value is None:
        return None
    price = exact(value)
    if price < 0:
        raise ValueError("a price below zero")
    return price or None


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    known = [moment for moment in (one, other) if moment is not None]
    return max(known) if known else None
