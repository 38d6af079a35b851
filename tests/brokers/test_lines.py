"""The shared WebSocket client against real servers: what it carries, refuses and says."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import trustme
from aiohttp import web
from support.lines import Served, connect_proxy, context, line_server

from brokerdesk.brokers.base import Network
from brokerdesk.brokers.lines import LineLimits, WebLine, address, open_line
from brokerdesk.domain.kinds import Environment
from brokerdesk.errors import (
    AuthExpiredError,
    BrokerProtocolError,
    BrokerUnavailableError,
    RateLimitedError,
    SettingsError,
)

LONG = timedelta(seconds=30)
SHORT = timedelta(seconds=0.05)


async def echo(socket: web.WebSocketResponse) -> None:
    async for message in socket:
        if message.type is aiohttp.WSMsgType.BINARY:
            await socket.send_bytes(b"echo " + message.data)
        else:
            await socket.send_str("echo " + message.data)


async def listen(socket: web.WebSocketResponse) -> None:
    async for _ in socket:
        pass


def saying(*messages: str | bytes) -> Served:
    async def serve(socket: web.WebSocketResponse) -> None:
        for message in messages:
            if isinstance(message, bytes):
                await socket.send_bytes(message)
            else:
                await socket.send_str(message)
        await listen(socket)

    return serve


@asynccontextmanager
async def opened(url: str, **changes: Any) -> AsyncIterator[WebLine]:
    given: dict[str, Any] = {
        "context": context(),
        "broker_id": "b",
        "title": "The broker",
        "hosts": ("127.0.0.1",),
        "silence": LONG,
    }
    async with open_line(url, **{**given, **changes}) as line:
        yield line


async def first(url: str, **changes: Any) -> str | bytes:
    async with opened(url, **changes) as line:
        return await line.receive()


@asynccontextmanager
async def raw_server(answer: bytes, *, after: bytes = b"") -> AsyncIterator[int]:
    """Reads a request's head, answers these bytes and, when ``after`` comes, closes."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with contextlib.suppress(asyncio.CancelledError, asyncio.IncompleteReadError, OSError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            if after:
                await reader.read()
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


# --- what it carries ----------------------------------------------------------------------------


async def test_text_and_bytes_go_both_ways_and_the_line_is_closed_properly() -> None:
    async with line_server(echo) as server:
        async with opened(server.url(), headers={"Content-Type": "application/msgpack"}) as line:
            await line.send("höher")
            assert await line.receive() == "echo höher"
            await line.send(b"\x00\xff")
            assert await line.receive() == b"echo \x00\xff"
        assert server.closed == [1000]
        headers = server.requests[0].headers
        assert headers["User-Agent"] == "BrokerDesk"
        assert headers["Content-Type"] == "application/msgpack"
        assert "Origin" not in headers
        assert "Cookie" not in headers


async def test_a_message_in_many_frames_is_one_message() -> None:
    """RFC 6455 section 5.4."""
    frames = b"\x01\x03[1," + b"\x00\x02 2" + b"\x80\x01]"

    async def serve(socket: web.WebSocketResponse) -> None:
        transport = socket._req.transport if socket._req else None
        assert transport is not None
        transport.write(frames)
        await listen(socket)

    async with line_server(serve) as server:
        assert await first(server.url()) == "[1, 2]"


async def test_giving_up_a_wait_loses_no_message() -> None:
    async with line_server(echo) as server, opened(server.url()) as line:
        assert await line.receive_within(SHORT) is None
        async with asyncio.TaskGroup() as group:
            waiting = group.create_task(line.receive())
            await asyncio.sleep(0)
            waiting.cancel()
        await line.send("a")
        assert await line.receive_within(LONG) == "echo a"


async def test_closing_twice_is_fine_and_using_it_then_is_refused() -> None:
    async with line_server(listen) as server:
        async with opened(server.url()) as line:
            await line.aclose()
            await line.aclose()
            with pytest.raises(BrokerUnavailableError, match="has been closed"):
                await line.receive()
            with pytest.raises(BrokerUnavailableError, match="has been closed"):
                await line.send("x")
        assert server.closed == [1000]


