"""Whether anything can be sent now, and what stands open.

Holds what exists only with an open journal: sending, settling, and the switches as last read.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from brokerdesk.clock import Clock
from brokerdesk.domain.events import Publish, TradingChanged
from brokerdesk.domain.intent import Intent, IntentState
from brokerdesk.errors import StorageError
from brokerdesk.services.opening import SessionPool
from brokerdesk.services.sending import SendingService
from brokerdesk.services.settling import Look, SettlingService
from brokerdesk.services.trading_facts import TradingState
from brokerdesk.services.trading_head import HeadMemory
from brokerdesk.services.trading_journal import JournalKeeper
from brokerdesk.services.trading_switches import Switches
from brokerdesk.tasks import Policy, Supervisor

if TYPE_CHECKING:
    from brokerdesk.db.engine import Database

_log = logging.getLogger(__name__)
WATCH = "trading:watch"
LOOK_SECONDS = 5.0
"""How soon a switch that the command line turned shows in the window."""
AGAIN_SECONDS = 30.0
NOT_READY = "What an earlier run left open is still being taken up. Nothing was sent."


class Standing:
    """All methods belong to one event loop.

    Args:
        looked: told of each look for an order of unknown fate.
        in_flight: how many orders are on their way.
    """

    def __init__(
        self,
        *,
        keeper: JournalKeeper,
        switches: Switches,
        database: Database,
        pool: SessionPool,
        clock: Clock,
        publish: Publish,
        supervisor: Supervisor,
        looked: Callable[[Look], object],
        in_flight: Callable[[], int],
    ) -> None:
        self.keeper, self.switches = keeper, switches
        self.sending: SendingService | None = None
        self.settling: SettlingService | None = None
        self.ready = False
        self._database, self._pool, self._clock = database, pool, clock
        self._publish, self._supervisor = publish, supervisor
        self._looked, self._in_flight = looked, in_flight
        self._failure = ""
        self._unknown: set[str] = set()
        self.head = HeadMemory(keeper, database)

    def state(self) -> TradingState:
        return TradingState(
            halted=self.switches.halted,
            on=self.switches.on,
            ready=self.ready,
            in_flight=self._in_flight(),
            unknown=len(self._unknown),
            failure=self._failure or self.keeper.failure,
        )

    async def begin(self) -> None:
        """Take up what is open, and watch from now on. Fails in words, never by exception."""
        await self._take_up()
        self._supervisor.spawn(WATCH, self._watch(), policy=Policy.SKIP_IF_RUNNING)

    def obstacle(self) -> str:
        """Why nothing at all can be sent now, "" when it can; a halt does not stop cancels."""
        state = self.state()
        if state.failure:
            return f"{state.failure} Nothing was sent."
        return "" if self.ready else NOT_READY

    def settled(self) -> SettlingService:
        """Where orders of unknown fate are looked for.

        Raises:
            StorageError: the journal is not open.
        """
        if self.settling is None:
            raise StorageError(self.state().failure or NOT_READY)
        return self.settling

    def sender(self) -> SendingService:
        """The way out.

        Raises:
            StorageError: nothing can be sent now; the sentence says why.
        """
        obstacle = self.obstacle()
        if obstacle or self.sending is None:
            raise StorageError(obstacle or NOT_READY)
        return self.sending

    def told(self, intent: Intent) -> None:
        """An intent came to a state."""
        self.head.moved()
        before = len(self._unknown)
        if intent.state is IntentState.UNKNOWN:
            self._unknown.add(intent.id)
        else:
            self._unknown.discard(intent.id)
        if len(self._unknown) != before:
            self.changed()

    def changed(self) -> None:
        self._publish(TradingChanged())

    async def aclose(self) -> None:
        """Look for nothing more, and close the journal. Call it once nothing is on its way."""
        await self._supervisor.cancel(WATCH)
        for name in self._supervisor.names:
            if name.startswith("settle:"):
                await self._supervisor.cancel(name)
        await self.keeper.aclose()

    async def _take_up(self) -> None:
        if self.ready:
            return
        before = self.state()
        try:
            journal = await self.keeper.open()
            await self.head.check(journal)
            self.settling = settling = self.settling or SettlingService(
                journal=journal,
                database=self._database,
                pool=self._pool,
                clock=self._clock,
                supervisor=self._supervisor,
                changed=self._looked,
            )
            self.sending = SendingService(
                journal=journal,
                pool=self._pool,
                clock=self._clock,
                supervisor=self._supervisor,
                settle=settling.take,
                remember=self.head.before_sending,
            )
            for intent in await settling.begin():
                self._unknown.add(intent.id)
            await self.switches.read()
            self.head.moved()
            self._failure, self.ready = "", True
        except StorageError as error:
            self._failure = error.sentences()
            _log.warning("orders cannot be sent: %s", error.code)
        if self.state() != before:
            self.changed()

    async def _watch(self) -> None:
        """Switches that another program turned, and a journal that can be used again."""
        while True:
            await self._clock.sleep(LOOK_SECONDS if self.ready else AGAIN_SECONDS)
            if not self.ready:
                await self._take_up()
                continue
            try:
                await self.switches.read()
            except StorageError as error:
                _log.info("the switches could not be read: %s", error.code)
