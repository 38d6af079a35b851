"""What trading does at its start and its end, and with a journal that cannot be used."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from support.db import execute_raw
from support.product import services_in
from support.secrets import FakeKeyring
from support.trading_bench import Bench, trading_bench

from brokerdesk.domain.events import OrderMoved
from brokerdesk.domain.intent import IntentState
from brokerdesk.errors import StorageError
from brokerdesk.services.trading_desk import ENDING
from brokerdesk.services.trading_state import NOT_READY
from brokerdesk.settings import Settings

S = IntentState


def hung(bench: Bench, name: str) -> asyncio.Event:
    """A session whose ``name`` waits until the event is set."""
    session: Any = bench.services.pool.session(bench.connection)
    real, go_on = getattr(session, name), asyncio.Event()

    async def waits(*args: Any, **kwargs: Any) -> Any:
        await go_on.wait()
        return await real(*args, **kwargs)

    setattr(session, name, waits)
    return go_on


async def begun(bench: Bench, **changes: Any) -> asyncio.Future[Any]:
    """A send that is on its way."""
    review = await bench.review(bench.wish(**changes))
    read = frozenset(one.code for one in review.warnings)
    send = asyncio.ensure_future(bench.services.trading.send(review.id, read))
    await bench.until(lambda: "sending" in bench.moved(), 0.01)
    return send


async def test_the_end_waits_for_an_order_on_its_way(tmp_path: Path) -> None:
    async with trading_bench(tmp_path) as bench:
        go_on = hung(bench, "place")
        send = await begun(bench)
        assert bench.services.trading.in_flight == 1
        assert bench.trading.state().in_flight == 1
        assert not await bench.services.trading.finish(0.05)
        review = await bench.review(bench.wish("MSFT"))
        (late,) = await bench.trading.send(review.id, frozenset())
        assert late.failure == ENDING
        bench.services.trading.go_on()
        go_on.set()
        assert await bench.run(bench.services.trading.finish(20))
        (sent,) = await bench.run(_awaited(send))
        assert sent.intent.state is S.ACCEPTED
        assert bench.services.trading.in_flight == 0


async def _awaited(future: asyncio.Future[Any]) -> Any:
    return await future


async def test_who_waits_for_a_send_may_go_and_it_goes_on(tmp_path: Path) -> None:
    async with trading_bench(tmp_path) as bench:
        go_on = hung(bench, "place")
        send = await begun(bench)
        send.cancel()
        await asyncio.sleep(0)
        assert bench.services.trading.in_flight == 1
        go_on.set()
        await bench.until(lambda: "accepted" in bench.moved(), 0.01)
        await bench.until(lambda: not bench.services.trading.in_flight, 0.01)


async def test_an_order_cut_off_by_the_end_is_found_at_the_next_start(tmp_path: Path) -> None:
    keyring = FakeKeyring()
    async with trading_bench(tmp_path, keyring=keyring) as bench:
        session: Any = bench.services.pool.session(bench.connection)
        real, arrived = session.place, asyncio.Event()

        async def never_answers(*args: Any) -> Any:
            await real(*args)
            arrived.set()
            await asyncio.Event().wait()

        session.place = never_answers
        send = await begun(bench, limit_price=bench.price("0.9"))
        await bench.until(arrived.is_set, 0.01)
        await bench.services.trading.aclose()
        await asyncio.gather(send, return_exceptions=True)
        assert bench.moved()[-1] == "unknown"
        events: list[Any] = []
        async with services_in(tmp_path, bench.rig.clock, keyring, publish=events.append) as again:
            assert not again.trading.state().ready
            cancel = await again.trading.cancel(bench.account, "any", "click")
            assert cancel.failure == NOT_READY
            await again.trading.begin()
            state = again.trading.state()
            assert (state.ready, state.unknown) == (True, 1)
            assert state.on == {bench.connection.id}, "the switch holds over a restart"

            def found() -> bool:
                return any(isinstance(e, OrderMoved) and e.what == "found" for e in events)

            await bench.until(found, 1)
            assert again.trading.state().unknown == 0


async def test_a_damaged_journal_stops_orders_and_nothing_else(
    tmp_path: Path, allow_warnings: Callable[..., None]
) -> None:
    allow_warnings("orders")
    async with trading_bench(tmp_path) as bench:
        await bench.services.trading.aclose()
        path = bench.services.paths.journal_db
        path.write_bytes(b"not a database at all" * 500)
        for beside in ("-wal", "-shm"):
            path.with_name(path.name + beside).unlink(missing_ok=True)
        async with services_in(tmp_path, bench.rig.clock, FakeKeyring()) as again:
            await again.trading.begin()
            state = again.trading.state()
            assert state.failure
            assert not state.ready
            assert state.on == frozenset()
            rows = await again.trading.ledger([bench.account], None)
            assert rows
            assert all(row.order is not None for row in rows), "the broker's own orders show"
            for refused in (
                await again.trading.cancel(bench.account, "any", "click"),
                *await again.trading.send("any", frozenset()),
            ):
                assert state.failure in refused.failure
            try:
                await again.trading.halt(True)
            except StorageError:
                pass
            else:
                raise AssertionError("a halt that was not written must not seem to be")


async def test_a_journal_of_a_newer_program_is_left_as_it_is(
    tmp_path: Path, allow_warnings: Callable[..., None]
) -> None:
    allow_warnings("orders")
    async with trading_bench(tmp_path) as bench:
        await bench.services.trading.aclose()
        path = bench.services.paths.journal_db
        execute_raw(path, "PRAGMA user_version = 99")
        async with services_in(tmp_path, bench.rig.clock, FakeKeyring()) as again:
            await again.trading.begin()
            assert again.trading.state().failure
            assert not again.trading.state().ready


async def test_what_happens_is_in_the_audit_log_and_the_log_is_whole(tmp_path: Path) -> None:
    async with trading_bench(tmp_path) as bench:
        (sent,) = await bench.send(bench.wish(limit_price=bench.price("0.9")))
        assert sent.intent is not None
        await bench.trading.cancel(bench.account, sent.intent.order_id, "click")
        await bench.trading.halt(True)
        await bench.run(bench.services.adopt(Settings(orders_per_minute=3)))
        await bench.run(bench.services.connecting.remove(bench.connection.id, keep_history=True))
        await bench.rest()
        log = await bench.trading.audit()
        kinds = [one.kind for one in log]
        assert kinds[:3] == ["sign-in connected", "trading on", "review"]
        for kind in ("order committed", "order sending", "order accepted", "halt on", "setting",
                     "sign-in removed", "trading off"):  # fmt: skip
            assert kind in kinds, kind
        told = next(one for one in log if one.kind == "setting").facts
        assert dict(told) == {"name": "orders_per_minute", "before": "10", "after": "3"}
        assert (await bench.trading.verify()).broken is None
        target = tmp_path / "audit.jsonl"
        head = await bench.trading.export_audit(target)
        lines = [json.loads(line) for line in target.read_text().splitlines()]
        assert head.count == len(lines) - 1 == len(log)
        assert lines[-1] == {"head": {"count": head.count, "hash": head.hash.hex()}}
        whole = target.read_text()
        assert not any(secret in whole for secret in bench.rig.secrets)
        assert target.stat().st_mode & 0o077 == 0


async def test_what_went_out_is_shown_without_what_is_secret(tmp_path: Path) -> None:
    async with trading_bench(tmp_path) as bench:
        (sent,) = await bench.send(bench.wish(limit_price=bench.price("0.9")))
        assert sent.intent is not None
        fields, came_back = await bench.trading.request_of(sent.intent.id)
        told = {one.name: one.value for one in fields}
        assert told["symbol"] == "AAPL"
        assert told["limit_price"] == str(bench.price("0.9"))
        assert all(one.words for one in fields)
        assert isinstance(came_back, str)
