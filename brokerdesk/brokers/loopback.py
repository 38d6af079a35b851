"""One connection to the loopback listener: TLS or none, one HTTP request, one answer, gone.

A plain protocol with the TLS engine inside it. That way a connection counts from the moment it is
accepted, hand-shakes that browsers break off make no noise, and no task is needed. It knows
nothing of sign-ins: what to answer comes from ``judge``.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable

import h11

from brokerdesk.brokers.pages import Page, failure_page

_LONGEST_HEAD = 16 * 1024
_MOST_BYTES = 64 * 1024
_SECONDS = 10.0
_SECONDS_TO_HANG_UP = 1.0

Judge = Callable[[h11.Request], Page]


class _Plain:
    """Stands where the TLS engine would and changes nothing."""

    def __init__(self, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO) -> None:
        self._incoming = incoming
        self._outgoing = outgoing

    def do_handshake(self) -> None:
        """Nothing to agree on."""

    def read(self, size: int) -> bytes:
        if not self._incoming.pending:
            raise ssl.SSLWantReadError
        return self._incoming.read(size)

    def write(self, data: bytes) -> int:
        return self._outgoing.write(data)

    def unwrap(self) -> None:
        """Nothing to take leave of."""


class LoopbackConnection(asyncio.Protocol):
    """Reads one request head and answers it.

    Args:
        context: None speaks plain http.
        on_open, on_close: told when the connection begins and ends.
    """

    def __init__(
        self,
        context: ssl.SSLContext | None,
        judge: Judge,
        on_open: Callable[[LoopbackConnection], None],
        on_close: Callable[[LoopbackConnection], None],
    ) -> None:
        self._judge = judge
        self._on_open = on_open
        self._on_close = on_close
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls: ssl.SSLObject | _Plain = (
            context.wrap_bio(self._incoming, self._outgoing, server_side=True)
            if context is not None
            else _Plain(self._incoming, self._outgoing)
        )
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=_LONGEST_HEAD)
        self._secured = False
        self._answered = False
        self._received = 0
        self._transport: asyncio.Transport | None = None
        self._limit: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._limit = asyncio.get_running_loop().call_later(_SECONDS, self.abort)
        self._on_open(self)

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        if self._received > _MOST_BYTES:
            self.abort()
        elif not self._answered:  # what comes after the answer is read and dropped
            self._incoming.write(data)
            self._go_on()

    def eof_received(self) -> bool:
        return False  # the transport then closes by itself

    def connection_lost(self, exc: Exception | None) -> None:
        if self._limit is not None:
            self._limit.cancel()
        self._on_close(self)

    def abort(self) -> None:
        """End it at once."""
        if self._transport is not None:
            self._transport.abort()

    def _go_on(self) -> None:
        try:
            page = self._next_page()
        except ssl.SSLWantReadError:
            self._flush()
            return
        except (ssl.SSLError, h11.ProtocolError):
            # Speculative connections, plain http, a browser that shows its warning: not ours.
            self._flush()
            self.abort()
            return
        self._answer(page)

    def _next_page(self) -> Page:
        """The answer, once the whole head has come; raises ``SSLWantReadError`` until then."""
        if not self._secured:
            self._tls.do_handshake()
            self._secured = True
        while True:
            chunk = self._tls.read(4096)
            if not chunk:
                raise ssl.SSLZeroReturnError
            self._http.receive_data(chunk)
            try:
                event = self._http.next_event()
            except h11.RemoteProtocolError as error:
                return failure_page(error.error_status_hint or 400)
            if isinstance(event, h11.Request):
                return self._judge(event)

    def _answer(self, page: Page) -> None:
        """Send it and hang up in order, so that the browser gets all of it."""
        self._answered = True
        try:
            self._tls.write(page.to_bytes())
            self._flush()
            self._tls.unwrap()
        except ssl.SSLWantReadError:
            pass  # the goodbye is written; the other side's is not waited for
        except ssl.SSLError:
            self.abort()
            return
        self._flush()
        transport = self._transport
        if transport is not None and not transport.is_closing():
            if transport.can_write_eof():
                transport.write_eof()
            asyncio.get_running_loop().call_later(_SECONDS_TO_HANG_UP, transport.abort)

    def _flush(self) -> None:
        data = self._outgoing.read()
        if data and self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)
