"""What each intent went through, and what was seen of orders meanwhile: the timeline's facts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from brokerdesk.db.codec import from_micros, to_micros, word
from brokerdesk.db.driver import RawConnection
from brokerdesk.domain.exact import check_times
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.intent import Intent, IntentState
from brokerdesk.facts import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One state that an intent came to."""

    state: IntentState
    at: datetime
    order_id: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """An intent with its steps. ``target`` is the order that a cancel or a replace concerns."""

    intent: Intent
    target: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """An order was seen to be another than before. ``recovered``: it happened unheard."""

    connection: ConnectionId
    account: AccountId
    order_id: str
    what: str
    at: datetime
    recovered: bool = False

    def __post_init__(self) -> None:
        check_times(self, "at")


def steps(raw: RawConnection, intent: str) -> tuple[Step, ...]:
    """Oldest first."""
    rows = raw.execute(
        "SELECT state, at, order_id, words FROM steps WHERE intent_id = ? ORDER BY seq", (intent,)
    )
    return tuple(_step(*row) for row in rows)


def histories(raw: RawConnection, intents: Iterable[Intent]) -> tuple[History, ...]:
    """Of each intent, in their order."""
    found = []
    for intent in intents:
        row = raw.execute("SELECT target FROM intents WHERE id = ?", (intent.id,)).fetchone()
        done = _without_looks(steps(raw, intent.id))
        found.append(History(intent=intent, target=str(row[0]), steps=done))
    return tuple(found)


def see(raw: RawConnection, one: Sighting) -> None:
    raw.execute(
        "INSERT INTO sightings (connection_id, account_id, order_id, what, at, recovered)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            *(one.connection, one.account, one.order_id, one.what),
            *(to_micros(one.at), int(one.recovered)),
        ),
    )


def sightings(raw: RawConnection, since: datetime) -> tuple[Sighting, ...]:
    """What was seen since then, oldest first."""
    rows = raw.execute(
        "SELECT connection_id, account_id, order_id, what, at, recovered FROM sightings"
        " WHERE at >= ? ORDER BY seq",
        (to_micros(since),),
    )
    return tuple(
        Sighting(
            connection=ConnectionId(connection),
            account=AccountId(account),
            order_id=order,
            what=what,
            at=from_micros(at),
            recovered=bool(recovered),
        )
        for connection, account, order, what, at, recovered in rows
    )


def _without_looks(found: tuple[Step, ...]) -> tuple[Step, ...]:
    """Each state once: looks that found nothing are steps of their own in the journal."""
    return tuple(
        one
        for index, one in enumerate(found)
        if not index or one.state is not found[index - 1].state
    )


def _step(state: str, at: int, order_id: str, words: str) -> Step:
    return Step(state=word(IntentState, state), at=from_micros(at), order_id=order_id, words=words)
