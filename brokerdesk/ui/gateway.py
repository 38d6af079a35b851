"""The portfolio's port over the real services: what it asks runs on the I/O thread."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.services.splits import Split
from brokerdesk.tasks import Policy, StoppedError
from brokerdesk.ui import heap
from brokerdesk.ui.bus import IoRunner
from brokerdesk.ui.engine import Engine
from brokerdesk.ui.picturing import Look, Picturing
from brokerdesk.ui.start_keeping import StartKeeper
from brokerdesk.ui.viewmodels.state import Figures, Query

if TYPE_CHECKING:
    from brokerdesk.db.records import StoredAccount
    from brokerdesk.db.unit_of_work import UnitOfWork


_REFRESH, _SPLITS = "window:refresh:", "window:splits"
TAKEN_OVER_SECONDS = 1.0
"""So long after it was given a picture the window mostly has nothing of the one before."""
MOST_LOOKS = 30
"""So often it is looked whether it has; a page that nobody sees may keep rows for very long."""
AT_HAND = 2_000
"""So many positions are always given: a page that lists them then shows them at once."""


class PortfolioGateway:
    """``PortfolioPort`` over the services."""

    def __init__(
        self,
        engine: Engine,
        runner: IoRunner,
        *,
        load_failed: Callable[[], object],
        more_known: Callable[[], object] = lambda: None,
    ) -> None:
        """``more_known``: a past day can be told better than it was: read it again."""
        self._engine, self._runner = engine, runner
        self._load_failed, self._more_known = load_failed, more_known
        self._start, self._pictures = StartKeeper(runner), Picturing()
        self._split_known: dict[AccountId, tuple[Split, ...]] = {}
        self._many = True  # nobody knows yet: the way that costs little memory

    def load(self, query: Query, done: Callable[[Figures], object]) -> None:
        def loaded(found: Figures) -> None:
            done(found)
            self._tidy()
            if query.as_of is not None:
                self._runner.run(
                    _SPLITS, self._find_splits, self._on_splits, policy=Policy.NEWEST_WINS
                )

        self._runner.run("window:load", lambda: self._aside(query), loaded, self._on_load_failed)

    async def _aside(self, query: Query) -> Figures:
        with heap.building():
            return await self._load(query)

    async def _load(self, query: Query) -> Figures:
        services = self._engine.services
        stamp = await self._start.stamp(services, query)

        def offered(uow: UnitOfWork) -> tuple[StoredAccount, ...]:
            return tuple(
                stored
                for stored in uow.accounts.list()
                if stored.included is None and stored.connection and stored.closed_at is None
            )

        waiting = await services.database.read(offered)
        scope = frozenset(map(AccountId, query.scope)) or None
        lean = None
        if self._many and query.as_of is None and not query.positions:
            lean = await services.portfolio.sketch(scope)
        if lean is not None and lean.held > AT_HAND:
            look = Look(lean.view, waiting, lean)
        else:
            look = Look(await services.portfolio.view(query.as_of, accounts=scope), waiting)
        known = await self._splits(look) if query.as_of is not None else None
        found = await self._pictures.picture(look, query.scope, known)
        self._many = found.held > AT_HAND
        self._start.keep(services, found, stamp)
        return found

    async def _splits(self, look: Look) -> dict[AccountId, tuple[Split, ...]]:
        """The splits of whoever holds something in this look, as far as they are known: to look
        through all snapshots takes longer than to read a day.
        """
        accounts = await self._pictures.holders(look)
        found = self._engine.services.splits.remembered(accounts)
        self._split_known = known = {one: found.get(one, ()) for one in accounts}
        return known

    def _tidy(self) -> None:
        """Once the window has taken the new picture over, let go of what only the old one had."""
        pictures = self._pictures

        async def later() -> None:
            for _ in range(MOST_LOOKS):
                await self._engine.services.clock.sleep(TAKEN_OVER_SECONDS)
                await pictures.tidy()
                if not pictures.replaced:
                    break
            pictures.replaced = []  # whoever shows them still has to free them, too

        if pictures.replaced:
            with contextlib.suppress(StoppedError):  # the window is being closed
                self._runner.run("window:let-go", later, policy=Policy.SKIP_IF_RUNNING)

    async def _find_splits(self) -> bool:
        """Look for splits in the accounts of the day that was read last. True: there are others
        than were known.
        """
        told = self._split_known
        return await self._engine.services.splits.splits(told) != told

    def _on_splits(self, others: bool) -> None:
        if others:
            self._more_known()

    def _on_load_failed(self, error: BaseException) -> None:
        self._load_failed()
        self._runner.problem(error)

    def refresh(self, connection: str) -> None:
        self._runner.run(f"{_REFRESH}{connection}", lambda: self._refresh(connection))

    async def _refresh(self, connection: str) -> None:
        refreshing = self._engine.services.refreshing
        if connection:
            await refreshing.refresh(ConnectionId(connection))
        else:
            await refreshing.refresh_all()

    def stop(self) -> None:
        self._runner.run("window:stop", self._stop, policy=Policy.SKIP_IF_RUNNING)

    async def _stop(self) -> None:
        services = self._engine.services
        for name in services.supervisor.names:
            # One that was asked for and has not begun would begin after the others were stopped.
            if name.startswith(_REFRESH):
                await services.supervisor.cancel(name)
        rows = await services.database.read(lambda uow: uow.connections.list())
        for row in rows:
            await services.refreshing.stop(row.id)

    def act(self, action: str, done: Callable[[], object]) -> None:
        self._runner.run("window:act", lambda: self._act(action), lambda _: done())

    async def _act(self, action: str) -> None:
        verb, _, target = action.partition(":")
        target, _, moment = target.partition("@")
        services, account = self._engine.services, AccountId(target)
        held = datetime.fromisoformat(moment) if moment else None
        if verb == "accept":
            await services.refreshing.accept_suspect(account, held)
        elif verb == "keep":
            await services.refreshing.discard_suspect(account, held)
        elif verb in ("include", "exclude"):
            await self._include(account, verb == "include")
        else:
            raise ValueError(f"no such action: {verb}")

    async def _include(self, account: AccountId, included: bool) -> None:
        services = self._engine.services
        await services.database.run(lambda uow: uow.accounts.include(account, included))
        stored = await services.database.read(lambda uow: uow.accounts.get(account))
        if included and stored is not None and stored.connection is not None:
            await services.refreshing.refresh(stored.connection)
