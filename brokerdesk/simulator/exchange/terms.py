"""What a user ordered, before any broker's words: legs, kind, prices, how long, in which session.

Terms never change. What becomes of them is a ticket's; how a broker writes them is a dialect's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    MARKET = "market"
    LIMIT = "limit"
    STOP = "stop"
    STOP_LIMIT = "stop_limit"
    TRAILING_STOP = "trailing_stop"


class Lasts(StrEnum):
    """How long an order stands. ``OPEN`` and ``CLOSE`` take part in that auction only."""

    DAY = "day"
    GTC = "gtc"
    IOC = "ioc"
    FOK = "fok"
    OPEN = "open"
    CLOSE = "close"


class Hours(StrEnum):
    """When an order may trade. ``ALL`` is from four in the morning to eight in the evening."""

    REGULAR = "regular"
    BEFORE = "before"
    AFTER = "after"
    ALL = "all"


class Link(StrEnum):
    SINGLE = "single"
    TRIGGER = "trigger"
    """The children start when this one is filled."""
    OCO = "oco"
    """Has no terms of its own: its children cancel each other."""


STOPS = frozenset({Kind.STOP, Kind.STOP_LIMIT, Kind.TRAILING_STOP})


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """``ratio`` units for each unit of the order. ``opening`` None: whatever the position says."""

    symbol: str
    buys: bool
    ratio: Decimal = Decimal(1)
    opening: bool | None = None

    @property
    def sign(self) -> int:
        return 1 if self.buys else -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """One order. For several legs ``limit`` is net: what is paid, negative for a credit.

    Either ``quantity`` or ``notional`` (money) is given. ``words`` keeps what only the broker's own
    answer needs.
    """

    legs: tuple[Leg, ...]
    kind: Kind
    lasts: Lasts = Lasts.DAY
    hours: Hours = Hours.REGULAR
    quantity: Decimal | None = None
    notional: Decimal | None = None
    limit: Decimal | None = None
    stop: Decimal | None = None
    trail: Decimal | None = None
    trail_percent: Decimal | None = None
    client_id: str = ""
    words: dict[str, Any] = field(default_factory=dict)

    @property
    def symbol(self) -> str:
        return self.legs[0].symbol

    @property
    def buys(self) -> bool:
        return self.legs[0].buys

    @property
    def several(self) -> bool:
        return len(self.legs) > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """Terms and what hangs on them. ``number`` only for what has one already."""

    terms: Terms | None
    link: Link = Link.SINGLE
    children: tuple[Strategy, ...] = ()
    number: int = 0
    words: dict[str, Any] = field(default_factory=dict)

    def all_terms(self) -> list[Terms]:
        """Its own terms and those of everything below, in the order of writing."""
        own = [self.terms] if self.terms is not None else []
        return own + [terms for child in self.children for terms in child.all_terms()]
