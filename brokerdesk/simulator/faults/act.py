"""Doing a fault to one request.

Most faults are an answer that a well-behaved server would not give; the rough ones (resets, raw
bytes) go past the HTTP library to the transport. Delays use the injected clock, so that a test
never waits for one.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from brokerdesk.clock import Clock
from brokerdesk.simulator.faults import bodies, edits
from brokerdesk.simulator.faults.resets import reset
from brokerdesk.simulator.faults.rules import Rule
from brokerdesk.simulator.wire import json_answer, new_id

Proceed = Callable[[], Awaitable[web.StreamResponse]]
GARBAGE = b"\x00\xff\xfeSSH-2.0-nonsense\r\n\x16\x03\x01\r\n\r\n"
ABSURD_WAIT = "99999999999999999999"


async def act(
    rule: Rule, request: web.Request, proceed: Proceed, clock: Clock
) -> web.StreamResponse:
    """Answer ``request`` as the rule says; ``proceed`` gives the honest answer.

    With ``executed`` the request is carried out first, whatever is answered then.
    """
    untrue = rule.kind in UNTRUE and (rule.kind != "body" or rule.args.keys() & {"is", "text"})
    if rule.args.get("executed") and untrue:
        await proceed()
    return await ACTS[rule.kind](rule.args, request, proceed, clock)


async def _reset_before(
    _: dict[str, Any], request: web.Request, proceed: Proceed, clock: Clock
) -> web.StreamResponse:
    return _abort(request)


async def _reset_after(
    _: dict[str, Any], request: web.Request, proceed: Proceed, clock: Clock
) -> web.StreamResponse:
    await proceed()
    return _abort(request)


async def _reset_mid_body(
    _: dict[str, Any], request: web.Request, proceed: Proceed, clock: Clock
) -> web.StreamResponse:
    body, answer = await _honest(proceed)
    head = _head(answer.status, len(body))
    await _raw(request, head + body[: len(body) // 2])
    return _abort(request)


async def _truncate(
    _: dict[str, Any], request: web.Request, proceed: Proceed, clock: Clock
) -> web.StreamResponse:
    """A length larger than the body, and then an orderly end."""
    body, answer = await _honest(proceed)
    await _raw(request, _head(answer.status, len(body) + 1000) + body)
    return _close(request)


async def _garbage(
    _: dict[str, Any], request: web.Request, proceed: Proceed, clock: Clock
) -> web.StreamResponse:
    await _raw(request, GARBAGE)
    return _close(request)


async def _delay(
    args: dict[str, Any], request: web.Request, proceed: Proceed, clock: Clock
) -> web.StreamResponse:
    await clock.sleep(float(args.get("seconds", 60)))
    return await proceed()


async def _drip(
    args: dict[str, Any], request: web.Request, proceed: Proceed, clock: Clock
) -> web.StreamResponse:
    """The honest body, ``bytes_per_second`` at a time; ``pause`` seconds between pieces."""
    body, answer = await _honest(proceed)
    size = max(1, int(args.get("bytes_per_second", 1)))
    pause = float(args.get("pause", 1))
    pieces = (body[start : start + size] for start in range(0, len(body), size))
    return await _stream(request, pieces, answer.status, len(body), clock=clock, pause=pause)


async def _html(
    args: dict[str, Any], request: web.Request, proceed: Proceed, clock: Clock
) -> web.StreamResponse:
    edge = args.get("page") == "edge"
    text = bodies.EDGE_BLOCK if edge else bodies.CAPTIVE_PORTAL
    status = int(args.get("status", 403 if edge else 200))
    return web.Response(text=text, status=status, content_type="text/html")


async def _redirect(
    args: dict[str, Any], request: web.Request, proceed: Proceed, clock: Clock
) -> web.StreamResponse:
    """``to``: same (this host), other (``url`` or another host), downgrade (plain http)."""
    targets = {
        "same": f"http://{request.host}/elsewhere{request.path}",
        "other": f"https://login.example.invalid{request.path}",
        "downgrade": f"http://api.schwabapi.com{request.path}",
    }
    url = str(args.get("url") or targets[str(args.get("to", "same"))])
    return web.Response(status=int(args.get("status", 302)), headers={"Location": url})


async def _status(
    args: dict[str, Any], request: web.Request, proceed: Proceed, clock: Clock
) -> web.StreamResponse:
    """A bare status with the broker's envelope; ``retry_after``: text, "absurd", or absent."""
    status = int(args.get("status", 500))
    if "text" in args:
        answer = web.Response(text=str(args["text"]), status=status, content_type="text/plain")
    elif request.path.startswith("/marketdata/"):
        error = {"id": new_id(), "status": str(status), "title": "Simulated fault"}
        answer = json_answer({"errors": [error]}, status)
    else:
        answer = json_answer({"message": "Simulated fault"}, status)
    wait = args.get("retry_after")
    if wait is not None:
        answer.headers["Retry-After"] = ABSURD_WAIT if wait == "absurd" else str(wait)
    return answer


