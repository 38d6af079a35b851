"""Opens the question which source of an account is counted, and takes an answer back.

A wish names the two accounts: ``source:<one>|<other>``; ``unsource:<number>`` takes back what a
toast told of. One sheet at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from brokerdesk.ui.gateways.same_account import SameAccountGateway
from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.start import broker_titles
from brokerdesk.ui.viewmodels.desk import Desk, Toast
from brokerdesk.ui.viewmodels.same_account import UNDO, SourceQuestion, pair_of, question
from brokerdesk.ui.views.same_account.sheet import SourceSheet

if TYPE_CHECKING:
    from brokerdesk.services.same_accounts import Before, Comparison

KEPT = 8
"""So many answers can be taken back by their toasts."""


class Sources(QObject):
    """The sheet of one window and what was answered in it."""

    def __init__(self, window: QWidget, desk: Desk, gateway: SameAccountGateway | None = None):
        super().__init__(window)
        self._window, self._desk = window, desk
        self._gateway = gateway or SameAccountGateway(desk)
        self._titles = broker_titles()
        self._found: Comparison | None = None
        self._said: dict[str, Before] = {}
        self._count = 0
        self.sheet: SourceSheet | None = None
        privacy().changed.connect(self._on_privacy)

    def ask(self, target: str) -> None:
        """Lay the two accounts of a wish side by side."""
        pair = pair_of(target)
        if pair is not None and self.sheet is None and self._desk.ready:
            self._gateway.compare(*pair, self._open)

    def take_back(self, number: str) -> None:
        """Undo an answer."""
        before = self._said.pop(number, None)
        if before is not None:
            self._gateway.undo(before, self._on_undone)

    def _open(self, found: Comparison) -> None:
        if self.sheet is not None:
            return
        self._found = found
        sheet = self.sheet = SourceSheet(self._question(found))
        sheet.answered.connect(self._on_answered)
        sheet.closed.connect(self._on_closed)
        focus = next((one for one in sheet.answers if one.isEnabled()), None)
        sheet.open_over(self._window, focus)

    def _question(self, found: Comparison) -> SourceQuestion:
        now = self._desk.state.now or self._desk.clock()
        return question(found, self._titles, now, private=privacy().on)

    def _on_privacy(self) -> None:
        if self.sheet is not None and self._found is not None:
            self.sheet.show_question(self._question(self._found))

    def _on_closed(self) -> None:
        self.sheet = self._found = None

    def _on_answered(self, key: str) -> None:
        found = self._found
        assert found is not None
        one, other = found.first.id, found.second.id
        said = self._question(found)
        if not key:
            self._gateway.keep_apart(
                one, other, lambda before: self._on_said(before, "Two accounts.", "Both count.")
            )
            return
        counted = said.heads[said.keys.index(key)]
        self._gateway.choose(
            key,
            other if key == one else one,
            lambda before: self._on_said(before, "Counted once.", f"Through {counted}."),
        )

    def _on_said(self, before: Before, title: str, text: str) -> None:
        self._count += 1
        number = str(self._count)
        self._said[number] = before
        while len(self._said) > KEPT:
            self._said.pop(next(iter(self._said)))
        self._desk.portfolio.reload()
        self._desk.toast(Toast(title, text, action=f"{UNDO}:{number}", label="Undo"))

    def _on_undone(self) -> None:
        self._desk.portfolio.reload()
        self._desk.say("What was said before holds again.")
