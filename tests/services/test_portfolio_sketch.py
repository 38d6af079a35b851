"""The look without positions has every figure of the full one."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from support.services import BROKER, Bench, a_reading, an_account, bench

from brokerdesk.domain.balance import Balance
from brokerdesk.domain.connection import Connection
from brokerdesk.domain.exchange_rate import DayRates
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import AssetType, Environment
from brokerdesk.domain.market_hours import new_york_day
from brokerdesk.domain.position import Position
from brokerdesk.domain.reading import Unread
from brokerdesk.services.allocation import by_class
from brokerdesk.services.day_change import HeldSums, change_within, known_cost
from brokerdesk.services.portfolio_sketch import MOST_MOVERS
from brokerdesk.services.rates import BANK

SYMBOLS = [f"S{number}" for number in range(60)]
KINDS = [AssetType.EQUITY, AssetType.ETF, AssetType.CRYPTO, AssetType.FIXED_INCOME]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench(tmp_path) as made:
        yield made


def amount(chance: random.Random) -> Decimal | None:
    if chance.random() < 0.15:
        return None
    return Decimal(chance.randint(-9_999_999, 9_999_999)).scaleb(-chance.choice((0, 2, 4)))


def some_position(chance: random.Random) -> Position:
    symbol = chance.choice(SYMBOLS)
    return Position(
        instrument=Instrument(
            symbol=symbol,
            asset_type=chance.choice(KINDS),
            currency="EUR" if symbol.endswith("7") else "USD",
            name=chance.choice(("", "Bond fund", "Total Stock Market", f"{symbol} Inc")),
        ),
        quantity=Decimal(chance.choice((-5, 3, 10))),
        market_value=amount(chance),
        cost_basis=amount(chance),
        day_pl=amount(chance),
        open_pl=amount(chance),
    )


async def fill(desk: Bench, seed: int, accounts: int = 8) -> list[AccountId]:
    chance, now = random.Random(seed), desk.clock.now()
    ids: list[AccountId] = []

    def write(uow: Any) -> None:
        for number in range(accounts):
            environment = chance.choice((Environment.LIVE, Environment.LIVE, Environment.PAPER))
            account = an_account(f"0000000{number}", environment=environment)
            ids.append(account.id)
            cid = ConnectionId(f"{BROKER}-{environment.value}")
            if uow.connections.get(cid) is None:
                uow.connections.add(
                    Connection(
                        id=cid, broker=BROKER, environment=environment, name="", identity=cid,
                        created_at=now,
                    )
                )  # fmt: skip
            uow.accounts.save(cid, account, included=True)
            if number == 5:
                continue  # never read
            reading = a_reading(account.id, now, value="100")
            balances = tuple(
                Balance(
                    currency=currency,
                    cash=amount(chance),
                    net_liquidation=amount(chance),
                )
                for currency in (("USD", "EUR") if chance.random() < 0.5 else ("USD",))
            )
            held = tuple(some_position(chance) for _ in range(chance.choice((0, 1, 25, 60))))
            unread = (Unread(where="positions[3]", reason="It has no symbol."),) * (number == 2)
            uow.snapshots.store(replace(reading, balances=balances, positions=held, unread=unread))

    await desk.database.run(write)
    return ids


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("scoped", [False, True])
@pytest.mark.parametrize("rated", [False, True])
async def test_every_figure_is_that_of_the_full_view(
    desk: Bench, seed: int, scoped: bool, rated: bool
) -> None:
    ids = await fill(desk, seed)
    if rated:
        today = new_york_day(desk.clock.now())
        rates = DayRates(day=today, per_euro=(("USD", Decimal("1.1523")),))
        await desk.database.run(lambda uow: uow.rates.put(BANK, [rates]))
    scope = frozenset(ids[:3]) if scoped else None
    view = await desk.services.portfolio.view(accounts=scope)
    sketch = await desk.services.portfolio.sketch(scope)
    short = sketch.view
    assert short.positions == ()
    assert sketch.held == len(view.positions)
    assert (short.totals, short.oldest) == (view.totals, view.oldest)
    assert short.combined == view.combined
    assert bool(rated and any(one.rates for one in view.combined)) == bool(
        rated and len({one.currency for one in view.totals}) > 1
    )
    assert (short.accounts, short.everyone) == (view.accounts, view.everyone)
    assert (short.connections, short.facts) == (view.connections, view.facts)
    assert sketch.classes == by_class(view)
    assert set(short.holdings) <= set(view.holdings)
    for total in view.totals:
        where = (total.environment, total.currency)
        moved = [
            one
            for one in view.holdings
            if (one.environment, one.instrument.currency) == where and one.day_pl
        ]
        moved.sort(key=lambda one: -abs(one.day_pl or Decimal(0)))
        assert set(moved[:MOST_MOVERS]) <= set(short.holdings)


async def test_nothing_held_is_a_sketch_too(desk: Bench) -> None:
    sketch = await desk.services.portfolio.sketch()
    assert (sketch.held, sketch.classes, sketch.view.totals) == (0, (), ())


@pytest.mark.parametrize("seed", range(20))
def test_what_is_added_up_one_by_one_is_the_same(seed: int) -> None:
    chance = random.Random(seed)
    held = [some_position(chance) for _ in range(chance.choice((0, 1, 1, 2, 9)))]
    sums = HeldSums()
    for one in held:
        sums.add((one,))
    assert sums.cost() == known_cost(held)
    assert sums.change(Decimal(100), 1) == change_within(held, Decimal(100), 1)
