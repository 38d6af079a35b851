"""Format 2: closing prices per source, kept so that a price chart can be read offline.

Written out in full and independent of ``tables``, which moves on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Column, Integer, LargeBinary, PrimaryKeyConstraint, Text

if TYPE_CHECKING:
    from alembic.operations import Operations


def upgrade(op: Operations) -> None:
    op.create_table(
        "prices",
        *(Column(name, Text, nullable=False) for name in ("source", "environment", "symbol")),
        Column("since", Text, nullable=False),
        Column("fetched_at", Integer, nullable=False),
        Column("payload", LargeBinary, nullable=False),
        PrimaryKeyConstraint("source", "environment", "symbol"),
        sqlite_strict=True,
        # A later step that commits by mistake and is killed leaves this table behind.
        if_not_exists=True,
    )
