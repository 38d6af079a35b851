"""The browser's part of a sign-in: one address to open, one callback to wait for."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from brokerdesk.brokers.callback import CallbackUrl
from brokerdesk.brokers.flow import LoopbackCertificate, PasteOutcome
from brokerdesk.brokers.oauth import LoopbackListener, new_state
from brokerdesk.brokers.paste import Return, read_paste
from brokerdesk.brokers.waiting import happens_within
from brokerdesk.clock import Clock
from brokerdesk.log import register_secret


class BrowserAttempt:
    """One attempt. What comes back first counts: from the listener or from the paste box."""

    def __init__(self, callback: CallbackUrl, clock: Clock, limit: timedelta) -> None:
        self.state = new_state()
        self.ends: datetime = clock.now() + limit
        self._callback = callback
        self._clock = clock
        self._listener: LoopbackListener | None = None
        self._returned: Return | None = None
        self._arrived = asyncio.Event()

    async def listen(self, certificate: LoopbackCertificate | None) -> None:
        """Open the port, without a certificate for plain http.

        Raises:
            CallbackError: it cannot be had.
        """
        listener = LoopbackListener(self._callback, certificate, self.state, self._take)
        await listener.open()
        self._listener = listener

    async def wait(self) -> Return | None:
        """What the browser brought back; None when the time is over, or after ``aclose``."""
        left = (self.ends - self._clock.now()).total_seconds()
        await happens_within(self._arrived, left, self._clock)
        return self._returned

    def paste(self, address: str, *, confirmed: bool) -> PasteOutcome:
        """Offer what the browser's address bar shows."""
        if self._arrived.is_set():
            return PasteOutcome.WRONG
        judged = read_paste(address, callback=self._callback, state=self.state, confirmed=confirmed)
        if judged.result is not None:
            self._take(judged.result)
        return judged.outcome

    async def let_browser_finish(self) -> None:
        """The listener closes by itself within a second; after a pasted address it closes now."""
        if self._listener is not None and not self._listener.answered:
            await self._close_listener()

    async def aclose(self) -> None:
        """Close the port and let whoever waits go on. May be called twice."""
        self._returned = None
        self._arrived.set()
        await self._close_listener()

    def _take(self, returned: Return) -> None:
        if not self._arrived.is_set():
            register_secret(returned.code)
            self._returned = returned
            self._arrived.set()

    async def _close_listener(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            await listener.aclose()
