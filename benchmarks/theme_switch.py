"""Light to dark and back: the whole window with figures in it, until it is painted anew.

The base is the same switch of palette and style sheet with an empty window. The gate is absolute,
because what counts is what an eye sees: 60 ms for the window. Both pages that are looked at most
are measured, each with the figures of 20 accounts x 50 positions.
"""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QMainWindow

from benchmarks.harness import Case, arguments, measure, report
from benchmarks.processes import FixedClock, fill
from brokerdesk.brokers.registry import spec
from brokerdesk.db.engine import Database
from brokerdesk.services.portfolio import PortfolioReader
from brokerdesk.settings import Settings
from brokerdesk.ui.shell.window import MainWindow
from brokerdesk.ui.start import broker_titles
from brokerdesk.ui.theme import theme
from brokerdesk.ui.translate import figures
from brokerdesk.ui.viewmodels.portfolio import PortfolioViewModel
from brokerdesk.ui.viewmodels.state import Figures

GATE_MS = 60.0
SIZE = (1440, 900)
PAGES = ("overview", "positions")
TITLE = "Theme switch of one window"


class Bench:
    """One window at a time, painted before the clock runs."""

    def __init__(self, app: QApplication, shown: Figures) -> None:
        self._app, self._shown = app, shown
        self._window: QMainWindow | None = None
        self._dark = False

    def empty(self) -> None:
        self._put(QMainWindow())

    def full(self, page: str) -> None:
        model = PortfolioViewModel(lambda: datetime.now(UTC))
        model.show(self._shown)
        window = MainWindow(model)
        self._put(window)
        window.go(page)
        self._app.processEvents()

    def switch(self, _: Any) -> None:
        self._dark = not self._dark
        theme().apply("dark" if self._dark else "light")
        self._app.processEvents()

    def end(self) -> None:
        window, self._window = self._window, None
        if window is not None:
            window.close()
            window.deleteLater()
            QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
            self._app.processEvents()

    def _put(self, window: QMainWindow) -> None:
        self.end()
        self._window = window
        window.resize(*SIZE)
        window.show()
        for _ in range(3):
            self._app.processEvents()


def main() -> int:
    options = arguments(TITLE)
    with tempfile.TemporaryDirectory() as name:
        shown = figures_of(Path(name))
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    app.setQuitOnLastWindowClosed(False)
    theme().apply("light")
    bench = Bench(app, shown)
    outcomes = []
    print(f"{TITLE} ({options.rounds} rounds, gate {GATE_MS:.0f} ms)")
    for page in PAGES:
        case = Case(
            name=page,
            base=bench.switch,
            ours=bench.switch,
            gate=None,
            before_base=bench.empty,
            before_ours=lambda page=page: bench.full(page),  # type: ignore[misc]
        )
        outcome = measure(case, options.rounds)
        held = outcome.ours_ms <= GATE_MS
        outcomes.append(asdict(outcome) | {"gate_ms": GATE_MS, "held": held})
        print(
            f"{page:10} empty {outcome.base_ms:6.2f} ms   window {outcome.ours_ms:6.2f} ms"
            f"   ratio {outcome.ratio:5.2f}{'' if held else '  MISSED'}"
        )
    bench.end()
    report(TITLE, options, outcomes, {})
    return 0 if all(one["held"] for one in outcomes) else 1


def figures_of(folder: Path) -> Figures:
    profile = fill(folder, 20, 50)
    database = Database.open(profile.portfolio_db, backups=profile.backups, clock=FixedClock())
    try:
        reader = PortfolioReader(clock=FixedClock(), specs=spec, settings=Settings)
        return figures(database.read_sync(reader.read), broker_titles())
    finally:
        database.close()


if __name__ == "__main__":
    sys.exit(main())
