"""What keeps an intent from being written down, decided inside the transaction that would write it.

Two windows and two processes see the same rows here, so that neither can slip past the other.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from brokerdesk.clock import Clock
from brokerdesk.db.codec import to_micros
from brokerdesk.db.driver import RawConnection
from brokerdesk.db.journal import switches
from brokerdesk.domain.blocking import blocked, meet
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.intent import Intent, IntentKind
from brokerdesk.errors import StorageError
from brokerdesk.facts import dataclass

MINUTE = timedelta(seconds=60)
AT_ONCE = timedelta(seconds=60)
"""What was written down is sent within this, or not at all: the computer may have slept."""


class RefusedByJournalError(StorageError):
    """Not written, and so not to be sent: the sentence says why."""

    code = "journal_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """What has to hold at the moment of sending. ``switch`` "", ``per_minute`` None and ``until``
    None: nothing. ``until`` is when the user's click is too long ago.
    """

    switch: str = ""
    per_minute: int | None = None
    until: datetime | None = None
    accounts: frozenset[AccountId] = frozenset()
    """Under which ids the account is known through other connections: an order that one of them
    has open stands in the way as well."""


def refuse_if_halted(raw: RawConnection, kind: IntentKind) -> None:
    """Cancels go through a halt, everything else stops at it."""
    if kind is not IntentKind.CANCEL and switches.halted(raw):
        raise RefusedByJournalError(
            "New orders are halted.",
            "Nothing was sent.",
            "Lift the halt in the Trade menu. Cancels go through.",
        )


class Pace:
    """When this run wrote orders down, on a clock that nobody sets."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._written: dict[str, timedelta] = {}

    def wrote(self, intent: Intent) -> None:
        self._written[intent.id] = self._tick()

    def age(self, intent: str) -> timedelta | None:
        """How long ago at least; None: another run wrote it, or another program."""
        at = self._written.get(intent)
        return None if at is None else self._tick() - at

    def of_last_minute(self, raw: RawConnection, now: datetime) -> tuple[int, int]:
        """How many orders were written down, and how many of them are dated ahead of the clock.

        Those of this run go by the clock that nobody sets. Of others the journal's times are all
        there is: one that lies ahead counts, for nobody knows how long ago it was.
        """
        rows = raw.execute(
            "SELECT id, created_at FROM intents WHERE created_at > ? AND kind != ?",
            (to_micros(now - MINUTE), IntentKind.CANCEL.value),
        ).fetchall()
        others = [at for id_, at in rows if id_ not in self._written]
        tick = self._tick()
        own = sum(tick - at < MINUTE for at in self._written.values())
        return len(others) + own, sum(1 for at in others if at > to_micros(now))

    def _tick(self) -> timedelta:
        return timedelta(seconds=self._clock.monotonic())


def refuse_unless(raw: RawConnection, intent: Intent, guard: Guard, pace: Pace) -> None:
    """The trading switch, the pace and the time, as they are now."""
    if intent.kind is IntentKind.CANCEL:
        return
    if guard.until is not None and intent.created_at > guard.until:
        raise _too_late()
    if guard.switch and not switches.is_on(raw, guard.switch):
        raise RefusedByJournalError(
            "Trading is off for this connection.",
            "Nothing was sent.",
            "Turn it on in Connections.",
        )
    if guard.per_minute is None:
        return
    count, ahead = pace.of_last_minute(raw, intent.created_at)
    if count >= guard.per_minute:
        words = f"{count} orders in the last minute: your limit is reached."
        if ahead:
            words += f" Of these, {ahead} are dated ahead of now: the clock was set back."
        raise RefusedByJournalError(
            words,
            "Nothing was sent.",
            "Wait a minute, or raise the limit in Settings.",
        )


def refuse_if_late(intent: Intent, now: datetime) -> None:
    """A cancel is as good later; an order is not, if the computer slept before it was sent."""
    if intent.kind is not IntentKind.CANCEL and now - intent.created_at > AT_ONCE:
        raise _too_late()


def _too_late() -> RefusedByJournalError:
    return RefusedByJournalError(
        "Too much time has passed since you sent this.",
        "Nothing was sent.",
        "Review the order again: prices have moved.",
    )


def refuse_beside(
    intent: Intent, unsettled: Iterable[Intent], also: frozenset[AccountId] = frozenset()
) -> None:
    """What is not settled blocks each instrument and side that it has, leg by leg.

    ``also`` are the ids of the same account through other connections.
    """
    if intent.kind is IntentKind.CANCEL:
        return
    wanted = blocked(intent)
    for other in unsettled:
        mine = other.account == intent.account and not wanted.isdisjoint(blocked(other))
        if mine or (other.account in also and meet(intent, other)):
            raise RefusedByJournalError(
                "An order like this one is not settled yet.",
                "What became of it is being looked for. A second one could be one too many."
                if mine
                else "It went to the same account through another connection. A second one could "
                "be one too many.",
                "Wait until it is settled in Orders.",
            )
