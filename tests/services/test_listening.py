"""What a broker tells of an account has it read: soon, once, and after what was missed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.quoting import QuoteBench, account_of, held, quote_bench

from brokerdesk.brokers.streaming import AccountMoved
from brokerdesk.db.unit_of_work import UnitOfWork
from brokerdesk.domain.events import AccountRefreshed, ConnectionsChanged
from brokerdesk.domain.kinds import ConnectionState
from brokerdesk.errors import (
    AuthExpiredError,
    BrokerUnavailableError,
    RateLimitedError,
    SecretStoreLockedError,
)


async def begin(bench: QuoteBench) -> None:
    bench.services.listening.start()
    await bench.until(lambda: bench.brokers["acme"].account_lines)
    await bench.rest()


def tell(bench: QuoteBench, **what: Any) -> None:
    acme = bench.brokers["acme"]
    line = acme.account_lines[-1]
    assert line.tell is not None
    line.tell(AccountMoved(account=account_of(acme).id, at=bench.clock.now(), **what))


async def test_news_are_gathered_and_the_orders_read(tmp_path: Path) -> None:
    async with quote_bench(tmp_path, {"acme": [held("AAA")]}) as bench:
        await begin(bench)
        acme = bench.brokers["acme"]
        for _ in range(5):
            tell(bench)
        assert not acme.calls
        await bench.pass_time(1.5)
        account = account_of(acme).id
        assert acme.calls == [f"orders {account}"], "once for five, and nothing else"
        told = [one for one in bench.events if isinstance(one, AccountRefreshed)]
        assert [one.account for one in told] == [account]


async def test_after_a_fill_the_portfolio_is_read_first(tmp_path: Path) -> None:
    async with quote_bench(tmp_path, {"acme": [held("AAA")]}) as bench:
        await begin(bench)
        tell(bench)
        tell(bench, filled=True)
        await bench.pass_time(1.5)
        kinds = [call.split()[0] for call in bench.brokers["acme"].calls]
        assert kinds == ["portfolio", "transactions", "orders"]


async def test_news_while_it_is_read_are_read_after_it(tmp_path: Path) -> None:
    async with quote_bench(tmp_path, {"acme": [held("AAA")]}) as bench:
        await begin(bench)
        tell(bench)
        await bench.clock.advance(1)
        tell(bench)
        await bench.pass_time(3)
        assert len(bench.brokers["acme"].calls) == 2


async def test_after_a_lost_line_everything_is_read_once(tmp_path: Path) -> None:
    async with quote_bench(tmp_path, {"acme": [held("AAA")]}) as bench:
        await begin(bench)
        acme = bench.brokers["acme"]
        for _ in range(3):
            acme.account_lines[-1].end(BrokerUnavailableError("Lost."))
            await bench.pass_time(6)
        kinds = [call.split()[0] for call in acme.calls]
        assert kinds == ["portfolio", "transactions", "orders"], "a line that flaps costs little"
        assert len(acme.account_lines) == 4


async def test_a_pause_of_the_broker_is_kept(tmp_path: Path) -> None:
    async with quote_bench(tmp_path, {"acme": [held("AAA")]}) as bench:
        await begin(bench)
        acme = bench.brokers["acme"]
        acme.orders_fail = RateLimitedError("Wait.", retry_after=100)
        tell(bench)
        await bench.pass_time(2)
        acme.orders_fail = None
        tell(bench)
        await bench.pass_time(90, step=2)
        assert len(acme.calls) == 1
        await bench.pass_time(20, step=2)
        assert len(acme.calls) == 2


async def test_a_login_that_ended_is_told_and_not_tried_again(tmp_path: Path) -> None:
    async with quote_bench(tmp_path, {"acme": [held("AAA")]}) as bench:
        await begin(bench)
        acme = bench.brokers["acme"]
        acme.account_lines[-1].end(AuthExpiredError("The login ended."))
        await bench.pass_time(60, step=2)
        row = await bench.database.read(lambda uow: uow.connections.get(acme.connection))
        assert row is not None
        assert row.state is ConnectionState.NEEDS_SIGN_IN
        assert len(acme.account_lines) == 1
        assert not acme.sessions


@pytest.mark.allow_warnings(r"acme")
async def test_a_locked_keychain_is_not_asked_again_and_again(tmp_path: Path) -> None:
    async with quote_bench(tmp_path, {"acme": [held("AAA")]}) as bench:
        await begin(bench)
        acme = bench.brokers["acme"]
        for _ in range(2):
            if acme.account_lines[-1].standing:
                acme.account_lines[-1].end(SecretStoreLockedError("The keychain is locked."))
            await bench.pass_time(30, step=2)
        asked = len(acme.account_lines)
        assert asked <= 2
        await bench.pass_time(120, step=2)
        assert len(acme.account_lines) == asked

        def read_since(uow: UnitOfWork) -> None:
            row = uow.connections.get(acme.connection)
            assert row is not None
            uow.connections.update(replace(row, last_success=bench.clock.now()))

        await bench.database.run(read_since)
        bench.services.listening.notice(ConnectionsChanged())
        await bench.pass_time(12, step=2)
        assert len(acme.account_lines) == asked + 1
        assert acme.account_lines[-1].standing


async def test_a_new_sign_in_is_listened_to(tmp_path: Path) -> None:
    async with quote_bench(tmp_path, {"acme": [held("AAA")]}) as bench:
        await begin(bench)
        acme = bench.brokers["acme"]
        await bench.services.refreshing.forget(acme.connection)
        assert not acme.account_lines[-1].standing
        await bench.pass_time(6)
        assert len(acme.account_lines) == 2
        assert acme.account_lines[-1].standing
