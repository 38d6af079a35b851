"""A word on the screen when a sign-in comes near its end, and when it has ended.

The attention list says so all the time; this is for who looks elsewhere. What is due when the
program opens stands in that list already and is not said twice.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from brokerdesk.ui import format as fmt
from brokerdesk.ui.plain import tame
from brokerdesk.ui.viewmodels.desk import Desk, Toast

if TYPE_CHECKING:
    from brokerdesk.domain.events import Event

SETTLING = timedelta(minutes=2)
LONGEST_NAME = 48


class SignInReminder(QObject):
    """Listens for ``SignInDue`` and shows a toast that opens the sign-in."""

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._opened_at: datetime | None = None
        desk.opened.connect(self._on_opened)
        desk.happened.connect(self._on_event)

    def _on_opened(self) -> None:
        self._opened_at = self._desk.clock()

    def _on_event(self, event: Event) -> None:
        from brokerdesk.domain.events import SignInDue  # there are none before the first paint

        now, opened = self._desk.clock(), self._opened_at
        if not isinstance(event, SignInDue) or opened is None or now - opened < SETTLING:
            return
        row = next(
            (one for one in self._desk.figures.connections if one.key == event.connection), None
        )
        if row is None:
            return
        name = tame(row.title)
        if len(name) > LONGEST_NAME:
            name = f"{name[: LONGEST_NAME - 1].rstrip()}…"
        act = f"sign_in:{row.key}"
        if event.hours_left is None:
            text = "Its figures stay as they are until then."
            toast = Toast(f"{name}: sign in again.", text, "warn", act, "Sign in")
        else:
            left = row.sign_in_ends - now if row.sign_in_ends else timedelta(hours=event.hours_left)
            words = "Renew now to keep its figures coming."
            toast = Toast(
                f"{name} sign-in ends in {fmt.duration(left)}.", words, "warn", act, "Renew"
            )
        self._desk.toast(toast)
