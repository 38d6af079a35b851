"""What is known around a ticket, and where its order goes. Frozen facts and one pure rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from brokerdesk.domain.kinds import Environment
from brokerdesk.services.order_limits import Limits
from brokerdesk.services.routing import Obstacle
from brokerdesk.services.trading_facts import (
    Offers,
    Routed,
    TicketAccount,
    TicketQuote,
    TradingState,
)
from brokerdesk.ui.viewmodels.ticket_fields import TicketFields

if TYPE_CHECKING:
    from brokerdesk.settings import Settings

OLDEST_PRICE = Limits().oldest_quote
"""As long as no profile is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What services said, as far as they did. ``quotes`` by ``Instrument.key``."""

    environments: tuple[Environment, ...] = ()
    trading: TradingState | None = None
    routed: Routed | None = None
    routing: bool = False
    route_failure: str = ""
    offers: Offers | None = None
    quotes: Mapping[tuple[str, str, str], TicketQuote] = field(default_factory=dict)
    asking: bool = False
    refused: Mapping[str, str] = field(default_factory=dict)
    """What a review said about fields, until they are changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """The window around the ticket.

    ``oldest_price``: the user's own limit; an order at market waits for a newer price from then on.
    """

    now: datetime
    oldest_price: timedelta = OLDEST_PRICE
    past: datetime | None = None
    offline: bool = False
    locked: bool = False
    undo: bool = False


def oldest_price(settings: Settings | None) -> timedelta:
    """How old a price may be for an order at market: the user's own limit."""
    return OLDEST_PRICE if settings is None else timedelta(seconds=settings.order_quote_seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where the order goes: one account, several, or none with the reason."""

    accounts: tuple[tuple[TicketAccount, Decimal | None], ...] = ()
    leaning: TicketAccount | None = None
    """Whose rules the ticket goes by while none can take the order."""
    chosen: bool = False

    @property
    def first(self) -> TicketAccount | None:
        return self.accounts[0][0] if self.accounts else None

    @property
    def looked_at(self) -> TicketAccount | None:
        return self.first or self.leaning


def target_of(fields: TicketFields, routed: Routed | None) -> Target:
    """Who takes the order: whom the user chose, else whom routing did. A chosen account that is no
    longer there is nobody's to stand in for.
    """
    if routed is None:
        return Target()
    by_id = {one.account: one for one in routed.accounts}
    if fields.account is not None:
        one = by_id.get(fields.account)
        if one is None:
            return Target(leaning=_leaning(routed.accounts), chosen=True)
        return Target(accounts=((one, None),), chosen=True)
    parts = tuple(
        (by_id[part.account], part.quantity) for part in routed.route.parts if part.account in by_id
    )
    if len(parts) == 1:
        parts = ((parts[0][0], None),)
    return Target(accounts=parts, leaning=_leaning(routed.accounts))


def _leaning(accounts: tuple[TicketAccount, ...]) -> TicketAccount | None:
    hopeless = (Obstacle.ENVIRONMENT, Obstacle.READ_ONLY, Obstacle.COUNTED_ELSEWHERE)
    able = [one for one in accounts if one.obstacle not in hopeless]
    return able[0] if able else None
