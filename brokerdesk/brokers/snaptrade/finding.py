"""Finding symbols through SnapTrade. It lists no options: its chain is in no document of today.

The same letters are asked once an hour: what is traded where changes rarely.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from brokerdesk.brokers.decode import JsonDecoder
from brokerdesk.brokers.snaptrade import loose, wire
from brokerdesk.brokers.snaptrade.instruments import instrument, renewed
from brokerdesk.brokers.text import clean
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.reading import Batch, Unread

if TYPE_CHECKING:
    from brokerdesk.brokers.snaptrade.client import SnapTradeClient
    from brokerdesk.clock import Clock

KEPT = 3600.0
MOST_KEPT = 200
LONGEST = 40
_SYMBOL = JsonDecoder(wire.Symbol)


class SnapTradeFinding:
    """Mixed into the session. Implements ``finding.FindsSymbols``."""

    _clock: Clock
    _client: SnapTradeClient
    _symbols: dict[str, tuple[float, Batch[Instrument]]]

    async def find(self, text: str, most: int = 20) -> Batch[Instrument]:
        """What matches, an exact symbol first and otherwise as SnapTrade orders it."""
        wanted = clean(text, LONGEST).strip()
        if not wanted:
            return Batch(items=())
        key, now = wanted.casefold(), self._clock.monotonic()
        kept = self._symbols.get(key)
        if kept is None or now - kept[0] >= KEPT:
            kept = (now, symbols(await self._client.symbols(wanted)))
            while len(self._symbols) >= MOST_KEPT:
                self._symbols.pop(next(iter(self._symbols)))
            self._symbols[key] = kept
        batch = kept[1]
        return Batch(items=tuple(_likeliest(wanted, batch.items))[:most], unread=batch.unread)


def symbols(raw: bytes) -> Batch[Instrument]:
    """The symbols of one answer.

    Raises:
        BrokerProtocolError: it is no list.
    """
    found, unread = loose.listed(raw, _SYMBOL, "symbols")
    items: list[Instrument] = []
    for place, given in found:
        try:
            items.append(instrument(renewed(given)))
        except ValueError:
            unread.append(Unread(where=f"symbols[{place}]", reason=loose.UNREADABLE))
    return Batch(items=tuple(items), unread=tuple(unread))


def _likeliest(wanted: str, items: Iterable[Instrument]) -> list[Instrument]:
    return sorted(items, key=lambda one: one.symbol.casefold() != wanted.casefold())
