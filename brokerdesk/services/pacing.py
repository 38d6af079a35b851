"""When a connection is asked again: intervals, back-off and the pause a broker asked for.

Pure bookkeeping on a monotonic clock handed in as numbers, so that a schedule of weeks runs in a
test within milliseconds. It knows neither sessions nor accounts.
"""

from __future__ import annotations

import random
from dataclasses import field
from datetime import datetime, timedelta

from brokerdesk.brokers.base import Capabilities
from brokerdesk.domain.market_hours import is_open
from brokerdesk.facts import dataclass

BACKOFF_FIRST = 30.0
BACKOFF_LIMIT = 900.0
PAUSE_LIMIT = 24 * 3600.0
"""A Retry-After beyond a day is a mistake of its sender."""


def interval(
    capabilities: Capabilities,
    moment: datetime,
    *,
    open_minutes: int | None,
    closed_minutes: int | None,
) -> float:
    """Seconds between two rounds at ``moment``: the user's choice, else the broker's record."""
    if is_open(moment):
        chosen, usual = open_minutes, capabilities.refresh_open
    else:
        chosen, usual = closed_minutes, capabilities.refresh_closed
    return (usual if chosen is None else timedelta(minutes=chosen)).total_seconds()


@dataclass(slots=True)
class Pace:
    """One connection's place in the schedule. Times are monotonic seconds."""

    jitter: random.Random = field(repr=False)
    last_round: float | None = None
    failures: int = 0
    not_before: float | None = None
    paused_until: float | None = None
    """Until when the broker itself asked for silence: binds manual refreshes too."""

    def due(self, now: float, every: float) -> bool:
        """True when a scheduled round should start."""
        return now >= self.next_at(now, every)

    def next_at(self, now: float, every: float) -> float:
        """When the next scheduled round starts; ``now`` when it is overdue."""
        if self.not_before is not None:
            return max(now, self.not_before)
        if self.last_round is None:
            return now
        return max(now, self.last_round + every)

    def pause_left(self, now: float) -> float:
        """Seconds for which the broker asked not to be called, 0 when none are left."""
        return max(0.0, (self.paused_until or now) - now)

    def succeeded(self, now: float) -> None:
        self.last_round = now
        self.failures = 0
        self.not_before = self.paused_until = None

    def failed(self, now: float, *, retry_after: float | None = None) -> float:
        """Note a failed round; the seconds until the next try.

        Exponential with equal jitter: half the step is fixed, so that a retry is never at once,
        and half random, so that many connections do not return in one moment.
        """
        self.last_round = now
        step = min(BACKOFF_LIMIT, BACKOFF_FIRST * 2.0 ** min(self.failures, 16))
        self.failures += 1
        wait = step / 2 + self.jitter.random() * step / 2
        if retry_after is not None:
            pause = min(max(0.0, retry_after), PAUSE_LIMIT)
            self.paused_until = now + pause
            wait = max(wait, pause)
        self.not_before = now + wait
        return wait

    def hurry(self) -> None:
        """Forget the back-off (the network returned, the computer woke), not the broker's pause."""
        self.last_round = None
        self.not_before = self.paused_until
