"""What one attempt proves: nothing left, an answer, or nothing at all. Against real sockets."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import trustme
from support.clock import FakeClock

from brokerdesk.brokers import hurry
from brokerdesk.brokers.base import Network
from brokerdesk.brokers.once import Reply, Wire, send_once
from brokerdesk.brokers.trading import NotSent, Unproven
from brokerdesk.clock import SystemClock

Answering = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
WIRE = Wire(
    method="POST", target="/v2/orders", template="/v2/orders", headers={"X-Key": "k"}, body=b"{}"
)
JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@asynccontextmanager
async def server(
    answering: Answering, tls: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server that notes what arrives."""
    arrived: list[bytes] = []
    handlers: list[asyncio.Task[None]] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handlers.append(asyncio.current_task())  # type: ignore[arg-type]
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            arrived.append(head)
            await answering(reader, writer)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    listening = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=tls)
    try:
        port = listening.sockets[0].getsockname()[1]
        yield f"{'https' if tls else 'http'}://127.0.0.1:{port}", arrived
    finally:
        listening.close()
        for handler in handlers:
            handler.cancel()
        await asyncio.gather(*handlers)


async def sent(url: str, **changes: Any) -> Reply | NotSent | Unproven:
    values: dict[str, Any] = {
        "title": "Acme",
        "base_url": url,
        "hosts": ("127.0.0.1",),
        "network": Network(),
        "clock": SystemClock(),
        "plain_loopback": True,
        "deadline": 2.0,
    }
    return await send_once(changes.pop("wire", WIRE), **{**values, **changes})


def saying(*parts: bytes) -> Answering:
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()

    return answer


