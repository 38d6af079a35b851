"""All services, wired together once. Built by the window program and by the command line.

Whoever builds it owns the parts it hands in (database, secrets, supervisor) unless it passes them
to ``aclose``. Everything here belongs to one event loop. What most runs never ask for is imported
and made when it is first asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from brokerdesk.brokers import registry
from brokerdesk.brokers.base import Network
from brokerdesk.brokers.rate_book import FileBook
from brokerdesk.clock import Clock
from brokerdesk.domain.events import Event, Publish, RatesChanged
from brokerdesk.paths import ProfilePaths
from brokerdesk.services.connecting import ConnectingService
from brokerdesk.services.history_reader import HistoryReader, HistoryService
from brokerdesk.services.listening import ListeningService
from brokerdesk.services.opening import SessionPool, Specs
from brokerdesk.services.portfolio import PortfolioReader, PortfolioService
from brokerdesk.services.quoting import QuotingService
from brokerdesk.services.rate_keeping import RateKeeper
from brokerdesk.services.refreshing import RefreshingService
from brokerdesk.services.saving import CertificateKeeper, LoopbackCertificates, SecretKeeper
from brokerdesk.services.scheduling import Schedule
from brokerdesk.services.split_reader import SplitReader
from brokerdesk.services.trading_wiring import wired
from brokerdesk.services.update_check import UpdateCheck
from brokerdesk.services.update_source import UpdateSource
from brokerdesk.settings import Settings
from brokerdesk.tasks import Supervisor

if TYPE_CHECKING:
    from brokerdesk.db.engine import Database
    from brokerdesk.services.backing_up import BackingUpService
    from brokerdesk.services.comparing_reader import ComparingService
    from brokerdesk.services.connection_care import ConnectionCare
    from brokerdesk.services.days import DaysService
    from brokerdesk.services.practice import PracticeService
    from brokerdesk.services.reaching import ReachingService
    from brokerdesk.services.same_accounts import SameAccountsService
    from brokerdesk.services.trading import Reviews, Tickets, TradingService


class Services:
    """``connecting``, ``refreshing``, ``schedule``, ``portfolio``, ``practice`` and the like."""

    def __init__(
        self,
        *,
        paths: ProfilePaths,
        clock: Clock,
        publish: Publish,
        settings: Settings,
        secrets: SecretKeeper,
        certificates: CertificateKeeper,
        database: Database,
        supervisor: Supervisor,
        practice_urls: Mapping[str, str] | None = None,
        offline: bool = False,
        specs: Specs | None = None,
        update_source: UpdateSource | None = None,
    ) -> None:
        self._specs = specs = specs or registry.spec
        self.heard = publish = self._heard(publish)
        self.paths = paths
        self.clock = clock
        self.secrets, self._certificates = secrets, certificates
        self.database = database
        self.supervisor = supervisor
        self.settings = settings
        self.practice_urls = dict(practice_urls or {})
        self.pool = SessionPool(
            specs=specs,
            clock=clock,
            credentials=secrets.credentials,
            network=_network(settings, offline=offline),
            token_buffer=_token_buffer(settings),
            practice_urls=self.practice_urls,
            publish=publish,
            book=FileBook(paths.rates_dir),
        )
        self.refreshing = RefreshingService(
            database=database,
            pool=self.pool,
            clock=clock,
            publish=publish,
            supervisor=supervisor,
            settings=self.current_settings,
        )
        self.listening = ListeningService(
            database=database,
            pool=self.pool,
            refreshing=self.refreshing,
            clock=clock,
            publish=publish,
            supervisor=supervisor,
        )
        self.quoting = QuotingService(
            database=database,
            pool=self.pool,
            refreshing=self.refreshing,
            clock=clock,
            publish=publish,
            supervisor=supervisor,
            settings=self.current_settings,
        )
        self.connecting = self._connecting(clock)
        self.schedule = Schedule(
            refreshing=self.refreshing,
            database=database,
            pool=self.pool,
            clock=clock,
            publish=publish,
            supervisor=supervisor,
            settings=self.current_settings,
            sweep=self.connecting.sweep,
            backups=paths.backups,
        )
        self.rates = RateKeeper(
            database=database,
            clock=clock,
            publish=publish,
            supervisor=supervisor,
            settings=self.current_settings,
            network=lambda: self.pool.network,
            practice_urls=self.practice_urls,
        )
        self.updates = UpdateCheck(
            folder=paths.root,
            clock=clock,
            publish=publish,
            supervisor=supervisor,
            settings=self.current_settings,
            network=lambda: self.pool.network,
            source=update_source,
        )
        self._reader = reader = PortfolioReader(
            clock=clock,
            specs=specs,
            settings=self.current_settings,
            next_try=self.refreshing.next_try,
            want_rates=self.rates.want,
        )
        self.portfolio = PortfolioService(database=database, reader=reader)
        self.trading = self._trading(specs, publish)
        self.history = HistoryService(database=database, reader=HistoryReader())
        self.splits = SplitReader(database=database)

    # made when they are first asked for

    @cached_property
    def reaching(self) -> ReachingService:
        from brokerdesk.services.reaching import ReachingService

        return ReachingService(database=self.database, pool=self.pool, clock=self.clock)

    @cached_property
    def care(self) -> ConnectionCare:
        from brokerdesk.services.connection_care import ConnectionCare

        return ConnectionCare(
            database=self.database, specs=self._specs, clock=self.clock, publish=self.heard
        )

    @cached_property
    def backing_up(self) -> BackingUpService:
        from brokerdesk.services.backing_up import BackingUpService

        return BackingUpService(paths=self.paths, database=self.database, clock=self.clock)

    @cached_property
    def comparing(self) -> ComparingService:
        from brokerdesk.services.comparing_reader import ComparingService

        return ComparingService(
            database=self.database, reader=self._reader, settings=self.current_settings
        )

    @cached_property
    def days(self) -> DaysService:
        from brokerdesk.services.days import DaysService

        return DaysService(database=self.database)

    @cached_property
    def same_accounts(self) -> SameAccountsService:
        from brokerdesk.services.same_accounts import SameAccountsService

        return SameAccountsService(
            database=self.database, clock=self.clock, publish=self.heard, specs=self._specs
        )

    @cached_property
    def practice(self) -> PracticeService:
        from brokerdesk.services.practice import PracticeService
        from brokerdesk.services.practice_troubles import EarlierClock

        return PracticeService(
            database=self.database,
            connecting=self.connecting,
            refreshing=self.refreshing,
            pool=self.pool,
            secrets=self.secrets,
            clock=self.clock,
            publish=self.heard,
            practice_urls=self.practice_urls,
            earlier=self._connecting(EarlierClock(self.clock)),
        )

    def _connecting(self, clock: Clock) -> ConnectingService:
        return ConnectingService(
            database=self.database,
            secrets=self.secrets,
            certificates=LoopbackCertificates(self._certificates),
            pool=self.pool,
            clock=clock,
            publish=self.heard,
            supervisor=self.supervisor,
            on_changed=self.refreshing.forget,
            told=lambda what, row: self.trading.signed_in(what, row),
        )

    def _trading(self, specs: Specs, publish: Publish) -> TradingService:
        """Trading; the journal is opened when it begins."""
        return wired(
            path=self.paths.journal_db,
            database=self.database,
            pool=self.pool,
            refreshing=self.refreshing,
            listening=self.listening,
            clock=self.clock,
            publish=publish,
            supervisor=self.supervisor,
            settings=self.current_settings,
            specs=specs,
            drafting=self._drafting,
        )

    def _drafting(self) -> tuple[Tickets, Reviews]:
        """What writes orders and what reviews them."""
        from brokerdesk.services.reviewing import ReviewingService
        from brokerdesk.services.tickets import TicketsService

        trading = self.trading
        tickets = TicketsService(
            database=self.database,
            pool=self.pool,
            reader=self._reader,
            clock=self.clock,
            settings=self.current_settings,
            journal=trading.journal,
            switched_on=trading.is_on,
        )
        reviewing = ReviewingService(
            tickets=tickets,
            database=self.database,
            pool=self.pool,
            clock=self.clock,
            settings=self.current_settings,
            journal=trading.journal,
            switched_on=trading.is_on,
        )
        return tickets, reviewing

    def _heard(self, publish: Publish) -> Publish:
        """``publish``, of which our own services hear too."""

        def tell(event: Event) -> None:
            self.quoting.notice(event)
            self.listening.notice(event)
            self.trading.notice(event)
            publish(event)

        return tell

    def current_settings(self) -> Settings:
        """The settings in force. ``adopt`` changes them."""
        return self.settings

    async def adopt(self, settings: Settings) -> None:
        """Use other settings from now on.

        Sessions that reach the network another way are closed and opened anew when they are needed;
        a round that runs over one of them is stopped, and what it has committed stays.
        """
        before, self.settings = self.settings, settings
        self.trading.settings_changed(before, settings)
        if before.base_currency != settings.base_currency:
            self.heard(RatesChanged())
        await self.quoting.settings_changed()
        network = _network(settings, offline=self.pool.network.offline)
        for connection in self.pool.adopt(network, _token_buffer(settings)):
            await self.refreshing.forget(connection)

    @property
    def refreshes(self) -> bool:
        """Whether any connection is being read anew."""
        return any(name.startswith("refresh:") for name in self.supervisor.names)

    async def aclose(self) -> None:
        """Stop the schedule, every line, every order and every refresh; close all sessions and the
        journal. Twice is fine.
        """
        await self.trading.aclose()
        await self.quoting.aclose()
        await self.listening.aclose()
        for name in self.supervisor.names:
            if name.startswith(("refresh:", "schedule")):
                await self.supervisor.cancel(name)
        await self.pool.aclose()


def _network(settings: Settings, *, offline: bool) -> Network:
    return Network(proxy=settings.proxy, ca_file=settings.ca_file, offline=offline)


def _token_buffer(settings: Settings) -> timedelta:
    return timedelta(seconds=settings.token_buffer_seconds)
