"""What the quote service reads from the cache and keeps in it.

The cache knows quotes by symbol and source. A practice price must never be taken for a live one,
nor a coin's for a share's of the same letters: the source of what is kept here says all of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import AssetType, Environment
from brokerdesk.domain.quote import QuoteKey
from brokerdesk.services.quoting_book import LivePrice, PriceState
from brokerdesk.services.quoting_holdings import HeldAccount, read_account
from brokerdesk.services.quoting_rules import Priced
from brokerdesk.services.same_account_sources import sources

if TYPE_CHECKING:
    from brokerdesk.db.unit_of_work import UnitOfWork

_MARK = "\t"
_PARTS = 3
"""Behind the broker: environment, kind and currency."""
_NAMED = frozenset({AssetType.EQUITY, AssetType.ETF, AssetType.MUTUAL_FUND})


def listed(uow: UnitOfWork) -> list[AccountId]:
    """All accounts that count."""
    left_out = sources(uow).through  # the same account, counted through another connection
    return [
        stored.account.id
        for stored in uow.accounts.list(included_only=True)
        if stored.closed_at is None and stored.account.id not in left_out
    ]


def read_some(
    accounts: Iterable[AccountId], uow: UnitOfWork, only: Collection[Priced] | None = None
) -> dict[AccountId, HeldAccount]:
    """The accounts named, as they stand now; what does not count is missing.

    One after the other: no more than one snapshot is in memory. Where there is a price of few
    things only, ``only`` leaves the parts out that have none: they move nothing, and there may be
    very many of them.
    """
    found = {}
    left_out = sources(uow).through
    for account in accounts:
        stored = uow.accounts.get(account)
        if stored is None or not stored.included or stored.closed_at is not None:
            continue
        if account in left_out:
            continue
        held = read_account(uow, stored, only)
        if held is not None:
            found[account] = held
        uow.snapshots.forget_many()
    return found


def keep(prices: Iterable[LivePrice], uow: UnitOfWork) -> None:
    """Store the newest price of each. Only names of securities are kept: they name holdings."""
    uow.quotes.put(
        replace(
            price.quote,
            symbol=price.of.key.symbol,
            source=_source(price.of, price.quote.source),
            name=price.quote.name if price.of.key.asset_type in _NAMED else "",
        )
        for price in prices
    )


def last_known(wanted: Collection[Priced], uow: UnitOfWork) -> list[LivePrice]:
    """The newest price of each that was kept: what is known before anybody has told anything."""
    found: dict[Priced, LivePrice] = {}
    by_symbol: dict[str, list[Priced]] = {}
    for of in wanted:
        by_symbol.setdefault(of.key.symbol, []).append(of)
    for quote in uow.quotes.every(by_symbol):
        for of in by_symbol[quote.symbol]:
            broker, _, rest = quote.source.partition(_MARK)
            if rest and quote.source == _source(of, broker):
                found[of] = LivePrice(
                    of=of,
                    quote=replace(quote, source=broker),
                    state=PriceState.STALE,
                    connection=None,
                    at=quote.fetched_at,
                )
    return list(found.values())


def kept(uow: UnitOfWork) -> frozenset[Priced]:
    """What a price was kept of."""
    found = set()
    for symbol, source in uow.quotes.sources():
        _, *where = source.split(_MARK)
        if len(where) != _PARTS:
            continue  # of elsewhere: no price of ours
        environment, kind, currency = where
        try:
            key = QuoteKey(symbol, AssetType(kind), currency)
            found.add(Priced(Environment(environment), key))
        except ValueError:
            continue  # a kind that this version does not know
    return frozenset(found)


def _source(of: Priced, broker: str) -> str:
    return _MARK.join((broker, of.environment.value, of.key.asset_type.value, of.key.currency))
