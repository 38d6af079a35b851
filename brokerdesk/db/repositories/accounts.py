"""Accounts: what the broker lists, and the user's nickname and choice beside it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import delete, insert, select, update

from brokerdesk.db import tables
from brokerdesk.db.codec import word
from brokerdesk.db.decoding import decoding
from brokerdesk.db.records import StoredAccount
from brokerdesk.db.repositories.instruments import InstrumentRepository
from brokerdesk.db.retention import drop_unused_frames
from brokerdesk.db.scope import Scope
from brokerdesk.domain.account import Account, AccountFlags
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.kinds import AccountType, Environment, TaxStatus
from brokerdesk.errors import StorageError

_table = tables.accounts
_flags = msgspec.msgpack.Decoder(AccountFlags)


class AccountRepository:
    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._connection = scope.connection

    def list(
        self, connection: ConnectionId | None = None, *, included_only: bool = False
    ) -> tuple[StoredAccount, ...]:
        """Accounts in the order in which they first appeared."""
        query = select(_table).order_by(_table.c.first_seen, _table.c.name, _table.c.id)
        if connection is not None:
            query = query.where(_table.c.connection_id == connection)
        if included_only:
            query = query.where(_table.c.included == 1)
        return self._read(query)

    def get(self, account: AccountId) -> StoredAccount | None:
        found = self._read(select(_table).where(_table.c.id == account))
        return found[0] if found else None

    def save(
        self, connection: ConnectionId, account: Account, *, included: bool | None = None
    ) -> None:
        """Store what the broker says now. The nickname stays; ``included`` None leaves the choice.

        An account that was closed, or whose connection had been removed, is open again.

        Raises:
            StorageError: the connection no longer exists.
        """
        row = _row(account) | {
            "connection_id": connection,
            "last_seen": self._scope.now,
            "closed_at": None,
        }
        if included is not None:
            row["included"] = int(included)
        done = self._connection.execute(update(_table).where(_table.c.id == account.id).values(row))
        if done.rowcount == 0:
            row |= {"nickname": "", "first_seen": self._scope.now}
            self._connection.execute(insert(_table).values(row))

    def rename(self, account: AccountId, nickname: str) -> None:
        self._change(account, nickname=nickname)

    def include(self, account: AccountId, included: bool | None) -> None:
        """Read the account or leave it out; None: the user has not been asked."""
        self._change(account, included=None if included is None else int(included))

    def close(self, account: AccountId, at: datetime) -> None:
        """The broker no longer lists it. Its history stays readable."""
        self._change(account, closed_at=at)

    def counts(self, accounts: Iterable[AccountId]) -> dict[str, int]:
        """How many snapshots, transactions and orders are stored of these accounts together."""
        found = {"snapshots": 0, "transactions": 0, "orders": 0}
        for account in accounts:
            for name in found:
                (number,) = self._scope.raw.execute(
                    f"SELECT count(*) FROM {name} WHERE account_id = ?",  # noqa: S608
                    (account,),
                ).fetchone()
                found[name] += number
        return found

    def forget(self, connection: ConnectionId) -> None:
        """Delete the accounts of a connection with all that is known of them."""
        ids = [
            AccountId(row[0])
            for row in self._connection.execute(
                select(_table.c.id).where(_table.c.connection_id == connection)
            )
        ]
        raw = self._scope.raw
        for account in ids:
            raw.execute("INSERT INTO deletion_permits (account_id) VALUES (?)", (account,))
            for name in ("snapshots", "held", "transactions", "orders", "series"):
                raw.execute(f"DELETE FROM {name} WHERE account_id = ?", (account,))  # noqa: S608
            # Notes such as "transactions were read until": they speak of what is gone.
            raw.execute(
                "DELETE FROM meta WHERE substr(key, -?) = ?", (len(account) + 1, f":{account}")
            )
        # A cache that can be asked for again, and that tells what was looked at.
        raw.execute("DELETE FROM prices")
        drop_unused_frames(self._scope)
        InstrumentRepository(self._scope).forget_uses(ids)
        raw.execute("DELETE FROM deletion_permits")
        self._connection.execute(delete(_table).where(_table.c.connection_id == connection))
        self._scope.forgotten = True

    def _change(self, account: AccountId, **values: Any) -> None:
        done = self._connection.execute(
            update(_table).where(_table.c.id == account).values(**values)
        )
        if done.rowcount != 1:
            raise StorageError(
                "This account no longer exists.", "It was removed meanwhile. Nothing was changed."
            )

    def _read(self, query: Any) -> tuple[StoredAccount, ...]:
        with decoding(self._scope.path):
            return tuple(map(_stored, self._connection.execute(query).mappings()))


def _row(account: Account) -> dict[str, object]:
    return {
        "id": account.id,
        "broker": account.broker,
        "environment": account.environment.value,
        "name": account.name,
        "number_mask": account.number_mask,
        "type": account.type.value,
        "currency": account.currency,
        "institution": account.institution,
        "raw_type": account.raw_type,
        "tax_status": account.tax_status.value,
        "flags": msgspec.msgpack.encode(account.flags),
    }


def _stored(row: Any) -> StoredAccount:
    return StoredAccount(
        account=Account(
            id=AccountId(row["id"]),
            broker=row["broker"],
            environment=word(Environment, row["environment"]),
            name=row["name"],
            number_mask=row["number_mask"],
            type=word(AccountType, row["type"]),
            currency=row["currency"],
            institution=row["institution"],
            raw_type=row["raw_type"],
            tax_status=word(TaxStatus, row["tax_status"]),
            flags=_flags.decode(row["flags"]),
        ),
        connection=row["connection_id"],
        nickname=row["nickname"],
        included=None if row["included"] is None else bool(row["included"]),
        closed_at=row["closed_at"],
        first_seen=row["first_seen"],
        last_seen=row["last_seen"],
    )
