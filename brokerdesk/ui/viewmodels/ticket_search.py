"""The symbol search of a ticket: what is typed, what is found, which one is meant.

Only the user's own choice counts: a line of the list, or letters that are exactly a symbol.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from brokerdesk.domain.kinds import AssetType, Environment
from brokerdesk.services.trading_facts import Found, Match
from brokerdesk.ui.plain import tame
from brokerdesk.ui.viewmodels.order_sentence import instrument_words
from brokerdesk.ui.viewmodels.ticket_asks import said

if TYPE_CHECKING:
    from brokerdesk.ui.viewmodels.ticket_ports import TicketPort

PAUSE_MS = 180
MOST = 12
_FOUND = {Found.HELD: "held", Found.RECENT: "recent"}
_KINDS = {
    AssetType.ETF: "ETF",
    AssetType.MUTUAL_FUND: "fund",
    AssetType.CRYPTO: "crypto",
    AssetType.FIXED_INCOME: "bond",
    AssetType.FUTURE: "future",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRow:
    """One line: symbol, name, where it comes from."""

    match: Match
    symbol: str
    name: str
    source: str

    @property
    def spoken(self) -> str:
        return ", ".join(part for part in (self.symbol, self.name, self.source) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchState:
    """The list; ``words`` stand in it while there is nothing to choose."""

    text: str = ""
    rows: tuple[SearchRow, ...] = ()
    words: str = ""
    looking: bool = False


class SymbolSearch(QObject):
    """Looks symbols up while they are typed.

    Signals:
        changed: ``state`` is another one.
        chosen: a ``Match`` that the user means.
    """

    changed = Signal()
    chosen = Signal(object)

    def __init__(self, port: TicketPort, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._port = port
        self.state = SearchState()
        self.environment = Environment.LIVE
        self._turn = 0
        self._enter = False
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self._ask)

    def ask_in(self, environment: Environment) -> None:
        """Look among the accounts of this environment; what is being looked for is asked anew."""
        if environment is not self.environment:
            self.environment = environment
            if self.state.text:
                enter = self._enter
                self.look(self.state.text)
                self._enter = enter

    def look(self, text: str) -> None:
        """Find this; nothing typed shows what is held and what was traded last."""
        self._enter = False
        self._turn += 1
        self.state = SearchState(text=text.strip(), rows=self.state.rows, looking=True)
        self._pause.start()

    def stop(self) -> None:
        """Nobody looks any more."""
        self._turn += 1
        self._enter = False
        self._pause.stop()
        self.state = SearchState()

    def enter(self, place: int) -> None:
        """Enter: the marked line, else the symbol that was typed letter by letter."""
        if 0 <= place < len(self.state.rows):
            self.choose(place)
        elif self.state.looking:
            self._enter = True  # as soon as it is known
            self._ask()
        else:
            self._choose_exact()

    def choose(self, place: int) -> None:
        """A line of the list."""
        if 0 <= place < len(self.state.rows):
            match = self.state.rows[place].match
            self.stop()
            self.chosen.emit(match)

    def _choose_exact(self) -> None:
        typed = self.state.text.casefold()
        same = [
            place
            for place, row in enumerate(self.state.rows)
            if typed in (row.match.instrument.symbol.casefold(), row.symbol.casefold())
        ]
        kinds = {self.state.rows[place].match.instrument.key for place in same}
        if len(kinds) == 1:
            self.choose(same[0])
        else:
            words = "Choose one of these." if same else f"“{self.state.text}” is not in the list."
            self.state = SearchState(text=self.state.text, rows=self.state.rows, words=words)
            self.changed.emit()

    def _ask(self) -> None:
        self._pause.stop()
        turn, text = self._turn, self.state.text

        def told(found: tuple[Match, ...]) -> None:
            if turn != self._turn:
                return
            rows = tuple(row_of(match) for match in found[:MOST])
            words = "" if rows else nothing_words(text)
            self.state = SearchState(text=text, rows=rows, words=words)
            self.changed.emit()
            if self._enter:
                self._enter = False
                self._choose_exact()

        def failed(error: BaseException) -> None:
            if turn == self._turn:
                self._enter = False
                self.state = SearchState(text=text, words=said(error))
                self.changed.emit()

        self._port.find(text, self.environment, told, failed)


def row_of(match: Match) -> SearchRow:
    """A match in words."""
    instrument = match.instrument
    kind = _KINDS.get(instrument.asset_type, "")
    where = _FOUND.get(match.found, match.told_by)
    currency = "" if instrument.currency == "USD" else instrument.currency
    return SearchRow(
        match=match,
        symbol=tame(instrument_words(instrument)),
        name=tame(instrument.name),
        source=tame(" · ".join(part for part in (kind, currency, where) if part)),
    )


def nothing_words(text: str) -> str:
    """Nothing was found."""
    return f"Nothing is called “{tame(text)[:30]}”." if text else "Type a symbol or a name."
