"""What happened in an account: trades, income, transfers of cash and securities, fees."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from brokerdesk.domain.exact import check_amounts, check_times
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import TransactionType
from brokerdesk.facts import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """One entry. ``amount`` is the net change of cash: negative when cash leaves the account.

    ``quantity`` is signed: positive when units enter the account. ``fees`` is a positive total.
    ``id`` is the broker's id, unique within the account.
    """

    id: str
    account: AccountId
    type: TransactionType
    time: datetime
    amount: Decimal
    currency: str = "USD"
    raw_type: str = ""
    description: str = ""
    settlement_date: date | None = None
    instrument: Instrument | None = None
    quantity: Decimal | None = None
    price: Decimal | None = None
    fees: Decimal | None = None
    order_id: str = ""

    def __post_init__(self) -> None:
        check_times(self, "time")
        check_amounts(self, "amount", "quantity", "price", "fees")
