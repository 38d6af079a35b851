"""What the window paints before anything heavy is loaded: the newest snapshots, raw.

Through the driver alone, read only: no SQLAlchemy, no asyncio, no network, no keyring. It shows
what the file holds and decides nothing. A damaged snapshot is named and left out of the totals; a
file that still has to be brought to the present format shows nothing yet.
"""

from __future__ import annotations

import decimal
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from brokerdesk.clock import SystemClock
from brokerdesk.db import driver
from brokerdesk.db.border import decoding, too_new
from brokerdesk.db.library import Library, LibraryReader
from brokerdesk.db.migrations import VERSION
from brokerdesk.db.snapshot_rows import newest, to_snapshot
from brokerdesk.domain.balance import Balance
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.kinds import ConnectionState, Environment
from brokerdesk.domain.position import Position
from brokerdesk.domain.reading import Snapshot

_EXACT = decimal.Context(prec=100)
"""Wide enough that adding amounts never rounds."""

_ACCOUNTS = """
SELECT a.id, a.name, a.nickname, a.number_mask, a.environment, a.broker, a.currency, a.closed_at,
       a.connection_id, c.name, c.state
FROM accounts AS a LEFT JOIN connections AS c ON c.id = a.connection_id
WHERE a.included = 1 ORDER BY a.first_seen, a.name, a.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartAccount:
    """One included account with its newest snapshot.

    ``snapshot`` None: nothing was fetched yet. ``name`` is the nickname where the user gave one.
    ``connection`` None: the connection was removed and the history kept.
    """

    id: AccountId
    name: str
    number_mask: str
    broker: str
    environment: Environment
    currency: str
    closed: bool
    connection: ConnectionId | None
    connection_name: str
    connection_state: ConnectionState | None
    snapshot: Snapshot | None

    @property
    def balances(self) -> tuple[Balance, ...]:
        reading = None if self.snapshot is None else self.snapshot.reading
        return () if reading is None else reading.balances

    @property
    def positions(self) -> tuple[Position, ...]:
        reading = None if self.snapshot is None else self.snapshot.reading
        return () if reading is None else reading.positions


@dataclass(frozen=True, slots=True, kw_only=True)
class StartTotal:
    """Net liquidation value over ``accounts`` accounts; ``oldest_as_of`` is their oldest figure."""

    environment: Environment
    currency: str
    value: Decimal
    accounts: int
    oldest_as_of: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StartView:
    """Everything for the first paint. Environments and currencies are never added up."""

    accounts: tuple[StartAccount, ...]
    totals: tuple[StartTotal, ...]
    oldest_as_of: datetime | None


def read_start_view(
    path: Path, *, key: bytes | None = None, now: datetime | None = None
) -> StartView | None:
    """The newest snapshot of each included account; None when there is nothing to show yet.

    Raises:
        DatabaseDamagedError: the file cannot be read.
        DatabaseTooNewError: a newer program wrote it.
        StorageError: it cannot be opened.
    """
    with driver.at_border(path):
        if not path.exists() or path.stat().st_size == 0:
            return None
    raw = driver.connect(path, key=key, read_only=True)
    try:
        version = driver.user_version(raw, path)
        if version > VERSION:
            raise too_new(path, version, VERSION)
        if version < VERSION:
            return None
        with driver.at_border(path), decoding(path):
            # One transaction: all accounts from the same state of the file.
            raw.execute("BEGIN")
            accounts = _accounts(raw, now or SystemClock().now())
    finally:
        raw.close()
    if not accounts:
        return None
    totals = _totals(accounts)
    return StartView(
        accounts=accounts,
        totals=totals,
        oldest_as_of=min((total.oldest_as_of for total in totals), default=None),
    )


def _accounts(raw: driver.RawConnection, now: datetime) -> tuple[StartAccount, ...]:
    library = LibraryReader(raw, Library())
    return tuple(
        StartAccount(
            id=row[0],
            name=row[2] or row[1] or row[3],
            number_mask=row[3],
            environment=Environment(row[4]),
            broker=row[5],
            currency=row[6],
            closed=row[7] is not None,
            connection=row[8],
            connection_name=row[9] or "",
            connection_state=None if row[10] is None else ConnectionState(row[10]),
            snapshot=_newest(raw, row[0], library, now),
        )
        for row in raw.execute(_ACCOUNTS).fetchall()
    )


def _newest(
    raw: driver.RawConnection, account: AccountId, library: LibraryReader, now: datetime
) -> Snapshot | None:
    row = newest(raw, account, now)
    return None if row is None else to_snapshot(account, row, library.frame)


def _totals(accounts: Sequence[StartAccount]) -> tuple[StartTotal, ...]:
    """Per environment and currency, over accounts that still exist at their broker."""
    sums: dict[tuple[Environment, str], tuple[Decimal, int, datetime]] = {}
    for account in accounts:
        if account.closed or account.connection is None or account.snapshot is None:
            continue
        for balance in account.balances:
            worth, as_of = balance.net_liquidation, account.snapshot.as_of
            if worth is None:
                continue
            where = (account.environment, balance.currency)
            total, count, oldest = sums.get(where, (Decimal(0), 0, as_of))
            sums[where] = (_EXACT.add(total, worth), count + 1, min(oldest, as_of))
    return tuple(
        StartTotal(
            environment=environment,
            currency=currency,
            value=total,
            accounts=count,
            oldest_as_of=oldest,
        )
        for (environment, currency), (total, count, oldest) in sums.items()
    )
