"""Signing in to Schwab from the form to tokens, with a browser that is a few lines of code."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from support import schwab_payloads as payloads
from support.brokers import (
    CannedSchwab,
    Certificates,
    RawServer,
    Reply,
    free_port,
    https_request,
    json_reply,
    loopback_certificate,
    signed_in,
)
from support.clock import FakeClock

from brokerdesk.brokers.base import Network
from brokerdesk.brokers.flow import (
    BrowserStep,
    DoneStep,
    FailedStep,
    FieldKind,
    FlowContext,
    FormStep,
    LoopbackCertificate,
    NoticeStep,
    PasteOutcome,
)
from brokerdesk.brokers.registry import spec
from brokerdesk.brokers.schwab.flow import SchwabFlow
from brokerdesk.domain.kinds import Environment
from brokerdesk.errors import (
    AuthRejectedError,
    BrokerUnavailableError,
    CallbackTimeoutError,
    PortInUseError,
    SecretStoreLockedError,
    SettingsError,
    UserCancelled,
)


@dataclass
class Desk:
    """One flow with its Schwab, its clock and its port."""

    flow: SchwabFlow
    schwab: CannedSchwab
    server: RawServer
    clock: FakeClock
    port: int

    @property
    def callback(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def keys(self, **changes: str) -> dict[str, str]:
        return {
            "app_key": "key",
            "app_secret": "secret",
            "callback_url": self.callback,
            **changes,
        }

    async def to_browser(self, **changes: str) -> BrowserStep:
        await self.flow.start()
        assert isinstance(await self.flow.submit(self.keys(**changes)), NoticeStep)
        step = await self.flow.submit({})
        assert isinstance(step, BrowserStep)
        return step

    def redirect(self, step: BrowserStep, code: str = "C0.code%40") -> str:
        state = parse_qs(urlsplit(step.url).query)["state"][0]
        return f"/?code={code}&session=11111111-2222&state={state}"

    def context(self, **changes: Any) -> FlowContext:
        given: dict[str, Any] = {
            "environment": Environment.PRACTICE,
            "clock": self.clock,
            "certificates": Certificates(),
            "practice_url": self.server.url,
        }
        return FlowContext(**{**given, **changes})


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    schwab = CannedSchwab()
    clock = FakeClock()
    async with RawServer(schwab) as server:
        context = FlowContext(
            environment=Environment.PRACTICE,
            clock=clock,
            certificates=Certificates(),
            practice_url=server.url,
        )
        flow = spec("schwab").connect_flow(context)
        assert isinstance(flow, SchwabFlow)
        made = Desk(flow, schwab, server, clock, free_port())
        yield made
        await made.flow.aclose()


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def test_the_whole_way_from_the_form_to_tokens(desk: Desk) -> None:
    form = await desk.flow.start()
    assert isinstance(form, FormStep)
    assert [field.name for field in form.fields] == ["app_key", "app_secret", "callback_url"]
    assert form.fields[1].kind is FieldKind.SECRET
    assert form.fields[2].default == "https://127.0.0.1:8182"
    notice = await desk.flow.submit(desk.keys())
    assert isinstance(notice, NoticeStep)
    assert notice.fingerprint == loopback_certificate().fingerprint
    assert not is_open(desk.port), "the port opens with the browser step only"

    step = await desk.flow.submit({})
    assert isinstance(step, BrowserStep)
    assert step.ends == desk.clock.now() + timedelta(seconds=300)
    asked = parse_qs(urlsplit(step.url).query)
    assert step.url.startswith(f"{desk.server.url}/v1/oauth/authorize?")
    assert asked["redirect_uri"] == [desk.callback]
    assert asked["client_id"] == ["key"]
    assert asked["response_type"] == ["code"]
    assert "code_challenge" not in asked

    waiting = asyncio.ensure_future(desk.flow.wait())
    status, headers, _ = await https_request(desk.port, desk.redirect(step))
    assert status == 303
    status, _, body = await https_request(desk.port, headers["location"])
    assert status == 200
    assert "close this window" in body
    done = await waiting
    assert isinstance(done, DoneStep)
    assert done.credentials["access_token"] == "I0.first@"
    assert done.credentials["refresh_token"] == "refresh-1@"
    assert done.credentials["app_secret"] == "secret"
    assert done.signed_in_at == desk.clock.now()
    assert done.sign_in_ends == desk.clock.now() + timedelta(days=7)
    assert "secret" not in repr(done)
    await asyncio.sleep(0.05)
    assert not is_open(desk.port)


async def test_identity_is_the_same_at_each_sign_in_and_holds_no_number(desk: Desk) -> None:
    step = await desk.to_browser()
    await desk.flow.paste(desk.callback + desk.redirect(step))
    first = await desk.flow.wait()
    again = SchwabFlow(desk.context())
    await again.start()
    await again.submit(desk.keys())
    again_step = await again.submit({})
    assert isinstance(again_step, BrowserStep)
    await again.paste(desk.callback + desk.redirect(again_step))
    second = await again.wait()
    assert isinstance(first, DoneStep)
    assert isinstance(second, DoneStep)
    assert first.identity == second.identity
    assert payloads.NUMBER not in first.identity
    await again.aclose()


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("app_key", "", "Enter the app key."),
        ("app_secret", "", "Enter the app secret."),
        ("app_key", "two words", "blanks"),
        ("callback_url", "http://127.0.0.1:8182", "https"),
    ],
)
async def test_bad_answers_come_back_with_the_form(
    desk: Desk, field: str, value: str, sentence: str
) -> None:
    await desk.flow.start()
    form = await desk.flow.submit(desk.keys(**{field: value}))
    assert isinstance(form, FormStep)
    problems = dict(form.problems)
    assert sentence in problems[field]
    defaults = {item.name: item.default for item in form.fields}
    assert defaults["app_secret"] == ""
    if field != "app_key":
        assert defaults["app_key"] == "key"


async def test_a_wrong_secret_leads_back_to_the_form_and_the_right_one_goes_on(
    desk: Desk,
) -> None:
    step = await desk.to_browser(app_secret="wrong")
    await desk.flow.paste(desk.callback + desk.redirect(step))
    form = await desk.flow.wait()
    assert isinstance(form, FormStep)
    assert {name for name, _ in form.problems} == {"app_key", "app_secret"}
    assert form.fields[0].default == "key"
    assert form.fields[1].default == ""
    assert not is_open(desk.port)
    assert isinstance(await desk.flow.submit(desk.keys()), NoticeStep)
    again = await desk.flow.submit({})
    assert isinstance(again, BrowserStep)
    await desk.flow.paste(desk.callback + desk.redirect(again))
    assert isinstance(await desk.flow.wait(), DoneStep)


async def test_an_expired_code_offers_a_restart_with_what_was_typed(desk: Desk) -> None:
    step = await desk.to_browser()
    await desk.flow.paste(desk.callback + desk.redirect(step, code="C0.old%40"))
    failed = await desk.flow.wait()
    assert isinstance(failed, FailedStep)
    assert isinstance(failed.error, AuthRejectedError)
    assert "30 seconds" in failed.error.message
    assert failed.can_restart
    assert not is_open(desk.port)
    again = await desk.flow.restart()
    assert isinstance(again, BrowserStep)
    assert again.url != step.url, "a new attempt has a new state"
    assert await desk.flow.paste(desk.callback + desk.redirect(step)) is PasteOutcome.WRONG
    await desk.flow.paste(desk.callback + desk.redirect(again))
    assert isinstance(await desk.flow.wait(), DoneStep)


async def test_declining_is_told_apart_from_failing(desk: Desk) -> None:
    step = await desk.to_browser()
    state = parse_qs(urlsplit(step.url).query)["state"][0]
    waiting = asyncio.ensure_future(desk.flow.wait())
    assert (await https_request(desk.port, "/?error=access_denied&state=guess"))[0] == 400
    assert (await https_request(desk.port, "/?error=access_denied"))[0] == 400
    assert not waiting.done()
    assert (await https_request(desk.port, f"/?error=access_denied&state={state}"))[0] == 303
    failed = await waiting
    assert isinstance(failed, FailedStep)
    assert failed.error.title.startswith("You declined")
    assert desk.schwab.exchanges == 0


async def test_the_wait_ends_after_300_seconds_and_closes_the_port(desk: Desk) -> None:
    step = await desk.to_browser()
    waiting = asyncio.ensure_future(desk.flow.wait())
    await desk.clock.advance(299)
    assert not waiting.done()
    assert is_open(desk.port)
    await desk.clock.advance(2)
    failed = await waiting
    assert isinstance(failed, FailedStep)
    assert isinstance(failed.error, CallbackTimeoutError)
    assert not is_open(desk.port)
    assert await desk.flow.paste(desk.callback + desk.redirect(step)) is PasteOutcome.WRONG


async def test_a_mismatched_callback_is_told_and_saves_nothing(desk: Desk) -> None:
    """Either the token endpoint says so, or the broker's own page does and nobody comes back."""
    desk.schwab.routes["/v1/oauth/token"] = json_reply({"error": "invalid_request"}, 400)
    step = await desk.to_browser()
    await desk.flow.paste(desk.callback + desk.redirect(step))
    refused = await desk.flow.wait()
    assert isinstance(refused, FailedStep)
    assert refused.can_restart
    assert "callback address differs" in refused.error.message
    assert "letter by letter" in refused.error.hint
    assert not is_open(desk.port)

    assert isinstance(await desk.flow.restart(), BrowserStep)
    waiting = asyncio.ensure_future(desk.flow.wait())
    await desk.clock.advance(301)
    late = await waiting
    assert isinstance(late, FailedStep)
    assert "compare the callback address" in late.error.hint
    assert not is_open(desk.port)