async def _body(
    args: dict[str, Any], request: web.Request, proceed: Proceed, clock: Clock
) -> web.StreamResponse:
    """A fixed small body (``is``), or the honest one under a wrong content type."""
    name = args.get("is")
    if name is not None:
        body, kind = bodies.FIXED[str(name)]
    elif "text" in args:
        body, kind = str(args["text"]).encode(), "application/json"
    else:
        body, _ = await _honest(proceed)
        kind = "application/json"
    kind = str(args.get("content_type", kind))
    return web.Response(body=body, headers={"Content-Type": kind})


async def _edit(
    args: dict[str, Any], request: web.Request, proceed: Proceed, clock: Clock
) -> web.StreamResponse:
    body, answer = await _honest(proceed)
    spoiled = edits.spoil(body, args)
    return web.Response(body=spoiled, status=answer.status, content_type="application/json")


async def _huge(
    args: dict[str, Any], request: web.Request, proceed: Proceed, clock: Clock
) -> web.StreamResponse:
    pieces = bodies.huge(int(args.get("bytes", bodies.LARGEST)))
    return await _stream(request, pieces, 200, None)


async def _gzip_bomb(
    args: dict[str, Any], request: web.Request, proceed: Proceed, clock: Clock
) -> web.StreamResponse:
    pieces = bodies.gzip_bomb(int(args.get("bytes", bodies.LARGEST)))
    return await _stream(request, pieces, 200, None, {"Content-Encoding": "gzip"})


async def _wrong_clock(
    args: dict[str, Any], request: web.Request, proceed: Proceed, clock: Clock
) -> web.StreamResponse:
    """The honest answer under a ``Date`` that is off by so many seconds, or under ``date``."""
    answer = await proceed()
    off = clock.now() + timedelta(seconds=float(args.get("seconds", 86400)))
    answer.headers["Date"] = str(args.get("date") or format_datetime(off, usegmt=True))
    return answer


async def _location(
    args: dict[str, Any], request: web.Request, proceed: Proceed, clock: Clock
) -> web.StreamResponse:
    """The honest answer under another ``Location``: ``value``, or as ``is`` says.

    ``missing``, ``other`` (another id), ``garbage``, ``twice`` (two headers), ``host`` (of another
    host), ``relative``, ``empty``.
    """
    answer = await proceed()
    honest = answer.headers.pop("Location", "")
    start, _, number = honest.rpartition("/")
    wrong = str(int(number) - 1) if number.isdigit() else "1"
    values = {
        "missing": [],
        "other": [f"{start}/{wrong}"],
        "garbage": ["not an address"],
        "twice": [honest, f"{start}/{wrong}"],
        "host": [f"https://login.example.invalid/{number}"],
        "relative": [urlsplit(honest).path],
        "empty": [""],
    }
    for value in (
        [str(args["value"])] if "value" in args else values[str(args.get("is", "missing"))]
    ):
        answer.headers.add("Location", value)
    return answer


Act = Callable[[dict[str, Any], web.Request, Proceed, Clock], Awaitable[web.StreamResponse]]
ACTS: dict[str, Act] = {
    "reset_before": _reset_before,
    "reset_after": _reset_after,
    "reset_mid_body": _reset_mid_body,
    "truncate": _truncate,
    "garbage": _garbage,
    "delay": _delay,
    "drip": _drip,
    "html": _html,
    "redirect": _redirect,
    "status": _status,
    "body": _body,
    "edit": _edit,
    "huge": _huge,
    "gzip_bomb": _gzip_bomb,
    "wrong_clock": _wrong_clock,
    "location": _location,
}
UNTRUE = frozenset({"garbage", "html", "redirect", "status", "body", "huge", "gzip_bomb"})
"""Answers that have nothing to do with what the request did."""


async def _honest(proceed: Proceed) -> tuple[bytes, web.Response]:
    answer = await proceed()
    assert isinstance(answer, web.Response)
    body = answer.body
    return (body if isinstance(body, bytes) else b""), answer


def _head(status: int, length: int) -> bytes:
    return (
        f"HTTP/1.1 {status} OK\r\nContent-Type: application/json\r\n"
        f"Content-Length: {length}\r\n\r\n"
    ).encode()


async def _raw(request: web.Request, data: bytes) -> None:
    transport = request.transport
    if transport is not None:
        transport.write(data)
        await asyncio.sleep(0)


def _abort(request: web.Request) -> web.StreamResponse:
    """Reset the connection instead of closing it in order."""
    reset(request.transport)
    return web.Response(status=499)


def _close(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.close()
    return web.Response(status=499)


async def _stream(
    request: web.Request,
    pieces: Iterator[bytes],
    status: int,
    length: int | None,
    headers: dict[str, str] | None = None,
    *,
    clock: Clock | None = None,
    pause: float = 0.0,
) -> web.StreamResponse:
    """Write pieces as they are made, until done or until the client has had enough."""
    answer = web.StreamResponse(status=status, headers=headers)
    answer.content_type = "application/json"
    answer.content_length = length
    await answer.prepare(request)
    # A client that hangs up has done what most of these faults are meant to make it do.
    with contextlib.suppress(ConnectionError):
        for piece in pieces:
            await answer.write(piece)
            if clock is not None:
                await clock.sleep(pause)
        await answer.write_eof()
    return answer
