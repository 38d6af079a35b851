"""A price with its source and its age."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from brokerdesk.domain.exact import check_amounts, check_times
from brokerdesk.domain.kinds import AssetType, PriceFeed
from brokerdesk.facts import dataclass


@dataclass(frozen=True, slots=True, order=True)
class QuoteKey:
    """Of what a quote is: the same letters of another type or currency are another thing."""

    symbol: str
    asset_type: AssetType
    currency: str

    def __hash__(self) -> int:
        """Of texts that know theirs: tens of thousands are looked up at a time."""
        return hash((self.symbol, self.currency))


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A quote. ``as_of`` is the exchange's time, ``fetched_at`` ours; prices per unit.

    ``average_volume`` are the units that trade on a usual day, at all exchanges together;
    ``halted`` is whether trading in it is stopped. None: not told.
    """

    symbol: str
    source: str
    feed: PriceFeed
    fetched_at: datetime
    as_of: datetime | None = None
    bid: Decimal | None = None
    ask: Decimal | None = None
    last: Decimal | None = None
    mark: Decimal | None = None
    previous_close: Decimal | None = None
    average_volume: Decimal | None = None
    halted: bool | None = None
    name: str = ""

    def __post_init__(self) -> None:
        check_times(self, "fetched_at", "as_of")
        check_amounts(self, "bid", "ask", "last", "mark", "previous_close", "average_volume")
