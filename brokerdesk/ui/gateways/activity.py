"""The Activity page's entries over the services; rows are made where the entries are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from brokerdesk.domain.ids import AccountId
from brokerdesk.services.activity import entries
from brokerdesk.services.rates import EntryKey, entry_key, entry_rates
from brokerdesk.tasks import Policy
from brokerdesk.ui.translate_base import rate_row
from brokerdesk.ui.viewmodels.activity import ActivityQuery
from brokerdesk.ui.viewmodels.activity_rows import ActivityRow, row_of

if TYPE_CHECKING:
    from brokerdesk.domain.transaction import Transaction
    from brokerdesk.services.container import Services
    from brokerdesk.ui.viewmodels.desk import Desk
    from brokerdesk.ui.viewmodels.state import RateRow


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
            chosen = services.settings.base_currency
            base, rates = await services.database.read(lambda uow: entry_rates(uow, chosen, found))
            if not rates:
                return tuple(row_of(one, titles) for one in found)
            told = {key: rate_row(rate) for key, rate in rates.items()}
            return tuple(_row(one, titles, told, base) for one in found)

        self._desk.run("activity:load", work, done, failed, policy=Policy.NEWEST_WINS)


def _row(
    one: Transaction,
    titles: Mapping[str, str],
    told: Mapping[EntryKey, RateRow | None],
    base: str,
) -> ActivityRow:
    if one.currency == base:
        return row_of(one, titles)
    return row_of(one, titles, told.get(entry_key(one)), base)
