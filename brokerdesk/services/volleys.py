"""Cancels that leave together: all of a connection are sent before the first one is read back.

Whoever cancels everything wants it gone, and a broker that answers slowly, or shows orders slowly,
must not keep the later ones here. Each is still written down before its first byte and sent once;
what is saved is the waiting in between, and asking for every one whether the login works.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

from brokerdesk.brokers.trading import Trades
from brokerdesk.clock import Clock
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.order import Order
from brokerdesk.errors import BrokerDeskError, UserCancelled
from brokerdesk.services.ledger_rules import every
from brokerdesk.services.sending_before import BASELINE_REACH, before_sending

READ_WITHIN = 30
"""Seconds for the list of an account; what it does not show is asked for one by one."""
PROVEN_FOR = timedelta(seconds=60)
"""So long it holds that an account can be reached: less than the two minutes that were proven."""
WORTH_A_LIST = 3
"""From so many orders of an account on one list of all is read instead of each."""


class Volley:
    """The cancels of one connection that one click asks for. Belongs to one event loop.

    Args:
        orders: all that are to be asked for.
        at_once: how many may be on their way at a time.
    """

    def __init__(self, clock: Clock, orders: Sequence[Order], at_once: int) -> None:
        self._clock = clock
        self._orders = tuple(orders)
        self._left = len(orders)
        self._gone = asyncio.Event()
        self._turns = asyncio.Semaphore(at_once)
        self._proven: dict[AccountId, tuple[timedelta, BrokerDeskError | None]] = {}
        self._asking: defaultdict[AccountId, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._shown: dict[AccountId, frozenset[str]] = {}

    @contextlib.asynccontextmanager
    async def shot(self) -> AsyncIterator[Shot]:
        """One of them, in its turn. It is over when it ``went``, or at the end of the block."""
        shot = Shot(self)
        try:
            await self._turns.acquire()
            shot.firing = True
            yield shot
        finally:
            shot.went()

    async def prove(self, session: Trades, account: AccountId) -> None:
        """That the connection works for this account: asked once for all its orders.

        Raises:
            BrokerError: it does not; nothing was sent.
        """
        async with self._asking[account]:
            at, error = self._proven.get(account, (None, None))
            fresh = at is not None and self._tick() - at < PROVEN_FOR
            if not (fresh or error):
                try:
                    async with before_sending():
                        await session.ready(account)
                except BrokerDeskError as failure:
                    error = failure
                self._proven[account] = (self._tick(), error)
        if error is not None:
            raise error

    async def shows(self, session: Trades, order: Order) -> bool:
        """Whether the broker's list shows the order, read once per account after all have gone.
        False: ask for the order itself.
        """
        account = order.account
        async with self._asking[account]:
            if account not in self._shown:
                self._shown[account] = await self._list(session, account)
        return order.id in self._shown[account]

    @contextlib.asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        """A turn to ask for one order."""
        async with self._turns:
            yield

    async def all_gone(self) -> None:
        """Wait until none is left here."""
        await self._gone.wait()

    def one_gone(self) -> None:
        self._left -= 1
        if self._left <= 0:
            self._gone.set()

    def end_turn(self) -> None:
        self._turns.release()

    def _tick(self) -> timedelta:
        return timedelta(seconds=self._clock.monotonic())

    async def _list(self, session: Trades, account: AccountId) -> frozenset[str]:
        entered = [one.entered_at for one in self._orders if one.account == account]
        known = [at for at in entered if at is not None]
        recent = self._clock.now() - BASELINE_REACH
        if len(entered) < WORTH_A_LIST or len(known) < len(entered) or min(known) < recent:
            return frozenset()
        try:
            async with asyncio.timeout(READ_WITHIN):
                batch = await session.every_order(account, min(known) - timedelta(minutes=1))
        except (BrokerDeskError, UserCancelled, TimeoutError):
            return frozenset()
        return frozenset(one.id for one in every(batch.items))


class Shot:
    """One cancel of a volley, from its turn until it went."""

    def __init__(self, volley: Volley) -> None:
        self._volley = volley
        self._over = False
        self.firing = False

    def went(self) -> None:
        """It was sent and answered, or will not be sent. Twice is fine."""
        if self._over:
            return
        self._over = True
        if self.firing:
            self._volley.end_turn()
        self._volley.one_gone()
