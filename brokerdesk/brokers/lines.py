"""The one WebSocket client that all brokers share.

    async with open_line(url, context=context, broker_id=ID, title=TITLE, hosts=hosts,
                         silence=timedelta(seconds=90)) as line:
        await line.send(text)
        message = await line.receive()

The same gates as for a request over HTTP: the host is on the environment's list, TLS trusts the
system's store, the proxy is the one of the settings and nothing is read from the environment. A
redirect is never followed, because what is sent first on a line is the login. Messages have a
largest size, packed or not; a line that answers no ping or says nothing for too long is lost.
Foreign exceptions are translated here, once. Logs carry host, path and outcome, never a message.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from brokerdesk.brokers.base import SessionContext
from brokerdesk.brokers.line_opening import LineLimits as LineLimits
from brokerdesk.brokers.line_opening import checked, connect_line
from brokerdesk.brokers.transport import Refusals
from brokerdesk.errors import BrokerError

_TOO_LARGE = 1009
_GARBAGE = (1002, 1007)
_NO_PONG = 1011
"""Close codes of RFC 6455 with which our own end gives a connection up."""


class WebLine:
    """An open line. Made by ``open_line``; one task receives, any may send."""

    def __init__(
        self,
        connection: ClientConnection,
        refusals: Refusals,
        limits: LineLimits,
        silence: float | None,
    ) -> None:
        self._connection = connection
        self._refusals = refusals
        self._limits = limits
        self._silence = silence
        self._heard = asyncio.get_running_loop().time()
        self._closed = False

    async def send(self, message: str | bytes) -> None:
        """Send one message: a text frame for ``str``, a binary one for ``bytes``.

        Raises:
            BrokerUnavailableError: the line is lost, or the other side takes nothing any more.
        """
        try:
            async with asyncio.timeout(self._limits.sending):
                await self._connection.send(message)
        except ConnectionClosed as error:
            raise self._lost(error) from error
        except TimeoutError as error:
            raise self._refusals.line_silent() from error

    async def receive(self) -> str | bytes:
        """The next message, whole and within the limits. May be cancelled without losing one.

        Raises:
            BrokerUnavailableError: the line is lost, was silent for too long, or brought something
                that breaks the limits.
        """
        message = await self._next(None)
        assert message is not None  # only a shorter wait ends without one
        return message

    async def receive_within(self, wait: timedelta) -> str | bytes | None:
        """As ``receive``, or None when nothing came for so long and the line is still good.

        For brokers that want to be asked when they are quiet: the silence that ends a line is
        counted from its last message, however often this returns None.
        """
        return await self._next(wait.total_seconds())

    async def aclose(self) -> None:
        """Close the line properly, which some brokers need before they allow a new one.

        Waits briefly for the other side, then drops it. May be called twice.
        """
        if self._closed:
            return
        self._closed = True
        try:
            async with asyncio.timeout(self._limits.closing):  # the library's own does not always
                await self._connection.close()
        except TimeoutError:
            self._connection.transport.abort()
            await self._connection.wait_closed()
        finally:
            self._connection.transport.abort()

    async def _next(self, wait: float | None) -> str | bytes | None:
        left = None
        if self._silence is not None:
            left = self._heard + self._silence - asyncio.get_running_loop().time()
        final = wait is None or (left is not None and left <= wait)
        try:
            async with asyncio.timeout(left if final else wait):
                message: str | bytes = await self._connection.recv()
        except TimeoutError as error:
            if not final:
                return None
            raise self._refusals.line_silent() from error
        except UnicodeDecodeError as error:
            raise self._refusals.unreadable("Its message is not text.") from error
        except ConnectionClosed as error:
            raise self._lost(error) from error
        self._heard = asyncio.get_running_loop().time()
        return message

    def _lost(self, error: ConnectionClosed) -> BrokerError:
        """Our words for the end of a line, whoever ended it."""
        if self._closed:
            return self._refusals.closed()
        ours = error.sent is not None and (error.rcvd is None or error.rcvd_then_sent is False)
        if ours and error.sent is not None:
            if error.sent.code == _TOO_LARGE:
                return self._refusals.unreadable("Its message is far larger than any real one.")
            if error.sent.code in _GARBAGE:
                return self._refusals.unreadable("Its message could not be understood.")
            if error.sent.code == _NO_PONG:
                return self._refusals.line_silent()
        return self._refusals.line_lost()


@asynccontextmanager
async def open_line(
    url: str,
    *,
    context: SessionContext,
    broker_id: str,
    title: str,
    hosts: tuple[str, ...],
    silence: timedelta | None,
    headers: Mapping[str, str] | None = None,
    limits: LineLimits | None = None,
) -> AsyncIterator[WebLine]:
    """A line to ``url`` for as long as the block runs, however it ends.

    Args:
        url: ``wss://host/path``. ``ws://`` only to a practice address on this computer.
        hosts: the only hosts that may be reached in ``context.environment``.
        title: the broker's name as the user knows it, for sentences.
        silence: how long the broker may say nothing before the line counts as lost; None: for
            ever, as long as it answers pings.
        headers: sent with the opening request only, such as a login or a content type.

    Raises:
        BrokerUnavailableError: no line could be made; or, from inside, it was lost.
        AuthError: the opening request was refused for its login (401).
        BrokerProtocolError: ``url`` is not on the list, or not encrypted.
        SettingsError: the proxy or the CA bundle cannot be used.
    """
    refusals = Refusals(broker_id, title)
    limits = limits or LineLimits()
    if context.network.offline:
        raise refusals.offline()
    parts = checked(url, context.environment, hosts, refusals)
    connection = await connect_line(url, parts, context, refusals, limits, headers or {})
    line = WebLine(
        connection,
        refusals,
        limits,
        None if silence is None else silence.total_seconds(),
    )
    try:
        yield line
    finally:
        await line.aclose()


def address(origin: str, path: str) -> str:
    """Where the line is at an ``https://`` origin: the same place in the scheme of lines."""
    scheme, _, rest = origin.partition("://")
    return f"{'ws' if scheme == 'http' else 'wss'}://{rest}{path}"
