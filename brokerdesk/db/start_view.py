"""What the window paints before anything heavy is loaded: the newest snapshots, raw.

Through the driver alone, read only: no SQLAlchemy, no asyncio, no network, no keyring. It shows
what the file holds and decides nothing. A damaged snapshot is named and left out of the totals; a
file that still has to be brought to the present format shows nothing yet.
"""

from __future__ import annotations

import decimal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import msgspec

from brokerdesk.clock import SystemClock
from brokerdesk.db import driver
from brokerdesk.db.border import too_new
from brokerdesk.db.codec import from_micros
from brokerdesk.db.decoding import decoding
from brokerdesk.db.library import Library, LibraryReader
from brokerdesk.db.migrations import VERSION
from brokerdesk.db.rate_rows import read_recent
from brokerdesk.db.snapshot_rows import newest, to_snapshot
from brokerdesk.domain.account import Account, AccountFlags
from brokerdesk.domain.balance import Balance
from brokerdesk.domain.connection import Connection
from brokerdesk.domain.exchange_rate import RateColumn
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.kinds import AccountType, ConnectionState, Environment, TaxStatus
from brokerdesk.domain.market_hours import new_york_day
from brokerdesk.domain.position import Position
from brokerdesk.domain.reading import Snapshot
from brokerdesk.domain.same_accounts import PairChoice, counted_through, groups

_EXACT = decimal.Context(prec=100)
"""Wide enough that adding amounts never rounds."""

_ACCOUNTS = """
SELECT a.id, a.broker, a.environment, a.name, a.number_mask, a.type, a.currency, a.institution,
       a.raw_type, a.tax_status, a.flags, a.nickname, a.connection_id, a.closed_at, h.reason, h.at
FROM accounts AS a LEFT JOIN held AS h ON h.account_id = a.id
WHERE a.included = 1 ORDER BY a.first_seen, a.name, a.id
"""
_CONNECTIONS = """
SELECT id, broker, environment, name, identity, practice_url, state, state_text, created_at,
       state_since, last_success, last_attempt, signed_in_at, sign_in_ends
FROM connections ORDER BY created_at, id
"""
_CHOICES = """
SELECT first_id, second_id, chosen_id, decided_at FROM same_accounts
ORDER BY decided_at, first_id, second_id
"""
_TIMES = ("state_since", "last_success", "last_attempt", "signed_in_at", "sign_in_ends")
_flags = msgspec.msgpack.Decoder(AccountFlags)


@dataclass(frozen=True, slots=True, kw_only=True)
class StartAccount:
    """One included account with its newest snapshot.

    ``snapshot`` None: nothing was fetched yet. ``connection`` None: the connection was removed and
    the history kept. ``suspect`` is the reason for which a newer reading is held back, "" for none;
    ``held_at`` is when that was. ``through`` is the account that is counted in its stead, being the
    same one of another connection.
    """

    account: Account
    nickname: str
    connection: ConnectionId | None
    closed_at: datetime | None
    suspect: str
    snapshot: Snapshot | None
    held_at: datetime | None = None
    through: AccountId | None = None

    @property
    def id(self) -> AccountId:
        return self.account.id

    @property
    def name(self) -> str:
        """The nickname, else the broker's name, else the masked number."""
        return self.nickname or self.account.name or self.account.number_mask

    @property
    def counts(self) -> bool:
        """Whether its money is in the totals: it still exists, somebody reads it, and it is not
        counted through another connection.
        """
        return self.there and self.through is None

    @property
    def there(self) -> bool:
        """Whether it still exists and somebody reads it."""
        return self.closed_at is None and self.connection is not None

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
    """Net liquidation value over ``accounts`` accounts; ``oldest`` is when the oldest figure in it
    was last confirmed by its broker.
    """

    environment: Environment
    currency: str
    value: Decimal
    accounts: int
    oldest: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StartView:
    """Everything for the first paint. Environments and currencies are never added up."""

    accounts: tuple[StartAccount, ...]
    connections: tuple[Connection, ...]
    totals: tuple[StartTotal, ...]
    choices: tuple[PairChoice, ...] = ()
    """What the user said about accounts that look like one."""
    rates: Mapping[tuple[str, str], RateColumn] = field(default_factory=dict)
    """Recent rates by source and currency, where there is more than one currency."""

    @property
    def oldest(self) -> datetime | None:
        """When the oldest figure in any total was last confirmed."""
        return min((total.oldest for total in self.totals), default=None)


