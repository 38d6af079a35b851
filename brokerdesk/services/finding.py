"""The symbol search of a ticket: what is held, what was ordered lately, what brokers know.

What the cache knows stands first and costs no question; brokers are asked side by side, and one
that is slow or fails leaves the others' answers as they are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import timedelta

from brokerdesk.brokers.finding import FindsSymbols
from brokerdesk.brokers.rate import asked_by_user
from brokerdesk.domain.identity import Identities
from brokerdesk.domain.ids import ConnectionId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.intent import Intent
from brokerdesk.domain.kinds import AssetType
from brokerdesk.errors import BrokerDeskError, StorageError
from brokerdesk.services.amounts import ZERO
from brokerdesk.services.opening import SessionPool
from brokerdesk.services.ticket_accounts import Seat
from brokerdesk.services.trading_facts import Found, Match

MOST = 30
MOST_RECENT = 12
LONGEST_TEXT = 64
RECENT = timedelta(days=90)
WITHIN_SECONDS = 4.0
"""Seconds for which brokers are waited for."""
_NO_ORDERS = frozenset({AssetType.CASH_EQUIVALENT, AssetType.CURRENCY, AssetType.INDEX})


async def find(
    text: str, seats: Sequence[Seat], intents: Iterable[Intent], pool: SessionPool, *, ask: bool
) -> tuple[Match, ...]:
    """What fits ``text``, the likeliest first; without a text what is recent and held.

    ``ask`` False: out of the cache alone.
    """
    wanted = text.strip()[:LONGEST_TEXT]
    known = [one for one in (*recent(seats, intents), *held(seats)) if fits(one.instrument, wanted)]
    if wanted:
        known.sort(key=lambda one: (_rank(one.instrument, wanted), one.found is not Found.HELD))
    if not wanted or not ask:
        return _once(known)
    told = await asyncio.gather(*(_told(pool, seat, wanted) for seat in _tellers(seats)))
    several = [one for batch in told for one in batch]
    several.sort(key=lambda one: _rank(one.instrument, wanted))
    return _once([*known, *several])


def held(seats: Iterable[Seat]) -> list[Match]:
    """Everything that is held, what is worth most first."""
    found = [
        (abs(one.market_value or ZERO), one.instrument)
        for seat in seats
        for one in seat.positions
        if one.quantity and one.instrument.asset_type not in _NO_ORDERS
    ]
    found.sort(key=lambda pair: -pair[0])
    return [Match(instrument=one, found=Found.HELD) for _, one in found]


def recent(seats: Iterable[Seat], intents: Iterable[Intent]) -> list[Match]:
    """What was ordered from here lately, the newest first."""
    accounts = {seat.id for seat in seats}
    found = []
    for intent in reversed(list(intents)):
        if intent.draft is None or intent.account not in accounts:
            continue
        legs = intent.draft.legs or intent.draft.children[0].legs
        found += [Match(instrument=leg.instrument, found=Found.RECENT) for leg in legs]
    return found[:MOST_RECENT]


def fits(instrument: Instrument, text: str) -> bool:
    """Whether a symbol or name begins with, or contains, what was typed."""
    words = text.casefold()
    return words in instrument.symbol.casefold() or words in instrument.name.casefold()


def _rank(instrument: Instrument, text: str) -> tuple[bool, bool, bool, int]:
    """The symbol itself first, then what begins with it, then names, then the rest."""
    symbol, name, words = instrument.symbol.casefold(), instrument.name.casefold(), text.casefold()
    return (
        symbol != words,
        not symbol.startswith(words),
        not name.startswith(words),
        len(symbol),
    )


def _tellers(seats: Iterable[Seat]) -> list[Seat]:
    """One seat per connection."""
    by_connection: dict[ConnectionId, Seat] = {}
    for seat in seats:
        if seat.signed_in:
            by_connection.setdefault(seat.connection.id, seat)
    return list(by_connection.values())


async def _told(pool: SessionPool, seat: Seat, text: str) -> list[Match]:
    try:
        session: object = pool.session(seat.connection)
        if not isinstance(session, FindsSymbols):
            return []
        async with asyncio.timeout(WITHIN_SECONDS):
            with asked_by_user():
                batch = await session.find(text)
    except StorageError:
        raise
    except (BrokerDeskError, TimeoutError):
        return []
    return [
        Match(instrument=one, found=Found.BROKER, told_by=seat.spec.title) for one in batch.items
    ]


def _once(matches: Iterable[Match]) -> tuple[Match, ...]:
    """Each thing once, as it came first."""
    known = Identities()
    found: dict[int, Match] = {}
    for one in matches:
        number = known.root(known.number(one.instrument))
        found.setdefault(number, one)
        if len(found) >= MOST:
            break
    return tuple(found.values())
