"""The way out: what is sent where, how often, and what comes of every kind of bad answer."""

from __future__ import annotations

import asyncio
import gzip
import logging
import resource
import ssl
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
import respx
import trustme
from support.brokers import RawServer, Reply, Seen, json_reply
from support.clock import FakeClock

from brokerdesk.brokers.answers import Answer, Limits, http_date, retry_after
from brokerdesk.brokers.asking import Outgoing, Request
from brokerdesk.brokers.base import Network
from brokerdesk.brokers.decode import JsonDecoder
from brokerdesk.brokers.http import BrokerHttp
from brokerdesk.brokers.rate import RateLimiter
from brokerdesk.errors import (
    AuthExpiredError,
    BrokerProtocolError,
    BrokerUnavailableError,
    RateLimitedError,
    SettingsError,
)

LIST = JsonDecoder(list[int])
HOST = "https://broker.example"


class Token:
    """An authorizer that renews on demand."""

    def __init__(self) -> None:
        self.renewals = 0

    async def bearer(self, *, refused: str = "") -> str:
        if refused:
            self.renewals += 1
        return f"token-{self.renewals}"


def make(
    url: str = HOST, clock: FakeClock | None = None, **changes: Any
) -> tuple[BrokerHttp, FakeClock]:
    clock = clock or FakeClock(auto=True)
    given: dict[str, Any] = {
        "broker_id": "b",
        "title": "The broker",
        "base_url": url,
        "hosts": ("broker.example", "127.0.0.1"),
        "network": Network(),
        "clock": clock,
        "limiter": RateLimiter(clock),
        "plain_loopback": True,
        "jitter": lambda: 1.0,
    }
    return BrokerHttp(**{**given, **changes}), clock


async def ask(http: BrokerHttp, path: str = "/list", **changes: Any) -> list[int]:
    try:
        return await http.get(
            Request(template=path, **changes),
            authorizer=Token(),
            decode=lambda answer: LIST.decode(answer.body),
        )
    finally:
        await http.aclose()


@pytest.fixture
def broker() -> respx.MockRouter:
    return respx.mock(base_url=HOST, assert_all_called=False)


# -- what is sent -----------------------------------------------------------------------------
async def test_a_request_carries_the_token_and_encodes_its_values(broker: respx.MockRouter) -> None:
    with broker:
        route = broker.get(url__regex=r".*").respond(json=[1])
        http, _ = make()
        await ask(http, "/accounts/{hash}", values={"hash": "a/b c"}, query={"q": "x y&z"})
    sent = route.calls.last.request
    assert sent.url.raw_path == b"/accounts/a%2Fb%20c?q=x+y%26z"
    assert sent.headers["authorization"] == "Bearer token-0"
    assert "token" not in str(sent.url)


async def test_nothing_leaves_for_a_host_that_is_not_listed(broker: respx.MockRouter) -> None:
    for url in ("https://evil.example", "http://broker.example", "https://broker.example.evil.com"):
        with respx.mock(assert_all_called=False) as anywhere:
            route = anywhere.route().respond(json=[1])
            http, _ = make(url)
            with pytest.raises(BrokerProtocolError, match="does not belong"):
                await ask(http)
            assert not route.called


async def test_plain_http_needs_loopback_and_permission() -> None:
    http, _ = make("http://127.0.0.1:9", plain_loopback=False)
    with pytest.raises(BrokerProtocolError):
        await ask(http)


async def test_offline_asks_nobody(broker: respx.MockRouter) -> None:
    with broker:
        route = broker.get("/list").respond(json=[1])
        http, clock = make(network=Network(offline=True))
        with pytest.raises(BrokerUnavailableError, match="offline"):
            await ask(http)
        assert not route.called
        assert clock.slept == []


