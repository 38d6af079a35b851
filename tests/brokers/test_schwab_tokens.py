"""Tokens: renewed in time, once, by whoever asks; never hammered; never lost."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from support import schwab_payloads as payloads
from support.brokers import CannedSchwab, MemoryCredentials, RawServer, Reply, json_reply, signed_in
from support.clock import FakeClock

from brokerdesk.brokers.base import Network
from brokerdesk.brokers.http import BrokerHttp
from brokerdesk.brokers.schwab.client import build_http
from brokerdesk.brokers.schwab.tokens import TokenEndpoint, Tokens
from brokerdesk.domain.kinds import Environment
from brokerdesk.errors import (
    AuthExpiredError,
    BrokerProtocolError,
    BrokerUnavailableError,
    SecretStoreError,
    SecretStoreLockedError,
)

RENEWER = Path(__file__).parent.parent / "support" / "scripts" / "renew_tokens.py"


@dataclass
class Desk:
    tokens: Tokens
    port: MemoryCredentials
    schwab: CannedSchwab
    server: RawServer
    clock: FakeClock
    http: BrokerHttp


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    schwab, clock = CannedSchwab(), FakeClock()
    async with RawServer(schwab) as server:
        port = MemoryCredentials(signed_in(clock.now()))
        http = build_http(Environment.PRACTICE, server.url, network=Network(), clock=clock)
        tokens = Tokens(port, TokenEndpoint(http, clock), clock, timedelta(seconds=60))
        yield Desk(tokens, port, schwab, server, clock, http)
        await tokens.aclose()
        await http.aclose()


async def test_a_token_with_life_left_is_used_as_it_is(desk: Desk) -> None:
    assert await desk.tokens.bearer() == "I0.stored@"
    await desk.clock.advance(1739)
    assert await desk.tokens.bearer() == "I0.stored@"
    assert not desk.server.seen


async def test_it_is_renewed_a_minute_before_its_end(desk: Desk) -> None:
    await desk.clock.advance(1741)
    assert await desk.tokens.bearer() == "I0.renewed-1@"
    assert desk.port.credentials["access_token"] == "I0.renewed-1@"
    ends = desk.clock.now() + timedelta(seconds=1800)
    assert desk.port.credentials["access_expires_at"] == ends.isoformat()
    assert desk.server.seen[0].form == {
        "grant_type": "refresh_token",
        "refresh_token": "refresh-1@",
    }


async def test_eight_callers_in_one_process_renew_once(desk: Desk) -> None:
    await desk.clock.advance(1800)
    got = await asyncio.gather(*(desk.tokens.bearer() for _ in range(8)))
    assert set(got) == {"I0.renewed-1@"}
    assert desk.schwab.refreshes == 1


async def test_a_token_that_another_process_renewed_is_taken_over(desk: Desk) -> None:
    assert await desk.tokens.bearer() == "I0.stored@"
    desk.port.credentials["access_token"] = "I0.of-another@"
    assert await desk.tokens.bearer(refused="I0.stored@") == "I0.of-another@"
    assert desk.schwab.refreshes == 0


async def test_rotated_refresh_tokens_are_kept_and_the_login_ends_as_before(desk: Desk) -> None:
    rotated = iter(["rotated-1@", "rotated-2@"])
    desk.schwab.routes["/v1/oauth/token"] = lambda seen: desk.schwab.tokens(
        f"I0.{seen.form['refresh_token']}", next(rotated)
    )
    before = await desk.tokens.sign_in()
    await desk.clock.advance(1800)
    await desk.tokens.bearer()
    assert desk.port.credentials["refresh_token"] == "rotated-1@"
    await desk.clock.advance(1800)
    assert await desk.tokens.bearer() == "I0.rotated-1@"
    assert desk.port.credentials["refresh_token"] == "rotated-2@"
    assert await desk.tokens.sign_in() == before


async def test_a_dead_login_is_told_once_and_never_asked_about_again(desk: Desk) -> None:
    desk.schwab.routes["/v1/oauth/token"] = json_reply(payloads.REFRESH_TOKEN_DEAD, 400)
    await desk.clock.advance(1800)
    for _ in range(5):
        with pytest.raises(AuthExpiredError):
            await desk.tokens.bearer()
        await desk.clock.advance(3600)
    assert len(desk.server.seen) == 1
    assert desk.port.credentials["refresh_token"] == "refresh-1@", "kept for display"
    desk.port.credentials = signed_in(desk.clock.now(), refresh_token="new@", access_token="I0.n@")
    assert await desk.tokens.bearer(refused="I0.stored@") == "I0.n@", "a new sign-in counts at once"


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=500, body=b"{}"),
        Reply(status=503, body=b"<html>", headers={"Content-Type": "text/html"}),
        Reply(status=403, body=b"<HTML><TITLE>Access Denied</TITLE>"),
        Reply(status=429, body=b"{}", headers={"Retry-After": "1"}),
        Reply(reset=True),
    ],
)
async def test_a_failing_endpoint_gets_growing_pauses_and_no_new_sign_in(
    desk: Desk, reply: Reply
) -> None:
    desk.schwab.routes["/v1/oauth/token"] = reply
    await desk.clock.advance(1800)
    for _ in range(3):
        with pytest.raises(BrokerUnavailableError):
            await desk.tokens.bearer()
    assert len(desk.server.seen) == 1, "callers within the pause hear the same words"
    await desk.clock.advance(5)
    with pytest.raises(BrokerUnavailableError):
        await desk.tokens.bearer()
    await desk.clock.advance(5)
    with pytest.raises(BrokerUnavailableError):
        await desk.tokens.bearer()
    assert len(desk.server.seen) == 2, "the second pause is longer"
    desk.schwab.routes["/v1/oauth/token"] = desk.schwab.token
    await desk.clock.advance(10)
    assert await desk.tokens.bearer() == "I0.renewed-1@"


async def test_eight_callers_of_a_failing_endpoint_ask_once(desk: Desk) -> None:
    desk.schwab.routes["/v1/oauth/token"] = Reply(status=500, body=b"{}")
    await desk.clock.advance(1800)
    got = await asyncio.gather(*(desk.tokens.bearer() for _ in range(8)), return_exceptions=True)
    assert all(isinstance(error, BrokerUnavailableError) for error in got)
    assert len(desk.server.seen) == 1


async def test_an_answer_is_kept_even_if_nobody_waits_for_it_any_more(desk: Desk) -> None:
    gate = asyncio.Event()

    async def slow(seen: object) -> Reply:
        await gate.wait()
        return desk.schwab.tokens("I0.late@", "rotated@")

    desk.schwab.routes["/v1/oauth/token"] = slow
    await desk.clock.advance(1800)
    asking = asyncio.ensure_future(desk.tokens.bearer())
    while not desk.server.seen:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    gate.set()
    await desk.tokens.aclose()
    assert desk.port.credentials["refresh_token"] == "rotated@"


async def test_what_a_full_disk_refused_is_stored_later_and_not_asked_for_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With rotating tokens the answer that could not be stored is the only copy of the login."""
    desk.schwab.routes["/v1/oauth/token"] = lambda seen: desk.schwab.tokens("I0.new@", "rotated@")
    await desk.clock.advance(1800)

    async def full(credentials: object) -> None:
        raise SecretStoreError("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(desk.port, "replace", full)
        for _ in range(2):
            with pytest.raises(SecretStoreError):
                await desk.tokens.bearer()
    assert await desk.tokens.bearer() == "I0.new@"
    assert desk.port.credentials["refresh_token"] == "rotated@"
    assert len(desk.server.seen) == 1


async def test_a_sign_in_made_meanwhile_is_newer_than_what_could_not_be_stored(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.clock.advance(1800)

    async def full(credentials: object) -> None:
        raise SecretStoreError("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(desk.port, "replace", full)
        with pytest.raises(SecretStoreError):
            await desk.tokens.bearer()
    desk.port.credentials = signed_in(desk.clock.now(), refresh_token="n@", access_token="I0.n@")
    assert await desk.tokens.bearer() == "I0.n@"
    assert desk.port.credentials["refresh_token"] == "n@"


async def test_a_locked_store_is_told_as_such_and_nothing_is_asked(desk: Desk) -> None:
    desk.port.locked = True
    with pytest.raises(SecretStoreLockedError):
        await desk.tokens.bearer()
    assert not desk.server.seen


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"access_token": 5, "expires_in": 1800},
        {"access_token": "x", "expires_in": "soon"},
        {"error": 5},
    ],
)
async def test_an_answer_that_is_none_replaces_nothing(desk: Desk, body: payloads.Json) -> None:
    desk.schwab.routes["/v1/oauth/token"] = json_reply(body)
    await desk.clock.advance(1800)
    before = dict(desk.port.credentials)
    with pytest.raises(BrokerProtocolError):
        await desk.tokens.bearer()
    assert desk.port.credentials == before


