"""Learn the names of securities whose broker leaves them out of its positions, from its quotes.

An ornament: it is asked for once, after everything that counts, and whatever goes wrong with it
changes nothing. Prices that come with a name are kept like any other quote.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

from brokerdesk.brokers.base import BrokerSession
from brokerdesk.domain.kinds import AssetType
from brokerdesk.domain.position import Position
from brokerdesk.errors import BrokerError

if TYPE_CHECKING:
    from brokerdesk.db.engine import Database

_log = logging.getLogger(__name__)

MOST_AT_ONCE = 400
"""Symbols asked for after one round; the next round goes on."""
_QUOTED = frozenset({AssetType.EQUITY, AssetType.ETF, AssetType.MUTUAL_FUND})


def nameless(positions: Iterable[Position]) -> set[str]:
    """The symbols of securities without a name, of kinds that quotes are made for."""
    return {
        held.instrument.symbol
        for held in positions
        if not held.instrument.name and held.instrument.asset_type in _QUOTED
    }


async def learn_names(
    session: BrokerSession, database: Database, symbols: set[str], asked: set[str]
) -> None:
    """Ask for the names of ``symbols`` that nobody has told yet, and keep them.

    What was asked for joins ``asked``, so that a name that a broker does not give is not asked for
    again and again.

    Raises:
        StorageError: what came could not be stored.
    """
    wanted = sorted(symbols - asked)
    if not wanted:
        return
    asked.update(await database.read(lambda uow: uow.quotes.named(wanted)))
    missing = [symbol for symbol in wanted if symbol not in asked][:MOST_AT_ONCE]
    if not missing:
        return
    try:
        found = await session.quotes(missing)
    except BrokerError as error:
        _log.info("names were not read: %s", error.code)
        return
    asked.update(missing)
    await database.run(lambda uow: uow.quotes.put(found.items))
