"""Signing in through Plaid, signing in again, and what ends it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from support.brokers import MemoryCredentials
from support.rigs import sign_in, to_browser
from support.rigs_plaid import PlaidRig, plaid_rig

from brokerdesk.brokers.flow import (
    BrowserStep,
    DoneStep,
    FailedStep,
    FormStep,
    PasteOutcome,
    Step,
)
from brokerdesk.brokers.plaid.flow import LINK_LASTS, identity_of
from brokerdesk.domain.kinds import Environment
from brokerdesk.errors import (
    AuthExpiredError,
    AuthRejectedError,
    BrokerRefusedError,
    BrokerUnavailableError,
    CallbackTimeoutError,
    UserCancelled,
)

EXCHANGE, CREATE, ASK = "/item/public_token/exchange", "/link/token/create", "/link/token/get"


@pytest.fixture
async def rig() -> AsyncIterator[PlaidRig]:
    async with plaid_rig() as made:
        yield made


async def relogin(rig: PlaidRig, done: DoneStep, **changes: Any) -> Step:
    flow = rig.flow(identity=done.identity, existing=done.credentials, ask_keys=False, **changes)
    step = await rig.go_through_browser(flow, await to_browser(rig, flow))
    await flow.aclose()
    return step


async def test_the_page_is_asked_about_until_the_person_is_done(rig: PlaidRig) -> None:
    flow = rig.flow()
    step = await to_browser(rig, flow)
    assert not step.comes_back
    assert step.ends - rig.clock.now() == LINK_LASTS
    assert await flow.paste("https://127.0.0.1:1/?code=x") is PasteOutcome.WRONG
    done = await rig.go_through_browser(flow, step)
    assert isinstance(done, DoneStep)
    assert done.suggested_name == "First Platypus Bank"
    assert done.sign_in_ends is None
    assert rig.requests().count(EXCHANGE) == 1
    await flow.aclose()


async def test_nobody_comes(rig: PlaidRig) -> None:
    flow = rig.flow()
    await to_browser(rig, flow)
    failed = await flow.wait()
    assert isinstance(failed, FailedStep)
    assert isinstance(failed.error, CallbackTimeoutError)
    assert EXCHANGE not in rig.requests()
    await flow.aclose()


async def test_closing_ends_the_wait(rig: PlaidRig) -> None:
    flow = rig.flow()
    await to_browser(rig, flow)
    await flow.aclose()
    with pytest.raises(UserCancelled):
        await flow.wait()


async def test_a_network_that_fails_meanwhile_does_not_end_the_wait(rig: PlaidRig) -> None:
    flow = rig.flow()
    step = await to_browser(rig, flow)
    rig.sim.faults.add([{"kind": "html", "path": ASK, "times": 3}])
    assert isinstance(await rig.go_through_browser(flow, step), DoneStep)
    await flow.aclose()


async def test_wrong_keys_are_found_before_the_browser_opens(rig: PlaidRig) -> None:
    for status in (400, 401):
        rig.dialect.switches.keys_status = status
        flow = rig.flow()
        await flow.start()
        form = await flow.submit(rig.wrong_answers)
        assert isinstance(form, FormStep)
        assert dict(form.problems).keys() == {"client_id", "secret"}
        assert isinstance(await flow.submit(rig.answers), BrowserStep)
        await flow.aclose()


async def test_a_second_login_at_an_institution_is_refused_before_its_token_is_traded(
    rig: PlaidRig,
) -> None:
    identity = identity_of(Environment.PRACTICE, rig.institution)
    flow = rig.flow(connected={identity: "My bank"})
    failed = await rig.go_through_browser(flow, await to_browser(rig, flow))
    assert isinstance(failed, FailedStep)
    assert isinstance(failed.error, BrokerRefusedError)
    assert "already connected as “My bank”" in failed.error.title
    assert "breaks the first" in failed.error.message
    assert EXCHANGE not in rig.requests()
    await flow.aclose()


async def test_where_the_page_does_not_name_the_institution_the_second_login_is_removed(
    rig: PlaidRig,
) -> None:
    rig.dialect.switches.institution_told = False
    identity = identity_of(Environment.PRACTICE, rig.institution)
    flow = rig.flow(connected={identity: "My bank"})
    failed = await rig.go_through_browser(flow, await to_browser(rig, flow))
    assert isinstance(failed, FailedStep)
    assert rig.requests()[-1] == "/item/remove"
    await flow.aclose()
    done = await sign_in(rig)
    assert done.credentials["institution_id"] == rig.institution


async def test_older_plaid_accounts_get_the_result_in_its_old_place(rig: PlaidRig) -> None:
    rig.dialect.switches.deprecated_results = True
    assert (await sign_in(rig)).identity


async def test_signing_in_again_repairs_the_login_that_is_there(rig: PlaidRig) -> None:
    done = await sign_in(rig)
    session = rig.session(MemoryCredentials(done.credentials))
    accounts = {one.id for one in await session.accounts()}
    await rig.expire("login")
    with pytest.raises(AuthExpiredError, match="sign in again"):
        await session.accounts()
    before = rig.requests().count(EXCHANGE)
    again = await relogin(rig, done)
    assert isinstance(again, DoneStep)
    assert rig.requests().count(EXCHANGE) == before, "no new login was made"
    assert again.identity == done.identity
    assert again.credentials["access_token"] == done.credentials["access_token"]
    assert {one.id for one in await session.accounts()} == accounts
    await session.aclose()


async def test_a_login_that_is_gone_is_made_anew_with_the_same_account_ids(rig: PlaidRig) -> None:
    done = await sign_in(rig)
    session = rig.session(MemoryCredentials(done.credentials))
    accounts = {one.id for one in await session.accounts()}
    await session.aclose()
    await rig.control("tokens/expire", {"kind": "item"})
    again = await relogin(rig, done)
    assert isinstance(again, DoneStep)
    assert again.identity == done.identity
    assert again.credentials["access_token"] != done.credentials["access_token"]
    session = rig.session(MemoryCredentials(again.credentials))
    assert {one.id for one in await session.accounts()} == accounts
    await session.aclose()


async def test_declining_a_repair_leaves_the_connection(rig: PlaidRig) -> None:
    done = await sign_in(rig)
    await rig.expire("login")
    flow = rig.flow(identity=done.identity, existing=done.credentials, ask_keys=False)
    step = await to_browser(rig, flow)
    assert "First Platypus Bank" in step.title
    failed = await rig.decline(flow, step)
    assert isinstance(failed, FailedStep)
    assert isinstance(failed.error, AuthRejectedError)
    assert "stays as it was" in failed.error.message
    await flow.aclose()


async def test_an_exchange_is_never_repeated(rig: PlaidRig) -> None:
    for kind in ("reset_after", "status"):
        await rig.fault(kind, "token", **({"status": 503} if kind == "status" else {}))
        before = rig.requests().count(EXCHANGE)
        flow = rig.flow()
        failed = await rig.go_through_browser(flow, await to_browser(rig, flow))
        assert isinstance(failed, FailedStep)
        assert isinstance(failed.error, BrokerUnavailableError)
        assert rig.requests().count(EXCHANGE) == before + 1
        await flow.aclose()
        await rig.heal()


async def test_ends_with_the_token_when_plaid_gives_it_less_time(rig: PlaidRig) -> None:
    soon = (rig.clock.now() + timedelta(minutes=5)).isoformat()
    args = {"edit": "value", "field": "expiration", "value": soon}
    rig.sim.faults.add([{"kind": "edit", "path": CREATE, "args": args}])
    flow = rig.flow()
    step = await to_browser(rig, flow)
    assert step.ends - rig.clock.now() <= timedelta(minutes=5)
    await flow.aclose()


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/x", "javascript:alert(1)", "file:///etc", ""])
async def test_an_odd_page_is_not_opened(rig: PlaidRig, url: str) -> None:
    args = {"edit": "value", "field": "hosted_link_url", "value": url}
    rig.sim.faults.add([{"kind": "edit", "path": CREATE, "args": args}])
    flow = rig.flow()
    await flow.start()
    failed = await flow.submit(rig.answers)
    assert isinstance(failed, FailedStep)
    assert "no page" in failed.error.title
    await flow.aclose()
