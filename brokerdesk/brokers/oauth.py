"""The loopback listener that a browser comes back to.

Open only during one attempt, on loopback only, over TLS with the profile's own certificate (or over
plain http where a broker lets ``http://localhost`` be registered: nothing leaves the computer). It
accepts one request: ``GET`` on the exact path with the attempt's state. Everything else gets a
short refusal and changes nothing, however often it comes: no page or process on this computer can
end somebody's sign-in. The true callback is answered with a redirect to a clean random path, so
that the code leaves the address bar, and then the port closes.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import ssl
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import h11

from brokerdesk.brokers.callback import CallbackUrl
from brokerdesk.brokers.flow import LoopbackCertificate
from brokerdesk.brokers.loopback import LoopbackConnection
from brokerdesk.brokers.pages import Page, ended_page, failure_page
from brokerdesk.brokers.paste import NotOurs, Return, read_query
from brokerdesk.brokers.port_owner import describe_owner
from brokerdesk.errors import CallbackError, PortInUseError

_LONGEST_LINE = 8 * 1024
_MOST_CONNECTIONS = 16
_SECONDS_TO_CLOSE = 0.9


def new_state() -> str:
    """A one-time state: 256 random bits."""
    return secrets.token_urlsafe(32)


class LoopbackListener:
    """Waits for one browser to come back.

    Args:
        on_return: called once, on the loop, with what the true callback brought.
    """

    def __init__(
        self,
        callback: CallbackUrl,
        certificate: LoopbackCertificate | None,
        state: str,
        on_return: Callable[[Return], None],
    ) -> None:
        self._callback = callback
        self._certificate = certificate
        self._state = state
        self._on_return = on_return
        self._clean_path = "/" + secrets.token_urlsafe(16)
        self._returned: Return | None = None
        self._spent = False
        self._closed = False
        self._server: asyncio.Server | None = None
        self._twin: asyncio.Server | None = None
        self._open: dict[LoopbackConnection, None] = {}

    async def open(self) -> None:
        """Begin to listen.

        Raises:
            PortInUseError: another program has the port.
            CallbackError: the port or the certificate cannot be used.
        """
        context = _server_context(self._certificate) if self._certificate is not None else None
        try:
            listening = _bound_socket(self._callback.port)
        except OSError as error:
            if error.errno in _IN_USE:
                raise await _port_in_use(self._callback.port) from error
            raise CallbackError(
                f"Port {self._callback.port} of this computer cannot be used.",
                "Nothing was sent.",
                "Register another callback port for your app and enter it here.",
            ) from error
        loop = asyncio.get_running_loop()

        def connection() -> LoopbackConnection:
            return LoopbackConnection(context, self._judge, self._enter, self._leave)

        self._server = await loop.create_server(connection, sock=listening, backlog=64)
        if self._callback.host == "localhost":
            await self._open_twin(connection)

    async def _open_twin(self, connection: Callable[[], LoopbackConnection]) -> None:
        """Listen on ::1 as well: browsers may take ``localhost`` for either. Whoever has neither
        IPv6 nor the port free there is still reached on 127.0.0.1.
        """
        loop = asyncio.get_running_loop()
        with contextlib.suppress(OSError):
            bound = _bound_socket(self._callback.port, "::1")
            self._twin = await loop.create_server(connection, sock=bound, backlog=64)

    @property
    def answered(self) -> bool:
        """Whether the true callback has come; the port then closes by itself."""
        return self._returned is not None

    @property
    def is_open(self) -> bool:
        return self._server is not None

    async def aclose(self) -> None:
        """Close the port and every connection. May be called twice."""
        self._spent = self._closed = True
        self._shut_port()
        for connection in list(self._open):
            connection.abort()
        for _ in range(3):  # the loop reports an aborted connection in its next rounds
            await asyncio.sleep(0)

    def _enter(self, connection: LoopbackConnection) -> None:
        """Hold at most so many connections; the one that has had the most time goes first."""
        if self._closed:
            connection.abort()
            return
        while len(self._open) >= _MOST_CONNECTIONS:
            oldest = next(iter(self._open))
            self._open.pop(oldest)
            oldest.abort()
        self._open[connection] = None

    def _leave(self, connection: LoopbackConnection) -> None:
        self._open.pop(connection, None)

    def _judge(self, request: h11.Request) -> Page:
        """The answer to one request; the true callback is noted on the way."""
        if len(request.target) > _LONGEST_LINE:
            return failure_page(414)
        if request.method != b"GET":
            return failure_page(405)
        fields: dict[bytes, list[bytes]] = {}
        for name, value in request.headers:
            fields.setdefault(name, []).append(value)
        if fields.get(b"host") != [self._callback.host_header.encode()]:
            return failure_page(421)
        origin = self._callback.origin.encode()
        if any(value not in (b"null", origin) for value in fields.get(b"origin", [])):
            return failure_page(403)
        path, _, query = request.target.decode("ascii", "replace").partition("?")
        if path == self._clean_path and self._returned is not None and not query:
            self._shut_port()
            return ended_page(declined=bool(self._returned.error))
        if path != self._callback.path:
            return failure_page(404)
        return self._judge_callback(query)

    def _judge_callback(self, query: str) -> Page:
        if self._spent:
            return failure_page(410)
        try:
            found = read_query(query, self._state)
        except NotOurs:
            return failure_page(400)
        self._spent = True
        self._returned = found
        self._on_return(found)
        asyncio.get_running_loop().call_later(_SECONDS_TO_CLOSE, self._shut_port)
        return Page(status=303, location=self._clean_path)

    def _shut_port(self) -> None:
        """Stop listening; answers under way still go out."""
        both = (self._server, self._twin)
        self._server = self._twin = None
        for server in both:
            if server is not None:
                server.close()


def _server_context(certificate: LoopbackCertificate) -> ssl.SSLContext:
    """The listener's TLS. OpenSSL reads files only, so the key lies in a private directory for the
    moment of loading.

    Raises:
        CallbackError: the certificate cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        with TemporaryDirectory(prefix="brokerdesk-") as directory:
            chain = Path(directory, "chain.pem")
            chain.touch(mode=0o600)
            chain.write_bytes(certificate.certificate_pem + b"\n" + certificate.key_pem)
            context.load_cert_chain(chain)
    except (OSError, ssl.SSLError) as error:
        raise CallbackError(
            "This computer's sign-in certificate cannot be used.",
            "Nothing was sent.",
            "Start the sign-in again.",
        ) from error
    return context


def _bound_socket(port: int, host: str = "127.0.0.1") -> socket.socket:
    """A listening socket on a loopback address that nobody can share.

    On POSIX the reuse flag only skips the wait after an earlier attempt; on Windows it would let
    another program take the port over, so there the exclusive flag is set instead.
    """
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        if sys.platform == "win32":
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.setblocking(False)
    except OSError:
        bound.close()
        raise
    return bound


_IN_USE = {98, 48, 10048, 10013}
"""EADDRINUSE on Linux, macOS and Windows, and Windows' answer to an exclusive port."""


async def _port_in_use(port: int) -> PortInUseError:
    owner = await asyncio.to_thread(describe_owner, port)
    return PortInUseError(
        port,
        f"Port {port} is used by {owner}.",
        "Your browser could not come back to BrokerDesk, so the sign-in was not begun.",
        "Close it and start again, or paste the address by hand.",
    )
