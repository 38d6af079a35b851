"""An SQLAlchemy engine over the driver's prepared connection: for migrations and their tests.

Imported only when a file has to be made or brought to the present format.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy
import sqlcipher3.dbapi2 as sqlite
from sqlalchemy import event
from sqlalchemy.pool import StaticPool

from brokerdesk.db import driver


def make_engine(
    path: Path, *, key: bytes | None, busy_seconds: float = driver.BUSY_SECONDS
) -> sqlalchemy.Engine:
    """An engine with exactly one connection, prepared, and with explicit BEGIN.

    The driver begins transactions lazily by itself, which leaves the tables of a failed migration
    behind; so it never does, and SQLAlchemy's begin event says it.
    """

    def connect() -> driver.RawConnection:
        return driver.connect_prepared(path, key=key, busy_seconds=busy_seconds)

    engine = sqlalchemy.create_engine(
        "sqlite+pysqlite://", module=sqlite, creator=connect, poolclass=StaticPool
    )

    @event.listens_for(engine, "begin")
    def begin(connection: sqlalchemy.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
