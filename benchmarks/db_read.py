"""Reading the latest snapshot of 20 accounts with 500 positions each, against bare SQLite.

The base reads the same 10,000 positions as rows of scaled integers with the words beside them and
turns every amount into the Decimal that we end in. Ours verifies checksums and ends in the domain's
own readings, or in columns; and, for the first paint, begins with opening the file.
"""

from __future__ import annotations

import sys
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlcipher3.dbapi2 as sqlite

from benchmarks.db_fixture import account_id, one_refresh, open_with_accounts
from benchmarks.db_store import INSERT, TABLE, scaled
from benchmarks.harness import Case, run
from brokerdesk.db.records import PositionColumns
from brokerdesk.db.start_view import StartView, read_start_view
from brokerdesk.domain.reading import Snapshot

ACCOUNTS, POSITIONS = 20, 500
AMOUNTS = "quantity, average_cost, cost_basis, mark, market_value, day_pl, open_pl"
SELECT = f"SELECT account, symbol, type, currency, {AMOUNTS} FROM positions"  # noqa: S608
UNIT = Decimal("0.000001")


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        readings = one_refresh(ACCOUNTS, POSITIONS)
        base = folder / "base.db"
        raw = open_base(base)
        raw.execute(TABLE)
        raw.execute("BEGIN")
        raw.executemany(INSERT, scaled(readings))
        raw.execute("COMMIT")
        database = open_with_accounts(folder / "portfolio.db", ACCOUNTS)
        database.run_sync(lambda work: work.snapshots.store_many(readings))
        accounts = [account_id(number) for number in range(ACCOUNTS)]

        def rows(_: Any) -> list[tuple[Any, ...]]:
            return decimals(raw)

        def readings_of(_: Any) -> list[Snapshot | None]:
            return database.read_sync(lambda work: [work.snapshots.latest(a) for a in accounts])

        def columns_of(_: Any) -> list[PositionColumns | None]:
            return database.read_sync(
                lambda work: [work.snapshots.latest_columns(a) for a in accounts]
            )

        def rows_of_a_new_connection(_: Any) -> list[tuple[Any, ...]]:
            connection = open_base(base)
            try:
                return decimals(connection)
            finally:
                connection.close()

        def start_view(_: Any) -> StartView | None:
            return read_start_view(database.path)

        try:
            check(rows(None), readings_of(None))
            forget = database._book.clear
            return run(
                "Read the latest 10,000 positions (20 accounts x 500)",
                [
                    Case(name="to readings", base=rows, ours=readings_of, gate=1.3),
                    Case(
                        name="to readings, nothing remembered",
                        base=rows,
                        ours=readings_of,
                        before_ours=forget,
                        gate=1.3,
                    ),
                    Case(name="to columns", base=rows, ours=columns_of, gate=1.3),
                    Case(
                        name="start view, opening the file",
                        base=rows_of_a_new_connection,
                        ours=start_view,
                        gate=1.3,
                    ),
                ],
            )
        finally:
            database.close()
            raw.close()


def open_base(path: Path) -> Any:
    raw = sqlite.connect(str(path), isolation_level=None)
    raw.execute("PRAGMA journal_mode = WAL")
    return raw


def decimals(raw: Any) -> list[tuple[Any, ...]]:
    return [
        (*row[:4], *(None if figure is None else figure * UNIT for figure in row[4:]))
        for row in raw.execute(SELECT)
    ]


def check(rows: list[tuple[Any, ...]], snapshots: list[Snapshot | None]) -> None:
    """Both sides end in equal Decimals."""
    ours = [
        (position.instrument.symbol, position.quantity, position.open_pl)
        for snapshot in snapshots
        if snapshot is not None and snapshot.reading is not None
        for position in snapshot.reading.positions
    ]
    assert len(ours) == ACCOUNTS * POSITIONS
    assert ours == [(row[1], row[4], row[10]) for row in rows]


if __name__ == "__main__":
    sys.exit(main())