async def test_a_setting_that_cannot_be_used_ends_the_attempt_in_words(
    desk: Desk, tmp_path: Path
) -> None:
    context = desk.context(network=Network(ca_file=str(tmp_path / "nowhere.pem")))
    flow = SchwabFlow(context)
    await flow.start()
    await flow.submit(desk.keys())
    step = await flow.submit({})
    assert isinstance(step, BrowserStep)
    await flow.paste(desk.callback + desk.redirect(step))
    failed = await flow.wait()
    assert isinstance(failed, FailedStep)
    assert isinstance(failed.error, SettingsError)
    assert failed.can_restart
    assert not is_open(desk.port)
    await flow.aclose()


async def test_a_port_in_use_names_port_and_program_and_restarts(desk: Desk) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", desk.port))
        other.listen()
        await desk.flow.start()
        await desk.flow.submit(desk.keys())
        failed = await desk.flow.submit({})
        assert isinstance(failed, FailedStep)
        assert isinstance(failed.error, PortInUseError)
        assert failed.error.port == desk.port
        assert str(desk.port) in failed.error.title
    assert isinstance(await desk.flow.restart(), BrowserStep)


async def test_with_the_port_taken_the_address_can_be_pasted_by_hand(desk: Desk) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", desk.port))
        other.listen()
        await desk.flow.start()
        await desk.flow.submit(desk.keys())
        failed = await desk.flow.submit({})
        assert isinstance(failed, FailedStep)
        assert failed.can_paste
        step = await desk.flow.restart(by_hand=True)
        assert isinstance(step, BrowserStep)
        other.settimeout(0)
        with pytest.raises(BlockingIOError):
            other.accept()
        wrong = desk.callback + "/?code=C0.abcdefghijklmnop%40&state=another"
        assert await desk.flow.paste(wrong) is PasteOutcome.WRONG
        accepted = await desk.flow.paste(desk.callback + desk.redirect(step))
        assert accepted is PasteOutcome.ACCEPTED
        assert isinstance(await desk.flow.wait(), DoneStep)


