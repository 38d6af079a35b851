"""Hearing what TWS says unasked, on the socket that the questions use as well.

TWS is silent while nothing happens, so it is asked for its time after half a minute without a byte.
When the socket ends, for whatever reason, so does the listening: a line is one attempt.
"""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any

from brokerdesk.brokers.ibkr import problems
from brokerdesk.brokers.ibkr.answers import Answers, Ears, Heard
from brokerdesk.brokers.ibkr.gateway import Gateway
from brokerdesk.brokers.ibkr.link import Wire
from brokerdesk.errors import BrokerError

BEAT = 30.0
"""Seconds without a byte after which TWS is asked whether it is still there."""
FARM_BROKEN, FARM_WORKS = frozenset({2103}), frozenset({2104})
RESTORED_WITHOUT, RESTORED_WITH = problems.RESTORED
"""Whether TWS has forgotten what was subscribed (1101) or not (1102)."""


class Listening:
    """An open connection with our ears on it. ``async with``."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._ears = Ears()
        self._answers: Answers | None = None
        self._wire: Wire | None = None

    async def __aenter__(self) -> Listening:
        self._wire, self._answers = await self._gateway.opened()
        self._answers.ears.append(self._ears)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._answers is not None
        self._answers.ears.remove(self._ears)

    @property
    def wire(self) -> Any:
        """The socket; its methods send.

        Raises:
            LinkDroppedError: it has ended.
        """
        if not self.live:
            raise problems.dropped()
        return self._wire

    @property
    def live(self) -> bool:
        """Whether anything can still be sent."""
        gone = self._answers is None or self._answers.gone.is_set()
        return not gone and self._wire is not None and self._wire.open

    @property
    def broker_lost(self) -> bool:
        """Whether TWS itself has no connection now."""
        return self._answers is not None and self._answers.broker_lost

    def wake(self) -> None:
        """Let ``heard`` return though nothing was said."""
        self._ears.event.set()

    async def heard(self) -> list[Heard]:
        """What came since the last time; waits for something.

        Raises:
            BrokerError: the connection has ended, or TWS said what ends it.
        """
        answers = self._answers
        assert answers is not None
        loop = asyncio.get_running_loop()
        while not self._ears.event.is_set():
            try:
                async with asyncio.timeout_at(answers.last_byte + BEAT):
                    await self._ears.event.wait()
            except TimeoutError:
                if loop.time() >= answers.last_byte + BEAT:
                    await self._gateway.pulse(answers)
        if answers.gone.is_set():
            raise answers.ended()
        found = self._ears.take()
        for kind, values in found:
            if kind == "error" and values[0] < 0:
                ends = _ends(values[1])
                if ends is not None:
                    raise ends
        return found


class Health:
    """What the news say about the prices: whether TWS and its market data farms are connected."""

    def __init__(self, *, lost: bool) -> None:
        self._lost = lost
        self._broken: set[str] = set()

    def hear(self, code: int, text: str) -> None:
        farm = text.rpartition(":")[2].strip() if ":" in text else ""
        if code in (problems.LOST, 2110):
            self._lost = True
        elif code in problems.RESTORED:
            self._lost = False
        elif code in FARM_BROKEN:
            self._broken.add(farm)
        elif code in FARM_WORKS:
            # A farm without a name stands for whichever was broken.
            self._lost = False
            self._broken = (
                self._broken - {farm} if farm in self._broken else (self._broken if farm else set())
            )

    @property
    def lost(self) -> bool:
        return self._lost

    @property
    def note(self) -> str:
        """Our sentence on why prices stand still; "" when they do not."""
        if self._lost:
            return problems.broker_lost().title
        return problems.FARM_BROKEN if self._broken else ""


def _ends(code: int) -> BrokerError | None:
    """What news without a number mean for a line; loss and restoring are told, not raised."""
    if code in (problems.LOST, 2110, problems.VALIDATION, 322):
        return None
    return problems.by_code(code, -1)
