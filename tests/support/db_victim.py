"""A program that works on a database until it is killed. Run with ``python -m``-like paths:

``python db_victim.py store FOLDER`` stores readings of three accounts, one transaction each, and
writes ``account number`` to standard output after every commit. ``migrate FOLDER`` brings a file of
format 1 up by two more steps that rewrite it. ``restore FOLDER`` fails in the second step after a
commit, so that the backup has to go back in.
"""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import sqlalchemy
from alembic.operations import Operations
from support.clock import FakeClock
from support.db import NOON, make_account, make_position, make_reading, open_database

from brokerdesk.db import migrate
from brokerdesk.db.migrations import Step, steps
from brokerdesk.domain.reading import Reading
from brokerdesk.errors import MigrationError

ACCOUNTS = 3


def reading(account: int, number: int) -> Reading:
    """What reading ``number`` of an account is; its worth tells the number."""
    positions = tuple(
        make_position(f"S{index}", units=f"{account}{number % 7}", mark=f"{number}.{index:02d}")
        for index in range(20 + number % 5)
    )
    return make_reading(
        make_account(account).id,
        NOON + timedelta(seconds=number),
        worth=f"{number}.00",
        positions=positions,
    )


def store(folder: Path) -> None:
    database = open_database(folder)
    for number in range(100_000):
        for account in range(1, ACCOUNTS + 1):
            wanted = reading(account, number)
            database.run_sync(lambda work, wanted=wanted: work.snapshots.store(wanted))  # type: ignore[misc]
            sys.stdout.write(f"{account} {number}\n")
            sys.stdout.flush()


def widen(op: Operations) -> None:
    op.add_column("accounts", sqlalchemy.Column("extra", sqlalchemy.Text))
    op.execute("UPDATE accounts SET extra = 'step two'")


def copy_all(op: Operations) -> None:
    op.execute("CREATE TABLE copies AS SELECT * FROM snapshots")
    for _ in range(8):
        op.execute("INSERT INTO copies SELECT * FROM copies")


def commit_and_fail(op: Operations) -> None:
    copy_all(op)
    op.execute("COMMIT")
    raise ValueError("after the commit")


def bring(folder: Path, *more: Step) -> None:
    migrate.bring_up_to_date(
        folder / "portfolio.db",
        backups=folder / "backups",
        clock=FakeClock(NOON),
        key=None,
        migrations=(*steps(), *more),
    )


def main() -> None:
    task, folder = sys.argv[1], Path(sys.argv[2])
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    if task == "store":
        store(folder)
    elif task == "migrate":
        bring(folder, widen, copy_all)
    elif task == "restore":
        try:
            bring(folder, widen, commit_and_fail)
        except MigrationError:
            sys.stdout.write("restored\n")


if __name__ == "__main__":
    main()
