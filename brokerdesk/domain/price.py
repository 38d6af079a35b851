"""What one unit of an instrument cost at the end of a day, as a source tells it later."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from brokerdesk.domain.exact import check_amounts
from brokerdesk.facts import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyPrice:
    """The closing price of one trading day. Whether it is adjusted for splits is the source's."""

    day: date
    close: Decimal

    def __post_init__(self) -> None:
        check_amounts(self, "close")
