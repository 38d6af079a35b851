"""What happened in some accounts, read from the cache. Never asks a broker.

Read in spans of time, so that the database thread and the window get a word in between while a
hundred thousand entries are unpacked.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from brokerdesk.domain.ids import AccountId
from brokerdesk.services.same_account_sources import Shown

if TYPE_CHECKING:
    from brokerdesk.db.engine import Database
    from brokerdesk.db.unit_of_work import UnitOfWork
    from brokerdesk.domain.transaction import Transaction

SPAN = timedelta(days=92)


async def entries(
    database: Database,
    accounts: Collection[AccountId],
    since: datetime | None,
    until: datetime,
    *,
    every_source: bool = False,
) -> tuple[Transaction, ...]:
    """Transactions of these accounts in ``[since, until]``, the newest first.

    Of an account that is reached through several connections the entries of the one that is
    counted; ``every_source`` True: of all of them.
    """
    shown = await database.read(shown_entries) if not every_source else None
    first = await database.read(lambda uow: uow.transactions.oldest(accounts))
    if first is None:
        return ()
    start = first if since is None else max(first, since)
    found: list[Transaction] = []
    end = until
    while end >= start:
        begin = max(start, end - SPAN)
        span = await database.read(partial(_span, accounts=accounts, since=begin, until=end))
        found += span if shown is None else [one for one in span if shown.at(one.account, one.time)]
        end = begin - timedelta(microseconds=1)
    return tuple(found)


def shown_entries(uow: UnitOfWork) -> Shown:
    """Whose entries are listed, inside a transaction of the caller's."""
    return Shown(uow, lambda account: uow.transactions.oldest([account]))


def _span(
    uow: UnitOfWork, *, accounts: Collection[AccountId], since: datetime, until: datetime
) -> list[Transaction]:
    found = [
        one
        for account in accounts
        for one in uow.transactions.list(account, since=since, until=until)
    ]
    found.sort(key=lambda one: one.time, reverse=True)
    return found
