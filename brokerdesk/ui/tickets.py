"""The order ticket of a window: opened from anywhere, docked or in its own window, and its review.

A wish names what to do: ``ticket:`` opens it, ``ticket:buy:<position>`` (sell, close, closeall)
writes one for a position, ``ticket:copy:<order>`` and ``ticket:change:<order>`` for an order,
``ticket:window`` gives it a window. View-models outlive panes, so nothing that was typed is lost.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QApplication, QWidget

from brokerdesk.domain.ids import AccountId
from brokerdesk.ui.gateways.review import ReviewGateway
from brokerdesk.ui.gateways.ticket import TicketGateway
from brokerdesk.ui.shell.panes import holds
from brokerdesk.ui.theme import theme
from brokerdesk.ui.viewmodels.desk import Desk
from brokerdesk.ui.viewmodels.review import ReviewViewModel
from brokerdesk.ui.viewmodels.ticket import TicketViewModel
from brokerdesk.ui.viewmodels.ticket_copy import instrument_of, of_position
from brokerdesk.ui.viewmodels.ticket_ports import TicketPort
from brokerdesk.ui.viewmodels.ticket_trades import row_of
from brokerdesk.ui.views.ticket.pane import TicketPane
from brokerdesk.ui.widgets.sheet import Sheet

if TYPE_CHECKING:
    from brokerdesk.ui.views.ticket.window import TicketWindow

DOCK, WINDOW, REVIEW = "ticket", "ticket:window", "review"
_SIDES = {"buy": "buy", "sell": "sell", "close": "close", "closeall": "close"}


class Tickets(QObject):
    """One ticket and one review for one window."""

    def __init__(
        self,
        window: QWidget,
        desk: Desk,
        port: TicketPort | None = None,
        review: ReviewViewModel | None = None,
    ) -> None:
        super().__init__(window)
        self._window, self._desk = window, desk
        self.model = TicketViewModel(port or TicketGateway(desk), desk, self)
        self.review = review or ReviewViewModel(ReviewGateway(desk), desk.clock, self)
        self.own: TicketWindow | None = None
        self.pane: TicketPane | None = None
        self._connect()

    def _connect(self) -> None:
        model, review, desk = self.model, self.review, self._desk
        model.said.connect(desk.say)
        model.review_wanted.connect(self._on_review_wanted)
        desk.happened.connect(review.on_event)
        review.opened.connect(self._on_review_opened)
        review.closed.connect(self._on_review_closed)
        review.refused.connect(self._on_refused)
        review.showing.connect(self._on_showing)
        review.visiting.connect(self._on_visiting)
        theme().scaled.connect(self._on_scaled)

    # wishes

    def do(self, target: str) -> None:
        """``ticket:<target>``."""
        verb, _, rest = target.partition(":")
        if verb in _SIDES or verb == "trade":
            self._trade(verb, rest)
        elif verb in ("copy", "change"):
            self.model.take_order(rest, change=verb == "change")
            self.open()
        elif verb == "window":
            self.pop()
        elif verb == "symbol":
            self._symbol(rest)
        elif self.pane is not None and self.pane.holds_focus():
            self.pane.focus_symbol()  # once more: another symbol
        else:
            self.open()

    def _trade(self, verb: str, key: str) -> None:
        row = row_of(key, self._desk.figures.positions)
        if row is None:
            self._desk.say("That position is not held now.")
            return
        if not row.symbol or row.quantity is None:
            self._desk.say("That cannot be traded here.")
            return
        self.open()
        if verb == "trade":
            instrument = instrument_of(row)
            mine = self.model.fields
            if mine.empty or mine.environment.value != row.environment:
                self.model.write(of_position(row, "buy"))
            else:
                self.model.take(instrument)
        else:
            fields = of_position(row, _SIDES[verb])
            several = len(row.children) > 1
            if verb != "buy" and len(row.accounts) == 1 and not several:
                fields = replace(fields, account=AccountId(row.accounts[0]))
            self.model.write(fields, closing=verb == "closeall")
        if self.pane is not None:
            self.pane.focus_first()

    def _symbol(self, symbol: str) -> None:
        """A symbol by its letters: what is held of it goes first, else it is looked up."""
        self.open()
        rows = self._desk.figures.positions
        row = next((row for row in rows if row.symbol == symbol), None)
        if row is not None:
            self.model.take(instrument_of(row))
        elif self.pane is not None:
            self.pane.body.symbol.setText(symbol)
            self.model.edit(search=symbol)
            self.pane.search.look(symbol)

    # where it stands

    def open(self) -> None:
        """Show the ticket and go to it."""
        if self.own is not None:
            self.own.show()
            self.own.raise_()
            self.own.activateWindow()
        else:
            self._desk.beside.show(DOCK, self._make_dock)
        if self.pane is not None:
            self.pane.focus_first()

    def close(self) -> None:
        """Close it; what is in it stays."""
        if self.review.is_open:
            self._desk.say("The ticket is in review. Go back to it first.")
            return
        if self.own is not None:
            self.own.close()
        elif self.pane is not None:
            pane, self.pane = self.pane, None
            pane.done()
            self._desk.beside.hide(DOCK)

    def pop(self) -> None:
        """Into a window of its own, or back."""
        if self.own is not None:
            self.own.close()
            self.open()
            return
        if self.pane is not None:
            pane, self.pane = self.pane, None
            pane.done()
            self._desk.beside.hide(DOCK)
        pane = self._make(WINDOW, window=True)
        from brokerdesk.ui.views.ticket.window import TicketWindow

        self.own = TicketWindow(pane, self._window, self._desk.memory)
        self.own.gone.connect(self._on_gone)
        self.own.show()
        self.open()

    def _make_dock(self) -> TicketPane:
        return self._make(DOCK, window=False)

    def _make(self, who: str, *, window: bool) -> TicketPane:
        pane = TicketPane(self.model, who, window=window)
        pane.closed.connect(self.close)
        pane.popped.connect(self.pop)
        pane.acted.connect(self._on_acted)
        self.pane = pane
        return pane

    def _on_gone(self) -> None:
        self.own = self.pane = None

    def _on_scaled(self) -> None:
        """A window of its own is built anew for another text size; the dock is with the window."""
        if self.own is not None:
            self.own.close()
            self.pop()

    def _on_acted(self, action: str) -> None:
        if action == "now:":
            self._desk.travel(None)
        else:
            self._desk.wish(action)
            for sheet in self._window.findChildren(Sheet):
                if sheet.isVisible():  # who was asked from the ticket goes on in it
                    sheet.closed.connect(self.open)

    # review

    def _on_review_wanted(self, drafts: object, replaces: str) -> None:
        if isinstance(drafts, tuple):
            self.review.open(drafts, replaces)

    def _make_review(self) -> QWidget:
        from brokerdesk.ui.views.review.sheet import ReviewSheet

        return ReviewSheet(self.review)

    def _on_review_opened(self) -> None:
        self.model.lock(True)
        self._desk.beside.show(REVIEW, self._make_review)
        if self.own is not None:
            self._window.raise_()
            self._window.activateWindow()

    def _on_review_closed(self, how: str) -> None:
        held = holds(self._window, QApplication.focusWidget())
        self._desk.beside.hide(REVIEW)
        self.model.lock(False)
        if how == "done":
            self.model.sent()
        if self.pane is not None and held and self.pane.isVisible():
            self.pane.review.setFocus(Qt.FocusReason.OtherFocusReason)
            if how == "done":
                self.pane.focus_first()

    def _on_refused(self, field: str) -> None:
        self.model.refused(field, self.review.state.problem)

    def _on_showing(self, key: str) -> None:
        self._desk.go("orders", key)

    def _on_visiting(self, address: str) -> None:
        self._desk.wish(f"visit:{address}")
