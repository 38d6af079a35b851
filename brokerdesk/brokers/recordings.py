"""Recorded answers and the person's click, as the practice servers on this computer offer them.

Practice data arrive the way a broker's do: a consent is given at the authorize page and history is
a stream of recorded portfolio answers. Both are asked of a loopback address only; this module
refuses every other, follows no redirect and uses no proxy. It decodes nothing of a broker's.
"""

from __future__ import annotations

import ipaddress
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

import httpx
import msgspec

from brokerdesk.domain.exact import utc
from brokerdesk.errors import BrokerProtocolError, BrokerUnavailableError

_TIMEOUT = httpx.Timeout(30.0, connect=5.0)
_MAX_LINE = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One portfolio answer as the wire carried it, and when."""

    account_number: str
    at: datetime
    answer: bytes


class _Line(msgspec.Struct):
    account_number: str
    at: datetime
    answer: msgspec.Raw


class _Approved(msgspec.Struct):
    redirect: str


_line = msgspec.json.Decoder(_Line)
_approved = msgspec.json.Decoder(_Approved)


async def approve(control_url: str, authorize_url: str, login: str = "") -> str:
    """Give consent at ``authorize_url`` as the person would; the address the browser ends on.

    ``login`` is what the person chooses there; "" takes what is offered first.

    Raises:
        BrokerUnavailableError: the practice server does not answer.
        BrokerProtocolError: it answers with something else.
    """
    async with _client(control_url) as client:
        try:
            response = await client.post(
                f"{control_url.rstrip('/')}/approve",
                json={"url": authorize_url, "action": "allow", "login": login},
            )
            response.raise_for_status()
            return _approved.decode(response.content).redirect
        except httpx.HTTPError as error:
            raise _unavailable() from error
        except msgspec.DecodeError as error:
            raise _nonsense() from error


async def switch(control_url: str, values: Mapping[str, object]) -> None:
    """Change how the practice server behaves from now on.

    Raises:
        BrokerUnavailableError: it does not answer, or knows no such switch.
    """
    async with _client(control_url) as client:
        try:
            response = await client.post(f"{control_url.rstrip('/')}/switches", json=dict(values))
            response.raise_for_status()
        except httpx.HTTPError as error:
            raise _unavailable() from error


async def history(
    control_url: str, days: int, ends: Sequence[str] = ("",)
) -> AsyncIterator[Recording]:
    """Recorded answers of the last ``days`` days, oldest first, one by one.

    ``ends`` chooses accounts by the last characters of their numbers.

    Raises:
        BrokerUnavailableError: the practice server does not answer, or stops amid the stream.
        BrokerProtocolError: a line is something else.
    """
    async with _client(control_url) as client:
        try:
            async with client.stream(
                "GET",
                f"{control_url.rstrip('/')}/history",
                params={"days": days, "ends": list(ends)},
            ) as response:
                response.raise_for_status()
                async for line in response.aiter_lines():
                    if line.strip():
                        yield _recording(line)
        except httpx.HTTPError as error:
            raise _unavailable() from error


def _recording(line: str) -> Recording:
    if len(line) > _MAX_LINE:
        raise _nonsense()
    try:
        decoded = _line.decode(line)
        return Recording(
            account_number=decoded.account_number,
            at=utc(decoded.at),
            answer=bytes(decoded.answer),
        )
    except (msgspec.DecodeError, ValueError) as error:
        raise _nonsense() from error


def _client(control_url: str) -> httpx.AsyncClient:
    parts = urlsplit(control_url)
    try:
        loopback = ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        loopback = parts.hostname == "localhost"
    if parts.scheme != "http" or not loopback:
        raise _unavailable()
    return httpx.AsyncClient(timeout=_TIMEOUT, trust_env=False, follow_redirects=False)


def _unavailable() -> BrokerUnavailableError:
    return BrokerUnavailableError(
        "The practice market does not answer.",
        "The figures shown are the last ones stored.",
        "Start the program again.",
    )


def _nonsense() -> BrokerProtocolError:
    return BrokerProtocolError(
        "The practice market answered with something else.",
        "The figures shown are the last ones stored.",
    )
