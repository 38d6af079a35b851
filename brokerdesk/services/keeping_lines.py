"""Keeps a broker's line up: tries again when it is lost, later each time, until told to end.

What is told on the line is its owner's; here is only how long to wait. A login that ended is not
tried again, and a defect ends the line and reaches its reporter.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import field

from brokerdesk.clock import Clock
from brokerdesk.errors import AuthError, BrokerDeskError, RateLimitedError, SecretStoreError
from brokerdesk.facts import dataclass

_log = logging.getLogger(__name__)

FIRST_WAIT = 1.0
LONGEST_WAIT = 120.0
PAUSE_LIMIT = 24 * 3600.0
"""A Retry-After beyond a day is a mistake of its sender."""
STEADY_SECONDS = 60.0
"""A line that stood so long begins again with the shortest wait."""


@dataclass(slots=True)
class Patience:
    """How long to wait before the next try: doubling, with equal jitter, so that a retry is never
    at once and many lines do not return in one moment.
    """

    jitter: random.Random = field(default_factory=random.Random, repr=False)
    failures: int = 0

    def wait(self, *, at_least: float | None = None) -> float:
        """Note a failure; the seconds until the next try."""
        step = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(self.failures, 16))
        self.failures += 1
        seconds = step / 2 + self.jitter.random() * step / 2
        if at_least is not None:
            seconds = max(seconds, min(max(0.0, at_least), PAUSE_LIMIT))
        return seconds

    def calm(self) -> None:
        self.failures = 0


async def keep_up(
    what: str,
    attempt: Callable[[], Awaitable[None]],
    lost: Callable[[BrokerDeskError | None], object],
    clock: Clock,
    patience: Patience,
) -> None:
    """Make ``attempt`` again and again, until cancelled.

    Args:
        what: for the log: which line.
        attempt: one attempt; it may return when the line ended without a word. It raises when the
            line is lost.
        lost: told after each attempt, with its error.

    Raises:
        AuthError, SecretStoreError: nothing to be tried again; ``lost`` was told.
    """
    down = False
    while True:
        began = clock.monotonic()
        error: BrokerDeskError | None = None
        try:
            await attempt()
        except BrokerDeskError as problem:
            error = problem
        finally:
            lost(error)
        if clock.monotonic() - began >= STEADY_SECONDS:
            patience.calm()
            down = False
        if not down:
            _log.info("%s: the line is down: %s", what, error.code if error else "ended")
            down = True
        if isinstance(error, AuthError | SecretStoreError):
            raise error
        asked = error.retry_after if isinstance(error, RateLimitedError) else None
        await clock.sleep(patience.wait(at_least=asked))
