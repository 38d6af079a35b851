"""A cancel of all is a panic button: everything leaves first, and is looked at afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from support.trading import CONNECTION, Room, a_draft, trading_room
from support.trading_bench import Bench, trading_bench

from brokerdesk.brokers.rate import Priority, urgency
from brokerdesk.brokers.trading import NotSent, Outcome, Refused, Unproven
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.intent import Intent, IntentKind, IntentState
from brokerdesk.domain.kinds import OrderStatus
from brokerdesk.domain.order import Order
from brokerdesk.domain.reading import Batch
from brokerdesk.errors import BrokerDeskError, BrokerUnavailableError
from brokerdesk.services.ledger_rules import cancel_id
from brokerdesk.services.sending import Result
from brokerdesk.services.trading_clearing import together
from brokerdesk.services.volleys import Volley

S = IntentState
SYMBOLS = ("AAPL", "MSFT", "SPY", "NVDA", "TSLA", "AMD")


@dataclass
class Watched:
    """What the broker had, in its order, and how its answers are held back."""

    bench: Bench
    seen: list[str] = field(default_factory=list)
    seconds: float = 20.0
    now: int = 0
    most: int = 0
    """Cancels that were on their way at a time."""

    def __post_init__(self) -> None:
        session: Any = self.bench.services.pool.session(self.bench.connection)
        truth = self.bench.rig.sim.truth
        arrived, cancel, order, every = (
            truth.arrived,
            session.cancel,
            session.order,
            session.every_order,
        )

        def told(broker: str, method: str, path: str, body: bytes) -> Any:
            if method == "DELETE":
                self.seen.append("cancel")
            return arrived(broker, method, path, body)

        async def slow(account: AccountId, order_id: str) -> Outcome:
            self.now += 1
            self.most = max(self.most, self.now)
            outcome: Outcome = await cancel(account, order_id)
            await self.bench.rig.clock.sleep(self.seconds)
            self.now -= 1
            return outcome

        async def read(*args: Any) -> Any:
            self.seen.append("read")
            return await order(*args)

        async def listed(*args: Any) -> Any:
            self.seen.append("read")
            return await every(*args)

        truth.arrived = told
        session.cancel, session.order, session.every_order = slow, read, listed


async def placed(bench: Bench, symbols: tuple[str, ...] = SYMBOLS) -> list[str]:
    """Orders that nothing will fill, one after another."""
    await bench.trading.cancel_all(None, None, "what was there")
    found = []
    for number, symbol in enumerate(symbols):
        price = bench.price("0.01") + Decimal(number) / 100
        (sent,) = await bench.send(bench.wish(symbol, limit_price=price))
        assert sent.intent is not None, sent.failure
        assert sent.intent.state is S.ACCEPTED, sent.intent.words
        found.append(sent.intent.order_id)
    await bench.rest()
    return found


@pytest.mark.parametrize("broker", ["alpaca", "schwab"])
async def test_at_a_slow_broker_all_have_arrived_before_the_first_is_read_back(
    tmp_path: Path, broker: str
) -> None:
    async with trading_bench(tmp_path, broker) as bench:
        orders = await placed(bench)
        watched = Watched(bench)
        work = asyncio.ensure_future(bench.services.trading.cancel_all(None, None, "all"))
        await bench.until(work.done, 0.2)
        sent = work.result()
        assert {one.order for one in sent} >= set(orders)
        assert all(one.intent is not None and one.intent.state is S.ACCEPTED for one in sent)
        first = watched.seen.index("read")
        assert watched.seen[:first] == ["cancel"] * len(sent)
        assert set(watched.seen[first:]) == {"read"}, "each was asked for once"
        assert watched.most == 4, "a slow answer keeps few of the others waiting"
        if broker == "alpaca":
            assert watched.seen.count("read") < len(sent), "one list shows them all"


async def test_a_halt_amid_stops_no_cancel(tmp_path: Path) -> None:
    async with trading_bench(tmp_path) as bench:
        orders = await placed(bench)
        watched = Watched(bench)
        work = asyncio.ensure_future(bench.services.trading.cancel_all(None, None, "all"))
        await bench.until(lambda: watched.seen, 0.01)
        await bench.trading.halt(True)
        await bench.until(work.done, 0.2)
        assert {one.order for one in work.result()} >= set(orders)
        assert watched.seen.count("cancel") == len(work.result())


# -- one connection, an exchange in the hand ------------------------------------------------------


@dataclass
class Stage:
    room: Room
    orders: list[Order]

    async def volley(self, click: str = "all", at_once: int = 4) -> list[Result | BrokerDeskError]:
        volley = Volley(self.room.clock, self.orders, at_once)

        async def one(order: Order) -> Result | BrokerDeskError:
            try:
                id_ = cancel_id(click, order)
                return await self.room.sending.cancel(CONNECTION, order, id_, volley)
            except BrokerDeskError as error:
                return error

        return list(await asyncio.gather(*map(one, self.orders)))

    async def intents(self) -> dict[str, Intent]:
        every = await self.room.journal.since(self.room.clock.now().replace(year=2000))
        return {one.order_id: one for one in every if one.kind is IntentKind.CANCEL}


@asynccontextmanager
async def stage(folder: Path, count: int = 7) -> AsyncIterator[Stage]:
    async with trading_room(folder) as room:
        made = [await room.place(a_draft(f"S{n}"), f"p{n}") for n in range(count)]
        yield Stage(room, [room.exchange.orders[one.order_id] for one in made])


async def test_what_fails_is_told_for_each_and_stops_no_other(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        exchange: Any = made.room.exchange
        real = exchange.cancel
        fates: dict[str, Outcome] = {
            made.orders[1].id: Refused(words="Too late to cancel."),
            made.orders[2].id: NotSent(why="No connection."),
            made.orders[4].id: Unproven(why="No answer came."),
        }

        async def cancel(account: AccountId, order_id: str) -> Outcome:
            found: Outcome = fates.get(order_id) or await real(account, order_id)
            return found

        exchange.cancel = cancel
        told = [one for one in await made.volley() if isinstance(one, Result)]
        states = [one.intent.state for one in told]
        assert states == [
            *(S.ACCEPTED, S.REJECTED, S.NOT_SENT, S.ACCEPTED),
            *(S.UNKNOWN, S.ACCEPTED, S.ACCEPTED),
        ]
        assert told[1].intent.words == "Too late to cancel."


@pytest.mark.parametrize("at_once", [1, 3])
async def test_no_more_are_on_their_way_than_may_be_and_the_user_goes_first(
    tmp_path: Path, at_once: int
) -> None:
    async with stage(tmp_path) as made:
        exchange: Any = made.room.exchange
        real, now, most = exchange.cancel, 0, 0
        order: list[str] = []
        how: list[Priority] = []
        full = asyncio.Event()

        async def cancel(account: AccountId, order_id: str) -> Outcome:
            nonlocal now, most
            now += 1
            most = max(most, now)
            order.append(order_id)
            how.append(urgency(Priority.BACKGROUND))
            if most == at_once:
                full.set()
            await full.wait()
            now -= 1
            found: Outcome = await real(account, order_id)
            return found

        exchange.cancel = cancel
        await made.volley(at_once=at_once)
        assert most == at_once
        assert order == [one.id for one in made.orders]
        assert set(how) == {Priority.USER}


async def test_each_is_written_down_before_its_byte_and_asked_once_by_one_click(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as made:
        exchange: Any = made.room.exchange
        real, asked = exchange.cancel, []

        async def cancel(account: AccountId, order_id: str) -> Outcome:
            written = (await made.intents())[order_id]
            assert written.state is S.SENDING
            asked.append(order_id)
            found: Outcome = await real(account, order_id)
            return found

        exchange.cancel = cancel
        await made.volley()
        again = await made.volley()
        assert sorted(asked) == sorted(one.id for one in made.orders)
        assert all(isinstance(one, BrokerDeskError) for one in again), "the same click"


async def test_a_login_that_does_not_work_is_asked_once_for_all_orders(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        exchange: Any = made.room.exchange
        asked = 0

        async def ready(account: AccountId) -> None:
            nonlocal asked
            asked += 1
            raise BrokerUnavailableError("Acme cannot be reached.")

        exchange.ready = ready
        told = await made.volley()
        assert asked == 1
        assert all(isinstance(one, BrokerUnavailableError) for one in told)
        assert await made.intents() == {}


async def test_a_list_that_fails_or_is_short_is_made_up_for_one_by_one(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        exchange: Any = made.room.exchange
        real, lists = exchange.every_order, 0

        async def short(account: AccountId, since: Any) -> Batch[Order]:
            nonlocal lists
            lists += 1
            batch: Batch[Order] = await real(account, since)
            return replace(batch, items=batch.items[:2])

        exchange.every_order = short
        told = [one for one in await made.volley() if isinstance(one, Result)]
        assert [one.intent.state for one in told] == [S.ACCEPTED] * len(made.orders)
        assert lists == 1


async def test_a_bug_in_one_is_raised_once_the_others_are_done(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        exchange: Any = made.room.exchange
        real = exchange.cancel

        async def cancel(account: AccountId, order_id: str) -> Outcome:
            if order_id == made.orders[0].id:
                raise RuntimeError("a bug")
            found: Outcome = await real(account, order_id)
            return found

        exchange.cancel = cancel
        volley = Volley(made.room.clock, made.orders, 4)
        with pytest.raises(RuntimeError, match="a bug"):
            await together(
                made.room.sending.cancel(CONNECTION, one, f"c-{one.id}", volley)
                for one in made.orders
            )
        states = {key: one.state for key, one in (await made.intents()).items()}
        assert states.pop(made.orders[0].id) is S.UNKNOWN
        assert set(states.values()) == {S.ACCEPTED}
        made.room.bugs.clear()


async def test_connections_are_asked_side_by_side(tmp_path: Path) -> None:
    async with trading_bench(tmp_path) as bench:
        (order_id,) = await placed(bench, SYMBOLS[:1])
        stored = await bench.services.database.read(lambda uow: uow.orders.list(bench.account))
        order = next(one for one in stored if one.id == order_id)
        twin = AccountId("alpaca:another")
        other = replace(bench.connection, id=ConnectionId("another"), identity="somebody else")

        def write(uow: Any) -> None:
            known = uow.accounts.get(bench.account)
            uow.connections.add(other)
            uow.accounts.save(other.id, replace(known.account, id=twin), included=True)
            uow.orders.upsert(
                twin, [replace(order, account=twin)], fetched_at=bench.rig.clock.now()
            )

        await bench.services.database.run(write)
        sender: Any = bench.services.trading._parts.standing.sender()
        begun: set[str] = set()
        both = asyncio.Event()
        real = sender._cancel

        async def waits(connection: Any, order: Order, id_: str, volley: Volley) -> Result:
            begun.add(connection.id)
            if len(begun) == 2:
                both.set()
            await both.wait()
            found: Result = await real(connection, order, id_, volley)
            return found

        sender._cancel = waits
        sent = await bench.trading.cancel_all(None, None, "all")
        told = {one.account: one for one in sent}
        assert told[bench.account].intent.state is S.ACCEPTED
        assert told[twin].failure, "its connection has no login"
        assert told[twin].order == order_id


# -- a crash amid ---------------------------------------------------------------------------------

POINTS = ("before commit", "committed", "sending", "answered", "noted", "read back")


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("nth", [1, 4, 7])
async def test_a_crash_amid_loses_nothing_and_asks_for_nothing_twice(
    tmp_path: Path, point: str, nth: int
) -> None:
    async with stage(tmp_path) as made:
        room, exchange = made.room, made.room.exchange
        arrived: list[str] = []
        real = exchange.cancel

        async def cancel(account: AccountId, order_id: str) -> Outcome:
            arrived.append(order_id)
            return await real(account, order_id)

        exchange.cancel = cancel  # type: ignore[method-assign]
        met, there = 0, asyncio.Event()

        def at(name: str) -> None:
            nonlocal met
            met += name == point
            if met >= nth:
                there.set()
                raise asyncio.CancelledError  # from here on nothing goes on

        room.at = at
        work = asyncio.ensure_future(made.volley())
        await asyncio.wait_for(there.wait(), 30)
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        # What a killed program does not do either: whatever was written since is only more of it.
        await room.crash()
        room.at = lambda _: None
        room.start()
        await room.settling.begin()
        await looked_for(made)
        known = await made.intents()
        assert len(arrived) == len(set(arrived)), "none was asked for twice"
        assert set(arrived) <= set(known), "nothing left that was not written down"
        for order_id, intent in known.items():
            gone = exchange.orders[order_id].status is OrderStatus.CANCELLED
            assert gone is (order_id in arrived)
            assert intent.state in ((S.ACCEPTED, S.FOUND) if gone else (S.NOT_SENT, S.UNKNOWN)), (
                intent
            )
        made.orders = [
            one for one in made.orders if exchange.orders[one.id].status is OrderStatus.WORKING
        ]
        told = await made.volley("again")
        assert all(isinstance(one, Result) for one in told)
        assert all(o.status is OrderStatus.CANCELLED for o in exchange.orders.values())
        await looked_for(made)
        assert await room.journal.unsettled() == ()


async def looked_for(made: Stage) -> None:
    """Until only those are open whose orders still work: they are asked for anew by the user."""
    for _ in range(1000):
        orders = made.room.exchange.orders
        left = [orders[one.order_id] for one in await made.room.journal.unsettled()]
        if all(one.status is OrderStatus.WORKING for one in left):
            return
        await asyncio.sleep(0.005)
    raise AssertionError(left)
