"""Everything that lives on the I/O thread behind one window: database, secrets, services.

Opened after the first paint, closed before the program ends, in the order that loses nothing. No
Qt here; the window reaches it through the runner alone.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from brokerdesk.clock import Clock
from brokerdesk.domain.events import Publish
from brokerdesk.domain.kinds import Environment
from brokerdesk.errors import BrokerDeskError, SecretStoreError
from brokerdesk.paths import ProfilePaths
from brokerdesk.settings import Settings
from brokerdesk.tasks import Supervisor, run_blocking
from brokerdesk.ui.viewmodels.keeping import Keeping, KeepingKind

if TYPE_CHECKING:
    from brokerdesk.db.engine import Database
    from brokerdesk.secrets import Store, StoreState
    from brokerdesk.services.attempt import ConnectAttempt
    from brokerdesk.services.container import Services
    from brokerdesk.services.practice_host import PracticeHost

UNLOCK_SECONDS = 300.0
"""So long the user may take to answer the keychain's own window."""
_KEPT = {
    "keyring": "Sign-ins are kept under the system keychain",
    "vault": "Sign-ins are kept in a passphrase vault",
}


class Engine:
    """Made on the GUI thread, which reads nothing here but ``services`` once it is open."""

    def __init__(
        self,
        paths: ProfilePaths,
        *,
        clock: Clock,
        settings: Settings,
        publish: Publish,
        practice: bool,
        offline: bool,
    ) -> None:
        self._paths, self._clock, self._settings = paths, clock, settings
        self._publish, self._practice, self._offline = publish, practice, offline
        self._database: Database | None = None
        self._store: Store | None = None
        self._services: Services | None = None
        self._host: PracticeHost | None = None
        self._ending: list[Callable[[], Awaitable[object]]] = []
        """What is being closed, in this order."""
        self.attempts: list[ConnectAttempt] = []
        """Sign-ins begun behind this window; cancelling one that is over does nothing."""

    @property
    def hosts_practice(self) -> bool:
        """Whether the built-in practice market is started behind this window."""
        return self._practice and not self._offline

    @property
    def services(self) -> Services:
        assert self._services is not None
        return self._services

    @property
    def store(self) -> Store:
        assert self._store is not None
        return self._store

    async def open(self, supervisor: Callable[[], Supervisor]) -> None:
        """Database ritual and check, then everything that stands on it.

        Raises:
            StorageError: the database cannot be used; nothing was changed.
        """
        if self._services is not None:
            return
        from brokerdesk.db.engine import Database
        from brokerdesk.secrets import PASSPHRASE_FILE_VARIABLE, CertificateKeeper, open_store
        from brokerdesk.services.container import Services

        paths, clock = self._paths, self._clock
        opened: list[Database] = []

        def open_it() -> None:
            if paths.restore_was_killed():
                from brokerdesk.services.restoring import finish_interrupted

                finish_interrupted(paths)
            opened.append(Database.open(paths.portfolio_db, backups=paths.backups, clock=clock))

        try:
            await run_blocking("brokerdesk-open", open_it, to_the_end=True)
            (database,) = opened
            await database.quick_check()
        except BaseException:  # the window may be closed while its file is still being opened
            for each in opened:
                each.close()
            raise
        named = os.environ.get(PASSPHRASE_FILE_VARIABLE)
        self._database = database
        self._store = open_store(paths, clock=clock, passphrase_file=Path(named) if named else None)
        self._services = Services(
            paths=paths,
            clock=clock,
            publish=self._publish,
            settings=self._settings,
            secrets=self._store,
            certificates=CertificateKeeper(self._store, paths, clock),
            database=database,
            supervisor=supervisor(),
            offline=self._offline,
        )

    async def adopt(self, settings: Settings) -> None:
        """Use other settings from now on."""
        self._settings = settings
        if self._services is not None:
            await self._services.adopt(settings)

    async def start_fresh(self) -> Path:
        """Move a database that cannot be read aside; the next ``open`` makes a new one.

        Raises:
            StorageError: it could not be moved; nothing was deleted.
        """
        from brokerdesk.db.backup import quarantine

        path, now = self._paths.portfolio_db, self._clock.now()
        return await run_blocking(
            "brokerdesk-aside", lambda: quarantine(path, at=now), to_the_end=True
        )

    async def begin(self) -> None:
        """Start the practice market where it belongs, then the schedule.

        Raises:
            BrokerDeskError: the practice market does not run; the stored figures still show.
        """
        try:
            if self.hosts_practice:
                await self._begin_practice()
        except BrokerDeskError:
            await self._start_services()
            raise
        await self._start_services()

    async def _start_services(self) -> None:
        await self.services.trading.begin()
        self.services.schedule.start()
        self.services.listening.start()
        self.services.rates.start()
        self.services.updates.start()

    async def _begin_practice(self) -> None:
        from brokerdesk.services.practice_host import PracticeHost

        practice = self.services.practice
        self._host = PracticeHost(await practice.seed(), orders=self._paths.practice_orders)
        await practice.prepare(await self._host.start())
        # Years of history came at once, and some of it in other currencies: the chart needs rates.
        self.services.rates.want(((Environment.PRACTICE, ""),))
        await self.services.rates.look()

    async def keeping(self) -> Keeping:
        """Where sign-ins are kept. Asks keychain or vault, so it is not called when offline."""
        return await self._keeping(self.store.ready())

    async def unlock_keychain(self) -> Keeping:
        """Let the keychain ask for its password; where sign-ins are kept once it is answered."""
        return await self._keeping(self.store.unlock_keychain(UNLOCK_SECONDS))

    async def keychain_answered(self) -> bool:
        """Whether the keychain opens by now; waits while it asks the user.

        False: it asks nothing, or was not answered.
        """
        from brokerdesk.secrets import StoreState

        if self.store.state is not StoreState.LOCKED:
            return True
        return await self.store.keychain_answered(UNLOCK_SECONDS)

    async def _keeping(self, asking: Awaitable[StoreState]) -> Keeping:
        from brokerdesk.secrets import StoreState

        try:
            state = await asking
        except SecretStoreError as error:
            vault = await run_blocking("brokerdesk-vault", self._has_vault)
            kind = KeepingKind.VAULT_LOCKED if vault else KeepingKind.LOCKED
            return Keeping(kind, error.sentences())
        if state in (StoreState.KEYRING, StoreState.VAULT):
            return Keeping(KeepingKind.DURABLE, _KEPT[state.value])
        return Keeping(KeepingKind.SESSION, self.store.describe())

    def _has_vault(self) -> bool:
        return (self._paths.secrets_dir / "vault.json").exists()

    @property
    def orders_in_flight(self) -> int:
        """How many orders are on their way, or wait for the user's answer to a broker."""
        return 0 if self._services is None else self._services.trading.in_flight

    async def finish_orders(self, seconds: float) -> bool:
        """Wait for what is on its way; nothing new begins meanwhile. False: something still is."""
        return self._services is None or await self._services.trading.finish(seconds)

    async def go_on(self) -> None:
        """The window stays open: orders may be sent again."""
        if self._services is not None:
            self._services.trading.go_on()

    async def aclose(self) -> None:
        """Stop everything and close it. Twice is fine: what was interrupted is closed then."""
        services, self._services = self._services, None
        host, self._host = self._host, None
        store, self._store = self._store, None
        database, self._database = self._database, None
        if services is not None:
            self._ending.append(services.aclose)
        if host is not None:
            self._ending.append(host.stop)
        if store is not None:
            self._ending.append(store.aclose)
        if database is not None:
            self._ending.append(database.aclose)
        while self.attempts:  # the port of a sign-in that still waits
            await self.attempts.pop().cancel()
        while self._ending:
            close = self._ending[0]
            await close()
            if close in self._ending:
                self._ending.remove(close)
