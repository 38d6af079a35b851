"""An open relation to Schwab: domain facts out of its answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, TypeVar

from brokerdesk.brokers.base import Rate, SessionContext, SignIn, as_rates
from brokerdesk.brokers.schwab import BROKER_ID, TITLE, mapping, wire
from brokerdesk.brokers.schwab import orders as order_mapping
from brokerdesk.brokers.schwab import prices as price_mapping
from brokerdesk.brokers.schwab import quotes as quote_mapping
from brokerdesk.brokers.schwab import transactions as transaction_mapping
from brokerdesk.brokers.schwab.client import MOST_RECORDS, SchwabClient, build_http
from brokerdesk.brokers.schwab.finding import SchwabFinding
from brokerdesk.brokers.schwab.loose import UNREADABLE, DecodedAccount
from brokerdesk.brokers.schwab.problems import UnknownHereError
from brokerdesk.brokers.schwab.tokens import TokenEndpoint, Tokens
from brokerdesk.brokers.schwab.trading import SchwabTrades
from brokerdesk.domain.account import Account
from brokerdesk.domain.ids import AccountId, account_id
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.order import Order
from brokerdesk.domain.price import DailyPrice
from brokerdesk.domain.quote import Quote
from brokerdesk.domain.reading import Batch, Reading, Unread
from brokerdesk.domain.transaction import Transaction
from brokerdesk.errors import (
    AuthError,
    BrokerError,
    BrokerProtocolError,
    BrokerRefusedError,
)
from brokerdesk.log import register_account, register_secret

if TYPE_CHECKING:
    from brokerdesk.brokers.schwab.streamer import Streamer
    from brokerdesk.brokers.streaming import AccountStream, QuoteStream

T = TypeVar("T")
W = TypeVar("W")

_LONGEST_SPAN = timedelta(days=364)
_SHORTEST_SPAN = timedelta(minutes=1)
_TOO_MANY = "There are more of them within a minute than Schwab lists at once."
_SYMBOLS_AT_ONCE = 200
_PERIODS = (1, 2, 3, 5, 10, 15, 20)
"""Years that a question about daily candles may be for."""


class SchwabSession(SchwabFinding, SchwabTrades):
    """One login's accounts. Implements ``base.BrokerSession``, both kinds of ``finding`` and
    ``trading.Trades``.
    """

    def __init__(self, context: SessionContext) -> None:
        self._environment = context.environment
        self._clock = context.clock
        self._http = build_http(
            context.environment,
            context.practice_url,
            network=context.network,
            clock=context.clock,
            on_clock_skew=context.on_clock_skew,
            book=context.book,
        )
        endpoint = TokenEndpoint(self._http, context.clock)
        self._tokens = Tokens(
            context.credentials,
            endpoint,
            context.clock,
            context.token_buffer,
            context.on_renewed,
        )
        self._client = SchwabClient(self._http, self._tokens)
        self._context = context
        self._streamer: Streamer | None = None
        self._handles: dict[AccountId, wire.AccountNumber] = {}
        self._handles_of_login = ""
        self._handles_whole = True
        self._found: dict[str, tuple[float, Batch[Instrument]]] = {}

    async def accounts(self) -> Batch[Account]:
        """All accounts that the user shared with the app, with the names given to them."""
        await self._read_handles()
        found, unread = await self._client.accounts()
        preferences = await self._preferences()
        items: dict[AccountId, Account] = {}
        for index, decoded in enumerate(found):
            number = mapping.account_number(decoded.answer)
            try:
                account = mapping.account(
                    decoded.answer, self._environment, preferences.get(number)
                )
            except ValueError:
                unread.append(Unread(where=f"accounts[{index}]", reason=UNREADABLE))
                continue
            items.setdefault(account.id, account)
        return Batch(items=tuple(items.values()), unread=tuple(unread))

    async def portfolio(self, account: AccountId) -> Reading:
        """Balances and positions of one account, out of one answer."""
        decoded: DecodedAccount = await self._addressed(
            account, lambda handle: self._client.account(handle.hash_value)
        )
        reading = mapping.reading(decoded, self._environment, self._clock.now())
        if reading.account != account:
            raise BrokerProtocolError(
                f"{TITLE} answered for another account than the one asked for.",
                "The answer was thrown away. Your figures stay as they were.",
                broker_id=BROKER_ID,
            )
        return reading

    async def transactions(
        self, account: AccountId, since: datetime, until: datetime
    ) -> Batch[Transaction]:
        """Everything booked in the span; entries that Schwab marks as invalid are left out."""

        def mapped(given: wire.Transaction, handle: wire.AccountNumber) -> Transaction | None:
            return transaction_mapping.transaction(given, account)

        return await self._history(
            account,
            (since, until),
            lambda handle, a, b: self._client.transactions(handle.hash_value, a, b),
            mapped,
            "transactions",
        )

    async def orders(self, account: AccountId, since: datetime, until: datetime) -> Batch[Order]:
        """Orders entered in the span, newest state of each."""

        def mapped(given: wire.Order, handle: wire.AccountNumber) -> Order:
            if not order_mapping.belongs(given, handle.account_number):
                raise ValueError("an order of another account")
            return order_mapping.order(given, account)

        return await self._history(
            account,
            (since, until),
            lambda handle, a, b: self._client.orders(handle.hash_value, a, b),
            mapped,
            "orders",
        )

    async def quotes(self, symbols: Sequence[str]) -> Batch[Quote]:
        """One quote per known symbol."""
        items: list[Quote] = []
        unread: list[Unread] = []
        wanted = list(dict.fromkeys(symbols))
        for start in range(0, len(wanted), _SYMBOLS_AT_ONCE):
            raw = await self._client.quotes(wanted[start : start + _SYMBOLS_AT_ONCE])
            batch = quote_mapping.quotes(raw, self._clock.now())
            items += batch.items
            unread += batch.unread
        return Batch(items=tuple(items), unread=tuple(unread))

    async def daily_prices(self, symbol: str, since: date) -> Batch[DailyPrice]:
        """Closes from ``since`` until now, as far back as Schwab has them."""
        now = self._clock.now()
        begin = datetime.combine(since, time(0), UTC)
        years = next((one for one in _PERIODS if timedelta(days=366 * one) >= now - begin), 20)
        raw = await self._client.daily_candles(symbol, years, begin, now)
        batch = price_mapping.daily_prices(raw)
        wanted = tuple(one for one in batch.items if since <= one.day)
        return Batch(items=wanted, unread=batch.unread)

    async def sign_in(self) -> SignIn:
        """When the login began and ends: seven days after the browser."""
        return await self._tokens.sign_in()

    def rates(self) -> tuple[Rate, ...]:
        """What is left of the app's limit."""
        return as_rates(self._http.rate())

    def quote_stream(self) -> QuoteStream:
        """Prices of shares and options, on the one line of this session."""
        from brokerdesk.brokers.schwab.stream import SchwabQuoteStream

        return SchwabQuoteStream(self._line())

    def account_stream(self) -> AccountStream:
        """News of all accounts, on the same line."""
        from brokerdesk.brokers.schwab.stream import SchwabAccountStream

        return SchwabAccountStream(self._line())

    def _line(self) -> Streamer:
        """Loaded with the first stream: a session that only reads has none."""
        from brokerdesk.brokers.schwab.streamer import Streamer

        if self._streamer is None:
            self._streamer = Streamer(self._context, self._client, self._tokens)
        return self._streamer

    async def aclose(self) -> None:
        if self._streamer is not None:
            await self._streamer.aclose()
        await self._tokens.aclose()
        await self._http.aclose()

    async def _preferences(self) -> dict[str, wire.PreferenceAccount]:
        """Names by account number. They are an ornament: without them accounts still list."""
        try:
            preference = await self._client.preference()
        except AuthError:
            raise
        except BrokerError:
            return {}
        return {given.account_number: given for given in preference.accounts or ()}

    async def _read_handles(self) -> None:
        """Read the hash of each account anew; Schwab does not say how long one lasts."""
        records, self._handles_whole = await self._client.account_numbers()
        for record in records:
            register_account(record.account_number)
            register_secret(record.hash_value)
        self._handles = {
            account_id(BROKER_ID, self._environment.value, record.account_number): record
            for record in records
        }
        self._handles_of_login = self._tokens.login

    async def _addressed(
        self, account: AccountId, ask: Callable[[wire.AccountNumber], Awaitable[T]]
    ) -> T:
        """Ask with the account's hash, and once more with a new one if it is no longer known."""
        fresh = False
        if account not in self._handles or self._handles_of_login != self._tokens.login:
            await self._read_handles()
            fresh = True
        try:
            return await ask(self._handle(account))
        except UnknownHereError:
            if fresh:
                raise
            before = self._handle(account).hash_value
            await self._read_handles()
            if self._handle(account).hash_value == before:
                raise
        return await ask(self._handle(account))

    def _handle(self, account: AccountId) -> wire.AccountNumber:
        handle = self._handles.get(account)
        if handle is None and not self._handles_whole:
            raise BrokerProtocolError(
                f"{TITLE}'s list of accounts could not be read whole.",
                "This account may be among what was not understood. Its last figures stay.",
                broker_id=BROKER_ID,
            )
        if handle is None:
            raise BrokerRefusedError(
                f"{TITLE} no longer lists this account.",
                "What was read before stays readable.",
                "If it should be there, sign in again and tick it on Schwab's page.",
                broker_id=BROKER_ID,
            )
        return handle

    async def _history(
        self,
        account: AccountId,
        span: tuple[datetime, datetime],
        ask: Callable[
            [wire.AccountNumber, datetime, datetime],
            Awaitable[tuple[list[tuple[int, W]], list[Unread]]],
        ],
        mapped: Callable[[W, wire.AccountNumber], T | None],
        where: str,
    ) -> Batch[T]:
        """A long list in spans that Schwab accepts; a full answer is asked for in halves."""
        items: dict[str, T] = {}
        unread: list[Unread] = []
        pending = _spans(*span)
        while pending:
            since, until = pending.pop()
            found, bad = await self._addressed(account, _bound(ask, since, until))
            if len(found) + len(bad) >= MOST_RECORDS and until - since > _SHORTEST_SPAN:
                middle = since + (until - since) / 2
                pending += [(middle, until), (since, middle)]
                continue
            if len(found) + len(bad) >= MOST_RECORDS:
                unread.append(Unread(where=where, reason=_TOO_MANY))
            unread += bad
            handle = self._handle(account)
            for index, given in found:
                try:
                    item = mapped(given, handle)
                except ValueError:
                    unread.append(Unread(where=f"{where}[{index}]", reason=UNREADABLE))
                    continue
                if item is not None:
                    items[item.id] = item  # type: ignore[attr-defined]
        return Batch(items=tuple(items.values()), unread=tuple(unread))


def _bound(
    ask: Callable[[wire.AccountNumber, datetime, datetime], Awaitable[T]],
    since: datetime,
    until: datetime,
) -> Callable[[wire.AccountNumber], Awaitable[T]]:
    return lambda handle: ask(handle, since, until)


def _spans(since: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
    """The span cut into pieces of at most a year, so that the oldest is popped first."""
    pieces: list[tuple[datetime, datetime]] = []
    while since < until:
        end = min(until, since + _LONGEST_SPAN)
        pieces.append((since, end))
        since = end
    return pieces[::-1]
