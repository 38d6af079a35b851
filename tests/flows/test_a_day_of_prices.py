"""A day of streaming with lines that are lost every few minutes, fall silent and lose their login.

Time is simulated; services, database and supervisor are real. After every reconnect each price has
one source, nothing is subscribed twice, and no task is left over. Over the day memory stays where
it was after the first hours.
"""

from __future__ import annotations

import asyncio
import gc
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from support.quoting import QuoteBench, held, lost, of, quote_bench, share

from brokerdesk.brokers.streaming import LineState
from brokerdesk.domain.kinds import ConnectionState
from brokerdesk.domain.quote import QuoteKey
from brokerdesk.errors import AuthExpiredError
from brokerdesk.services.quoting_book import PriceState

NAMES = ("acme", "zeta", "omni")
SYMBOLS = [f"S{n:02}" for n in range(45)]
HOUR = 3600.0
STEP = 5.0


class Day:
    """Tells prices, loses lines, and looks whether everything is as it should be."""

    def __init__(self, bench: QuoteBench, seed: int) -> None:
        self.bench, self.chance = bench, random.Random(seed)
        self.drops = self.silences = self.told = self.checks = 0
        self.kibibytes: list[float] = []

    async def hour(self) -> None:
        for step in range(int(HOUR / STEP)):
            self.stir()
            self.tell(step)
            await self.bench.clock.advance(STEP)
            if step % 12 == 0:
                await self.bench.rest()
                self.check()
        self.forget()
        gc.collect()
        self.kibibytes.append(resident())

    def stir(self) -> None:
        """Something goes wrong every two minutes or so."""
        if self.chance.random() > STEP / 120:
            return
        acme = self.bench.brokers[self.chance.choice(NAMES)]
        line = acme.line
        if line is None:
            return
        if self.chance.random() < 0.3:
            self.silences += 1
            line.say(LineState.SILENT)
            if self.chance.random() < 0.5:
                line.say(LineState.LIVE)
            return
        self.drops += 1
        acme.drop()
        acme.fails = [lost() for _ in range(self.chance.choice((0, 0, 1, 4)))]

    def tell(self, step: int) -> None:
        price = str(100 + step % 50)
        for acme in self.bench.brokers.values():
            line = acme.line
            if line is None:
                continue
            for key in list(line.keys):
                if self.chance.random() < 0.5:
                    self.told += 1
                    acme.tell(key.symbol, price)

    def check(self) -> None:
        """Each price at one source at most, all of them somewhere while a line stands."""
        self.checks += 1
        quoting = self.bench.services.quoting
        subscribed: Counter[QuoteKey] = Counter()
        standing = []
        for acme in self.bench.brokers.values():
            subscribed.update(acme.subscribed)
            assert acme.most is None or len(acme.subscribed) <= acme.most
            if acme.line is not None:
                standing.append(acme.connection)
        assert not [key for key, lines in subscribed.items() if lines > 1]
        sources = quoting.sources()
        assert set(sources.values()) <= set(standing)
        for one, who in sources.items():
            owner = next(a for a in self.bench.brokers.values() if a.connection == who)
            assert one.key in owner.subscribed
        for symbol in SYMBOLS:
            price = quoting.price(of(symbol))
            if price is not None and price.state is PriceState.LIVE:
                assert sources.get(price.of) == price.connection, "live without its line"
        names = self.bench.supervisor.names
        assert len(names) <= 2 + 3 * len(NAMES), names

    def forget(self) -> None:
        """What only the test keeps."""
        self.bench.events.clear()
        self.bench.clock.slept.clear()
        for acme in self.bench.brokers.values():
            acme.asked.clear()
            del acme.lines[:-1]


def resident() -> float:
    """KiB of this process's memory."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return float(line.split()[1])
    return 0.0


def slope(values: list[float]) -> float:
    """By how much a value grows from one to the next, by least squares."""
    n = len(values)
    middle, mean = (n - 1) / 2, sum(values) / n
    above = sum((x - middle) * (y - mean) for x, y in enumerate(values))
    return above / sum((x - middle) ** 2 for x in range(n))


@pytest.mark.parametrize(
    "hours", [1, pytest.param(24, marks=pytest.mark.deep)], ids=["an hour", "a day"]
)
async def test_a_day_of_prices_with_reconnects(
    tmp_path: Path, hours: int, record_property: Callable[[str, object], None]
) -> None:
    holdings = {name: [held(one) for one in SYMBOLS[n::3]] for n, name in enumerate(NAMES)}
    async with quote_bench(tmp_path, holdings, acme={"most": 20}) as bench:
        bench.services.quoting.want("page", held=True)
        await bench.until(bench.services.quoting.sources)
        await bench.rest()
        day = Day(bench, 11)
        for number in range(hours):
            await day.hour()
            if number == hours // 2:
                await lose_and_renew_login(bench)
                day.check()
        tasks = [task for task in asyncio.all_tasks() if not task.done()]
        assert len(tasks) <= 3 + 3 * len(NAMES), tasks
        await bench.pass_time(30)
        for acme in bench.brokers.values():
            acme.fails = []
        await bench.pass_time(200, step=5)
        assert len(bench.services.quoting.sources()) == len(SYMBOLS), "all are told again"
        growth = slope(day.kibibytes[4:]) if hours > 8 else 0.0
        facts = {
            "hours": hours, "drops": day.drops, "silences": day.silences, "told": day.told,
            "checks": day.checks, "kib_an_hour": round(growth, 1),
            "mib": [round(one / 1024, 1) for one in day.kibibytes],
        }  # fmt: skip
        record_property("day", facts)
        assert day.drops > 10 * hours
        assert growth < 64, facts
        bench.services.quoting.release("page")
        await bench.pass_time(20)
        await bench.until(lambda: not bench.supervisor.names)


async def lose_and_renew_login(bench: QuoteBench) -> None:
    """The login of one connection ends; its prices go to the others until it signed in again."""
    zeta = bench.brokers["zeta"]
    await bench.until_time(lambda: zeta.line is not None)
    zeta.drop(AuthExpiredError("The login ended."))
    await bench.pass_time(120, step=2)
    row = await bench.database.read(lambda uow: uow.connections.get(zeta.connection))
    assert row is not None
    assert row.state is ConnectionState.NEEDS_SIGN_IN
    assert not zeta.sessions
    told = bench.services.quoting.sources()
    assert zeta.connection not in told.values()
    assert share(SYMBOLS[1]) in {one.key for one in told}, "another tells what it told"
    await bench.sign_in_again(zeta)
    await bench.until_time(lambda: zeta.line is not None)
    await bench.pass_time(5)
