"""Schwab's REST routes, one method each: wire records out, ``BrokerError`` raised.

Accounts are addressed by a hash, never by their number. Nothing here knows the domain.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

import msgspec

from brokerdesk.brokers.answers import Answer
from brokerdesk.brokers.asking import Authorizer, Request
from brokerdesk.brokers.base import Network
from brokerdesk.brokers.decode import JsonDecoder, UnexpectedShapeError
from brokerdesk.brokers.http import BrokerHttp
from brokerdesk.brokers.practice import origin
from brokerdesk.brokers.rate import Buckets, Priority
from brokerdesk.brokers.rate_book import Book
from brokerdesk.brokers.schwab import BROKER_ID, SPEC, TITLE, loose, problems, wire
from brokerdesk.brokers.schwab.chain_routes import ChainRoutes
from brokerdesk.brokers.schwab.times import to_millis, to_wire
from brokerdesk.brokers.schwab.transactions import TYPES
from brokerdesk.clock import Clock
from brokerdesk.domain.kinds import Environment
from brokerdesk.domain.reading import Unread

T = TypeVar("T")

LIVE_URL = "https://api.schwabapi.com"
_TRADER = "/trader/v1"
_MARKET = "/marketdata/v1"
_PREFERENCE = JsonDecoder(wire.Preference)
_PREFERENCES = JsonDecoder(list[wire.Preference])
_NUMBER = JsonDecoder(wire.AccountNumber)
_ORDER = JsonDecoder(wire.Order)
_TRANSACTION = JsonDecoder(wire.Transaction)

MOST_RECORDS = 3000
"""What one question about orders or transactions brings at most."""


def base_url(environment: Environment, practice_url: str) -> str:
    """Where the broker is: its one live host, or a practice origin on this computer.

    Raises:
        InputError: the practice address is not a loopback origin.
    """
    return LIVE_URL if environment is Environment.LIVE else origin(practice_url)


def build_http(
    environment: Environment,
    practice_url: str,
    *,
    network: Network,
    clock: Clock,
    on_clock_skew: Callable[[float], None] | None = None,
    book: Book | None = None,
) -> BrokerHttp:
    """HTTP to Schwab, in one queue with all else that asks with the same app's key.

    Nothing is opened before the first request.
    """
    base = base_url(environment, practice_url)
    limiter = Buckets(clock, base, SPEC.capabilities.requests_per_minute, book=book)
    return BrokerHttp(
        broker_id=BROKER_ID,
        title=TITLE,
        base_url=base,
        hosts=SPEC.hosts[environment],
        network=network,
        clock=clock,
        limiter=limiter,
        on_clock_skew=on_clock_skew,
        plain_loopback=environment is Environment.PRACTICE,
    )


class SchwabClient(ChainRoutes):
    """The read routes. ``authorizer`` supplies the bearer token of each request."""

    def __init__(self, http: BrokerHttp, authorizer: Authorizer) -> None:
        self._http = http
        self._authorizer = authorizer

    async def account_numbers(self) -> tuple[list[wire.AccountNumber], bool]:
        """Numbers and hashes, and whether these are all. A record that cannot be read is left out:
        its account then has no address and says so when it is asked for.
        """
        request = Request(template=f"{_TRADER}/accounts/accountNumbers")
        found, unread = await self._get(
            request, lambda raw: loose.decode_each(raw, _NUMBER, "accountNumbers")
        )
        return [record for _, record in found], not unread

    async def accounts(self) -> tuple[list[loose.DecodedAccount], list[Unread]]:
        """All accounts, without positions."""
        return await self._get(Request(template=f"{_TRADER}/accounts"), loose.decode_accounts)

    async def account(self, hash_value: str) -> loose.DecodedAccount:
        """One account with balances and positions, from one answer."""
        request = Request(
            template=f"{_TRADER}/accounts/{{hash}}",
            values={"hash": hash_value},
            query={"fields": "positions"},
        )
        return await self._get(request, loose.decode_account)

    async def orders(
        self, hash_value: str, since: datetime, until: datetime
    ) -> tuple[list[tuple[int, wire.Order]], list[Unread]]:
        """Orders entered in the span, which may be a year long at most."""
        request = Request(
            template=f"{_TRADER}/accounts/{{hash}}/orders",
            values={"hash": hash_value},
            query={
                "fromEnteredTime": to_wire(since),
                "toEnteredTime": to_wire(until),
                "maxResults": str(MOST_RECORDS),
            },
            history=True,
        )
        return await self._get(request, lambda raw: loose.decode_each(raw, _ORDER, "orders"))

    async def order(self, hash_value: str, order_id: str) -> wire.Order:
        """One order.

        Raises:
            NotThereError: there is none of this id, or the account has another name now.
        """
        request = Request(
            template=f"{_TRADER}/accounts/{{hash}}/orders/{{id}}",
            values={"hash": hash_value, "id": order_id},
            priority=Priority.USER,
        )
        return await self._get(request, _ORDER.decode)

    async def transactions(
        self, hash_value: str, since: datetime, until: datetime
    ) -> tuple[list[tuple[int, wire.Transaction]], list[Unread]]:
        """Entries booked in the span, which may be a year long at most."""
        request = Request(
            template=f"{_TRADER}/accounts/{{hash}}/transactions",
            values={"hash": hash_value},
            query={
                "startDate": to_wire(since),
                "endDate": to_wire(until),
                "types": ",".join(TYPES),
            },
            history=True,
        )
        return await self._get(
            request, lambda raw: loose.decode_each(raw, _TRANSACTION, "transactions")
        )

    async def preference(self) -> wire.Preference:
        """The login's own settings: documented as a list, really one object. Both are read."""
        return await self._get(Request(template=f"{_TRADER}/userPreference"), _preference)

    async def quotes(self, symbols: Sequence[str]) -> bytes:
        """The raw answer: an object keyed by symbol."""
        request = Request(
            template=f"{_MARKET}/quotes",
            query={"symbols": ",".join(symbols), "fields": "quote,reference,fundamental"},
            priority=Priority.USER,
        )
        return await self._get(request, _whole)

    async def daily_candles(
        self, symbol: str, years: int, since: datetime, until: datetime
    ) -> bytes:
        """The raw answer. ``years`` is a period that Schwab knows; the dates narrow it."""
        request = Request(
            template=f"{_MARKET}/pricehistory",
            query={
                "symbol": symbol,
                "periodType": "year",
                "period": str(years),
                "frequencyType": "daily",
                "frequency": "1",
                "startDate": to_millis(since),
                # Left out, the answer ends with the close of the business day before.
                "endDate": to_millis(until),
                "needExtendedHoursData": "false",
            },
            priority=Priority.USER,
            history=True,
        )
        return await self._get(request, _whole)

    async def _get(self, request: Request, decode: Callable[[bytes], T]) -> T:
        def sorted_out(answer: Answer) -> T:
            if answer.status >= 400:
                raise problems.refusal(answer)
            return decode(answer.body)

        return await self._http.get(request, authorizer=self._authorizer, decode=sorted_out)


def _preference(raw: bytes) -> wire.Preference:
    try:
        return _PREFERENCE.decode(raw)
    except UnexpectedShapeError:
        several = _PREFERENCES.decode(raw)
        return several[0] if several else wire.Preference()


def _whole(raw: bytes) -> bytes:
    """The bytes themselves, once they are known to be complete JSON."""
    _RAW.decode(raw)
    return raw


_RAW = JsonDecoder(dict[str, msgspec.Raw])
