"""How the socket to one TWS is opened, and when it is opened again.

A failure is repeated for a moment without another attempt, so that many who ask at once do not
knock many times.
"""

from __future__ import annotations

import asyncio
from datetime import datetime

from brokerdesk.brokers.ibkr import problems
from brokerdesk.brokers.ibkr.address import Address
from brokerdesk.brokers.ibkr.answers import Answers
from brokerdesk.brokers.ibkr.link import Wire
from brokerdesk.clock import Clock
from brokerdesk.errors import BrokerError
from brokerdesk.log import register_account

GREETING_LIMIT = 10.0
PAUSES = (1.0, 2.0, 4.0)
"""Waits in seconds before trying again to connect, where that can help within one question."""
QUIET = 2.0
"""How long a failure to connect is repeated without another attempt."""


class Connecting:
    """Opens a connection when one is needed, and ends it."""

    def __init__(self, address: Address, clock: Clock) -> None:
        self.address = address
        self._clock = clock
        self._wire: Wire | None = None
        self._answers: Answers | None = None
        self._connecting = asyncio.Lock()
        self._failure: tuple[float, BrokerError] | None = None
        self.connected_at: datetime | None = None
        self.lost_at: datetime | None = None
        """When the last answer came before the connection was lost; None: it never was."""

    async def _connected(self) -> Answers:
        """The open connection, or a new one."""
        async with self._connecting:
            answers = self._answers
            if self._wire is not None and answers is not None and not answers.gone.is_set():
                return answers
            if self._answers is not None and self.lost_at is None:
                self.lost_at = self._clock.now()
            await self._close()
            failure = self._failure
            if failure is not None and self._clock.monotonic() - failure[0] < QUIET:
                raise failure[1]
            try:
                answers = await self._patiently()
            except BrokerError as error:
                self._failure = (self._clock.monotonic(), error)
                raise
            self._failure = None
            self.connected_at = self._clock.now()
            for number in answers.accounts:
                register_account(number)
            return answers

    async def _patiently(self) -> Answers:
        """Connect, again after a pause where TWS may only need a moment.

        Nobody listening is no such case, nor is a silence: begun greetings can wedge a Gateway.
        """
        for pause in PAUSES:
            try:
                return await self._connect()
            except (problems.LinkDroppedError, problems.ClientTakenError):
                await self._clock.sleep(pause)
        return await self._connect()

    async def _connect(self) -> Answers:
        answers = Answers()
        wire = Wire(answers)
        address = self.address
        try:
            async with asyncio.timeout(GREETING_LIMIT):
                await wire.greet(address.host, address.port, address.client)
        except TimeoutError as error:
            await wire.close()
            raise problems.not_greeted() from error
        except OSError as error:
            await wire.close()
            raise problems.unreachable(address.host, address.port) from error
        except asyncio.CancelledError:
            wire.abort()
            raise
        except BaseException:
            await wire.close()
            raise
        self._wire, self._answers = wire, answers
        return answers

    def _abandon(self) -> None:
        """Throw the socket away with an answer half read: the rest of it, and its end, would be
        taken for part of the next one, and half a portfolio for a whole.
        """
        wire, self._wire = self._wire, None
        if wire is not None:
            wire.abort()

    async def _close(self) -> None:
        wire, self._wire = self._wire, None
        if wire is not None:
            await wire.close()

    def paced(self) -> tuple[int, int]:
        """Messages sent in the last second, and how many may be."""
        return (self._wire.sent_lately() if self._wire is not None else 0, Wire.MaxRequests)

    async def aclose(self) -> None:
        """End the socket."""
        await self._close()
        self._answers = None
