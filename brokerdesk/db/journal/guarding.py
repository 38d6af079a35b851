"""What keeps an intent from being written down, decided inside the transaction that would write it.

Two windows and two processes see the same rows here, so that neither can slip past the other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from brokerdesk.db.codec import to_micros
from brokerdesk.db.driver import RawConnection
from brokerdesk.db.journal import switches
from brokerdesk.domain.draft import Draft
from brokerdesk.domain.intent import Intent, IntentKind
from brokerdesk.domain.kinds import OrderSide
from brokerdesk.errors import StorageError

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


def refuse_if_halted(raw: RawConnection, kind: IntentKind) -> None:
    """Cancels go through a halt, everything else stops at it."""
    if kind is not IntentKind.CANCEL and switches.halted(raw):
        raise RefusedByJournalError(
            "New orders are halted.",
            "Nothing was sent.",
            "Lift the halt in the Trade menu. Cancels go through.",
        )


def refuse_unless(raw: RawConnection, intent: Intent, guard: Guard) -> None:
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
    since = to_micros(intent.created_at - MINUTE)
    count = raw.execute(
        "SELECT count(*) FROM intents WHERE created_at > ? AND kind != ?",
        (since, IntentKind.CANCEL.value),
    ).fetchone()[0]
    if count >= guard.per_minute:
        raise RefusedByJournalError(
            f"{count} orders in the last minute: your limit is reached.",
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


def refuse_beside(intent: Intent, unsettled: Iterable[Intent]) -> None:
    """What is not settled blocks each instrument and side that it has, leg by leg."""
    if intent.kind is IntentKind.CANCEL:
        return
    wanted = blocked(intent)
    for other in unsettled:
        if other.account == intent.account and wanted & blocked(other):
            raise RefusedByJournalError(
                "An order like this one is not settled yet.",
                "What became of it is being looked for. A second one could be one too many.",
                "Wait until it is settled in Orders.",
            )


def blocked(intent: Intent) -> frozenset[tuple[str, OrderSide]]:
    """The instruments and sides that an unsettled intent blocks, its linked orders' as well."""
    if intent.draft is None:
        return frozenset({(intent.symbol, intent.side)})
    return frozenset(_legs(intent.draft))


def _legs(draft: Draft) -> Iterable[tuple[str, OrderSide]]:
    for leg in draft.legs:
        yield leg.instrument.symbol, leg.side
    for child in draft.children:
        yield from _legs(child)
