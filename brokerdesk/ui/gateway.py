"""The portfolio's port over the real services: what it asks runs on the I/O thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.market_hours import new_york_day
from brokerdesk.services.splits import InstrumentKey, Split, since
from brokerdesk.tasks import Policy
from brokerdesk.ui import heap, sketch
from brokerdesk.ui.bus import IoRunner
from brokerdesk.ui.engine import Engine
from brokerdesk.ui.start import broker_titles
from brokerdesk.ui.start_keeping import StartKeeper
from brokerdesk.ui.translate import figures
from brokerdesk.ui.viewmodels.state import Figures, Query

if TYPE_CHECKING:
    from brokerdesk.db.records import StoredAccount
    from brokerdesk.db.unit_of_work import UnitOfWork
    from brokerdesk.services.portfolio_view import PortfolioView


_REFRESH, _SPLITS = "window:refresh:", "window:splits"
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
        self._titles = broker_titles()
        self._start = StartKeeper(runner)
        self._last = Figures()
        self._split_known: dict[AccountId, tuple[Split, ...]] = {}
        self._many = True  # nobody knows yet: the way that costs little memory

    def load(self, query: Query, done: Callable[[Figures], object]) -> None:
        def loaded(found: Figures) -> None:
            done(found)
            if query.as_of is not None:
                self._runner.run(
                    _SPLITS, self._find_splits, self._on_splits, policy=Policy.NEWEST_WINS
                )

        self._runner.run("window:load", lambda: self._aside(query), loaded, self._on_load_failed)

    async def _aside(self, query: Query) -> Figures:
        with heap.building():
            found = await self._load(query)
            self._last = found = sketch.same_objects(found, self._last)
        return found

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
            found = figures(lean.view, self._titles, waiting, sketch=lean)
        else:
            view = await services.portfolio.view(query.as_of, accounts=scope)
            later = self._splits(view) if query.as_of is not None else {}
            found = figures(view, self._titles, waiting, later)
        if query.scope:
            found = replace(found, scope=query.scope)
        self._many = found.held > AT_HAND
        self._start.keep(services, found, stamp)
        return found

    def _splits(self, view: PortfolioView) -> dict[InstrumentKey, tuple[Split, ...]]:
        """What was split between the day of the view and now, of what was held then, as far as it
        is known: to look through all snapshots takes longer than to read a day.
        """
        assert view.as_of is not None
        held = [(row.account, row.position.instrument) for row in view.positions]
        accounts = sorted({account for account, _ in held})
        found = self._engine.services.splits.remembered(accounts)
        self._split_known = {one: found.get(one, ()) for one in accounts}
        return since(self._split_known, held, new_york_day(view.as_of))

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
