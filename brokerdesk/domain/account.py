"""One account at one broker."""

from __future__ import annotations

from dataclasses import field

from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import AccountType, Environment, TaxStatus
from brokerdesk.facts import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFlags:
    """What the broker says the account may not do. ``None`` means that it did not say."""

    margin: bool | None = None
    day_trader: bool | None = None
    day_trades: int | None = None
    trading_blocked: bool | None = None
    transfers_blocked: bool | None = None
    account_blocked: bool | None = None
    closing_only: bool | None = None
    in_call: bool | None = None
    read_only: bool | None = None
    """Reached for reading only, whatever the connection's broker can do with other accounts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account as its broker lists it.

    ``institution`` is where the money is held; through an aggregator it differs from the broker.
    ``raw_type`` is the broker's own word for the type; ``number_mask`` shows the last four only.
    """

    id: AccountId
    broker: str
    environment: Environment
    name: str
    number_mask: str
    type: AccountType
    currency: str = "USD"
    institution: str = ""
    raw_type: str = ""
    tax_status: TaxStatus = TaxStatus.UNKNOWN
    flags: AccountFlags = field(default_factory=AccountFlags)

    def __post_init__(self) -> None:
        if not self.id.startswith(self.broker + ":"):
            raise ValueError("an account id carries its broker as prefix")
        if len(self.currency) != 3:
            raise ValueError("a currency is its three-letter code")
