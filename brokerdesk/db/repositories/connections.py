"""Connections and the log of their failures."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from brokerdesk.db import rows
from brokerdesk.db.codec import from_micros, micros_or_none, moment_or_none, to_micros, word
from brokerdesk.db.decoding import decoding
from brokerdesk.db.repositories.accounts import AccountRepository
from brokerdesk.db.scope import Scope
from brokerdesk.domain.connection import Connection, Failure
from brokerdesk.domain.ids import ConnectionId
from brokerdesk.domain.kinds import ConnectionState, Environment
from brokerdesk.errors import StorageError

FAILURES_KEPT = timedelta(days=30)

_COLUMNS = tuple(field.name for field in dataclasses.fields(Connection))
_TIMES = (
    *("created_at", "state_since", "last_success", "last_attempt"),
    *("signed_in_at", "sign_in_ends"),
)
_SELECT = rows.select("connections", _COLUMNS)
_FAILURE = ("connection_id", "at", "code", "text", "account")


class ConnectionRepository:
    def __init__(self, scope: Scope, accounts: AccountRepository) -> None:
        self._scope = scope
        self._raw = scope.raw
        self._accounts = accounts

    def list(self) -> tuple[Connection, ...]:
        """All connections, oldest first."""
        return self._read(_SELECT + " ORDER BY created_at, id")

    def get(self, connection: ConnectionId) -> Connection | None:
        found = self._read(_SELECT + " WHERE id = ?", (connection,))
        return found[0] if found else None

    def by_identity(
        self, broker: str, environment: Environment, identity: str
    ) -> Connection | None:
        """The connection of this login, if it is here already."""
        found = self._read(
            _SELECT + " WHERE broker = ? AND environment = ? AND identity = ?",
            (broker, environment.value, identity),
        )
        return found[0] if found else None

    def add(self, connection: Connection) -> None:
        """Add a connection.

        Raises:
            StorageError: this id or this login is here already.
        """
        rows.insert(self._raw, "connections", _row(connection))

    def update(self, connection: Connection) -> None:
        """Replace all that is stored of this connection.

        Raises:
            StorageError: it is not here (any more).
        """
        if rows.update(self._raw, "connections", _row(connection), connection.id) != 1:
            raise StorageError(
                "This connection no longer exists.",
                "It was removed meanwhile. Nothing was changed.",
            )

    def remove(self, connection: ConnectionId, *, keep_history: bool) -> None:
        """Remove a connection. Its accounts stay readable, or go with all that is known of them."""
        if not keep_history:
            self._accounts.forget(connection)
        self._raw.execute("DELETE FROM connections WHERE id = ?", (connection,))

    def record_failure(self, failure: Failure) -> None:
        """Note one failed attempt and let go of what is older than 30 days."""
        oldest = to_micros(failure.at - FAILURES_KEPT)
        self._raw.execute("DELETE FROM failures WHERE at < ?", (oldest,))
        rows.insert(
            self._raw,
            "failures",
            {
                "connection_id": failure.connection,
                "at": to_micros(failure.at),
                "code": failure.code,
                "text": failure.text,
                "account": failure.account,
            },
        )

    def failures(self, connection: ConnectionId, since: datetime) -> tuple[Failure, ...]:
        """Failed attempts from ``since`` on, oldest first."""
        with decoding(self._scope.path):
            found = self._raw.execute(
                rows.select("failures", _FAILURE)
                + " WHERE connection_id = ? AND at >= ? ORDER BY at, id",
                (connection, to_micros(since)),
            )
            return tuple(
                Failure(
                    connection=ConnectionId(id_),
                    at=from_micros(at),
                    code=code,
                    text=text,
                    account=account,
                )
                for id_, at, code, text, account in found
            )

    def _read(self, query: str, values: Sequence[object] = ()) -> tuple[Connection, ...]:
        with decoding(self._scope.path):
            return tuple(map(_connection, rows.read(self._raw, _COLUMNS, query, values)))


def _row(connection: Connection) -> dict[str, object]:
    row: dict[str, object] = {
        field.name: getattr(connection, field.name) for field in dataclasses.fields(connection)
    }
    row["environment"] = connection.environment.value
    row["state"] = connection.state.value
    for name in _TIMES:
        row[name] = micros_or_none(getattr(connection, name))
    return row


def _connection(row: Mapping[str, Any]) -> Connection:
    fields = dict(row)
    fields["environment"] = word(Environment, fields["environment"])
    fields["state"] = word(ConnectionState, fields["state"])
    for name in _TIMES:
        fields[name] = moment_or_none(fields[name])
    return Connection(**fields)
