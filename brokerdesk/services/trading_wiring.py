"""Puts trading together: one journal, who sends, who looks afterwards, who tells."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from brokerdesk.clock import Clock
from brokerdesk.domain.events import Publish, TradingChanged
from brokerdesk.domain.intent import Intent
from brokerdesk.services.listening import ListeningService
from brokerdesk.services.opening import SessionPool, Specs
from brokerdesk.services.refreshing import RefreshingService
from brokerdesk.services.trading import Parts, Reviews, Tickets, TradingService
from brokerdesk.services.trading_after import AfterSending
from brokerdesk.services.trading_audit import AuditService
from brokerdesk.services.trading_desk import TradingDesk
from brokerdesk.services.trading_journal import JournalKeeper
from brokerdesk.services.trading_state import Standing
from brokerdesk.services.trading_switches import Switches
from brokerdesk.tasks import Supervisor

if TYPE_CHECKING:
    from brokerdesk.db.engine import Database
    from brokerdesk.services.ledger import LedgerService
    from brokerdesk.settings import Settings


def wired(
    *,
    path: Path,
    database: Database,
    pool: SessionPool,
    refreshing: RefreshingService,
    listening: ListeningService,
    clock: Clock,
    publish: Publish,
    supervisor: Supervisor,
    settings: Callable[[], Settings],
    specs: Specs,
    drafting: Callable[[], tuple[Tickets, Reviews]] | None = None,
) -> TradingService:
    """The service; the journal at ``path`` is not opened yet. ``drafting`` makes what writes and
    reviews orders when it is first asked for.
    """

    def told(intent: Intent) -> None:
        standing.told(intent)
        after.told(intent)

    def changed() -> None:
        standing.head.moved()
        publish(TradingChanged())

    keeper = JournalKeeper(path, clock, supervisor, told)
    after = AfterSending(
        keeper=keeper,
        database=database,
        refreshing=refreshing,
        listening=listening,
        clock=clock,
        publish=publish,
        supervisor=supervisor,
        specs=specs,
    )
    desk = TradingDesk(
        standing=lambda: standing,
        database=database,
        pool=pool,
        clock=clock,
        orders=after.orders,
        per_minute=lambda: settings().orders_per_minute,
        changed=changed,
    )
    standing = Standing(
        keeper=keeper,
        switches=Switches(keeper=keeper, database=database, specs=specs, changed=changed),
        database=database,
        pool=pool,
        clock=clock,
        publish=publish,
        supervisor=supervisor,
        looked=after.looked,
        in_flight=lambda: desk.in_flight,
    )

    @cache
    def ledger() -> LedgerService:
        from brokerdesk.services.ledger import LedgerService

        return LedgerService(
            standing=standing, desk=desk, after=after, database=database, specs=specs, clock=clock
        )

    return TradingService(
        Parts(standing=standing, desk=desk, after=after, ledger=ledger, audit=AuditService(keeper)),
        drafting,
    )
