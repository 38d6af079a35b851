"""Sending something that must never go twice: one attempt on a connection of its own.

The HTTP library tells when it begins to write the request. Whatever fails before that proves that
no byte has left; whatever fails after it proves nothing. There is no retry, no redirect, no renewed
token and no kept connection that may have died unnoticed, and 30 seconds are the end of it: by the
wall clock as well, so that nothing leaves when a computer wakes that slept while it connected.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from brokerdesk.brokers import answers, hurry
from brokerdesk.brokers.answers import Limits
from brokerdesk.brokers.base import Network
from brokerdesk.brokers.trading import NotSent, Unproven
from brokerdesk.brokers.transport import build_client, is_loopback
from brokerdesk.clock import Clock
from brokerdesk.errors import SettingsError
from brokerdesk.log import log_http

DEADLINE = 30.0
BODY = 1024 * 1024
_WRITING = ("http11.send_request_headers.started", "http2.send_request_headers.started")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """One request to the last byte. ``target`` is path and query as they go out."""

    method: str
    target: str
    template: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A complete answer that is the broker's own to interpret. ``location`` is its header."""

    status: int
    body: bytes = field(repr=False)
    is_json: bool
    location: str = ""


async def send_once(
    wire: Wire,
    *,
    title: str,
    base_url: str,
    hosts: tuple[str, ...],
    network: Network,
    clock: Clock,
    plain_loopback: bool = False,
    deadline: float = DEADLINE,
) -> Reply | NotSent | Unproven:
    """Send it once. Only a whole answer that can be the broker's own comes back as ``Reply``.

    A redirect, a page, an answer that breaks off or is too large: all of that is ``Unproven``.
    Cancelled after the first byte, it is the caller's to note that nothing is proven.
    """
    url = httpx.URL(base_url.rstrip("/") + wire.target)
    refused = _refused(url, wire, title, hosts, network, plain_loopback=plain_loopback)
    if refused is not None:
        return refused
    limits = Limits(deadline=deadline, body=BODY, retries=0)
    try:
        client = build_client(network, limits)
    except SettingsError as error:
        return NotSent(why=error.sentences())
    began, since = False, hurry.current() or hurry.Hurry(clock)

    async def watch(event: str, _: Mapping[str, object]) -> None:
        nonlocal began
        if event in _WRITING:
            if since.over():
                raise _TooLateError
            began = True

    started = clock.monotonic()
    status = 0
    try:
        async with asyncio.timeout(deadline), client:
            request = client.build_request(
                wire.method,
                url,
                headers={
                    "Accept": "application/json",
                    "Accept-Encoding": "identity",
                    "Connection": "close",
                    **wire.headers,
                },
                content=wire.body,
                extensions={"trace": watch},
            )
            response = await client.send(request, stream=True)
            status = response.status_code
            try:
                answer = await answers.read(response, limits, history=False)
            finally:
                await response.aclose()
    except answers.AnswerRefused as error:
        return Unproven(why=f"{title}'s answer cannot be read. {error.reason}")
    except _TooLateError:
        return NotSent(why=hurry.LATE)
    except TimeoutError:
        return _outcome(began, f"{title} did not answer within {deadline:.0f} seconds.")
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError):
        return _outcome(began, f"The connection to {title} failed.")
    finally:
        millis = (clock.monotonic() - started) * 1000
        log_http(wire.method, url.host, wire.template, status or "no answer", millis)
    if 300 <= status < 400:
        return Unproven(why=f"{title} answered with a redirect, which is not followed.")
    return Reply(
        status=status,
        body=answer.body,
        is_json=answer.is_json,
        location=response.headers.get("Location", ""),
    )


class _TooLateError(Exception):
    """The request was about to be written, too late."""


def _refused(
    url: httpx.URL,
    wire: Wire,
    title: str,
    hosts: tuple[str, ...],
    network: Network,
    *,
    plain_loopback: bool,
) -> NotSent | None:
    """What keeps it here: credentials and orders leave only for hosts on the list."""
    if network.offline:
        return NotSent(why="BrokerDesk is working offline.")
    safe = url.scheme == "https" or (
        url.scheme == "http" and plain_loopback and is_loopback(url.host)
    )
    if url.host not in hosts or not safe or url.raw_path.decode() != wire.target:
        return NotSent(why=f"That address does not belong to {title}.")
    return None


def _outcome(began: bool, why: str) -> NotSent | Unproven:
    if began:
        return Unproven(why=why)
    return NotSent(why=f"{why} It failed before the order left this computer.")
