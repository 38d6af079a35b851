"""The tables of journal.db, and how a file is brought to the present format.

Plain statements instead of Alembic: a released step never changes, all of a step happens in one
transaction with its number, and triggers refuse to alter or remove what was written.
"""

from __future__ import annotations

from pathlib import Path

from brokerdesk.db import driver
from brokerdesk.db.border import damaged, too_new

VERSION = 3

_ADD_ONLY = """
CREATE TRIGGER {table}_keep_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is only ever added to'); END
"""

_FIRST = (
    """
    CREATE TABLE intents (
        id TEXT PRIMARY KEY NOT NULL,
        kind TEXT NOT NULL,
        connection_id TEXT NOT NULL,
        account_id TEXT NOT NULL,
        environment TEXT NOT NULL,
        symbol TEXT NOT NULL,
        side TEXT NOT NULL,
        client_order_id TEXT NOT NULL UNIQUE,
        draft BLOB,
        request BLOB NOT NULL,
        digest TEXT NOT NULL,
        baseline BLOB NOT NULL,
        target TEXT NOT NULL,
        created_at INTEGER NOT NULL
    ) STRICT
    """,
    # One row for each state that an intent came to; the last one is the state that it is in.
    """
    CREATE TABLE steps (
        seq INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
        intent_id TEXT NOT NULL REFERENCES intents (id),
        state TEXT NOT NULL,
        at INTEGER NOT NULL,
        order_id TEXT NOT NULL,
        words TEXT NOT NULL,
        checks INTEGER NOT NULL
    ) STRICT
    """,
    "CREATE INDEX steps_intent ON steps (intent_id, seq)",
    # An intent is sent at most once, whatever a program does.
    "CREATE UNIQUE INDEX steps_once ON steps (intent_id) WHERE state = 'sending'",
    """
    CREATE TABLE audit (
        seq INTEGER PRIMARY KEY NOT NULL,
        at INTEGER NOT NULL,
        kind TEXT NOT NULL,
        facts BLOB NOT NULL,
        hash BLOB NOT NULL
    ) STRICT
    """,
    "CREATE TABLE switches (name TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) STRICT",
    *(
        _ADD_ONLY.format(table=table, verb=verb)
        for table in ("intents", "steps", "audit")
        for verb in ("UPDATE", "DELETE")
    ),
)
# What was seen of orders, ours and others: when each came to what it is.
_SECOND = (
    """
    CREATE TABLE sightings (
        seq INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
        connection_id TEXT NOT NULL,
        account_id TEXT NOT NULL,
        order_id TEXT NOT NULL,
        what TEXT NOT NULL,
        at INTEGER NOT NULL,
        recovered INTEGER NOT NULL
    ) STRICT
    """,
    "CREATE INDEX sightings_at ON sightings (at)",
    "CREATE INDEX intents_created ON intents (created_at)",
    *(_ADD_ONLY.format(table="sightings", verb=verb) for verb in ("UPDATE", "DELETE")),
)
# What is not settled, so that looking for it does not take longer the more was ever sent. It says
# nothing that the steps do not say; the triggers keep it in the transaction of the step itself.
_THIRD = (
    "CREATE TABLE unsettled (intent_id TEXT PRIMARY KEY NOT NULL) STRICT, WITHOUT ROWID",
    """
    INSERT INTO unsettled
    SELECT i.id FROM intents i
     WHERE (SELECT state FROM steps WHERE intent_id = i.id ORDER BY seq DESC LIMIT 1)
           IN ('committed', 'sending', 'answered', 'unknown')
    """,
    """
    CREATE TRIGGER steps_open AFTER INSERT ON steps
    WHEN NEW.state IN ('committed', 'sending', 'answered', 'unknown')
    BEGIN INSERT OR IGNORE INTO unsettled VALUES (NEW.intent_id); END
    """,
    """
    CREATE TRIGGER steps_settled AFTER INSERT ON steps
    WHEN NEW.state NOT IN ('committed', 'sending', 'answered', 'unknown')
    BEGIN DELETE FROM unsettled WHERE intent_id = NEW.intent_id; END
    """,
)
_STEPS = (_FIRST, _SECOND, _THIRD)


def bring_up_to_date(raw: driver.RawConnection, path: Path) -> None:
    """Make the tables that are missing.

    Raises:
        DatabaseTooNewError, DatabaseDamagedError: nothing was changed.
    """
    with driver.at_border(path, writing=True), driver.transaction(raw, "BEGIN IMMEDIATE"):
        version = driver.user_version(raw, path)
        if version > VERSION:
            raise too_new(path, version, VERSION)
        if version == 0 and raw.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise damaged(path)
        for step in _STEPS[version:]:
            for statement in step:
                raw.execute(statement)
        raw.execute(f"PRAGMA user_version = {VERSION}")
