"""Reads what a comparison needs from the cache. Never asks a broker."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import TYPE_CHECKING

from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.market_hours import new_york_day
from brokerdesk.services.comparing import Comparison, compare
from brokerdesk.services.history_reader import known_span
from brokerdesk.services.rates import entry_key, entry_rates

if TYPE_CHECKING:
    from brokerdesk.db.engine import Database
    from brokerdesk.db.unit_of_work import UnitOfWork
    from brokerdesk.domain.transaction import Transaction
    from brokerdesk.services.portfolio import PortfolioReader
    from brokerdesk.services.portfolio_view import PortfolioView
    from brokerdesk.settings import Settings


class ComparingService:
    """A past day beside the last figures, for whoever lives on the event loop."""

    def __init__(
        self, *, database: Database, reader: PortfolioReader, settings: Callable[[], Settings]
    ) -> None:
        self._database, self._reader, self._settings = database, reader, settings

    async def compare(
        self, moment: datetime, accounts: Collection[AccountId] | None = None
    ) -> Comparison | None:
        """The difference from ``moment`` to now of these accounts; None: nothing to compare."""
        reader, read = self._reader, self._database.read
        then = await read(lambda uow: reader.read(uow, moment, None, accounts))
        now = await read(lambda uow: reader.read(uow, None, None, accounts))

        def finish(uow: UnitOfWork) -> Comparison | None:
            entries, unknown = _entries(uow, then, now)
            _, rates = entry_rates(uow, self._settings().base_currency, entries)
            return compare(
                then, now, entries, lambda one: rates.get(entry_key(one)), unknown=unknown
            )

        return await read(finish)


def _entries(
    uow: UnitOfWork, then: PortfolioView, now: PortfolioView
) -> tuple[list[Transaction], int]:
    """What was booked in accounts that count at both moments, and in how many of them the entries
    of the whole time are not known.
    """
    until = {row.id: row.fetched_at for row in now.accounts if row.in_totals}
    found: list[Transaction] = []
    unknown = 0
    for row in then.accounts:
        end = until.get(row.id)
        if not row.in_totals or row.as_of is None or end is None:
            continue
        found += uow.transactions.list(row.id, since=row.as_of, until=end)
        stored = uow.accounts.get(row.id)
        span = None if stored is None else known_span(uow, stored)
        begin = new_york_day(row.as_of).toordinal()
        unknown += span is None or begin + 1 < span[0]
    return found, unknown
