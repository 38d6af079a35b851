"""Whole processes under a display of their own: what the benchmarks of start and memory share.

A bare PySide6 window is the base: the same interpreter, the same binding, nothing of ours. It ends
as ours does after its first paint: at once, without taking an interpreter apart.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.db_fixture import (
    START,
    Market,
    make_holdings,
    make_instruments,
    make_reading,
    open_with_accounts,
)
from brokerdesk.brokers.registry import spec
from brokerdesk.db.engine import Database
from brokerdesk.db.records import SeriesPoint
from brokerdesk.db.unit_of_work import UnitOfWork
from brokerdesk.domain.reading import Reading
from brokerdesk.paths import ProfilePaths
from brokerdesk.services.portfolio import PortfolioReader
from brokerdesk.settings import Settings
from brokerdesk.ui.start import broker_titles, pack_figures
from brokerdesk.ui.translate import figures

BARE = """
import os, sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow
class Window(QMainWindow):
    def paintEvent(self, event):
        super().paintEvent(event)
        QTimer.singleShot({stay}, end)
def end():
    print("painted", flush=True)
    os._exit(0)
app = QApplication(sys.argv[:1])
window = Window()
window.resize(1440, 900)
window.show()
app.exec()
"""


class FixedClock:
    """The moment at which the fixtures were read."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        raise NotImplementedError

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError


@contextlib.contextmanager
def display() -> Iterator[dict[str, str]]:
    """An environment with a screen of its own: Xvfb where it is installed, else Qt's offscreen."""
    kept = {key: value for key, value in os.environ.items() if key != "WAYLAND_DISPLAY"}
    for name in ("QT_QPA_PLATFORM", "PYTHONDONTWRITEBYTECODE"):  # compiled modules, as installed
        kept.pop(name, None)
    if shutil.which("Xvfb") is None:
        yield kept | {"QT_QPA_PLATFORM": "offscreen"}
        return
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1440x900x24", "-nolisten", "tcp"],
        pass_fds=(write,),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    try:
        with os.fdopen(read) as answer:
            number = answer.readline().strip()
        yield kept | {"DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb"}
    finally:
        server.terminate()
        server.wait()


def bare(stay_ms: int = 0) -> list[str]:
    """The command of a bare window that ends ``stay_ms`` after its first paint."""
    return [sys.executable, "-c", BARE.format(stay=stay_ms)]


def painted(profile: ProfilePaths) -> list[str]:
    """The command of our window that ends after its first paint and says what it showed."""
    return [
        *(sys.executable, "-m", "brokerdesk", "--data-dir", str(profile.root)),
        *("--offline", "--theme", "light", "--quit-after-paint", "--json"),
    ]


def run(command: list[str], environment: dict[str, str]) -> str:
    """Run to the end; what it printed."""
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command[:4])}… ended with {done.returncode}: {done.stderr}")
    return done.stdout


def until_painted(command: list[str], environment: dict[str, str]) -> subprocess.Popen[str]:
    """Run until it says that it has painted; its end is the caller’s to wait for."""
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    if not process.stdout.readline():
        raise SystemExit(f"{' '.join(command[:4])}… ended with {process.wait()} and no paint")
    return process


def report_of(command: list[str], environment: dict[str, str]) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(run(command, environment))
    return answer


def fill(folder: Path, accounts: int, positions: int, *, days: int = 365) -> ProfilePaths:
    """A profile in which every account holds ``positions`` instruments that no other one holds."""
    profile = ProfilePaths(folder)
    profile.ensure()
    database = open_with_accounts(profile.portfolio_db, accounts)
    try:
        instruments = make_instruments(accounts * positions)
        market = Market.of(accounts * positions)
        opening = list(market.cents)
        market.move(0.01)
        for number in range(accounts):
            holdings = make_holdings(market.chance, positions, positions)
            for holding in holdings:
                holding.symbol += number * positions
            cash = market.chance.randint(0, 9_999_999)
            reading = make_reading(
                number, START, holdings, market, opening, instruments, _cents(cash)
            )
            points = _points(market, days)
            database.run_sync(partial(_store, reading=reading, points=points))
    finally:
        database.close()
    return profile


def _store(work: UnitOfWork, reading: Reading, points: list[SeriesPoint]) -> None:
    work.snapshots.store(reading)
    work.series.extend(reading.account, points)


def keep_picture(profile: ProfilePaths) -> None:
    """What the program does once it has shown everything: leave the next start's picture."""
    database = Database.open(profile.portfolio_db, backups=profile.backups, clock=FixedClock())
    try:
        clock = FixedClock()
        reader = PortfolioReader(clock=clock, specs=spec, settings=Settings)
        stamp = database.read_sync(lambda work: work.start.stamp())
        found = figures(database.read_sync(reader.read), broker_titles())
        text = pack_figures(found, clock.now())
        assert database.run_sync(lambda work: work.start.keep(text, stamp))
    finally:
        database.close()


def _cents(cents: int) -> Decimal:
    return Decimal(cents) / 100


def _points(market: Market, days: int) -> list[SeriesPoint]:
    value: int = 50_000_000
    found: list[SeriesPoint] = []
    for back in range(days, 0, -1):
        value = max(1, round(value * (1 + market.chance.gauss(0, 0.01))))
        day = START.date() - timedelta(days=back)
        found.append(SeriesPoint(day=day, value=_cents(value)))
    return found
