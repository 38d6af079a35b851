"""Live prices while a refresh brings accounts in: they are read a few at a time, and whatever comes
in between finds everything fitting together.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from support.quoting import (
    Acme,
    D,
    QuoteBench,
    account_of,
    held,
    of,
    quote_bench,
    reading_of,
    share,
)

from brokerdesk.domain.events import AccountRefreshed
from brokerdesk.domain.position import Position
from brokerdesk.services.quoting_holdings import Part

BROKERS = ("acme", "omni", "toys", "zeta")


async def begin(bench: QuoteBench) -> None:
    bench.services.quoting.want("page", held=True)
    await bench.until(bench.services.quoting.sources)
    await bench.rest()


async def store(bench: QuoteBench, acme: Acme, *positions: Position) -> None:
    """A refresh has read this account, as it stands now."""
    account = account_of(acme).id
    reading = reading_of(account, positions, bench.clock.now())
    await bench.database.run(lambda uow: uow.snapshots.store(reading))
    bench.services.heard(AccountRefreshed(connection=acme.connection, account=account))


async def test_lines_wait_for_a_refresh_and_figures_do_not(tmp_path: Path) -> None:
    async with quote_bench(tmp_path, {"acme": [held("AAA")]}) as bench:
        await begin(bench)
        acme = bench.brokers["acme"]
        rows = [held("AAA")]
        await bench.pass_time(2)
        for second in range(12):
            rows.append(held(f"N{second}"))
            await store(bench, acme, *rows)
            await bench.pass_time(1)
            move = [move for batch in bench.batches() for move in batch.accounts][-1]
            assert (move.net, move.count) == (D(1000) * (len(rows) + 1), len(rows))
            if second == 3:
                assert acme.subscribed == {share("AAA")}, "more may come"
        assert share("N4") in acme.subscribed, "it does not wait for ever"
        await bench.pass_time(2.5)
        assert acme.subscribed == {one.of.key for one in parts(bench)}
        assert len(acme.subscribed) == len(rows)


def parts(bench: QuoteBench) -> list[Part]:
    return [part for one in bench.services.quoting._holdings.accounts for part in one.parts]


async def test_what_is_sold_loses_its_price_and_its_account_is_told(tmp_path: Path) -> None:
    async with quote_bench(tmp_path, {"acme": [held("AAA"), held("BBB")]}) as bench:
        await begin(bench)
        acme = bench.brokers["acme"]
        await bench.clock.advance(1)
        acme.tell("AAA", "110")
        acme.tell("BBB", "120")
        await bench.pass_time(1)
        await store(bench, acme, held("BBB"))
        await bench.pass_time(3)
        assert bench.price("AAA") is None
        assert acme.subscribed == {share("BBB")}
        assert [one for batch in bench.batches() for one in batch.gone] == [of("AAA")]
        await store(bench, acme)
        await bench.pass_time(3)
        move = [move for batch in bench.batches() for move in batch.accounts][-1]
        assert (move.net, move.value, move.priced, move.count) == (D(1000), D(0), 0, 0)


@pytest.mark.parametrize("steps", range(0, 60, 7))
async def test_a_look_may_be_broken_off_anywhere(tmp_path: Path, steps: int) -> None:
    holdings = {name: [held("AAA"), held(f"{name}")] for name in BROKERS}
    async with quote_bench(tmp_path, holdings) as bench:
        bench.services.quoting.want("page", held=True)
        for _ in range(steps):
            await asyncio.sleep(0.0005)
        await bench.services.quoting.aclose()
        await begin(bench)
        await bench.until(lambda: len(bench.services.quoting.sources()) == 1 + len(BROKERS))
        assert len(parts(bench)) == 2 * len(BROKERS)


async def test_what_is_told_while_accounts_are_read_fits_to_its_reading(tmp_path: Path) -> None:
    """A move at the old figures belongs to the old total, one at the new figures to the new one."""
    holdings = {name: [held("AAA")] for name in BROKERS}
    async with quote_bench(tmp_path, holdings) as bench:
        await begin(bench)
        quoting = bench.services.quoting
        teller = next(one for one in bench.brokers.values() if one.subscribed)
        await bench.clock.advance(1)
        teller.tell("AAA", "130")
        await bench.pass_time(1)
        for acme in bench.brokers.values():
            await store(bench, acme, held("AAA", mark="120"))
        bench.events.clear()
        ticking = asyncio.ensure_future(bench.pass_time(2))
        while not ticking.done():
            teller.tell("AAA", "130", as_of=bench.clock.now(), fetched_at=bench.clock.now())
            quoting._hand_over()
            await asyncio.sleep(0.001)  # the database's thread needs its turns
        await ticking
        told = {(move.net, move.value, move.priced) for batch in bench.batches()
                for move in batch.accounts}  # fmt: skip
        assert told <= {(D(2000), D(300), 1), (D(2200), D(100), 1), (D(2200), D(0), 0)}
        last = {move.account: move for batch in bench.batches() for move in batch.accounts}
        assert [move.net for move in last.values()] == [D(2200)] * len(BROKERS)
        assert {move.value for move in last.values()} == {D(100)}
