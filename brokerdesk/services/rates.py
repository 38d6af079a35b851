"""Rates out of the cache for whoever converts: which source serves whom, which is the base.

Never asks anybody. Practice money is converted with practice rates, and no other money is.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from brokerdesk.domain.exchange_rate import RateColumn
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import Environment
from brokerdesk.services.base_money import Base, automatic
from brokerdesk.services.converting import PRACTICE, REFERENCE, RateTable

if TYPE_CHECKING:
    from brokerdesk.db.unit_of_work import UnitOfWork

BANK, MARKET = "ecb", "practice"
"""How the sources are called in the file: the central bank's own rates, and the simulated ones."""


def source_of(environment: Environment) -> str:
    """Whose rates money of this environment is converted with."""
    return MARKET if environment is Environment.PRACTICE else BANK


def tables(
    column: Callable[[str, str], RateColumn | None],
) -> Callable[[Environment], RateTable]:
    """The table of each environment; ``column`` reads one currency's rates of a source."""
    made: dict[str, RateTable] = {}

    def table(environment: Environment) -> RateTable:
        source = source_of(environment)
        if source not in made:
            word = PRACTICE if source == MARKET else REFERENCE
            made[source] = RateTable(partial(column, source), word)
        return made[source]

    return table


def tables_in(uow: UnitOfWork, since: date | None = None) -> Callable[[Environment], RateTable]:
    """The tables of a file; only rates that can matter from ``since`` on."""
    year = 0 if since is None else since.year - 1
    return tables(lambda source, currency: uow.rates.column(source, currency, year))


def base_in(uow: UnitOfWork, chosen: str, on: date) -> Base:
    """The base currency as of a day. ``chosen`` "" takes the one that most of the value is in now,
    whatever the day: figures of two days could not be compared otherwise.
    """
    currency = chosen
    if not currency:
        today = uow.rates.today()
        currency = automatic(worths_in(uow), tables_in(uow, today), today)
    return Base(currency, on, tables_in(uow, on), chosen)


def worths_in(uow: UnitOfWork) -> list[tuple[Environment, str, Decimal | None]]:
    """What each included account that somebody still reads was worth when it was last read."""
    found = []
    for one in uow.accounts.list(included_only=True):
        if one.closed_at is None and one.connection is not None:
            worth = uow.snapshots.worth(one.account.id)
            if worth is not None:
                found.append((one.account.environment, *worth))
    return found


def own_column(uow: UnitOfWork, account: AccountId) -> dict[str, RateColumn]:
    """What the account's broker said that currencies are worth in the account's own, by day."""
    return uow.rates.own(account)
