"""A past day beside the last figures, over the services."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from brokerdesk.domain.ids import AccountId
from brokerdesk.tasks import Policy
from brokerdesk.ui.viewmodels.comparison import CompareState, state_of

if TYPE_CHECKING:
    from brokerdesk.services.container import Services
    from brokerdesk.ui.viewmodels.desk import Desk


class ComparingGateway:
    """What the sheet asks for, on the desk's I/O thread."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def compare(
        self,
        moment: datetime,
        scope: tuple[str, ...],
        done: Callable[[CompareState | None], object],
    ) -> None:
        """Compare these accounts (none named: all) at a moment with now."""

        async def work(services: Services) -> CompareState | None:
            accounts = frozenset(map(AccountId, scope)) or None
            found = await services.comparing.compare(moment, accounts)
            return None if found is None else state_of(found)

        self._desk.run("past:compare", work, done, policy=Policy.NEWEST_WINS)
