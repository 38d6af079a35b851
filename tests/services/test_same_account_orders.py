"""An account that is reached twice is one: an order of unknown fate stands in the way of its like,
whichever connection either goes through."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
from support.clock import FakeClock
from support.db import opened
from support.drafts import draft, option, share
from support.order_houses import MAY, fund
from support.product import connect
from support.rigs import RIGS
from support.services import BROKER, a_position, a_reading, an_account
from support.trading import CONNECTION
from support.trading_bench import Bench, trading_bench

from brokerdesk.clock import Clock
from brokerdesk.db.engine import Database
from brokerdesk.db.journal.store import Guard, Journal, RefusedByJournalError
from brokerdesk.domain.connection import Connection
from brokerdesk.domain.draft import Draft
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.intent import Intent, IntentKind, IntentState
from brokerdesk.domain.kinds import AssetType, Environment, OrderSide
from brokerdesk.domain.same_accounts import PairChoice, pair_of
from brokerdesk.services.gathering import store_reading
from brokerdesk.services.same_account_reach import Reach
from brokerdesk.services.sending_before import blocked_by
from brokerdesk.services.trading_facts import Review, Sent

S = IntentState
T = TypeVar("T")
HERE, THERE = AccountId("acme:here"), AccountId("gathers:there")
AS_ONE = Guard(accounts=frozenset({HERE}))


def wish(what: Draft, id_: str, clock: Clock) -> Intent:
    symbol, side = blocked_by(what)
    return Intent(
        id=id_,
        kind=IntentKind.PLACE,
        connection=CONNECTION.id,
        account=what.account,
        environment=what.environment,
        symbol=symbol,
        side=side,
        draft=what,
        client_order_id=id_,
        request=b"{}",
        digest="",
        baseline=(),
        state=S.COMMITTED,
        created_at=clock.now(),
        changed_at=clock.now(),
    )


def written(what: Instrument, symbol: str) -> Instrument:
    return replace(what, symbol=symbol)


@pytest.mark.parametrize(
    ("first", "second", "refused"),
    [
        (draft(HERE), draft(THERE), True),
        (draft(HERE), draft(THERE, share("MSFT")), False),
        (draft(HERE), draft(THERE, side=OrderSide.SELL), False),
        (draft(HERE), draft(THERE, side=OrderSide.BUY_TO_COVER), True),
        (draft(HERE, option()), draft(THERE, share()), False),
        (
            draft(HERE, option(), OrderSide.BUY_TO_OPEN),
            draft(THERE, written(option(), "AAPL270115C00150000"), OrderSide.BUY),
            True,
        ),
        (
            draft(HERE, option("150"), OrderSide.BUY_TO_OPEN),
            draft(THERE, option("155"), OrderSide.BUY_TO_OPEN),
            False,
        ),
        (
            draft(HERE, replace(share("BRK.B"), isin="US0846707026")),
            draft(THERE, replace(share("BRK/B"), isin="US0846707026")),
            True,
        ),
        (
            draft(HERE, share("ABC", AssetType.EQUITY)),
            draft(THERE, share("ABC", AssetType.ETF)),
            True,
        ),
    ],
)
async def test_the_journal_compares_things_and_not_words(
    tmp_path: Path, first: Draft, second: Draft, refused: bool
) -> None:
    clock = FakeClock()
    journal = Journal(tmp_path / "journal.db", clock)
    await journal.commit(wish(first, "one", clock))
    await journal.step("one", S.SENDING)
    await journal.step("one", S.UNKNOWN)
    await journal.commit(wish(replace(second, account=AccountId("x:y")), "else", clock))
    await journal.step("else", S.NOT_SENT)
    if refused:
        with pytest.raises(RefusedByJournalError, match="not settled") as caught:
            await journal.commit(wish(second, "two", clock), AS_ONE)
        assert "another connection" in caught.value.sentences()
        await journal.step("one", S.FOUND)
    await journal.commit(wish(second, "two", clock), AS_ONE)
    journal.close()


async def test_another_account_alone_is_none(tmp_path: Path) -> None:
    clock = FakeClock()
    journal = Journal(tmp_path / "journal.db", clock)
    await journal.commit(wish(draft(HERE), "one", clock))
    await journal.commit(wish(draft(THERE), "two", clock), Guard())
    cancel = replace(wish(draft(THERE), "c", clock), kind=IntentKind.CANCEL, draft=None)
    assert (await journal.commit(cancel, AS_ONE)).state is S.COMMITTED
    journal.close()


# -- which accounts those are ---------------------------------------------------------------------


def put(database: Database, through: str, mask: str, symbol: str = "ABC") -> AccountId:
    """An account of this connection with one holding."""
    made = an_account(f"{through}-{mask}", number_mask=f"…{mask}", name=through)
    made = replace(made, institution="Charles Schwab")
    key = ConnectionId(f"{BROKER}-{through}")
    now = CONNECTION.created_at
    row = Connection(
        id=key, broker=BROKER, environment=Environment.LIVE, name=through, identity=through,
        created_at=now,
    )  # fmt: skip

    def write(uow: Any) -> None:
        if uow.connections.get(key) is None:
            uow.connections.add(row)
        uow.accounts.save(key, made, included=True)
        held = (a_position(symbol, "10", "100"),)
        store_reading(uow, a_reading(made.id, now, value="1500", cash="400", positions=held))

    database.run_sync(write)
    return made.id


def test_the_users_word_binds_and_what_is_certain_does_until_the_user_parts_it(
    tmp_path: Path,
) -> None:
    with opened(tmp_path, "portfolio.db") as database:
        one = put(database, "native", "4821")
        twin = put(database, "gathered", "4821")
        like = put(database, "third", "4821", symbol="XYZ")
        other = put(database, "native", "1111")

        def others(account: AccountId) -> frozenset[AccountId]:
            return database.read_sync(lambda uow: Reach(uow).others(account))

        def say(*choices: tuple[AccountId, AccountId, AccountId | None]) -> None:
            rows = [
                PairChoice(
                    first=pair_of(left, right)[0], second=pair_of(left, right)[1],
                    chosen=chosen, decided_at=CONNECTION.created_at,
                )
                for left, right, chosen in choices
            ]  # fmt: skip
            database.run_sync(lambda uow: uow.same_accounts.replace(rows))

        assert others(one) == {twin}, "certain, though nobody has said so; merely like is not"
        assert others(twin) == {one}
        assert others(like) == others(other) == frozenset()
        assert others(AccountId("nobody:x")) == frozenset()
        say((one, twin, None))
        assert others(one) == others(twin) == frozenset(), "they are two accounts"
        say((one, like, like))
        assert others(one) == {like, twin}
        assert others(like) == {one, twin}, "what is certain of one source is of all"
        say((one, twin, twin), (one, like, one))
        assert others(one) == {twin, like}


# -- through two real brokers' adapters -----------------------------------------------------------


@dataclass
class Both:
    """One account, directly at its broker and through one that gathers others."""

    direct: Bench
    gathered: AccountId
    rig: Any

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Brokers with a limit for each account are waited for in larger steps."""
        task = asyncio.ensure_future(work)
        await self.direct.until(task.done, 0.3)
        return task.result()

    async def choose(self, account: AccountId) -> None:
        other = self.gathered if account == self.direct.account else self.direct.account
        await self.direct.run(self.direct.services.same_accounts.choose(account, other))

    async def reviewed(self, account: AccountId, symbol: str = "AAPL") -> Review:
        what = replace(
            self.direct.wish(symbol, limit_price=self.direct.price("0.5")), account=account
        )
        return await self.run(self.direct.services.trading.review((what,)))

    async def sent(self, review: Review) -> Sent:
        read = frozenset(one.code for one in review.warnings)
        (sent,) = await self.run(self.direct.services.trading.send(review.id, read))
        return sent


