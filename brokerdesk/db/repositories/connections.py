"""Connections and the log of their failures."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update

from brokerdesk.db import tables
from brokerdesk.db.codec import word
from brokerdesk.db.decoding import decoding
from brokerdesk.db.repositories.accounts import AccountRepository
from brokerdesk.db.scope import Scope
from brokerdesk.domain.connection import Connection, Failure
from brokerdesk.domain.ids import ConnectionId
from brokerdesk.domain.kinds import ConnectionState, Environment
from brokerdesk.errors import StorageError

FAILURES_KEPT = timedelta(days=30)

_table = tables.connections
_failures = tables.failures


class ConnectionRepository:
    def __init__(self, scope: Scope, accounts: AccountRepository) -> None:
        self._scope = scope
        self._connection = scope.connection
        self._accounts = accounts

    def list(self) -> tuple[Connection, ...]:
        """All connections, oldest first."""
        return self._read(select(_table).order_by(_table.c.created_at, _table.c.id))

    def get(self, connection: ConnectionId) -> Connection | None:
        found = self._read(select(_table).where(_table.c.id == connection))
        return found[0] if found else None

    def by_identity(
        self, broker: str, environment: Environment, identity: str
    ) -> Connection | None:
        """The connection of this login, if it is here already."""
        found = self._read(
            select(_table).where(
                _table.c.broker == broker,
                _table.c.environment == environment.value,
                _table.c.identity == identity,
            )
        )
        return found[0] if found else None

    def add(self, connection: Connection) -> None:
        """Add a connection.

        Raises:
            StorageError: this id or this login is here already.
        """
        self._connection.execute(insert(_table).values(_row(connection)))

    def update(self, connection: Connection) -> None:
        """Replace all that is stored of this connection.

        Raises:
            StorageError: it is not here (any more).
        """
        done = self._connection.execute(
            update(_table).where(_table.c.id == connection.id).values(_row(connection))
        )
        if done.rowcount != 1:
            raise StorageError(
                "This connection no longer exists.",
                "It was removed meanwhile. Nothing was changed.",
            )

    def remove(self, connection: ConnectionId, *, keep_history: bool) -> None:
        """Remove a connection. Its accounts stay readable, or go with all that is known of them."""
        if not keep_history:
            self._accounts.forget(connection)
        self._connection.execute(delete(_table).where(_table.c.id == connection))

    def record_failure(self, failure: Failure) -> None:
        """Note one failed attempt and let go of what is older than 30 days."""
        self._connection.execute(
            delete(_failures).where(_failures.c.at < failure.at - FAILURES_KEPT)
        )
        self._connection.execute(
            insert(_failures).values(
                connection_id=failure.connection,
                at=failure.at,
                code=failure.code,
                text=failure.text,
                account=failure.account,
            )
        )

    def failures(self, connection: ConnectionId, since: datetime) -> tuple[Failure, ...]:
        """Failed attempts from ``since`` on, oldest first."""
        with decoding(self._scope.path):
            rows = self._connection.execute(
                select(_failures)
                .where(_failures.c.connection_id == connection, _failures.c.at >= since)
                .order_by(_failures.c.at, _failures.c.id)
            ).mappings()
            return tuple(
                Failure(
                    connection=ConnectionId(row["connection_id"]),
                    at=row["at"],
                    code=row["code"],
                    text=row["text"],
                    account=row["account"],
                )
                for row in rows
            )

    def _read(self, query: Any) -> tuple[Connection, ...]:
        with decoding(self._scope.path):
            return tuple(map(_connection, self._connection.execute(query).mappings()))


def _row(connection: Connection) -> dict[str, object]:
    row: dict[str, object] = {
        field.name: getattr(connection, field.name) for field in dataclasses.fields(connection)
    }
    row["environment"] = connection.environment.value
    row["state"] = connection.state.value
    return row


def _connection(row: Any) -> Connection:
    fields = dict(row)
    fields["environment"] = word(Environment, fields["environment"])
    fields["state"] = word(ConnectionState, fields["state"])
    return Connection(**fields)