async def test_cancelling_leaves_no_task_and_no_socket() -> None:
    before = asyncio.all_tasks()
    async with line_server(listen) as server:
        running = asyncio.Event()

        async def work() -> None:
            async with opened(server.url()) as line:
                running.set()
                await line.receive()

        async with asyncio.TaskGroup() as group:
            task = group.create_task(work())
            await running.wait()
            task.cancel()
        assert task.cancelled()
        assert server.closed == [1000]
        assert not server.open
    assert asyncio.all_tasks() == before


async def test_cancelling_during_the_greeting_leaves_nothing() -> None:
    async with raw_server(b"", after=b"x") as port:
        before = asyncio.all_tasks()

        async def work() -> None:
            await first(f"ws://127.0.0.1:{port}/")

        async with asyncio.TaskGroup() as group:
            task = group.create_task(work())
            for _ in range(20):
                await asyncio.sleep(0)
            task.cancel()
        assert task.cancelled()
        await asyncio.sleep(0)
        assert {t for t in asyncio.all_tasks() - before if "serve" not in repr(t)} == set()


async def test_an_error_inside_the_block_closes_the_line() -> None:
    async with line_server(listen) as server:
        with pytest.raises(ZeroDivisionError):
            async with opened(server.url()):
                _ = 1 / 0
        assert server.closed == [1000]


# --- where it may go ----------------------------------------------------------------------------


@pytest.mark.parametrize("environment", list(Environment))
@pytest.mark.parametrize(
    "url",
    [
        "wss://evil.example/line",
        "wss://broker.example.evil.example/line",
        "wss://broker.example@evil.example/line",
        "wss://user:word@broker.example/line",
        "wss://broker.example:99999/line",
        "ws://broker.example/line",
        "http://broker.example/line",
        "https://broker.example/line",
        "wss://broker.example/line#fragment",
        "wss:///line",
        "ws://[::1/line",
        "",
    ],
)
async def test_only_encrypted_lines_to_listed_hosts(url: str, environment: Environment) -> None:
    with pytest.raises(BrokerProtocolError, match="does not belong"):
        await first(url, context=context(environment=environment), hosts=("broker.example",))


@pytest.mark.parametrize("environment", [Environment.LIVE, Environment.PAPER])
async def test_plain_lines_are_for_practice_alone(environment: Environment) -> None:
    async with line_server(echo) as server:
        with pytest.raises(BrokerProtocolError):
            await first(server.url(), context=context(environment=environment))
        assert not server.requests


async def test_offline_nothing_is_tried() -> None:
    async with line_server(echo) as server:
        with pytest.raises(BrokerUnavailableError, match="offline"):
            await first(server.url(), context=context(network=Network(offline=True)))
        assert not server.requests


async def test_a_redirect_is_never_followed() -> None:
    """The library follows redirects by itself: the login would go wherever it is sent."""
    async with line_server(echo) as server:
        with pytest.raises(BrokerUnavailableError, match="own language") as caught:
            await first(server.url("/moved"))
        assert "not followed" in caught.value.message
        assert [request.path for request in server.requests] == ["/moved"]


def test_a_line_has_the_place_of_its_origin() -> None:
    assert address("https://api.example", "/stream") == "wss://api.example/stream"
    assert address("http://127.0.0.1:80", "/v2/iex") == "ws://127.0.0.1:80/v2/iex"


# --- proxies ------------------------------------------------------------------------------------


@pytest.fixture
def authority(tmp_path: Path) -> tuple[trustme.CA, str]:
    made = trustme.CA()
    made.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return made, str(tmp_path / "ca.pem")


def tls_for(authority: trustme.CA, name: str) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(made)
    return made


