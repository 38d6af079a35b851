"""One order ticket as a whole: written, cleared, brought back, handed to the review.

It sends nothing; what the review makes of its drafts is the review's. It must not know a widget.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from brokerdesk.domain.draft import Draft
from brokerdesk.services.trading_facts import LedgerRow
from brokerdesk.ui.viewmodels.order_sentence import Told
from brokerdesk.ui.viewmodels.ticket_copy import of_row
from brokerdesk.ui.viewmodels.ticket_draft import built, draft_of
from brokerdesk.ui.viewmodels.ticket_editing import TicketEditing
from brokerdesk.ui.viewmodels.ticket_fields import TicketFields

_REVIEWED = {
    "limit_price": "limit",
    "stop_price": "stop",
    "trail_amount": "trail",
    "trail_percent": "trail",
    "notional": "quantity",
    "time_in_force": "time",
}


class TicketViewModel(TicketEditing):
    """State and intents of a ticket."""

    # the whole ticket

    def write(self, fields: TicketFields, *, closing: bool = False) -> None:
        """A ticket out of something that is there: a position, another order. What was in it can
        be brought back.
        """
        if self._locked:
            self.said.emit("The ticket is in review. Go back to it first.")
            return
        before = self.fields
        self._closing = closing
        self._put(fields)
        if not before.empty and before != fields:
            self._cleared = before
        if closing:
            self._ask()
        self._update()

    def clear(self) -> None:
        """Empty the fields; Undo brings them back."""
        if self._locked or self.fields.empty:
            return
        before = self.fields
        self._put(before.cleared())
        self._cleared = before
        self._update()

    def undo(self) -> None:
        """What was cleared stands there again."""
        if self._cleared is not None and not self._locked:
            fields, self._cleared = self._cleared, None
            self._put(fields)
            self._update()

    # review

    def drafts(self) -> tuple[Draft, ...]:
        """What goes to the review: one order, or those of a basket; empty: it is not whole."""
        order, target = built(self.fields), self.target
        if not order.whole or not target.accounts:
            return ()
        found = []
        for account, quantity in target.accounts:
            told = order.told if quantity is None else _part(order.told, quantity)
            found.append(draft_of(told, self.fields, account.account))
        return tuple(found)

    def review(self) -> None:
        """Hand the order to the review, once what was typed last has been routed."""
        if self._locked or self._desk.state.past is not None:
            return
        if self._later.isActive():
            self._then = self.review
            self._ask()  # goes on when it is answered
            return
        if self._asks.known.routing:
            self._then = self.review
            return
        if self.state.why_not:
            self.said.emit(self.state.why_not)
            self.focus_wanted.emit(self.state.where)
            return
        drafts = self.drafts()
        if drafts:
            self.review_wanted.emit(drafts, self.fields.replaces)

    def lock(self, on: bool) -> None:
        """In review nothing can be changed."""
        if on != self._locked:
            self._locked = on
            self._update()

    def refused(self, field: str, words: str = "") -> None:
        """A review found that this field cannot be so."""
        name = _REVIEWED.get(field, field)
        if words:
            self._asks.refuse(name, words)
        self.focus_wanted.emit(name)

    def sent(self) -> None:
        """The order is at its broker: the ticket is empty again."""
        self._put(replace(self.fields.cleared(), environment=self.fields.environment))
        self._cleared = None
        self._update()

    # elsewhere

    def take_order(self, key: str, *, change: bool) -> None:
        """A ticket out of an order of the ledger: a copy, or what is to take its place."""

        def told(row: LedgerRow | None) -> None:
            fields = of_row(row, change=change) if row is not None else None
            if row is None:
                self.said.emit("That order is not known any more.")
            elif change and row.cannot_replace:
                self.said.emit(row.cannot_replace)
            elif fields is None:
                self.said.emit("A ticket cannot say this order: change it at the broker.")
            else:
                self.write(fields)

        self._port.order(key, told, lambda _error: self.said.emit("That order cannot be read."))


def _part(told: Told, quantity: Decimal) -> Told:
    """The same order for a part of the quantity, with all that hangs on it."""
    children = tuple(_part(child, quantity) for child in told.children)
    return replace(told, quantity=quantity, children=children)
