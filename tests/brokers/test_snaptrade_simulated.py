"""The adapter against the simulated SnapTrade: figures that add up, and what else it can do."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from support.rigs_snaptrade import SnapTradeRig, snaptrade_rig

from brokerdesk.brokers.base import Gatherer
from brokerdesk.brokers.snaptrade.session import SnapTradeSession
from brokerdesk.domain.ids import account_id
from brokerdesk.domain.kinds import (
    AccountType,
    AssetType,
    Environment,
    OrderStatus,
    TaxStatus,
    TransactionType,
)
from brokerdesk.errors import (
    AuthExpiredError,
    BrokerError,
    BrokerRefusedError,
    BrokerUnavailableError,
    NotSupportedError,
    RateLimitedError,
)
from brokerdesk.log import redactor


@pytest.fixture
async def rig() -> AsyncIterator[SnapTradeRig]:
    async with snaptrade_rig() as made:
        yield made


@pytest.fixture
async def session(rig: SnapTradeRig) -> AsyncIterator[SnapTradeSession]:
    opened = rig.opened(rig.port())
    yield opened
    await opened.aclose()


async def named(session: SnapTradeSession) -> dict[str, Any]:
    return {account.name: account for account in await session.accounts()}


# -- figures ----------------------------------------------------------------------------------
async def test_cash_and_holdings_make_the_total_in_every_currency(
    rig: SnapTradeRig, session: SnapTradeSession
) -> None:
    accounts = await named(session)
    for name, account in accounts.items():
        reading = await session.portfolio(account.id)
        assert not reading.unread
        for balance in reading.balances:
            held = [p for p in reading.positions if p.instrument.currency == balance.currency]
            worth = sum((p.market_value or 0 for p in held), Decimal(0))
            assert balance.cash is not None
            assert balance.cash + worth == balance.net_liquidation, name
    assert rig.requests()[0] == "/authorizations"


async def test_every_kind_of_account_and_holding_is_recognised(session: SnapTradeSession) -> None:
    accounts = await named(session)
    assert {one.institution for one in accounts.values()} == {"Fidelity", "Robinhood", "Questrade"}
    assert accounts["Robinhood Individual"].type is AccountType.CASH
    assert accounts["Questrade Margin"].type is AccountType.MARGIN
    assert accounts["Fidelity Rollover IRA"].type is AccountType.CASH
    assert accounts["Fidelity Rollover IRA"].tax_status is TaxStatus.TAX_DEFERRED
    kinds: set[AssetType] = set()
    quantities: list[Decimal] = []
    currencies: set[str] = set()
    for account in accounts.values():
        reading = await session.portfolio(account.id)
        currencies |= {balance.currency for balance in reading.balances}
        for held in reading.positions:
            kinds.add(held.instrument.asset_type)
            quantities.append(held.quantity)
            assert held.market_value is not None
            assert held.cost_basis is not None
            assert held.average_cost is not None
            if held.instrument.asset_type is AssetType.OPTION:
                assert held.instrument.multiplier == 100
                assert held.instrument.underlying == "QQQ"
                assert held.instrument.strike
                assert held.instrument.expiry
                assert abs(held.cost_basis) > abs(held.average_cost) * 99
    assert kinds == {
        AssetType.EQUITY,
        AssetType.ETF,
        AssetType.MUTUAL_FUND,
        AssetType.OPTION,
        AssetType.CRYPTO,
    }
    assert currencies == {"USD", "CAD"}
    assert min(quantities) < 0
    assert any(quantity != quantity.to_integral_value() for quantity in quantities)


async def test_a_fund_that_the_cash_lies_in_is_not_counted_twice(session: SnapTradeSession) -> None:
    account = (await named(session))["Fidelity Rollover IRA"]
    reading = await session.portfolio(account.id)
    assert "SPAXX" not in {held.instrument.symbol for held in reading.positions}
    swept = dict(reading.balances[0].others)["sweep.SPAXX"]
    assert reading.balances[0].cash is not None
    assert 0 < swept <= reading.balances[0].cash


async def test_money_abroad_has_its_own_sum_and_the_converted_total_stands_beside(
    session: SnapTradeSession,
) -> None:
    account = (await named(session))["Questrade Margin"]
    reading = await session.portfolio(account.id)
    dollars, canadian = reading.balances
    assert (dollars.currency, canadian.currency) == ("USD", "CAD")
    assert "reported.total" in dict(dollars.others)
    assert "reported.total" not in dict(canadian.others)
    assert canadian.net_liquidation is not None
    assert canadian.cash is not None
    assert canadian.net_liquidation > canadian.cash > 0


async def test_the_older_answer_gives_the_same_figures_when_it_is_all_there_is(
    rig: SnapTradeRig, session: SnapTradeSession
) -> None:
    accounts = await named(session)
    newer = {name: await session.portfolio(one.id) for name, one in accounts.items()}
    rig.switches.positions_all_gone, rig.switches.holdings_gone = True, False
    for name, account in accounts.items():
        older = await session.portfolio(account.id)
        if name == "Questrade Margin":
            continue  # its fund abroad is in the newer answer only
        assert {p.instrument.key: p.quantity for p in older.positions} == {
            p.instrument.key: p.quantity for p in newer[name].positions
        }
        assert {p.instrument.key: p.cost_basis for p in older.positions} == {
            p.instrument.key: p.cost_basis for p in newer[name].positions
        }
        assert older.balances[0].net_liquidation == newer[name].balances[0].net_liquidation


async def test_when_both_answers_are_gone_that_is_said(
    rig: SnapTradeRig, session: SnapTradeSession
) -> None:
    account = (await session.accounts()).items[0]
    rig.switches.positions_all_gone = True
    with pytest.raises(BrokerRefusedError, match="no longer offers"):
        await session.portfolio(account.id)


async def test_options_of_the_older_answer_cost_the_same(
    rig: SnapTradeRig, session: SnapTradeSession
) -> None:
    account = (await named(session))["Questrade Margin"]
    newer = await session.portfolio(account.id)
    rig.switches.positions_all_gone, rig.switches.holdings_gone = True, False
    older = await session.portfolio(account.id)
    costs = {p.instrument.key: (p.quantity, p.cost_basis) for p in older.positions}
    options = [p for p in newer.positions if p.instrument.asset_type is AssetType.OPTION]
    assert options
    for held in options:
        assert costs[held.instrument.key] == (held.quantity, held.cost_basis)


async def test_the_newer_list_of_accounts_serves_when_the_older_is_gone(
    rig: SnapTradeRig, session: SnapTradeSession
) -> None:
    before = await named(session)
    rig.switches.accounts_gone = True
    after = await named(session)
    assert {one.id for one in before.values()} == {one.id for one in after.values()}
    masks = {one.id: one.number_mask for one in before.values()}
    assert {one.id: one.number_mask for one in after.values()} == masks
    assert {one.institution for one in after.values()} == {"Fidelity", "Robinhood", "Questrade"}
    assert (await session.portfolio(after["Robinhood Crypto"].id)).positions


async def test_the_recorded_past_is_read_by_the_same_mapping(
    rig: SnapTradeRig, session: SnapTradeSession
) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
        answer = await http.get(f"{rig.origin.control_url}/history?days=3")
    lines: list[dict[str, Any]] = [json.loads(line) for line in answer.text.splitlines()]
    assert len(lines) == 12
    known = {one.id for one in (await named(session)).values()}
    assert rig.spec.replay is not None
    for line in lines:
        at = datetime.fromisoformat(line["at"]).astimezone(UTC)
        raw = json.dumps(line["answer"]).encode()
        reading = rig.spec.replay(raw, Environment.PRACTICE, at)
        assert reading.account in known
        assert reading.fetched_at == at
        assert not reading.unread
        assert reading.balances[0].net_liquidation


# -- connections that want a new sign-in ---------------------------------------------------------
async def test_old_figures_of_a_disabled_connection_are_told_as_old(
    rig: SnapTradeRig, session: SnapTradeSession
) -> None:
    accounts = await named(session)
    fresh = await session.portfolio(accounts["Fidelity Rollover IRA"].id)
    rig.switches.disabled = ["FIDELITY"]
    await session.accounts()
    stale = await session.portfolio(accounts["Fidelity Rollover IRA"].id)
    assert stale.positions, "it still answers, with old data"
    assert stale.as_of == rig.clock.now() - timedelta(days=3)
    assert fresh.as_of == rig.clock.now()
    (told,) = stale.unread
    assert told.label == "newer figures"
    assert "Fidelity has wanted a new sign-in" in told.reason
    assert "November 17, 2026" in told.reason
    assert stale.balances[0].net_liquidation is not None
    other = await session.portfolio(accounts["Robinhood Individual"].id)
    assert not other.unread
    assert (await session.sign_in()).ends is None, "the others go on"


async def test_when_every_brokerage_wants_a_sign_in_the_connection_does(
    rig: SnapTradeRig, session: SnapTradeSession
) -> None:
    rig.switches.disabled = ["FIDELITY", "ROBINHOOD", "QUESTRADE"]
    await session.accounts()
    ends = (await session.sign_in()).ends
    assert ends == rig.clock.now() - timedelta(days=3)


async def test_a_hidden_account_is_told_from_an_empty_one(
    rig: SnapTradeRig, session: SnapTradeSession
) -> None:
    account = (await named(session))["Fidelity Rollover IRA"]
    full = await session.portfolio(account.id)
    rig.switches.hidden = ["FIDELITY"]
    reading = await session.portfolio(account.id)
    assert not reading.positions
    assert reading.balances[0].net_liquidation == full.balances[0].net_liquidation
    assert any(one.where == "positions" for one in reading.unread)


async def test_an_account_that_is_still_being_read_is_not_empty(
    rig: SnapTradeRig, session: SnapTradeSession
) -> None:
    account = (await named(session))["Fidelity Rollover IRA"]
    rig.switches.syncing = ["FIDELITY"]
    with pytest.raises(BrokerUnavailableError, match="still on their way"):
        await session.portfolio(account.id)


async def test_brokerages_are_listed_refreshed_and_removed(
    rig: SnapTradeRig, session: SnapTradeSession
) -> None:
    assert isinstance(session, Gatherer)
    rig.switches.disabled = ["QUESTRADE"]
    robinhood, fidelity, questrade = await session.links()
    assert [one.institution for one in (robinhood, fidelity, questrade)] == [
        "Robinhood",
        "Fidelity",
        "Questrade",
    ]
    assert (fidelity.trades, robinhood.trades) == (False, True)
    assert (fidelity.live, robinhood.live) == (False, True)
    assert (robinhood.working, questrade.working) == (True, False)
    assert questrade.since == rig.clock.now() - timedelta(days=3)
    before = len(rig.requests())
    await session.refresh_link(robinhood.id)
    assert rig.state.refreshes == [robinhood.id]
    assert len(rig.requests()) == before + 1, "what may be billed is asked for once"
    with pytest.raises(BrokerRefusedError, match="new sign-in"):
        await session.refresh_link(questrade.id)
    await session.remove_link(robinhood.id)
    assert [one.institution for one in await session.links()] == ["Fidelity", "Questrade"]
    assert {one.institution for one in await session.accounts()} == {"Fidelity", "Questrade"}


@pytest.mark.parametrize("kind", ["reset_after", "reset_before", "html", "truncate"])
async def test_what_may_be_billed_is_never_asked_for_twice(
    rig: SnapTradeRig, session: SnapTradeSession, kind: str
) -> None:
    link = (await session.links()).items[0]
    await rig.fault(kind, "/refresh$")
    before = len(rig.requests())
    with pytest.raises(BrokerUnavailableError):
        await session.refresh_link(link.id)
    assert len(rig.requests()) == before + 1


# -- activities ------------------------------------------------------------------------------------
async def test_activities_add_up_to_the_change_of_cash(
    rig: SnapTradeRig, session: SnapTradeSession
) -> None:
    account = (await named(session))["Robinhood Individual"]
    held = next(a for a in rig.dialect.exchange.accounts if a.profile.nickname == "Individual")
    until = rig.clock.now().replace(hour=0, minute=0) - timedelta(seconds=1)
    since = (until - timedelta(days=700)).replace(hour=0, minute=0, second=0)
    found = await session.transactions(account.id, since, until)
    assert not found.unread
    cash = held.book_at(until).cash - held.book_at(since).cash
    assert sum((one.amount for one in found), Decimal(0)) == cash
    assert len({one.id for one in found}) == len(found)
    assert {one.type for one in found} >= {
        TransactionType.TRADE,
        TransactionType.DIVIDEND_OR_INTEREST,
        TransactionType.DEPOSIT,
    }
    for one in found:
        if one.type is TransactionType.TRADE:
            assert one.quantity is not None
            assert one.quantity * one.amount < 0, "units come when cash goes"


@pytest.mark.parametrize("inside", [True, False])
async def test_fees_count_once_whether_the_amount_has_them_or_not(
    rig: SnapTradeRig, session: SnapTradeSession, inside: bool
) -> None:
    account = (await named(session))["Questrade Margin"]
    held = next(a for a in rig.dialect.exchange.accounts if a.profile.nickname == "Margin")
    rig.switches.fee_inside = inside
    until = rig.clock.now().replace(hour=0, minute=0) - timedelta(seconds=1)
    since = (until - timedelta(days=365)).replace(hour=0, minute=0, second=0)
    found = await session.transactions(account.id, since, until)
    cash = held.book_at(until).cash - held.book_at(since).cash
    assert abs(sum((one.amount for one in found), Decimal(0)) - cash) < Decimal("0.5")
    options = [one for one in found if one.instrument and one.instrument.multiplier == 100]
    assert options
    assert all(one.fees for one in options if one.type is TransactionType.TRADE)


async def test_long_lists_come_in_pages_and_nothing_twice(
    rig: SnapTradeRig, session: SnapTradeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = (await named(session))["Robinhood Individual"]
    since, until = rig.clock.now() - timedelta(days=900), rig.clock.now()
    whole = await session.transactions(account.id, since, until)
    monkeypatch.setattr("brokerdesk.brokers.snaptrade.client.PAGE", 25)
    before = len(rig.requests())
    paged = await session.transactions(account.id, since, until)
    assert {one.id for one in paged} == {one.id for one in whole}
    assert len(rig.requests()) - before == -(-len(whole) // 25)
    assert len(whole) > 100


async def test_a_day_without_a_time_keeps_its_date_in_america(
    rig: SnapTradeRig, session: SnapTradeSession
) -> None:
    account = (await named(session))["Robinhood Individual"]
    since = rig.clock.now() - timedelta(days=90)
    found = await session.transactions(account.id, since, rig.clock.now())
    deposits = [one for one in found if one.type is TransactionType.DEPOSIT]
    assert deposits
    assert all(one.time.hour == 12 for one in deposits)


# -- orders and quotes -------------------------------------------------------------------------
async def test_orders_of_today_are_as_they_are_now(
    rig: SnapTradeRig, session: SnapTradeSession
) -> None:
    accounts = await named(session)
    until, since = rig.clock.now(), rig.clock.now() - timedelta(days=60)
    states: set[OrderStatus] = set()
    for account in accounts.values():
        found = await session.orders(account.id, since, until)
        assert not found.unread
        assert all(since <= one.entered_at <= until for one in found if one.entered_at)
        states |= {one.status for one in found}
        for one in found:
            (leg,) = one.legs
            assert leg.quantity == one.quantity
            assert (one.average_price is not None) == (one.filled_quantity > 0)
    assert states >= {OrderStatus.FILLED, OrderStatus.WORKING, OrderStatus.CANCELLED}


async def test_newest_orders_are_left_out_where_they_cannot_be_had_and_asked_for_once(
    rig: SnapTradeRig, session: SnapTradeSession
) -> None:
    account = (await named(session))["Questrade Margin"]
    until, since = rig.clock.now(), rig.clock.now() - timedelta(days=30)
    for _ in range(2):
        found = await session.orders(account.id, since, until)
        assert not found.unread
    asked = [path for path in rig.requests() if path.endswith("/recentOrders")]
    assert len(asked) == 1


async def test_quotes_come_from_a_brokerage_that_has_them(
    rig: SnapTradeRig, session: SnapTradeSession
) -> None:
    await session.accounts()
    wanted = ["AAPL", "VOO", "QQQ   261218C00600000", "NOPE", "BTC/USD"]
    found = await session.quotes(wanted)
    assert {one.symbol for one in found} == {"AAPL", "VOO"}
    assert {one.label for one in found.unread} == {"QQQ   261218C00600000", "NOPE", "BTC/USD"}
    assert all(one.bid and one.ask and one.last for one in found)
    rig.switches.quotes_allowed = False
    none = await session.quotes(["AAPL"])
    assert not none.items
    assert "No connected brokerage gives quotes" in none.unread[0].reason


# -- limits --------------------------------------------------------------------------------------
async def test_no_account_is_asked_more_than_ten_times_a_minute() -> None:
    async with snaptrade_rig(throttle_per_minute=250) as rig:
        assert rig.switches.account_per_minute == 10
        session = rig.opened(rig.port())
        account = (await session.accounts()).items[0]
        began = rig.clock.monotonic()
        for _ in range(8):
            await session.portfolio(account.id)
        assert 429 not in [entry["status"] for entry in rig.sim.log]
        assert rig.clock.monotonic() - began > 60, "24 questions take their time"
        await session.aclose()


async def test_an_accounts_limit_says_nothing_about_the_others() -> None:
    async with snaptrade_rig(throttle_per_minute=250) as rig:
        session = rig.opened(rig.port())
        first, second, *_ = await session.accounts()
        rig.switches.account_per_minute = 1
        rig.switches.retry_after = "600"
        with pytest.raises(RateLimitedError) as caught:
            await session.portfolio(first.id)
        assert caught.value.retry_after == 600
        before = len(rig.requests())
        with pytest.raises(RateLimitedError):
            await session.portfolio(first.id)
        assert len(rig.requests()) == before, "it is not asked while its pause lasts"
        rig.switches.account_per_minute = None
        assert (await session.portfolio(second.id)).positions
        await session.aclose()


async def test_the_words_of_a_throttle_are_heard_without_a_header(
    rig: SnapTradeRig, session: SnapTradeSession
) -> None:
    account = (await session.accounts()).items[0]
    rig.switches.rate_headers = False
    rig.switches.throttle_per_minute = 0
    began = rig.clock.monotonic()
    with pytest.raises(RateLimitedError) as caught:
        await session.portfolio(account.id)
    assert caught.value.retry_after == 7
    assert rig.clock.monotonic() - began >= 21, "three more tries, each after the pause"


# -- keys --------------------------------------------------------------------------------------
async def test_a_key_that_was_withdrawn_ends_the_sign_in(
    rig: SnapTradeRig, session: SnapTradeSession
) -> None:
    await session.accounts()
    await rig.expire("keys")
    with pytest.raises(AuthExpiredError, match="does not accept this key"):
        await session.accounts()


async def test_a_key_that_was_renewed_meanwhile_is_found_in_the_store(rig: SnapTradeRig) -> None:
    port = rig.port(consumer_key="an old one")
    session = rig.opened(port)
    with pytest.raises(AuthExpiredError):
        await session.accounts()
    port.credentials["consumer_key"] = rig.origin.secrets["consumer_key"]
    assert len(await session.accounts()) == 4
    await session.aclose()


async def test_a_clock_that_is_wrong_is_told_and_made_up_for(rig: SnapTradeRig) -> None:
    heard: list[float] = []
    session = rig.opened(rig.port(), on_clock_skew=heard.append)
    rig.sim.clock.advance(3600)
    assert len(await session.accounts()) == 4
    assert heard
    assert -3700 < heard[0] < -3500
    await session.aclose()


async def test_a_personal_key_names_no_user_and_has_no_user_secret(
    rig: SnapTradeRig, session: SnapTradeSession
) -> None:
    with pytest.raises(NotSupportedError):
        await session.rotate_user_secret()
    await session.accounts()
    assert not any("registerUser" in path for path in rig.requests())


async def test_a_commercial_users_secret_is_rotated_and_kept(rig: SnapTradeRig) -> None:
    rig.state.users["desk"] = "first"
    keys = rig.commercial
    port = rig.port(
        client_id=keys["client_id"],
        consumer_key=keys["consumer_key"],
        user_id="desk",
        user_secret="first",
    )
    session = rig.opened(port)
    assert len(await session.accounts()) == 0
    await session.rotate_user_secret()
    assert port.credentials["user_secret"] == rig.state.users["desk"] != "first"
    assert port.credentials["user_id"] == "desk"
    rig.state.connect("desk", "ROBINHOOD", "read")
    assert len(await session.accounts()) == 2
    await session.aclose()


async def test_a_secret_whose_answer_is_lost_is_not_asked_for_again(rig: SnapTradeRig) -> None:
    rig.state.users["desk"] = "first"
    keys = rig.commercial
    port = rig.port(
        client_id=keys["client_id"],
        consumer_key=keys["consumer_key"],
        user_id="desk",
        user_secret="first",
    )
    session = rig.opened(port)
    await rig.fault("reset_after", "resetUserSecret")
    with pytest.raises(BrokerError):
        await session.rotate_user_secret()
    assert [path for path in rig.requests() if "reset" in path] == ["/snapTrade/resetUserSecret"]
    assert port.credentials["user_secret"] == "first"
    await session.aclose()


async def test_an_account_that_is_gone_is_named(
    rig: SnapTradeRig, session: SnapTradeSession
) -> None:
    await session.accounts()
    with pytest.raises(BrokerRefusedError, match="no longer lists"):
        await session.portfolio(account_id("snaptrade", "practice", "another"))


async def test_an_answer_for_another_account_is_thrown_away(
    rig: SnapTradeRig, session: SnapTradeSession
) -> None:
    first, second, *_ = await session.accounts()
    other = next(h.id for h in rig.state.held("") if h.role.name == second.name)
    await rig.fault("edit", r"^/accounts/[0-9a-f-]{36}$", edit="value", field="id", value=other)
    with pytest.raises(BrokerError, match="another account"):
        await session.portfolio(first.id)


async def test_a_users_secret_is_in_no_log_though_it_is_in_the_address(
    rig: SnapTradeRig, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "a+b/c=" * 6
    rig.state.users["desk"] = secret
    keys = rig.commercial
    port = rig.port(
        client_id=keys["client_id"],
        consumer_key=keys["consumer_key"],
        user_id="desk",
        user_secret=secret,
    )
    session = rig.opened(port)
    with caplog.at_level("DEBUG", logger="brokerdesk"):
        await session.accounts()
        await rig.fault("reset_before", "^/accounts$")
        with pytest.raises(BrokerUnavailableError) as caught:
            await session.accounts()
    told = caplog.text + repr(caught.value) + redactor.redact(repr(caught.value.__cause__))
    assert "/accounts" in told
    assert secret not in told
    assert quote(secret, safe="") not in redactor.redact(
        f"GET /x?userSecret={quote(secret, safe='')}"
    )
    await session.aclose()
