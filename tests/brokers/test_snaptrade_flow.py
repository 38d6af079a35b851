"""Connecting through SnapTrade: keys, what is connected already, the page, what can go wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from support.brokers import MemoryCredentials
from support.rigs import sign_in, to_browser
from support.rigs_snaptrade import SnapTradeRig, snaptrade_rig

from brokerdesk.brokers.flow import (
    BrowserStep,
    DoneStep,
    FailedStep,
    FormStep,
    PasteOutcome,
)
from brokerdesk.brokers.snaptrade.flow import read_return
from brokerdesk.errors import (
    AuthRejectedError,
    BrokerProtocolError,
    CallbackTimeoutError,
    UserCancelled,
)


@pytest.fixture
async def rig() -> AsyncIterator[SnapTradeRig]:
    async with snaptrade_rig() as made:
        yield made


def keys(rig: SnapTradeRig) -> dict[str, str]:
    return {name: rig.answers[name] for name in ("client_id", "consumer_key")}


async def choice(rig: SnapTradeRig, **changes: Any) -> tuple[Any, FormStep]:
    """A flow whose keys were accepted, and its second form."""
    flow = rig.flow(**changes)
    await flow.start()
    step = await flow.submit(keys(rig))
    assert isinstance(step, FormStep)
    assert step.fields[0].name == "next"
    return flow, step


# -- what is there already -------------------------------------------------------------------------
async def test_what_is_connected_can_be_used_without_a_browser(rig: SnapTradeRig) -> None:
    flow, step = await choice(rig)
    assert "Robinhood, Fidelity and Questrade" in step.text
    assert [value for value, _ in step.fields[0].options] == ["use", "add"]
    done = await flow.submit({})
    assert isinstance(done, DoneStep)
    assert done.sign_in_ends is None
    assert set(done.credentials) == {
        "client_id",
        "consumer_key",
        "user_id",
        "user_secret",
        "signed_in_at",
    }
    await flow.aclose()
    session = rig.session(MemoryCredentials(done.credentials))
    assert len(await session.accounts()) == 4
    await session.aclose()
    assert not any("login" in path for path in rig.requests())


async def test_a_first_brokerage_is_connected_on_the_page(rig: SnapTradeRig) -> None:
    rig.state.connections[""].clear()
    flow, step = await choice(rig)
    assert [value for value, _ in step.fields[0].options] == ["add"]
    assert "No brokerage is connected" in step.text
    browser = await flow.submit({})
    assert isinstance(browser, BrowserStep)
    assert isinstance(await rig.go_through_browser(flow, browser), DoneStep)
    assert [one.slug for one in rig.state.of("")] == ["ROBINHOOD"]
    assert rig.state.of("")[0].kind == "read", "reading is all that is asked for unless wished"
    await flow.aclose()


async def test_orders_are_asked_for_only_when_wished(rig: SnapTradeRig) -> None:
    rig.state.connections[""].clear()
    flow, _ = await choice(rig)
    browser = await flow.submit({"next": "add", "access": "trade"})
    assert isinstance(await rig.go_through_browser(flow, browser), DoneStep)
    assert rig.state.of("")[0].kind == "trade"
    await flow.aclose()


async def test_an_answer_that_is_none_of_the_options_comes_back_as_a_question(
    rig: SnapTradeRig,
) -> None:
    flow, _ = await choice(rig)
    again = await flow.submit({"next": "something else"})
    assert isinstance(again, FormStep)
    assert again.problems == (("next", "Choose one of: use, add."),)
    await flow.aclose()


# -- the page --------------------------------------------------------------------------------------
async def test_the_list_of_connections_is_proof_and_a_pasted_address_only_hurries(
    rig: SnapTradeRig,
) -> None:
    flow, _ = await choice(rig)
    browser = await flow.submit({"next": "add"})
    address = "http://127.0.0.1/x?status=SUCCESS&connection_id=made-up"
    assert await flow.paste("hello") is PasteOutcome.WRONG
    assert await flow.paste(address) is PasteOutcome.ACCEPTED
    waiting = asyncio.create_task(flow.wait())
    for _ in range(50):
        await asyncio.sleep(0)
    assert not waiting.done(), "nothing was connected, whatever the address says"
    await rig.control("approve", {"url": browser.url, "action": "allow"})
    assert isinstance(await waiting, DoneStep)
    await flow.aclose()


async def test_accounts_that_are_listed_late_are_waited_for(rig: SnapTradeRig) -> None:
    rig.state.connections[""].clear()
    rig.switches.accounts_listed_after_seconds = 20
    flow, _ = await choice(rig)
    browser = await flow.submit({"next": "add"})
    done = await rig.go_through_browser(flow, browser)
    assert isinstance(done, DoneStep)
    session = rig.session(MemoryCredentials(done.credentials))
    assert len(await session.accounts()) == 2
    await session.aclose()
    await flow.aclose()


async def test_time_runs_out_and_the_next_attempt_opens_another_page(rig: SnapTradeRig) -> None:
    flow, _ = await choice(rig)
    first = await flow.submit({"next": "add"})
    failed = await flow.wait()
    assert isinstance(failed, FailedStep)
    assert isinstance(failed.error, CallbackTimeoutError)
    again = await flow.restart()
    assert isinstance(again, BrowserStep)
    assert again.url != first.url
    assert isinstance(await rig.go_through_browser(flow, again), DoneStep)
    await flow.aclose()


async def test_a_page_that_ended_in_an_error_is_told(rig: SnapTradeRig) -> None:
    flow, _ = await choice(rig)
    await flow.submit({"next": "add"})
    address = "https://app.snaptrade.com/done?x=1?status=ERROR&status_code=403&error_code=1066"
    assert await flow.paste(address) is PasteOutcome.ACCEPTED
    failed = await flow.wait()
    assert isinstance(failed, FailedStep)
    assert "did not accept the login" in failed.error.title
    await flow.aclose()


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("https://a/b?status=ABANDONED", "ABANDONED"),
        ("https://a/b?state=1?status=SUCCESS&connection_id=2", "SUCCESS"),
        ("https://a/b?STATUS=error", "error"),
        ("https://a/b?connection_id=2", None),
    ],
)
def test_addresses_are_read_leniently(address: str, status: str | None) -> None:
    found = read_return(address)
    assert found is not None
    assert found.get("status") == status


@pytest.mark.parametrize(
    "address", ["", "https://a/b", "https://a/b?x=1", "?" * 5000, "a?" + "b&" * 99]
)
def test_what_is_no_such_address_is_told_apart(address: str) -> None:
    assert read_return(address) is None


async def test_closing_ends_the_wait_without_a_trace(rig: SnapTradeRig) -> None:
    flow, _ = await choice(rig)
    await flow.submit({"next": "add"})
    rig.clock.auto = False
    waiting = asyncio.create_task(flow.wait())
    for _ in range(20):
        await asyncio.sleep(0)
    await flow.aclose()
    with pytest.raises(UserCancelled):
        await waiting
    assert isinstance(await flow.restart(), BrowserStep)


async def test_trouble_on_the_way_is_waited_out_and_a_withdrawn_key_is_not(
    rig: SnapTradeRig,
) -> None:
    flow, _ = await choice(rig)
    browser = await flow.submit({"next": "add"})
    rig.sim.faults.add([{"kind": "status", "path": "^/authorizations$", "times": 6, "args": {}}])
    assert isinstance(await rig.go_through_browser(flow, browser), DoneStep)
    await flow.aclose()
    other, _ = await choice(rig)
    await other.submit({"next": "add"})
    await rig.expire("keys")
    failed = await other.wait()
    assert isinstance(failed, FailedStep)
    assert "does not accept this key" in failed.error.title
    await other.aclose()


@pytest.mark.parametrize(
    "url", ["https://evil.example/x", "http://192.168.0.1/x", "file:///etc/passwd", "", "https://["]
)
async def test_a_page_that_is_not_snaptrades_own_is_not_opened(rig: SnapTradeRig, url: str) -> None:
    flow, _ = await choice(rig)
    await rig.fault("edit", "^/snapTrade/login$", edit="value", field="redirectURI", value=url)
    failed = await flow.submit({"next": "add"})
    assert isinstance(failed, FailedStep)
    assert isinstance(failed.error, BrokerProtocolError)
    await flow.aclose()


# -- signing in again ------------------------------------------------------------------------------
async def test_signing_in_again_goes_straight_to_the_brokerage_that_wants_it(
    rig: SnapTradeRig,
) -> None:
    rig.switches.disabled = ["FIDELITY"]
    broken = next(one for one in rig.state.of("") if one.slug == "FIDELITY")
    flow = rig.flow(existing=keys(rig), ask_keys=False)
    step = await flow.start()
    assert isinstance(step, BrowserStep)
    assert "Fidelity" in step.text
    assert isinstance(await rig.go_through_browser(flow, step), DoneStep)
    assert rig.switches.disabled == []
    assert [one.id for one in rig.state.of("") if one.slug == "FIDELITY"] == [broken.id], (
        "the same connection, so its accounts keep their past"
    )
    await flow.aclose()


async def test_a_broken_brokerage_can_be_chosen_in_the_form(rig: SnapTradeRig) -> None:
    rig.switches.disabled = ["QUESTRADE"]
    flow, step = await choice(rig)
    assert ("repair 3", "Sign in to Questrade again") in step.fields[0].options
    assert "Questrade wants a new sign-in" in step.text
    browser = await flow.submit({"next": "repair 3"})
    assert isinstance(await rig.go_through_browser(flow, browser), DoneStep)
    assert rig.switches.disabled == []
    await flow.aclose()


async def test_signing_in_again_with_everything_in_order_asks_what_is_wanted(
    rig: SnapTradeRig,
) -> None:
    flow = rig.flow(existing=keys(rig), ask_keys=False)
    assert isinstance(await flow.start(), FormStep)
    assert isinstance(await flow.submit({}), DoneStep)
    await flow.aclose()


async def test_another_key_is_another_identity_before_anybody_is_asked(rig: SnapTradeRig) -> None:
    done = await sign_in(rig)
    flow = rig.flow(identity=done.identity, existing=rig.commercial, ask_keys=False)
    before = len(rig.requests())
    failed = await flow.start()
    assert isinstance(failed, FailedStep)
    assert isinstance(failed.error, AuthRejectedError)
    assert len(rig.requests()) == before
    await flow.aclose()


# -- keys ------------------------------------------------------------------------------------------
async def test_marks_that_nobody_sees_are_taken_off_pasted_keys(rig: SnapTradeRig) -> None:
    flow = rig.flow()
    await flow.start()
    step = await flow.submit({name: f" \u200b{value}\ufeff\n" for name, value in keys(rig).items()})
    assert isinstance(step, FormStep)
    assert step.fields[0].name == "next"
    await flow.aclose()


@pytest.mark.parametrize(
    ("answers", "fields"),
    [
        ({}, {"client_id", "consumer_key"}),
        ({"client_id": "x"}, {"consumer_key"}),
        ({"client_id": "x", "consumer_key": "ü"}, {"consumer_key"}),
        ({"client_id": "x", "consumer_key": "y", "user_secret": "z"}, {"user_id"}),
    ],
)
async def test_what_cannot_be_a_key_is_told_on_its_field(
    rig: SnapTradeRig, answers: dict[str, str], fields: set[str]
) -> None:
    flow = rig.flow()
    await flow.start()
    step = await flow.submit(answers)
    assert isinstance(step, FormStep)
    assert {name for name, _ in step.problems} == fields
    assert rig.requests() == []
    await flow.aclose()


# -- a commercial key ------------------------------------------------------------------------------
async def test_a_commercial_user_is_made_once_and_its_secret_kept(rig: SnapTradeRig) -> None:
    flow = rig.flow()
    step = await to_browser(rig, flow, rig.commercial)
    done = await rig.go_through_browser(flow, step)
    assert isinstance(done, DoneStep)
    assert done.credentials["user_id"] == "desk-7f3a"
    assert done.credentials["user_secret"] == rig.state.users["desk-7f3a"]
    await flow.aclose()
    assert "desk-7f3a" in rig.state.users, "it stays when it was handed out"
    session = rig.session(MemoryCredentials(done.credentials))
    assert {one.institution for one in await session.accounts()} == {"Robinhood"}
    await session.aclose()
    assert rig.requests().count("/snapTrade/registerUser") == 1


async def test_a_user_that_nobody_took_over_goes_when_the_attempt_is_cancelled(
    rig: SnapTradeRig,
) -> None:
    flow = rig.flow()
    await to_browser(rig, flow, rig.commercial)
    assert "desk-7f3a" in rig.state.users
    await flow.aclose()
    await flow.aclose()
    assert rig.state.users == {}


async def test_a_user_that_exists_wants_its_secret(rig: SnapTradeRig) -> None:
    rig.state.users["desk-7f3a"] = "known"
    flow = rig.flow()
    await flow.start()
    step = await flow.submit(rig.commercial)
    assert isinstance(step, FormStep)
    assert [name for name, _ in step.problems] == ["user_id"]
    wrong = await flow.submit({**rig.commercial, "user_secret": "another"})
    assert isinstance(wrong, FormStep)
    assert [name for name, _ in wrong.problems] == ["user_secret"]
    right = await flow.submit({**rig.commercial, "user_secret": "known"})
    assert isinstance(right, FormStep)
    assert right.fields[0].name == "next"
    await flow.aclose()
    assert rig.state.users == {"desk-7f3a": "known"}, "a user that was there before stays"


@pytest.mark.parametrize("kind", ["reset_after", "truncate", "html"])
async def test_a_user_whose_secret_did_not_arrive_is_never_made_again(
    rig: SnapTradeRig, kind: str
) -> None:
    await rig.fault(kind, "registerUser")
    flow = rig.flow()
    await flow.start()
    step = await flow.submit(rig.commercial)
    assert isinstance(step, FailedStep)
    assert not step.can_restart
    assert "not known whether" in step.error.title
    assert await flow.restart() is step
    assert rig.requests().count("/snapTrade/registerUser") == 1
    await flow.aclose()


async def test_a_personal_key_makes_no_user(rig: SnapTradeRig) -> None:
    flow = rig.flow()
    await flow.start()
    step = await flow.submit({**keys(rig), "user_id": "desk"})
    assert isinstance(step, FormStep)
    assert [name for name, _ in step.problems] == ["user_id"]
    await flow.aclose()