async def reset(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    del writer
    await asyncio.sleep(5)


async def dripping(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(JSON + b"Content-Length: 100\r\n\r\n")
    for _count in range(20):
        writer.write(b"{")
        await writer.drain()
        await asyncio.sleep(0.2)


async def test_an_answer_comes_back_whole_and_once() -> None:
    ok = saying(JSON + b'Location: /v2/orders/7\r\nContent-Length: 8\r\n\r\n{"a": 1}')
    async with server(ok) as (url, arrived):
        reply = await sent(url)
    assert reply == Reply(status=200, body=b'{"a": 1}', is_json=True, location="/v2/orders/7")
    assert len(arrived) == 1
    assert b"x-key: k" in arrived[0].lower()


@pytest.mark.parametrize("status", [b"400 Bad", b"403 No", b"422 No", b"500 Oh", b"503 Busy"])
async def test_every_status_is_the_brokers_own_to_read(status: bytes) -> None:
    told = saying(b"HTTP/1.1 " + status + b"\r\nContent-Length: 2\r\n\r\n{}")
    async with server(told) as (url, arrived):
        reply = await sent(url)
    assert isinstance(reply, Reply)
    assert reply.status == int(status[:3])
    assert len(arrived) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed_and_proves_nothing(status: int) -> None:
    async with server(saying(JSON + b"Content-Length: 2\r\n\r\n{}")) as (other, elsewhere):
        head = f"HTTP/1.1 {status} Go\r\nLocation: {other}/x\r\nContent-Length: 0\r\n\r\n"
        async with server(saying(head.encode())) as (url, arrived):
            assert isinstance(await sent(url), Unproven)
        assert len(arrived) == 1
        assert elsewhere == []


@pytest.mark.parametrize(
    "answering",
    [
        reset,
        silent,
        dripping,
        saying(),
        saying(b"garbage\r\n\r\n"),
        saying(JSON + b'Content-Length: 50\r\n\r\n{"cut'),
        saying(JSON + b"Content-Length: 9999999\r\n\r\n" + b"[" * 9_999_999),
        saying(JSON + b"Content-Encoding: br\r\nContent-Length: 2\r\n\r\n{}"),
    ],
)
async def test_whatever_breaks_after_the_first_byte_proves_nothing(answering: Answering) -> None:
    async with server(answering) as (url, arrived):
        assert isinstance(await sent(url), Unproven)
    assert len(arrived) == 1


async def test_what_fails_before_the_first_byte_was_not_sent() -> None:
    async with server(silent) as (url, _):
        pass
    assert isinstance(await sent(url), NotSent), "nobody listens"
    assert isinstance(await sent("http://nowhere.invalid", hosts=("nowhere.invalid",)), NotSent)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(tls)
    async with server(silent, tls) as (url, arrived):
        assert isinstance(await sent(url), NotSent), "a certificate that nobody trusts"
    assert arrived == []


@pytest.mark.parametrize(
    "changes",
    [
        {"network": Network(offline=True)},
        {"hosts": ("api.acme.example",)},
        {"plain_loopback": False},
        {"network": Network(proxy="http//broken")},
    ],
)
async def test_what_must_not_leave_does_not(changes: dict[str, Any]) -> None:
    async with server(silent) as (url, arrived):
        assert isinstance(await sent(url, **changes), NotSent)
    assert arrived == []


@pytest.mark.parametrize(
    "target",
    [
        "/v2/orders?x=a b",
        "/v2/../v2/orders",
        "/v2/ord\u00e9rs",
        "/v2/orders#part",
        "/v2/orders?q=\u00e9",
    ],
)
async def test_what_would_go_out_as_another_target_than_written_down_stays(target: str) -> None:
    wire = replace(WIRE, target=target)
    async with server(silent) as (url, arrived):
        assert isinstance(await sent(url, wire=wire), NotSent)
    assert arrived == []


async def test_what_breaks_amid_the_headers_proves_nothing() -> None:
    """Part of them is at the broker, the rest never leaves: it does not read any more."""
    taken = asyncio.Event()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reader._transport.pause_reading()  # type: ignore[attr-defined]
        await taken.wait()
        writer.transport.abort()

    listening = await asyncio.start_server(handle, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    wire = replace(WIRE, headers={"X-Long": "k" * 32_000_000})
    try:
        assert isinstance(await sent(url, wire=wire), Unproven)
    finally:
        taken.set()
        listening.close()


class Slept:
    """A computer that slept while it connected: what its clocks say from then on."""

    def __init__(self, wall: float, mono: float) -> None:
        self._real, self._ahead = SystemClock(), (timedelta(seconds=wall), mono)
        self.asleep = False

    def now(self) -> datetime:
        return self._real.now() + (self._ahead[0] if self.asleep else timedelta())

    def monotonic(self) -> float:
        return self._real.monotonic() + (self._ahead[1] if self.asleep else 0.0)

    async def sleep(self, seconds: float) -> None:
        await self._real.sleep(seconds)


@pytest.mark.parametrize(
    ("wall", "mono", "leaves"),
    [
        (3600, 0, False), (31, 31, False), (0, 31, False), (-3600, 31, False), (31, 0, False),
        (0, 0, True), (5, 5, True), (-3600, 0, True),
    ],
)  # fmt: skip
async def test_what_slept_before_the_first_byte_stays_by_either_clock(
    monkeypatch: pytest.MonkeyPatch, wall: float, mono: float, leaves: bool
) -> None:
    clock = Slept(wall, mono)
    real = asyncio.get_running_loop().create_connection
    connected = 0

    async def connect(*args: Any, **kwargs: Any) -> Any:
        nonlocal connected
        found = await real(*args, **kwargs)
        connected += 1
        clock.asleep = True
        return found

    monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", connect)
    ok = saying(JSON + b'Content-Length: 8\r\n\r\n{"a": 1}')
    async with server(ok) as (url, arrived):
        outcome = await sent(url, clock=clock, deadline=5.0)
        assert connected == 1
        if leaves:
            assert isinstance(outcome, Reply)
            assert len(arrived) == 1
        else:
            assert outcome == NotSent(why=hurry.LATE)
            assert arrived == []


async def test_the_time_since_it_was_written_down_counts_as_well() -> None:
    clock = FakeClock()
    ok = saying(JSON + b'Content-Length: 8\r\n\r\n{"a": 1}')
    async with server(ok) as (url, arrived):
        with hurry.in_hurry(hurry.Hurry(clock)):
            clock.jump(31)  # asleep on its way to the broker's module
            assert await sent(url, clock=clock) == NotSent(why=hurry.LATE)
        assert arrived == []
        assert isinstance(await sent(url, clock=clock), Reply), "another one has its own time"
    assert hurry.current() is None
