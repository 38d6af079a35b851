"""Stand-ins for what brokers are given, and a small Schwab to talk to."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import ipaddress
import json
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Self
from urllib.parse import parse_qsl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from support import schwab_payloads as payloads

from brokerdesk.brokers.base import Credentials
from brokerdesk.brokers.flow import LoopbackCertificate
from brokerdesk.errors import SecretStoreLockedError


class MemoryCredentials:
    """A ``CredentialPort`` in memory that records what happened to it."""

    def __init__(self, credentials: Credentials) -> None:
        self.credentials = dict(credentials)
        self.replaced: list[dict[str, str]] = []
        self.reads = 0
        self.locked = False
        self._lock = asyncio.Lock()

    async def read(self) -> Credentials:
        self.reads += 1
        if self.locked:
            raise SecretStoreLockedError("The keyring is locked.")
        return dict(self.credentials)

    async def replace(self, credentials: Credentials) -> None:
        self.credentials = dict(credentials)
        self.replaced.append(dict(credentials))

    @asynccontextmanager
    async def lock(self) -> AsyncIterator[None]:
        async with self._lock:
            yield


@cache
def loopback_certificate() -> LoopbackCertificate:
    """A self-signed certificate for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "BrokerDesk test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    fingerprint = certificate.fingerprint(hashes.SHA256()).hex(":").upper()
    return LoopbackCertificate(
        certificate_pem=certificate.public_bytes(serialization.Encoding.PEM),
        key_pem=key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
        fingerprint=fingerprint,
    )


class Certificates:
    """A ``CertificatePort`` that always has one."""

    async def loopback(self) -> LoopbackCertificate:
        return loopback_certificate()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@cache
def careless_tls() -> ssl.SSLContext:
    """TLS of somebody who has clicked the warning away."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def https_request(
    port: int,
    target: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    raw: bytes | None = None,
    patience: float = 5.0,
) -> tuple[int, dict[str, str], str]:
    """One request to the loopback listener as a browser would send it: status, headers, body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=careless_tls())
    try:
        lines = {"Host": f"127.0.0.1:{port}", **(headers or {})}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value)
        writer.write(raw or f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode())
        await writer.drain()
        answer = await asyncio.wait_for(reader.read(), patience)
    finally:
        writer.transport.abort()
    top, _, body = answer.decode("utf-8", "replace").partition("\r\n\r\n")
    first, *rest = top.split("\r\n")
    fields = dict(line.split(": ", 1) for line in rest if ": " in line)
    return int(first.split(" ")[1]), {k.lower(): v for k, v in fields.items()}, body


@dataclass
class Seen:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: str

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body, keep_blank_values=True))


@dataclass
class Reply:
    """One answer. ``raw`` replaces all else; ``before`` runs first (to wait, to count)."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    drip: float | None = None
    reset: bool = False

    def to_bytes(self) -> bytes:
        if self.raw is not None:
            return self.raw
        fields = {
            "Content-Type": "application/json",
            "Content-Length": str(len(self.body)),
            "Connection": "close",
            **self.headers,
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
        return f"HTTP/1.1 {self.status} X\r\n{head}\r\n".encode() + self.body


def json_reply(payload: Any, status: int = 200, **headers: str) -> Reply:
    return Reply(status=status, body=json.dumps(payload).encode(), headers=headers)


Handler = Callable[[Seen], "Reply | Awaitable[Reply]"]


class RawServer:
    """A plain HTTP server on loopback that answers whatever a test wants, bytes included."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.seen: list[Seen] = []
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *args: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def paths(self) -> list[str]:
        return [seen.path for seen in self.seen]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            seen = await self._read(reader)
            if seen is None:
                return
            self.seen.append(seen)
            reply = self.handler(seen)
            if not isinstance(reply, Reply):
                reply = await reply
            if not reply.reset:
                await self._send(reply, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # a cancelled connection is how a test ends; asyncio would log it as an error
        finally:
            self._tasks.discard(task)
            if writer.can_write_eof() and not writer.transport.is_closing():
                with contextlib.suppress(OSError):
                    writer.write_eof()
            writer.close()

    async def _send(self, reply: Reply, writer: asyncio.StreamWriter) -> None:
        data = reply.to_bytes()
        if reply.drip is None:
            writer.write(data)
            await writer.drain()
            return
        for index in range(len(data)):
            writer.write(data[index : index + 1])
            await writer.drain()
            await asyncio.sleep(reply.drip)

    async def _read(self, reader: asyncio.StreamReader) -> Seen | None:
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").rstrip().split("\r\n")
        method, target, _ = first.split(" ")
        headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in lines)
        }
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        path, _, query = target.partition("?")
        return Seen(
            method, path, dict(parse_qsl(query, keep_blank_values=True)), headers, body.decode()
        )


