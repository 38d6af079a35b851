"""What an account holds that has a price, as its newest snapshot has it, and what prices change.

Facts and their reading; ``quoting_moves`` keeps them up. A move names the figure of the broker that
it belongs to: whoever shows it adds it to that figure and to no other.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.kinds import AssetType
from brokerdesk.domain.quote import QuoteKey
from brokerdesk.facts import dataclass
from brokerdesk.services.amounts import ZERO
from brokerdesk.services.live_figures import Base
from brokerdesk.services.portfolio_view import times_of
from brokerdesk.services.quoting_rules import Priced
from brokerdesk.turns import steps

if TYPE_CHECKING:
    from brokerdesk.db.records import StoredAccount
    from brokerdesk.db.unit_of_work import UnitOfWork

_UNPRICED = frozenset({AssetType.CASH_EQUIVALENT, AssetType.OTHER, AssetType.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Part:
    """One position of one account."""

    of: Priced
    base: Base

    @property
    def size(self) -> Decimal:
        return abs(self.base.value) if self.base.value is not None else ZERO


@dataclass(frozen=True, slots=True)
class HeldAccount:
    """An account with its priced positions. ``net`` is its broker's total in ``currency``."""

    account: AccountId
    connection: ConnectionId
    currency: str
    net: Decimal | None
    parts: tuple[Part, ...]
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountMove:
    """What newer prices change an account by, beside its broker's figures.

    ``net`` is the broker's total that ``value`` is added to; ``day`` None: not known. Of ``count``
    positions ``priced`` have a newer price, of which ``stale`` stand still; ``at`` is of when the
    oldest of these prices is.
    """

    account: AccountId
    currency: str
    net: Decimal | None
    value: Decimal
    day: Decimal | None
    priced: int
    stale: int
    count: int
    at: datetime | None


def read_account(
    uow: UnitOfWork, stored: StoredAccount, only: Collection[Priced] | None = None
) -> HeldAccount | None:
    """The account as its newest snapshot has it; None when there is none to go by. ``only``: no
    other parts than of these.
    """
    snapshot = uow.snapshots.latest(stored.account.id)
    if stored.connection is None or snapshot is None or snapshot.damaged:
        return None
    reading = snapshot.reading
    if reading is None:
        return None
    as_of, _ = times_of(snapshot)
    balance = reading.balances[0] if reading.balances else None
    parts = []
    for one in steps(reading.positions):
        instrument = one.instrument
        if instrument.asset_type in _UNPRICED:
            continue
        key = QuoteKey(instrument.symbol, instrument.asset_type, instrument.currency)
        of = Priced(stored.account.environment, key)
        if only is None or of in only:
            base = Base(one.quantity, instrument.multiplier, one.mark, one.market_value, one.day_pl,
                        one.open_pl, as_of)  # fmt: skip
            parts.append(Part(of, base))
    return HeldAccount(
        account=stored.account.id,
        connection=stored.connection,
        currency=balance.currency if balance is not None else stored.account.currency,
        net=balance.net_liquidation if balance is not None else None,
        parts=tuple(parts),
        count=len(reading.positions),
    )
