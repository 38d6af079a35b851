"""Live prices as the window knows them, laid over figures that stay what their broker reported.

Whoever shows prices holds them (``hold``); while anybody does, changes arrive some ten times a
second in one piece. Nothing here is stored, and a past day is never touched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from brokerdesk.facts import dataclass
from brokerdesk.turns import steps
from brokerdesk.ui.viewmodels.state import Figures, PositionRow

if TYPE_CHECKING:
    from brokerdesk.domain.events import Event
    from brokerdesk.services.quoting_book import LivePrice
    from brokerdesk.services.quoting_holdings import AccountMove


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """Prices that are others now, by ``PositionRow.priced_as``. ``still``: some are live no more,
    which has to be seen at once.
    """

    names: frozenset[str]
    still: bool = False


class LivePrices(QObject):
    """What is known of prices now.

    Signals:
        wanted: whether anybody shows prices.
        changed: ``Touched``; the accounts that hold these have changed with them.
    """

    wanted = Signal(bool)
    changed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._holders: set[str] = set()
        self._prices: dict[str, LivePrice] = {}
        self._moves: dict[str, AccountMove] = {}

    # who shows prices

    @property
    def held(self) -> bool:
        return bool(self._holders)

    def hold(self, who: str) -> None:
        """``who`` shows prices from now on."""
        self._holders.add(who)
        if len(self._holders) == 1:
            self.wanted.emit(True)

    def release(self, who: str) -> None:
        """``who`` shows them no more."""
        if who in self._holders:
            self._holders.remove(who)
            if not self._holders:
                self.wanted.emit(False)

    # what arrives

    def on_event(self, event: Event) -> bool:
        """Take an event of the services. False: it is not of prices."""
        from brokerdesk.services.quoting_book import PricesMoved, PriceState  # not for the start
        from brokerdesk.ui.viewmodels.live_overlay import priced_as

        if not isinstance(event, PricesMoved):
            return False
        names, still = set(), bool(event.gone)
        for price in event.prices:
            name = priced_as(price.of)
            self._prices[name] = price
            names.add(name)
            still = still or price.state is PriceState.STALE
        for of in event.gone:
            name = priced_as(of)
            self._prices.pop(name, None)
            names.add(name)
        for move in event.accounts:
            self._moves[move.account] = move
        self.changed.emit(Touched(names=frozenset(names), still=still))
        return True

    def forget(self) -> None:
        """The services are gone, and with them all that they told."""
        names = frozenset(self._prices)
        self._prices.clear()
        self._moves.clear()
        if names:
            self.changed.emit(Touched(names=names, still=True))

    def __bool__(self) -> bool:
        """Whether any price is known."""
        return bool(self._prices)

    def price(self, name: str) -> LivePrice | None:
        """The newest price of one thing, by ``PositionRow.priced_as``."""
        return self._prices.get(name)

    # laid over figures

    def row(self, row: PositionRow) -> PositionRow:
        """A holding, a part or a group at the newest prices; itself where none is newer."""
        if not self._prices:
            return row
        return self.rows((row,))[0]

    def rows(self, rows: tuple[PositionRow, ...]) -> tuple[PositionRow, ...]:
        """Rows at the newest prices."""
        if not self._prices:
            return rows
        from brokerdesk.ui.viewmodels.live_overlay import row_at

        prices = self._prices
        return tuple(row_at(row, prices) for row in steps(rows))

    def figures(self, figures: Figures) -> Figures:
        """Accounts, totals and movers at the newest prices; itself where none is newer."""
        if not self._prices:
            return figures
        from brokerdesk.ui.viewmodels.live_overlay import figures_at

        return figures_at(figures, self._prices, self._moves)
