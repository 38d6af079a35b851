"""What the palette of this window offers, gathered from the desk, the pages and the commands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from brokerdesk.domain.market_hours import new_york_day
from brokerdesk.ui.plain import tame
from brokerdesk.ui.shell.commands import all_commands
from brokerdesk.ui.viewmodels.days import moment_of
from brokerdesk.ui.viewmodels.palette import (
    Entries,
    Entry,
    Index,
    Kind,
    Part,
    Symbols,
    account_entries,
    day_entry,
)
from brokerdesk.ui.viewmodels.state import PositionRow

if TYPE_CHECKING:
    from brokerdesk.ui.shell.window import MainWindow

_PICTURES = {
    "ticket:new": "plus",
    "ticket:window": "open",
    "chart:value": "performance",
    "connect": "plus",
    "practice": "practice",
    "refresh": "refresh",
    "stop": "stop",
    "export": "export",
    "filter": "filter",
    "private": "eye-off",
    "side": "side",
    "past": "calendar",
    "now": "clock",
    "scope": "accounts",
    "everyone": "accounts",
    "connections": "link",
    "help": "help",
    "about": "info",
    "report": "copy",
    "folder": "open",
    "log": "log",
    "backup": "database",
    "restore": "import",
}


class Finder(QObject):
    """Searches what there was when the palette opened; symbols are made ready at the first letter,
    and once for the same positions.

    Signals:
        more: there is more to be found now: the positions were read.
    """

    more = Signal()

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._waiting = False
        window.desk.figures_changed.connect(self._on_figures)
        self._rest: tuple[Part, ...] = ()
        self._symbols: Symbols | None = None
        self._of: tuple[object, object] = (None, None)

    def begin(self) -> None:
        """Take what can be chosen now."""
        desk = self._window.desk
        self._waiting = not desk.figures.complete
        desk.hold_positions("palette")
        views, commands = self._commands()
        self._rest = (Entries(Kind.VIEW, views), Entries(Kind.COMMAND, commands))

    def end(self) -> None:
        """The palette is closed."""
        self._waiting = False
        self._window.desk.release_positions("palette")

    def _on_figures(self) -> None:
        if self._waiting and self._window.desk.figures.complete:
            self._waiting = False
            self.more.emit()
        elif not self._window.desk.figures.complete:
            self._symbols, self._of = None, (None, None)  # they may go

    def _everything(self) -> Index:
        positions = self._window.desk.figures.positions
        everyone = self._window.desk.state.everyone
        if self._symbols is None or self._of[0] is not positions or self._of[1] is not everyone:
            titles = {row.key: row.title for row in everyone}
            self._symbols = Symbols(sorted(positions, key=_worth, reverse=True), titles)
            self._of = (positions, everyone)
        more = Entries(Kind.COMMAND, [*self._needs(), *self._settings()])
        return Index((*self._rest, more, account_entries(everyone), self._symbols))

    def _commands(self) -> tuple[list[Entry], list[Entry]]:
        window = self._window
        views: list[Entry] = []
        commands: list[Entry] = []
        for command in all_commands():
            if not command.palette or not window.deeds.possible(command.id):
                continue
            view = command.id.startswith("go:")
            spec = window.stack.spec(command.id[3:]) if view else None
            (views if view else commands).append(
                Entry(
                    Kind.VIEW if view else Kind.COMMAND,
                    command.words,
                    f"command:{command.id}",
                    key=command.keys[0] if command.keys else command.told,
                    picture=spec.picture if spec else _PICTURES.get(command.id, "open"),
                )
            )
        return views, commands

    def _settings(self) -> list[Entry]:
        from brokerdesk.settings import describe

        return [
            Entry(Kind.COMMAND, one.title, f"setting:{one.name}", "Setting",
                  picture="settings")
            for one in describe()
        ]  # fmt: skip

    def _needs(self) -> list[Entry]:
        """What waits for the user, by the words on its buttons."""
        return [
            Entry(Kind.COMMAND, action.label, f"act:{action.id}", tame(message.title),
                  picture="warning")
            for message in self._window.desk.figures.messages
            for action in message.actions
        ]  # fmt: skip

    def find(self, text: str) -> tuple[Sequence[Entry], int]:
        """Entries for a text: without one, the views and commands."""
        if not text.strip():
            return Index(self._rest).find("")
        found, count = self._everything().find(text)
        today = new_york_day(self._window.desk.clock())
        day = day_entry(text, today)
        return ([day, *found], count + 1) if day else (found, count)

    def choose(self, action: str) -> None:
        """Do what an entry says."""
        window, desk = self._window, self._window.desk
        verb, _, target = action.partition(":")
        if verb == "command":
            window.deeds.do(target)
        elif verb == "account":
            desk.go("accounts", target)
            window.focus_page()
        elif verb == "symbol":
            desk.go("positions", target)
            window.focus_page()
        elif verb == "setting":
            desk.go("settings", target)
        elif verb == "act":
            window.act(target)
        elif verb == "day":
            desk.travel(moment_of(date.fromisoformat(target), desk.clock()))
        elif verb == "now":
            desk.travel(None)


def _worth(row: PositionRow) -> Decimal:
    return abs(row.value) if row.value is not None else Decimal(-1)
