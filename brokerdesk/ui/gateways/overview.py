"""The Overview's history over the services: daily totals, and one day as it was read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import Environment

if TYPE_CHECKING:
    from brokerdesk.services.container import Services
    from brokerdesk.services.history import History
    from brokerdesk.services.history_facts import ValueLine
    from brokerdesk.ui.viewmodels.desk import Desk


class OverviewGateway:
    """``HistoryPort`` over the desk. ``who`` asks: nobody's question takes another's place."""

    def __init__(self, desk: Desk, who: str = "overview") -> None:
        self._desk, self._who = desk, who

    def daily(
        self,
        environment: str,
        currency: str,
        accounts: Sequence[str],
        done: Callable[[History], object],
        failed: Callable[[BaseException], object],
        *,
        together: bool = False,
    ) -> None:
        """Daily totals; no account named means all. ``together``: of all currencies."""
        chosen = [AccountId(key) for key in accounts] or None

        async def work(services: Services) -> History:
            return await services.history.daily(
                Environment(environment), currency, chosen, together=together
            )

        self._desk.run(f"{self._who}:history", work, done, failed)

    def day(
        self,
        environment: str,
        currency: str,
        accounts: Sequence[str],
        day: date,
        until: datetime | None,
        done: Callable[[ValueLine], object],
        failed: Callable[[BaseException], object],
        *,
        together: bool = False,
    ) -> None:
        """One New York day, up to a moment of it."""
        chosen = [AccountId(key) for key in accounts] or None

        async def work(services: Services) -> ValueLine:
            return await services.history.day(
                Environment(environment), currency, day, chosen, until=until, together=together
            )

        self._desk.run(f"{self._who}:day", work, done, failed)