async def test_going_on_by_hand_needs_a_failure_that_offers_it(desk: Desk) -> None:
    step = await desk.to_browser()
    await desk.flow.paste(desk.callback + desk.redirect(step, code="C0.old%40"))
    failed = await desk.flow.wait()
    assert isinstance(failed, FailedStep)
    assert not failed.can_paste
    assert isinstance(await desk.flow.restart(by_hand=True), BrowserStep)
    assert is_open(desk.port)


async def test_cancelling_at_any_step_leaves_no_port_and_ends_the_wait(desk: Desk) -> None:
    await desk.to_browser()
    waiting = asyncio.ensure_future(desk.flow.wait())
    await asyncio.sleep(0)
    assert is_open(desk.port)
    await desk.flow.aclose()
    await desk.flow.aclose()
    assert not is_open(desk.port)
    with pytest.raises(UserCancelled):
        await waiting
    assert desk.clock.sleepers == 0
    assert not desk.server.seen


async def test_a_cancelled_wait_can_be_taken_up_again(desk: Desk) -> None:
    step = await desk.to_browser()
    waiting = asyncio.ensure_future(desk.flow.wait())
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await desk.flow.paste(desk.callback + desk.redirect(step))
    assert isinstance(await desk.flow.wait(), DoneStep)


async def test_somebody_elses_login_is_refused_when_signing_in_again(desk: Desk) -> None:
    existing = {**signed_in(desk.clock.now()), "callback_url": desk.callback}
    flow = SchwabFlow(desk.context(identity="somebody", existing=existing, ask_keys=False))
    assert isinstance(await flow.start(), NoticeStep), "the form is skipped"
    step = await flow.submit({})
    assert isinstance(step, BrowserStep)
    await flow.paste(desk.callback + desk.redirect(step))
    failed = await flow.wait()
    assert isinstance(failed, FailedStep)
    assert "another Schwab login" in failed.error.title
    await flow.aclose()


