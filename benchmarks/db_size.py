"""How large five years become: 20 accounts of 50 positions, read every five minutes.

Lives through the years with three readings a day, of which the retention rule leaves the last, and
prunes as it goes, so that the file gets the gaps that pruning leaves; then a full month of every
five minutes of market hours. Prices move and holdings change, so that compression meets what it
will meet.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from benchmarks.db_fixture import (
    CENT,
    Market,
    make_holdings,
    make_instruments,
    make_reading,
    open_with_accounts,
    trading_days,
)
from benchmarks.harness import arguments, report
from brokerdesk.db.engine import Database
from brokerdesk.domain.market_hours import session
from brokerdesk.domain.reading import Reading

ACCOUNTS, POSITIONS, SYMBOLS, YEARS = 20, 50, 500, 5
LAST = date(2026, 11, 20)
GATE_MB = 200
GATE_SECONDS = 180


def main() -> int:
    options = arguments(__doc__.splitlines()[0])
    with tempfile.TemporaryDirectory() as folder:
        database = open_with_accounts(Path(folder) / "portfolio.db", ACCOUNTS)
        start = time.perf_counter()
        try:
            stored, slowest_prune = simulate(database)
            seconds = time.perf_counter() - start
            now = datetime.combine(LAST, datetime.max.time(), tzinfo=UTC)
            database.checkpoint()
            megabytes = database.file_size() / 1e6
            rows = database.read_sync(
                lambda work: sum(
                    len(
                        work.snapshots.between(
                            item.account.id, datetime.min.replace(tzinfo=UTC), now
                        )
                    )
                    for item in work.accounts.list()
                )
            )
        finally:
            database.close()
    print(
        f"{rows} snapshots of {stored} stored, {megabytes:.1f} MB"
        f" ({megabytes * 1e6 / rows:.0f} bytes each), written in {seconds:.1f} s,"
        f" slowest prune {slowest_prune * 1e3:.0f} ms"
    )
    held = megabytes <= GATE_MB and seconds <= GATE_SECONDS
    print("held" if held else "MISSED", f"(gates: {GATE_MB} MB, {GATE_SECONDS} s)")
    report(
        "size",
        options,
        [{"name": "size", "megabytes": megabytes, "gate": GATE_MB, "held": held}],
        {"snapshots": rows, "seconds": seconds, "slowest_prune_seconds": slowest_prune},
    )
    return 0 if held else 1


def simulate(database: Database) -> tuple[int, float]:
    market = Market.of(SYMBOLS)
    chance = random.Random(2)
    instruments = make_instruments(SYMBOLS)
    holdings = [make_holdings(chance, SYMBOLS, POSITIONS) for _ in range(ACCOUNTS)]
    cash = [Decimal(chance.randint(0, 9_999_999)) / 100 for _ in range(ACCOUNTS)]
    stored, slowest_prune = 0, 0.0
    for day in trading_days(LAST, 252 * YEARS):
        opening = list(market.cents)
        hours = session(day)
        assert hours is not None
        whole = day > LAST - timedelta(days=30)
        step = timedelta(minutes=5) if whole else (hours[1] - hours[0]) / 2
        moment = hours[0]
        while moment <= hours[1]:
            market.move(0.001 if whole else 0.008)
            readings = [
                make_reading(
                    number, moment, holdings[number], market, opening, instruments, cash[number]
                )
                for number in range(ACCOUNTS)
            ]
            stored += store(database, readings)
            moment += step
        for number in range(ACCOUNTS):
            # A trade in every account on one day of five, interest on some.
            if chance.random() < 0.2:
                index = chance.randrange(POSITIONS)
                taken = {holding.symbol for holding in holdings[number]}
                fresh = make_holdings(chance, SYMBOLS, 1)[0]
                if fresh.symbol not in taken:
                    holdings[number][index] = fresh
            cash[number] = (cash[number] * Decimal("1.0001")).quantize(CENT)
        start = time.perf_counter()
        prune(database, hours[1])
        slowest_prune = max(slowest_prune, time.perf_counter() - start)
    return stored, slowest_prune


def prune(database: Database, now: datetime) -> None:
    database.run_sync(lambda work: work.snapshots.prune(now, keep_all=False))


def store(database: Database, readings: list[Reading]) -> int:
    return len(database.run_sync(lambda work: work.snapshots.store_many(readings)))


if __name__ == "__main__":
    sys.exit(main())
