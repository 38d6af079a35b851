"""All bookings of one account in the order of time, and its book as of any of them.

Days of the story come at the end, whole; what the user does comes in between. Books are kept every
so many events, so that a question about the past does not start at the beginning.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import datetime

from brokerdesk.simulator.exchange.book import Book
from brokerdesk.simulator.exchange.events import Event

CHECKPOINT_EVERY = 256


class Ledger:
    """Events by time, and books."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._times: list[datetime] = []
        self._checkpoints: list[Book] = [Book()]
        self._recent: tuple[int, Book] = (0, Book())

    def between(self, since: datetime, until: datetime) -> list[Event]:
        """Events in ``[since, until]``, oldest first."""
        return self.events[bisect_left(self._times, since) : bisect_right(self._times, until)]

    def add(self, events: Sequence[Event]) -> None:
        """Book events, themselves oldest first, wherever they belong."""
        if not events:
            return
        if not self._times or events[0].at >= self._times[-1]:
            self.events.extend(events)
            self._times.extend(event.at for event in events)
            return
        for event in events:
            place = bisect_right(self._times, event.at)
            self.events.insert(place, event)
            self._times.insert(place, event.at)
            self._forget(place)

    def drop_after(self, moment: datetime) -> None:
        """Take back what was booked after a moment."""
        place = bisect_right(self._times, moment)
        del self.events[place:], self._times[place:]
        self._forget(place)

    def book_at(self, moment: datetime) -> Book:
        """Cash and holdings after every event up to a moment. Not to be changed by the caller."""
        wanted = bisect_right(self._times, moment)
        done, book = self._recent
        if done > wanted or wanted - done > CHECKPOINT_EVERY:
            done, book = self._checkpoint(wanted)
        if done != wanted:
            book = book.copy()
            for event in self.events[done:wanted]:
                book.apply(event)
        self._recent = (wanted, book)
        return book

    def _checkpoint(self, wanted: int) -> tuple[int, Book]:
        """The newest kept book that is not past a place; those missing before it are made."""
        while (len(self._checkpoints)) * CHECKPOINT_EVERY <= wanted:
            start = (len(self._checkpoints) - 1) * CHECKPOINT_EVERY
            book = self._checkpoints[-1].copy()
            for event in self.events[start : start + CHECKPOINT_EVERY]:
                book.apply(event)
            self._checkpoints.append(book)
        place = wanted // CHECKPOINT_EVERY
        return place * CHECKPOINT_EVERY, self._checkpoints[place]

    def _forget(self, place: int) -> None:
        """What was derived from events at or after a place is no longer true."""
        del self._checkpoints[place // CHECKPOINT_EVERY + 1 :]
        if self._recent[0] > place:
            self._recent = (0, Book())
