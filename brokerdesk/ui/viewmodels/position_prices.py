"""The price chart of one holding without a widget: what is asked for, when, and what is said.

Going through a table with the arrow keys asks no broker for each row: the cache is read after a
short rest, and a broker only when it could tell something newer. A failure is quiet words; it is
not tried again for the same holding for a while.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject, QTimer, Signal
from shiboken6 import isValid

from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import Environment
from brokerdesk.errors import BrokerDeskError
from brokerdesk.services.amounts import percent
from brokerdesk.services.history_ranges import SPOKEN, Range, starts
from brokerdesk.services.price_history import PriceAsk, PriceHistory
from brokerdesk.ui import format as fmt
from brokerdesk.ui.viewmodels.state import PositionRow

if TYPE_CHECKING:
    from brokerdesk.domain.instrument import Instrument

RANGES = (Range.MONTH, Range.QUARTER, Range.YEAR, Range.FIVE_YEARS)
REST_MS = 180
AGAIN = timedelta(minutes=2)
"""A broker that did not answer is not asked for the same prices again before."""
ODD = Decimal("1.7")
"""A price that is so many times the last close is of another unit (a split, a bond's hundred)."""
NO_PRICES = "No price history yet."
NO_RANGE = "No prices in this range."
SAVED_PRICES = "Prices as saved with your snapshots."
READING = "Reading prices…"


class PricePort(Protocol):
    """Where prices come from."""

    def stored(
        self,
        ask: PriceAsk,
        done: Callable[[PriceHistory], object],
        failed: Callable[[BaseException], object],
    ) -> None: ...

    def fetch(
        self,
        ask: PriceAsk,
        done: Callable[[PriceHistory], object],
        failed: Callable[[BaseException], object],
    ) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeMark:
    """Units bought (positive) or sold on a day of the line, added up."""

    x: int
    quantity: Decimal
    count: int = 1

    @property
    def letter(self) -> str:
        return "B" if self.quantity > 0 else "S"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceLine:
    """What the chart draws: ``units[i] * 10**exponent`` on the day ``xs[i]``, oldest first."""

    xs: array[int]
    units: Sequence[int]
    exponent: int = 0
    cost: Decimal | None = None
    marks: tuple[TradeMark, ...] = ()
    span: str = ""

    def __len__(self) -> int:
        return len(self.xs)

    def value(self, index: int) -> Decimal:
        return Decimal(f"{self.units[index]}E{self.exponent}")


EMPTY = PriceLine(xs=array("i"), units=())


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceState:
    """``words`` stand in place of a line, ``source`` below it."""

    line: PriceLine = EMPTY
    range: Range = Range.YEAR
    words: str = ""
    source: str = ""
    busy: bool = False
    instrument: Instrument | None = None


class PriceFeed(QObject):
    """Keeps the chart of the holding that is looked at.

    Signals:
        changed: ``state`` is another one.
    """

    changed = Signal()

    def __init__(
        self,
        port: PricePort,
        clock: Callable[[], datetime],
        titles: Callable[[str], str] = str,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._port, self._clock, self._titles = port, clock, titles
        self.state = PriceState()
        self._row: PositionRow | None = None
        self._ask: PriceAsk | None = None
        self._history: PriceHistory | None = None
        self._range = Range.YEAR
        self._failed: dict[tuple[str, str, str], datetime] = {}
        self._problem = ""
        self._busy = False
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._read)

    def show(self, row: PositionRow | None, past: datetime | None) -> None:
        """This holding is looked at now; None: none is."""
        self._row = row
        ask = None if row is None else _ask(row, past)
        if ask == self._ask:
            self._publish()
            return
        self._ask, self._history, self._problem = ask, None, ""
        self._busy = ask is not None
        self._publish()
        if ask is None:
            self._rest.stop()
        else:
            self._rest.start()

    def choose(self, chosen: Range) -> None:
        """Show another range."""
        if chosen in RANGES and chosen is not self._range:
            self._range = chosen
            self._publish()

    def again(self) -> None:
        """The user asks once more."""
        if self._ask is not None:
            self._failed.pop(_key(self._ask), None)
            self._read()

    @property
    def waiting(self) -> bool:
        """Whether the cache is about to be read."""
        return self._rest.isActive()

    def hurry(self) -> None:
        """Read now what would be read after the rest."""
        if self._rest.isActive():
            self._rest.stop()
            self._read()

    # answers

    def _read(self) -> None:
        ask = self._ask
        if ask is None:
            return
        self._busy = True
        self._publish()
        self._port.stored(
            ask,
            lambda found: self._on_stored(ask, found),
            lambda error: self._on_failed(ask, error),
        )

    def _on_stored(self, ask: PriceAsk, found: PriceHistory) -> None:
        if not isValid(self) or ask != self._ask:
            return
        self._history = found
        tried = self._failed.get(_key(ask))
        if found.askable and (tried is None or self._clock() - tried >= AGAIN):
            self._publish()
            self._port.fetch(
                ask,
                lambda newer: self._on_fetched(ask, newer),
                lambda error: self._on_failed(ask, error),
            )
            return
        self._busy = False
        self._publish()

    def _on_fetched(self, ask: PriceAsk, found: PriceHistory) -> None:
        if isValid(self) and ask == self._ask:
            self._history, self._problem, self._busy = found, "", False
            self._publish()

    def _on_failed(self, ask: PriceAsk, error: BaseException) -> None:
        self._failed[_key(ask)] = self._clock()
        if isValid(self) and ask == self._ask:
            known = isinstance(error, BrokerDeskError)
            self._problem = error.title if known else "Prices could not be read."  # type: ignore[attr-defined]
            self._busy = False
            self._publish()

    # state

    def _publish(self) -> None:
        line = EMPTY
        if self._history is not None and self._row is not None:
            line = line_of(self._history, self._row, self._range, self._today())
        state = PriceState(
            line=line,
            range=self._range,
            words="" if len(line) > 1 else self._words(),
            source=self._source(),
            busy=self._busy,
            instrument=self._history.instrument if self._history is not None else None,
        )
        if state != self.state:
            self.state = state
            self.changed.emit()

    def _today(self) -> date:
        moment = self._ask.until if self._ask is not None and self._ask.until else self._clock()
        return moment.astimezone(fmt.market_zone()).date()

    def _words(self) -> str:
        if self._ask is None:
            return ""
        if self._busy:
            return READING
        if self._history is not None and len(self._history):
            return NO_RANGE
        return f"{NO_PRICES} {self._problem}".strip()

    def _source(self) -> str:
        history = self._history
        if history is None or not len(history):
            return ""
        told = SAVED_PRICES
        if history.source:
            told = f"Closing prices from {self._titles(history.source)}"
            if history.fetched_at is not None:
                told += f", fetched {fmt.age(history.fetched_at, self._clock(), short=True)}"
            told += "."
        return f"{told} {self._problem}".strip()


def line_of(history: PriceHistory, row: PositionRow, chosen: Range, today: date) -> PriceLine:
    """The part of a history that a range shows, with the holding's own price at its end."""
    days, units, exponent = _with_mark(history, row)
    start = starts(chosen, today)
    begin = 0 if start is None else bisect_left(days, start.toordinal())
    xs, part = days[begin:], units[begin:]
    return PriceLine(
        xs=xs,
        units=part,
        exponent=exponent,
        cost=row.average_cost,
        marks=trade_marks(history, xs),
        span=SPOKEN[chosen],
    )


def trade_marks(history: PriceHistory, xs: Sequence[int]) -> tuple[TradeMark, ...]:
    """Purchases and sales by day, each on the next day that the line has."""
    found: dict[tuple[int, bool], TradeMark] = {}
    for trade in history.trades:
        if not xs or trade.day < xs[0] or trade.day > xs[-1]:
            continue
        x = xs[bisect_left(xs, trade.day)]
        before = found.get((x, trade.quantity > 0))
        found[x, trade.quantity > 0] = TradeMark(
            x=x,
            quantity=trade.quantity + (before.quantity if before is not None else 0),
            count=1 + (before.count if before is not None else 0),
        )
    return tuple(found[key] for key in sorted(found))


def _with_mark(history: PriceHistory, row: PositionRow) -> tuple[array[int], list[int], int]:
    """The prices, and behind them the one that the position's own figures were made with."""
    days, units, exponent = array("i", history.days), list(history.units), history.exponent
    at = row.as_of or row.fetched_at
    mark = row.mark_price
    if mark is None or at is None or not days:
        return days, units, exponent
    day = at.astimezone(fmt.market_zone()).date().toordinal()
    last = Decimal(f"{units[-1]}E{exponent}")
    if day < days[-1] or not last / ODD < mark < last * ODD:
        return days, units, exponent
    own = mark.as_tuple().exponent
    assert isinstance(own, int)
    least = min(own, exponent)
    if least < exponent:
        factor = int(10 ** (exponent - least))
        units = [unit * factor for unit in units]
    sign, digits, _ = mark.as_tuple()
    unit = int("".join(map(str, digits))) * int(10 ** (own - least)) * (-1 if sign else 1)
    if day == days[-1]:
        units[-1] = unit
    else:
        days.append(day)
        units.append(unit)
    return days, units, least


def change_words(line: PriceLine) -> tuple[str, Decimal | None]:
    """The change over the line in words, and in percent."""
    if len(line) < 2:
        return "", None
    first, last = line.value(0), line.value(-1)
    share = percent(last - first, first)
    return fmt.change(last - first), share


def _ask(row: PositionRow, past: datetime | None) -> PriceAsk:
    return PriceAsk(
        symbol=row.symbol,
        asset_type=row.asset_type,
        currency=row.currency,
        environment=Environment(row.environment),
        accounts=tuple(AccountId(key) for key in row.accounts),
        until=past,
    )


def _key(ask: PriceAsk) -> tuple[str, str, str]:
    return ask.environment.value, ask.symbol, ask.currency
