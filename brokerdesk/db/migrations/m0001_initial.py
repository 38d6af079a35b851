"""Format 1: connections, accounts, immutable snapshots, history.

Written out in full and independent of ``tables``, which moves on. Times are microseconds since
1970 UTC (INTEGER), amounts exact text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Column,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Text,
)

if TYPE_CHECKING:
    from alembic.operations import Operations


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _int(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False)


def _bytes(name: str) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=False)


def _maybe_text(name: str) -> Column[str]:
    return Column(name, Text, nullable=True)


def _maybe_int(name: str) -> Column[int]:
    return Column(name, Integer, nullable=True)


def _number(name: str = "id") -> Column[int]:
    return Column(name, Integer, primary_key=True, nullable=False)


def _of_account() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["account_id"], ["accounts.id"])


def _of_frame() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["frame_id"], ["frames.id"])


def upgrade(op: Operations) -> None:
    def table(name: str, *parts: Any, **options: Any) -> None:
        op.create_table(name, *parts, sqlite_strict=True, **options)

    _people(op, table)
    _snapshots(op, table)
    _history(op, table)
    for trigger in TRIGGERS:
        op.execute(trigger)


def _people(op: Operations, table: Any) -> None:
    table("meta", _text("key"), _text("value"), PrimaryKeyConstraint("key"))
    table(
        "connections",
        *map(_text, ("id", "broker", "environment", "name", "identity")),
        _int("created_at"),
        *map(_text, ("practice_url", "state", "state_text")),
        *map(
            _maybe_int,
            ("state_since", "last_success", "last_attempt", "signed_in_at", "sign_in_ends"),
        ),
        PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "connections_identity", "connections", ["broker", "environment", "identity"], unique=True
    )
    table(
        "failures",
        _number(),
        _text("connection_id"),
        _int("at"),
        *map(_text, ("code", "text", "account")),
        ForeignKeyConstraint(["connection_id"], ["connections.id"], ondelete="CASCADE"),
    )
    op.create_index("failures_when", "failures", ["connection_id", "at"])
    table(
        "accounts",
        _text("id"),
        _maybe_text("connection_id"),
        *map(_text, ("broker", "environment", "name", "number_mask", "type", "currency")),
        *map(_text, ("institution", "raw_type", "tax_status")),
        _bytes("flags"),
        _text("nickname"),
        _maybe_int("included"),
        _int("first_seen"),
        _int("last_seen"),
        _maybe_int("closed_at"),
        PrimaryKeyConstraint("id"),
        ForeignKeyConstraint(["connection_id"], ["connections.id"], ondelete="SET NULL"),
    )
    op.create_index("accounts_connection", "accounts", ["connection_id"])


def _snapshots(op: Operations, table: Any) -> None:
    table(
        "instruments",
        _number(),
        *map(_bytes, ("digest", "payload", "checksum")),
        sqlite_autoincrement=True,
    )
    op.create_index("instruments_digest", "instruments", ["digest"])
    table(
        "instrument_uses",
        _text("account_id"),
        _int("instrument_id"),
        PrimaryKeyConstraint("account_id", "instrument_id"),
        _of_account(),
        ForeignKeyConstraint(["instrument_id"], ["instruments.id"]),
        sqlite_with_rowid=False,
    )
    table(
        "frames",
        _number(),
        *map(_bytes, ("digest", "payload", "checksum")),
        sqlite_autoincrement=True,
    )
    op.create_index("frames_digest", "frames", ["digest"])
    table(
        "snapshots",
        _number(),
        _text("account_id"),
        *map(_int, ("fetched_at", "as_of", "valid_until")),
        _bytes("valid_seal"),
        *map(_text, ("day", "currency")),
        _maybe_text("net_liquidation"),
        *map(_int, ("positions", "frame_id")),
        *map(_bytes, ("checksum", "payload")),
        _of_account(),
        _of_frame(),
        sqlite_autoincrement=True,
    )
    # Covers what lists of days and the retention rule need, so that they never touch payloads.
    op.create_index(
        "snapshots_when", "snapshots", ["account_id", "fetched_at", "day", "valid_until"]
    )
    op.create_index("snapshots_frame", "snapshots", ["frame_id"])
    table("deletion_permits", _number(), _maybe_text("account_id"), _maybe_int("cutoff"))
    table(
        "held",
        _text("account_id"),
        _int("at"),
        _text("reason"),
        *map(_int, ("fetched_at", "as_of", "frame_id")),
        *map(_bytes, ("checksum", "payload")),
        PrimaryKeyConstraint("account_id"),
        _of_account(),
        _of_frame(),
    )


def _history(op: Operations, table: Any) -> None:
    for name, label in (("transactions", "type"), ("orders", "status")):
        table(
            name,
            *map(_text, ("account_id", "id")),
            _int("time"),
            _text(label),
            _int("fetched_at"),
            _bytes("payload"),
            PrimaryKeyConstraint("account_id", "id"),
            _of_account(),
        )
        op.create_index(f"{name}_when", name, ["account_id", "time"])
    table(
        "quotes",
        *map(_text, ("symbol", "source")),
        _int("fetched_at"),
        _bytes("payload"),
        PrimaryKeyConstraint("symbol", "source"),
    )
    table(
        "series",
        *map(_text, ("account_id", "currency")),
        _int("year"),
        _bytes("payload"),
        PrimaryKeyConstraint("account_id", "currency", "year"),
        _of_account(),
    )


def _guards(table: str, what: str, permitted: str) -> tuple[str, ...]:
    """Content that is named by number never changes and goes only with a permit."""
    return (
        f"""