class CannedSchwab:
    """Schwab's read routes with fixed answers that a test may replace route by route."""

    def __init__(self) -> None:
        self.routes: dict[str, Handler | Reply] = {
            "/trader/v1/accounts/accountNumbers": json_reply(payloads.NUMBERS),
            "/trader/v1/accounts": json_reply([payloads.margin_account(), payloads.cash_account()]),
            f"/trader/v1/accounts/{payloads.HASH}": json_reply(
                payloads.margin_account(payloads.position())
            ),
            f"/trader/v1/accounts/{payloads.CASH_HASH}": json_reply(payloads.cash_account()),
            f"/trader/v1/accounts/{payloads.HASH}/orders": json_reply([payloads.ORDER]),
            f"/trader/v1/accounts/{payloads.HASH}/transactions": json_reply([payloads.TRADE]),
            "/trader/v1/userPreference": json_reply(payloads.PREFERENCE),
            "/marketdata/v1/quotes": json_reply(payloads.QUOTES),
            "/v1/oauth/token": self.token,
        }
        self.all: Reply | None = None
        self.refreshes = 0
        self.exchanges = 0
        self.app = ("key", "secret")
        self.code = "C0.code@"
        self.refused_tokens: set[str] = set()

    def __call__(self, seen: Seen) -> Reply | Awaitable[Reply]:
        if self.all is not None:
            return self.all
        route = self.routes.get(seen.path)
        if route is None:
            return json_reply({"message": "Invalid account number"}, 400)
        if seen.path != "/v1/oauth/token":
            token = seen.headers.get("authorization", "").removeprefix("Bearer ")
            if not token or token in self.refused_tokens:
                return json_reply(payloads.CLIENT_NOT_AUTHORIZED, 401)
        return route if isinstance(route, Reply) else route(seen)

    def token(self, seen: Seen) -> Reply:
        given = base64.b64decode(seen.headers["authorization"].removeprefix("Basic ")).decode()
        if tuple(given.split(":")) != self.app:
            return json_reply({"error": "invalid_client"}, 401)
        form = seen.form
        if form["grant_type"] == "authorization_code":
            self.exchanges += 1
            if form["code"] != self.code:
                return json_reply(payloads.CODE_EXPIRED, 400)
            return self.tokens("I0.first@", "refresh-1@")
        assert form["grant_type"] == "refresh_token"
        self.refreshes += 1
        return self.tokens(f"I0.renewed-{self.refreshes}@", form["refresh_token"])

    def tokens(self, access: str, refresh: str) -> Reply:
        return json_reply(
            {
                "expires_in": 1800,
                "token_type": "Bearer",
                "scope": "api",
                "refresh_token": refresh,
                "access_token": access,
                "id_token": "e.y.J",
            }
        )


def signed_in(now: datetime, **changes: str) -> dict[str, str]:
    """Schwab credentials of a login that has just begun."""
    credentials = {
        "app_key": "key",
        "app_secret": "secret",
        "callback_url": "https://127.0.0.1:8182",
        "access_token": "I0.stored@",
        "refresh_token": "refresh-1@",
        "access_expires_at": (now + timedelta(minutes=30)).isoformat(),
        "signed_in_at": now.isoformat(),
    }
    return {**credentials, **changes}
