"""The socket to TWS: the library's framing, pacing and decoding under our limits.

The library paces to 45 messages a second, below TWS's 50. What it would only log (a message that
does not fit, an answer that is no TWS) ends or is named here. What changes something at the broker
leaves by ``hand_over`` alone, never by the library's own hand nor out of its queue.
"""

from __future__ import annotations

import asyncio
import logging
import struct
from collections.abc import Callable, Sequence
from typing import Any

from ib_async.client import Client
from ib_async.decoder import Decoder

from brokerdesk.brokers.ibkr import problems
from brokerdesk.brokers.ibkr.answers import Answers
from brokerdesk.errors import BrokerError

LARGEST_MESSAGE = 4 * 1024 * 1024
CLOSING_LIMIT = 1.0
READS = frozenset({1, 2, 6, 7, 9, 16, 49, 59, 61, 62, 63, 64, 71, 78, 81, 99})
"""The numbers of all questions. None of them changes anything at the broker."""
WRITES = ("3\0", "4\0")
"""How messages begin that place, change or cancel an order."""
_UNFIT = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, OSError)
"""What decoding raises; the last of them for names of time zones that are no such files."""

for _name in ("ib_async", "ib_async.client", "ib_async.Decoder", "eventkit"):
    # They write account numbers and whole messages.
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)


class CarefulDecoder(Decoder):
    """Tells what does not fit instead of logging it."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        super().__init__(answers, 0)  # type: ignore[arg-type]

    def wrap(
        self,
        methodName: str,  # noqa: N803
        types: Sequence[type],
        skip: int = 2,
    ) -> Callable[[Sequence[str]], None]:
        """A handler for messages of plain fields; a missing or wrong field raises."""
        method = getattr(self._answers, methodName, None)

        def handler(fields: Sequence[str]) -> None:
            if method is not None:
                given = fields[skip : skip + len(types)]
                method(*(_plain(kind, text) for kind, text in zip(types, given, strict=True)))

        return handler

    def interpret(self, fields: list[str]) -> None:
        if not fields or not fields[0].isdecimal():
            self._answers.fail_all(problems.nonsense())
            return
        try:
            handler = self.handlers.get(int(fields[0]))
            if handler is not None:
                # Some handlers take fields off the list that they are given.
                handler(list(fields))
        except _UNFIT:
            self._answers.undecodable(fields)


def _plain(kind: type, text: str) -> Any:
    if kind is str:
        return text
    if kind is bool:
        return bool(int(text or 0))
    return kind(text or 0)


class Wire(Client):
    """One socket."""

    def __init__(self, answers: Answers) -> None:
        super().__init__(answers)  # type: ignore[no-untyped-call]
        self._answers = answers
        self.decoder = CarefulDecoder(answers)
        self.apiStart += answers.started

    @property
    def open(self) -> bool:
        """Whether it can be written to."""
        return bool(self.isConnected()) and self.conn.transport is not None  # type: ignore[no-untyped-call]

    def send(self, *fields: Any, makeEmpty: bool = True) -> None:  # noqa: N803
        """Send a question. Whatever is none, such as an order, does not leave this computer.

        Raises:
            RuntimeError: it is no question of ours.
            ConnectionError: the socket has ended.
        """
        if fields[0] not in READS:
            raise RuntimeError(f"request {fields[0]} is not one that only reads")
        super().send(*fields, makeEmpty=makeEmpty)  # type: ignore[no-untyped-call]

    def room(self, messages: int) -> bool:
        """Whether so many messages may leave now, with nothing of ours before them."""
        return not self._msgQ and self.sent_lately() + messages <= self.MaxRequests

    def hand_over(self, *messages: str) -> None:
        """Give orders to the socket, all in one piece: the only way by which any of them leaves.

        Once it has returned, nothing proves any more that no byte was sent.

        Raises:
            RuntimeError: that is no order, or too many messages were sent just now.
            ConnectionError: the socket has ended. No byte was sent.
        """
        if not messages or not all(one.startswith(WRITES) for one in messages):
            raise RuntimeError("that is neither an order nor a cancel")
        if not self.room(len(messages)):
            raise RuntimeError("too many messages at once")
        transport = self.conn.transport
        if not self.isReady() or transport is None or transport.is_closing():
            raise ConnectionError("the socket has ended")
        data = b"".join(self._prefix(one.encode()) for one in messages)  # type: ignore[no-untyped-call]
        self._timeQ.extend([asyncio.get_running_loop().time()] * len(messages))
        self.conn.sendMsg(data)  # type: ignore[no-untyped-call]

    async def greet(self, host: str, port: int, client: int) -> None:
        """Connect and say who we are; over when TWS has named its accounts.

        Raises:
            OSError: nobody listens there.
            BrokerError: whoever listens said no, or is no TWS.
        """
        self.host, self.port, self.clientId = host, port, client
        self._answers.client = client
        self.connState = Client.CONNECTING
        await self.conn.connectAsync(host, port)  # type: ignore[no-untyped-call]
        versions = b"v%d..%d" % (self.MinClientVersion, self.MaxClientVersion)
        hello = b"API\0" + struct.pack(">I", len(versions)) + versions
        self.conn.sendMsg(hello)  # type: ignore[no-untyped-call]
        await self._answers.ready

    async def close(self) -> None:
        """End the socket and wait until it has ended."""
        transport = self.conn.transport
        if transport is None:
            return
        self.disconnect()  # type: ignore[no-untyped-call]
        try:
            async with asyncio.timeout(CLOSING_LIMIT):
                await self._answers.gone.wait()
        except TimeoutError:
            transport.abort()
            await asyncio.sleep(0)

    def sent_lately(self) -> int:
        """Messages within the second by which the library paces."""
        since = asyncio.get_running_loop().time() - self.RequestsInterval
        return sum(1 for at in self._timeQ if at > since)

    def abort(self) -> None:
        """End the socket at once, whatever is still to come."""
        transport = self.conn.transport
        if transport is not None:
            transport.abort()

    def _onSocketHasData(self, data: bytes) -> None:  # noqa: N802
        """Bytes as they come. The library's loop takes messages off; ours judges them first."""
        try:
            super()._onSocketHasData(data)  # type: ignore[no-untyped-call]
        except _UNFIT:
            self._give_up(problems.nonsense())
            return
        if self._serverVersion > Client.MaxClientVersion:
            self._give_up(problems.other_version())
            return
        rest = self._data
        if len(rest) >= 4 and not 0 < struct.unpack(">I", rest[:4])[0] <= LARGEST_MESSAGE:
            self._give_up(problems.nonsense())

    def _onSocketDisconnected(self, msg: str) -> None:  # noqa: N802
        """The socket has ended; the library also says so of a version that is too old for it."""
        if 0 < self._serverVersion < Client.MinClientVersion:
            self._answers.broken = problems.other_version()
        super()._onSocketDisconnected(msg)  # type: ignore[no-untyped-call]

    def _give_up(self, why: BrokerError) -> None:
        self._answers.broken = why
        self._answers.fail_all(why)
        self.disconnect()  # type: ignore[no-untyped-call]
