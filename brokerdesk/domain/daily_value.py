"""What an account was worth at the end of a day, as its broker tells it later."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from brokerdesk.domain.exact import check_amount
from brokerdesk.facts import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyValue:
    """An account's total at the end of a trading day, in its own currency."""

    day: date
    value: Decimal

    def __post_init__(self) -> None:
        check_amount("value", self.value)