async def test_the_environment_can_set_neither_proxy_nor_certificates(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("SSL_CERT_FILE", "/nonexistent")
    async with RawServer(lambda seen: json_reply([1])) as server:
        http, _ = make(server.url)
        assert await ask(http) == [1]


async def test_the_proxy_of_the_settings_is_used() -> None:
    async with RawServer(lambda seen: json_reply([2])) as proxy:
        http, _ = make("http://127.0.0.1:9", network=Network(proxy=proxy.url))
        assert await ask(http) == [2]
        assert proxy.seen[0].path == "http://127.0.0.1:9/list"


@pytest.mark.parametrize(
    "network", [Network(proxy="nonsense://x"), Network(proxy="::"), Network(ca_file="/nowhere.pem")]
)
async def test_an_unusable_proxy_or_ca_file_has_its_own_words(network: Network) -> None:
    http, _ = make(network=network)
    with pytest.raises(SettingsError):
        await ask(http)


# -- answers that are no answers --------------------------------------------------------------
@pytest.mark.parametrize(
    "reply",
    [
        {"html": "<html>Sign in to HotelWifi</html>"},
        {"text": "<!DOCTYPE html><p>portal", "headers": {"Content-Type": "application/json"}},
        {"text": "OK"},
        {"text": ""},
        {"status_code": 404, "html": "<TITLE>Not here</TITLE>"},
        {"status_code": 403, "html": "<TITLE>Access Denied</TITLE>"},
    ],
)
async def test_a_page_instead_of_figures_is_a_captive_portal(
    broker: respx.MockRouter, reply: dict[str, Any]
) -> None:
    with broker:
        route = broker.get("/list").respond(**reply)
        http, _ = make()
        with pytest.raises(BrokerUnavailableError, match="own language"):
            await ask(http)
        assert route.call_count == 1


@pytest.mark.parametrize(
    ("body", "kind", "came"),
    [
        (b"", "application/json", "An empty answer came"),
        (b"OK", "text/plain", "Other text came"),
        (b"null", "application/json", "Other text came"),
        (b"<html>", "text/plain", "A web page came"),
        (b"", "text/html", "A web page came"),
    ],
)
async def test_what_came_instead_is_said_as_it_is(
    broker: respx.MockRouter, body: bytes, kind: str, came: str
) -> None:
    with broker:
        broker.route().respond(content=body, content_type=kind)
        http, _ = make()
        with pytest.raises(BrokerUnavailableError) as caught:
            await ask(http)
    assert caught.value.message.startswith(came)
    assert ("public network" in caught.value.hint) == ("page" in came)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408])
async def test_a_failing_server_is_asked_four_times(broker: respx.MockRouter, status: int) -> None:
    with broker:
        route = broker.get("/list").respond(status, html="<h1>sorry</h1>")
        http, clock = make()
        with pytest.raises(BrokerUnavailableError):
            await ask(http)
        assert route.call_count == 4
        assert clock.slept == [1.0, 2.0, 4.0]


async def test_waits_are_full_jitter(broker: respx.MockRouter) -> None:
    with broker:
        broker.get("/list").respond(500)
        http, clock = make(jitter=lambda: 0.25)
        with pytest.raises(BrokerUnavailableError):
            await ask(http)
        assert clock.slept == [0.25, 0.5, 1.0]


@pytest.mark.parametrize(
    "error", [httpx.ConnectError("x"), httpx.ReadError("x"), httpx.RemoteProtocolError("x")]
)
async def test_a_broken_connection_is_tried_again(
    broker: respx.MockRouter, error: Exception
) -> None:
    with broker:
        broker.get("/list").mock(side_effect=[error, error, httpx.Response(200, json=[3])])
        http, _ = make()
        assert await ask(http) == [3]


async def test_a_cut_answer_is_asked_for_again_and_then_a_protocol_error(
    broker: respx.MockRouter,
) -> None:
    with broker:
        route = broker.get("/list").respond(text="[1, 2", content_type="application/json")
        http, _ = make()
        with pytest.raises(BrokerProtocolError):
            await ask(http)
        assert route.call_count == 4


async def test_another_shape_is_not_asked_for_again(broker: respx.MockRouter) -> None:
    with broker:
        route = broker.get("/list").respond(json={"a": 1})
        http, _ = make()
        with pytest.raises(BrokerProtocolError):
            await ask(http)
        assert route.call_count == 1


@pytest.mark.parametrize("way", ["get", "send", "post_form"])
async def test_an_answer_that_says_something_twice_is_refused_however_it_was_asked_for(
    broker: respx.MockRouter, way: str
) -> None:
    async def dress() -> Outgoing:
        return Outgoing(target="/list")

    whole = JsonDecoder(dict[str, int])
    with broker:
        route = broker.route().respond(content=b'{"cash":1,"other":{"cash":2},"cash":100}')
        http, _ = make()
        request = Request(template="/list")
        asked: Any = {
            "get": lambda: http.get(
                request, authorizer=Token(), decode=lambda one: whole.decode(one.body)
            ),
            "send": lambda: http.send(
                "POST", request, dress=dress, decode=lambda one: whole.decode(one.body)
            ),
            "post_form": lambda: http.post_form(request, form={}),
        }[way]
        with pytest.raises(BrokerProtocolError, match="unexpected shape"):
            await asked()
        await http.aclose()
    assert route.call_count == 1, "asking again would not help"


