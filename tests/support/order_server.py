"""A small real HTTP server for orders: it notes every request and answers as a test tells it to.

``KINDS`` are answers after which nobody can know what became of an order, whoever the broker is.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Answering = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True)
class Seen:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class OrderServer:
    """``answer`` is asked for each request: an ``Answering``, or None for a 404."""

    url: str = ""
    seen: list[Seen] = field(default_factory=list)
    answer: Callable[[Seen], Answering | None] = lambda _: None

    def writes(self) -> list[Seen]:
        return [one for one in self.seen if one.method != "GET"]


@asynccontextmanager
async def order_server(tls: ssl.SSLContext | None = None) -> AsyncIterator[OrderServer]:
    server = OrderServer()
    handlers: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        handlers.add(task)
        try:
            seen = await _read(reader)
            server.seen.append(seen)
            answering = server.answer(seen) or said(404, b"{}")
            await answering(writer)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            handlers.discard(task)

    listening = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=tls)
    server.url = f"{'https' if tls else 'http'}://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listening.close()
        waiting = list(handlers)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting)


async def _read(reader: asyncio.StreamReader) -> Seen:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = head.strip().split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value for name, _, value in (one.partition(": ") for one in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Seen(method, target, headers, body)


def said(status: int, body: bytes = b"", kind: str = "application/json", **more: str) -> Answering:
    """A whole answer."""
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}", "Connection: close"]
    if body:
        lines.append(f"Content-Type: {kind}")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in more.items()]
    return raw("\r\n".join(lines).encode() + b"\r\n\r\n" + body)


def raw(*parts: bytes) -> Answering:
    async def answer(writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()

    return answer


async def reset(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def silent(writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


async def dripping(writer: asyncio.StreamWriter) -> None:
    writer.write(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n"
    )
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.05)


_OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
_PAGE = b"<!DOCTYPE html><html><title>Access Denied</title></html>"
KINDS: dict[str, Answering] = {
    "reset": reset,
    "closed without a word": raw(),
    "silent": silent,
    "dripping": dripping,
    "half a status line": raw(b"HTTP/1.1 2"),
    "garbage": raw(b"\x16\x03\x01\x02\x00garbage\r\n\r\n"),
    "headers cut": raw(b"HTTP/1.1 200 OK\r\nContent-Ty"),
    "body cut": raw(_OK + b'Content-Length: 90\r\n\r\n{"id": "cut'),
    "chunks cut": raw(_OK + b'Transfer-Encoding: chunked\r\n\r\n5\r\n{"id"\r\n'),
    "refusal cut": raw(b'HTTP/1.1 403 No\r\nContent-Length: 90\r\n\r\n{"code":40310000,"mess'),
    "far too large": raw(_OK + b"Content-Length: 99999999\r\n\r\n" + b"[" * 4096),
    "packed": raw(_OK + b"Content-Encoding: br\r\nContent-Length: 2\r\n\r\n{}"),
    "page 200": said(200, _PAGE, "text/html"),
    "page 400": said(400, _PAGE, "text/html"),
    "page 403": said(403, _PAGE, "text/html"),
    "page 404": said(404, _PAGE, "text/html"),
    "page 401": said(401, _PAGE, "text/html"),
    "page that says it is JSON": said(403, _PAGE),
    "200 and nothing": said(200),
    "202 and nothing": said(202),
    "200 list": said(200, b"[]"),
    "200 empty object": said(200, b"{}"),
    "200 null": said(200, b"null"),
    "200 not JSON": said(200, b"{'id': 1}"),
    "200 NaN": said(200, b'{"id": NaN}'),
    "200 key twice": said(
        200, b'{"id": "11111111-aaaa", "id": "22222222-bbbb", "client_order_id": "x"}'
    ),
    "refusal without words": said(403, b'{"code": 40310000}'),
    "refusal in another form": said(400, b'{"detail": "no"}'),
    "refusal list": said(422, b'["no"]'),
    "bytes that are no text": said(403, b'{"code": 40310000, "message": "\xff\xfe"}'),
    **{
        f"redirect {status}": said(status, b"{}", Location="https://elsewhere.example/v2/orders")
        for status in (301, 302, 303, 307, 308)
    },
    **{
        f"status {status}": said(status, b'{"code": 42210000, "message": "no", "errors": ["no"]}')
        for status in (402, 405, 408, 409, 410, 418, 425, 429, 451, 500, 501, 502, 503, 504, 520)
    },
}
