"""A price for a ticket, asked for just now, and who told it.

The broker of the chosen account is asked first, then others of the same environment in the order of
``quoting_rules``: a practice price is of a simulated market, and a coin or a share in another
currency is asked of nobody but who holds it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from brokerdesk.brokers.finding import PricesByKey, TellsVolume
from brokerdesk.brokers.rate import asked_by_user
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import Environment, PriceFeed
from brokerdesk.domain.quote import Quote, QuoteKey
from brokerdesk.domain.reading import Batch
from brokerdesk.errors import BrokerDeskError, StorageError
from brokerdesk.services.opening import SessionPool
from brokerdesk.services.order_limits import usable
from brokerdesk.services.quoting_rules import Priced, Source
from brokerdesk.services.ticket_accounts import Seat
from brokerdesk.services.trading_facts import TicketQuote

WITHIN_SECONDS = 6.0
"""Seconds for which one broker is waited for."""
VOLUME_SECONDS = 2.0
"""Seconds for which the average volume is waited for: no review is held up for a hint."""
MOST_ASKED = 3
_NOBODY = "No connection of this environment tells prices of {symbol}."
_SILENT = "{title} did not answer in time."
_UNKNOWN = "{title} has no price for {symbol}."


def key_of(instrument: Instrument) -> QuoteKey:
    return QuoteKey(
        symbol=instrument.symbol,
        asset_type=instrument.asset_type,
        currency=instrument.currency,
    )


class TicketQuotes:
    """All methods belong to one event loop. Remembers how fresh each source proved to be."""

    def __init__(self, *, pool: SessionPool) -> None:
        self._pool = pool
        self._feeds: dict[ConnectionId, dict[QuoteKey, PriceFeed]] = {}
        self._last: dict[Priced, Quote] = {}

    def last(self, environment: Environment, instrument: Instrument) -> Quote | None:
        """What was told when this was asked for last."""
        return self._last.get(Priced(environment, key_of(instrument)))

    async def ask(
        self,
        instrument: Instrument,
        environment: Environment,
        account: AccountId | None,
        seats: Sequence[Seat],
        *,
        volume: bool = False,
    ) -> TicketQuote:
        """The price of something just now; ``failure`` says why there is none. ``volume``: with the
        average volume, though it has to be asked for apart.
        """
        key = key_of(instrument)
        failures: list[str] = []
        for seat in self._order(Priced(environment, key), account, seats)[:MOST_ASKED]:
            found = await self._one(seat, instrument, volume=volume)
            if isinstance(found, Quote):
                self._feeds.setdefault(seat.connection.id, {})[key] = found.feed
                self._last[Priced(environment, key)] = found
                return TicketQuote(quote=found, source=seat.spec.title)
            failures.append(found)
        words = failures[0] if failures else _NOBODY.format(symbol=instrument.symbol)
        return TicketQuote(failure=words)

    def _order(
        self, wanted: Priced, account: AccountId | None, seats: Iterable[Seat]
    ) -> list[Seat]:
        """One seat per connection that may tell it, the account's own first."""
        by_connection: dict[ConnectionId, list[Seat]] = {}
        for seat in seats:
            if seat.signed_in and "quotes" in seat.spec.capabilities.reads:
                by_connection.setdefault(seat.connection.id, []).append(seat)
        own: list[Seat] = []
        others: list[tuple[Source, Seat]] = []
        for connection, mine in by_connection.items():
            if any(seat.id == account for seat in mine):
                own.append(mine[0])
                continue
            source = Source(
                id=connection,
                environment=mine[0].row.environment,
                carries=lambda _: True,
                holds=frozenset(key_of(one.instrument) for seat in mine for one in seat.positions),
                feeds=self._feeds.get(connection, {}),
            )
            if source.can(wanted):
                others.append((source, mine[0]))
        others.sort(key=lambda pair: pair[0].rank(wanted.key, None))
        return [*own, *(seat for _, seat in others)]

    async def _one(self, seat: Seat, instrument: Instrument, *, volume: bool) -> Quote | str:
        title = seat.spec.title
        try:
            async with asyncio.timeout(WITHIN_SECONDS):
                session: Any = self._pool.session(seat.connection)
                with asked_by_user():
                    batch, average = await asyncio.gather(
                        _quoted(session, instrument), _volume(session, instrument, asked=volume)
                    )
        except TimeoutError:
            return _SILENT.format(title=title)
        except StorageError:
            raise
        except BrokerDeskError as error:
            return error.sentences()
        found = batch.items[0] if batch.items else None
        prices = (found.bid, found.ask, found.last, found.mark) if found is not None else ()
        if found is None or not any(map(usable, prices)):
            return _UNKNOWN.format(title=title, symbol=instrument.symbol)
        if found.average_volume is None and average is not None:
            found = replace(found, average_volume=average)
        return replace(found, symbol=instrument.symbol)


async def _quoted(session: Any, instrument: Instrument) -> Batch[Quote]:
    if isinstance(session, PricesByKey):
        return await session.quotes_of([key_of(instrument)])
    batch: Batch[Quote] = await session.quotes([instrument.symbol])
    return batch


async def _volume(session: object, instrument: Instrument, *, asked: bool) -> Decimal | None:
    """The average volume; None where it cannot be had in time."""
    if not asked or not isinstance(session, TellsVolume):
        return None
    try:
        async with asyncio.timeout(VOLUME_SECONDS):
            return await session.average_volume(key_of(instrument))
    except TimeoutError:
        return None
    except StorageError:
        raise
    except BrokerDeskError:
        return None
