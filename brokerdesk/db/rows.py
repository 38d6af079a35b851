"""Rows of the small tables as mappings, through the driver alone.

Table and column names are ours, never a value from outside; values always go in as parameters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from brokerdesk.db.driver import RawConnection


def select(table: str, columns: Sequence[str]) -> str:
    """``SELECT`` of these columns, to which a ``WHERE`` and an ``ORDER BY`` can be added."""
    return f"SELECT {', '.join(columns)} FROM {table}"  # noqa: S608


def read(
    raw: RawConnection, columns: Sequence[str], query: str, values: Sequence[object] = ()
) -> Iterator[Mapping[str, Any]]:
    """The rows of a query over just these columns."""
    for row in raw.execute(query, tuple(values)):
        yield dict(zip(columns, row, strict=True))


def insert(raw: RawConnection, table: str, row: Mapping[str, object]) -> None:
    marks = ", ".join("?" * len(row))
    raw.execute(
        f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})",  # noqa: S608
        tuple(row.values()),
    )


def update(raw: RawConnection, table: str, row: Mapping[str, object], id_: str) -> int:
    """Set these columns of the row with this id; how many rows there were: 0 or 1."""
    changes = ", ".join(f"{name} = ?" for name in row)
    cursor = raw.execute(
        f"UPDATE {table} SET {changes} WHERE id = ?",  # noqa: S608
        (*row.values(), id_),
    )
    return int(cursor.rowcount)
