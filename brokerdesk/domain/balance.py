"""Balances of one account in one currency, by the field's names."""

from __future__ import annotations

from decimal import Decimal

from brokerdesk.domain.exact import check_amount, check_amounts
from brokerdesk.facts import dataclass

OWN_RATE = "exchange_rate"
"""The name among ``others`` of what the broker says that one unit of the balance's currency is
worth in the account's base currency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """Balances in ``currency``. ``None`` means the broker did not give the figure: never zero.

    ``net_liquidation`` is the account's total value in that currency. ``buying_power`` holds
    ``(kind, amount)`` pairs such as ``("stock", …)``, ``("day_trading", …)``; a cash account has
    none unless its broker gives one. ``others`` holds every further figure under the broker's own
    name, so that nothing it reports is lost.
    """

    currency: str
    cash: Decimal | None = None
    settled_cash: Decimal | None = None
    unsettled_cash: Decimal | None = None
    equity: Decimal | None = None
    net_liquidation: Decimal | None = None
    buying_power: tuple[tuple[str, Decimal], ...] = ()
    initial_margin: Decimal | None = None
    maintenance_margin: Decimal | None = None
    long_market_value: Decimal | None = None
    short_market_value: Decimal | None = None
    others: tuple[tuple[str, Decimal], ...] = ()

    def __post_init__(self) -> None:
        if len(self.currency) != 3:
            raise ValueError("a currency is its three-letter code")
        check_amounts(
            self,
            "cash",
            "settled_cash",
            "unsettled_cash",
            "equity",
            "net_liquidation",
            "initial_margin",
            "maintenance_margin",
            "long_market_value",
            "short_market_value",
        )
        for name, amount in (*self.buying_power, *self.others):
            check_amount(name, amount)

    @property
    def own_rate(self) -> Decimal | None:
        """What the broker says that one unit is worth in the account's base currency."""
        return next((amount for name, amount in self.others if name == OWN_RATE), None)