async def test_the_proxy_of_the_settings_is_used_and_tls_goes_through_it(
    authority: tuple[trustme.CA, str],
) -> None:
    tls = tls_for(authority[0], "line.example")
    async with (
        line_server(echo, tls=tls) as server,
        connect_proxy(server.port) as (proxy, asked),
        opened(
            server.url(host="line.example"),
            hosts=("line.example",),
            context=context(
                environment=Environment.LIVE, network=Network(proxy=proxy, ca_file=authority[1])
            ),
        ) as line,
    ):
        await line.send("x")
        assert await line.receive() == "echo x"
        assert asked == [f"line.example:{server.port}"]


async def test_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    async with line_server(saying("hello")) as server, connect_proxy(server.port) as (proxy, asked):
        for name in ("http_proxy", "https_proxy", "ws_proxy", "wss_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy)
            monkeypatch.setenv(name.upper(), proxy)
        assert await first(server.url()) == "hello"
        assert not asked


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "nonsense://x:1", "http://"])
async def test_a_proxy_that_cannot_be_used_is_said_so(proxy: str) -> None:
    with pytest.raises(SettingsError, match="proxy"):
        await first(
            "wss://line.example/",
            hosts=("line.example",),
            context=context(environment=Environment.LIVE, network=Network(proxy=proxy)),
        )


async def test_the_words_of_a_bad_proxy_hide_its_password() -> None:
    with pytest.raises(SettingsError) as caught:
        await first(
            "wss://line.example/",
            hosts=("line.example",),
            context=context(
                environment=Environment.LIVE, network=Network(proxy="wrong://me:hunter2@x:1")
            ),
        )
    assert "hunter2" not in repr(caught.value) + caught.value.sentences()
    assert caught.value.__suppress_context__


async def test_a_proxy_that_refuses_is_no_way(authority: tuple[trustme.CA, str]) -> None:
    refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
    async with raw_server(refusal) as port:
        with pytest.raises(BrokerUnavailableError, match="cannot be reached"):
            await first(
                "wss://line.example/",
                hosts=("line.example",),
                context=context(
                    environment=Environment.LIVE,
                    network=Network(proxy=f"http://127.0.0.1:{port}"),
                ),
            )


# --- trust --------------------------------------------------------------------------------------


async def test_a_certificate_of_an_unknown_ca_is_refused_and_a_configured_ca_is_trusted(
    authority: tuple[trustme.CA, str],
) -> None:
    async with line_server(saying("hello"), tls=tls_for(authority[0], "127.0.0.1")) as server:
        with pytest.raises(BrokerUnavailableError, match="not safe") as caught:
            await first(server.url())
        assert "CA file" in caught.value.hint
        assert not server.requests
        trusting = context(network=Network(ca_file=authority[1]))
        assert await first(server.url(), context=trusting) == "hello"


async def test_a_certificate_of_another_name_is_refused(authority: tuple[trustme.CA, str]) -> None:
    async with line_server(echo, tls=tls_for(authority[0], "other.example")) as server:
        with pytest.raises(BrokerUnavailableError, match="not safe"):
            await first(server.url(), context=context(network=Network(ca_file=authority[1])))


async def test_a_ca_file_that_is_none_is_said_so(tmp_path: Path) -> None:
    bad = tmp_path / "ca.pem"
    bad.write_text("nothing")
    with pytest.raises(SettingsError, match="CA file"):
        await first("wss://127.0.0.1:1/", context=context(network=Network(ca_file=str(bad))))


# --- what can go wrong on opening ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "error", "words"),
    [
        ("/code/401", AuthExpiredError, "no longer accepts"),
        ("/code/404", BrokerUnavailableError, "usable answer"),
        ("/code/429?wait=7", RateLimitedError, "pause"),
        ("/code/503", BrokerUnavailableError, "problem on its side"),
        ("/code/403?type=text/html", BrokerUnavailableError, "own language"),
        ("/code/200?type=text/html", BrokerUnavailableError, "own language"),
        ("/code/200", BrokerUnavailableError, "usable answer"),
        ("/code/302", BrokerUnavailableError, "own language"),
    ],
)
async def test_answers_instead_of_a_line(path: str, error: type[Exception], words: str) -> None:
    async with line_server(echo) as server:
        with pytest.raises(error, match=words) as caught:
            await first(server.url(path))
    if isinstance(caught.value, RateLimitedError):
        assert caught.value.retry_after == 7


