"""An account that several connections reach is in every figure once, and the word on it can be
taken back."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from support.clock import FakeClock
from support.services import BROKER, Bench, a_position, a_reading, a_transaction, an_account, bench

from brokerdesk.db.start_view import read_start_view
from brokerdesk.domain.account import Account
from brokerdesk.domain.connection import Connection
from brokerdesk.domain.events import ConnectionsChanged
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.kinds import Environment
from brokerdesk.domain.market_hours import end_of_day, new_york_day
from brokerdesk.domain.position import Position
from brokerdesk.domain.reading import Batch
from brokerdesk.errors import InputError
from brokerdesk.services.activity import entries
from brokerdesk.services.allocation import by_class
from brokerdesk.services.exporting import ExportingService, ExportKind
from brokerdesk.services.gathering import store_reading
from brokerdesk.services.history_ranges import Range
from brokerdesk.services.listing import reconcile
from brokerdesk.services.orders_list import orders
from brokerdesk.services.portfolio_view import PortfolioView
from brokerdesk.services.quoting_store import listed, read_some
from brokerdesk.services.same_account import Likeness

LIVE = Environment.LIVE
NATIVE, GATHERED, THIRD = "native", "gathered", "third"
HELD = (a_position("ABC", "10", "100"), a_position("DEF", "5", "20"))


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench(tmp_path) as made:
        yield made


def account(through: str, mask: str = "4821") -> Account:
    made = an_account(f"{through}-{mask}", number_mask=f"…{mask}", name=f"{through} {mask}")
    return replace(made, institution="Charles Schwab")


def cid(through: str) -> ConnectionId:
    return ConnectionId(f"{BROKER}-{through}")


async def put(
    desk: Bench,
    through: str,
    mask: str = "4821",
    *,
    at: datetime | None = None,
    value: str = "1500",
    positions: tuple[Position, ...] = HELD,
    days: int = 1,
) -> AccountId:
    """An account of this connection, read on so many days up to ``at``."""
    made = account(through, mask)
    last = at or desk.clock.now()

    def write(uow: Any) -> None:
        if uow.connections.get(cid(through)) is None:
            uow.connections.add(
                Connection(
                    id=cid(through), broker=BROKER, environment=LIVE, name=through,
                    identity=through, created_at=desk.clock.now(),
                )
            )  # fmt: skip
        uow.accounts.save(cid(through), made, included=True)
        for back in reversed(range(days)):
            moment = last - timedelta(days=back)
            store_reading(
                uow, a_reading(made.id, moment, value=value, cash="400", positions=positions)
            )

    await desk.database.run(write)
    return made.id


async def net(desk: Bench, as_of: datetime | None = None) -> Decimal | None:
    view = await desk.services.portfolio.view(as_of)
    return view.totals[0].net_liquidation if view.totals else None


async def test_until_the_user_has_said_it_both_are_counted_and_the_total_says_so(
    desk: Bench,
) -> None:
    one, two = await put(desk, NATIVE), await put(desk, GATHERED, value="1490")
    await put(desk, NATIVE, "1111", value="7", positions=())
    for view in (
        await desk.services.portfolio.view(),
        (await desk.services.portfolio.sketch()).view,
    ):
        (question,) = view.doubts.questions
        assert {question.first, question.second} == {one, two}
        assert question.verdict.likeness is Likeness.CERTAIN
        (total,) = view.totals
        assert (total.net_liquidation, total.doubled) == (Decimal(2997), Decimal(1490))
    inside = await desk.services.portfolio.view(accounts=[one])
    assert inside.totals[0].doubled is None, "a scope with one of them counts nothing twice"


async def test_the_chosen_source_is_counted_and_the_other_one_listed(desk: Bench) -> None:
    one, two = await put(desk, NATIVE), await put(desk, GATHERED, value="1490")
    await desk.services.same_accounts.choose(two, one)
    view = await desk.services.portfolio.view()
    (total,) = view.totals
    assert (total.net_liquidation, total.accounts, total.doubled) == (Decimal(1490), 1, None)
    assert view.doubts.questions == ()
    rows = {row.id: row for row in view.accounts}
    assert (rows[one].counts, rows[one].through) == (False, two)
    assert (rows[two].counts, rows[two].through) == (True, None)
    assert {row.account for row in view.positions} == {two}
    assert {row.account for row in view.aside} == {one}
    assert all(len(holding.parts) == 1 for holding in view.holdings)


async def test_a_scope_of_either_source_is_the_account(desk: Bench) -> None:
    one, two = await put(desk, NATIVE), await put(desk, GATHERED, value="1490")
    await desk.services.same_accounts.choose(two, one)
    for scope in ([one], [two], [one, two]):
        view = await desk.services.portfolio.view(accounts=scope)
        assert view.totals[0].net_liquidation == Decimal(1490)
        sketch = await desk.services.portfolio.sketch(scope)
        assert sketch.view.totals == view.totals


async def test_the_word_is_undone_and_asked_for_again(desk: Bench) -> None:
    service = desk.services.same_accounts
    one, two = await put(desk, NATIVE), await put(desk, GATHERED, value="1490")
    first = await service.choose(one, two)
    second = await service.choose(two, one)
    await service.undo(second)
    assert await net(desk) == Decimal(1500)
    await service.undo(first)
    assert len((await desk.services.portfolio.view()).doubts.questions) == 1
    await service.keep_apart(one, two)
    view = await desk.services.portfolio.view()
    assert (view.doubts.questions, view.totals[0].doubled) == ((), None)
    assert view.totals[0].net_liquidation == Decimal(2990)
    await service.ask_again(one)
    assert len((await desk.services.portfolio.view()).doubts.questions) == 1
    assert sum(isinstance(event, ConnectionsChanged) for event in desk.events) == 6


async def test_three_sources_are_one_account(desk: Bench) -> None:
    service = desk.services.same_accounts
    one, two = await put(desk, NATIVE), await put(desk, GATHERED, value="1490")
    three = await put(desk, THIRD, value="1480")
    view = await desk.services.portfolio.view()
    assert len(view.doubts.questions) == 1
    assert view.totals[0].doubled == Decimal(2970)
    await service.choose(one, two)
    (question,) = (await desk.services.portfolio.view()).doubts.questions
    assert {question.first, question.second} == {one, three}
    await service.choose(three, one)
    assert await net(desk) == Decimal(1480)
    await service.keep_apart(one, three)  # then they never were one, and the first word holds
    assert await net(desk) == Decimal(2980)


async def test_apart_takes_a_source_out_of_its_account(desk: Bench) -> None:
    service = desk.services.same_accounts
    one, two, three = [await put(desk, name) for name in (NATIVE, GATHERED, THIRD)]
    await service.choose(one, two)
    await service.choose(two, three)  # bound to one by way of two
    await service.keep_apart(one, three)
    view = await desk.services.portfolio.view()
    assert {row.id: row.through for row in view.accounts} == {one: None, two: one, three: None}
    assert view.totals[0].net_liquidation == Decimal(3000)


async def test_a_source_that_goes_is_stood_in_for(desk: Bench) -> None:
    one, two = await put(desk, NATIVE), await put(desk, GATHERED, value="1490")
    await desk.services.same_accounts.choose(one, two)
    await desk.database.run(lambda uow: uow.connections.remove(cid(NATIVE), keep_history=True))
    assert await net(desk) == Decimal(1490)
    # Signed in again: the choice still stands.
    await put(desk, NATIVE, value="1501", at=desk.clock.now() + timedelta(minutes=5))
    assert await net(desk) == Decimal(1501)


async def test_a_chosen_source_that_was_never_read_leaves_nothing_out(desk: Bench) -> None:
    two = await put(desk, GATHERED, value="1490")
    one = await put(desk, NATIVE, days=0)
    await desk.services.same_accounts.choose(one, two)
    assert await net(desk) == Decimal(1490)
    await put(desk, NATIVE)
    assert await net(desk) == Decimal(1500)


async def test_what_was_forgotten_takes_the_word_with_it(desk: Bench) -> None:
    one, two = await put(desk, NATIVE), await put(desk, GATHERED)
    before = await desk.services.same_accounts.choose(one, two)
    await desk.database.run(lambda uow: uow.connections.remove(cid(NATIVE), keep_history=False))
    assert await desk.database.read(lambda uow: uow.same_accounts.list()) == ()
    await desk.services.same_accounts.undo(before)
    assert await net(desk) == Decimal(1500)
    with pytest.raises(InputError):
        await desk.services.same_accounts.choose(one, two)


async def test_accounts_of_two_environments_are_refused(desk: Bench) -> None:
    one = await put(desk, NATIVE)
    paper = an_account("paper", environment=Environment.PAPER)
    await desk.database.run(lambda uow: uow.accounts.save(cid(NATIVE), paper, included=True))
    with pytest.raises(InputError, match="cannot be one"):
        await desk.services.same_accounts.choose(one, paper.id)
    with pytest.raises(InputError):
        await desk.services.same_accounts.choose(one, one)


async def test_both_are_laid_side_by_side(desk: Bench) -> None:
    one = await put(desk, NATIVE)
    desk.clock.jump(60)
    two = await put(desk, GATHERED, value="1490")
    found = await desk.services.same_accounts.compare(two, one)
    assert (found.first.id, found.second.id) == (one, two)
    assert (found.first.worth, found.second.worth) == (Decimal(1500), Decimal(1490))
    assert (found.verdict.overlap.common, found.verdict.overlap.all) == (2, 2)
    assert not found.decided
    assert found.first.counted
    assert found.second.counted
    await desk.services.same_accounts.choose(two, one)
    found = await desk.services.same_accounts.compare(one, two)
    assert (found.decided, found.chosen, found.first.counted) == (True, two, False)
    assert await desk.services.same_accounts.partner(one) == two
    assert await desk.services.same_accounts.partner(two) == one


# Days gone by


async def test_days_before_the_chosen_source_are_those_of_the_other(desk: Bench) -> None:
    now = desk.clock.now()
    two = await put(desk, GATHERED, value="1490", days=10)
    one = await put(desk, NATIVE, days=3)
    await desk.services.same_accounts.choose(one, two)
    found = await desk.services.history.daily(LIVE, "USD")
    values = [found.units[place] * Decimal(10) ** found.exponent for place in range(len(found))]
    assert values == [Decimal(1490)] * 7 + [Decimal(1500)] * 3
    assert len(found.joined) == 1, "the account began once"
    week = found.over(Range.ALL, new_york_day(now))
    assert week.change is not None
    assert not week.change.joined
    assert not week.change.left
    for back, expected in ((0, 1500), (2, 1500), (3, 1490), (9, 1490)):
        as_of = end_of_day(new_york_day(now) - timedelta(days=back))
        assert await net(desk, as_of) == Decimal(expected)
    assert await net(desk, now - timedelta(days=20)) is None


async def test_days_after_the_chosen_source_are_those_of_the_other(desk: Bench) -> None:
    now = desk.clock.now()
    two = await put(desk, GATHERED, value="1490", days=10)
    one = await put(desk, NATIVE, days=6, at=now - timedelta(days=4))
    await desk.services.same_accounts.choose(one, two)
    await desk.database.run(lambda uow: uow.accounts.close(one, now - timedelta(days=3)))
    found = await desk.services.history.daily(LIVE, "USD")
    values = [found.units[place] * Decimal(10) ** found.exponent for place in range(len(found))]
    assert values[-3:] == [Decimal(1490)] * 3
    assert set(values[:-4]) == {Decimal(1500)}
    assert found.left == ()
    assert await net(desk) == Decimal(1490)


async def test_the_day_of_the_change_is_one_line(desk: Bench) -> None:
    today = desk.clock.now()
    two = await put(desk, GATHERED, value="1490", days=3, at=today - timedelta(days=1))
    await put(desk, GATHERED, value="1495", at=today)
    one = await put(desk, NATIVE, at=today + timedelta(hours=2))
    await put(desk, GATHERED, value="1400", at=today + timedelta(hours=3))
    await desk.services.same_accounts.choose(one, two)
    desk.clock.jump(4 * 3600)
    line = await desk.services.history.day(LIVE, "USD", new_york_day(today))
    assert [line.value(place) for place in range(len(line))] == [1490, 1495, 1500]
    assert line.change is not None
    assert line.change.joined == 0


async def test_a_later_day_is_of_the_chosen_source_alone(desk: Bench) -> None:
    two = await put(desk, GATHERED, value="1490", days=5)
    one = await put(desk, NATIVE, days=5, at=desk.clock.now() + timedelta(hours=1))
    await desk.services.same_accounts.choose(one, two)
    desk.clock.jump(4 * 3600)
    line = await desk.services.history.day(LIVE, "USD", new_york_day(desk.clock.now()))
    assert {line.value(place) for place in range(len(line))} == {Decimal(1500)}


async def test_saved_days_count_the_account_once(desk: Bench) -> None:
    two = await put(desk, GATHERED, days=10)
    one = await put(desk, NATIVE, days=3)
    await desk.services.same_accounts.choose(one, two)
    for scope in (None, [one], [two]):
        saved = await desk.services.days.saved(scope)
        assert [(day.own, day.accounts) for day in saved.days] == [(1, 1)] * 10


async def test_flows_are_of_the_source_that_counted(desk: Bench) -> None:
    now = desk.clock.now()
    two = await put(desk, GATHERED, value="1490", days=10)
    one = await put(desk, NATIVE, days=3)
    await book(desk, two, now - timedelta(days=5), "100")
    await book(desk, two, now - timedelta(days=1), "40")
    await book(desk, one, now - timedelta(days=1), "40")
    await desk.services.same_accounts.choose(one, two)
    found = await desk.services.history.daily(LIVE, "USD")
    assert sorted(flow.amount or 0 for flow in found.flows) == [40, 100]
    assert {flow.account for flow in found.flows} == {one}


# Lists


async def book(desk: Bench, account: AccountId, at: datetime, amount: str) -> None:
    entry = replace(a_transaction(account, at, amount), id=f"{account}{at}")
    await desk.database.run(
        lambda uow: uow.transactions.upsert(account, [entry], fetched_at=desk.clock.now())
    )


async def test_entries_are_listed_once_and_older_ones_are_not_lost(desk: Bench) -> None:
    now = desk.clock.now()
    one, two = await put(desk, NATIVE), await put(desk, GATHERED)
    for key in (one, two):
        await book(desk, key, now - timedelta(days=30), "5")
    await book(desk, two, now - timedelta(days=300), "7")
    await desk.services.same_accounts.choose(one, two)
    listed = await entries(desk.database, [one, two], None, now)
    assert [(entry.account, entry.amount) for entry in listed] == [
        (one, Decimal(5)),
        (two, Decimal(7)),
    ]
    every = await entries(desk.database, [one, two], None, now, every_source=True)
    assert len(every) == 3
    assert await orders(desk.database, [one, two]) == ()


async def test_exports_hold_the_account_once(desk: Bench) -> None:
    now = desk.clock.now()
    one, two = await put(desk, NATIVE), await put(desk, GATHERED, value="1490")
    for key in (one, two):
        await book(desk, key, now - timedelta(days=30), "5")
    await desk.services.same_accounts.choose(one, two)
    service = ExportingService(
        database=desk.database, portfolio=desk.services.portfolio, clock=desk.clock
    )
    assert len((await service.table(ExportKind.POSITIONS)).rows) == 2
    assert len((await service.table(ExportKind.TRANSACTIONS)).rows) == 1
    assert {row[0] for row in (await service.table(ExportKind.BALANCES)).rows} == {"native 4821"}
    listed = (await service.table(ExportKind.ACCOUNTS)).rows
    assert {row[0]: row[-1] for row in listed} == {
        "native 4821": "",
        "gathered 4821": "counted through another connection",
    }


async def test_the_first_picture_counts_it_once(desk: Bench) -> None:
    one, two = await put(desk, NATIVE), await put(desk, GATHERED, value="1490")
    await desk.services.same_accounts.choose(two, one)
    start = read_start_view(desk.database.path, now=desk.clock.now())
    assert start is not None
    assert [(total.value, total.accounts) for total in start.totals] == [(Decimal(1490), 1)]
    assert {row.id: row.through for row in start.accounts} == {one: two, two: None}


async def test_live_prices_follow_what_is_counted(desk: Bench) -> None:
    one, two = await put(desk, NATIVE), await put(desk, GATHERED, value="1490")
    assert set(await desk.database.read(listed)) == {one, two}
    await desk.services.same_accounts.choose(two, one)
    assert set(await desk.database.read(listed)) == {two}
    assert set(await desk.database.read(partial(read_some, [one, two]))) == {two}


# One account id through two connections of one broker


async def test_one_id_through_two_connections_is_one_account(desk: Bench) -> None:
    one = await put(desk, NATIVE)
    listed = Batch(items=(account(NATIVE),))

    def other_lists(uow: Any) -> Any:
        if uow.connections.get(cid(THIRD)) is None:
            uow.connections.add(
                Connection(
                    id=cid(THIRD), broker=BROKER, environment=LIVE, name="", identity=THIRD,
                    created_at=desk.clock.now(),
                )
            )  # fmt: skip
        return reconcile(uow, cid(THIRD), listed, desk.clock.now())

    found = await desk.database.run(other_lists)
    assert (found.included, found.offered) == ((), ())
    view = await desk.services.portfolio.view()
    assert [(row.id, row.connection) for row in view.accounts] == [(one, cid(NATIVE))]
    # The first connection lists it no more, while the other one still does.
    await desk.database.run(lambda uow: uow.accounts.close(one, desk.clock.now()))
    assert await net(desk) is None
    found = await desk.database.run(other_lists)
    assert [stored.account.id for stored in found.included] == [one]
    view = await desk.services.portfolio.view()
    assert [(row.id, row.connection) for row in view.accounts] == [(one, cid(THIRD))]
    assert view.totals[0].net_liquidation == Decimal(1500)


# For any portfolio


def some_positions(chance: random.Random) -> tuple[Position, ...]:
    return tuple(
        replace(
            a_position(f"S{chance.randint(0, 9)}", str(chance.randint(-9, 50)), "3.5"),
            day_pl=Decimal(chance.randint(-9, 9)),
            open_pl=None if chance.random() < 0.3 else Decimal(chance.randint(-99, 99)),
        )
        for _ in range(chance.randint(0, 6))
    )


def summed(view: PortfolioView, day: date) -> object:
    return (
        view.totals,
        sorted(
            (
                one.instrument.key,
                one.quantity,
                one.market_value,
                one.weight,
                len(one.parts),
                one.day,
            )
            for one in view.holdings
        ),
        by_class(view),
        len(view.positions),
        view.oldest,
        day,
    )


@pytest.mark.parametrize("seed", range(12))
async def test_with_a_second_source_every_figure_is_that_without_it(
    tmp_path: Path, seed: int
) -> None:
    """Totals, holdings, classes, movers, history and saved days of any portfolio."""
    chance = random.Random(seed)
    masks = [f"{chance.randint(1000, 9999)}" for _ in range(chance.randint(1, 5))]
    facts: dict[str, dict[str, Any]] = {
        mask: {
            "value": str(chance.randint(-500, 5000)),
            "positions": some_positions(chance),
            "days": chance.randint(1, 6),
        }
        for mask in masks
    }
    doubled = [mask for mask in masks if chance.random() < 0.7] or masks[:1]
    looks = []
    for with_more in (False, True):
        clock = FakeClock(datetime.fromisoformat("2026-11-20T15:00:00+00:00"))
        async with bench(tmp_path / str(with_more), clock=clock) as desk:
            for mask in masks:
                await put(desk, NATIVE, mask, **facts[mask])
            if with_more:
                for mask in doubled:
                    more: dict[str, Any] = {"positions": some_positions(chance), "value": "777"}
                    days = facts[mask]["days"]
                    two = await put(desk, GATHERED, mask, days=days, **more)
                    await desk.services.same_accounts.choose(account(NATIVE, mask).id, two)
            looks.append(await figures(desk))
    assert looks[0] == looks[1]


async def figures(desk: Bench) -> object:
    today = new_york_day(desk.clock.now())
    past = end_of_day(today - timedelta(days=2))
    sketch = await desk.services.portfolio.sketch()
    history = await desk.services.history.daily(LIVE, "USD")
    days = await desk.services.days.saved()
    return (
        summed(await desk.services.portfolio.view(), today),
        summed(await desk.services.portfolio.view(past), today),
        (sketch.view.totals, sketch.classes, sketch.held),
        (list(history.days), list(history.units), history.exponent, list(history.carried)),
        [(one.day, one.own, one.accounts) for one in days.days],
    )
