"""The Activity page's entries over the services; rows are made where the entries are read."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from brokerdesk.domain.ids import AccountId
from brokerdesk.services.activity import entries
from brokerdesk.tasks import Policy
from brokerdesk.ui.viewmodels.activity import ActivityQuery
from brokerdesk.ui.viewmodels.activity_rows import ActivityRow, row_of

if TYPE_CHECKING:
    from brokerdesk.services.container import Services
    from brokerdesk.ui.viewmodels.desk import Desk


class ActivityGateway:
    """``ActivityPort`` over the desk. Of several questions only the newest is answered."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def load(
        self,
        query: ActivityQuery,
        done: Callable[[tuple[ActivityRow, ...]], object],
        failed: Callable[[BaseException], object],
    ) -> None:
        """The entries of a query, the newest first."""
        titles = dict(query.accounts)
        keys = [AccountId(key) for key in titles]

        async def work(services: Services) -> tuple[ActivityRow, ...]:
            until = query.until or services.clock.now()
            found = await entries(
                services.database, keys, query.since, until, every_source=query.every_source
            )
            return tuple(row_of(one, titles) for one in found)

        self._desk.run("activity:load", work, done, failed, policy=Policy.NEWEST_WINS)
