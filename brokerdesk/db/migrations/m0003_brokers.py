"""Format 3: which accounts of several connections are one, and which of them is counted; dated
exchange rates, of the central bank and of brokers.

Written out in full and independent of ``tables``, which moves on. In development until the release
that first carries it: until then tables may be added here, each with its own function, its table in
``tables`` and its part of ``tests/support/db_released.py``, which then writes ``v3.db`` anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, PrimaryKeyConstraint, Text

if TYPE_CHECKING:
    from alembic.operations import Operations


def upgrade(op: Operations) -> None:
    _same_accounts(op)
    _rates(op)


def _same_accounts(op: Operations) -> None:
    """The user's word on two accounts; ``chosen_id`` NULL says that they are two."""
    op.create_table(
        "same_accounts",
        *(
            Column(name, Text, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False)
            for name in ("first_id", "second_id")
        ),
        Column("chosen_id", Text),
        Column("decided_at", Integer, nullable=False),
        PrimaryKeyConstraint("first_id", "second_id"),
        sqlite_strict=True,
        # A later step that commits by mistake and is killed leaves this table behind.
        if_not_exists=True,
    )


def _rates(op: Operations) -> None:
    """What one euro bought per source and currency, a year to a row; which files told it, and what
    brokers say that currencies are worth in an account's own.
    """
    op.create_table(
        "rates",
        *(Column(name, Text, nullable=False) for name in ("source", "currency")),
        Column("year", Integer, nullable=False),
        Column("payload", LargeBinary, nullable=False),
        PrimaryKeyConstraint("source", "currency", "year"),
        sqlite_strict=True,
        if_not_exists=True,
    )
    op.create_table(
        "rate_files",
        *(Column(name, Text, nullable=False) for name in ("source", "name")),
        Column("fetched_at", Integer, nullable=False),
        *(Column(name, Text, nullable=False) for name in ("since", "etag", "modified")),
        PrimaryKeyConstraint("source", "name"),
        sqlite_strict=True,
        if_not_exists=True,
    )
    op.create_table(
        "own_rates",
        Column("account_id", Text, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
        Column("currency", Text, nullable=False),
        Column("year", Integer, nullable=False),
        Column("payload", LargeBinary, nullable=False),
        PrimaryKeyConstraint("account_id", "currency", "year"),
        sqlite_strict=True,
        if_not_exists=True,
    )
