"""Live prices: what 1,000 updates a second cost the GUI thread, against the same window at rest.

The real window on the real services; the simulated broker is a process of its own, and its session
is given a line that tells prices at a steady pace on the I/O thread. CPU time of the GUI thread
alone, page by page; idle seconds and busy ones take turns. Either all symbols held move in turn, or
only those that are in sight. The gate: 10 % of one core more than the window at rest.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QObject, QTimer

from benchmarks.gaps import unlimited
from benchmarks.harness import arguments, report
from brokerdesk.app import GuiOptions, run_gui
from brokerdesk.brokers import rate, registry
from brokerdesk.brokers.base import BrokerSession, BrokerSpec, SessionContext
from brokerdesk.brokers.streaming import Line, LineState, Tell, Told
from brokerdesk.domain.kinds import PriceFeed
from brokerdesk.domain.quote import Quote, QuoteKey
from brokerdesk.errors import BrokerUnavailableError
from brokerdesk.services.practice_host import PracticeHost

if TYPE_CHECKING:
    from brokerdesk.clock import Clock
    from brokerdesk.domain.connection import Connection
    from brokerdesk.services.container import Services
    from brokerdesk.ui.life import Life
    from brokerdesk.ui.shell.window import MainWindow

PER_SECOND, GATE = 1_000, 0.10
ACCOUNTS, POSITIONS, IN_SIGHT = 5, 300, 20
SETTLE_S, IDLE_S, BUSY_S = 4.0, 4.0, 8.0
PATIENCE = 4
STEP_S = 0.01
SIMULATOR = (
    "from brokerdesk.simulator.main import run\n"
    "from brokerdesk.simulator.options import SimulatorOptions\n"
    f"run(SimulatorOptions(brokers=('schwab',), seed=7, accounts={ACCOUNTS}, positions={POSITIONS},"
    " throttle_per_minute=None, exit_with_stdin=True))\n"
)
TITLE = f"{PER_SECOND:,} prices a second, CPU time of the GUI thread"


@dataclass
class Feed:
    """What the line tells: how many a second, and of how many symbols."""

    per_second: int = 0
    symbols: int | None = None
    told: int = 0


FEED = Feed()


class BenchLine:
    """A line for prices at the pace of ``FEED``."""

    most = None

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._keys: list[QuoteKey] = []

    def carries(self, key: QuoteKey) -> bool:
        return True

    def want(self, keys: frozenset[QuoteKey]) -> None:
        self._keys = sorted(keys)

    async def run(self, tell: Tell) -> None:
        tell(Line(state=LineState.LIVE, at=self._clock.now()))
        due, at, number = 0.0, self._clock.monotonic(), 0
        while True:
            await self._clock.sleep(STEP_S)
            now = self._clock.monotonic()
            due, at = due + (now - at) * FEED.per_second, now
            keys = self._keys[: FEED.symbols]
            while due >= 1 and keys:
                due, number = due - 1, number + 1
                FEED.told += 1
                self._tell_one(tell, keys[number % len(keys)], number)

    def _tell_one(self, tell: Tell, key: QuoteKey, number: int) -> None:
        now = self._clock.now()
        price = Decimal(10_000 + number % 997) / 100
        quote = Quote(
            symbol=key.symbol, source="bench", feed=PriceFeed.REAL_TIME, fetched_at=now, as_of=now,
            bid=price, ask=price, last=price, mark=price,
        )  # fmt: skip
        tell(Told(key=key, quote=quote))


class WithLine:
    """A broker's session that tells prices at the benchmark's pace."""

    def __init__(self, session: BrokerSession, clock: Clock) -> None:
        self._session, self._clock = session, clock

    def __getattr__(self, name: str) -> Any:
        if name == "account_stream":
            raise AttributeError(name)
        return getattr(self._session, name)

    def quote_stream(self) -> BenchLine:
        return BenchLine(self._clock)


def streamed(broker_id: str, find: Callable[[str], BrokerSpec] = registry.spec) -> BrokerSpec:
    spec = find(broker_id)

    def open_session(context: SessionContext) -> Any:
        return WithLine(spec.open_session(context), context.clock)

    able = replace(spec.capabilities, streaming=True, quotes_every=None)
    return replace(spec, capabilities=able, open_session=open_session)


@dataclass
class Phase:
    name: str
    page: str
    per_second: int
    symbols: int | None
    seconds: float
    cpu: float = 0.0
    wall: float = 0.0
    told: int = 0

    @property
    def share(self) -> float:
        return self.cpu / self.wall


class Conductor(QObject):
    """Connects the simulated broker, then lets idle seconds and busy ones take turns."""

    def __init__(self, window: MainWindow, rounds: int, picture: Path | None) -> None:
        super().__init__(window)
        self._window, self._picture = window, picture
        self._host: PracticeHost | None = None
        self._left = [
            Phase(*phase)
            for page in ("overview", "positions")
            for _ in range(rounds)
            for phase in (
                ("at rest", page, 0, None, IDLE_S),
                ("all symbols", page, PER_SECOND, None, BUSY_S),
                ("in sight", page, PER_SECOND, IN_SIGHT, BUSY_S),
            )
        ]
        self.phases: list[Phase] = []
        self.failure: BaseException | None = None

    def begin(self) -> None:
        self._window.resize(1440, 900)
        self._window.desk.run("stream:prepare", self._prepare, self._on_prepared, self._on_failed)

    async def _prepare(self, services: Services) -> Connection:
        store: Any = services.secrets
        await store.use_session_only()
        self._host = PracticeHost(7, command=(sys.executable, "-c", SIMULATOR))
        url = await self._host.start()
        for left in reversed(range(PATIENCE)):
            try:
                (connection,) = await services.practice.open_market(url)
                break
            except BrokerUnavailableError:
                if not left:
                    raise
        await services.refreshing.refresh(connection.id)
        return connection

    def _on_prepared(self, _connection: Connection) -> None:
        FEED.per_second = PER_SECOND // 10
        self._after(SETTLE_S, self._check)

    def _check(self) -> None:
        if not self._window.desk.live or not FEED.told:
            self._on_failed(RuntimeError(f"{FEED.told} prices were told, none is shown"))
            return
        self._next()

    def _next(self) -> None:
        if not self._left:
            self._finish()
            return
        phase = self._left.pop(0)
        self._window.desk.go(phase.page)
        FEED.per_second, FEED.symbols = phase.per_second, phase.symbols
        self._after(2.0, lambda: self._measure(phase))

    def _measure(self, phase: Phase) -> None:
        wall, cpu, told = time.monotonic(), time.thread_time(), FEED.told

        def done() -> None:
            phase.wall, phase.cpu = time.monotonic() - wall, time.thread_time() - cpu
            phase.told = FEED.told - told
            self.phases.append(phase)
            if self._picture is not None and phase.per_second:
                self._window.grab().save(str(self._picture / f"{phase.page}-live.png"))
            self._next()

        self._after(phase.seconds, done)

    def _on_failed(self, error: BaseException) -> None:
        self.failure = error
        self._finish()

    def _finish(self) -> None:
        FEED.per_second = 0
        self._window.desk.run("stream:end", self._stop, lambda _: self._window.close())

    async def _stop(self, services: Services) -> None:
        if self._host is not None:
            await self._host.stop()

    def _after(self, seconds: float, then: Callable[[], None]) -> None:
        QTimer.singleShot(round(seconds * 1000), self, then)


def main() -> int:
    options = arguments(TITLE)
    rate.shared_limiter = unlimited
    registry.spec = streamed
    rounds = max(2, min(options.rounds, 4))
    picture = os.environ.get("BENCH_PICTURES")
    made: list[Conductor] = []

    def conduct(window: MainWindow, life: Life) -> None:
        made.append(Conductor(window, rounds, Path(picture) if picture else None))
        made[0].begin()

    with tempfile.TemporaryDirectory() as name:
        gui = GuiOptions(
            data_dir=Path(name) / "profile",
            practice=True,
            theme="light",
            practice_urls={"none": "http://127.0.0.1:9"},
        )
        code = run_gui(gui, conduct)
        (conductor,) = made
    if code or conductor.failure is not None or conductor._left:
        print(f"The prices did not run: {conductor.failure or code}")
        return 1
    return told(options, conductor.phases)


def told(options: Any, phases: list[Phase]) -> int:
    print(f"{TITLE}; {ACCOUNTS} accounts x {POSITIONS} positions")
    print(f"{'':24} {'told/s':>8} {'of a core':>10} {'more than at rest':>18}")
    outcomes, held = [], True
    for page in ("overview", "positions"):
        rest = statistics.median(
            one.share for one in phases if one.page == page and not one.per_second
        )
        for name in ("at rest", "all symbols", "in sight"):
            own = [one for one in phases if one.page == page and one.name == name]
            share = statistics.median(one.share for one in own)
            pace = statistics.median(one.told / one.wall for one in own)
            more = share - rest
            enough = name == "at rest" or pace >= PER_SECOND * 0.95
            good = more < GATE and enough
            held = held and good
            verdict = "" if good else "  MISSED"
            print(f"{page + ', ' + name:24} {pace:8.0f} {share:10.1%} {more:18.1%}{verdict}")
            outcomes.append({"name": f"{page}, {name}", "share": share, "more": more, "held": good})
    report(TITLE, options, outcomes, {"gate": GATE, "held": held})
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