async def test_a_form_is_sent_once_whatever_happens(broker: respx.MockRouter) -> None:
    for side_effect in (httpx.ReadTimeout("x"), httpx.Response(503), httpx.Response(429)):
        with broker:
            route = broker.post("/token").mock(side_effect=[side_effect])
            http, clock = make()
            with pytest.raises(BrokerUnavailableError):
                await http.post_form(Request(template="/token"), form={"a": "b"}, basic="x")
            await http.aclose()
            assert route.call_count == 1
            assert clock.slept == []
            route.reset()


# -- redirects --------------------------------------------------------------------------------
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_is_followed_and_the_other_host_hears_nothing(status: int) -> None:
    async with RawServer(lambda seen: json_reply([6, 6, 6])) as other:

        def redirect(seen: Seen) -> Reply:
            return Reply(status=status, headers={"Location": f"{other.url}{seen.path}"})

        async with RawServer(redirect) as server:
            http, _ = make(server.url)
            with pytest.raises(BrokerUnavailableError, match="own language"):
                await ask(http)
            assert len(server.seen) == 1
            http, _ = make(server.url)
            with pytest.raises(BrokerUnavailableError):
                await http.post_form(Request(template="/token"), form={"a": "b"}, basic="x")
            await http.aclose()
        assert other.seen == []


# -- pauses -----------------------------------------------------------------------------------
async def test_a_pause_in_seconds_is_kept_before_the_next_call(broker: respx.MockRouter) -> None:
    with broker:
        broker.get("/list").mock(
            side_effect=[
                httpx.Response(429, headers={"Retry-After": "7"}),
                httpx.Response(200, json=[1]),
            ]
        )
        http, clock = make(jitter=lambda: 0.0)
        assert await ask(http) == [1]
        assert clock.monotonic() >= 7


async def test_a_pause_as_a_date_is_kept(broker: respx.MockRouter) -> None:
    clock = FakeClock(auto=True)
    when = format_datetime(clock.now() + timedelta(seconds=11), usegmt=True)
    with broker:
        broker.get("/list").mock(
            side_effect=[
                httpx.Response(429, headers={"Retry-After": when}),
                httpx.Response(200, json=[1]),
            ]
        )
        http, _ = make(clock=clock, jitter=lambda: 0.0)
        assert await ask(http) == [1]
        assert clock.monotonic() >= 11


async def test_a_long_pause_is_handed_up_and_kept_by_everyone(broker: respx.MockRouter) -> None:
    with broker:
        route = broker.get("/list").respond(429, headers={"Retry-After": "120"})
        http, clock = make()
        with pytest.raises(RateLimitedError) as caught:
            await http.get(
                Request(template="/list"), authorizer=Token(), decode=lambda answer: answer
            )
        assert caught.value.retry_after == 120
        with pytest.raises(RateLimitedError) as again:
            await http.get(
                Request(template="/list"), authorizer=Token(), decode=lambda answer: answer
            )
        assert again.value.retry_after == 120
        assert route.call_count == 1, "no call goes out early"
        await clock.advance(120)
        route.respond(json=[1])
        assert await ask(http) == [1]


async def test_pauses_without_a_length_end_as_rate_limited(broker: respx.MockRouter) -> None:
    with broker:
        route = broker.get("/list").respond(429)
        http, _ = make()
        with pytest.raises(RateLimitedError) as caught:
            await ask(http)
        assert caught.value.retry_after is None
        assert route.call_count == 4


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("15", 15.0),
        ("99999999999999999999999", 3600.0),
        ("-5", None),
        ("1e9", None),
        ("nan", None),
        ("", None),
        ("soon", None),
        ("Fri, 20 Nov 2026 15:00:10 GMT", 10.0),
        ("Fri, 20 Nov 2026 14:00:00 GMT", 0.0),
        ("Fri, 20 Nov 2099 14:00:00 GMT", 3600.0),
        ("Fri, 99 Nov 2026 99:00:00 GMT", None),
    ],
)
def test_every_form_of_retry_after(text: str, seconds: float | None) -> None:
    answer = Answer(status=429, content_type="", body=b"", retry_after=text)
    assert retry_after(answer, FakeClock().now()) == seconds


# -- sign-in ----------------------------------------------------------------------------------
async def test_a_refused_token_is_renewed_once_and_the_request_repeated(
    broker: respx.MockRouter,
) -> None:
    with broker:
        route = broker.get("/list").mock(
            side_effect=[httpx.Response(401, json={}), httpx.Response(200, json=[1])]
        )
        http, _ = make()
        assert await ask(http) == [1]
        assert route.calls.last.request.headers["authorization"] == "Bearer token-1"


