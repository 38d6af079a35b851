"""Rates out of the cache for whoever converts: which source serves whom, which is the base.

Never asks anybody. Practice money is converted with practice rates, and no other money is.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from brokerdesk.domain.exchange_rate import RateColumn
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import Environment
from brokerdesk.domain.market_hours import new_york_day
from brokerdesk.services.base_money import Base, automatic
from brokerdesk.services.converting import (
    PRACTICE,
    REFERENCE,
    Rate,
    RateTable,
    better,
    own_rate,
)

if TYPE_CHECKING:
    from brokerdesk.db.unit_of_work import UnitOfWork
    from brokerdesk.domain.transaction import Transaction

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


EntryKey = tuple[AccountId, str, date]
"""Whose money, in which currency, on which New York day."""


def entry_key(one: Transaction) -> EntryKey:
    return one.account, one.currency, new_york_day(one.time)


def entry_rates(
    uow: UnitOfWork, chosen: str, entries: Iterable[Transaction]
) -> tuple[str, dict[EntryKey, Rate | None]]:
    """The base currency, and for entries in other ones the rate of their own day."""
    base = base_in(uow, chosen, uow.rates.today()).currency
    found: dict[EntryKey, Rate | None] = {}
    table = tables_in(uow)
    homes = {one.account.id: one.account.environment for one in uow.accounts.list()}
    own: dict[AccountId, dict[str, RateColumn]] = {}
    for one in entries:
        key = entry_key(one)
        if one.currency == base or key in found or one.account not in homes:
            continue
        if one.account not in own:
            own[one.account] = uow.rates.own(one.account)
        said = own_rate(_said(own[one.account], key[2]), one.currency, base, key[2], key[2])
        found[key] = better(said, table(homes[one.account]).rate(one.currency, base, key[2]))
    return base, found


def _said(own: Mapping[str, RateColumn], day: date) -> dict[str, Decimal]:
    """What the broker said on exactly this day."""
    found = {}
    for currency, column in own.items():
        place = bisect_left(column.days, day.toordinal())
        if place < len(column.days) and column.days[place] == day.toordinal():
            found[currency] = column.at(place)
    return found