@pytest.mark.parametrize("wait", ["soon", "-1", "٣", "99999999999999999999999"])
async def test_a_strange_pause_is_bounded(wait: str) -> None:
    async with line_server(echo) as server:
        with pytest.raises(RateLimitedError) as caught:
            await first(server.url(f"/code/429?wait={wait}"))
    assert caught.value.retry_after in (None, 3600.0)


@pytest.mark.parametrize(
    "greeting",
    [
        b"",
        b"\x00\xff\x00\xff\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: wrong\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\n" + b"X: " + b"y" * 100_000 + b"\r\n\r\n",
    ],
)
async def test_a_greeting_in_no_known_language(greeting: bytes) -> None:
    async with raw_server(greeting) as port:
        with pytest.raises(BrokerUnavailableError):
            await first(f"ws://127.0.0.1:{port}/")


async def test_a_greeting_that_does_not_come_is_not_waited_for() -> None:
    async with raw_server(b"", after=b"x") as port:
        with pytest.raises(BrokerUnavailableError, match="too long"):
            await first(f"ws://127.0.0.1:{port}/", limits=LineLimits(opening=0.05))


async def test_nobody_there() -> None:
    async with line_server(echo) as server:
        url = server.url()
    with pytest.raises(BrokerUnavailableError, match="cannot be reached"):
        await first(url)


# --- what can go wrong later --------------------------------------------------------------------


@pytest.mark.parametrize("compress", [True, False])
@pytest.mark.parametrize("message", ["x" * 5000, b"x" * 5000])
async def test_a_message_beyond_the_limit_ends_the_line(
    message: str | bytes, compress: bool
) -> None:
    async with line_server(saying(message), compress=compress) as server:
        with pytest.raises(BrokerUnavailableError, match="usable answer") as caught:
            await first(server.url(), limits=LineLimits(message=4000))
        assert "larger" in caught.value.message


async def test_a_message_that_unpacks_to_a_flood_is_refused_before_it_is_unpacked() -> None:
    import tracemalloc

    async with line_server(saying("x" * 64 * 1024 * 1024)) as server:
        async with opened(server.url()) as line:
            tracemalloc.start()
            with pytest.raises(BrokerUnavailableError, match="usable answer"):
                await line.receive()
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
        assert server.requests[0].headers["Sec-WebSocket-Extensions"].startswith("permessage")
    assert peak < 16 * 1024 * 1024


@pytest.mark.parametrize(
    "noise",
    [
        b"\xc1\x05hello",  # packed, and it is not
        b"\x81\x02\xff\xfe",  # text that is none
        b"\x83\x01x",  # a frame of no kind
        b"\xf1\x01x",  # reserved bits
        b"\x80\x01x",  # the rest of nothing
        b"\x89\x7e\x01\x00" + b"x" * 256,  # a ping beyond its size
        b"\x81\xff" + b"\xff" * 8,  # a size beyond all
        b"HTTP/1.1 400 Bad Request\r\n\r\n" * 20,
    ],
)
async def test_noise_on_the_line_ends_it_in_our_words(noise: bytes) -> None:
    async def serve(socket: web.WebSocketResponse) -> None:
        transport = socket._req.transport if socket._req else None
        assert transport is not None
        transport.write(noise)
        await listen(socket)

    async with line_server(serve) as server:
        with pytest.raises(BrokerUnavailableError, match="usable answer"):
            await first(server.url())


