"""Alpaca's routes about what can be traded, and about options: raw answers out, in pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TypeVar
from urllib.parse import quote

import msgspec

from brokerdesk.brokers.asking import Request
from brokerdesk.brokers.decode import JsonDecoder
from brokerdesk.brokers.rate import Priority

T = TypeVar("T")
MOST_CONTRACTS = 10_000
MOST_SNAPSHOTS = 1000
_WHOLE = JsonDecoder(msgspec.Raw)


class ContractRoutes:
    """Mixed into the client of a trading host."""

    async def _get(self, request: Request, decode: Callable[[bytes], T]) -> T:
        raise NotImplementedError

    async def tradable(self, asset_class: str) -> bytes:
        """All assets of a class: of shares tens of thousands, so not to be asked lightly."""
        request = Request(
            template="/v2/assets",
            query={"status": "active", "asset_class": asset_class},
            priority=Priority.USER,
            history=True,
        )
        return await self._get(request, _whole)

    async def contracts(self, underlying: str, since: date, until: date, token: str) -> bytes:
        """One page of option contracts. Without ``until`` Alpaca lists the next days only."""
        query = {
            "underlying_symbols": underlying,
            "status": "active",
            "expiration_date_gte": since.isoformat(),
            "expiration_date_lte": until.isoformat(),
            "limit": str(MOST_CONTRACTS),
        }
        if token:
            query["page_token"] = token
        request = Request(
            template="/v2/options/contracts", query=query, priority=Priority.USER, history=True
        )
        return await self._get(request, _whole)


class ChainRoutes:
    """Mixed into the client of the market data host."""

    async def _get(self, request: Request, decode: Callable[[bytes], T]) -> T:
        raise NotImplementedError

    async def chain(self, underlying: str, day: date, token: str) -> bytes:
        """One page of what the contracts of a day cost; consolidated prices need a subscription."""
        query = {
            "feed": "indicative",
            "expiration_date": day.isoformat(),
            "limit": str(MOST_SNAPSHOTS),
        }
        if token:
            query["page_token"] = token
        path = f"/v1beta1/options/snapshots/{quote(underlying, safe='')}"
        request = Request(template=path, query=query, priority=Priority.USER)
        return await self._get(request, _whole)


def _whole(raw: bytes) -> bytes:
    """The bytes themselves, once they are known to be complete JSON."""
    _WHOLE.decode(raw)
    return raw
