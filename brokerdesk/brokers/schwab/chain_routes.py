"""Schwab's market data routes for finding symbols and for options: raw answers out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TypeVar

import msgspec

from brokerdesk.brokers.asking import Request
from brokerdesk.brokers.decode import JsonDecoder
from brokerdesk.brokers.rate import Priority

T = TypeVar("T")
_MARKET = "/marketdata/v1"
_WHOLE = JsonDecoder(dict[str, msgspec.Raw])


class ChainRoutes:
    """Mixed into the client."""

    async def _get(self, request: Request, decode: Callable[[bytes], T]) -> T:
        raise NotImplementedError

    async def instruments(self, text: str, projection: str) -> bytes:
        """Instruments by a pattern of their symbol or by words of their description."""
        return await self._market("/instruments", symbol=text, projection=projection)

    async def expirations(self, symbol: str) -> bytes:
        """The days on which options of a symbol expire.

        Raises:
            NotThereError: it has none.
        """
        return await self._market("/expirationchain", symbol=symbol)

    async def chain(self, symbol: str, day: date) -> bytes:
        """All contracts of one day, with the price of what they are on."""
        return await self._market(
            "/chains",
            symbol=symbol,
            contractType="ALL",
            includeUnderlyingQuote="true",
            fromDate=day.isoformat(),
            toDate=day.isoformat(),
        )

    async def _market(self, route: str, **query: str) -> bytes:
        request = Request(template=_MARKET + route, query=query, priority=Priority.USER)
        return await self._get(request, _whole)


def _whole(raw: bytes) -> bytes:
    """The bytes themselves, once they are known to be complete JSON."""
    _WHOLE.decode(raw)
    return raw
