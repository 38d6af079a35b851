"""Prices of a holding over the services: what the cache has, and what a broker tells on request."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from brokerdesk.services.price_history import PriceAsk, PriceHistory, PriceHistoryService
from brokerdesk.tasks import Policy

if TYPE_CHECKING:
    from brokerdesk.services.container import Services
    from brokerdesk.ui.viewmodels.desk import Desk

Done = Callable[[PriceHistory], object]
Failed = Callable[[BaseException], object]


class PriceGateway:
    """``PricePort`` over the desk. Of several questions of ``who`` only the newest is answered."""

    def __init__(self, desk: Desk, who: str = "positions") -> None:
        self._desk, self._who = desk, who

    def stored(self, ask: PriceAsk, done: Done, failed: Failed) -> None:
        """What the cache holds."""

        async def work(services: Services) -> PriceHistory:
            return await _service(services).stored(ask)

        self._desk.run(f"{self._who}:prices", work, done, failed, policy=Policy.NEWEST_WINS)

    def fetch(self, ask: PriceAsk, done: Done, failed: Failed) -> None:
        """What a broker tells now."""

        async def work(services: Services) -> PriceHistory:
            return await _service(services).fetch(ask)

        self._desk.run(f"{self._who}:prices", work, done, failed, policy=Policy.NEWEST_WINS)


def _service(services: Services) -> PriceHistoryService:
    return PriceHistoryService(database=services.database, pool=services.pool, clock=services.clock)
