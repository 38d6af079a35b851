"""A real WebSocket server on loopback whose handler a test writes, and what goes with it."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from support.clock import FakeClock

from brokerdesk.brokers.base import Credentials, Network, SessionContext
from brokerdesk.domain.kinds import Environment

Served = Callable[[web.WebSocketResponse], Awaitable[None]]


class NoCredentials:
    """A port for sessions that must not ask."""

    async def read(self) -> Credentials:
        raise AssertionError("nobody asked for this login")

    async def replace(self, credentials: Credentials) -> None:
        raise AssertionError("nobody asked for this login")

    def lock(self) -> contextlib.AbstractAsyncContextManager[None]:
        raise AssertionError("nobody asked for this login")


@dataclass
class LineServer:
    """Where the server is and what came to it."""

    port: int
    scheme: str = "ws"
    requests: list[web.Request] = field(default_factory=list)
    open: set[web.WebSocketResponse] = field(default_factory=set)
    closed: list[int | None] = field(default_factory=list)
    """The close code of every line that has ended."""

    def url(self, path: str = "/line", host: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{host}:{self.port}{path}"


def context(
    *, environment: Environment = Environment.PRACTICE, network: Network | None = None
) -> SessionContext:
    return SessionContext(
        environment=environment,
        clock=FakeClock(),
        credentials=NoCredentials(),
        network=network or Network(),
    )


@asynccontextmanager
async def line_server(
    serve: Served, *, tls: ssl.SSLContext | None = None, compress: bool = True
) -> AsyncIterator[LineServer]:
    """``/line`` serves lines by ``serve``; ``/moved`` redirects there; ``/code/N`` answers N."""
    server = LineServer(0, "wss" if tls else "ws")

    async def line(request: web.Request) -> web.WebSocketResponse:
        server.requests.append(request)
        socket = web.WebSocketResponse(compress=compress, autoping=True)
        await socket.prepare(request)
        server.open.add(socket)
        try:
            await serve(socket)
        finally:
            server.open.discard(socket)
            server.closed.append(socket.close_code)
        return socket

    async def moved(request: web.Request) -> web.Response:
        server.requests.append(request)
        return web.Response(status=307, headers={"Location": server.url("/line")})

    async def code(request: web.Request) -> web.Response:
        server.requests.append(request)
        kind = request.query.get("type", "application/json")
        wait = request.query.get("wait", "")
        headers = {"Retry-After": wait} if wait else {}
        status = int(request.match_info["status"])
        return web.Response(status=status, text="{}", content_type=kind, headers=headers)

    app = web.Application()
    app.router.add_get("/line", line)
    app.router.add_get("/moved", moved)
    app.router.add_get("/code/{status}", code)
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    server.port = runner.addresses[0][1]
    try:
        yield server
    finally:
        for socket in tuple(server.open):
            await socket.close()
        await runner.cleanup()


@asynccontextmanager
async def connect_proxy(port: int) -> AsyncIterator[tuple[str, list[str]]]:
    """A proxy that tunnels every CONNECT to ``port`` here, and what it was asked for."""
    asked: list[str] = []
    tasks: set[asyncio.Task[None]] = set()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        ends = [writer]
        with contextlib.suppress(asyncio.CancelledError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            asked.append(head.split(" ")[1])
            inner, outer = await asyncio.open_connection("127.0.0.1", port)
            ends.append(outer)
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            await asyncio.gather(pump(reader, outer), pump(inner, writer))
        for end in ends:
            end.close()
            with contextlib.suppress(OSError):
                await end.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()
