"""Signing in to Alpaca with a key and in the browser: every step, every wrong turn."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import respx
from support.brokers import Certificates, MemoryCredentials, free_port
from support.clock import FakeClock
from support.rigs import to_browser
from support.rigs_alpaca import AlpacaRig, alpaca_rig

from brokerdesk.brokers.alpaca import SPEC
from brokerdesk.brokers.base import Network
from brokerdesk.brokers.flow import (
    BrowserStep,
    DoneStep,
    FailedStep,
    FlowContext,
    FormStep,
    NoticeStep,
    PasteOutcome,
    Step,
)
from brokerdesk.domain.kinds import Environment
from brokerdesk.errors import BrokerUnavailableError, CallbackTimeoutError, UserCancelled

ACCOUNT = {"id": "1d9eed04-be39-4e01-9b84-a48ac5bbafcf", "account_number": "123456789"}


@pytest.fixture
async def rig() -> AsyncIterator[AlpacaRig]:
    async with alpaca_rig() as made:
        yield made


def problems(step: Step) -> dict[str, str]:
    assert isinstance(step, FormStep), step
    return dict(step.problems)


# -- with a key -------------------------------------------------------------------------------
async def test_a_key_is_enough(rig: AlpacaRig) -> None:
    flow = rig.flow()
    form = await flow.start()
    assert isinstance(form, FormStep)
    assert [field.name for field in form.fields] == ["key_id", "secret_key"]
    done = await flow.submit(rig.keys())
    assert isinstance(done, DoneStep), done
    assert done.credentials["venues"] == "live"
    assert done.signed_in_at == rig.clock.now()
    assert done.sign_in_ends is None
    assert rig.keys()["secret_key"] not in repr(done)
    session = rig.session(MemoryCredentials(done.credentials))
    accounts = (await session.accounts()).items
    assert [one.name[:8] for one in accounts] == ["Alpaca …"]
    assert (await session.sign_in()).signed_in_at == done.signed_in_at
    await session.aclose()
    await flow.aclose()


async def test_a_key_of_the_paper_account_connects_the_paper_account(rig: AlpacaRig) -> None:
    flow = rig.flow()
    await flow.start()
    done = await flow.submit(rig.keys("paper"))
    assert isinstance(done, DoneStep)
    assert done.credentials["venues"] == "paper"
    session = rig.session(MemoryCredentials(done.credentials))
    (account,) = (await session.accounts()).items
    assert account.name.startswith("Alpaca Paper …")
    assert (await session.portfolio(account.id)).positions
    await session.aclose()


@pytest.mark.parametrize("how", ["plain", "code", "forbidden"])
async def test_a_wrong_key_and_then_the_right_one(rig: AlpacaRig, how: str) -> None:
    await rig.control("switches", {"unauthorized": how})
    flow = rig.flow()
    await flow.start()
    form = await flow.submit({**rig.keys(), "secret_key": "wrong"})
    assert set(problems(form)) == {"key_id", "secret_key"}
    assert isinstance(form, FormStep)
    assert [field.default for field in form.fields] == [rig.keys()["key_id"], ""]
    assert isinstance(await flow.submit(rig.keys()), DoneStep)
    await flow.aclose()


async def test_half_a_key_and_nonsense_are_told_without_asking_anybody(rig: AlpacaRig) -> None:
    flow = rig.flow()
    await flow.start()
    assert set(problems(await flow.submit({"key_id": "AK1"}))) == {"secret_key"}
    assert set(problems(await flow.submit({"secret_key": "x"}))) == {"key_id"}
    assert set(problems(await flow.submit({"key_id": "A K", "secret_key": "ключ"}))) == {
        "key_id",
        "secret_key",
    }
    assert rig.requests() == []
    await flow.aclose()


async def test_empty_fields_lead_from_one_form_to_the_other_and_back(rig: AlpacaRig) -> None:
    flow = rig.flow()
    await flow.start()
    app = await flow.submit({})
    assert isinstance(app, FormStep)
    names = ["client_id", "client_secret", "callback_url", "scope"]
    assert [field.name for field in app.fields] == names
    assert app.fields[3].default == "data", "orders are the user's own choice"
    keys = await flow.submit({field.name: field.default for field in app.fields[2:]})
    assert isinstance(keys, FormStep)
    assert [field.name for field in keys.fields] == ["key_id", "secret_key"]
    assert isinstance(await flow.submit(rig.keys()), DoneStep)
    await flow.aclose()


async def test_signing_in_again_needs_the_same_account(rig: AlpacaRig) -> None:
    flow = rig.flow()
    await flow.start()
    done = await flow.submit(rig.keys())
    assert isinstance(done, DoneStep)
    again = rig.flow(existing=done.credentials, identity=done.identity, ask_keys=False)
    step = await again.start()
    assert isinstance(step, DoneStep), "the stored key is tried at once"
    assert step.identity == done.identity
    other = rig.flow(existing=done.credentials, identity=done.identity)
    form = await other.start()
    assert isinstance(form, FormStep)
    assert form.fields[0].default == rig.keys()["key_id"]
    failed = await other.submit(rig.keys("paper"))
    assert isinstance(failed, FailedStep)
    assert failed.error.title.startswith("This is another Alpaca account")
    for each in (flow, again, other):
        await each.aclose()


async def test_a_key_that_was_deleted_is_asked_for_anew(rig: AlpacaRig) -> None:
    flow = rig.flow()
    await flow.start()
    done = await flow.submit(rig.keys())
    assert isinstance(done, DoneStep)
    await rig.expire("keys")
    again = rig.flow(existing=done.credentials, identity=done.identity, ask_keys=False)
    assert "key_id" in problems(await again.start())
    await again.aclose()
    await flow.aclose()


async def test_no_answer_ends_the_attempt_and_a_restart_asks_again(rig: AlpacaRig) -> None:
    flow = rig.flow()
    await flow.start()
    await rig.fault("status", "accounts", status=503)
    failed = await flow.submit(rig.keys())
    assert isinstance(failed, FailedStep)
    assert isinstance(failed.error, BrokerUnavailableError)
    await rig.heal()
    assert isinstance(await flow.restart(), DoneStep)
    await flow.aclose()


@pytest.mark.parametrize(
    ("environment", "host", "key", "hint"),
    [
        (Environment.LIVE, "api.alpaca.markets", "PKX", "choose Paper"),
        (Environment.PAPER, "paper-api.alpaca.markets", "AKX", "choose Live"),
        (Environment.PAPER, "paper-api.alpaca.markets", "ODD", "Copy both again"),
    ],
)
@respx.mock
async def test_keys_go_to_their_own_host_and_to_no_other(
    environment: Environment, host: str, key: str, hint: str
) -> None:
    route = respx.get(f"https://{host}/v2/account")
    route.side_effect = [
        httpx.Response(401, json={"message": "unauthorized"}),
        httpx.Response(200, json=ACCOUNT),
    ]
    context = FlowContext(
        environment=environment,
        clock=FakeClock(auto=True),
        certificates=Certificates(),
        network=Network(),
    )
    flow = SPEC.connect_flow(context)
    await flow.start()
    form = await flow.submit({"key_id": key, "secret_key": "a-secret"})
    assert hint in problems(form)["secret_key"]
    assert isinstance(await flow.submit({"key_id": key, "secret_key": "b-secret"}), DoneStep)
    sent = [call.request for call in respx.calls]
    assert {request.url.host for request in sent} == {host}
    assert sent[1].headers["APCA-API-KEY-ID"] == key
    assert sent[1].headers["APCA-API-SECRET-KEY"] == "b-secret"
    assert "Authorization" not in sent[1].headers
    await flow.aclose()


@respx.mock
async def test_a_redirect_takes_no_key_elsewhere() -> None:
    away = {"Location": "https://login.example.invalid/v2/account"}
    respx.get("https://api.alpaca.markets/v2/account").respond(302, headers=away)
    flow = SPEC.connect_flow(
        FlowContext(
            environment=Environment.LIVE,
            clock=FakeClock(auto=True),
            certificates=Certificates(),
        )
    )
    await flow.start()
    failed = await flow.submit({"key_id": "AKX", "secret_key": "a-secret"})
    assert isinstance(failed, FailedStep)
    assert {call.request.url.host for call in respx.calls} == {"api.alpaca.markets"}
    await flow.aclose()


@pytest.mark.parametrize(
    ("chosen", "asked"),
    [("", "data"), ("data", "data"), ("data trading", "data trading"), ("all", "data")],
)
async def test_orders_are_asked_for_where_the_user_wants_them(
    rig: AlpacaRig, chosen: str, asked: str
) -> None:
    flow = rig.flow()
    await flow.start()
    await flow.submit({})
    step = await flow.submit({**rig.answers, "scope": chosen})
    assert isinstance(step, BrowserStep)
    assert parse_qs(urlsplit(step.url).query)["scope"] == [asked]
    done = await rig.go_through_browser(flow, step)
    assert isinstance(done, DoneStep)
    assert done.credentials["scope"] == asked
    await flow.aclose()


# -- in the browser ---------------------------------------------------------------------------
async def test_a_plain_callback_on_localhost_needs_no_certificate(rig: AlpacaRig) -> None:
    flow = rig.flow()
    await flow.start()
    await flow.submit({})
    step = await flow.submit(rig.answers)
    assert isinstance(step, BrowserStep), "no warning to announce"
    query = parse_qs(urlsplit(step.url).query)
    assert query["scope"] == ["data"], "orders are not asked for unless the user says so"
    assert "env" not in query, "practice leaves both accounts to choose from"
    redirect = (await rig.control("approve", {"url": step.url, "action": "allow"}))["redirect"]
    assert redirect.startswith("http://localhost:")
    async with httpx.AsyncClient(trust_env=False, follow_redirects=True) as browser:
        page = await browser.get(redirect)
    assert "Back to BrokerDesk" in page.text
    assert "code=" not in str(page.url), "the code has left the address bar"
    done = await flow.wait()
    assert isinstance(done, DoneStep), done
    assert done.credentials["venues"] == "live paper"
    assert done.credentials["access_token"] not in repr(done)
    await flow.aclose()


async def test_the_listener_answers_on_both_addresses_of_localhost(rig: AlpacaRig) -> None:
    flow = rig.flow()
    step = await to_browser(rig, flow)
    port = urlsplit(rig.answers["callback_url"]).port
    assert port is not None
    for host in ("127.0.0.1", "[::1]"):
        async with httpx.AsyncClient(trust_env=False) as http:
            try:
                answer = await http.get(
                    f"http://{host}:{port}/callback?code=x&state=wrong",
                    headers={"Host": f"localhost:{port}"},
                )
            except httpx.ConnectError:
                assert host == "[::1]"
                assert not _has_ipv6()
                continue
        assert answer.status_code == 400, "not this attempt's state"
        assert "Location" not in answer.headers
    assert isinstance(await rig.go_through_browser(flow, step), DoneStep)
    await flow.aclose()
    with pytest.raises(OSError):
        await asyncio.open_connection("127.0.0.1", port)


async def test_another_host_name_is_refused(rig: AlpacaRig) -> None:
    flow = rig.flow()
    step = await to_browser(rig, flow)
    redirect = (await rig.control("approve", {"url": step.url, "action": "allow"}))["redirect"]
    here = redirect.replace("localhost", "127.0.0.1")
    async with httpx.AsyncClient(trust_env=False) as http:
        rebound = await http.get(here, headers={"Host": "evil.example"})
    assert rebound.status_code == 421
    assert isinstance(await rig.go_through_browser(flow, step), DoneStep)
    await flow.aclose()


async def test_a_secure_callback_is_announced_and_takes_a_pasted_address(rig: AlpacaRig) -> None:
    secure = f"https://127.0.0.1:{free_port()}"
    await rig.control("switches", {"callback_urls": [secure]})
    flow = rig.flow()
    await flow.start()
    await flow.submit({})
    notice = await flow.submit({**rig.answers, "callback_url": secure})
    assert isinstance(notice, NoticeStep)
    assert notice.fingerprint
    step = await flow.submit({})
    assert isinstance(step, BrowserStep)
    assert await flow.paste("https://127.0.0.1:1/?code=x") is PasteOutcome.WRONG
    assert isinstance(await rig.go_through_browser(flow, step), DoneStep)
    assert await flow.paste("anything") is PasteOutcome.WRONG
    await flow.aclose()


async def test_a_port_in_use_leaves_pasting_by_hand(rig: AlpacaRig) -> None:
    port = urlsplit(rig.answers["callback_url"]).port
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        flow = rig.flow()
        await flow.start()
        await flow.submit({})
        failed = await flow.submit(rig.answers)
        assert isinstance(failed, FailedStep)
        assert failed.can_paste
        step = await flow.restart(by_hand=True)
        assert isinstance(step, BrowserStep)
        assert "paste" in step.title
        assert isinstance(await rig.go_through_browser(flow, step), DoneStep)
        await flow.aclose()


@pytest.mark.parametrize(
    "bad",
    [
        "ftp://localhost:8182/callback",
        "http://example.com:8182/callback",
        "http://localhost/callback",
        "http://localhost:80/callback",
        "http://localhost:8182/callback?x=1",
        "http://localhost:08182/",
        "https://localhost:8182/callback",
    ],
)
async def test_a_callback_that_cannot_work_is_told(rig: AlpacaRig, bad: str) -> None:
    flow = rig.flow()
    await flow.start()
    await flow.submit({})
    form = await flow.submit({**rig.answers, "callback_url": bad})
    assert set(problems(form)) == {"callback_url"}
    await flow.aclose()


async def test_missing_app_keys_are_asked_for(rig: AlpacaRig) -> None:
    flow = rig.flow()
    await flow.start()
    await flow.submit({})
    form = await flow.submit({**rig.answers, "client_secret": ""})
    assert set(problems(form)) == {"client_secret"}
    await flow.aclose()


@pytest.mark.parametrize("status", [400, 401, 403, 422])
async def test_a_refused_app_secret_brings_the_form_back(rig: AlpacaRig, status: int) -> None:
    await rig.control("switches", {"wrong_secret_status": status})
    flow = rig.flow()
    form = await rig.go_through_browser(flow, await to_browser(rig, flow, rig.wrong_answers))
    assert set(problems(form)) == {"client_id", "client_secret"}
    await flow.aclose()


async def test_a_code_is_for_one_use_and_does_not_wait_for_ever(rig: AlpacaRig) -> None:
    flow = rig.flow()
    step = await to_browser(rig, flow)
    redirect = (await rig.control("approve", {"url": step.url, "action": "allow"}))["redirect"]
    rig.sim.dialect("alpaca").state.tokens._codes.clear()  # type: ignore[attr-defined]
    await flow.paste(redirect)
    failed = await flow.wait()
    assert isinstance(failed, FailedStep)
    assert "code" in failed.error.title
    assert isinstance(await flow.restart(), BrowserStep)
    await flow.aclose()


@pytest.mark.parametrize("word", ["access_denied", "server_error", "whatever"])
async def test_a_refusal_in_the_browser_ends_the_attempt(rig: AlpacaRig, word: str) -> None:
    await rig.control("switches", {"denied_error": word})
    flow = rig.flow()
    failed = await rig.decline(flow, await to_browser(rig, flow))
    assert isinstance(failed, FailedStep)
    declined = failed.error.title.startswith("You declined")
    assert declined == (word == "access_denied")
    await flow.aclose()


async def test_a_token_answer_that_is_nonsense_ends_the_attempt(rig: AlpacaRig) -> None:
    for args in ({"text": '{"token_type":"bearer"}'}, {"is": "empty_list"}, {"text": "{"}):
        await rig.fault("body", "token", **args)
        flow = rig.flow()
        failed = await rig.go_through_browser(flow, await to_browser(rig, flow))
        assert isinstance(failed, FailedStep), args
        await flow.aclose()
        await rig.heal()


async def test_one_account_may_be_left_out_at_consent(rig: AlpacaRig) -> None:
    flow = rig.flow()
    step = await to_browser(rig, flow)
    body = {"url": step.url, "action": "allow", "accounts": ["paper"]}
    await flow.paste((await rig.control("approve", body))["redirect"])
    done = await flow.wait()
    assert isinstance(done, DoneStep)
    assert done.credentials["venues"] == "paper"
    session: Any = rig.session(MemoryCredentials(done.credentials))
    assert len(await session.accounts()) == 1
    assert (await session.market_clock()).next_open
    await session.aclose()
    await flow.aclose()


async def test_waiting_ends_with_the_time_and_with_closing(rig: AlpacaRig) -> None:
    flow = rig.flow()
    await to_browser(rig, flow)
    failed = await flow.wait()
    assert isinstance(failed, FailedStep)
    assert isinstance(failed.error, CallbackTimeoutError)
    rig.clock.auto = False
    again = await flow.restart()
    assert isinstance(again, BrowserStep)
    waiting = asyncio.ensure_future(flow.wait())
    await asyncio.sleep(0)
    await flow.aclose()
    with pytest.raises(UserCancelled):
        await waiting


@respx.mock
async def test_live_and_paper_ask_for_their_own_account_and_trade_the_code_at_the_live_host() -> (
    None
):
    for environment, env, host in (
        (Environment.LIVE, "live", "api.alpaca.markets"),
        (Environment.PAPER, "paper", "paper-api.alpaca.markets"),
    ):
        respx.reset()
        token = respx.post("https://api.alpaca.markets/oauth/token").respond(
            json={"access_token": "a-token", "token_type": "bearer", "scope": "data"}
        )
        account = respx.get(f"https://{host}/v2/account").respond(json=ACCOUNT)
        flow = SPEC.connect_flow(
            FlowContext(
                environment=environment, clock=FakeClock(auto=True), certificates=Certificates()
            )
        )
        await flow.start()
        await flow.submit({})
        callback = f"http://localhost:{free_port()}/callback"
        given = {"client_id": "id", "client_secret": "secret", "callback_url": callback}
        step = await flow.submit(given)
        assert isinstance(step, BrowserStep)
        parts = urlsplit(step.url)
        assert (parts.hostname, parts.path) == ("app.alpaca.markets", "/oauth/authorize")
        query = parse_qs(parts.query)
        assert query["env"] == [env]
        address = f"{callback}?code=67f74f5a&state={query['state'][0]}"
        assert await flow.paste(address) is PasteOutcome.ACCEPTED
        done = await flow.wait()
        assert isinstance(done, DoneStep), done
        assert done.credentials["venues"] == env
        form = parse_qs(token.calls.last.request.content.decode())
        assert form == {
            "grant_type": ["authorization_code"],
            "code": ["67f74f5a"],
            "client_id": ["id"],
            "client_secret": ["secret"],
            "redirect_uri": [callback],
        }
        assert account.calls.last.request.headers["Authorization"] == "Bearer a-token"
        assert "APCA-API-KEY-ID" not in account.calls.last.request.headers
        assert json.dumps(dict(done.credentials)), "credentials are plain texts"
        await flow.aclose()


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True
