"""What the palette of this window offers, gathered from the desk, the pages and the commands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from brokerdesk.domain.market_hours import new_york_day
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


class Finder:
    """Searches what there was when the palette opened; symbols are made ready at the first letter,
    and once for the same positions.
    """

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._rest: tuple[Part, ...] = ()
        self._symbols: Symbols | None = None
        self._of: tuple[object, object] = (None, None)

    def begin(self) -> None:
        """Take what can be chosen now."""
        views, commands = self._commands()
        self._rest = (Entries(Kind.VIEW, views), Entries(Kind.COMMAND, commands))

    def _everything(self) -> Index:
        positions = self._window.desk.figures.positions
        everyone = self._window.desk.state.everyone
        if self._symbols is None or self._of[0] is not positions or self._of[1] is not everyone:
            titles = {row.key: row.title for row in everyone}
            self._symbols = Symbols(sorted(positions, key=_worth, reverse=True), titles)
            self._of = (positions, everyone)
        return Index((*self._rest, account_entries(everyone), self._symbols))

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
        elif verb == "day":
            desk.travel(moment_of(date.fromisoformat(target), desk.clock()))
        elif verb == "now":
            desk.travel(None)


def _worth(row: PositionRow) -> Decimal:
    return abs(row.value) if row.value is not None else Decimal(-1)
