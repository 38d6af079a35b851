"""Interactive Brokers against a simulated TWS: the contract's cases, on a socket without HTTP.

The shared suite speaks of browsers, tokens and HTTP statuses, which TWS has none of; the cases here
carry the numbers of those that they stand for.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from support.brokers import MemoryCredentials, free_port
from support.rigs_ibkr import IbkrRig, ibkr_rig, sign_in
from support.session_reads import everything, first_account, leaves

from brokerdesk.brokers.base import BrokerSession
from brokerdesk.brokers.flow import DoneStep, FailedStep, FormStep
from brokerdesk.brokers.ibkr.session import week_ends
from brokerdesk.domain.kinds import AssetType, Environment, OrderStatus, PriceFeed, TaxStatus
from brokerdesk.domain.reading import Reading
from brokerdesk.errors import (
    AuthRejectedError,
    BrokerError,
    BrokerProtocolError,
    BrokerRefusedError,
    BrokerUnavailableError,
    RateLimitedError,
)


@pytest.fixture
async def rig() -> AsyncIterator[IbkrRig]:
    async with ibkr_rig() as made:
        yield made


@pytest.fixture
async def port(rig: IbkrRig) -> MemoryCredentials:
    return MemoryCredentials((await sign_in(rig)).credentials)


@pytest.fixture
async def session(rig: IbkrRig, port: MemoryCredentials) -> AsyncIterator[BrokerSession]:
    opened = rig.session(port)
    yield opened
    await opened.aclose()


# -- facts ------------------------------------------------------------------------------------
async def test_c02_c03_amounts_times_and_nothing_unread(
    rig: IbkrRig, session: BrokerSession
) -> None:
    rig.tws.switches.execution_days = 7
    found = await everything(rig, session)
    values = list(leaves(found))
    assert sum(isinstance(value, Decimal) for value in values) > 200
    assert not [value for value in values if isinstance(value, float)]
    times = [value for value in values if isinstance(value, datetime)]
    assert times
    assert all(time.tzinfo is UTC for time in times)
    for batch in found[:-1]:
        assert not batch.unread
    for secret in rig.secrets:
        assert secret not in repr(found)


async def test_figures_are_those_of_the_account_and_nothing_is_counted_twice(
    rig: IbkrRig, session: BrokerSession
) -> None:
    accounts = await session.accounts()
    assert [account.tax_status for account in accounts] == [TaxStatus.TAXABLE, TaxStatus.TAX_FREE]
    for shown, real in zip(accounts, rig.tws.exchange.accounts, strict=True):
        reading = await session.portfolio(shown.id)
        worth = real.value_at(rig.clock.now())
        held = {one.instrument.symbol: one for one in reading.positions}
        assert {one.symbol for one in worth.positions} == set(held)
        for one in worth.positions:
            assert held[one.symbol].quantity == one.quantity
            assert held[one.symbol].market_value == one.market_value
            assert held[one.symbol].open_pl == one.open_profit
            basis = held[one.symbol].cost_basis
            assert basis is not None
            assert abs(basis - one.holding.cost) < Decimal("0.01")
        base = reading.balances[0]
        assert base.currency == "USD"
        assert base.cash == worth.cash
        assert base.net_liquidation == worth.liquidation
        values = [one.market_value for one in reading.positions if one.market_value is not None]
        assert base.net_liquidation == base.cash + sum(values)
    abroad = (await session.portfolio(accounts.items[0].id)).balances[1]
    assert (abroad.currency, abroad.cash) == ("EUR", Decimal("12480.55"))
    assert abroad.net_liquidation == abroad.cash


async def test_names_funds_options_coins_fractions_and_shorts(session: BrokerSession) -> None:
    reading = await session.portfolio(await first_account(session))
    kinds = {held.instrument.asset_type for held in reading.positions}
    assert {AssetType.EQUITY, AssetType.ETF, AssetType.OPTION, AssetType.CRYPTO} <= kinds
    assert all(held.instrument.name for held in reading.positions)
    assert any(held.quantity % 1 for held in reading.positions)
    assert any(held.quantity < 0 for held in reading.positions)
    option = next(h for h in reading.positions if h.instrument.asset_type is AssetType.OPTION)
    assert option.instrument.multiplier == 100
    assert option.instrument.underlying == "SPY"
    assert len(option.instrument.symbol) == 21


async def test_an_options_cost_is_told_either_way(rig: IbkrRig, session: BrokerSession) -> None:
    account = await first_account(session)
    one = await session.portfolio(account)
    rig.tws.switches.plain_option_cost = True
    two = await session.portfolio(account)
    for left, right in zip(one.positions, two.positions, strict=True):
        assert left.average_cost == right.average_cost
        assert left.cost_basis == right.cost_basis


async def test_without_a_ledger_the_only_currency_is_the_whole(
    rig: IbkrRig, session: BrokerSession
) -> None:
    rig.tws.switches.by_currency = False
    account = (await session.accounts()).items[1].id
    (balance,) = (await session.portfolio(account)).balances
    worth = rig.tws.exchange.accounts[1].value_at(rig.clock.now())
    assert (balance.cash, balance.net_liquidation) == (worth.cash, worth.liquidation)


async def test_what_was_sold_today_is_no_holding(rig: IbkrRig, session: BrokerSession) -> None:
    account = await first_account(session)
    before = await session.portfolio(account)
    rig.tws.switches.closed_rows = True
    after = await session.portfolio(account)
    assert [one.instrument for one in after.positions] == [o.instrument for o in before.positions]


async def test_executions_are_transactions_and_corrections_replace(
    rig: IbkrRig, session: BrokerSession
) -> None:
    rig.tws.switches.execution_days = 30
    since, until = rig.clock.now() - timedelta(days=60), rig.clock.now()
    account = await first_account(session)
    found = await session.transactions(account, since, until)
    assert len(found) > 0
    real = {
        Decimal(event.price): event
        for event in rig.tws.exchange.accounts[0].events(since, until)
        if event.symbol
    }
    for one in found:
        event = real[one.price or Decimal(0)]
        assert abs(one.amount - event.amount) < Decimal("0.01")
        assert one.quantity == event.quantity
        assert one.description == ""
    rig.tws.switches.corrected = True
    again = await session.transactions(account, since, until)
    assert {one.id for one in again} == {one.id for one in found}


async def test_orders_are_read_with_their_status(rig: IbkrRig, session: BrokerSession) -> None:
    accounts = await session.accounts()
    since, until = rig.clock.now() - timedelta(days=90), rig.clock.now()
    found = [one for a in accounts for one in await session.orders(a.id, since, until)]
    working = [one for one in found if one.status is OrderStatus.WORKING]
    assert working
    assert any(one.filled_quantity and one.average_price for one in working)
    assert {one.status for one in found} - {OrderStatus.WORKING}
    assert all(one.legs and one.id and one.quantity > 0 for one in found)


async def test_read_only_api_hides_orders_and_nothing_else(
    rig: IbkrRig, session: BrokerSession
) -> None:
    rig.tws.switches.read_only = True
    account = await first_account(session)
    found = await session.orders(account, rig.clock.now() - timedelta(days=9), rig.clock.now())
    assert not found.items
    assert "Read-Only API" in found.unread[0].reason
    assert (await session.portfolio(account)).positions


async def test_no_order_is_ever_sent(rig: IbkrRig, session: BrokerSession) -> None:
    await everything(rig, session)
    assert not {"place", "cancel", "autobind"} & set(rig.requests())


@pytest.mark.parametrize(
    ("kind", "feed"), [("live", PriceFeed.REAL_TIME), ("delayed", PriceFeed.DELAYED)]
)
async def test_quotes_say_how_fresh_they_are(
    rig: IbkrRig, session: BrokerSession, kind: str, feed: PriceFeed
) -> None:
    rig.tws.switches.market_data = kind
    reading = await session.portfolio(await first_account(session))
    symbols = [held.instrument.symbol for held in reading.positions]
    found = await session.quotes([*symbols, "NOSUCH"])
    assert [one.symbol for one in found] == symbols
    assert {one.feed for one in found} == {feed}
    assert all(one.last and one.as_of and one.previous_close for one in found)
    assert [one.label for one in found.unread] == ["NOSUCH"]


async def test_a_price_that_never_comes_does_not_cost_the_others(
    rig: IbkrRig, session: BrokerSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("brokerdesk.brokers.ibkr.gateway.SNAPSHOT_LIMIT", 0.4)
    rig.tws.switches.endless = ["AAPL"]
    found = await session.quotes(["AAPL", "MSFT"])
    assert [one.symbol for one in found] == ["MSFT"]
    assert [one.label for one in found.unread] == ["AAPL"]
    await session.accounts()
    assert "quotes/cancel" in rig.requests()


async def test_refused_names_do_not_cost_the_portfolio(
    rig: IbkrRig, session: BrokerSession
) -> None:
    account = await first_account(session)
    await rig.fault("status", "contracts", code=321)
    reading = await session.portfolio(account)
    assert reading.positions
    assert not reading.unread
    assert {held.instrument.name for held in reading.positions if not held.instrument.right} == {""}


async def test_competing_session_is_said(rig: IbkrRig, session: BrokerSession) -> None:
    rig.tws.switches.market_data = "competing"
    found = await session.quotes(["AAPL"])
    assert not found.items
    assert "Another session" in found.unread[0].reason


async def test_a_recording_reads_like_the_live_answer(rig: IbkrRig, session: BrokerSession) -> None:
    from brokerdesk.simulator.wire import encode

    account = await first_account(session)
    live = await session.portfolio(account)
    now = rig.clock.now()
    raw = encode(rig.tws.recorded(rig.tws.exchange.accounts[0], now))
    assert rig.spec.replay is not None
    replayed = rig.spec.replay(raw, Environment.PRACTICE, now)
    assert replayed.positions == live.positions
    assert replayed.balances == live.balances
    assert replayed.account == account


# -- connecting -------------------------------------------------------------------------------
async def test_c40_nobody_there_then_the_right_port(rig: IbkrRig) -> None:
    # Practice goes to the simulator whatever is typed, so this is asked as paper trading.
    flow = rig.flow(environment=Environment.PAPER)
    assert isinstance(await flow.start(), FormStep)
    wrong = await flow.submit({**rig.answers, "port": str(free_port())})
    assert isinstance(wrong, FormStep)
    assert "cannot be reached" in wrong.problems[0][1]
    assert isinstance(await flow.submit(rig.answers), DoneStep)
    await flow.aclose()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("host", "8.8.8.8"),
        ("host", "tws.example.com"),
        ("host", ""),
        ("port", "70000"),
        ("port", "abc"),
        ("client_id", "-1"),
        ("client_id", ""),
    ],
)
async def test_c40_what_cannot_be_used_is_said_at_its_field(
    rig: IbkrRig, field: str, value: str
) -> None:
    flow = rig.flow(environment=Environment.LIVE)
    await flow.start()
    step = await flow.submit({**rig.answers, field: value})
    assert isinstance(step, FormStep)
    assert [name for name, _ in step.problems] == [field]
    assert not rig.requests()
    await flow.aclose()


async def test_c40_usual_ports_are_tried_once_on_the_click(
    rig: IbkrRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    ports = (free_port(), int(rig.answers["port"]))
    monkeypatch.setattr(
        "brokerdesk.brokers.ibkr.address.USUAL_PORTS",
        {Environment.PAPER: ports, Environment.LIVE: ports},
    )
    flow = rig.flow(environment=Environment.PAPER)
    await flow.start()
    done = await flow.submit({**rig.answers, "port": ""})
    assert isinstance(done, DoneStep)
    assert done.credentials["port"] == rig.answers["port"]
    assert rig.requests().count("start") == 1
    await flow.aclose()


async def test_c40_paper_and_money_are_told_apart_by_the_account_ids(rig: IbkrRig) -> None:
    flow = rig.flow(environment=Environment.LIVE)
    await flow.start()
    step = await flow.submit(rig.answers)
    assert isinstance(step, FormStep)
    assert "paper" in step.problems[0][1]
    rig.tws.switches.accounts = ["U1234567", "U7654321"]
    assert isinstance(await flow.submit(rig.answers), DoneStep)
    await flow.aclose()


async def test_a_session_refuses_the_other_kind_of_money(
    rig: IbkrRig, port: MemoryCredentials
) -> None:
    session = rig.session(port, environment=Environment.LIVE)
    with pytest.raises(BrokerRefusedError, match="paper"):
        await session.accounts()
    await session.aclose()


async def test_c40_somebody_else_is_refused(rig: IbkrRig) -> None:
    mine = await sign_in(rig)
    flow = rig.flow(identity="0" * 32, existing=rig.answers, ask_keys=False)
    failed = await flow.start()
    assert isinstance(failed, FailedStep)
    assert isinstance(failed.error, AuthRejectedError)
    await flow.aclose()
    again = await sign_in(rig, identity=mine.identity, existing=rig.answers, ask_keys=False)
    assert again.identity == mine.identity


async def test_c40_cancelling_asks_nobody(rig: IbkrRig) -> None:
    flow = rig.flow()
    await flow.start()
    await flow.aclose()
    await flow.aclose()
    assert not rig.requests()


async def test_a_client_id_that_is_taken_is_said(rig: IbkrRig) -> None:
    rig.tws.state.clients[int(rig.answers["client_id"])] = object()
    flow = rig.flow()
    await flow.start()
    step = await flow.submit(rig.answers)
    assert isinstance(step, FormStep)
    assert step.problems[0][0] == "client_id"
    assert isinstance(await flow.submit({**rig.answers, "client_id": "72"}), DoneStep)
    await flow.aclose()


async def test_signing_in_again_beside_an_open_session_shares_its_socket(
    rig: IbkrRig, session: BrokerSession
) -> None:
    account = await first_account(session)
    await sign_in(rig, existing=rig.answers, ask_keys=False)
    assert (await session.portfolio(account)).account == account
    assert rig.requests().count("start") == 2, "one of the first sign-in, one of the session"


# -- the week ---------------------------------------------------------------------------------
def test_the_week_ends_on_sunday_at_one_in_new_york() -> None:
    assert week_ends(datetime(2026, 11, 20, 15, tzinfo=UTC)) == datetime(
        2026, 11, 22, 6, tzinfo=UTC
    )
    assert week_ends(datetime(2026, 11, 22, 6, tzinfo=UTC)) == datetime(2026, 11, 29, 6, tzinfo=UTC)
    assert week_ends(datetime(2026, 7, 1, tzinfo=UTC)) == datetime(2026, 7, 5, 5, tzinfo=UTC)


async def test_a_newer_week_is_kept_once(
    rig: IbkrRig, session: BrokerSession, port: MemoryCredentials
) -> None:
    await session.accounts()
    assert not port.replaced
    ends = (await session.sign_in()).ends
    assert ends == datetime(2026, 11, 22, 6, tzinfo=UTC)
    rig.clock.jump(3 * 86400)
    await rig.lever(action="disconnect")
    await session.accounts()
    await session.accounts()
    assert len(port.replaced) == 1
    assert (await session.sign_in()).ends == datetime(2026, 11, 29, 6, tzinfo=UTC)


# -- failures ---------------------------------------------------------------------------------
async def test_connectivity_lost_and_restored(rig: IbkrRig, session: BrokerSession) -> None:
    account = await first_account(session)
    for restored in (1101, 1102):
        await rig.lever(action="error", code=1100)
        with pytest.raises(BrokerUnavailableError, match="lost its connection"):
            await session.portfolio(account)
        await rig.lever(action="error", code=restored)
        assert (await session.portfolio(account)).positions


@pytest.mark.parametrize("hard", [False, True])
async def test_a_dropped_socket_is_opened_again(
    rig: IbkrRig, session: BrokerSession, hard: bool
) -> None:
    account = await first_account(session)
    await rig.lever(action="disconnect", hard=hard)
    assert (await session.portfolio(account)).positions


async def test_the_daily_restart_is_survived_and_missed_executions_are_marked(
    rig: IbkrRig, session: BrokerSession
) -> None:
    rig.tws.switches.execution_days = 30
    account = await first_account(session)
    await rig.lever(action="stop")
    with pytest.raises(BrokerUnavailableError, match="cannot be reached") as caught:
        await session.portfolio(account)
    assert "log in" in caught.value.hint
    await rig.clock.advance(86400 * 20)
    await rig.lever(action="start")
    since = rig.clock.now() - timedelta(days=40)
    found = await session.transactions(account, since, rig.clock.now())
    marked = [one for one in found if one.description]
    assert marked
    assert len(marked) < len(found)
    assert all(one.description.startswith("Recovered") for one in marked)


async def test_too_many_requests(rig: IbkrRig, session: BrokerSession) -> None:
    account = await first_account(session)
    await rig.fault("status", "portfolio", status=429)
    with pytest.raises(RateLimitedError):
        await session.portfolio(account)
    await rig.heal()
    assert (await session.portfolio(account)).positions


async def test_a_burst_stays_under_the_limit(rig: IbkrRig, session: BrokerSession) -> None:
    for account in await session.accounts():
        await session.portfolio(account.id)
    assert "error" not in rig.requests()
    assert (await session.quotes(["AAPL", "MSFT"])).items


async def test_an_account_that_is_still_loading_is_not_shown(
    rig: IbkrRig, session: BrokerSession
) -> None:
    account = await first_account(session)
    rig.tws.switches.account_ready = False
    with pytest.raises(BrokerUnavailableError, match="still loading"):
        await session.portfolio(account)


FAULTS: list[tuple[str, dict[str, Any], type[BrokerError] | None]] = [
    ("reset_before", {}, BrokerUnavailableError),
    ("reset_after", {}, BrokerUnavailableError),
    ("reset_mid_body", {}, BrokerUnavailableError),
    ("truncate", {}, None),
    ("garbage", {}, BrokerProtocolError),
    ("html", {}, BrokerProtocolError),
    ("redirect", {}, BrokerProtocolError),
    ("status", {"status": 500}, BrokerRefusedError),
    ("status", {"code": 1100}, BrokerUnavailableError),
    ("status", {"code": 504}, BrokerUnavailableError),
    ("status", {"code": 1300}, BrokerUnavailableError),
    ("body", {"is": "empty_list"}, BrokerProtocolError),
    ("body", {"is": "empty"}, BrokerProtocolError),
    ("body", {"is": "text"}, BrokerProtocolError),
    ("body", {"text": "{"}, BrokerProtocolError),
    ("edit", {"edit": "half"}, BrokerUnavailableError),
    ("edit", {"edit": "latin1"}, None),
    ("edit", {"edit": "extra_fields"}, None),
    ("huge", {}, BrokerProtocolError),
    ("gzip_bomb", {"bytes": 64 * 1024 * 1024}, BrokerProtocolError),
    ("drip", {"bytes_per_second": 4000, "pause": 0}, None),
    ("wrong_clock", {}, None),
    ("delay", {"seconds": 1}, None),
]


@pytest.mark.parametrize(("kind", "args", "expected"), FAULTS)
async def test_c12_c13_every_fault_ends_in_honest_words(
    rig: IbkrRig,
    session: BrokerSession,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    args: dict[str, Any],
    expected: type[BrokerError] | None,
) -> None:
    monkeypatch.setattr("brokerdesk.brokers.ibkr.gateway.ANSWER_LIMIT", 1.5)
    account = await first_account(session)
    good = await session.portfolio(account)
    await rig.fault(kind, "portfolio", **args)
    if expected is None:
        reading = await session.portfolio(account)
        assert len(reading.positions) + len(reading.unread) >= len(good.positions)
    else:
        with pytest.raises(expected) as caught:
            await session.portfolio(account)
        assert caught.value.title
        assert caught.value.message
    await rig.heal()
    rig.clock.jump(60)
    await rig.clock.advance(60)
    await rig.lever(action="error", code=1102)
    assert (await session.portfolio(account)).account == account


ROUTES = ["connect", "start", "accounts", "contracts", "executions", "orders", "completed"]
KINDS: list[tuple[str, dict[str, Any]]] = [
    ("reset_mid_body", {}),
    ("garbage", {}),
    ("body", {"is": "empty_list"}),
    ("edit", {"edit": "bad_record"}),
    ("reset_before", {}),
    ("truncate", {}),
    ("html", {}),
    ("status", {"status": 429}),
    ("status", {"code": 9999}),
    ("body", {"is": "empty"}),
    ("body", {"is": "text"}),
    ("edit", {"edit": "half"}),
    ("edit", {"edit": "extra_fields"}),
    ("edit", {"edit": "wrong_type", "field": "totalQuantity"}),
    ("huge", {"bytes": 8 * 1024 * 1024}),
]
SHORT = 3
"""How many kinds each route meets in the normal run; all of them in the long one."""


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("kinds", [KINDS[:SHORT], pytest.param(KINDS, marks=pytest.mark.deep)])
async def test_every_route_survives_every_fault(
    rig: IbkrRig,
    port: MemoryCredentials,
    monkeypatch: pytest.MonkeyPatch,
    route: str,
    kinds: list[tuple[str, dict[str, Any]]],
) -> None:
    rig.tws.switches.execution_days = 7
    since, until = rig.clock.now() - timedelta(days=9), rig.clock.now()

    async def read(session: BrokerSession) -> int:
        accounts = await session.accounts()
        batches: list[Any] = [accounts]
        for account in accounts:
            batches += [
                await session.portfolio(account.id),
                await session.transactions(account.id, since, until),
                await session.orders(account.id, since, until),
            ]
        return len(batches)

    for kind, args in kinds:
        session = rig.session(port)
        await rig.fault(kind, route, **args)
        with monkeypatch.context() as patched:
            patched.setattr("brokerdesk.brokers.ibkr.gateway.ANSWER_LIMIT", 0.5)
            patched.setattr("brokerdesk.brokers.ibkr.connecting.GREETING_LIMIT", 0.5)
            with contextlib.suppress(BrokerError):
                await read(session)
        await rig.heal()
        await rig.clock.advance(5)
        assert await read(session) == 7, kind
        await session.aclose()


async def test_refused_connections_are_survived(rig: IbkrRig, port: MemoryCredentials) -> None:
    session = rig.session(port)
    rig.sim.faults.add([{"kind": "refuse", "times": 2}])
    assert len(await session.accounts()) == 2
    await session.aclose()


async def test_c12_silence_ends_at_the_deadline(
    rig: IbkrRig, session: BrokerSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("brokerdesk.brokers.ibkr.gateway.ANSWER_LIMIT", 0.5)
    account = await first_account(session)
    rig.tws.switches.silent = [6]
    with pytest.raises(BrokerUnavailableError, match="too long"):
        await session.portfolio(account)
    rig.tws.switches.silent = []
    assert (await session.portfolio(account)).positions


async def test_c12_a_silent_greeting_ends_at_its_deadline(
    rig: IbkrRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("brokerdesk.brokers.ibkr.connecting.GREETING_LIMIT", 0.3)
    rig.tws.switches.silent = [71]
    flow = rig.flow()
    await flow.start()
    step = await flow.submit(rig.answers)
    assert isinstance(step, FormStep)
    assert "too long" in step.problems[0][1]
    await flow.aclose()


async def test_a_cancelled_reading_leaves_nothing_for_the_next_one(
    rig: IbkrRig, session: BrokerSession
) -> None:
    account = await first_account(session)
    good = await session.portfolio(account)
    await rig.fault("drip", "portfolio", bytes_per_second=100, pause=0)
    for waits in (5, 20, 60, 100):
        running = asyncio.ensure_future(session.portfolio(account))
        for _ in range(waits):
            await asyncio.sleep(0)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        after = await session.portfolio(account)
        assert after.positions == good.positions
        assert after.balances == good.balances


async def test_questions_at_once_do_not_mix(rig: IbkrRig, session: BrokerSession) -> None:
    accounts = (await session.accounts()).items
    alone = [await session.portfolio(one.id) for one in accounts]
    since, until = rig.clock.now() - timedelta(days=9), rig.clock.now()
    both = await asyncio.gather(
        *(session.portfolio(one.id) for one in accounts),
        *(session.orders(one.id, since, until) for one in accounts),
        session.quotes(["AAPL"]),
    )
    for before, after in zip(alone, both[:2], strict=True):
        assert isinstance(after, Reading)
        assert after.positions == before.positions


SPOILT = ["wrong_type", "nan", "infinity", "big_number", "missing_field", "null", "bad_enum"]
FIELDS = [
    "NetLiquidationByCurrency",
    "CashBalance",
    "position",
    "marketValue",
    "averageCost",
    "symbol",
    "secType",
    "currency",
    "conId",
]


@pytest.mark.parametrize("edit", SPOILT)
@pytest.mark.parametrize("field", FIELDS)
async def test_c13_a_spoilt_figure_is_told_or_missing_but_never_another_one(
    rig: IbkrRig, session: BrokerSession, edit: str, field: str
) -> None:
    account = await first_account(session)
    good = await session.portfolio(account)
    await rig.fault("edit", "portfolio", edit=edit, field=field)
    try:
        spoilt = await session.portfolio(account)
    except BrokerProtocolError:
        return
    known = {held.instrument.broker_ids: held for held in good.positions}
    for held in spoilt.positions:
        honest = known.get(held.instrument.broker_ids)
        if honest is not None:
            for name in ("quantity", "market_value"):
                assert getattr(held, name) in (None, getattr(honest, name))
    for name in ("cash", "net_liquidation"):
        assert getattr(spoilt.balances[0], name) in (None, getattr(good.balances[0], name))
    lost = len(good.positions) - len(spoilt.positions)
    assert len(spoilt.unread) >= lost, "what was lost is named"
