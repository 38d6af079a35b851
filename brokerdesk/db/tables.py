"""The present schema, as the repositories see it.

The file itself is made by ``migrations``; a test compares the two. All tables are STRICT. Triggers,
which SQLAlchemy does not describe, are listed in the migration that makes them.
"""

from __future__ import annotations

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

from brokerdesk.db.types import DecimalText, IsoDay, UtcDateTime

metadata = MetaData()

meta = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True, nullable=False),
    Column("value", Text, nullable=False),
    sqlite_strict=True,
)

connections = Table(
    "connections",
    metadata,
    Column("id", Text, primary_key=True, nullable=False),
    Column("broker", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("identity", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("practice_url", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("state_text", Text, nullable=False),
    Column("state_since", UtcDateTime),
    Column("last_success", UtcDateTime),
    Column("last_attempt", UtcDateTime),
    Column("signed_in_at", UtcDateTime),
    Column("sign_in_ends", UtcDateTime),
    Index("connections_identity", "broker", "environment", "identity", unique=True),
    sqlite_strict=True,
)

failures = Table(
    "failures",
    metadata,
    Column("id", Integer, primary_key=True, nullable=False),
    Column("connection_id", Text, ForeignKey("connections.id", ondelete="CASCADE"), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("code", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("account", Text, nullable=False),
    Index("failures_when", "connection_id", "at"),
    sqlite_strict=True,
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", Text, primary_key=True, nullable=False),
    Column("connection_id", Text, ForeignKey("connections.id", ondelete="SET NULL")),
    Column("broker", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("number_mask", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("institution", Text, nullable=False),
    Column("raw_type", Text, nullable=False),
    Column("tax_status", Text, nullable=False),
    Column("flags", LargeBinary, nullable=False),
    Column("nickname", Text, nullable=False),
    Column("included", Integer),
    Column("first_seen", UtcDateTime, nullable=False),
    Column("last_seen", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),
    Index("accounts_connection", "connection_id"),
    sqlite_strict=True,
)


def _content(name: str) -> Table:
    """Immutable and found by content; ``checksum`` ties the number to the content."""
    return Table(
        name,
        metadata,
        Column("id", Integer, primary_key=True, nullable=False),
        Column("digest", LargeBinary, nullable=False),
        Column("payload", LargeBinary, nullable=False),
        Column("checksum", LargeBinary, nullable=False),
        Index(f"{name}_digest", "digest"),
        sqlite_strict=True,
        sqlite_autoincrement=True,
    )


instruments = _content("instruments")

# What snapshots share while only prices move.
frames = _content("frames")

# Which accounts ever named an instrument, so that forgetting an account can forget those too.
instrument_uses = Table(
    "instrument_uses",
    metadata,
    Column("account_id", Text, ForeignKey("accounts.id"), primary_key=True, nullable=False),
    Column(
        "instrument_id", Integer, ForeignKey("instruments.id"), primary_key=True, nullable=False
    ),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("id", Integer, primary_key=True, nullable=False),
    Column("account_id", Text, ForeignKey("accounts.id"), nullable=False),
    Column("fetched_at", UtcDateTime, nullable=False),
    Column("as_of", UtcDateTime, nullable=False),
    Column("valid_until", UtcDateTime, nullable=False),
    Column("valid_seal", LargeBinary, nullable=False),
    Column("day", IsoDay, nullable=False),
    Column("currency", Text, nullable=False),
    Column("net_liquidation", DecimalText),
    Column("positions", Integer, nullable=False),
    Column("frame_id", Integer, ForeignKey("frames.id"), nullable=False),
    Column("checksum", LargeBinary, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Index("snapshots_when", "account_id", "fetched_at", "day", "valid_until"),
    Index("snapshots_frame", "frame_id"),
    sqlite_strict=True,
    sqlite_autoincrement=True,
)

# While a row is here the deletion that it describes is allowed; see the triggers.
deletion_permits = Table(
    "deletion_permits",
    metadata,
    Column("id", Integer, primary_key=True, nullable=False),
    Column("account_id", Text),
    Column("cutoff", UtcDateTime),
    sqlite_strict=True,
)

held = Table(
    "held",
    metadata,
    Column("account_id", Text, ForeignKey("accounts.id"), primary_key=True, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("reason", Text, nullable=False),
    Column("fetched_at", UtcDateTime, nullable=False),
    Column("as_of", UtcDateTime, nullable=False),
    Column("frame_id", Integer, ForeignKey("frames.id"), nullable=False),
    Column("checksum", LargeBinary, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    sqlite_strict=True,
)

transactions = Table(
    "transactions",
    metadata,
    Column("account_id", Text, ForeignKey("accounts.id"), primary_key=True, nullable=False),
    Column("id", Text, primary_key=True, nullable=False),
    Column("time", UtcDateTime, nullable=False),
    Column("type", Text, nullable=False),
    Column("fetched_at", UtcDateTime, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Index("transactions_when", "account_id", "time"),
    sqlite_strict=True,
)

orders = Table(
    "orders",
    metadata,
    Column("account_id", Text, ForeignKey("accounts.id"), primary_key=True, nullable=False),
    Column("id", Text, primary_key=True, nullable=False),
    Column("time", UtcDateTime, nullable=False),
    Column("status", Text, nullable=False),
    Column("fetched_at", UtcDateTime, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Index("orders_when", "account_id", "time"),
    sqlite_strict=True,
)

quotes = Table(
    "quotes",
    metadata,
    Column("symbol", Text, primary_key=True, nullable=False),
    Column("source", Text, primary_key=True, nullable=False),
    Column("fetched_at", UtcDateTime, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    sqlite_strict=True,
)

series = Table(
    "series",
    metadata,
    Column("account_id", Text, ForeignKey("accounts.id"), primary_key=True, nullable=False),
    Column("currency", Text, primary_key=True, nullable=False),
    Column("year", Integer, primary_key=True, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    sqlite_strict=True,
)

# What one unit cost at the end of each day, per source: a cache for price charts.
prices = Table(
    "prices",
    metadata,
    Column("source", Text, primary_key=True, nullable=False),
    Column("environment", Text, primary_key=True, nullable=False),
    Column("symbol", Text, primary_key=True, nullable=False),
    Column("since", IsoDay, nullable=False),
    Column("fetched_at", UtcDateTime, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    sqlite_strict=True,
)

# The user's word on two accounts of several connections: one of them is counted, or they are two.
same_accounts = Table(
    "same_accounts",
    metadata,
    Column(
        "first_id",
        Text,
        ForeignKey("accounts.id", ondelete="CASCADE"),
        primary_key=True,
        nullable=False,
    ),
    Column(
        "second_id",
        Text,
        ForeignKey("accounts.id", ondelete="CASCADE"),
        primary_key=True,
        nullable=False,
    ),
    Column("chosen_id", Text),
    Column("decided_at", UtcDateTime, nullable=False),
    sqlite_strict=True,
)

# What one euro bought, per source and currency, a year to a row.
rates = Table(
    "rates",
    metadata,
    Column("source", Text, primary_key=True, nullable=False),
    Column("currency", Text, primary_key=True, nullable=False),
    Column("year", Integer, primary_key=True, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    sqlite_strict=True,
)

rate_files = Table(
    "rate_files",
    metadata,
    Column("source", Text, primary_key=True, nullable=False),
    Column("name", Text, primary_key=True, nullable=False),
    Column("fetched_at", UtcDateTime, nullable=False),
    Column("since", IsoDay, nullable=False),
    Column("etag", Text, nullable=False),
    Column("modified", Text, nullable=False),
    sqlite_strict=True,
)

# What an account's broker says that other currencies are worth in the account's own.
own_rates = Table(
    "own_rates",
    metadata,
    Column(
        "account_id",
        Text,
        ForeignKey("accounts.id", ondelete="CASCADE"),
        primary_key=True,
        nullable=False,
    ),
    Column("currency", Text, primary_key=True, nullable=False),
    Column("year", Integer, primary_key=True, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    sqlite_strict=True,
)