@pytest.mark.parametrize("seconds", [-5, 0, 10**9])
async def test_an_absurd_lifetime_neither_breaks_nor_lasts(desk: Desk, seconds: int) -> None:
    desk.schwab.routes["/v1/oauth/token"] = json_reply(
        {"access_token": "I0.x@", "refresh_token": "r", "expires_in": seconds}
    )
    await desk.clock.advance(1800)
    assert await desk.tokens.bearer() == "I0.x@"
    ends = desk.port.credentials["access_expires_at"]
    assert ends <= (desk.clock.now() + timedelta(days=1)).isoformat()


@pytest.mark.parametrize(
    "damage", [{"access_expires_at": "x"}, {"access_expires_at": "2026-11-20T15:00:00"}]
)
async def test_damaged_times_only_mean_an_early_renewal(desk: Desk, damage: dict[str, str]) -> None:
    desk.port.credentials.update(damage, signed_in_at="nonsense")
    assert await desk.tokens.bearer() == "I0.renewed-1@"
    assert (await desk.tokens.sign_in()).ends is None


# -- across processes -------------------------------------------------------------------------
class RotatingSchwab:
    """Each refresh token is good once; using an old one is counted as a lost race."""

    def __init__(self) -> None:
        self.current = 0
        self.refreshes = 0
        self.reused = 0

    async def __call__(self, seen: object) -> Reply:
        given = seen.form["refresh_token"]  # type: ignore[attr-defined]
        await asyncio.sleep(0.01)  # room for others to come too early
        if given != f"refresh-{self.current}":
            self.reused += 1
            return json_reply(payloads.REFRESH_TOKEN_DEAD, 400)
        self.refreshes += 1
        self.current += 1
        return json_reply(
            {
                "access_token": f"access-{self.current}",
                "refresh_token": f"refresh-{self.current}",
                "expires_in": 1800,
            }
        )


