"""What can be held: one instrument as one broker describes it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from brokerdesk.domain.exact import check_amounts
from brokerdesk.domain.kinds import AssetType, OptionRight
from brokerdesk.facts import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """An instrument. Empty strings mean "the broker did not say".

    ``multiplier`` is units of the underlying per contract (100 for a US equity option, else 1).
    ``raw_type`` keeps the broker's own word for the type. ``broker_ids`` are ``(broker, id)``.
    """

    symbol: str
    asset_type: AssetType
    currency: str = "USD"
    name: str = ""
    cusip: str = ""
    isin: str = ""
    figi: str = ""
    raw_type: str = ""
    broker_ids: tuple[tuple[str, str], ...] = ()
    multiplier: Decimal = Decimal(1)
    underlying: str = ""
    strike: Decimal | None = None
    expiry: date | None = None
    right: OptionRight | None = None

    def __post_init__(self) -> None:
        if not self.symbol:
            raise ValueError("an instrument needs a symbol")
        if len(self.currency) != 3:
            raise ValueError("a currency is its three-letter code")
        check_amounts(self, "multiplier", "strike")

    @property
    def key(self) -> tuple[str, str, str]:
        """Identity for aggregation across accounts: symbol, type, currency.

        An option never merges with its underlying and a crypto coin never with a share of the
        same ticker, because the type is part of it.
        """
        return (self.symbol, self.asset_type.value, self.currency)
