"""The real window over the real engine, on a practice market whose hours are open.

The simulator runs in a thread with the program's own clock: a Friday at eleven in New York, at the
speed of life. Nothing between the window and the market is replaced.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from pytestqt.qtbot import QtBot

from brokerdesk.clock import SystemClock
from brokerdesk.paths import ProfilePaths
from brokerdesk.services import practice_host
from brokerdesk.services.practice_host import PracticeServer
from brokerdesk.settings import Settings
from brokerdesk.simulator.options import SimulatorOptions
from brokerdesk.simulator.server import SimulatorServer
from brokerdesk.ui.life import Launch, Life
from brokerdesk.ui.shell.window import MainWindow
from brokerdesk.ui.viewmodels.portfolio import PortfolioViewModel

OPEN = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
LONG = 60_000
T = TypeVar("T")


class MarketClock(SystemClock):
    """The computer's clock, moved to a Friday on which the market is open."""

    def __init__(self) -> None:
        self._begin = time.monotonic()

    def now(self) -> datetime:
        return OPEN + timedelta(seconds=time.monotonic() - self._begin)


class Market:
    """A simulator in a thread of its own; ``ask`` runs something there."""

    def __init__(self, clock: MarketClock, brokers: tuple[str, ...], seed: int = 7) -> None:
        options = SimulatorOptions(
            seed=seed, brokers=brokers, clock=clock, throttle_per_minute=None
        )
        self.sim = SimulatorServer(options)
        self._brokers = brokers
        self._up, self._down = threading.Event(), asyncio.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="market")

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        async with self.sim:
            self._up.set()
            await self._down.wait()

    def start(self) -> None:
        self._thread.start()
        assert self._up.wait(20)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._down.set)
        self._thread.join(20)
        assert not self._thread.is_alive()

    def servers(self) -> dict[str, PracticeServer]:
        found = {}
        for broker in self._brokers:
            origin = self.sim.origin(broker)
            found[broker] = PracticeServer(
                base_url=origin.base_url, control_url=origin.control_url, secrets=origin.secrets
            )
        return found

    def ask(self, make: Callable[[SimulatorServer], T]) -> T:
        """Look at the truth, or change it, where it lives."""

        async def do() -> T:
            return make(self.sim)

        return asyncio.run_coroutine_threadsafe(do(), self._loop).result(20)

    def orders(self, *methods: str) -> list[dict[str, Any]]:
        """What arrived at the broker to place, change or cancel."""
        wanted = methods or ("POST", "PATCH", "PUT", "DELETE")
        return self.ask(
            lambda sim: [
                one
                for one in sim.truth.entries
                if one["method"] in wanted and "/orders" in one["path"]
            ]
        )


class PracticeWindow:
    """The running program."""

    def __init__(self, window: MainWindow, life: Life, market: Market, qtbot: QtBot) -> None:
        self.window, self.life, self.market, self.qtbot = window, life, market, qtbot
        self.desk = window.desk
        self.shown: list[str] = []
        life.presenter.shown.connect(lambda title, text: self.shown.append(f"{title} {text}"))

    def until(self, check: Callable[[], object]) -> None:
        """Wait for what is certain to come."""
        self.qtbot.waitUntil(lambda: bool(check()), timeout=LONG)

    def services(self, make: Callable[[Any], Coroutine[Any, Any, T]]) -> T:
        """What the services answer, asked as a page asks."""
        found: list[T] = []
        failed: list[BaseException] = []
        self.desk.run("test", make, found.append, failed.append)
        self.until(lambda: found or failed)
        assert not failed, failed
        return found[0]


def start(
    profile: ProfilePaths,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    *,
    brokers: tuple[str, ...] = ("alpaca",),
    market: Market | None = None,
    size: tuple[int, int] = (1440, 900),
) -> PracticeWindow:
    """Start market and program, and wait for the figures."""
    clock = MarketClock()
    if market is None:
        market = Market(clock, brokers)
        market.start()
    running = market

    class Host:
        """Stands for the process that hosts the market: it runs already."""

        def __init__(self, seed: int, *, orders: Path | None = None, **_more: Any) -> None: ...

        async def start(self) -> dict[str, PracticeServer]:
            return running.servers()

        async def stop(self) -> None: ...

    monkeypatch.setattr(practice_host, "PracticeHost", Host)
    model = PortfolioViewModel(clock.now, practice=True)
    window = MainWindow(model)
    qtbot.addWidget(window)
    window.resize(*size)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    life = Life(
        window, model, paths=profile, clock=clock, settings=Settings(),
        launch=Launch(practice=True),
    )  # fmt: skip
    made = PracticeWindow(window, life, running, qtbot)
    life.begin()
    made.until(lambda: model.state.ready and model.state.figures.positions and not life.busy())
    made.until(lambda: made.desk.trading.state.ready)
    return made
