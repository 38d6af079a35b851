"""The timeline of one order, out of the journal's steps, what was seen, and what the broker says.

Pure. Times of the journal are this computer's, to the millisecond; the broker's own moments stand
where only it can know them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from brokerdesk.domain.intent import Intent, IntentKind, IntentState
from brokerdesk.domain.kinds import OrderStatus
from brokerdesk.domain.order import Order
from brokerdesk.facts import dataclass
from brokerdesk.services.ledger_rules import CAN_MOVE
from brokerdesk.services.trading_facts import Moment
from brokerdesk.services.trading_words import PARTLY

if TYPE_CHECKING:
    from brokerdesk.db.journal.history import History, Sighting, Step

AGAIN_AFTER = timedelta(minutes=2)
"""So long after a cancel whose fate is unknown another one may be asked for."""
RECOVERED = "recovered"
"""The words of what happened while nobody listened."""
_S = IntentState
_NEVER = datetime.max.replace(tzinfo=UTC)
_PLACED = {
    _S.COMMITTED: "Written down",
    _S.SENDING: "Sent once",
    _S.ANSWERED: "The broker named it",
    _S.ACCEPTED: "Read back: it is what was asked for",
}
_ASKED = {
    _S.COMMITTED: "The wish to cancel was written down",
    _S.SENDING: "The cancel was sent once",
    _S.ANSWERED: "The broker was asked to cancel",
    _S.ACCEPTED: "The broker was asked to cancel",
    _S.REJECTED: "The broker did not cancel",
    _S.NOT_SENT: "The cancel was not sent",
    _S.UNKNOWN: "Whether the cancel arrived is not known",
    _S.FOUND: "What became of the cancel is known",
    _S.ABSENT: "The cancel did not arrive",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that is known of one row."""

    own: Sequence[History] = ()
    """The intent that made it, and those that changed it where the broker keeps its id."""
    cancels: Sequence[History] = ()
    order: Order | None = None
    sightings: Sequence[Sighting] = ()


def moments(facts: Facts) -> tuple[Moment, ...]:
    """Oldest first; what is still to come has no time and stands last."""
    found = [one for history in facts.own for one in _steps(history)]
    found += [one for history in facts.cancels for one in _of_cancel(history)]
    if facts.order is not None:
        found += _of_order(facts.order, facts.sightings, ours=bool(facts.own))
    found.sort(key=lambda one: one.at or _NEVER)
    return tuple(found)


def waits(intent: Intent) -> bool:
    """Whether nobody knows yet how it ends."""
    return intent.state in (_S.COMMITTED, _S.SENDING, _S.ANSWERED, _S.UNKNOWN)


def keeps_from_asking(cancel: Intent, now: datetime) -> bool:
    """Whether a wish to cancel stands against another one. One that may have been lost does not
    for long: asking twice does no harm, and the order still works.
    """
    fresh = timedelta(0) <= now - cancel.created_at < AGAIN_AFTER  # the clock may be set back
    return waits(cancel) and (fresh or cancel.state is not _S.UNKNOWN)


def _steps(history: History) -> Iterable[Moment]:
    replaces = history.intent.kind is IntentKind.REPLACE
    for step in history.steps:
        words = step.words or _PLACED.get(step.state, "")
        if replaces and step.state is _S.COMMITTED:
            words = "Written down, to take the place of another"
        yield Moment(state=step.state.value, at=step.at, words=words)


def _of_cancel(history: History) -> Iterable[Moment]:
    for step in history.steps:
        yield Moment(state=f"cancel_{step.state.value}", at=step.at, words=_cancel_words(step))


def _cancel_words(step: Step) -> str:
    ours = _ASKED.get(step.state, "")
    return f"{ours}: {step.words}" if step.words else ours


def _of_order(order: Order, sightings: Sequence[Sighting], *, ours: bool) -> list[Moment]:
    found = []
    if not ours and order.entered_at is not None:
        found.append(Moment(state="entered", at=order.entered_at, words="Entered elsewhere"))
    told: set[str] = set()
    for one in sightings:
        if one.what == order.status.value and order.closed_at is not None:
            continue  # the broker's own time of it is the better one
        if one.what in (PARTLY, *(status.value for status in OrderStatus)):
            told.add(one.what)
            found.append(Moment(state=one.what, at=_before(one.at, order), words=_heard(one)))
    if order.status not in CAN_MOVE:
        if order.status.value not in told:
            late = any(one.recovered and one.what == order.status.value for one in sightings)
            words = RECOVERED if late else order.status_text
            found.append(Moment(state=order.status.value, at=order.closed_at, words=words))
    elif order.filled_quantity > 0 and PARTLY not in told:
        found.append(Moment(state=PARTLY, at=None))
    return found


def _before(at: datetime, order: Order) -> datetime:
    """When something was seen to be, which was not after the order had ended."""
    return at if order.closed_at is None else min(at, order.closed_at)


def _heard(one: Sighting) -> str:
    return RECOVERED if one.recovered else ""
