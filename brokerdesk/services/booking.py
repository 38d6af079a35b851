"""Keep transactions and orders up to date, reading only what may have changed.

Each section remembers until when it was read. An overlap is read again, because brokers book late
and orders change after they were entered; storing is by the broker's id, so nothing doubles.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from brokerdesk.brokers.base import BrokerSession
from brokerdesk.domain.exact import utc
from brokerdesk.domain.ids import AccountId
from brokerdesk.services.orders_list import is_open

if TYPE_CHECKING:
    from brokerdesk.db.engine import Database
    from brokerdesk.db.unit_of_work import UnitOfWork

FIRST_TRANSACTIONS = timedelta(days=365)
FIRST_ORDERS = timedelta(days=60)
OVERLAP = timedelta(days=7)
ROUNDED = timedelta(minutes=1)
"""By so much a broker may tell another time of the same order when it has changed."""


async def transactions(
    session: BrokerSession, database: Database, account: AccountId, now: datetime
) -> int:
    """Read and store transactions up to ``now``; how many records could not be read."""
    key = f"transactions_until:{account}"
    since = await database.read(lambda uow: _since(uow, key, now, FIRST_TRANSACTIONS))
    found = await session.transactions(account, since, now)

    def store(uow: UnitOfWork) -> None:
        uow.transactions.upsert(account, found.items, fetched_at=now)
        uow.meta.set(key, now.isoformat())

    await database.run(store)
    return len(found.unread)


async def orders(
    session: BrokerSession, database: Database, account: AccountId, now: datetime
) -> int:
    """Read and store orders up to ``now``; how many records could not be read."""
    key = f"orders_until:{account}"

    def begin(uow: UnitOfWork) -> datetime:
        since = _since(uow, key, now, FIRST_ORDERS)
        earliest = now - FIRST_ORDERS
        for order in uow.orders.list(account, since=earliest):
            if is_open(order) and order.entered_at is not None:
                since = min(since, order.entered_at - ROUNDED)
        return max(since, earliest)

    since = await database.read(begin)
    found = await session.orders(account, since, now)

    def store(uow: UnitOfWork) -> None:
        uow.orders.upsert(account, found.items, fetched_at=now)
        uow.meta.set(key, now.isoformat())

    await database.run(store)
    return len(found.unread)


def _since(uow: UnitOfWork, key: str, now: datetime, first: timedelta) -> datetime:
    text = uow.meta.get(key)
    if not text:
        return now - first
    return max(now - first, min(utc(datetime.fromisoformat(text)), now) - OVERLAP)
