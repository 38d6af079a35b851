"""What the end of one order means for those it is tied to: children, twins, replacements."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from brokerdesk.simulator.exchange.book import ZERO
from brokerdesk.simulator.exchange.hours import expiry, spans
from brokerdesk.simulator.exchange.terms import Link
from brokerdesk.simulator.exchange.tickets import State, Ticket

if TYPE_CHECKING:
    from brokerdesk.simulator.exchange.floor import Floor

TOO_LATE = "The order could not be replaced any more."


class Ties:
    """Ends orders, and carries that through."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    def is_oco(self, number: int) -> bool:
        """Whether a number is that of a tie between twins."""
        found = self._floor.by_number.get(number)
        return found is not None and found.link is Link.OCO

    def left(self, ticket: Ticket) -> Decimal:
        """Units still to be filled; what a twin has filled is not to be filled again."""
        done = ticket.filled
        if self.is_oco(ticket.parent):
            done = sum((one.filled for one in self._children(ticket.parent)), ZERO)
        return max(ZERO, ticket.quantity - done)

    def ask(self, ticket: Ticket, what: str, wait: float) -> None:
        """A cancel or a replace has arrived; it takes effect later."""
        if ticket.over:
            return
        ticket.pending = what
        ticket.leave_at = self._floor.at + timedelta(seconds=wait)
        ticket.due = min(ticket.due, ticket.leave_at)
        self._floor.note(ticket, what)

    def leave(self, ticket: Ticket) -> None:
        """A cancel or a replace that was asked for takes effect."""
        what, ticket.leave_at = ticket.pending, None
        if what == "cancel":
            self.end(ticket, State.CANCELED)
            return
        new, done = self._floor.by_number[ticket.replaced_by], ticket.filled
        ticket.pending = ""
        parent = self._floor.by_number.get(ticket.parent)
        if parent is not None:
            kept = (new.number if one == ticket.number else one for one in parent.children)
            parent.children = tuple(kept)
        self.end(ticket, State.REPLACED)
        if new.terms is not None and new.terms.quantity is not None and done:
            if new.terms.quantity <= done:
                self.end(new, State.REJECTED, TOO_LATE)
                return
            new.terms = replace(new.terms, quantity=new.terms.quantity - done)
        if parent is None or parent.state in (State.FILLED, State.WORKING):
            self.release(new)

    def end(self, ticket: Ticket, state: State, reason: str = "") -> None:
        """Into an end, with all that follows."""
        if ticket.over:
            return
        ticket.state, ticket.reason = state, reason
        self._floor.note(ticket, state.value)
        self.settle(ticket)

    def settle(self, ticket: Ticket) -> None:
        """An order is over: what that means for others."""
        pending, ticket.pending, ticket.ended = ticket.pending, "", self._floor.at
        self._floor.gone(ticket)
        if pending == "replace":
            self._abandon(ticket)
        elif pending == "cancel" and ticket.state is not State.CANCELED:
            self._floor.note(ticket, "cancel refused")
        children = self._children(ticket.number)
        if ticket.state is State.FILLED and ticket.link is Link.TRIGGER:
            for child in children:
                self.release(child)
        else:
            for child in children:
                self.end(child, State.CANCELED)
        if self.is_oco(ticket.parent) and ticket.state is not State.REPLACED:
            self._settle_tie(self._floor.by_number[ticket.parent], ticket)

    def release(self, ticket: Ticket) -> None:
        """It starts: its parent was filled, or the order it replaces is gone."""
        floor = self._floor
        if ticket.over:
            return
        if ticket.terms is None:
            floor.move(ticket, State.WORKING)
            for child in self._children(ticket.number):
                self.release(child)
            return
        ticket.expires = expiry(ticket.terms, floor.at)
        ticket.due = floor.at + timedelta(seconds=floor.knobs.fill_after)
        open_now = spans(ticket.terms, floor.at)[0][0] <= floor.at
        floor.move(ticket, State.WORKING if open_now else State.QUEUED)

    def _children(self, number: int) -> list[Ticket]:
        return [self._floor.by_number[one] for one in self._floor.by_number[number].children]

    def _settle_tie(self, tie: Ticket, ended: Ticket) -> None:
        twins = self._children(tie.number)
        if ended.state is State.FILLED:
            for twin in twins:
                self.end(twin, State.CANCELED)
        if tie.over or any(not twin.over for twin in twins):
            return
        filled = any(twin.state is State.FILLED for twin in twins)
        self.end(tie, State.FILLED if filled else ended.state, ended.reason)

    def _abandon(self, ticket: Ticket) -> None:
        """A replacement comes too late."""
        new = self._floor.by_number.get(ticket.replaced_by)
        ticket.replaced_by = 0
        self._floor.note(ticket, "replace refused")
        if new is not None and new.state is State.HELD:
            new.parent = 0
            self.end(new, State.REJECTED, TOO_LATE)
