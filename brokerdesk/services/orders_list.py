"""Orders of some accounts as their brokers last reported them, read from the cache."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import OrderStatus
from brokerdesk.services.same_account_sources import Shown

if TYPE_CHECKING:
    from brokerdesk.db.engine import Database
    from brokerdesk.db.unit_of_work import UnitOfWork
    from brokerdesk.domain.order import Order

NEVER = datetime.min.replace(tzinfo=UTC)
OPEN = frozenset(
    {
        OrderStatus.PENDING,
        OrderStatus.WORKING,
        OrderStatus.CANCEL_PENDING,
        OrderStatus.REPLACE_PENDING,
        OrderStatus.UNKNOWN,
    }
)
"""Orders that may still change. One of an unknown state may, too."""


async def orders(
    database: Database,
    accounts: Collection[AccountId],
    since: datetime | None = None,
    *,
    every_source: bool = False,
) -> tuple[Order, ...]:
    """Orders entered since then, the newest first; open ones whenever they were entered.

    Of an account that is reached through several connections those of the one that is counted;
    ``every_source`` True: of all of them.
    """

    def read(uow: UnitOfWork) -> tuple[Order, ...]:
        found = [one for account in accounts for one in uow.orders.list(account)]
        if not every_source:
            shown = shown_orders(uow)
            found = [one for one in found if shown.at(one.account, one.entered_at)]
        kept = [one for one in found if since is None or is_open(one) or _entered(one, since)]
        dated = [one for one in kept if one.entered_at is not None]
        dated.sort(key=lambda one: one.entered_at or NEVER, reverse=True)
        return (*dated, *(one for one in kept if one.entered_at is None))

    return await database.read(read)


def shown_orders(uow: UnitOfWork) -> Shown:
    """Whose orders are listed, inside a transaction of the caller's."""

    def oldest(account: AccountId) -> datetime | None:
        entered = (one.entered_at for one in uow.orders.list(account))
        return min((one for one in entered if one is not None), default=None)

    return Shown(uow, oldest)


def is_open(order: Order) -> bool:
    """Whether an order, or one that it ties together, may still change."""
    return order.status in OPEN or any(map(is_open, order.children))


def _entered(order: Order, since: datetime) -> bool:
    moments = [one for one in (order.entered_at, order.closed_at) if one is not None]
    return not moments or max(moments) >= since
