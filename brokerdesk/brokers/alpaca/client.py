"""Alpaca's REST routes, one method each: wire records or raw answers out, ``BrokerError`` raised.

One client talks to one host. Nothing here knows the domain.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import TypeVar

import msgspec

from brokerdesk.brokers.alpaca import balances, loose, problems, wire
from brokerdesk.brokers.alpaca.mapping import ASSET, POSITION
from brokerdesk.brokers.alpaca.option_routes import ChainRoutes, ContractRoutes
from brokerdesk.brokers.alpaca.times import to_wire
from brokerdesk.brokers.answers import Answer
from brokerdesk.brokers.asking import Authorizer, Request
from brokerdesk.brokers.decode import JsonDecoder
from brokerdesk.brokers.http import BrokerHttp
from brokerdesk.brokers.rate import Priority

T = TypeVar("T")

MOST_ORDERS = 500
"""What one question about orders brings at most."""
MOST_ACTIVITIES = 100
MOST_BARS = 10_000

_ORDER = JsonDecoder(wire.Order)
_ACTIVITY = JsonDecoder(wire.Activity)
_ANY = JsonDecoder(dict[str, msgspec.Raw])
_LIST = JsonDecoder(list[msgspec.Raw])


class _Client:
    """Asks one host with one login."""

    def __init__(self, http: BrokerHttp, authorizer: Authorizer) -> None:
        self._http = http
        self._authorizer = authorizer

    async def _get(self, request: Request, decode: Callable[[bytes], T]) -> T:
        def sorted_out(answer: Answer) -> T:
            if answer.status >= 400:
                raise problems.refusal(answer)
            return decode(answer.body)

        return await self._http.get(request, authorizer=self._authorizer, decode=sorted_out)


class TradingClient(_Client, ContractRoutes):
    """The read routes of a trading host."""

    async def account(self) -> balances.Fields:
        """The one account behind the login, field by field."""
        return await self._get(Request(template="/v2/account"), balances.fields)

    async def positions(self) -> loose.Found[wire.Position]:
        """All holdings; there are no pages."""
        return await self._get(
            Request(template="/v2/positions"),
            lambda raw: loose.decode_each(raw, POSITION, "positions"),
        )

    async def orders(self, since: datetime, until: datetime) -> loose.Found[wire.Order]:
        """Orders submitted between two moments, both excluded, with their legs inside."""
        request = Request(
            template="/v2/orders",
            query={
                "status": "all",
                "limit": str(MOST_ORDERS),
                "after": to_wire(since),
                "until": to_wire(until),
                "direction": "asc",
                "nested": "true",
            },
            history=True,
        )
        return await self._get(request, lambda raw: loose.decode_each(raw, _ORDER, "orders"))

    async def newest_orders(self, since: datetime) -> loose.Found[wire.Order]:
        """The orders submitted after a moment, newest first, no more than one answer of them."""
        request = Request(
            template="/v2/orders",
            query={
                "status": "all",
                "limit": str(MOST_ORDERS),
                "after": to_wire(since),
                "direction": "desc",
                "nested": "true",
            },
            history=True,
        )
        return await self._get(request, lambda raw: loose.decode_each(raw, _ORDER, "orders"))

    async def order(self, order_id: str) -> wire.Order:
        """One order with its legs inside.

        Raises:
            UnknownHereError: there is none of this id.
        """
        request = Request(
            template="/v2/orders/{id}",
            values={"id": order_id},
            query={"nested": "true"},
            priority=Priority.USER,
        )
        return await self._get(request, _ORDER.decode)

    async def order_by_client_id(self, client_order_id: str) -> wire.Order:
        """The order that was placed with this id of ours.

        Raises:
            UnknownHereError: there is none.
        """
        request = Request(
            template="/v2/orders:by_client_order_id",
            query={"client_order_id": client_order_id, "nested": "true"},
            priority=Priority.USER,
        )
        return await self._get(request, _ORDER.decode)

    async def activities(
        self, since: datetime, until: datetime, page_token: str
    ) -> loose.Found[wire.Activity]:
        """One page of what happened, oldest first."""
        query = {
            "after": to_wire(since),
            "until": to_wire(until),
            "direction": "asc",
            "page_size": str(MOST_ACTIVITIES),
        }
        if page_token:
            query["page_token"] = page_token
        request = Request(template="/v2/account/activities", query=query, history=True)
        return await self._get(request, lambda raw: loose.decode_each(raw, _ACTIVITY, "activities"))

    async def portfolio_history(self, since: datetime, until: datetime) -> bytes:
        """The raw answer: columns of daily values."""
        request = Request(
            template="/v2/account/portfolio/history",
            query={"start": to_wire(since), "end": to_wire(until), "timeframe": "1D"},
            history=True,
        )
        return await self._get(request, _whole)

    async def asset(self, symbol: str) -> wire.Asset:
        """One asset.

        Raises:
            UnknownHereError: there is no such asset.
        """
        request = Request(template="/v2/assets/{symbol}", values={"symbol": symbol})
        return await self._get(request, ASSET.decode)

    async def assets(self) -> loose.Found[wire.Asset]:
        """All shares and funds: tens of thousands, so not to be asked lightly."""
        request = Request(
            template="/v2/assets",
            query={"status": "active", "asset_class": "us_equity"},
            history=True,
        )
        return await self._get(request, lambda raw: loose.decode_each(raw, ASSET, "assets"))

    async def clock(self) -> bytes:
        """The raw answer."""
        return await self._get(Request(template="/v2/clock"), _whole)

    async def calendar(self, start: date, end: date) -> bytes:
        """The raw answer: a list of sessions."""
        request = Request(
            template="/v2/calendar", query={"start": start.isoformat(), "end": end.isoformat()}
        )
        return await self._get(request, _whole_list)


class DataClient(_Client, ChainRoutes):
    """The read routes of the market data host."""

    async def snapshots(self, path: str, symbols: Sequence[str], feed: str) -> bytes:
        """The raw answer: latest trade, quote and bars by symbol."""
        query = {"symbols": ",".join(symbols)}
        if feed:
            query["feed"] = feed
        return await self._get(Request(template=path, query=query, priority=Priority.USER), _whole)

    async def daily_bars(self, path: str, query: Mapping[str, str]) -> bytes:
        """The raw answer: one page of bars."""
        request = Request(
            template=path,
            query={"timeframe": "1Day", "limit": str(MOST_BARS), **query},
            priority=Priority.USER,
            history=True,
        )
        return await self._get(request, _whole)


def _whole(raw: bytes) -> bytes:
    """The bytes themselves, once they are known to be complete JSON."""
    _ANY.decode(raw)
    return raw


def _whole_list(raw: bytes) -> bytes:
    _LIST.decode(raw)
    return raw
