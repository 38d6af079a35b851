"""Accounts: what the broker lists, and the user's nickname and choice beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from brokerdesk.db import rows
from brokerdesk.db.codec import from_micros, moment_or_none, to_micros, word
from brokerdesk.db.decoding import decoding
from brokerdesk.db.records import StoredAccount
from brokerdesk.db.repositories.instruments import InstrumentRepository
from brokerdesk.db.retention import drop_unused_frames
from brokerdesk.db.scope import Scope
from brokerdesk.domain.account import Account, AccountFlags
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.kinds import AccountType, Environment, TaxStatus
from brokerdesk.errors import StorageError

_COLUMNS = (
    *("id", "connection_id", "broker", "environment", "name", "number_mask", "type", "currency"),
    *("institution", "raw_type", "tax_status", "flags", "nickname", "included"),
    *("first_seen", "last_seen", "closed_at"),
)
_SELECT = rows.select("accounts", _COLUMNS)
_IN_ORDER = " ORDER BY first_seen, name, id"
_flags = msgspec.msgpack.Decoder(AccountFlags)


class AccountRepository:
    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._raw = scope.raw

    def list(
        self, connection: ConnectionId | None = None, *, included_only: bool = False
    ) -> tuple[StoredAccount, ...]:
        """Accounts in the order in which they first appeared."""
        where, values = [], []
        if connection is not None:
            where.append("connection_id = ?")
            values.append(connection)
        if included_only:
            where.append("included = 1")
        clause = f" WHERE {' AND '.join(where)}" if where else ""
        return self._read(_SELECT + clause + _IN_ORDER, values)

    def get(self, account: AccountId) -> StoredAccount | None:
        found = self._read(_SELECT + " WHERE id = ?", (account,))
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
            "last_seen": to_micros(self._scope.now),
            "closed_at": None,
        }
        if included is not None:
            row["included"] = int(included)
        if rows.update(self._raw, "accounts", row, account.id) == 0:
            row |= {"nickname": "", "first_seen": to_micros(self._scope.now)}
            rows.insert(self._raw, "accounts", row)

    def rename(self, account: AccountId, nickname: str) -> None:
        self._change(account, nickname=nickname)

    def include(self, account: AccountId, included: bool | None) -> None:
        """Read the account or leave it out; None: the user has not been asked."""
        self._change(account, included=None if included is None else int(included))

    def close(self, account: AccountId, at: datetime) -> None:
        """The broker no longer lists it. Its history stays readable."""
        self._change(account, closed_at=to_micros(at))

    def counts(self, accounts: Iterable[AccountId]) -> dict[str, int]:
        """How many snapshots, transactions and orders are stored of these accounts together."""
        found = {"snapshots": 0, "transactions": 0, "orders": 0}
        for account in accounts:
            for name in found:
                (number,) = self._raw.execute(
                    f"SELECT count(*) FROM {name} WHERE account_id = ?",  # noqa: S608
                    (account,),
                ).fetchone()
                found[name] += number
        return found

    def forget(self, connection: ConnectionId) -> None:
        """Delete the accounts of a connection with all that is known of them."""
        raw = self._raw
        ids = [
            AccountId(row[0])
            for row in raw.execute("SELECT id FROM accounts WHERE connection_id = ?", (connection,))
        ]
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
        raw.execute("DELETE FROM accounts WHERE connection_id = ?", (connection,))
        self._scope.forgotten = True

    def _change(self, account: AccountId, **values: Any) -> None:
        if rows.update(self._raw, "accounts", values, account) != 1:
            raise StorageError(
                "This account no longer exists.", "It was removed meanwhile. Nothing was changed."
            )

    def _read(self, query: str, values: Sequence[object] = ()) -> tuple[StoredAccount, ...]:
        with decoding(self._scope.path):
            return tuple(map(_stored, rows.read(self._raw, _COLUMNS, query, values)))


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


def _stored(row: Mapping[str, Any]) -> StoredAccount:
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
        closed_at=moment_or_none(row["closed_at"]),
        first_seen=from_micros(row["first_seen"]),
        last_seen=from_micros(row["last_seen"]),
    )
