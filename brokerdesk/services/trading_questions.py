"""What brokers ask before they take an order, until the user has answered.

A yes sends the order, so that it is held to what holds for sending: the halt and the switch as the
journal has them now, and a review that is not older than prices are good for.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from brokerdesk.clock import Clock
from brokerdesk.domain.intent import Intent
from brokerdesk.facts import dataclass

if TYPE_CHECKING:
    from brokerdesk.brokers.trading import Asked
    from brokerdesk.db.journal.store import Journal

ANSWERED_WITHIN = timedelta(minutes=2)
"""So long after the broker asked a yes still stands on what was reviewed."""
LATE = (
    "The broker asked more than two minutes ago, and prices have moved since. Nothing was sent. "
    "Answer no, and review the order again."
)
HALTED = "New orders are halted. Nothing was sent. Lift the halt in the Trade menu, or answer no."
TURNED_OFF = "Trading was turned off for this connection meanwhile. Nothing was sent."
NO_JOURNAL = "The journal of orders cannot be used. Nothing was sent."


@dataclass(frozen=True, slots=True)
class Question:
    """What a broker asked, and when: by the wall clock, which a suspended computer keeps, and by
    one that nobody sets back.
    """

    intent: Intent
    asked: Asked
    at: datetime
    tick: timedelta


class Questions:
    """Those that are open. Belongs to one event loop."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open: dict[str, Question] = {}

    def __len__(self) -> int:
        return len(self._open)

    def add(self, intent: Intent, asked: Asked) -> None:
        """The broker asks."""
        self._open[intent.id] = Question(intent, asked, self._clock.now(), self._tick())

    def _tick(self) -> timedelta:
        return timedelta(seconds=self._clock.monotonic())

    def take(self, intent: str) -> Question | None:
        """Hand one out to be answered, once."""
        return self._open.pop(intent, None)

    def keep(self, question: Question) -> None:
        """It was not answered after all."""
        self._open[question.intent.id] = question

    def asked(self, intent: str) -> Asked | None:
        """The questions that an intent waits with."""
        found = self._open.get(intent)
        return None if found is None else found.asked

    async def against_yes(self, question: Question, journal: Journal | None) -> str:
        """Why the order may not go out on a yes any more, "" when it may.

        Raises:
            StorageError: the journal cannot be read.
        """
        if journal is None:
            return NO_JOURNAL
        if await journal.halted():
            return HALTED
        if question.intent.connection not in await journal.trading_on():
            return TURNED_OFF
        passed = self._tick() - question.tick
        late = max(passed, self._clock.now() - question.at) > ANSWERED_WITHIN
        return LATE if late else ""