async def test_a_second_refusal_ends_the_login(broker: respx.MockRouter) -> None:
    with broker:
        route = broker.get("/list").respond(401, json={})
        http, _ = make()
        with pytest.raises(AuthExpiredError):
            await ask(http)
        assert route.call_count == 2


# -- sizes and times --------------------------------------------------------------------------
async def test_a_drip_ends_at_the_total_deadline_and_is_not_tried_again() -> None:
    body = b"[" + b"1," * 500 + b"1]"
    reply = Reply(body=body, drip=0.05)
    async with RawServer(lambda seen: reply) as server:
        http, _ = make(server.url, limits=Limits(deadline=0.3))
        started = asyncio.get_running_loop().time()
        with pytest.raises(BrokerUnavailableError, match="too long"):
            await ask(http)
        assert asyncio.get_running_loop().time() - started < 1.3
        assert len(server.seen) == 1


async def test_a_server_that_never_answers_ends_at_the_deadline() -> None:
    async def silent(seen: Seen) -> Reply:
        await asyncio.sleep(30)
        return json_reply([1])

    async with RawServer(silent) as server:
        http, _ = make(server.url, limits=Limits(deadline=0.2))
        with pytest.raises(BrokerUnavailableError):
            await ask(http)
        assert len(server.seen) == 1


def endless(prefix: bytes, chunk: bytes, count: int) -> Callable[[Any, Any], Any]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(prefix)
            for _ in range(count):
                writer.write(chunk)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()

    return serve