CREATE TRIGGER {table}_not_replaced BEFORE INSERT ON {table}
WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, '{what} never changes'); END
""",  # noqa: S608 - the names are ours
        f"""
CREATE TRIGGER {table}_never_change BEFORE UPDATE ON {table}
BEGIN SELECT RAISE(ABORT, '{what} never changes'); END
""",
        f"""
CREATE TRIGGER {table}_kept BEFORE DELETE ON {table}
WHEN NOT EXISTS (SELECT 1 FROM deletion_permits WHERE {permitted})
BEGIN SELECT RAISE(ABORT, '{what} is kept'); END
""",  # noqa: S608 - the names are ours
    )


TRIGGERS = (
    """
CREATE TRIGGER snapshots_never_change BEFORE UPDATE ON snapshots
WHEN OLD.id IS NOT NEW.id OR OLD.account_id IS NOT NEW.account_id
  OR OLD.fetched_at IS NOT NEW.fetched_at OR OLD.as_of IS NOT NEW.as_of
  OR OLD.day IS NOT NEW.day OR OLD.currency IS NOT NEW.currency
  OR OLD.net_liquidation IS NOT NEW.net_liquidation OR OLD.positions IS NOT NEW.positions
  OR OLD.frame_id IS NOT NEW.frame_id OR OLD.checksum IS NOT NEW.checksum
  OR OLD.payload IS NOT NEW.payload
  OR NEW.valid_until < OLD.valid_until
BEGIN SELECT RAISE(ABORT, 'a snapshot never changes'); END
""",
    # Deletion: a whole account that the user forgets, or an old snapshot that is not the last of
    # its New York day. No day is longer than 25 hours: 90,000 seconds.
    """
CREATE TRIGGER snapshots_kept BEFORE DELETE ON snapshots
WHEN NOT EXISTS (
  SELECT 1 FROM deletion_permits AS permit
  WHERE permit.account_id = OLD.account_id
     OR (permit.account_id IS NULL AND OLD.valid_until < permit.cutoff AND EXISTS (
       SELECT 1 FROM snapshots AS later
       WHERE later.account_id = OLD.account_id AND later.day = OLD.day
         AND later.fetched_at BETWEEN OLD.fetched_at AND OLD.fetched_at + 90000000000
         AND (later.fetched_at > OLD.fetched_at OR later.id > OLD.id))))
BEGIN SELECT RAISE(ABORT, 'a snapshot is kept'); END
""",
    # INSERT OR REPLACE deletes without asking the trigger above.
    """
CREATE TRIGGER snapshots_not_replaced BEFORE INSERT ON snapshots
WHEN EXISTS (SELECT 1 FROM snapshots WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'a snapshot never changes'); END
""",
    *_guards("instruments", "an instrument version", "account_id IS NOT NULL"),
    *_guards("frames", "a frame", "TRUE"),
)
