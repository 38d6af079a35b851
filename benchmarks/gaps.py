"""Smoothness: gaps of the GUI thread while 50 accounts x 500 positions are read anew.

The real window on the real services; the simulated broker is a process of its own. A timer of 1 ms
on the GUI thread notes how late it is called. Idle seconds and refreshes take turns. The gate: a
refresh, from the wish until its figures are shown, has no gap over one frame (16.7 ms) that
an idle window does not have too.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QObject, Qt, QTimer

from benchmarks.harness import arguments, report
from brokerdesk.app import GuiOptions, run_gui
from brokerdesk.brokers import rate
from brokerdesk.errors import BrokerUnavailableError
from brokerdesk.services.practice_host import PracticeHost

if TYPE_CHECKING:
    from brokerdesk.clock import Clock
    from brokerdesk.domain.connection import Connection
    from brokerdesk.services.container import Services
    from brokerdesk.ui.life import Life
    from brokerdesk.ui.shell.window import MainWindow

ACCOUNTS, POSITIONS = 50, 500
PATIENCE = 4
FRAME_MS = 16.7
EDGES = (2.0, 5.0, 10.0, FRAME_MS, 33.0, 100.0)
SETTLE_S, IDLE_S, AFTER_S = 3.0, 4.0, 2.0
SIMULATOR = (
    "import os\n"
    "getattr(os, 'nice', int)(19)\n"
    "if hasattr(os, 'SCHED_IDLE'):\n"
    "    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))\n"
    "from brokerdesk.simulator.main import run\n"
    "from brokerdesk.simulator.options import SimulatorOptions\n"
    f"run(SimulatorOptions(brokers=('schwab',), seed=7, accounts={ACCOUNTS}, positions={POSITIONS},"
    " throttle_per_minute=None, exit_with_stdin=True))\n"
)
"""Without the broker's limit of requests, under which such a refresh takes minutes. A broker is
another computer: its process gives way where both would have the same core."""
TITLE = "Gaps of the window during a refresh"


STOLEN = 0.005
"""More than this share of a phase taken from the whole machine by what it runs on, and the phase
is played again: no program can be smooth without a core. Both kinds of phases alike."""
TRIES = 3
"""At most so many times as many phases."""


def stolen() -> float:
    """Seconds of all cores together that a host has taken from this machine; 0 where nobody says.

    What Linux calls steal, in hundredths of a second.
    """
    try:
        return int(Path("/proc/stat").read_text(encoding="ascii").split()[8]) / 100
    except (OSError, ValueError, IndexError):
        return 0.0


@dataclass
class Phase:
    name: str
    gaps: list[float] = field(default_factory=list)
    seconds: float = 0.0
    taken: float = field(default_factory=stolen)

    def end(self) -> None:
        self.taken = stolen() - self.taken

    @property
    def disturbed(self) -> bool:
        return self.taken > STOLEN * self.seconds * (os.cpu_count() or 1)

    def over(self, limit: float) -> int:
        return sum(gap > limit for gap in self.gaps)

    @property
    def longest(self) -> float:
        return max(self.gaps, default=0.0)


class Watch(QObject):
    """Notes how far apart its calls are, in the phase that runs."""

    def __init__(self) -> None:
        super().__init__()
        self.phase: Phase | None = None
        self._last = time.perf_counter()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._note)
        self._timer.start(1)

    def begin(self, name: str) -> Phase:
        self.end()
        self.phase = Phase(name)
        self._last = time.perf_counter()
        return self.phase

    def end(self) -> None:
        if self.phase is not None:
            self.phase.end()
        self.phase = None

    def _note(self) -> None:
        now = time.perf_counter()
        if self.phase is not None:
            gap = (now - self._last) * 1e3
            self.phase.gaps.append(gap)
            self.phase.seconds += gap / 1e3
        self._last = now


class Conductor(QObject):
    """Connects the simulated broker, then lets idle seconds and refreshes take turns."""

    def __init__(self, window: MainWindow, rounds: int) -> None:
        super().__init__(window)
        self._window, self._rounds = window, rounds
        self._watch = Watch()
        self._page = "overview"
        self._host: PracticeHost | None = None
        self._connection: Connection | None = None
        self.phases: list[Phase] = []
        self.disturbed = self._tries = 0
        """Pairs of phases that were played again."""
        self.failure: BaseException | None = None

    def begin(self) -> None:
        self._window.desk.run("gaps:prepare", self._prepare, self._on_prepared, self._on_failed)

    async def _prepare(self, services: Services) -> Connection:
        store: Any = services.secrets
        await store.use_session_only()
        self._host = PracticeHost(7, command=(sys.executable, "-c", SIMULATOR))
        url = await self._host.start()
        for left in reversed(range(PATIENCE)):
            try:
                (connection,) = await services.practice.open_market(url)
                break
            except BrokerUnavailableError:  # so large a market takes its time to be made
                if not left:
                    raise
        await services.refreshing.refresh(connection.id)
        return connection

    def _on_prepared(self, connection: Connection) -> None:
        self._connection = connection
        self._after(SETTLE_S, self._idle)

    def _all_is_shown(self) -> bool:
        shown = self._window.desk.figures
        listed = self._page != "positions" or len(shown.positions) > ACCOUNTS
        return listed and shown.held >= ACCOUNTS * POSITIONS * 0.9

    async def _round(self, services: Services) -> object:
        assert self._connection is not None
        return await services.refreshing.refresh(self._connection.id)

    def _idle(self) -> None:
        if not self._all_is_shown():
            held = self._window.desk.figures.held
            self._on_failed(RuntimeError(f"{held} positions are shown"))
            return
        self.phases.append(self._watch.begin(f"idle, {self._page}"))
        self._after(IDLE_S, self._refresh)

    def _refresh(self) -> None:
        self.phases.append(self._watch.begin(f"refresh, {self._page}"))
        self._window.desk.run(
            "gaps:refresh",
            self._round,
            lambda _: self._after(AFTER_S, self._next),
            self._on_failed,
        )

    def _next(self) -> None:
        self._watch.end()
        pair = self.phases[-2:]
        self._tries += 1
        if any(one.disturbed for one in pair) and self._tries < TRIES * self._rounds:
            del self.phases[-2:]
            self.disturbed += 1
        if len(self.phases) < 2 * self._rounds * (1 + (self._page == "positions")):
            self._idle()
        elif self._page != "positions":
            self._tries, self._page = 0, "positions"
            self._window.desk.go(self._page)
            self._after(SETTLE_S, self._idle)
        else:
            self._finish()

    def _on_failed(self, error: BaseException) -> None:
        self.failure = error
        self._finish()

    def _finish(self) -> None:
        self._window.desk.run("gaps:end", self._stop, lambda _: self._window.close())

    async def _stop(self, services: Services) -> None:
        if self._host is not None:
            await self._host.stop()

    def _after(self, seconds: float, then: Callable[[], None]) -> None:
        QTimer.singleShot(round(seconds * 1000), self, then)


def main() -> int:
    return played(TITLE, f"{ACCOUNTS} accounts x {POSITIONS} positions", Conductor)


def played(title: str, what: str, conductor_of: Callable[[MainWindow, int], Conductor]) -> int:
    """Run the window under a conductor and tell what it has measured; the exit code."""
    options = arguments(title)
    rate.shared_limiter = unlimited
    rounds = max(3, min(options.rounds, 5))
    made: list[Conductor] = []

    def conduct(window: MainWindow, life: Life) -> None:
        made.append(conductor_of(window, rounds))
        made[0].begin()

    with tempfile.TemporaryDirectory() as name:
        gui = GuiOptions(
            data_dir=Path(name) / "profile",
            practice=True,
            theme="light",
            practice_urls={"none": "http://127.0.0.1:9"},
        )
        phases: list[Phase] = []
        code = run_gui(gui, conduct)
        (conductor,) = made
        phases, failure = conductor.phases, conductor.failure
        if conductor.disturbed:
            print(f"{conductor.disturbed} pairs again: the machine was taken away meanwhile")
    if code or failure is not None or len(phases) < 4 * rounds:
        print(f"The refreshes did not run: {failure or code}")
        return 1
    return told(title, what, options, phases)


def unlimited(
    clock: Clock, name: str, limit: int, *, reserve: int = 10, book: object = None
) -> rate.RateLimiter:
    """Our own side keeps to the limit too; here it must not be what is measured."""
    return rate.RateLimiter(clock, limit=1_000_000)


def told(title: str, what: str, options: Any, phases: list[Phase]) -> int:
    print(f"{title}: {what}, ms between calls of a 1 ms timer")
    heads = [f"<={EDGES[0]:g}", *(f">{edge:g}" for edge in EDGES)]
    print(f"{'':20} {'seconds':>8} {'longest':>8}  " + " ".join(f"{head:>7}" for head in heads))
    for phase in phases:
        bounds = (0.0, *EDGES, float("inf"))
        counts = [sum(low < gap <= high for gap in phase.gaps) for low, high in pairwise(bounds)]
        row = " ".join(f"{count:7}" for count in counts)
        print(f"{phase.name:20} {phase.seconds:8.1f} {phase.longest:8.1f}  {row}")
    held = True
    for page in ("overview", "positions"):
        allowed, worst = (
            max(one.over(FRAME_MS) for one in phases if one.name == f"{kind}, {page}")
            for kind in ("idle", "refresh")
        )
        held = held and worst <= allowed
        print(
            f"{page}: gaps over {FRAME_MS} ms: {worst} in the worst refresh, {allowed} in the worst"
            f" idle window{'' if worst <= allowed else '  MISSED'}"
        )
    outcomes = [
        {"name": phase.name, "longest_ms": phase.longest, "over_frame": phase.over(FRAME_MS)}
        for phase in phases
    ]
    report(title, options, outcomes, {"held": held})
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