async def served(serve: Callable[[Any, Any], Any], **changes: Any) -> tuple[Exception | None, int]:
    """What a request to ``serve`` raises, and by how many MiB the process grew at its peak."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    raised: Exception | None = None
    async with server:
        port = server.sockets[0].getsockname()[1]
        http, _ = make(f"http://127.0.0.1:{port}")
        try:
            await ask(http, **changes)
        except BrokerUnavailableError as error:
            raised = error
        server.close()
    await asyncio.sleep(0.05)
    return raised, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024


async def test_a_gibibyte_is_given_up_at_sixteen_mebibytes() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n["
    raised, grown = await served(endless(head, b"1," * 512 * 1024, 1024))
    assert raised is not None
    assert "far larger" in str(getattr(raised, "message", ""))
    assert grown <= 64


async def test_an_announced_gibibyte_is_not_even_read() -> None:
    head = (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1073741824\r\n\r\n["
    )
    raised, grown = await served(endless(head, b"1," * 512 * 1024, 1024))
    assert raised is not None
    assert grown <= 16


async def test_a_gzip_bomb_is_given_up() -> None:
    bomb = gzip.compress(b"[" + b"1," * (32 * 1024 * 1024) + b"1]", 9)
    head = (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n"
        b"Connection: close\r\n\r\n"
    )
    raised, grown = await served(endless(head + bomb, b"", 0))
    assert raised is not None
    assert grown <= 64


async def test_honest_gzip_is_read() -> None:
    body = gzip.compress(b"[1,2,3]")
    async with RawServer(
        lambda seen: Reply(body=body, headers={"Content-Encoding": "gzip"})
    ) as server:
        http, _ = make(server.url)
        assert await ask(http) == [1, 2, 3]
        assert server.seen[0].headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "gzip, gzip"])
async def test_an_encoding_that_was_not_asked_for_is_refused(encoding: str) -> None:
    async with RawServer(
        lambda seen: Reply(body=b"xx", headers={"Content-Encoding": encoding})
    ) as server:
        http, _ = make(server.url)
        with pytest.raises(BrokerUnavailableError):
            await ask(http)


async def test_cut_gzip_and_false_lengths_are_tried_again() -> None:
    body = gzip.compress(b"[" + b"1," * 1000 + b"1]")
    for reply in (
        Reply(body=body[:-12], headers={"Content-Encoding": "gzip"}),
        Reply(body=b"[1]", headers={"Content-Length": "30"}),
        Reply(reset=True),
    ):
        async with RawServer(lambda seen, reply=reply: reply) as server:  # type: ignore[misc]
            http, _ = make(server.url)
            with pytest.raises(BrokerUnavailableError):
                await ask(http)
            assert len(server.seen) == 4


async def test_history_may_be_larger() -> None:
    body = b"[" + b"1," * (9 * 1024 * 1024) + b"1]"
    async with RawServer(lambda seen: Reply(body=body)) as server:
        http, _ = make(server.url)
        with pytest.raises(BrokerUnavailableError):
            await ask(http)
        http, _ = make(server.url)
        assert len(await ask(http, history=True)) == 9 * 1024 * 1024 + 1


# -- clocks, logs, TLS ------------------------------------------------------------------------
@pytest.mark.parametrize(("off", "told"), [(0, []), (29, []), (120, [120]), (-86400, [-86400])])
async def test_a_clock_that_is_off_is_told(
    broker: respx.MockRouter, off: int, told: list[int]
) -> None:
    clock = FakeClock(auto=True)
    heard: list[float] = []
    theirs = format_datetime(clock.now() - timedelta(seconds=off), usegmt=True)
    with broker:
        broker.get("/list").respond(json=[1], headers={"Date": theirs})
        http, _ = make(clock=clock, on_clock_skew=heard.append)
        await ask(http)
    assert heard == told


async def test_a_clock_set_right_is_told_once(broker: respx.MockRouter) -> None:
    clock = FakeClock(auto=True)
    heard: list[float] = []
    http, _ = make(clock=clock, on_clock_skew=heard.append)
    with broker:
        for off in (100, 0, 0):
            theirs = format_datetime(clock.now() - timedelta(seconds=off), usegmt=True)
            broker.get("/list").respond(json=[1], headers={"Date": theirs})
            await http.get(
                Request(template="/list"), authorizer=Token(), decode=lambda answer: answer.status
            )
    await http.aclose()
    assert heard == [100, 0]


@pytest.mark.parametrize("text", ["", "x", "Fri, 20 Nov 2026 15:00:00 +9999", "0" * 500])
def test_a_date_that_is_none_tells_nothing(text: str) -> None:
    assert http_date(text) is None or text.startswith("Fri")


async def test_logs_hold_the_template_and_nothing_else(
    broker: respx.MockRouter, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with broker:
        broker.get(url__regex=r".*").respond(json=[987654321], headers={"X-Private": "sentinel-h"})
        http, _ = make()
        await ask(
            http, "/accounts/{hash}", values={"hash": "sentinel-v"}, query={"q": "sentinel-q"}
        )
    ours = [record for record in caplog.records if record.name.startswith("brokerdesk")]
    assert "GET broker.example/accounts/{hash} -> 200" in ours[0].getMessage()
    text = " ".join(record.getMessage() for record in ours)
    for secret in ("sentinel", "token-0", "987654321"):
        assert secret not in text


@pytest.fixture
async def tls_server() -> AsyncIterator[Callable[..., Any]]:
    servers: list[asyncio.Server] = []

    async def start(context: ssl.SSLContext) -> int:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(json_reply([5]).to_bytes())
                await writer.drain()
            except (OSError, asyncio.IncompleteReadError):
                pass
            finally:
                writer.transport.abort()

        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
        servers.append(server)
        port: int = server.sockets[0].getsockname()[1]
        return port

    yield start
    for server in servers:
        server.close()
        await server.wait_closed()


async def test_bad_certificates_are_refused_and_a_configured_ca_is_trusted(
    tls_server: Callable[..., Any], tmp_path: Any
) -> None:
    authority = trustme.CA()
    good = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(good)
    wrong_name = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("other.example").configure_cert(wrong_name)
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    port = await tls_server(good)

    http, _ = make(f"https://127.0.0.1:{port}")
    with pytest.raises(BrokerUnavailableError, match="not safe"):
        await ask(http)
    http, _ = make(f"https://127.0.0.1:{port}", network=Network(ca_file=str(ca_file)))
    assert await ask(http) == [5]
    expired = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    past = datetime(2020, 1, 1, tzinfo=UTC)
    authority.issue_cert(
        "127.0.0.1", not_before=past, not_after=past + timedelta(days=1)
    ).configure_cert(expired)
    early = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    later = datetime.now(UTC) + timedelta(days=30)
    authority.issue_cert(
        "127.0.0.1", not_before=later, not_after=later + timedelta(days=1)
    ).configure_cert(early)
    for bad, hint in (
        (wrong_name, "CA file"),
        (expired, "date and time"),
        (early, "date and time"),
    ):
        port = await tls_server(bad)
        http, _ = make(f"https://127.0.0.1:{port}", network=Network(ca_file=str(ca_file)))
        with pytest.raises(BrokerUnavailableError, match="not safe") as caught:
            await ask(http)
        assert hint in caught.value.hint
        assert ("clock" in caught.value.message) == (hint == "date and time")


async def test_closing_twice_and_asking_afterwards(broker: respx.MockRouter) -> None:
    http, _ = make()
    await http.aclose()
    await http.aclose()
    with pytest.raises(BrokerUnavailableError, match="closed"):
        await ask(http)
