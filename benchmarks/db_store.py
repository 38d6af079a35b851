"""Storing one refresh of 20 accounts with 500 positions each, against bare SQLite.

The base writes the same 10,000 positions with ``executemany``: its amounts are integers scaled to
six decimals, beside them the words that a row needs to be understood (account, symbol, type,
currency). It keeps neither exact texts nor checksums. The judged base starts where we start, from
the readings' Decimals; beside it stands a base that is handed its integers ready made.
"""

from __future__ import annotations

import itertools
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlcipher3.dbapi2 as sqlite

from benchmarks.db_fixture import one_refresh, open_with_accounts
from benchmarks.harness import Case, run
from brokerdesk.domain.position import Position
from brokerdesk.domain.reading import Reading

ACCOUNTS, POSITIONS = 20, 500
TABLE = """
CREATE TABLE positions (snapshot INTEGER NOT NULL, account TEXT NOT NULL, symbol TEXT NOT NULL,
  type TEXT NOT NULL, currency TEXT NOT NULL, quantity INTEGER, average_cost INTEGER,
  cost_basis INTEGER, mark INTEGER, market_value INTEGER, day_pl INTEGER, open_pl INTEGER)
"""
INSERT = f"INSERT INTO positions VALUES ({', '.join('?' * 12)})"  # noqa: S608


def figures(position: Position) -> tuple[Decimal | None, ...]:
    return (
        position.quantity,
        position.average_cost,
        position.cost_basis,
        position.mark,
        position.market_value,
        position.day_pl,
        position.open_pl,
    )


def scaled(readings: list[Reading]) -> list[tuple[Any, ...]]:
    return [
        (
            1,
            reading.account,
            position.instrument.symbol,
            position.instrument.asset_type.value,
            position.instrument.currency,
            *(None if f is None else int(f.scaleb(6)) for f in figures(position)),
        )
        for reading in readings
        for position in reading.positions
    ]


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        raw = sqlite.connect(str(folder / "base.db"), isolation_level=None)
        raw.execute("PRAGMA journal_mode = WAL")
        raw.execute("PRAGMA synchronous = NORMAL")
        raw.execute(TABLE)
        database = open_with_accounts(folder / "portfolio.db", ACCOUNTS)
        seeds = itertools.count(1)
        refreshes: Iterator[list[Reading]] = (
            one_refresh(ACCOUNTS, POSITIONS, seed=next(seeds)) for _ in itertools.count()
        )

        def insert(rows: list[tuple[Any, ...]]) -> None:
            raw.execute("BEGIN IMMEDIATE")
            raw.executemany(INSERT, rows)
            raw.execute("COMMIT")

        def store(readings: list[Reading]) -> None:
            stored = database.run_sync(lambda work: work.snapshots.store_many(readings))
            assert all(item.new for item in stored)

        # Only prices move: what a refresh mostly is.
        same_holdings = moving_prices(one_refresh(ACCOUNTS, POSITIONS, seed=0))
        first = one_refresh(ACCOUNTS, POSITIONS, seed=0)
        try:
            return run(
                "Store 10,000 positions (20 accounts x 500)",
                [
                    Case(
                        name="prices moved; base from the same Decimals",
                        before_base=lambda: first,
                        base=lambda readings: insert(scaled(readings)),
                        before_ours=lambda: next(same_holdings),
                        ours=store,
                        gate=1.6,
                    ),
                    Case(
                        name="all holdings new; base from the same Decimals",
                        before_base=lambda: first,
                        base=lambda readings: insert(scaled(readings)),
                        before_ours=lambda: next(refreshes),
                        ours=store,
                        gate=1.6,
                    ),
                    Case(
                        name="prices moved; base handed integers ready made",
                        before_base=lambda: scaled(first),
                        base=insert,
                        before_ours=lambda: next(same_holdings),
                        ours=store,
                        gate=None,
                    ),
                ],
            )
        finally:
            database.close()
            raw.close()


def moving_prices(readings: list[Reading]) -> Iterator[list[Reading]]:
    """The same holdings at other prices, every object fresh as after decoding."""
    for step in itertools.count(1):
        move = Decimal(step) / 100
        yield [
            replace(
                reading,
                fetched_at=reading.fetched_at + timedelta(days=100, minutes=step),
                positions=tuple(
                    replace(
                        position,
                        instrument=replace(position.instrument),
                        mark=(position.mark or Decimal(0)) + move,
                        market_value=((position.mark or Decimal(0)) + move) * position.quantity,
                    )
                    for position in reading.positions
                ),
            )
            for reading in readings
        ]


if __name__ == "__main__":
    sys.exit(main())
