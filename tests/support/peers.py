"""Pointing other people's Schwab clients at a simulator in a thread of its own.

Nothing of the clients is changed but where their requests go: every request to the broker's host is
sent to the simulator instead, on the same path.
"""

from __future__ import annotations

import asyncio
import json
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from brokerdesk.simulator.options import SimulatorOptions
from brokerdesk.simulator.server import SimulatorServer

BROKER = "https://api.schwabapi.com"
WARNINGS = (
    # Authlib 1.9 announces that it will move from httpx to httpx2.
    "ignore:The httpx module is deprecated",
    # schwab-py 1.5.1 imports a part of websockets that is on its way out (schwab-py #225).
    "ignore:websockets.legacy is deprecated:DeprecationWarning",
)


class RunningSim:
    """A simulator on a loop and thread of its own, for clients that block."""

    def __init__(self, options: SimulatorOptions) -> None:
        self._options = options
        self._ready = threading.Event()
        self._end: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="simulator")
        self.sim = SimulatorServer(options)

    async def _serve(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        async with self.sim:
            self._ready.set()
            await self._end.wait()

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(20)

    def stop(self) -> None:
        assert self._loop is not None
        assert self._end is not None
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(20)

    @property
    def base(self) -> str:
        return self.sim.origin("schwab").base_url

    @property
    def secrets(self) -> dict[str, str]:
        return self.sim.origin("schwab").secrets

    def control(self, method: str, path: str, body: Any = None) -> Any:
        url = f"{self.sim.origin('schwab').control_url}/{path}"
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(url, data=data, method=method)  # noqa: S310
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return json.load(answer)

    def approve(self, authorize_url: str) -> str:
        """The callback URL after a person allowed the app."""
        found = self.control("POST", "approve", {"url": authorize_url, "action": "allow"})
        return str(found["redirect"])

    def paths(self, method: str = "GET") -> list[str]:
        log = self.control("GET", "log")
        return [entry["path"] for entry in log if entry["method"] == method]


@contextmanager
def running_sim(**options: Any) -> Iterator[RunningSim]:
    options.setdefault("throttle_per_minute", None)
    found = RunningSim(SimulatorOptions(**options))
    found.start()
    try:
        yield found
    finally:
        found.stop()
