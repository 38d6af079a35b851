"""An order as the user drafts it, before any broker's words.

A draft says what is wanted; whether an account can do it, what it may cost and whether a limit
forbids it are rules of others. A draft is never sent: what is sent is prepared from it by the
broker's own room, once, and shown before it goes.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum

from brokerdesk.domain.exact import check_amounts
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import Environment, OrderSide, OrderType, TimeInForce, TradingSession
from brokerdesk.facts import dataclass

MOST_LEGS = 4


class Link(StrEnum):
    """How the orders of one draft hang together."""

    SINGLE = "single"
    TRIGGERS = "triggers"
    """``children`` are sent by the broker once this one is filled."""
    EITHER = "either"
    """``children`` cancel each other; the draft itself has no leg."""
    BRACKET = "bracket"
    """``children`` are the profit taker and the stop: sent when this one fills, one cancels the
    other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftLeg:
    """One instrument; ``ratio`` units of it for each unit of the order."""

    instrument: Instrument
    side: OrderSide
    ratio: Decimal = Decimal(1)

    def __post_init__(self) -> None:
        check_amounts(self, "ratio")
        if self.ratio <= 0:
            raise ValueError("a leg's ratio is positive")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What the user wants done in one account.

    Exactly one of ``quantity`` (units, contracts or spreads) and ``notional`` (money of the legs'
    currency) is given. Prices are per unit; for several legs they are net, positive for a debit and
    negative for a credit. ``trail_percent`` 5 means five percent.
    """

    account: AccountId
    environment: Environment
    legs: tuple[DraftLeg, ...]
    type: OrderType
    quantity: Decimal | None = None
    notional: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.DAY
    session: TradingSession = TradingSession.REGULAR
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    trail_amount: Decimal | None = None
    trail_percent: Decimal | None = None
    good_till: date | None = None
    link: Link = Link.SINGLE
    children: tuple[Draft, ...] = ()

    def __post_init__(self) -> None:
        check_amounts(
            self, "quantity", "notional", "limit_price", "stop_price", "trail_amount",
            "trail_percent",
        )  # fmt: skip
        if (self.link is Link.EITHER) != (not self.legs):
            raise ValueError("a draft has legs, unless its children cancel each other")
        if len(self.legs) > MOST_LEGS:
            raise ValueError(f"an order has at most {MOST_LEGS} legs")
        if self.legs and (self.quantity is None) == (self.notional is None):
            raise ValueError("a draft says either how many or for how much")
        if bool(self.children) != (self.link is not Link.SINGLE):
            raise ValueError("children and link belong together")
        for child in self.children:
            if (child.account, child.environment) != (self.account, self.environment):
                raise ValueError("an order stays in one account")

    @property
    def currency(self) -> str:
        """Of the first leg, or of the first child's."""
        return self.legs[0].instrument.currency if self.legs else self.children[0].currency