@asynccontextmanager
async def both(folder: Path) -> AsyncIterator[Both]:
    async with trading_bench(folder, "schwab") as bench:
        bench.rig.clock.auto = True
        async with RIGS["snaptrade"](clock=bench.rig.clock) as rig:
            fund(rig)
            row = await connect(bench.services, rig)
            await bench.services.refreshing.refresh(row.id)
            stored = await bench.services.connecting.accounts(row.id)
            (account,) = [one.account.id for one in stored if one.account.name == MAY]
            bench.rig.clock.auto = False
            await bench.trading.turn(row.id, True)
            yield Both(bench, account, rig)


def lose(made: Both) -> None:
    """The next order at the direct broker never arrives, and nobody can know."""
    path = r"^/trader/v1/accounts/[0-9A-F]{64}/orders"
    made.direct.rig.sim.faults.add(
        [{"kind": "reset_before", "method": "POST", "path": path, "times": 1, "args": {}}]
    )


def placed_at(rig: Any) -> list[dict[str, Any]]:
    return [one for one in rig.sim.truth.entries if one["path"].endswith("/trade/place")]


async def test_an_unknown_order_through_one_connection_keeps_its_like_from_the_other(
    tmp_path: Path,
) -> None:
    async with both(tmp_path) as made:
        direct = made.direct.account
        await made.choose(made.gathered)
        early = await made.reviewed(made.gathered)
        assert not early.blocked, early.blocked
        await made.choose(direct)
        lose(made)
        first = await made.sent(await made.reviewed(direct))
        assert first.intent is not None
        assert first.intent.state is S.UNKNOWN
        await made.choose(made.gathered)
        refused = await made.sent(early)
        assert "not settled" in refused.failure, "a review of before is stopped by the journal"
        late = await made.reviewed(made.gathered)
        assert "unsettled" in {one.code for one in late.blocked}, "and a new one is blocked"
        assert placed_at(made.rig) == []


async def test_the_same_order_through_the_other_connection_within_a_minute_is_warned_of(
    tmp_path: Path,
) -> None:
    async with both(tmp_path) as made:
        await made.choose(made.direct.account)
        first = await made.sent(await made.reviewed(made.direct.account))
        assert first.intent is not None
        assert first.intent.state is S.ACCEPTED
        await made.choose(made.gathered)
        again = await made.reviewed(made.gathered)
        assert "duplicate" in {one.code for one in again.warnings}
        other = await made.reviewed(made.gathered, "MSFT")
        assert "duplicate" not in {one.code for one in other.warnings}