async def test_the_same_login_is_recognised_even_without_its_customer_id(desk: Desk) -> None:
    step = await desk.to_browser()
    await desk.flow.paste(desk.callback + desk.redirect(step))
    first = await desk.flow.wait()
    assert isinstance(first, DoneStep)
    # A connection made while userPreference was broken carries the digest of its accounts.
    desk.schwab.routes["/trader/v1/userPreference"] = json_reply({"accounts": []})
    fallback = SchwabFlow(desk.context())
    await fallback.start()
    await fallback.submit(desk.keys())
    fallback_step = await fallback.submit({})
    assert isinstance(fallback_step, BrowserStep)
    await fallback.paste(desk.callback + desk.redirect(fallback_step))
    second = await fallback.wait()
    assert isinstance(second, DoneStep)
    assert second.identity != first.identity
    await fallback.aclose()
    desk.schwab.routes["/trader/v1/userPreference"] = json_reply(payloads.PREFERENCE)
    again = SchwabFlow(desk.context(identity=second.identity))
    await again.start()
    await again.submit(desk.keys())
    again_step = await again.submit({})
    assert isinstance(again_step, BrowserStep)
    await again.paste(desk.callback + desk.redirect(again_step))
    third = await again.wait()
    assert isinstance(third, DoneStep)
    assert third.identity == second.identity
    await again.aclose()


