"""A holding of one instrument in one account."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from brokerdesk.domain.exact import check_amounts
from brokerdesk.domain.instrument import Instrument
from brokerdesk.facts import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """A tax lot as the broker reports it. ``cost`` is the lot's total, not per unit."""

    quantity: Decimal
    acquired: date | None = None
    cost: Decimal | None = None

    def __post_init__(self) -> None:
        check_amounts(self, "quantity", "cost")


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A holding. Short positions have a negative quantity and a negative market value.

    ``average_cost`` is per unit, ``cost_basis`` the total; ``mark`` is the price per unit that
    ``market_value`` was computed with. P/L figures are in the instrument's currency. ``None``
    means the broker did not give the figure and it cannot be derived.
    """

    instrument: Instrument
    quantity: Decimal
    average_cost: Decimal | None = None
    cost_basis: Decimal | None = None
    mark: Decimal | None = None
    market_value: Decimal | None = None
    day_pl: Decimal | None = None
    open_pl: Decimal | None = None
    lots: tuple[Lot, ...] = ()

    def __post_init__(self) -> None:
        check_amounts(
            self,
            "quantity",
            "average_cost",
            "cost_basis",
            "mark",
            "market_value",
            "day_pl",
            "open_pl",
        )
