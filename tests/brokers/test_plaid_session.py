"""Reading a login through the simulated Plaid."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from support.brokers import MemoryCredentials
from support.rigs import sign_in
from support.rigs_plaid import PlaidRig, plaid_rig

from brokerdesk.brokers.base import BilledBalances, Gatherer, SignsOut
from brokerdesk.brokers.plaid.session import PlaidSession
from brokerdesk.domain.account import Account
from brokerdesk.domain.kinds import AssetType, TransactionType
from brokerdesk.errors import (
    AuthError,
    AuthExpiredError,
    BrokerError,
    BrokerRefusedError,
    BrokerUnavailableError,
    RateLimitedError,
)

HOLDINGS, TRANSACTIONS = "/investments/holdings/get", "/investments/transactions/get"


@pytest.fixture
async def rig() -> AsyncIterator[PlaidRig]:
    async with plaid_rig() as made:
        yield made


@pytest.fixture
async def session(rig: PlaidRig) -> AsyncIterator[PlaidSession]:
    opened = rig.session(MemoryCredentials((await sign_in(rig)).credentials))
    assert isinstance(opened, PlaidSession)
    yield opened
    await opened.aclose()


async def account(session: PlaidSession, subtype: str) -> Account:
    return next(one for one in await session.accounts() if one.raw_type.endswith(subtype))


async def test_accounts_name_their_institution(session: PlaidSession) -> None:
    accounts = (await session.accounts()).items
    assert [one.raw_type for one in accounts] == [
        "investment/brokerage",
        "investment/401k",
        "depository/cash management",
    ]
    assert {one.institution for one in accounts} == {"First Platypus Bank"}


async def test_figures_are_the_exchanges(rig: PlaidRig, session: PlaidSession) -> None:
    found = await account(session, "brokerage")
    reading = await session.portfolio(found.id)
    truth = rig.dialect.exchange.accounts[0].value_at(rig.clock.now())
    assert {p.quantity for p in reading.positions} == {p.quantity for p in truth.positions}
    assert reading.balances[0].cash == truth.cash
    worth = sum((p.market_value or Decimal(0) for p in reading.positions), Decimal(0))
    assert worth == truth.liquidation - truth.cash
    assert reading.balances[1].currency == "EUR"
    kinds = {p.instrument.asset_type for p in reading.positions}
    assert kinds >= {AssetType.EQUITY, AssetType.ETF, AssetType.OPTION, AssetType.FIXED_INCOME}


@pytest.mark.parametrize(
    ("switch", "value"),
    [
        ("options_in_contracts", True),
        ("short_sign", "positive_value"),
        ("cash_as", "both"),
    ],
)
async def test_either_answer_gives_the_same_figures(
    rig: PlaidRig, session: PlaidSession, switch: str, value: Any
) -> None:
    found = await account(session, "brokerage")
    before = await session.portfolio(found.id)
    setattr(rig.dialect.switches, switch, value)
    after = await session.portfolio(found.id)
    assert {(p.instrument.symbol, p.quantity, p.market_value) for p in before.positions} == {
        (p.instrument.symbol, p.quantity, p.market_value) for p in after.positions
    }
    assert before.balances[0].cash == after.balances[0].cash


async def test_cash_told_as_available_alone_is_cash_too(
    rig: PlaidRig, session: PlaidSession
) -> None:
    found = await account(session, "401k")
    before = (await session.portfolio(found.id)).balances[0].cash
    rig.dialect.switches.cash_as = "available"
    assert (await session.portfolio(found.id)).balances[0].cash == before


async def test_one_answer_serves_a_round_and_no_longer(
    rig: PlaidRig, session: PlaidSession
) -> None:
    accounts = (await session.accounts()).items
    for one in accounts:
        await session.portfolio(one.id)
    assert rig.requests().count(HOLDINGS) == 1
    await session.portfolio(accounts[0].id)
    assert rig.requests().count(HOLDINGS) == 2
    await session.accounts()
    await session.portfolio(accounts[1].id)
    assert rig.requests().count(HOLDINGS) == 3


async def test_the_age_of_the_figures_is_the_institutions(
    rig: PlaidRig, session: PlaidSession
) -> None:
    rig.dialect.switches.stale_hours = 30
    found = await account(session, "brokerage")
    reading = await session.portfolio(found.id)
    assert reading.fetched_at - reading.as_of >= timedelta(hours=30)


async def test_transactions_are_paged_and_their_sum_is_the_change_of_cash(
    rig: PlaidRig, session: PlaidSession
) -> None:
    rig.dialect.switches.largest_page = 37
    found = await account(session, "brokerage")
    now = rig.clock.now()
    before = rig.requests().count(TRANSACTIONS)
    batch = await session.transactions(found.id, now - timedelta(days=300), now)
    assert rig.requests().count(TRANSACTIONS) - before > 2
    assert not batch.unread
    truth = [
        event
        for event in rig.dialect.exchange.accounts[0].events(now - timedelta(days=301), now)
        if event.at.date() >= (now - timedelta(days=300)).date()
    ]
    assert sum((one.amount for one in batch), Decimal(0)) == sum(
        (event.amount for event in truth), Decimal(0)
    )
    assert len({one.id for one in batch}) == len(batch)
    for one in batch:
        if one.type is TransactionType.TRADE and one.quantity:
            assert (one.amount > 0) == (one.quantity < 0)


async def test_a_list_that_grows_while_it_is_read_is_read_again(
    rig: PlaidRig, session: PlaidSession
) -> None:
    rig.dialect.switches.largest_page = 20
    rig.dialect.switches.total_grows = True
    found = await account(session, "brokerage")
    now = rig.clock.now()
    with pytest.raises(BrokerUnavailableError, match="changed while"):
        await session.transactions(found.id, now - timedelta(days=300), now)
    rig.dialect.switches.total_grows = False
    assert len(await session.transactions(found.id, now - timedelta(days=300), now)) > 20


async def test_older_than_plaids_history_is_not_asked_for(
    rig: PlaidRig, session: PlaidSession
) -> None:
    found = await account(session, "brokerage")
    old = rig.clock.now() - timedelta(days=900)
    before = len(rig.requests())
    assert not await session.transactions(found.id, old, old + timedelta(days=30))
    assert TRANSACTIONS not in rig.requests()[before:]


async def test_figures_beside_an_ended_login_are_not_taken_for_new_ones(
    rig: PlaidRig, session: PlaidSession
) -> None:
    found = await account(session, "brokerage")
    rig.dialect.switches.item_error = "ITEM_LOGIN_REQUIRED"
    with pytest.raises(AuthExpiredError):
        await session.accounts()
    with pytest.raises(AuthExpiredError):
        await session.portfolio(found.id)
    rig.dialect.switches.item_error = "INSTITUTION_DOWN"
    assert (await session.portfolio(found.id)).positions


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("ITEM_LOGIN_REQUIRED", AuthExpiredError),
        ("ITEM_NOT_FOUND", AuthExpiredError),
        ("INVALID_ACCESS_TOKEN", AuthExpiredError),
        ("INSTITUTION_NO_LONGER_SUPPORTED", AuthExpiredError),
        ("INVALID_API_KEYS", AuthError),
        ("PRODUCT_NOT_READY", BrokerUnavailableError),
        ("INSTITUTION_DOWN", BrokerUnavailableError),
        ("INTERNAL_SERVER_ERROR", BrokerUnavailableError),
        ("PLANNED_MAINTENANCE", BrokerUnavailableError),
        ("HOLDINGS_LIMIT", RateLimitedError),
        ("NO_INVESTMENT_ACCOUNTS", BrokerRefusedError),
        ("NOT_FOUND", BrokerRefusedError),
    ],
)
async def test_error_codes(
    rig: PlaidRig, session: PlaidSession, code: str, kind: type[BrokerError]
) -> None:
    found = await account(session, "brokerage")
    rig.dialect.switches.errors = {HOLDINGS: code}
    with pytest.raises(kind) as caught:
        await session.portfolio(found.id)
    assert caught.value.message
    rig.dialect.switches.errors = {}
    assert (await session.portfolio(found.id)).positions


async def test_reads_are_repeated_although_they_are_posts(
    rig: PlaidRig, session: PlaidSession
) -> None:
    found = await account(session, "brokerage")
    rig.sim.faults.add([{"kind": "reset_after", "path": HOLDINGS, "times": 2}])
    before = rig.requests().count(HOLDINGS)
    assert (await session.portfolio(found.id)).positions
    assert rig.requests().count(HOLDINGS) == before + 3


@pytest.mark.parametrize("path", ["/accounts/balance/get", "/investments/refresh", "/item/remove"])
async def test_what_is_billed_or_changes_something_is_asked_once(
    rig: PlaidRig, session: PlaidSession, path: str
) -> None:
    found = await account(session, "brokerage")
    rig.sim.faults.add([{"kind": "reset_after", "path": path}])
    calls = {
        "/accounts/balance/get": lambda: session.live_balances(found.id),
        "/investments/refresh": lambda: session.refresh_link("any"),
        "/item/remove": session.sign_out,
    }
    with pytest.raises(BrokerUnavailableError):
        await calls[path]()
    assert rig.requests().count(path) == 1


async def test_nothing_billed_is_asked_in_a_round(rig: PlaidRig, session: PlaidSession) -> None:
    now = rig.clock.now()
    for one in await session.accounts():
        await session.portfolio(one.id)
        await session.transactions(one.id, now - timedelta(days=90), now)
        await session.orders(one.id, now - timedelta(days=90), now)
    await session.quotes(["SPY"])
    await session.sign_in()
    assert not {"/accounts/balance/get", "/investments/refresh"} & set(rig.requests())
    for ability in (BilledBalances, Gatherer, SignsOut):
        assert isinstance(session, ability)
    assert set(rig.spec.capabilities.billed) == {"live_balances", "refresh_link"}


async def test_live_balances_links_and_refresh_on_a_click(
    rig: PlaidRig, session: PlaidSession
) -> None:
    found = await account(session, "brokerage")
    (first,) = await session.live_balances(found.id)
    assert first.net_liquidation == (await session.portfolio(found.id)).balances[0].net_liquidation
    (link,) = await session.links()
    assert (link.institution, link.working, link.trades) == ("First Platypus Bank", True, False)
    await session.refresh_link(link.id)
    await rig.expire("login")
    (link,) = await session.links()
    assert not link.working


async def test_signing_out_removes_the_login_and_twice_is_fine(
    rig: PlaidRig, session: PlaidSession
) -> None:
    found = await account(session, "brokerage")
    await session.sign_out()
    with pytest.raises(AuthExpiredError):
        await session.portfolio(found.id)
    await session.sign_out()


async def test_a_consent_that_ends_is_told(rig: PlaidRig, session: PlaidSession) -> None:
    assert (await session.sign_in()).ends is None
    rig.dialect.switches.consent_days = 90
    await session.accounts()
    ends = (await session.sign_in()).ends
    assert ends is not None
    assert ends > rig.clock.now() + timedelta(days=89)


async def test_plaids_limit_for_one_login_is_kept(rig: PlaidRig, session: PlaidSession) -> None:
    found = await account(session, "brokerage")
    started = rig.clock.monotonic()
    for _ in range(16):
        await session.portfolio(found.id)
    assert rig.clock.monotonic() - started >= 59


SPOILT: list[tuple[str, str, str]] = [
    ("/item/get", "wrong_type", "item"),
    (TRANSACTIONS, "infinity", "amount"),
    (TRANSACTIONS, "big_number", "quantity"),
    (TRANSACTIONS, "null", "security_id"),
    (TRANSACTIONS, "null", "iso_currency_code"),
    (HOLDINGS, "null", "security_id"),
    (HOLDINGS, "null", "iso_currency_code"),
]
"""Fields of Plaid's own; what every broker meets is in the fault matrix."""


@pytest.mark.parametrize(("route", "edit", "field"), SPOILT)
async def test_a_spoilt_field_ends_in_facts_or_words(
    rig: PlaidRig, session: PlaidSession, route: str, edit: str, field: str
) -> None:
    found = await account(session, "401k")
    now = rig.clock.now()
    good = await session.portfolio(found.id)
    await rig.fault("edit", f"^{route}$", edit=edit, field=field)

    async def everything() -> None:
        await session.accounts()
        await session.portfolio(found.id)
        await session.transactions(found.id, now - timedelta(days=60), now)

    said: BrokerError | None = None
    try:
        await everything()
    except BrokerError as error:
        said = error
    assert said is None or (said.title and (said.message or said.hint))
    await rig.heal()
    await rig.clock.advance(3700)
    after = await session.portfolio(found.id)
    assert len(after.positions) == len(good.positions)
