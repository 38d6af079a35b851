"""Orders at the practice exchange outlive the simulator, and a spoilt file spoils nothing else."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from support.clock import FakeClock
from support.exchange_desk import Desk, alpaca_desk

from brokerdesk.simulator.options import SimulatorOptions
from brokerdesk.simulator.server import SimulatorServer


@asynccontextmanager
async def desk(file: Path, clock: FakeClock, **options: Any) -> AsyncIterator[Desk]:
    async with alpaca_desk(clock=clock, state_file=file, **options) as found:
        yield found


async def test_orders_fills_and_positions_outlive_a_restart(tmp_path: Path) -> None:
    file, clock = tmp_path / "orders.json", FakeClock()
    async with desk(file, clock) as one:
        filled = await one.placed(symbol="AAPL", qty="10", type="market")
        waits = await one.placed(symbol="MSFT", qty="3", type="limit", limit_price="1.00")
        await clock.advance(5)
        before = [await one.get(path) for path in READS]
        assert (await one.order(filled["id"]))["status"] == "filled"
    async with desk(file, clock) as two:
        assert [await two.get(path) for path in READS] == before
        assert (await two.order(waits["id"]))["status"] == "new"
        again = await two.send(
            "POST", "/v2/orders", {**WAITING, "client_order_id": waits["client_order_id"]}
        )
        assert again.status == 422, "an id stays used"
        assert (await two.send("DELETE", f"/v2/orders/{waits['id']}")).status == 204
        await clock.advance(1)
        assert (await two.order(waits["id"]))["status"] == "canceled"


READS = (
    "/v2/account",
    "/v2/positions",
    "/v2/orders?status=all&nested=true&limit=500",
    "/v2/account/activities?page_size=20",
)
WAITING = {
    "symbol": "MSFT",
    "qty": "3",
    "side": "buy",
    "type": "limit",
    "limit_price": "1.00",
    "time_in_force": "day",
}


async def test_what_was_due_while_nobody_ran_happens_at_its_own_moment(tmp_path: Path) -> None:
    file, clock = tmp_path / "orders.json", FakeClock()
    async with desk(file, clock) as one:
        order = await one.placed(symbol="AAPL", qty="10", type="market")
    await clock.advance(3600)
    async with desk(file, clock) as two:
        found = await two.order(order["id"])
        assert found["status"] == "filled"
        assert found["filled_at"].startswith("2026-11-20T15:00:00.4")


async def test_the_file_is_private_and_whole(tmp_path: Path) -> None:
    file, clock = tmp_path / "orders.json", FakeClock()
    async with desk(file, clock) as one:
        await one.placed(symbol="AAPL", qty="1", type="market")
        if os.name != "nt":
            assert file.stat().st_mode & 0o777 == 0o600
        assert json.loads(file.read_bytes())["version"] == 1
    assert os.listdir(tmp_path) == ["orders.json"], "no temporaries are left"  # noqa: PTH208


async def test_a_reader_does_not_write(tmp_path: Path) -> None:
    file, clock = tmp_path / "orders.json", FakeClock()
    async with desk(file, clock) as one:
        await one.placed(symbol="AAPL", qty="1", type="market")
    kept = file.read_bytes()
    await clock.advance(60)
    async with desk(file, clock, state_kept=False) as two:
        assert len(await two.get("/v2/orders?status=all&symbols=AAPL&after=2026-11-20")) == 1
        await two.placed(symbol="AAPL", qty="2", type="market", client_order_id="another")
    assert file.read_bytes() == kept


SET_ASIDE = "do not belong here; they were set aside"


@pytest.mark.allow_warnings(SET_ASIDE)
@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"version":99,"seed":301,"floors":{}}'])
async def test_what_cannot_be_read_is_set_aside(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "orders.json"
    file.write_bytes(content)
    async with desk(file, FakeClock()) as one:
        order = await one.placed(symbol="AAPL", qty="1", type="market")
        assert order["status"] == "pending_new"
    assert (tmp_path / "orders.json.set-aside").read_bytes() == content


@pytest.mark.allow_warnings(SET_ASIDE)
async def test_another_market_does_not_take_them(tmp_path: Path) -> None:
    file, clock = tmp_path / "orders.json", FakeClock()
    async with desk(file, clock) as one:
        await one.placed(symbol="AAPL", qty="1", type="market")
    options = SimulatorOptions(clock=clock, seed=5, state_file=file)
    async with SimulatorServer(options) as other:
        assert not other.schwab.floor.by_number
    assert (tmp_path / "orders.json.set-aside").exists()
