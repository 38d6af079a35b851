"""What transactions and orders share: keyed rows that a later version replaces."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from brokerdesk.db.codec import to_micros
from brokerdesk.db.driver import RawConnection
from brokerdesk.domain.ids import AccountId

UPSERT = """
INSERT INTO {table} (account_id, id, time, {label}, fetched_at, payload) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (account_id, id) DO UPDATE SET
  time = excluded.time, {label} = excluded.{label}, fetched_at = excluded.fetched_at,
  payload = excluded.payload
WHERE (excluded.fetched_at >= {table}.fetched_at
       OR {table}.fetched_at - excluded.fetched_at > 86400000000)
  AND excluded.payload IS NOT {table}.payload
"""
"""An older answer that arrives late never replaces a newer one; an equal one changes nothing. No
answer is a day late: what seems newer by that much was stored while the clock ran ahead."""


def select_history(
    raw: RawConnection,
    table: str,
    account: AccountId | None,
    since: datetime | None,
    until: datetime | None,
) -> Iterable[tuple[Any, ...]]:
    """Payloads of ``table`` in ``[since, until]``, newest first, complete before it returns."""
    conditions: list[str] = []
    values: list[object] = []
    for condition, value in (
        ("account_id = ?", account),
        ("time >= ?", None if since is None else to_micros(since)),
        ("time <= ?", None if until is None else to_micros(until)),
    ):
        if value is not None:
            conditions.append(condition)
            values.append(value)
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    rows: list[tuple[Any, ...]] = raw.execute(
        f"SELECT payload FROM {table}{where} ORDER BY time DESC, account_id, id",  # noqa: S608
        values,
    ).fetchall()
    return rows
