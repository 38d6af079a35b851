"""What the user said about accounts that look like one."""

from __future__ import annotations

from collections.abc import Iterable

from brokerdesk.db import rows
from brokerdesk.db.codec import from_micros, to_micros
from brokerdesk.db.decoding import decoding
from brokerdesk.db.scope import Scope
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.same_accounts import PairChoice

_COLUMNS = ("first_id", "second_id", "chosen_id", "decided_at")
_SELECT = rows.select("same_accounts", _COLUMNS) + " ORDER BY decided_at, first_id, second_id"


class SameAccountRepository:
    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._raw = scope.raw

    def list(self) -> tuple[PairChoice, ...]:
        """Every choice, the oldest first."""
        with decoding(self._scope.path):
            return tuple(
                PairChoice(
                    first=AccountId(row["first_id"]),
                    second=AccountId(row["second_id"]),
                    chosen=None if row["chosen_id"] is None else AccountId(row["chosen_id"]),
                    decided_at=from_micros(row["decided_at"]),
                )
                for row in rows.read(self._raw, _COLUMNS, _SELECT)
            )

    def replace(self, choices: Iterable[PairChoice]) -> None:
        """Forget all choices and keep these.

        Raises:
            StorageError: one names an account that is not here.
        """
        self._raw.execute("DELETE FROM same_accounts")
        for one in choices:
            row = {
                "first_id": one.first,
                "second_id": one.second,
                "chosen_id": one.chosen,
                "decided_at": to_micros(one.decided_at),
            }
            rows.insert(self._raw, "same_accounts", row)
