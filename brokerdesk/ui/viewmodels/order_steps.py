"""The timeline of one order: what happened when, what is not known, what is still to come. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from brokerdesk.ui import format as fmt
from brokerdesk.ui.plain import tame
from brokerdesk.ui.viewmodels.order_rows import OrderRow

if TYPE_CHECKING:
    from brokerdesk.services.trading_facts import Moment

DONE, FILLED, UNKNOWN, TODO, FAILED = "done", "filled", "unknown", "todo", "failed"
_TITLES = {
    "entered": "Entered",
    "committed": "Journaled",
    "sending": "Sent once",
    "answered": "Answered",
    "accepted": "Accepted",
    "not_sent": "Not sent",
    "unknown": "Outcome unknown",
    "found": "Found",
    "absent": "Confirmed absent",
    "cancelled": "Canceled",
    "cancel_pending": "Cancel pending",
    "replace_pending": "Change pending",
    "partly_filled": "Partly filled",
    "cancel_committed": "Cancel journaled",
    "cancel_sending": "Cancel sent once",
    "cancel_accepted": "Cancel asked for",
    "cancel_found": "Cancel settled",
    "cancel_rejected": "Cancel refused",
    "cancel_not_sent": "Cancel not sent",
    "cancel_unknown": "Cancel unconfirmed",
    "cancel_absent": "Cancel did not arrive",
}
_FAILED = frozenset({"rejected", "not_sent", "cancel_rejected", "cancel_not_sent"})
_DOUBTS = frozenset({"unknown", "cancel_unknown"})
_PASSING = {"answered": "accepted", "cancel_answered": "cancel_accepted"}
"""States of a moment, which the one that follows says, too."""
_SETTLED = frozenset(
    {"filled", "cancelled", "rejected", "expired", "replaced", "not_sent", "absent", "unknown"}
)
LAST = "found_or_absent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One point. ``kind``: done, filled, unknown, failed or todo."""

    kind: str
    title: str
    time: str = ""
    note: str = ""

    @property
    def spoken(self) -> str:
        """For a screen reader."""
        state = "to come" if self.kind == TODO else ""
        return ", ".join(part for part in (self.title, self.time, self.note, state) if part)


def steps_of(row: OrderRow, today: date) -> tuple[Step, ...]:
    """The points of an order, oldest first; times to the millisecond, days where they change."""
    known = _named(row)
    made: list[Step] = []
    day = today
    for place, (state, at, words) in enumerate(known):
        later = any(other is not None for _, other, _ in known[place + 1 :])
        done = at is not None or later or state in (row.state, row.intent_state)
        done = done or (state == "partly_filled" and bool(row.filled))
        kind = _kind(state, done=done, last=_is_last(state, known[place + 1 :], row))
        time, note = "", tame(words)
        if at is not None:
            local = at.astimezone(fmt.market_zone())
            time = f"{local:%H:%M:%S}.{local.microsecond // 1000:03d}"
            if kind == UNKNOWN:
                time = f"since {local:%H:%M:%S}"
            if local.date() != day:
                day = local.date()
                note = f"{fmt.day(day)}, {note[:1].lower()}{note[1:]}" if note else fmt.day(day)
        made.append(Step(kind=kind, title=_title(state), time=time, note=note))
    return (*made, *_ahead(row, made))


def _named(row: OrderRow) -> list[tuple[str, datetime | None, str]]:
    """The ledger's moments, or what an order's own two times say."""
    if row.moments:
        return [(one.state, one.at, one.words) for one in _without_doubles(row.moments)]
    found: list[tuple[str, datetime | None, str]] = []
    if row.time is not None:
        found.append(("entered", row.time, ""))
    if row.state in _SETTLED or row.closed is not None:
        found.append((row.state, row.closed, ""))
    elif row.state:
        found.append((row.state, None, row.raw_status.lower() if row.state == "unknown" else ""))
    return found


def _without_doubles(moments: Sequence[Moment]) -> list[Moment]:
    """A state said twice in a row is one point, and so is an answer with its proof."""
    found: list[Moment] = []
    for one in moments:
        if found and found[-1] == one:
            continue
        if found and _PASSING.get(found[-1].state) == one.state:
            found.pop()
        found.append(one)
    return found


def _is_last(state: str, after: list[tuple[str, datetime | None, str]], row: OrderRow) -> bool:
    """Whether a doubt still stands: nothing settled it."""
    if state == "cancel_unknown":
        return row.cancel_state == "unknown"
    if state == "unknown" and row.intent:
        return row.intent_state == "unknown"
    return not after


def _kind(state: str, *, done: bool, last: bool) -> str:
    if not done:
        return TODO
    if state in _DOUBTS and last:
        return UNKNOWN
    if state in _FAILED:
        return FAILED
    return FILLED if state == "filled" else DONE


def _title(state: str) -> str:
    return _TITLES.get(state) or tame(state.replace("_", " ").capitalize())


def _ahead(row: OrderRow, made: list[Step]) -> tuple[Step, ...]:
    """What has to come, where the ledger does not say it itself."""
    if not made or made[-1].kind == TODO:
        return ()
    if made[-1].kind == UNKNOWN:
        return (Step(kind=TODO, title="Found or absent", note="waiting for proof"),)
    if row.live:
        return (Step(kind=TODO, title="Filled", note="not yet"),)
    return ()
