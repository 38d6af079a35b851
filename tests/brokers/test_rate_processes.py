"""Two processes with one key: the broker counts no more than its limit, the user has a reserve."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from support.fast_clock import FastClock

from brokerdesk.brokers.alpaca import REQUESTS_PER_MINUTE
from brokerdesk.simulator.options import SimulatorOptions
from brokerdesk.simulator.server import SimulatorServer

ASKER = Path(__file__).parent.parent / "support" / "scripts" / "ask_alpaca.py"
RESERVE = 10
TIMES = 20.0
"""A minute lasts three seconds, and the second that a window is longer 50 ms."""


async def ask(given: dict[str, Any], all_ready: asyncio.Barrier) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(ASKER), json.dumps(given)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"
    await all_ready.wait()  # one that starts late would find the other's minute used up
    out, _ = await process.communicate(b"go\n")
    assert process.returncode == 0
    found: dict[str, Any] = json.loads(out)
    return found


def most_in_a_minute(times: list[float]) -> int:
    return max(sum(1 for at in times if start <= at < start + 60.0) for start in times)


@pytest.mark.parametrize("shared", [True, False], ids=["shared", "each for itself"])
async def test_the_brokers_own_count(tmp_path: Path, shared: bool) -> None:
    began = time.monotonic()
    clock = FastClock(TIMES, began)
    options = SimulatorOptions(
        brokers=("alpaca",), clock=clock, throttle_per_minute=REQUESTS_PER_MINUTE
    )
    arrived: list[float] = []
    async with SimulatorServer(options) as sim:
        dialect: Any = sim.dialect("alpaca")
        count = dialect._left

        def counting(host: str) -> int | None:
            arrived.append(clock.monotonic())
            left: int | None = count(host)
            return left

        dialect._left = counting
        origin = sim.origin("alpaca")
        common = {
            "url": origin.base_url,
            "credentials": {
                "key_id": origin.secrets["live_key_id"],
                "secret_key": origin.secrets["live_secret_key"],
                "venues": "live",
            },
            "times": TIMES,
            "began": began,
        }
        user = {**common, "rates": str(tmp_path / "one"), "user": True, "requests": 60}
        rates = str(tmp_path / ("one" if shared else "two"))
        other = {**common, "rates": rates, "user": False, "requests": 220}
        ready = asyncio.Barrier(2)
        window, command = await asyncio.gather(ask(user, ready), ask(other, ready))
    assert len(arrived) >= 280
    if not shared:  # the test can fail: without the book the broker would be asked too often
        assert most_in_a_minute(arrived) > REQUESTS_PER_MINUTE
        return
    assert most_in_a_minute(arrived) <= REQUESTS_PER_MINUTE
    assert window["failures"] == command["failures"] == []
    # The other leaves the user's reserve alone, so its last requests wait for the next minute.
    assert sorted(window["answered"])[RESERVE - 1] <= max(command["answered"])
    names = os.listdir(tmp_path / "one")  # noqa: PTH208
    assert sum(name.endswith(".rate") for name in names) == 1
    assert os.listdir(tmp_path) == ["one"]  # noqa: PTH208
