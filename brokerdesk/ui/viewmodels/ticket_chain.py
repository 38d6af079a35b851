"""The option chain beside a ticket: expiries, strikes, both sides, and what is picked of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from brokerdesk.brokers.finding import Chain, ChainQuote, ChainRow
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.ui import format as fmt
from brokerdesk.ui.viewmodels.ticket_asks import said
from brokerdesk.ui.viewmodels.ticket_words import FEEDS, price_text

if TYPE_CHECKING:
    from brokerdesk.ui.viewmodels.ticket_ports import TicketPort


@dataclass(frozen=True, slots=True, kw_only=True)
class SideCells:
    """One contract's figures as they are written. ``quote`` None: there is no such contract."""

    quote: ChainQuote | None = None
    bid: str = ""
    ask: str = ""
    volatility: str = ""
    interest: str = ""
    in_money: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StrikeLine:
    """One strike with its call and its put."""

    strike: str
    value: Decimal
    call: SideCells
    put: SideCells


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainState:
    """What the sheet shows. ``words`` stand in place of lines."""

    underlying: str = ""
    expiries: tuple[tuple[str, str], ...] = ()
    expiry: str = ""
    lines: tuple[StrikeLine, ...] = ()
    middle: int = 0
    """The line nearest to the market."""
    told: str = ""
    words: str = ""
    loading: bool = False


class OptionChain(QObject):
    """Asks for the chain of one underlying.

    Signals:
        changed: ``state`` is another one.
    """

    changed = Signal()

    def __init__(
        self,
        port: TicketPort,
        underlying: Instrument,
        account: AccountId,
        now: datetime,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._port, self._underlying, self._account, self._now = port, underlying, account, now
        self._turn = 0
        self.state = ChainState(underlying=underlying.symbol)

    def begin(self) -> None:
        """Ask which days there are, and for the nearest."""
        self._set(words="Asking for expiries…", loading=True)
        self._port.expiries(self._underlying, self._account, self._on_expiries, self._on_failed)

    def choose(self, expiry: str) -> None:
        """Show the contracts of a day."""
        self._turn += 1
        turn = self._turn
        self._set(expiry=expiry, loading=True, words="" if self.state.lines else "Reading…")

        def told(chain: Chain) -> None:
            if turn == self._turn:
                self._on_chain(chain)

        def failed(error: BaseException) -> None:
            if turn == self._turn:
                self._on_failed(error)

        day = date.fromisoformat(expiry)
        self._port.chain(self._underlying, day, self._account, told, failed)

    def again(self) -> None:
        """Ask for the same day once more."""
        if self.state.expiry:
            self.choose(self.state.expiry)
        else:
            self.begin()

    def _on_expiries(self, days: tuple[date, ...]) -> None:
        if not days:
            self._set(words=f"{self._underlying.symbol} has no options here.", loading=False)
            return
        named = tuple((day.isoformat(), _day_words(day, self._now)) for day in days)
        self._set(expiries=named)
        self.choose(named[0][0])

    def _on_chain(self, chain: Chain) -> None:
        price = chain.underlying_price
        lines = tuple(line_of(row, price) for row in chain.rows)
        parts = [
            f"{chain.underlying} {fmt.price(price)}" if price is not None else chain.underlying,
            fmt.time_of_day(chain.fetched_at),
            FEEDS[chain.feed],
            f"{fmt.count(chain.unread, 'contract')} could not be read" if chain.unread else "",
        ]
        self._set(
            lines=lines,
            middle=nearest(lines, price),
            told=" · ".join(part for part in parts if part),
            words="" if lines else "There are no contracts of this day.",
            loading=False,
        )

    def _on_failed(self, error: BaseException) -> None:
        self._set(words=said(error), loading=False, lines=())

    def _set(self, **more: object) -> None:
        self.state = replace(self.state, **more)  # type: ignore[arg-type]
        self.changed.emit()


def line_of(row: ChainRow, price: Decimal | None) -> StrikeLine:
    """A strike in words; the side that is in the money is marked where the price is known."""
    return StrikeLine(
        strike=fmt.quantity(row.strike),
        value=row.strike,
        call=_cells(row.call, price is not None and row.strike < price),
        put=_cells(row.put, price is not None and row.strike > price),
    )


def _cells(quote: ChainQuote | None, in_money: bool) -> SideCells:
    if quote is None:
        return SideCells()
    interest = "" if quote.open_interest is None else fmt.whole(quote.open_interest)
    volatility = "" if quote.volatility is None else f"{fmt.fixed(quote.volatility, 1)}%"
    return SideCells(
        quote=quote,
        bid=price_text(quote.bid, option=True),
        ask=price_text(quote.ask, option=True),
        volatility=volatility or fmt.NONE,
        interest=interest or fmt.NONE,
        in_money=in_money,
    )


def nearest(lines: tuple[StrikeLine, ...], price: Decimal | None) -> int:
    """The line at the market; without a price the middle one."""
    if price is None or not lines:
        return len(lines) // 2
    return min(range(len(lines)), key=lambda place: abs(lines[place].value - price))


def _day_words(day: date, now: datetime) -> str:
    """``18 Dec 2026 · 28 days``."""
    left = (day - now.astimezone(fmt.market_zone()).date()).days
    return f"{fmt.day(day)} · {fmt.count(left, 'day')}" if left >= 0 else fmt.day(day)
