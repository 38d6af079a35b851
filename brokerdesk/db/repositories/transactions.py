"""Transactions, one row per broker's id and account. A later version of the same id replaces."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from brokerdesk.db.codec import from_micros, to_micros
from brokerdesk.db.decoding import decoding
from brokerdesk.db.repositories.history import UPSERT, select_history
from brokerdesk.db.scope import Scope
from brokerdesk.db.sealing import sealed, unsealed
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.transaction import Transaction
from brokerdesk.turns import steps

_decoder = msgspec.msgpack.Decoder(Transaction)
_UPSERT = UPSERT.format(table="transactions", label="type")


class TransactionRepository:
    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def upsert(
        self, account: AccountId, items: Iterable[Transaction], *, fetched_at: datetime
    ) -> int:
        """Store what is new or later than what is here; how many rows changed."""
        fetched = to_micros(fetched_at)
        return int(
            self._scope.raw.executemany(
                _UPSERT,
                [
                    (account, item.id, to_micros(item.time), item.type.value, fetched, sealed(item))
                    for item in items
                ],
            ).rowcount
        )

    def list(
        self,
        account: AccountId | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> tuple[Transaction, ...]:
        """Transactions with ``since <= time <= until``, newest first."""
        rows = select_history(self._scope.raw, "transactions", account, since, until)
        with decoding(self._scope.path):
            return tuple(unsealed(payload, _decoder) for (payload,) in steps(rows))

    def oldest(self, accounts: Iterable[AccountId]) -> datetime | None:
        """When the first transaction of these accounts was booked; None: there is none."""
        found = [
            row[0]
            for account in dict.fromkeys(accounts)
            for row in self._scope.raw.execute(
                "SELECT min(time) FROM transactions WHERE account_id = ?", (account,)
            ).fetchall()
            if row[0] is not None
        ]
        with decoding(self._scope.path):
            return from_micros(min(found)) if found else None

    def naming(self, accounts: Iterable[AccountId], word: str) -> tuple[Transaction, ...]:
        """Transactions of these accounts in which ``word`` occurs somewhere, newest first.

        A search of the packed bytes, so that a few among very many are found without unpacking the
        others; the caller looks at what field it is.
        """
        rows = [
            row
            for account in dict.fromkeys(accounts)
            for row in self._scope.raw.execute(
                "SELECT time, payload FROM transactions"
                " WHERE account_id = ? AND instr(payload, CAST(? AS BLOB)) > 0",
                (account, word),
            ).fetchall()
        ]
        rows.sort(key=lambda row: row[0], reverse=True)
        with decoding(self._scope.path):
            return tuple(unsealed(payload, _decoder) for _, payload in steps(rows))
