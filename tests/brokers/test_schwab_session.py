"""A Schwab session against canned answers on a real socket."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal

import pytest
from support import schwab_payloads as payloads
from support.brokers import CannedSchwab, MemoryCredentials, RawServer, Reply, json_reply, signed_in
from support.clock import FakeClock

from brokerdesk.brokers.base import SessionContext
from brokerdesk.brokers.registry import spec
from brokerdesk.brokers.schwab.session import SchwabSession
from brokerdesk.domain.ids import account_id
from brokerdesk.domain.kinds import AccountType, Environment, OrderStatus, TaxStatus
from brokerdesk.errors import BrokerProtocolError, BrokerRefusedError

MARGIN = account_id("schwab", "practice", payloads.NUMBER)
CASH = account_id("schwab", "practice", payloads.CASH_NUMBER)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(auto=True)


@pytest.fixture
def schwab() -> CannedSchwab:
    return CannedSchwab()


@pytest.fixture
async def server(schwab: CannedSchwab) -> AsyncIterator[RawServer]:
    async with RawServer(schwab) as running:
        yield running


@pytest.fixture
def credentials(clock: FakeClock) -> MemoryCredentials:
    return MemoryCredentials(signed_in(clock.now()))


@pytest.fixture
async def session(
    server: RawServer, clock: FakeClock, credentials: MemoryCredentials
) -> AsyncIterator[SchwabSession]:
    opened = spec("schwab").open_session(
        SessionContext(
            environment=Environment.PRACTICE,
            clock=clock,
            credentials=credentials,
            practice_url=server.url,
        )
    )
    assert isinstance(opened, SchwabSession)
    yield opened
    await opened.aclose()


async def test_accounts_carry_names_types_and_masks_but_never_numbers(
    session: SchwabSession,
) -> None:
    batch = await session.accounts()
    margin, cash = batch.items
    assert (margin.id, cash.id) == (MARGIN, CASH)
    assert (margin.name, margin.number_mask) == ("Individual", "…5678")
    assert margin.type is AccountType.MARGIN
    assert (cash.name, cash.type, cash.tax_status) == (
        "Roth IRA",
        AccountType.CASH,
        TaxStatus.TAX_FREE,
    )
    assert payloads.NUMBER not in repr(batch)
    assert not batch.unread


async def test_accounts_list_without_their_names_when_preferences_fail(
    session: SchwabSession, schwab: CannedSchwab
) -> None:
    schwab.routes["/trader/v1/userPreference"] = json_reply({"message": "no"}, 403)
    batch = await session.accounts()
    assert [account.name for account in batch] == ["Schwab …5678", "Schwab …4321"]


async def test_a_portfolio_comes_from_one_answer_by_hash(
    session: SchwabSession, server: RawServer
) -> None:
    reading = await session.portfolio(MARGIN)
    assert reading.account == MARGIN
    assert reading.positions[0].mark == Decimal("191.5")
    assert server.paths() == [
        "/trader/v1/accounts/accountNumbers",
        f"/trader/v1/accounts/{payloads.HASH}",
    ]
    assert server.seen[-1].query == {"fields": "positions"}


async def test_a_new_hash_is_learnt_when_the_old_one_is_refused(
    session: SchwabSession, schwab: CannedSchwab
) -> None:
    await session.portfolio(MARGIN)
    renewed = "F" * 64
    schwab.routes["/trader/v1/accounts/accountNumbers"] = json_reply(
        [{"accountNumber": payloads.NUMBER, "hashValue": renewed}]
    )
    schwab.routes[f"/trader/v1/accounts/{renewed}"] = schwab.routes.pop(
        f"/trader/v1/accounts/{payloads.HASH}"
    )
    assert (await session.portfolio(MARGIN)).account == MARGIN


async def test_hashes_are_read_again_after_a_new_sign_in(
    session: SchwabSession,
    server: RawServer,
    credentials: MemoryCredentials,
    clock: FakeClock,
    schwab: CannedSchwab,
) -> None:
    await session.portfolio(MARGIN)
    later = clock.now() + timedelta(hours=1)
    credentials.credentials = signed_in(later, access_token="I0.again@")
    schwab.refused_tokens.add("I0.stored@")
    await session.portfolio(MARGIN)
    await session.portfolio(MARGIN)
    assert server.paths().count("/trader/v1/accounts/accountNumbers") == 2
    assert schwab.refreshes == 0


async def test_a_refused_account_is_asked_for_no_more_than_it_has_hashes(
    session: SchwabSession, schwab: CannedSchwab, server: RawServer
) -> None:
    schwab.routes.pop(f"/trader/v1/accounts/{payloads.HASH}")
    with pytest.raises(BrokerRefusedError):
        await session.portfolio(MARGIN)
    assert len(server.seen) == 2


async def test_an_account_that_is_gone_says_so(
    session: SchwabSession, schwab: CannedSchwab
) -> None:
    with pytest.raises(BrokerRefusedError, match="no longer lists"):
        await session.portfolio(account_id("schwab", "practice", "55555555"))


async def test_an_answer_for_another_account_is_thrown_away(
    session: SchwabSession, schwab: CannedSchwab
) -> None:
    schwab.routes[f"/trader/v1/accounts/{payloads.HASH}"] = json_reply(payloads.cash_account())
    with pytest.raises(BrokerProtocolError, match="another account"):
        await session.portfolio(MARGIN)


async def test_orders_and_transactions_and_quotes(
    session: SchwabSession, server: RawServer, clock: FakeClock
) -> None:
    until = clock.now()
    orders = await session.orders(MARGIN, until - timedelta(days=30), until)
    assert orders.items[0].status is OrderStatus.FILLED
    assert server.seen[-1].query["fromEnteredTime"] == "2026-10-21T15:00:00.000Z"
    entries = await session.transactions(MARGIN, until - timedelta(days=30), until)
    assert entries.items[0].amount == Decimal("-1895.45")
    quotes = await session.quotes(["AAPL", "ZZZZ"])
    assert quotes.items[0].last == Decimal("191.51")
    assert quotes.unread[0].label == "ZZZZ"


async def test_long_spans_are_split_into_years_oldest_first(
    session: SchwabSession, server: RawServer, clock: FakeClock
) -> None:
    until = clock.now()
    batch = await session.transactions(MARGIN, until - timedelta(days=1000), until)
    spans = [
        (seen.query["startDate"], seen.query["endDate"])
        for seen in server.seen
        if seen.path.endswith("/transactions")
    ]
    assert len(spans) == 3
    assert spans == sorted(spans)
    assert all(earlier[1] == later[0] for earlier, later in itertools.pairwise(spans))
    assert len(batch) == 1, "the same entry from two spans counts once"


async def test_a_full_answer_is_asked_for_in_halves(
    session: SchwabSession, schwab: CannedSchwab, server: RawServer, clock: FakeClock
) -> None:
    full = [{**payloads.TRADE, "activityId": index + 1} for index in range(3000)]
    calls = 0

    def answer(_: object) -> Reply:
        nonlocal calls
        calls += 1
        return json_reply(full if calls == 1 else [{**payloads.TRADE, "activityId": calls}])

    schwab.routes[f"/trader/v1/accounts/{payloads.HASH}/transactions"] = answer
    batch = await session.transactions(MARGIN, clock.now() - timedelta(days=10), clock.now())
    assert calls == 3
    assert [item.id for item in batch] == ["2", "3"]


async def test_no_span_no_question(
    session: SchwabSession, server: RawServer, clock: FakeClock
) -> None:
    assert not (await session.orders(MARGIN, clock.now(), clock.now())).items
    assert not server.seen


async def test_an_order_of_another_account_is_kept_out(
    session: SchwabSession, schwab: CannedSchwab, clock: FakeClock
) -> None:
    foreign = {**payloads.ORDER, "accountNumber": 999}
    schwab.routes[f"/trader/v1/accounts/{payloads.HASH}/orders"] = json_reply(
        [foreign, payloads.ORDER]
    )
    batch = await session.orders(MARGIN, clock.now() - timedelta(days=1), clock.now())
    assert len(batch.items) == len(batch.unread) == 1
