"""The adapter against the simulated Schwab: figures that have to add up, and the recorded past."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest
from support.brokers import MemoryCredentials
from support.rigs import SchwabRig, schwab_rig, sign_in, to_browser

from brokerdesk.brokers.base import BrokerSession
from brokerdesk.brokers.flow import DoneStep, FailedStep
from brokerdesk.domain.ids import account_id
from brokerdesk.domain.kinds import AccountType, AssetType, Environment, TaxStatus
from brokerdesk.errors import AuthRejectedError, BrokerError


@pytest.fixture
async def rig() -> AsyncIterator[SchwabRig]:
    async with schwab_rig() as made:
        yield made


@pytest.fixture
async def session(rig: SchwabRig) -> AsyncIterator[BrokerSession]:
    opened = rig.session(MemoryCredentials((await sign_in(rig)).credentials))
    yield opened
    await opened.aclose()


async def test_cash_debit_short_proceeds_and_holdings_make_the_total(
    session: BrokerSession,
) -> None:
    for account in await session.accounts():
        reading = await session.portfolio(account.id)
        balance = reading.balances[0]
        others = dict(balance.others)
        parts = [balance.cash, others.get("marginBalance"), others.get("shortBalance")]
        held = sum((held.market_value or 0 for held in reading.positions), Decimal(0))
        assert held + sum(part or 0 for part in parts) == balance.net_liquidation


async def test_every_kind_of_account_and_holding_is_recognised(session: BrokerSession) -> None:
    accounts = (await session.accounts()).items
    assert {account.type for account in accounts} == {AccountType.CASH, AccountType.MARGIN}
    assert TaxStatus.TAX_FREE in {account.tax_status for account in accounts}
    kinds: set[AssetType] = set()
    quantities: list[Decimal] = []
    for account in accounts:
        reading = await session.portfolio(account.id)
        for held in reading.positions:
            kinds.add(held.instrument.asset_type)
            quantities.append(held.quantity)
            if held.instrument.asset_type is AssetType.OPTION:
                assert held.instrument.strike
                assert held.instrument.expiry
                assert held.instrument.underlying
    assert kinds >= {
        AssetType.EQUITY,
        AssetType.ETF,
        AssetType.MUTUAL_FUND,
        AssetType.OPTION,
        AssetType.FIXED_INCOME,
    }
    assert min(quantities) < 0
    assert any(quantity != quantity.to_integral_value() for quantity in quantities)


async def test_the_recorded_past_is_read_by_the_same_mapping(
    rig: SchwabRig, session: BrokerSession
) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
        answer = await http.get(f"{rig.origin.control_url}/history?days=5")
    lines: list[dict[str, Any]] = [json.loads(line) for line in answer.text.splitlines()]
    assert len(lines) >= 20
    replay = rig.spec.replay
    assert replay is not None
    known = {account.id for account in await session.accounts()}
    for line in lines:
        at = datetime.fromisoformat(line["at"]).astimezone(UTC)
        reading = replay(json.dumps(line["answer"]).encode(), Environment.PRACTICE, at)
        assert reading.fetched_at == at
        assert reading.account in known
        assert reading.account == account_id("schwab", "practice", line["account_number"])
        assert not reading.unread


async def test_accounts_left_out_at_consent_are_not_listed(rig: SchwabRig) -> None:
    flow = rig.flow()
    step = await to_browser(rig, flow)
    number = rig.sim.exchange.accounts[0].profile.number
    body = {"url": step.url, "action": "allow", "accounts": [number]}
    redirect = await rig.control("approve", body)
    await flow.paste(redirect["redirect"])
    done = await flow.wait()
    assert isinstance(done, DoneStep)
    await flow.aclose()
    session = rig.session(MemoryCredentials(done.credentials))
    accounts = await session.accounts()
    assert [account.id for account in accounts] == [account_id("schwab", "practice", number)]
    await session.aclose()


async def test_a_code_that_is_too_old_offers_a_restart(rig: SchwabRig) -> None:
    flow = rig.flow()
    step = await to_browser(rig, flow)
    redirect = await rig.control("approve", {"url": step.url, "action": "allow"})
    await rig.clock.advance(31)
    await flow.paste(redirect["redirect"])
    failed = await flow.wait()
    assert isinstance(failed, FailedStep)
    assert isinstance(failed.error, AuthRejectedError)
    assert "30 seconds" in failed.error.message
    assert failed.can_restart
    await flow.aclose()


@pytest.mark.parametrize(
    "switches",
    [
        {"rotate_refresh_tokens": True},
        {"preference_as_array": True},
        {"wrong_secret_status": 400},
        {"refresh_error": "invalid_client"},
        {"omit_fields": ["netChange", "cusip", "optionMultiplier", "putCall"]},
    ],
)
async def test_what_nobody_knows_for_sure_is_taken_either_way(
    rig: SchwabRig, switches: dict[str, Any]
) -> None:
    await rig.control("switches", switches)
    port = MemoryCredentials((await sign_in(rig)).credentials)
    session = rig.session(port)
    accounts = (await session.accounts()).items
    assert accounts[0].name == "Individual"
    for _ in range(2):
        await rig.clock.advance(1790)
        assert not (await session.portfolio(accounts[0].id)).unread
    flow = rig.flow()
    form = await rig.go_through_browser(flow, await to_browser(rig, flow, rig.wrong_answers))
    assert getattr(form, "problems", None), form
    await flow.aclose()
    await rig.expire("refresh")
    await rig.expire("access")
    with pytest.raises(BrokerError) as caught:
        await session.accounts()
    assert caught.value.code == "auth_expired"
    await session.aclose()
