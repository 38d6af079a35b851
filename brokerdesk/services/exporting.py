"""Write what the program shows into a CSV file that the user named.

Reads the cache only. The file is private, and it is there whole or not at all: what lay under its
name before stays until the new content is on the disk.
"""

from __future__ import annotations

import asyncio
import errno
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from brokerdesk.domain.kinds import Environment
from brokerdesk.domain.market_hours import new_york_day
from brokerdesk.errors import DiskFullError, StorageError
from brokerdesk.paths import write_private
from brokerdesk.services import export_tables
from brokerdesk.services.activity import shown_entries
from brokerdesk.services.csv_table import DEFAULTS, CsvOptions, Table, to_csv
from brokerdesk.services.orders_list import shown_orders

if TYPE_CHECKING:
    from brokerdesk.clock import Clock
    from brokerdesk.db.engine import Database
    from brokerdesk.db.unit_of_work import UnitOfWork
    from brokerdesk.domain.ids import AccountId
    from brokerdesk.services.portfolio import PortfolioService

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class ExportKind(StrEnum):
    POSITIONS = "positions"
    ACCOUNTS = "accounts"
    BALANCES = "balances"
    TRANSACTIONS = "transactions"
    ORDERS = "orders"


class ExportingService:
    """Tables of the stored facts, now or as of a past moment, and files made of them."""

    def __init__(self, *, database: Database, portfolio: PortfolioService, clock: Clock) -> None:
        self._database = database
        self._portfolio = portfolio
        self._clock = clock

    async def table(
        self,
        kind: ExportKind,
        *,
        as_of: datetime | None = None,
        environment: Environment | None = None,
    ) -> Table:
        """The rows of one kind over all included accounts.

        With ``as_of``, figures as they stood then, and transactions and orders up to then. What is
        counted through another connection is listed among the accounts and nowhere else.

        Raises:
            StorageError: the database cannot be read.
        """
        if kind in (ExportKind.TRANSACTIONS, ExportKind.ORDERS):
            return await self._database.read(lambda uow: _history(uow, kind, as_of, environment))
        view = await self._portfolio.view(as_of, environment)
        if kind is ExportKind.POSITIONS:
            return export_tables.positions(view)
        if kind is ExportKind.ACCOUNTS:
            return export_tables.accounts(view)
        return export_tables.balances(view)

    async def export(
        self,
        kind: ExportKind,
        path: Path,
        *,
        as_of: datetime | None = None,
        environment: Environment | None = None,
        options: CsvOptions = DEFAULTS,
    ) -> int:
        """Write the rows of one kind to ``path``; how many they are, without the header.

        Raises:
            StorageError: nothing was written.
        """
        table = await self.table(kind, as_of=as_of, environment=environment)
        await write_csv(path, table, options)
        return len(table.rows)

    def suggested_name(self, kind: ExportKind, as_of: datetime | None = None) -> str:
        """A file name that says what is inside, and of which New York day."""
        return f"brokerdesk-{kind}-{new_york_day(as_of or self._clock.now())}.csv"


async def write_csv(path: Path, table: Table, options: CsvOptions = DEFAULTS) -> None:
    """Write any table to ``path`` without holding up the event loop.

    Raises:
        StorageError: what was at ``path`` before is still there.
    """
    await asyncio.to_thread(_write, path, table, options)


def _write(path: Path, table: Table, options: CsvOptions) -> None:
    data = to_csv(table, options)
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, "that is a folder")
        write_private(path, data)
    except (OSError, ValueError) as error:  # ValueError: a name that no system takes
        raise _trouble(path, error) from error


def _trouble(path: Path, error: OSError | ValueError) -> StorageError:
    if isinstance(error, OSError) and error.errno in _FULL:
        return DiskFullError(
            "The disk is full.",
            f"{path.name} could not be written. What was there before is unchanged.",
            "Free some space, or export to another disk.",
        )
    reason = (error.strerror if isinstance(error, OSError) else None) or "the name cannot be used"
    return StorageError(
        "The file could not be written.",
        f"{path}: {reason}. What was there before is unchanged.",
        "Choose another folder or name.",
    )


def _history(
    uow: UnitOfWork, kind: ExportKind, until: datetime | None, environment: Environment | None
) -> Table:
    owners: dict[AccountId, export_tables.Owner] = {
        stored.account.id: export_tables.Owner(
            name=stored.shown_name,
            number=stored.account.number_mask,
            environment=stored.account.environment,
        )
        for stored in uow.accounts.list(included_only=True)
        if environment in (None, stored.account.environment)
    }
    if kind is ExportKind.TRANSACTIONS:
        entries = uow.transactions.list(until=until)
        shown = shown_entries(uow)
        kept = [e for e in entries if e.account in owners and shown.at(e.account, e.time)]
        return export_tables.transactions(kept, owners)
    found = uow.orders.list(until=until)
    shown = shown_orders(uow)
    listed = [o for o in found if o.account in owners and shown.at(o.account, o.entered_at)]
    return export_tables.orders(listed, owners)