async def test_an_abrupt_end_is_a_lost_line() -> None:
    async def serve(socket: web.WebSocketResponse) -> None:
        await socket.send_str("one")
        transport = socket._req.transport if socket._req else None
        assert transport is not None
        transport.abort()

    async with line_server(serve) as server, opened(server.url()) as line:
        assert await line.receive() == "one"
        with pytest.raises(BrokerUnavailableError, match="was lost"):
            await line.receive()
        with pytest.raises(BrokerUnavailableError, match="was lost"):
            await line.send("x")


@pytest.mark.parametrize("code", [1000, 1001, 1011, 1009, 4002])
async def test_an_end_by_the_broker_is_a_lost_line(code: int) -> None:
    async def serve(socket: web.WebSocketResponse) -> None:
        await socket.close(code=code, message=b"secret words")

    async with line_server(serve) as server:
        with pytest.raises(BrokerUnavailableError, match="was lost") as caught:
            await first(server.url())
    assert "secret words" not in caught.value.sentences()


async def wait_often(line: WebLine) -> None:
    for _ in range(100):
        await line.receive_within(SHORT / 5)


async def send_much(line: WebLine) -> None:
    for _ in range(200):
        await line.send(os.urandom(300_000))


async def test_silence_ends_the_line_and_short_waits_do_not_stretch_it() -> None:
    async with line_server(listen) as server:
        with pytest.raises(BrokerUnavailableError, match="silent"):
            await first(server.url(), silence=SHORT)
        async with opened(server.url(), silence=SHORT) as line:
            with pytest.raises(BrokerUnavailableError, match="silent"):
                await wait_often(line)
    assert server.closed == [1000, 1000]


async def test_what_is_already_there_is_received_however_late() -> None:
    """A reader that was busy for longer than the silence has not been left alone."""
    url_of = line_server(saying("one", "two", "three"))
    async with url_of as server, opened(server.url()) as line:
        assert await line.receive() == "one"
        assert await line.receive() == "two"
        line._heard -= 1000
        assert await line.receive() == "three"


async def test_a_broker_that_answers_no_ping_is_gone() -> None:
    accept = asyncio.Event()

    async def deaf(socket: web.WebSocketResponse) -> None:
        transport = socket._req.transport if socket._req else None
        assert isinstance(transport, asyncio.Transport)
        transport.pause_reading()
        await accept.wait()

    limits = LineLimits(ping=0.02, pong=0.05, closing=0.05)
    async with line_server(deaf) as server:
        with pytest.raises(BrokerUnavailableError, match="silent"):
            await first(server.url(), silence=None, limits=limits)
        accept.set()


async def test_a_broker_that_takes_nothing_any_more_is_gone() -> None:
    accept = asyncio.Event()

    async def deaf(socket: web.WebSocketResponse) -> None:
        transport = socket._req.transport if socket._req else None
        assert isinstance(transport, asyncio.Transport)
        transport.pause_reading()
        await accept.wait()

    limits = LineLimits(sending=0.05, closing=0.05)
    async with line_server(deaf) as server:
        async with opened(server.url(), limits=limits) as line:
            with pytest.raises(BrokerUnavailableError, match="silent"):
                await send_much(line)
        accept.set()


# --- what is written down -----------------------------------------------------------------------


async def test_the_log_tells_the_place_and_the_outcome_and_no_message(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    async with line_server(echo) as server:
        async with opened(
            server.url("/line?token=query-secret"), headers={"Authorization": "Bearer head-secret"}
        ) as line:
            await line.send("body-secret")
            await line.receive()
        with pytest.raises(BrokerUnavailableError):
            await first(server.url("/code/503?token=query-secret"))
    ours = [r.getMessage() for r in caplog.records if r.name.startswith(("brokerdesk", "websock"))]
    assert len(ours) == 2
    assert "LINE 127.0.0.1/line -> 101 in" in ours[0]
    assert "LINE 127.0.0.1/code/503 -> 503 in" in ours[1]
    assert not [text for text in ours if "secret" in text]
