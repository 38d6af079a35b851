"""An older journal put back forgets no order and lifts no halt unseen."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest
from support.trading_bench import Bench, trading_bench

from brokerdesk.db import driver
from brokerdesk.domain.intent import IntentState
from brokerdesk.services import trading_head
from brokerdesk.services.trading_head import KEY, NOTE

FILES = ("journal.db", "journal.db-wal", "journal.db-shm")


def journal_of(bench: Bench) -> Path:
    return bench.services.trading._parts.standing.keeper.path


def copied(source: Path, to: Path) -> None:
    to.mkdir(exist_ok=True)
    for name in FILES:
        (to / name).unlink(missing_ok=True)
        if (source / name).exists():
            shutil.copy(source / name, to / name)


async def closed(bench: Bench) -> Path:
    """The end of the program, as far as trading goes."""
    await bench.rest()
    path = journal_of(bench)
    await bench.services.trading.aclose()
    return path.parent


async def begun_again(bench: Bench) -> Any:
    """The program starts once more on the same files."""
    from brokerdesk.services.trading_state import Standing

    old: Standing = bench.services.trading._parts.standing
    old.keeper._closed = False
    old.ready, old.settling, old.sending = False, None, None
    await bench.services.trading.begin()
    return bench.services.trading.state()


@pytest.mark.parametrize("lost", ["an order", "a halt"])
async def test_an_older_journal_put_back_halts_new_orders(
    tmp_path: Path, lost: str, allow_warnings: Any
) -> None:
    allow_warnings("the journal has")
    async with trading_bench(tmp_path) as bench:
        await bench.rest()
        copied(journal_of(bench).parent, tmp_path / "older")
        if lost == "an order":
            await bench.one()
        else:
            await bench.trading.halt(True)
        folder = await closed(bench)
        copied(tmp_path / "older", folder)
        state = await begun_again(bench)
        assert state.ready
        assert state.halted, "until the user lifts it"
        assert NOTE in [one.kind for one in await bench.services.trading.audit()]
        await bench.services.trading.halt(False)
        await closed(bench)
        assert not (await begun_again(bench)).halted, "told once"


async def test_a_journal_that_is_gone_halts_new_orders(tmp_path: Path, allow_warnings: Any) -> None:
    allow_warnings("the journal has")
    async with trading_bench(tmp_path) as bench:
        await bench.one()
        folder = await closed(bench)
        for name in FILES:
            (folder / name).unlink(missing_ok=True)
        assert (await begun_again(bench)).halted


async def test_the_same_journal_halts_nothing(tmp_path: Path) -> None:
    async with trading_bench(tmp_path) as bench:
        await bench.one()
        await closed(bench)
        assert not (await begun_again(bench)).halted


async def test_the_head_has_the_order_in_it_before_the_first_byte(tmp_path: Path) -> None:
    async with trading_bench(tmp_path) as bench:
        truth, heads = bench.rig.sim.truth, []
        arrived = truth.arrived

        def told(broker: str, method: str, path: str, body: bytes) -> Any:
            if method == "POST" and path.endswith("/v2/orders"):
                raw = driver.connect(bench.services.database.path, read_only=True)
                row = raw.execute("SELECT value FROM meta WHERE key = ?", (KEY,)).fetchone()
                raw.close()
                heads.append(int(row[0].partition(":")[0]))
            return arrived(broker, method, path, body)

        truth.arrived = told
        sent = await bench.one()
        assert sent.intent is not None
        log = await bench.services.trading.audit()
        (sending,) = [one.seq for one in log if one.kind == "order sending"]
        assert heads == [sending]


async def test_a_database_that_is_busy_keeps_no_order_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trading_head, "WAITED_FOR", 0.01)
    async with trading_bench(tmp_path) as bench:
        head = bench.services.trading._parts.standing.head

        async def hangs(*_: Any, **__: Any) -> None:
            await asyncio.Event().wait()

        review = await bench.review(bench.wish())
        monkeypatch.setattr(head, "_write", hangs)
        read = frozenset(one.code for one in review.warnings)
        (sent,) = await bench.trading.send(review.id, read)
        assert sent.intent is not None
        assert sent.intent.state is IntentState.ACCEPTED
        monkeypatch.undo()
        for name in bench.services.supervisor.names:
            if name == "journal:note":
                await bench.services.supervisor.cancel(name)


async def test_a_program_that_is_behind_another_takes_no_head_back(tmp_path: Path) -> None:
    async with trading_bench(tmp_path) as bench:
        await bench.rest()
        database, head = bench.services.database, bench.services.trading._parts.standing.head
        journal = bench.services.trading.journal()
        assert journal is not None
        ahead = f"{(await journal.head()).count + 3}:{'0' * 64}"
        await database.run(lambda uow: uow.meta.set(KEY, ahead))
        await head._write(journal)
        assert await database.read(lambda uow: uow.meta.get(KEY)) == ahead
        await head._write(journal, behind=True)
        assert await database.read(lambda uow: uow.meta.get(KEY)) != ahead
