"""Facts to store, a database to store them in, and ways to look at the raw file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlcipher3.dbapi2 as sqlite
from support.clock import FakeClock

from brokerdesk.db.engine import Database
from brokerdesk.db.unit_of_work import UnitOfWork
from brokerdesk.domain.account import Account
from brokerdesk.domain.balance import Balance
from brokerdesk.domain.connection import Connection
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import AccountType, AssetType, Environment
from brokerdesk.domain.position import Position
from brokerdesk.domain.reading import Reading

NOON = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
"""Noon in New York on a Friday."""
CONNECTION = ConnectionId("fake-00000001")
ACCOUNT = AccountId("fake:0000000000000001")
OTHER = AccountId("fake:0000000000000002")


def open_database(folder: Path, name: str = "portfolio.db", **options: Any) -> Database:
    options.setdefault("clock", FakeClock(NOON))
    return Database.open(folder / name, backups=folder / "backups", **options)


@contextmanager
def opened(folder: Path, name: str = "portfolio.db", **options: Any) -> Iterator[Database]:
    database = open_database(folder, name, **options)
    try:
        yield database
    finally:
        database.close()


def make_connection(number: int = 1, **changes: Any) -> Connection:
    fields: dict[str, Any] = {
        "id": ConnectionId(f"fake-{number:08x}"),
        "broker": "fake",
        "environment": Environment.LIVE,
        "name": f"Fake {number}",
        "identity": f"identity {number}",
        "created_at": NOON,
    }
    return Connection(**(fields | changes))


def make_account(number: int = 1, **changes: Any) -> Account:
    fields: dict[str, Any] = {
        "id": AccountId(f"fake:{number:016x}"),
        "broker": "fake",
        "environment": Environment.LIVE,
        "name": f"Account {number}",
        "number_mask": f"…{number:04d}",
        "type": AccountType.MARGIN,
    }
    return Account(**(fields | changes))


def make_instrument(symbol: str = "ACME", **changes: Any) -> Instrument:
    return Instrument(
        **({"symbol": symbol, "asset_type": AssetType.EQUITY, "name": f"{symbol} Inc."} | changes)
    )


def make_position(symbol: str = "ACME", units: str = "10", mark: str = "12.50") -> Position:
    quantity, price = Decimal(units), Decimal(mark)
    return Position(
        instrument=make_instrument(symbol),
        quantity=quantity,
        average_cost=Decimal("10.00"),
        mark=price,
        market_value=quantity * price,
    )


def make_reading(
    account: AccountId = ACCOUNT,
    at: datetime = NOON,
    *,
    worth: str = "1000.00",
    positions: tuple[Position, ...] | None = None,
    as_of: datetime | None = None,
) -> Reading:
    return Reading(
        account=account,
        fetched_at=at,
        as_of=as_of or at,
        balances=(Balance(currency="USD", cash=Decimal("0.00"), net_liquidation=Decimal(worth)),),
        positions=(make_position(),) if positions is None else positions,
    )


def add_accounts(work: UnitOfWork, count: int = 2, *, included: bool = True) -> None:
    """One connection with ``count`` accounts, the first two being ACCOUNT and OTHER."""
    work.connections.add(make_connection())
    for number in range(1, count + 1):
        work.accounts.save(CONNECTION, make_account(number), included=included)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def raw_connection(path: Path) -> Any:
    """The file itself, past everything that the product guards it with."""
    return sqlite.connect(str(path), isolation_level=None)


def execute_raw(path: Path, *statements: str) -> list[tuple[Any, ...]]:
    """Run statements on the file; the rows of the last one."""
    connection = raw_connection(path)
    try:
        rows: list[tuple[Any, ...]] = []
        for statement in statements:
            rows = connection.execute(statement).fetchall()
        return rows
    finally:
        connection.close()


def integrity(path: Path) -> str:
    return str(execute_raw(path, "PRAGMA integrity_check")[0][0])
