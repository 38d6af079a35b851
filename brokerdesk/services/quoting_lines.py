"""Keeps every price at its source: lines made, lost and made again, and what is asked for instead.

It decides with ``quoting_rules`` and writes into the book; whose prices they are and who sees them
is the service's. When a line is lost or falls silent, its prices are not live that moment.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from brokerdesk.brokers.streaming import Line, LineState, NotTold, StreamEvent, Told
from brokerdesk.clock import Clock
from brokerdesk.domain.connection import Connection
from brokerdesk.domain.ids import ConnectionId
from brokerdesk.domain.quote import Quote, QuoteKey
from brokerdesk.errors import AuthError, BrokerDeskError, SecretStoreError
from brokerdesk.services.keeping_lines import keep_up
from brokerdesk.services.quoting_asking import ask_on
from brokerdesk.services.quoting_book import LivePrice, PriceBook, PriceState
from brokerdesk.services.quoting_rules import Assigning, Assignment, Priced
from brokerdesk.services.quoting_tellers import Teller
from brokerdesk.tasks import Policy, Supervisor

if TYPE_CHECKING:
    from brokerdesk.services.refreshing import RefreshingService
    from brokerdesk.settings import Settings

USUAL_SECONDS = 60.0
STALE_ROUNDS = 3
"""A price that is asked for stands still when it is older than so many rounds."""
_TOLD = (PriceState.LIVE, PriceState.DELAYED)


class QuoteLines:
    """All methods belong to one event loop.

    Args:
        wanted: what is followed now, the most wanted first.
        soon, at_once: called when the book changed; the second when something stands still.
        shut: told of a connection whose sign-in cannot be taken out of where it is kept.
    """

    def __init__(
        self,
        book: PriceBook,
        *,
        wanted: Callable[[], list[Priced]],
        soon: Callable[[], object],
        at_once: Callable[[], object],
        refreshing: RefreshingService,
        clock: Clock,
        supervisor: Supervisor,
        settings: Callable[[], Settings],
        shut: Callable[[Connection], object],
    ) -> None:
        self._book, self._wanted, self._soon, self._at_once = book, wanted, soon, at_once
        self._refreshing, self._clock = refreshing, clock
        self._supervisor, self._settings = supervisor, settings
        self._shut = shut
        self.tellers: dict[ConnectionId, Teller] = {}
        self.told: Assignment = {}
        """Whose line tells what."""
        self._asked: Assignment = {}
        self.active = False
        """While it is not, nothing is begun."""
        self.moved = False
        """How fresh prices are turned out otherwise than hoped: arrange anew when there is time."""
        self.wanted_then: list[Priced] = []
        """What was followed when all was last arranged."""
        self._arranging = self._again = False
        self._turn = 0

    # -- who tells what ------------------------------------------------------------------

    def arrange(self) -> None:
        """Give every price its source anew. What a line answers at once is heeded right after."""
        self._again = True
        if self._arranging or not self.active:
            return
        self._arranging = True
        try:
            while self._again:
                self._again = self.moved = False
                self._turn += 1
                for _ in self._steps():
                    pass
        finally:
            self._arranging = False
        if self._book.dirty:
            self._soon()

    async def arrange_calmly(self) -> None:
        """As ``arrange``, in short steps: for when nobody waits for it. It leaves all to that when
        that comes in between.
        """
        if self._arranging or not self.active:
            return
        self.moved = False
        self._turn += 1
        turn, tellers, steps = self._turn, list(self.tellers.values()), self._steps()
        while self._step(steps):
            await asyncio.sleep(0)
            if turn != self._turn or not self.active:
                return
            if tellers != list(self.tellers.values()):
                self.moved = True  # one is about to go
                return
        if self._again:
            self.arrange()
        elif self._book.dirty:
            self._soon()

    def _step(self, steps: Iterator[None]) -> bool:
        self._arranging, self._again = True, False
        try:
            return next(steps, self) is not self
        finally:
            self._arranging = False

    def _steps(self) -> Iterator[None]:
        """Thinks in steps; what it comes to is done in the last one."""
        wanted, tellers = self._wanted(), list(self.tellers.values())
        lines = [one.line() for one in tellers if one.streams]
        up = {one.id for one in tellers if one.up}
        hoping = Assigning(lines, self.told)
        yield from hoping.steps(wanted)
        hoped = told = hoping.found
        if len(up) < len(lines):
            telling = Assigning([one for one in lines if one.id in up], self.told)
            yield from telling.steps(wanted)
            told = telling.found
        desks = [one.desk() for one in tellers if one.every is not None]
        asking = Assigning(desks, self._asked | told)
        yield from asking.steps(wanted)
        own: dict[ConnectionId, set[QuoteKey]] = {one.id: set() for one in tellers}
        for of, who in told.items():
            own[who].add(of.key)
        needed = {who for who in own if own[who]} | set(hoped.values())
        if told is not hoped:
            for of, who in hoped.items():
                # A line that is being made again brings what nobody else tells.
                if of not in told and who not in up:
                    own[who].add(of.key)
        yield
        asked: dict[ConnectionId, list[QuoteKey]] = {}
        for of, who in asking.found.items():
            asked.setdefault(who, []).append(of.key)
        yield
        self._book.keep_only(wanted)
        self.wanted_then = wanted
        self.told, self._asked = dict(told), asking.found
        # Who told it before does not watch it any more.
        self._book.age(
            lambda price: price.state in _TOLD and self.told.get(price.of) != price.connection
        )
        for teller in tellers:
            teller.want(own[teller.id])
            self._see_to_line(teller, needed=teller.id in needed)
        for teller in tellers:
            teller.asked = tuple(asked.get(teller.id, ()))
            if teller.asked and not self._supervisor.running(ask_name(teller.id)):
                self._spawn_asking(teller)

    def _see_to_line(self, teller: Teller, *, needed: bool) -> None:
        running = self._supervisor.running(line_name(teller.id))
        if needed and teller.streams and not running:
            self._spawn_line(teller)
        elif running and not needed:
            name = line_name(teller.id)
            ending = self._supervisor.cancel(name)
            self._supervisor.spawn(f"{name}:end", ending, policy=Policy.SKIP_IF_RUNNING)

    def _spawn_line(self, teller: Teller) -> None:
        name = line_name(teller.id)
        self._supervisor.spawn(name, self._line(teller), policy=Policy.NEWEST_WINS)

    def _spawn_asking(self, teller: Teller) -> None:
        name = ask_name(teller.id)
        self._supervisor.spawn(name, self._asking(teller), policy=Policy.NEWEST_WINS)

    async def drop(self, connection: ConnectionId) -> bool:
        """The session goes: so do its line and its prices. False: it was not known."""
        teller = self.tellers.pop(connection, None)
        if teller is None:
            return False
        teller.halted = True
        await self._supervisor.cancel(line_name(connection))
        await self._supervisor.cancel(ask_name(connection))
        self._book.age(lambda price: price.connection == connection)
        self.arrange()
        self._at_once()
        return True

    def begin_anew(self) -> None:
        """The computer slept or has no network: nothing is live that moment, lines begin anew."""
        self._book.age(lambda _: True)
        for teller in self.tellers.values():
            teller.lost()
            teller.patience.calm()
            if self._supervisor.running(line_name(teller.id)):
                self._spawn_line(teller)
            if self._supervisor.running(ask_name(teller.id)):
                self._spawn_asking(teller)
        self.arrange()
        self._at_once()

    def hurry(self) -> None:
        """The network returned: lines that wait are tried at once."""
        for teller in self.tellers.values():
            if teller.failed and self._supervisor.running(line_name(teller.id)):
                teller.patience.calm()
                self._spawn_line(teller)

    def age_asked(self) -> None:
        """What was asked for too long ago stands still."""
        now = self._clock.now()

        def old(price: LivePrice) -> bool:
            if price.state is not PriceState.POLLED:
                return False
            teller = self.tellers.get(price.connection) if price.connection else None
            age = (now - price.at).total_seconds()
            return teller is None or age > STALE_ROUNDS * self._every_seconds(teller)

        if self._book.age(old):
            self._at_once()

    # -- lines ---------------------------------------------------------------------------

    async def _line(self, teller: Teller) -> None:
        async def attempt() -> None:
            await teller.renew().run(partial(self._hear, teller))

        ended = False
        try:
            await keep_up(
                f"prices of connection {teller.id}",
                attempt,
                lambda _: self._lost(teller),
                self._clock,
                teller.patience,
            )
        except (AuthError, SecretStoreError) as error:
            ended = True
            self._refuse(teller, error)
        except BaseException as error:
            ended = isinstance(error, Exception)
            raise
        finally:
            teller.halted = teller.halted or ended
            self.moved = True

    async def _asking(self, teller: Teller) -> None:
        try:
            await ask_on(
                teller,
                lambda: self._to_ask(teller),
                lambda: self._every_seconds(teller),
                partial(self._answered, teller),
                self._clock,
                lambda: self._refreshing.pace(teller.id).pause_left(self._clock.monotonic()),
            )
            self.arrange()
        except (AuthError, SecretStoreError) as error:
            self._refuse(teller, error)

    def _refuse(self, teller: Teller, error: BrokerDeskError) -> None:
        """The login ended: nothing of this connection is tried again before the next sign-in."""
        teller.halted, teller.askable = True, False
        if isinstance(error, SecretStoreError):
            self._shut(teller.row)
        self._book.age(lambda price: price.connection == teller.id)
        self.arrange()
        self._at_once()
        # Apart: it closes the session, and with it ends the line that has just learnt of it.
        refusal = self._refreshing.sign_in_refused(teller.id, error)
        name = f"refresh:refused:{teller.id}"
        self._supervisor.spawn(name, refusal, policy=Policy.SKIP_IF_RUNNING)

    def _hear(self, teller: Teller, event: StreamEvent) -> None:
        match event:
            case Told(key=key, quote=quote):
                if key in teller.keys:
                    self._note(teller, key, quote, asked=False)
            case Line(state=state):
                self._stands(teller, state)
            case NotTold(keys=keys):
                teller.refused.update(keys)
                self._age_line(teller, keys)
                self.arrange()

    def _stands(self, teller: Teller, state: LineState) -> None:
        before, up = teller.state, teller.up
        teller.state = state
        if state is LineState.LIVE:
            teller.failed = False
        elif state is LineState.SILENT:
            self._age_line(teller)
        if up is not teller.up:
            self.arrange()
        elif before is not state:
            self.moved = True  # what it was asked for from the beginning is still all there is

    def _lost(self, teller: Teller) -> None:
        teller.lost()
        self._age_line(teller)
        self.arrange()

    def _age_line(self, teller: Teller, keys: frozenset[QuoteKey] | None = None) -> None:
        """What its line told is live no more, at once."""
        if self._book.age(
            lambda price: (
                price.connection == teller.id
                and price.state in _TOLD
                and (keys is None or price.of.key in keys)
            )
        ):
            self._at_once()

    def _note(self, teller: Teller, key: QuoteKey, quote: Quote, *, asked: bool) -> None:
        if not asked and teller.feeds.get(key) is not quote.feed:
            teller.feeds[key] = quote.feed
            self.moved = True
        of = Priced(teller.row.environment, key)
        still = not asked and teller.state is not LineState.LIVE
        if self._book.tell(of, quote, teller.id, self._clock.now(), asked=asked, still=still):
            self._soon()

    def _answered(self, teller: Teller, key: QuoteKey, quote: Quote) -> None:
        if key in teller.asked:
            self._note(teller, key, quote, asked=True)

    def _to_ask(self, teller: Teller) -> list[QuoteKey]:
        """What it is to be asked for: all that no line tells right now."""

        def untold(key: QuoteKey) -> bool:
            price = self._book.get(Priced(teller.row.environment, key))
            return price is None or price.state not in _TOLD

        return [key for key in teller.asked if untold(key)]

    def _every_seconds(self, teller: Teller) -> float:
        """Seconds between two questions: the user's choice, but never much above the broker's."""
        usual = teller.every.total_seconds() if teller.every is not None else USUAL_SECONDS
        chosen = self._settings().price_seconds
        return usual if chosen is None else max(usual / 4, chosen)


def line_name(connection: ConnectionId) -> str:
    return f"quotes:line:{connection}"


def ask_name(connection: ConnectionId) -> str:
    return f"quotes:ask:{connection}"
