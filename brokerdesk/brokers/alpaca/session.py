"""An open relation to Alpaca: domain facts out of its answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from brokerdesk.brokers.alpaca import BROKER_ID, TITLE, balances, loose, mapping, market, wire
from brokerdesk.brokers.alpaca import activities as activity_mapping
from brokerdesk.brokers.alpaca import orders as order_mapping
from brokerdesk.brokers.alpaca.assets import AssetNames
from brokerdesk.brokers.alpaca.client import (
    MOST_ACTIVITIES,
    MOST_ORDERS,
    DataClient,
    TradingClient,
)
from brokerdesk.brokers.alpaca.finding import AlpacaFinding, Series
from brokerdesk.brokers.alpaca.history import daily_values
from brokerdesk.brokers.alpaca.login import Login
from brokerdesk.brokers.alpaca.reference import MarketClock, MarketDay, market_clock, market_days
from brokerdesk.brokers.alpaca.times import begins
from brokerdesk.brokers.alpaca.trading import AlpacaTrades
from brokerdesk.brokers.alpaca.venues import Addresses, venues
from brokerdesk.brokers.base import Rate, SessionContext, SignIn, as_rates
from brokerdesk.brokers.http import BrokerHttp
from brokerdesk.domain.account import Account
from brokerdesk.domain.daily_value import DailyValue
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.market_hours import new_york_day
from brokerdesk.domain.order import Order
from brokerdesk.domain.price import DailyPrice
from brokerdesk.domain.quote import Quote, QuoteKey
from brokerdesk.domain.reading import Batch, Reading, Unread
from brokerdesk.domain.transaction import Transaction
from brokerdesk.errors import BrokerProtocolError, BrokerRefusedError
from brokerdesk.log import register_account

if TYPE_CHECKING:
    from brokerdesk.brokers.alpaca.streams import Streams
    from brokerdesk.brokers.streaming import AccountStream, QuoteStream

_INSTANT = timedelta(microseconds=1)
_SHORTEST_SPAN = timedelta(minutes=1)
_MOST_PAGES = 1000
_TOO_MANY = "There are more orders within a minute than Alpaca lists at once."
_APART = Decimal("0.02")
"""How far total and sum may differ, as a share, before both are read once more: prices move between
two answers, but not by that much."""


class AlpacaSession(AlpacaFinding, AlpacaTrades):
    """Reads one login's accounts. Implements ``base.BrokerSession``, ``base.DailyPrices``, both
    kinds of ``streaming``, what ``finding`` names for symbols, chains and volumes, and
    ``trading.Trades``.
    """

    def __init__(self, context: SessionContext) -> None:
        self._environment = context.environment
        self._clock = context.clock
        self._login = Login(context.credentials)
        addresses = Addresses(context.environment, context.practice_url)

        def http(name: str) -> BrokerHttp:
            return addresses.http(
                name,
                network=context.network,
                clock=context.clock,
                on_clock_skew=context.on_clock_skew,
                book=context.book,
            )

        self._hosts = {name: http(name) for name in (*venues(context.environment), "data")}
        self._trading = {
            name: TradingClient(self._hosts[name], self._login)
            for name in venues(context.environment)
        }
        self._data = DataClient(self._hosts["data"], self._login)
        self._venues: dict[AccountId, str] = {}
        self._blocked: set[AccountId] = set()
        self._assets = AssetNames(context.clock)
        self._listed: tuple[date, Batch[Instrument]] | None = None
        self._series: dict[str, tuple[date, Series]] = {}
        self._streams: Streams | None = None
        self._halts: dict[str, bool] = {}
        self._volumes: dict[str, tuple[date, Decimal | None]] = {}
        self._context, self._addresses = context, addresses

    async def accounts(self) -> Batch[Account]:
        """The account behind a key, or those that a browser sign-in covers."""
        items: dict[AccountId, Account] = {}
        for venue in await self._covered():
            given = await self._trading[venue].account()
            register_account(balances.text(given, "account_number"))
            account = mapping.account(given, self._environment, venue)
            items[account.id] = account
            self._venues[account.id] = venue
        return Batch(items=tuple(items.values()))

    async def portfolio(self, account: AccountId) -> Reading:
        """Balances and positions, out of two answers. Should they not add up, because something
        was traded between them, both are read once more.
        """
        client = await self._client(account)
        for again in (False, True):
            given = await client.account()
            if mapping.identify(given, self._environment) != account:
                raise BrokerProtocolError(
                    f"{TITLE} answered for another account than the one asked for.",
                    "The answer was thrown away. Your figures stay as they were.",
                    broker_id=BROKER_ID,
                )
            held = await client.positions()
            await self._assets.learn(client, [one.symbol or "" for _, one in held[0]])
            now = self._clock.now()
            reading = mapping.reading(given, held, self._assets.names, self._environment, now)
            if again or _adds_up(reading):
                break
        return reading

    async def transactions(
        self, account: AccountId, since: datetime, until: datetime
    ) -> Batch[Transaction]:
        """Everything booked in the span. Entries that carry a day only count for all of it."""
        client = await self._client(account)
        # Whether a day without a time counts as its first moment is not sure: ask from further on.
        begin, end = begins(new_york_day(since)) - timedelta(days=1), until + _INSTANT
        items: dict[str, Transaction] = {}
        unread: list[Unread] = []
        token, count = "", 0
        for _ in range(_MOST_PAGES):
            found, bad = await client.activities(begin, end, token)
            unread += bad
            for index, given in found:
                try:
                    one = activity_mapping.transaction(given, account, self._assets.names)
                except ValueError:
                    where = f"activities[{count + index}]"
                    unread.append(Unread(where=where, reason=loose.UNREADABLE))
                    continue
                if one is not None and _within(one, given, since, until):
                    items[one.id] = one
            count += len(found) + len(bad)
            last = found[-1][1].id if found else ""
            if len(found) + len(bad) < MOST_ACTIVITIES or not last or last == token:
                break
            token = last
        return Batch(items=tuple(items.values()), unread=tuple(unread))

    async def orders(self, account: AccountId, since: datetime, until: datetime) -> Batch[Order]:
        """Orders entered in the span with their legs. A full answer is asked for in halves."""
        client = await self._client(account)
        items: dict[str, Order] = {}
        unread: list[Unread] = []
        pending = [(since - _INSTANT, until + _INSTANT)]
        while pending:
            begin, end = pending.pop()
            found, bad = await client.orders(begin, end)
            if len(found) + len(bad) >= MOST_ORDERS and end - begin > _SHORTEST_SPAN:
                middle = begin + (end - begin) / 2
                # Both ends are excluded, so the halves overlap by an instant.
                pending += [(middle - _INSTANT, end), (begin, middle)]
                continue
            if len(found) + len(bad) >= MOST_ORDERS:
                unread.append(Unread(where="orders", reason=_TOO_MANY))
            unread += bad
            for index, given in found:
                try:
                    one = order_mapping.order(given, account, self._assets.names)
                except ValueError:
                    unread.append(Unread(where=f"orders[{index}]", reason=loose.UNREADABLE))
                    continue
                items[one.id] = one
        return Batch(items=tuple(items.values()), unread=tuple(unread))

    async def quotes(self, symbols: Sequence[str]) -> Batch[Quote]:
        """One quote per known symbol: shares, coins and options."""
        wanted, now = list(dict.fromkeys(symbols)), self._clock.now()
        batch = await market.quotes(self._data, wanted, self._assets.names, now)
        if not self._halts:
            return batch
        known = [replace(one, halted=self._halts.get(one.symbol)) for one in batch.items]
        return replace(batch, items=tuple(known))

    async def daily_prices(self, symbol: str, since: date) -> Batch[DailyPrice]:
        """Closes from ``since`` until now; none for an option."""
        return await market.daily_prices(self._data, symbol, since, self._clock.now())

    async def average_volume(self, key: QuoteKey) -> Decimal | None:
        """Units of a share that trade on a usual day; asked for once a day."""
        now = self._clock.now()
        known = self._volumes.get(key.symbol)
        if known is None or known[0] != new_york_day(now):
            known = new_york_day(now), await market.average_volume(self._data, key.symbol, now)
            self._volumes[key.symbol] = known
        return known[1]

    async def daily_values(self, account: AccountId, since: date) -> Batch[DailyValue]:
        """What the account was worth at the end of each day from ``since`` until yesterday."""
        client = await self._client(account)
        now = self._clock.now()
        raw = await client.portfolio_history(begins(since), now)
        batch = daily_values(raw, new_york_day(now))
        wanted = tuple(one for one in batch.items if one.day >= since)
        return Batch(items=wanted, unread=batch.unread)

    async def market_clock(self) -> MarketClock:
        """Whether the market is open by Alpaca's own clock."""
        return market_clock(await (await self._any()).clock())

    async def market_days(self, start: date, end: date) -> Batch[MarketDay]:
        """The sessions of a span of days."""
        return market_days(await (await self._any()).calendar(start, end))

    async def sign_in(self) -> SignIn:
        """When the login began. It ends when it is taken back at Alpaca."""
        return await self._login.sign_in()

    def rates(self) -> tuple[Rate, ...]:
        """What is left at each host: they count apart."""
        found: list[Rate] = []
        for name, http in self._hosts.items():
            found += as_rates(http.rate(), what="market data" if name == "data" else "")
        return tuple(found)

    def quote_stream(self) -> QuoteStream:
        """Prices as they move."""
        return self._lines().quotes()

    def account_stream(self) -> AccountStream:
        """What happens to orders, in all accounts of the login."""
        return self._lines().news()

    async def aclose(self) -> None:
        for host in self._hosts.values():
            await host.aclose()

    def _lines(self) -> Streams:
        """Made on first use, because the library behind it takes a while to load."""
        if self._streams is None:
            from brokerdesk.brokers.alpaca.streams import Streams

            self._streams = Streams(
                self._context,
                self._addresses,
                self._login,
                self._data,
                self._trading,
                self._assets.names,
                self._known_venues,
                self._halts,
            )
        return self._streams

    async def _known_venues(self) -> dict[AccountId, str]:
        if not self._venues:
            await self.accounts()
        return dict(self._venues)

    async def _covered(self) -> tuple[str, ...]:
        """The trading hosts that this login is for, as found when it was made."""
        names = (await self._login.credentials()).get("venues", "").split()
        return tuple(name for name in names if name in self._trading) or tuple(self._trading)[:1]

    async def _client(self, account: AccountId) -> TradingClient:
        if account not in self._venues:
            await self.accounts()
        venue = self._venues.get(account)
        if venue is None:
            raise BrokerRefusedError(
                f"{TITLE} no longer lists this account.",
                "What was read before stays readable.",
                "If it should be there, sign in again with its key.",
                broker_id=BROKER_ID,
            )
        return self._trading[venue]

    async def _any(self) -> TradingClient:
        return self._trading[(await self._covered())[0]]


def _adds_up(reading: Reading) -> bool:
    """Whether cash and holdings make about the total. What is not known cannot be wrong."""
    balance = reading.balances[0]
    values = [held.market_value for held in reading.positions]
    if balance.cash is None or not balance.net_liquidation or None in values or reading.unread:
        return True
    held = sum((value for value in values if value is not None), Decimal(0))
    gross = sum((abs(value) for value in values if value is not None), abs(balance.cash))
    return abs(balance.cash + held - balance.net_liquidation) <= _APART * gross


def _within(one: Transaction, given: wire.Activity, since: datetime, until: datetime) -> bool:
    if given.transaction_time:
        return since <= one.time <= until
    return new_york_day(since) <= new_york_day(one.time) <= new_york_day(until)
