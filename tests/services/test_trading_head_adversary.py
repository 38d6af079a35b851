"""An older journal put back forgets no order and lifts no halt unseen."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from support.trading_bench import Bench, trading_bench

from brokerdesk.services.trading_head import NOTE

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
