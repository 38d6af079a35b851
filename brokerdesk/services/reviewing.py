"""The review: what would go out, to the last field, and everything that stands against it.

A review holds for a minute and until anything is edited; what it prepared is handed out once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from brokerdesk.clock import Clock
from brokerdesk.domain.ids import ConnectionId
from brokerdesk.services.opening import SessionPool
from brokerdesk.services.tickets import TicketsService

if TYPE_CHECKING:
    from brokerdesk.db.engine import Database
    from brokerdesk.db.journal.store import Journal
    from brokerdesk.settings import Settings


class ReviewingService:
    """All methods belong to one event loop. The arguments are those of ``TicketsService``."""

    def __init__(
        self,
        *,
        tickets: TicketsService,
        database: Database,
        pool: SessionPool,
        clock: Clock,
        settings: Callable[[], Settings],
        journal: Callable[[], Journal | None],
        switched_on: Callable[[ConnectionId], bool],
    ) -> None:
        self._tickets = tickets
        self._database = database
        self._pool = pool
        self._clock = clock
        self._settings = settings
        self._journal = journal
        self._switched_on = switched_on
