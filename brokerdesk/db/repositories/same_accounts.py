"""What the user said about accounts that look like one."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import delete, insert, select

from brokerdesk.db import tables
from brokerdesk.db.decoding import decoding
from brokerdesk.db.scope import Scope
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.same_accounts import PairChoice

_table = tables.same_accounts


class SameAccountRepository:
    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._connection = scope.connection

    def list(self) -> tuple[PairChoice, ...]:
        """Every choice, the oldest first."""
        query = select(_table).order_by(_table.c.decided_at, _table.c.first_id, _table.c.second_id)
        with decoding(self._scope.path):
            return tuple(
                PairChoice(
                    first=AccountId(row["first_id"]),
                    second=AccountId(row["second_id"]),
                    chosen=None if row["chosen_id"] is None else AccountId(row["chosen_id"]),
                    decided_at=row["decided_at"],
                )
                for row in self._connection.execute(query).mappings()
            )

    def replace(self, choices: Iterable[PairChoice]) -> None:
        """Forget all choices and keep these.

        Raises:
            StorageError: one names an account that is not here.
        """
        self._connection.execute(delete(_table))
        for one in choices:
            self._connection.execute(
                insert(_table).values(
                    first_id=one.first,
                    second_id=one.second,
                    chosen_id=one.chosen,
                    decided_at=one.decided_at,
                )
            )
