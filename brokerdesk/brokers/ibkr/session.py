"""An open relation to TWS: domain facts out of its answers. Orders are sent in ``trading``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from brokerdesk.brokers.base import Credentials, Rate, SessionContext, SignIn
from brokerdesk.brokers.ibkr import BROKER_ID, TITLE, balances, lookup, mapping, problems
from brokerdesk.brokers.ibkr import gateway as gateway_module
from brokerdesk.brokers.ibkr import quotes as quote_mapping
from brokerdesk.brokers.ibkr import transactions as transaction_mapping
from brokerdesk.brokers.ibkr.account_stream import IbkrAccountStream, Known
from brokerdesk.brokers.ibkr.address import Address, address_of, fits
from brokerdesk.brokers.ibkr.answers import UNREADABLE, Question
from brokerdesk.brokers.ibkr.budget import one_call
from brokerdesk.brokers.ibkr.finding import IbkrFinding
from brokerdesk.brokers.ibkr.gateway import Gateway, release, shared_gateway
from brokerdesk.brokers.ibkr.names import Names
from brokerdesk.brokers.ibkr.stream import IbkrQuoteStream
from brokerdesk.brokers.ibkr.trading import IbkrTrades
from brokerdesk.brokers.streaming import AccountStream, QuoteStream
from brokerdesk.brokers.transport import Refusals
from brokerdesk.domain.account import Account
from brokerdesk.domain.ids import AccountId, account_id
from brokerdesk.domain.order import Order
from brokerdesk.domain.quote import Quote, QuoteKey
from brokerdesk.domain.reading import Batch, Reading, Unread
from brokerdesk.domain.transaction import Transaction
from brokerdesk.errors import BrokerUnavailableError, InputError, SettingsError

TAGS = "AccountType,NetLiquidation,TotalCashValue,ExcessLiquidity"
_REFUSALS = Refusals(BROKER_ID, TITLE)
_NEW_YORK = ZoneInfo("America/New_York")
_SUNDAY = 6
_SYMBOLS_AT_ONCE = 40
_LATEST = 2**33
_SKEW_TOLD = timedelta(seconds=2)


class IbkrSession(IbkrFinding, IbkrTrades):
    """Reads the accounts of one TWS and listens to it. Implements ``base.BrokerSession``,
    ``streaming.StreamsQuotes``, ``streaming.StreamsAccounts``, both kinds of ``finding`` and
    ``trading.Trades``.
    """

    def __init__(self, context: SessionContext) -> None:
        self._context = context
        self._clock = context.clock
        self._gateway: Gateway | None = None
        self.answer_limit = gateway_module.ANSWER_LIMIT
        self._names = Names()
        self._known = Known.nothing()
        self._questions = {}
        self._matched, self._matched_at = {}, float("-inf")
        self._closed = False
        self._signed_in_at: datetime | None = None
        self._volumes: dict[QuoteKey, Decimal] = {}
        self._gaps: list[tuple[datetime, datetime]] = []

    @one_call
    async def accounts(self) -> Batch[Account]:
        """All accounts of the login that TWS is logged in with."""
        gateway = await self._open()
        numbers = await self._managed(gateway)
        question = await gateway.summary(TAGS)
        rows: dict[str, list[tuple[str, str, str]]] = {number: [] for number in numbers}
        for number, tag, value, currency in question.of("summary"):
            if number in rows:
                rows[number].append((tag, value, currency if tag != "AccountType" else ""))
        items, unread = [], list(question.unread)
        for index, (number, found) in enumerate(rows.items()):
            try:
                values = balances.gathered(found)
                items.append(mapping.account(number, values, self._context.environment))
            except ValueError:
                unread.append(Unread(where=f"accounts[{index}]", reason=UNREADABLE))
        await self._tell_skew(gateway)
        return Batch(items=tuple(items), unread=tuple(unread))

    @one_call
    async def portfolio(self, account: AccountId) -> Reading:
        """Balances and positions of one account, out of one download."""
        gateway, number = await self._addressed(account)
        question = await gateway.account(number)
        named = await self._names.of(gateway, mapping.held_contracts(question))
        return mapping.reading(question, self._context.environment, self._clock.now(), named)

    @one_call
    async def transactions(
        self, account: AccountId, since: datetime, until: datetime
    ) -> Batch[Transaction]:
        """Executions in the span, as far back as TWS shows them: a day, or seven."""
        gateway, number = await self._addressed(account)
        question = await gateway.executions(number)
        self._note_gap(gateway)
        contracts = [contract for contract, _ in question.of("execution")]
        named = await self._names.of(gateway, contracts)
        span = (since, until)
        return transaction_mapping.transactions(
            question, account, number, span, named, self._missed, gateway.accounts
        )

    @one_call
    async def orders(self, account: AccountId, since: datetime, until: datetime) -> Batch[Order]:
        """All orders in the book, and those that left it in the span."""
        gateway, number = await self._addressed(account)
        try:
            return await self._listed(gateway, account, number, (since, until))
        except problems.ReadOnlyError as error:
            hidden = Unread(where="orders", reason=f"{error.title} {error.message}")
            return Batch(unread=(hidden,))

    @one_call
    async def quotes(self, symbols: Sequence[str]) -> Batch[Quote]:
        """One snapshot per symbol: of what an account holds, or of a US share by that name."""
        gateway = await self._open()
        await self._managed(gateway)
        wanted = [(one, self._names.contract(one)) for one in dict.fromkeys(symbols)]
        return await self._shown(gateway, wanted, [])

    async def quotes_of(self, keys: Sequence[QuoteKey]) -> Batch[Quote]:
        """One snapshot of exactly each of these: a ticker has several listings, each with a price
        in a currency of its own.
        """
        gateway = await self._open()
        await self._managed(gateway)
        found = [(key, lookup.contract(key, self._names)) for key in dict.fromkeys(keys)]
        strange = [quote_mapping.not_in_time(key.symbol) for key, one in found if one is None]
        wanted = [(key.symbol, one) for key, one in found if one is not None]
        return await self._shown(gateway, wanted, strange)

    async def _shown(
        self, gateway: Gateway, wanted: Sequence[tuple[str, Any]], unread: list[Unread]
    ) -> Batch[Quote]:
        items: list[Quote] = []
        for start in range(0, len(wanted), _SYMBOLS_AT_ONCE):
            part = wanted[start : start + _SYMBOLS_AT_ONCE]
            try:
                answered = await gateway.snapshots([contract for _, contract in part])
            except BrokerUnavailableError:
                if not items:
                    raise
                unread += [quote_mapping.not_in_time(symbol) for symbol, _ in wanted[start:]]
                break
            for (symbol, contract), question in zip(part, answered, strict=True):
                found = self._quote(symbol, contract, question)
                if isinstance(found, Quote):
                    items.append(found)
                else:
                    unread.append(found)
        return Batch(items=tuple(items), unread=tuple(unread))

    def _quote(self, symbol: str, contract: Any, question: Question) -> Quote | Unread:
        name = self._names.name(contract.conId)
        return quote_mapping.quote(symbol, question, self._clock.now(), name)

    def quote_stream(self) -> QuoteStream:
        """A line for prices, on the socket of the questions."""
        return IbkrQuoteStream(self._reached, self._names, self._clock, self._volumes)

    async def average_volume(self, key: QuoteKey) -> Decimal | None:
        """As the line for prices told it: snapshots do not, and nothing is asked for it apart."""
        return self._volumes.get(key)

    def account_stream(self) -> AccountStream:
        """A line for the accounts, on the same socket."""
        environment = self._context.environment
        return IbkrAccountStream(self._reached, self._names, self._clock, environment, self._known)

    async def _reached(self) -> Gateway:
        gateway = await self._open()
        await self._managed(gateway)
        return gateway

    async def sign_in(self) -> SignIn:
        """TWS wants a new login each week: Sunday, one o'clock in New York, after the last one
        that is known of. That it can be reached later than that proves a newer login.
        """
        credentials = await self._context.credentials.read()
        known = [self._signed_in_at, _moment(credentials.get("signed_in_at", ""))]
        told = [one for one in known if one is not None]
        latest = max(told) if told else None
        return SignIn(signed_in_at=latest, ends=week_ends(latest) if latest else None)

    def rates(self) -> tuple[Rate, ...]:
        """What is left of this second's messages. Each process has a client id of its own."""
        if self._gateway is None:
            return ()
        sent, limit = self._gateway.paced()
        return (Rate(free=max(0, limit - sent), limit=limit, seconds=1.0),)

    async def aclose(self) -> None:
        self._closed = True
        gateway, self._gateway = self._gateway, None
        if gateway is not None:
            await release(gateway)

    async def _open(self) -> Gateway:
        """The gateway that the stored address names; nothing is sent yet."""
        if self._closed:
            raise _REFUSALS.closed()
        if self._context.network.offline:
            raise _REFUSALS.offline()
        if self._gateway is None:
            address = self._address(await self._context.credentials.read())
            self._gateway = shared_gateway(address, self._clock)
        return self._gateway

    def _address(self, credentials: Credentials) -> Address:
        try:
            return address_of(credentials, self._context.environment, self._context.practice_url)
        except InputError as error:
            raise SettingsError(
                "The address of TWS cannot be used.", error.title, "Sign in again."
            ) from error

    async def _managed(self, gateway: Gateway) -> tuple[str, ...]:
        """The login's accounts, once they are known to be of this connection's kind."""
        numbers = await gateway.managed()
        environment = self._context.environment
        if not fits(numbers, environment):
            raise problems.other_money(paper=fits(numbers, environment.PAPER))
        await self._note_sign_in(gateway)
        return numbers

    async def _addressed(self, account: AccountId) -> tuple[Gateway, str]:
        gateway = await self._open()
        environment = self._context.environment.value
        for number in await self._managed(gateway):
            if account_id(BROKER_ID, environment, number) == account:
                return gateway, number
        raise problems.not_listed()

    async def _note_sign_in(self, gateway: Gateway) -> None:
        """Keep that a login of a newer week was seen, once a week."""
        seen = gateway.connected_at
        if seen is None or seen == self._signed_in_at:
            return
        self._signed_in_at = seen
        port = self._context.credentials
        async with port.lock():
            credentials = await port.read()
            before = _moment(credentials.get("signed_in_at", ""))
            if before is None or week_ends(before) <= seen:
                await port.replace({**credentials, "signed_in_at": seen.isoformat()})

    def _note_gap(self, gateway: Gateway) -> None:
        """Remember from when to when there was no connection."""
        lost, back = gateway.lost_at, gateway.connected_at
        if lost is not None and back is not None and back > lost:
            self._gaps.append((lost, back))
            gateway.lost_at = None

    def _missed(self, time: datetime) -> bool:
        return any(since <= time <= until for since, until in self._gaps)

    async def _tell_skew(self, gateway: Gateway) -> None:
        """Compare clocks. TWS runs on this network, so its time is not the exchange's."""
        tell = self._context.on_clock_skew
        if tell is None:
            return
        question = await gateway.time()
        for (seconds,) in question.of("time"):
            if not 0 < seconds < _LATEST:
                continue
            off = self._clock.now().timestamp() - seconds
            if abs(off) > _SKEW_TOLD.total_seconds():
                tell(off)


def week_ends(since: datetime) -> datetime:
    """The first Sunday, 01:00 in New York, after a moment."""
    local = since.astimezone(_NEW_YORK)
    start = local.replace(hour=1, minute=0, second=0, microsecond=0, fold=0)
    sunday = start + timedelta(days=(_SUNDAY - local.weekday()) % 7)
    if sunday <= local:
        sunday += timedelta(days=7)
    return sunday.astimezone(UTC)


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo is not None else None
