"""What the review sheet shows, in words: frozen rows, no service and no widget."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from brokerdesk.ui.viewmodels.order_sentence import Pieces
from brokerdesk.ui.viewmodels.state import Action


class Phase(StrEnum):
    """Where a review stands. Sending is entered from ``READY`` alone, once."""

    CLOSED = "closed"
    MAKING = "making"
    REFUSED = "refused"
    """No review could be made: nothing can be sent."""
    READY = "ready"
    VOID = "void"
    """Its time is over: it has to be made again."""
    SENDING = "sending"
    ASKED = "asked"
    """The broker asks, and the user has not answered."""
    SENT = "sent"
    """Every order has an outcome, which may be that nobody knows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureLine:
    """One figure under its source. ``secret``: hidden with the amounts."""

    label: str
    value: str
    strong: bool = False
    secret: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureGroup:
    """Figures of one source: the broker's own preview, or our estimate. Never of both."""

    ours: bool
    title: str
    by: str
    currency: str
    lines: tuple[FigureLine, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something to read before sending. ``theirs`` are the broker's words, shown in quotes."""

    code: str
    title: str
    text: str = ""
    theirs: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldLine:
    """One field as the broker gets it, with our words for it."""

    name: str
    value: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCard:
    """One order of the review."""

    key: str
    place: str
    """Such as "1 of 3"; "" for an order alone."""
    environment: str
    sentence: Pieces
    sells: bool
    quote: str
    quote_source: str
    """Whose quote it is and how it is fed; its age counts up."""
    quote_at: datetime | None
    groups: tuple[FigureGroup, ...]
    blocking: tuple[Note, ...]
    warnings: tuple[Note, ...]
    broker: str
    route: str
    """How many fields go out, in words."""
    fields: tuple[FieldLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What the broker asks about one order, word for word."""

    intent: str
    broker: str
    about: str
    questions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one order. ``kind``: good, bad, not_sent, unknown or waiting."""

    key: str
    kind: str
    title: str
    text: str
    about: str = ""
    actions: tuple[Action, ...] = ()
    next_at: datetime | None = None
    """When it is looked for next, while its fate is unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewState:
    """All that the sheet shows."""

    phase: Phase = Phase.CLOSED
    title: str = "Review order"
    environment: str = ""
    mode: str = ""
    orders: tuple[OrderCard, ...] = ()
    warnings: int = 0
    read: bool = False
    read_words: str = ""
    send: str = ""
    sells: bool = False
    can_send: bool = False
    why_not: str = ""
    """Why Send is off, in words; "" when it is on or arms in a moment."""
    left: str = ""
    """How long the review still holds."""
    problem: str = ""
    advice: str = ""
    question: Question | None = None
    outcomes: tuple[Outcome, ...] = ()
    settled: bool = False
    """Every order is at its broker or was refused by it: there is nothing to go back to."""
    notice: str = ""
    """What the last button did, or why it could not."""
