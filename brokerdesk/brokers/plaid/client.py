"""Plaid's routes, one method each: wire records out, ``BrokerError`` raised.

All of them are POSTs. Whether one may be asked again is decided by what it does: ``_read`` changes
nothing and is repeated; ``_once`` changes something, or is billed, and never is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar

import msgspec

from brokerdesk.brokers.answers import Answer
from brokerdesk.brokers.asking import Outgoing, Request
from brokerdesk.brokers.base import Network
from brokerdesk.brokers.decode import JsonDecoder
from brokerdesk.brokers.http import BrokerHttp
from brokerdesk.brokers.plaid import BROKER_ID, SPEC, TITLE, problems, wire
from brokerdesk.brokers.practice import origin
from brokerdesk.brokers.rate import (
    Buckets,
    Priority,
    RateLimiter,
    Spent,
    shared_limiter,
    urgency,
)
from brokerdesk.brokers.rate_book import Book
from brokerdesk.clock import Clock
from brokerdesk.domain.kinds import Environment

T = TypeVar("T")

URLS = {
    Environment.LIVE: "https://production.plaid.com",
    Environment.PAPER: "https://sandbox.plaid.com",
}
VERSION = "2020-09-14"
CLIENT_NAME = "BrokerDesk"
COUNTRIES = ("US", "CA")
PAGE = 500
"""Transactions per answer at most."""

LINK_CREATE = "/link/token/create"
LINK_GET = "/link/token/get"
EXCHANGE = "/item/public_token/exchange"
ITEM_GET = "/item/get"
ITEM_REMOVE = "/item/remove"
ACCOUNTS = "/accounts/get"
BALANCES = "/accounts/balance/get"
HOLDINGS = "/investments/holdings/get"
TRANSACTIONS = "/investments/transactions/get"
REFRESH = "/investments/refresh"

PER_ITEM = {
    ITEM_GET: 15,
    ACCOUNTS: 15,
    BALANCES: 5,
    HOLDINGS: 15,
    TRANSACTIONS: 30,
    ITEM_REMOVE: 30,
}
"""What Plaid allows in a minute for one Item in production."""

_DECODERS: dict[type[Any], JsonDecoder[Any]] = {}


def base_url(environment: Environment, practice_url: str) -> str:
    """Where Plaid is: a host per environment, or a practice origin on this computer.

    Raises:
        InputError: the practice address is not a loopback origin.
    """
    return URLS[environment] if environment in URLS else origin(practice_url)


def build_http(
    environment: Environment,
    practice_url: str,
    *,
    network: Network,
    clock: Clock,
    on_clock_skew: Callable[[float], None] | None = None,
    book: Book | None = None,
) -> BrokerHttp:
    """HTTP to Plaid. Nothing is opened before the first request."""
    base = base_url(environment, practice_url)
    return BrokerHttp(
        broker_id=BROKER_ID,
        title=TITLE,
        base_url=base,
        hosts=SPEC.hosts[environment],
        network=network,
        clock=clock,
        limiter=Buckets(
            clock, f"{BROKER_ID} {base}", SPEC.capabilities.requests_per_minute, book=book
        ),
        on_clock_skew=on_clock_skew,
        plain_loopback=environment is Environment.PRACTICE,
    )


class PlaidClient:
    """The routes, asked with one pair of keys."""

    def __init__(
        self,
        http: BrokerHttp,
        clock: Clock,
        client_id: str,
        secret: str,
        book: Book | None = None,
    ) -> None:
        self._http = http
        self._clock = clock
        self._book = book
        self._client_id = client_id
        self._secret = secret

    async def create_link(self, user: str, *, access_token: str = "") -> wire.LinkToken:
        """An address at which the person signs in; with a token, repairs that login.

        A second one that nobody opens does no harm, so this may be repeated.
        """
        body: dict[str, Any] = {
            "client_name": CLIENT_NAME,
            "language": "en",
            "country_codes": COUNTRIES,
            "user": {"client_user_id": user},
            "hosted_link": {},
        }
        if access_token:
            body["access_token"] = access_token
        else:
            body["products"] = ["investments"]
        return await self._read(LINK_CREATE, body, wire.LinkToken, user=True)

    async def link(self, link_token: str) -> wire.LinkAnswer:
        """How far the person is."""
        return await self._read(LINK_GET, {"link_token": link_token}, wire.LinkAnswer, user=True)

    async def exchange(self, public_token: str) -> wire.Exchanged:
        """The lasting token. Good for one time."""
        return await self._once(EXCHANGE, {"public_token": public_token}, wire.Exchanged)

    async def item(self, access_token: str) -> wire.ItemAnswer:
        return await self._read(ITEM_GET, {"access_token": access_token}, wire.ItemAnswer)

    async def remove(self, access_token: str) -> None:
        """End the login at Plaid, and with it what Plaid bills for it."""
        await self._once(ITEM_REMOVE, {"access_token": access_token}, wire.Acknowledged)

    async def accounts(self, access_token: str) -> wire.AccountsAnswer:
        """All accounts of the login, as last collected. Free."""
        return await self._read(ACCOUNTS, {"access_token": access_token}, wire.AccountsAnswer)

    async def balances(self, access_token: str, account: str) -> wire.AccountsAnswer:
        """One account's balances of this moment. Billed."""
        body = {"access_token": access_token, "options": {"account_ids": [account]}}
        return await self._once(BALANCES, body, wire.AccountsAnswer, slow=True)

    async def holdings(self, access_token: str) -> bytes:
        """The raw answer, for all accounts of the login."""
        return await self._sent(
            HOLDINGS, {"access_token": access_token}, lambda a: a.body, repeat=True, slow=True
        )

    async def transactions(
        self, access_token: str, account: str, first: date, last: date, offset: int
    ) -> wire.TransactionsAnswer:
        """One page, newest first. The first one after signing in may take minutes."""
        body = {
            "access_token": access_token,
            "start_date": first.isoformat(),
            "end_date": last.isoformat(),
            "options": {"account_ids": [account], "count": PAGE, "offset": offset},
        }
        return await self._read(TRANSACTIONS, body, wire.TransactionsAnswer, slow=True)

    async def refresh(self, access_token: str) -> None:
        """Have Plaid ask the institution anew. Billed."""
        await self._once(REFRESH, {"access_token": access_token}, wire.Acknowledged, slow=True)

    async def _read(
        self,
        path: str,
        body: dict[str, Any],
        kind: type[T],
        *,
        slow: bool = False,
        user: bool = False,
    ) -> T:
        decoder = _decoder(kind)
        return await self._sent(
            path, body, lambda a: decoder.decode(a.body), repeat=True, slow=slow, user=user
        )

    async def _once(
        self, path: str, body: dict[str, Any], kind: type[T], *, slow: bool = False
    ) -> T:
        decoder = _decoder(kind)
        return await self._sent(
            path, body, lambda a: decoder.decode(a.body), repeat=False, slow=slow, user=True
        )

    async def _sent(
        self,
        path: str,
        body: dict[str, Any],
        decode: Callable[[Answer], T],
        *,
        repeat: bool,
        slow: bool = False,
        user: bool = False,
    ) -> T:
        bucket = self._item_bucket(path, body)
        turns: list[Spent] = []

        async def dress() -> Outgoing:
            if bucket is not None:
                turns.append(await bucket.acquire(urgency(request.priority)))
            return Outgoing(
                target=path,
                headers={
                    "PLAID-CLIENT-ID": self._client_id,
                    "PLAID-SECRET": self._secret,
                    "Plaid-Version": VERSION,
                    "Content-Type": "application/json",
                },
                content=msgspec.json.encode(body),
            )

        request = Request(
            template=path,
            priority=Priority.USER if user else Priority.BACKGROUND,
            history=path == TRANSACTIONS,
            slow=slow,
        )
        try:
            return await self._http.send(
                "POST",
                request,
                dress=dress,
                decode=decode,
                explain=problems.explain,
                repeat=repeat,
                login=self._client_id,
            )
        finally:
            if bucket is not None and turns:
                bucket.settle(turns[-1])

    def _item_bucket(self, path: str, body: dict[str, Any]) -> RateLimiter | None:
        """Plaid's limit for this question about this Item; None where there is none."""
        limit, token = PER_ITEM.get(path), body.get("access_token")
        if limit is None or not token:
            return None
        item = hashlib.sha256(str(token).encode()).hexdigest()[:16]
        name = f"{BROKER_ID} {path} {item}"
        return shared_limiter(self._clock, name, limit, reserve=2, book=self._book)


def _decoder(kind: type[T]) -> JsonDecoder[T]:
    found = _DECODERS.get(kind)
    if found is None:
        found = _DECODERS[kind] = JsonDecoder(kind)
    return found