async def race(trials: int, directory: Path) -> tuple[RotatingSchwab, list[int], float]:
    """Two processes with four callers each, whose token is refused to all at the same time."""
    schwab = RotatingSchwab()
    store = directory / "credentials.json"
    now = FakeClock().now() + timedelta(days=3650)
    store.write_text(json.dumps(signed_in(now, access_token="access-0", refresh_token="refresh-0")))
    async with RawServer(schwab) as server:
        halves = [
            await asyncio.create_subprocess_exec(
                sys.executable,
                str(RENEWER),
                str(store),
                server.url,
                "4",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
            for _ in range(2)
        ]
        for half in halves:
            assert half.stdout is not None
            assert await half.stdout.readline() == b"ready\n"
        started = time.monotonic()
        calls = []
        for trial in range(trials):
            before = schwab.refreshes
            for half in halves:
                assert half.stdin is not None
                half.stdin.write(f"access-{trial}\n".encode())
            got = set()
            for half in halves:
                assert half.stdout is not None
                got |= set(json.loads(await half.stdout.readline()))
            assert got == {f"access-{trial + 1}"}
            calls.append(schwab.refreshes - before)
        took = time.monotonic() - started
        for half in halves:
            assert half.stdin is not None
            half.stdin.close()
            await half.wait()
            half._transport.close()  # type: ignore[attr-defined]
    return schwab, calls, took


@pytest.mark.timeout(60)
async def test_eight_callers_in_two_processes_renew_exactly_once(tmp_path: Path) -> None:
    schwab, calls, _ = await race(25, tmp_path)
    assert calls == [1] * 25
    assert schwab.reused == 0


@pytest.mark.deep
@pytest.mark.timeout(300)
async def test_five_hundred_races(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    schwab, calls, took = await race(500, tmp_path)
    with capsys.disabled():
        print(  # noqa: T201
            f"\n500 renewal races, 8 callers in 2 processes: {sum(calls)} renewals, "
            f"{schwab.reused} reused tokens, {took:.1f} s"
        )
    assert calls == [1] * 500
    assert schwab.reused == 0