async def test_changing_keys_prefills_all_but_the_secret(desk: Desk) -> None:
    existing = {**signed_in(desk.clock.now()), "callback_url": desk.callback}
    flow = SchwabFlow(desk.context(existing=existing))
    form = await flow.start()
    assert isinstance(form, FormStep)
    assert [item.default for item in form.fields] == ["key", "", desk.callback]
    await flow.aclose()


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=200, body=b"<html>portal</html>", headers={"Content-Type": "text/html"}),
        Reply(status=403, body=b"<TITLE>Access Denied</TITLE>"),
        Reply(status=500, body=b"{}"),
        Reply(status=302, headers={"Location": "https://elsewhere.example/"}),
        Reply(reset=True),
    ],
)
async def test_a_token_endpoint_in_trouble_is_no_refusal_and_is_asked_once(
    desk: Desk, reply: Reply
) -> None:
    desk.schwab.routes["/v1/oauth/token"] = reply
    step = await desk.to_browser()
    await desk.flow.paste(desk.callback + desk.redirect(step))
    failed = await desk.flow.wait()
    assert isinstance(failed, FailedStep)
    assert isinstance(failed.error, BrokerUnavailableError)
    assert len(desk.server.seen) == 1


async def test_an_app_without_the_trader_product_is_told_what_it_lacks(desk: Desk) -> None:
    desk.schwab.refused_tokens.add("I0.first@")
    step = await desk.to_browser()
    await desk.flow.paste(desk.callback + desk.redirect(step))
    failed = await desk.flow.wait()
    assert isinstance(failed, FailedStep)
    assert "Accounts and Trading Production" in failed.error.hint


async def test_a_login_that_shares_no_account_is_refused(desk: Desk) -> None:
    desk.schwab.routes["/trader/v1/accounts/accountNumbers"] = json_reply([])
    step = await desk.to_browser()
    await desk.flow.paste(desk.callback + desk.redirect(step))
    failed = await desk.flow.wait()
    assert isinstance(failed, FailedStep)
    assert failed.error.title == "No account was shared."


async def test_tokens_without_a_refresh_token_are_not_taken(desk: Desk) -> None:
    desk.schwab.routes["/v1/oauth/token"] = json_reply(
        {"access_token": "I0.x@", "expires_in": 3600, "token_type": "Bearer"}
    )
    step = await desk.to_browser()
    await desk.flow.paste(desk.callback + desk.redirect(step))
    failed = await desk.flow.wait()
    assert isinstance(failed, FailedStep)
    assert "not complete" in failed.error.title


async def test_a_pasted_bare_code_needs_the_users_word(desk: Desk) -> None:
    await desk.to_browser()
    assert await desk.flow.paste("C0.code-with-length%40") is PasteOutcome.CONFIRM
    desk.schwab.code = "C0.code-with-length@"
    assert await desk.flow.paste("C0.code-with-length%40", confirmed=True) is PasteOutcome.ACCEPTED
    assert isinstance(await desk.flow.wait(), DoneStep)


async def test_paste_outside_an_attempt_is_wrong(desk: Desk) -> None:
    assert await desk.flow.paste("C0.code-with-length%40", confirmed=True) is PasteOutcome.WRONG
    step = await desk.to_browser()
    text = desk.callback + desk.redirect(step)
    assert await desk.flow.paste(text) is PasteOutcome.ACCEPTED
    assert await desk.flow.paste(text) is PasteOutcome.WRONG, "a state is good for one use"


async def test_a_locked_keyring_fails_before_the_browser(desk: Desk) -> None:
    class Locked:
        async def loopback(self) -> LoopbackCertificate:
            raise SecretStoreLockedError("The keyring is locked.")

    flow = SchwabFlow(desk.context(certificates=Locked()))
    await flow.start()
    failed = await flow.submit(desk.keys())
    assert isinstance(failed, FailedStep)
    assert isinstance(failed.error, SecretStoreLockedError)
    await flow.aclose()


async def test_live_sign_in_goes_to_schwabs_own_host(desk: Desk) -> None:
    flow = SchwabFlow(desk.context(environment=Environment.LIVE, practice_url=""))
    await flow.start()
    await flow.submit(desk.keys())
    step = await flow.submit({})
    assert isinstance(step, BrowserStep)
    assert step.url.startswith("https://api.schwabapi.com/v1/oauth/authorize?")
    await flow.aclose()
