"""The Log page without a page: which entries are shown, and whether the end is followed.

The newest part is read first and older ones after it, until a limit. It must not know a widget or
the log's file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from PySide6.QtCore import QObject, Signal

from brokerdesk.errors import BrokerDeskError
from brokerdesk.ui import format as fmt
from brokerdesk.ui.plain import tame

LEVELS = (("all", "All"), ("info", "Info"), ("warning", "Warnings"), ("error", "Errors"))
MOST = 200_000
"""Entries that are kept; a log of full size has fewer."""
_RANK = {"DEBUG": 0, "INFO": 1, "WARNING": 2, "ERROR": 3, "CRITICAL": 3, "": 0}
_LEAST = {"all": 0, "info": 1, "warning": 2, "error": 3}
Failed = Callable[[BaseException], object]


@dataclass(frozen=True, slots=True)
class LogRow:
    """One entry. ``line`` is how it is copied; ``rank`` orders levels."""

    at: str
    level: str
    where: str
    text: str
    line: str
    rank: int
    search: str

    @classmethod
    def of(cls, at: str, level: str, where: str, text: str, line: str) -> LogRow:
        search = f"{where}\n{text}".casefold()
        return cls(at, level, where, text, line, _RANK.get(level, 0), search)

    @property
    def first(self) -> str:
        """The first line of the text, harmless."""
        return tame(self.text.partition("\n")[0])


@dataclass(frozen=True, slots=True)
class LogPiece:
    """A part of the log. The places are the reader's own; None: there is nothing before."""

    rows: tuple[LogRow, ...]
    before: Any
    after: Any


class LogPort(Protocol):
    """What the page asks of the program. Answers come back on the GUI thread."""

    def newest(self, done: Callable[[LogPiece], object], failed: Failed) -> None: ...

    def older(self, before: Any, done: Callable[[LogPiece], object], failed: Failed) -> None: ...

    def since(self, after: Any, done: Callable[[LogPiece | None], object], failed: Failed) -> None:
        """What came since; None: begin anew."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LogState:
    """What the page shows beside the rows."""

    level: str = "all"
    text: str = ""
    follow: bool = True
    reading: bool = True
    shown: int = 0
    all: int = 0
    trouble: str = ""

    @property
    def count(self) -> str:
        """How many entries there are, and how many of them are shown."""
        if self.shown == self.all:
            return fmt.count(self.all, "entry", "entries")
        return f"{fmt.whole(self.shown)} of {fmt.count(self.all, 'entry', 'entries')}"


class LogViewModel(QObject):
    """State and intents of the page.

    Signals:
        changed: ``state`` is another one.
        reset: ``rows`` are others.
        prepended: so many rows came before the first.
        appended: so many rows came after the last.
    """

    changed = Signal()
    reset = Signal()
    prepended = Signal(int)
    appended = Signal(int)

    def __init__(self, port: LogPort, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._port = port
        self._all: list[LogRow] = []
        self.rows: list[LogRow] = []
        self._before: Any = None
        self._after: Any = None
        self._asking = False
        self._turn = 0
        self.state = LogState()

    # reading

    def begin(self) -> None:
        """Read the log from its end."""
        self._turn += 1
        turn = self._turn
        self._asking = True
        self._set(reading=True, trouble="")
        self._port.newest(
            lambda piece: self._on_newest(turn, piece), lambda error: self._fail(turn, error)
        )

    def look(self) -> None:
        """Read what came since, unless a reading is under way."""
        if self._asking or self._after is None:
            return
        self._asking, turn = True, self._turn
        self._port.since(
            self._after,
            lambda piece: self._on_since(turn, piece),
            lambda error: self._fail(turn, error),
        )

    def _on_newest(self, turn: int, piece: LogPiece) -> None:
        if turn != self._turn:
            return
        self._all = list(piece.rows)
        self._before, self._after = piece.before, piece.after
        self._filter()
        self._read_older(turn)

    def _read_older(self, turn: int) -> None:
        if self._before is None or len(self._all) >= MOST:
            self._asking = False
            self._set(reading=False)
            return
        self._port.older(
            self._before,
            lambda piece: self._on_older(turn, piece),
            lambda error: self._fail(turn, error),
        )

    def _on_older(self, turn: int, piece: LogPiece) -> None:
        if turn != self._turn:
            return
        self._all[:0] = piece.rows
        matching = [row for row in piece.rows if self._matches(row)]
        self.rows[:0] = matching
        self._before = piece.before
        if matching:
            self.prepended.emit(len(matching))
        self._count()
        self._read_older(turn)

    def _on_since(self, turn: int, piece: LogPiece | None) -> None:
        if turn != self._turn:
            return
        self._asking = False
        if piece is None:
            self.begin()  # the log was rotated
            return
        self._after = piece.after
        self._all += piece.rows
        matching = [row for row in piece.rows if self._matches(row)]
        self.rows += matching
        if matching:
            self.appended.emit(len(matching))
        self._count()

    def _fail(self, turn: int, error: BaseException) -> None:
        if turn == self._turn:
            known = isinstance(error, BrokerDeskError)
            self._asking = False
            self._set(
                reading=False,
                trouble=error.sentences() if known else "The log could not be read.",  # type: ignore[attr-defined]
            )

    # intents

    def filter_level(self, level: str) -> None:
        """Show entries of this level and above."""
        self._set(level=level)
        self._filter()

    def filter_text(self, text: str) -> None:
        """Show entries that have all these words."""
        self._set(text=text)
        self._filter()

    def follow(self, on: bool) -> None:
        """Stay at the end while entries come in."""
        self._set(follow=on)

    def clear_filter(self) -> None:
        """Show everything."""
        self._set(text="", level="all")
        self._filter()

    def copied(self, rows: list[LogRow]) -> str:
        """Rows as text, as they stand in the file; all that are shown when none is chosen."""
        return "\n".join(row.line for row in rows or self.rows)

    # inside

    def _matches(self, row: LogRow) -> bool:
        if row.rank < _LEAST[self.state.level]:
            return False
        return all(word in row.search for word in self.state.text.casefold().split())

    def _filter(self) -> None:
        least = _LEAST[self.state.level]
        words = self.state.text.casefold().split()
        self.rows = [
            row
            for row in self._all
            if row.rank >= least and all(word in row.search for word in words)
        ]
        self.reset.emit()
        self._count()

    def _count(self) -> None:
        self._set(shown=len(self.rows), all=len(self._all))

    def _set(self, **values: object) -> None:
        state = replace(self.state, **values)  # type: ignore[arg-type]
        if state != self.state:
            self.state = state
            self.changed.emit()
