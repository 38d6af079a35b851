"""Reading 36,500 daily values (20 accounts, five years of calendar days) to arrays for a chart.

The base is one row a day: ``fetchall`` and ``numpy.array``.
"""

from __future__ import annotations

import random
import sys
import tempfile
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import sqlcipher3.dbapi2 as sqlite

from benchmarks.db_fixture import account_id, open_with_accounts
from benchmarks.harness import Case, run
from brokerdesk.db.records import SeriesColumns, SeriesPoint

ACCOUNTS, DAYS = 20, 1_825


def main() -> int:
    chance = random.Random(1)
    first = date(2021, 11, 22)
    points = {
        number: [
            SeriesPoint(
                day=first + timedelta(days=day), value=Decimal(chance.randint(0, 10**9)) / 100
            )
            for day in range(DAYS)
        ]
        for number in range(ACCOUNTS)
    }
    with tempfile.TemporaryDirectory() as name:
        raw = sqlite.connect(f"{name}/base.db", isolation_level=None)
        raw.execute("CREATE TABLE equity (account INTEGER, day INTEGER, cents INTEGER)")
        raw.execute("BEGIN")
        raw.executemany(
            "INSERT INTO equity VALUES (?, ?, ?)",
            [
                (number, point.day.toordinal(), int(point.value * 100))
                for number, series in points.items()
                for point in series
            ],
        )
        raw.execute("COMMIT")
        database = open_with_accounts(Path(name) / "portfolio.db", ACCOUNTS)
        for number, series in points.items():
            store(database, number, series)

        def base(_: Any) -> Any:
            return np.array(raw.execute("SELECT account, day, cents FROM equity").fetchall())

        def ours(_: Any) -> list[SeriesColumns]:
            return database.read_sync(
                lambda work: [work.series.columns(account_id(n)) for n in range(ACCOUNTS)]
            )

        try:
            cents = np.concatenate([columns.values for columns in ours(None)]) * 100
            assert np.array_equal(np.rint(cents), base(None)[:, 2])
            return run(
                "Read 36,500 daily values to arrays",
                [Case(name="packed series", base=base, ours=ours, gate=0.35)],
            )
        finally:
            database.close()
            raw.close()


def store(database: Any, number: int, series: list[SeriesPoint]) -> None:
    database.run_sync(lambda work: work.series.extend(account_id(number), series))


if __name__ == "__main__":
    sys.exit(main())
