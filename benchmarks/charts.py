"""The value chart: 36,500 points loaded and added up, and 1,000,000 points drawn.

Loading is twenty accounts with five years of days, out of the file and added up exactly to daily
totals; the base is one row a day, ``fetchall`` and ``numpy.array``. Drawing is new
data in a chart of 1200 x 600 and its paint; the base is the same with 36,500 points.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
from array import array
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import sqlcipher3.dbapi2 as sqlite
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from benchmarks.db_fixture import START, account_id, open_with_accounts
from benchmarks.harness import Case, run
from brokerdesk.db.engine import Database
from brokerdesk.db.records import SeriesPoint
from brokerdesk.db.unit_of_work import UnitOfWork
from brokerdesk.domain.kinds import Environment, TransactionType
from brokerdesk.domain.transaction import Transaction
from brokerdesk.services.history import History
from brokerdesk.services.history_ranges import Range
from brokerdesk.services.history_reader import HistoryReader
from brokerdesk.ui.theme import theme
from brokerdesk.ui.widgets.charts.data import LineData
from brokerdesk.ui.widgets.charts.line_chart import LineChart

ACCOUNTS, DAYS = 20, 1_825
FEW, MANY = 36_500, 1_000_000
FIRST_DAY = 700_000


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        return measure(Path(name))


def measure(folder: Path) -> int:
    chance = random.Random(1)
    first = START.date() - timedelta(days=DAYS - 1)
    raw = sqlite.connect(str(folder / "base.db"), isolation_level=None)
    raw.execute("CREATE TABLE equity (account INTEGER, day INTEGER, cents INTEGER)")
    bare, full = (open_with_accounts(folder / name, ACCOUNTS) for name in ("bare.db", "full.db"))
    for number in range(ACCOUNTS):
        cents = walk(chance, DAYS)
        raw.execute("BEGIN")
        raw.executemany(
            "INSERT INTO equity VALUES (?, ?, ?)",
            [(number, first.toordinal() + day, cents[day]) for day in range(DAYS)],
        )
        raw.execute("COMMIT")
        points = [
            SeriesPoint(day=first + timedelta(days=day), value=Decimal(cents[day]) / 100)
            for day in range(DAYS)
        ]
        store(bare, number, points, ())
        store(full, number, points, deposits(number))

    def base(_: Any) -> Any:
        return np.array(raw.execute("SELECT account, day, cents FROM equity").fetchall())

    try:
        expected = base(None)[:, 2].reshape(ACCOUNTS, DAYS).sum(axis=0)
        for database in (bare, full):
            history = loaded(database)
            assert history.exponent == -2
            assert np.array_equal(np.array(history.units), expected)
        return run(
            "The value chart",
            [
                Case(
                    name="36,500 points, loaded and added up",
                    base=base,
                    ours=lambda _: loaded(bare),
                    gate=0.35,
                ),
                Case(
                    name="the same, with 1,200 deposits",
                    base=base,
                    ours=lambda _: loaded(full),
                    gate=None,
                ),
                drawn(chance),
            ],
        )
    finally:
        bare.close()
        full.close()
        raw.close()


def loaded(database: Database) -> History:
    reader = HistoryReader()
    history = database.read_sync(lambda work: reader.daily(work, Environment.LIVE, "USD"))
    history.over(Range.ALL, START.date())
    return history


def drawn(chance: random.Random) -> Case:
    QApplication.instance() or QApplication([])
    theme().apply("light")
    chart = LineChart()
    chart.resize(1200, 600)
    canvas = QImage(1200, 600, QImage.Format.Format_ARGB32_Premultiplied)
    few, many = (data(chance, count) for count in (FEW, MANY))

    def paint(given: LineData) -> None:
        chart.show_data(given)
        chart.render(canvas)

    return Case(
        name="1,000,000 points against 36,500, drawn",
        base=lambda _: paint(few),
        ours=lambda _: paint(many),
        gate=2.0,
    )


def data(chance: random.Random, count: int) -> LineData:
    xs = array("q", range(FIRST_DAY, FIRST_DAY + count))
    return LineData(xs=xs, units=array("q", walk(chance, count)), exponent=-2)


def walk(chance: random.Random, count: int) -> list[int]:
    cents, found = 10_000_000, []
    for _ in range(count):
        cents += chance.randint(-50_000, 50_000)
        found.append(cents)
    return found


def deposits(number: int) -> list[Transaction]:
    """One a month for five years."""
    return [
        Transaction(
            id=f"deposit-{number}-{month}",
            account=account_id(number),
            type=TransactionType.DEPOSIT,
            time=datetime(2026, 11, 1, 15, tzinfo=UTC) - timedelta(days=30 * month),
            amount=Decimal(500),
        )
        for month in range(60)
    ]


def store(
    database: Database,
    number: int,
    points: list[SeriesPoint],
    transactions: Sequence[Transaction],
) -> None:
    account = account_id(number)

    def write(work: UnitOfWork) -> None:
        work.series.extend(account, points)
        work.transactions.upsert(account, transactions, fetched_at=START)
        work.meta.set(f"transactions_until:{account}", START.isoformat())

    database.run_sync(write)


if __name__ == "__main__":
    sys.exit(main())
