"""Orders as the broker reports them: the whole order packed, with what lists are sorted by.

This is a cache of the broker's own list. What BrokerDesk itself sends is written elsewhere.
"""

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
from brokerdesk.domain.order import Order
from brokerdesk.turns import steps

_decoder = msgspec.msgpack.Decoder(Order)
_UPSERT = UPSERT.format(table="orders", label="status")


class OrderRepository:
    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def upsert(self, account: AccountId, items: Iterable[Order], *, fetched_at: datetime) -> int:
        """Store what is new or later than what is here; how many rows changed."""
        fetched = to_micros(fetched_at)
        return int(
            self._scope.raw.executemany(
                _UPSERT,
                [
                    (
                        account,
                        item.id,
                        # An order without a time of its own is listed when it was read.
                        to_micros(item.entered_at or item.closed_at or fetched_at),
                        item.status.value,
                        fetched,
                        sealed(item),
                    )
                    for item in items
                ],
            ).rowcount
        )

    def list(
        self,
        account: AccountId | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> tuple[Order, ...]:
        """Orders entered in ``[since, until]``, newest first."""
        rows = select_history(self._scope.raw, "orders", account, since, until)
        with decoding(self._scope.path):
            return tuple(unsealed(payload, _decoder) for (payload,) in steps(rows))
