"""The ticket's side of trading: what can be ordered, where it would go, at what price.

Everything here reads. What is known of accounts comes out of the cache, prices are asked for just
now. Nothing is sent and nothing decided: the review does the first look that counts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from brokerdesk.clock import Clock
from brokerdesk.domain.ids import ConnectionId
from brokerdesk.services.opening import SessionPool
from brokerdesk.services.portfolio import PortfolioReader

if TYPE_CHECKING:
    from brokerdesk.db.engine import Database
    from brokerdesk.db.journal.store import Journal
    from brokerdesk.settings import Settings


class TicketsService:
    """All methods belong to one event loop.

    Args:
        journal: the open journal; None while it is not open or cannot be used.
        switched_on: whether the trading switch of a connection is on.
    """

    def __init__(
        self,
        *,
        database: Database,
        pool: SessionPool,
        reader: PortfolioReader,
        clock: Clock,
        settings: Callable[[], Settings],
        journal: Callable[[], Journal | None],
        switched_on: Callable[[ConnectionId], bool],
    ) -> None:
        self._database = database
        self._pool = pool
        self._reader = reader
        self._clock = clock
        self._settings = settings
        self._journal = journal
        self._switched_on = switched_on