def read_start_view(
    path: Path, *, key: bytes | None = None, now: datetime | None = None, base: str = ""
) -> StartView | None:
    """The newest snapshot of each included account; None when there is nothing to show yet.

    ``base`` is the currency that will be converted to, "" when that is not known.

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
            choices = _choices(raw)
            now = now or SystemClock().now()
            accounts = _chosen(choices, _accounts(raw, now))
            connections = _connections(raw)
            rates = _rates(raw, accounts, base, now)
    finally:
        raw.close()
    if not accounts and not connections:
        return None
    return StartView(
        accounts=accounts,
        connections=connections,
        totals=_totals(accounts),
        choices=choices,
        rates=rates,
    )


def _rates(
    raw: driver.RawConnection, accounts: Sequence[StartAccount], base: str, now: datetime
) -> Mapping[tuple[str, str], RateColumn]:
    """The rates of this year and the one before, of all that is held; none for one currency."""
    present = {base} if base else set()
    for one in accounts:
        present.update(balance.currency for balance in one.balances)
        present.update(position.instrument.currency for position in one.positions)
    if len(present) < 2:
        return {}
    return read_recent(raw, sorted(present), new_york_day(now).year - 1)


def _accounts(raw: driver.RawConnection, now: datetime) -> tuple[StartAccount, ...]:
    library = LibraryReader(raw, Library())
    return tuple(
        StartAccount(
            account=Account(
                id=row[0],
                broker=row[1],
                environment=Environment(row[2]),
                name=row[3],
                number_mask=row[4],
                type=AccountType(row[5]),
                currency=row[6],
                institution=row[7],
                raw_type=row[8],
                tax_status=TaxStatus(row[9]),
                flags=_flags.decode(row[10]),
            ),
            nickname=row[11],
            connection=row[12],
            closed_at=_time(row[13]),
            suspect=row[14] or "",
            snapshot=_newest(raw, row[0], library, now),
            held_at=_time(row[15]),
        )
        for row in raw.execute(_ACCOUNTS).fetchall()
    )


def _choices(raw: driver.RawConnection) -> tuple[PairChoice, ...]:
    return tuple(
        PairChoice(first=row[0], second=row[1], chosen=row[2], decided_at=from_micros(row[3]))
        for row in raw.execute(_CHOICES).fetchall()
    )


def _chosen(
    choices: tuple[PairChoice, ...], accounts: tuple[StartAccount, ...]
) -> tuple[StartAccount, ...]:
    """The accounts with what is counted through another one."""
    if not choices:
        return accounts
    able = {one.id for one in accounts if one.there and one.snapshot is not None}
    through = counted_through(groups(choices), able)
    return tuple(
        replace(one, through=through[one.id]) if one.id in through else one for one in accounts
    )


def _connections(raw: driver.RawConnection) -> tuple[Connection, ...]:
    return tuple(
        Connection(
            id=row[0],
            broker=row[1],
            environment=Environment(row[2]),
            name=row[3],
            identity=row[4],
            practice_url=row[5],
            state=ConnectionState(row[6]),
            state_text=row[7],
            created_at=from_micros(row[8]),
            **dict(zip(_TIMES, map(_time, row[9:]), strict=True)),
        )
        for row in raw.execute(_CONNECTIONS).fetchall()
    )


def _time(value: object) -> datetime | None:
    return None if value is None else from_micros(value)


def _newest(
    raw: driver.RawConnection, account: AccountId, library: LibraryReader, now: datetime
) -> Snapshot | None:
    row = newest(raw, account, now)
    return None if row is None else to_snapshot(account, row, library.frame)


def _totals(accounts: Sequence[StartAccount]) -> tuple[StartTotal, ...]:
    """Per environment and currency, over accounts that still exist at their broker."""
    sums: dict[tuple[Environment, str], tuple[Decimal, int, datetime]] = {}
    for account in accounts:
        if not account.counts or account.snapshot is None:
            continue
        for balance in account.balances:
            worth, confirmed = balance.net_liquidation, account.snapshot.valid_until
            if worth is None:
                continue
            where = (account.account.environment, balance.currency)
            total, count, oldest = sums.get(where, (Decimal(0), 0, confirmed))
            sums[where] = (_EXACT.add(total, worth), count + 1, min(oldest, confirmed))
    return tuple(
        StartTotal(
            environment=environment,
            currency=currency,
            value=total,
            accounts=count,
            oldest=oldest,
        )
        for (environment, currency), (total, count, oldest) in sums.items()
    )
