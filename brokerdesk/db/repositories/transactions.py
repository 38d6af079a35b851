"""Transactions, one row per broker's id and account. A later version of the same id replaces."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from brokerdesk.db.codec import to_micros
from brokerdesk.db.decoding import decoding
from brokerdesk.db.repositories.history import UPSERT, select_history
from brokerdesk.db.scope import Scope
from brokerdesk.db.sealing import sealed, unsealed
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.transaction import Transaction

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
            return tuple(unsealed(payload, _decoder) for (payload,) in rows)
