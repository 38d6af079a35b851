"""An open relation to SnapTrade: domain facts out of its answers.

Which brokerage connections still work is read with every list of accounts, because one that wants a
new sign-in goes on answering with old figures as if nothing were wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from brokerdesk.brokers.base import Link, Rate, SessionContext, SignIn, as_rates
from brokerdesk.brokers.decode import JsonDecoder
from brokerdesk.brokers.rate import Priority
from brokerdesk.brokers.snaptrade import BROKER_ID, TITLE, loose, portfolio, problems, wire
from brokerdesk.brokers.snaptrade import accounts as account_mapping
from brokerdesk.brokers.snaptrade import orders as order_mapping
from brokerdesk.brokers.snaptrade import quotes as quote_mapping
from brokerdesk.brokers.snaptrade import transactions as transaction_mapping
from brokerdesk.brokers.snaptrade.client import PAGE, SnapTradeClient
from brokerdesk.brokers.snaptrade.finding import SnapTradeFinding
from brokerdesk.brokers.snaptrade.keyring import StoredKeys
from brokerdesk.brokers.snaptrade.portfolio import Parts
from brokerdesk.brokers.snaptrade.times import lenient
from brokerdesk.brokers.snaptrade.trading import SnapTradeTrades
from brokerdesk.brokers.text import clean_symbol
from brokerdesk.domain.account import Account
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.order import Order
from brokerdesk.domain.quote import Quote
from brokerdesk.domain.reading import Batch, Reading, Unread
from brokerdesk.domain.transaction import Transaction
from brokerdesk.errors import (
    AuthError,
    BrokerRefusedError,
    NotSupportedError,
    RateLimitedError,
)
from brokerdesk.log import register_account

_MOST_PAGES = 500
_ORDERS_REACH = 90
_SYMBOLS_AT_ONCE = 10
_ACTIVITIES = JsonDecoder(wire.Activities)
_ACTIVITY = JsonDecoder(wire.Activity)
_ORDER = JsonDecoder(wire.Order)
_RECENT = JsonDecoder(wire.RecentOrders)


class SnapTradeSession(SnapTradeFinding, SnapTradeTrades):
    """What one key sees. Implements ``base.BrokerSession``, ``base.Gatherer``,
    ``finding.FindsSymbols`` and ``trading.Trades``.
    """

    def __init__(self, context: SessionContext) -> None:
        self._environment = context.environment
        self._clock = context.clock
        self._context = context
        self._keys = StoredKeys(context.credentials)
        self._client = SnapTradeClient(
            context.environment,
            context.practice_url,
            keys=self._keys.current,
            network=context.network,
            clock=context.clock,
            on_clock_skew=context.on_clock_skew,
            book=context.book,
        )
        self._known: dict[AccountId, wire.Account] = {}
        self._links: dict[str, wire.Authorization] = {}
        self._no_recent_orders: set[str] = set()
        """Brokerage connections that do not tell their newest orders."""
        self._no_quotes: set[str] = set()
        self._traded: dict[AccountId, float] = {}
        self._older: dict[AccountId, tuple[float, Batch[Order]]] = {}
        self._symbols: dict[str, tuple[float, Batch[Instrument]]] = {}

    # -- what a session reads ------------------------------------------------------------------

    async def accounts(self) -> Batch[Account]:
        """All open accounts of all brokerage connections."""
        links, bad_links = await self._client.authorizations()
        self._note_links(links, complete=not bad_links)
        listed, unread = await self._listed()
        items: dict[AccountId, Account] = {}
        known: dict[AccountId, wire.Account] = {}
        for index, given in enumerate(listed):
            register_account(given.number or "")
            try:
                link = self._links.get(given.brokerage_authorization or "")
                account = account_mapping.account(given, link, self._environment)
            except ValueError:
                unread.append(Unread(where=f"accounts[{index}]", reason=loose.UNREADABLE))
                continue
            known[account.id] = given
            if account_mapping.is_open(given):
                items.setdefault(account.id, account)
        # One answer that leaves accounts out is no reason to forget where they are asked for.
        self._known = known if known and not unread else {**self._known, **known}
        return Batch(items=tuple(items.values()), unread=(*unread, *bad_links))

    async def portfolio(self, account: AccountId) -> Reading:
        """Balances and positions of one account. SnapTrade tells them apart, a moment apart."""
        address = await self._address(account)
        try:
            parts = await self._parts(address)
        except problems.DisabledError as error:
            raise problems.disabled(self._institution(address)) from error
        if parts.account.id != address:
            raise problems.other_account()
        return portfolio.reading(parts, self._environment, self._clock.now())

    async def transactions(
        self, account: AccountId, since: datetime, until: datetime
    ) -> Batch[Transaction]:
        """Everything booked on the days of the span. SnapTrade is a day late with it."""
        address = await self._address(account)
        items: dict[str, Transaction] = {}
        unread: list[Unread] = []
        offset = 0
        for _ in range(_MOST_PAGES):
            raw = await self._client.activities(address, since.date(), until.date(), offset)
            page = _ACTIVITIES.decode(raw)
            found, bad = loose.each(page.data, _ACTIVITY, "transactions")
            unread += [_moved(one, offset) for one in bad]
            for index, given in found:
                try:
                    entry = transaction_mapping.transaction(given, account)
                except ValueError:
                    where = f"transactions[{offset + index}]"
                    unread.append(Unread(where=where, reason=loose.UNREADABLE))
                    continue
                items[entry.id] = entry
            offset += len(page.data)
            total = page.pagination.total if page.pagination else None
            if not page.data or (offset >= total if total is not None else len(page.data) < PAGE):
                break
        return Batch(items=tuple(items.values()), unread=tuple(unread))

    async def orders(self, account: AccountId, since: datetime, until: datetime) -> Batch[Order]:
        """Orders entered in the span, at most 90 days back; those of today as they are now."""
        return await self._orders_in(account, since, until)

    async def _orders_in(
        self, account: AccountId, since: datetime, until: datetime, *, anew: bool = False
    ) -> Batch[Order]:
        address = await self._address(account)
        now = self._clock.now()
        days = min(_ORDERS_REACH, max(1, (now - since) // timedelta(days=1) + 1))
        raw = await self._client.orders(address, days)
        found, unread = loose.listed(raw, _ORDER, "orders")
        if until > now - timedelta(days=1):
            newest, bad = await self._recent_orders(address, anew=anew)
            found, unread = found + newest, unread + bad
        whole = _as_orders(found, unread, account)
        kept = tuple(one for one in whole.items if order_mapping.entered_within(one, since, until))
        return Batch(items=kept, unread=whole.unread)

    async def recent(self, account: AccountId, *, anew: bool = False) -> Batch[Order] | None:
        """The orders of the last 24 hours as they are now; None where they cannot be had.

        ``anew``: ask also where they could not be had before.
        """
        address = await self._address(account)
        found, unread = await self._recent_orders(address, anew=anew)
        link = self._known[account].brokerage_authorization or ""
        if link in self._no_recent_orders:
            return None
        return _as_orders(found, unread, account)

    async def quotes(self, symbols: Sequence[str]) -> Batch[Quote]:
        """Quotes of stocks and funds, through the first brokerage that gives any."""
        wanted = list(dict.fromkeys(symbols))
        asked = [symbol for symbol in wanted if _quotable(symbol)]
        items: list[Quote] = []
        unread: list[Unread] = []
        reason = "SnapTrade has no quote for it."
        for start in range(0, len(asked), _SYMBOLS_AT_ONCE):
            batch = await self._quotes(asked[start : start + _SYMBOLS_AT_ONCE])
            if batch is None:
                reason = "No connected brokerage gives quotes through SnapTrade."
                break
            items += batch.items
            unread += batch.unread
        got = {quote.symbol for quote in items}
        unread += [
            Unread(
                where=f"quotes.{clean_symbol(symbol)}", reason=reason, label=clean_symbol(symbol)
            )
            for symbol in wanted
            if symbol not in got
        ]
        return Batch(items=tuple(items), unread=tuple(unread))

    async def sign_in(self) -> SignIn:
        """A key has no end. When every brokerage wants a new sign-in, the last one's end is it."""
        began = lenient((await self._keys.stored()).get("signed_in_at"))
        links = self._links.values()
        ends = None
        if links and all(link.disabled for link in links):
            since = [lenient(link.disabled_date) or self._clock.now() for link in links]
            ends = min(max(since), self._clock.now())
        return SignIn(signed_in_at=began, ends=ends)

    def rates(self) -> tuple[Rate, ...]:
        """What is left of the key's limit and of each account's."""
        found = list(as_rates(self._client.rate()))
        for name, given in self._known.items():
            found += as_rates(self._client.account_rate(given.id), account=name)
        return tuple(found)

    async def aclose(self) -> None:
        await self._client.aclose()
        self._keys.forget()

    # -- what a gatherer does besides ------------------------------------------------------------

    async def links(self) -> Batch[Link]:
        """The brokerage connections, with what each allows."""
        found, unread = await self._client.authorizations(Priority.USER)
        self._note_links(found, complete=not unread)
        return Batch(
            items=tuple(account_mapping.link(given) for _, given in found), unread=tuple(unread)
        )

    async def refresh_link(self, link: str) -> None:
        """Have a brokerage read anew. SnapTrade may bill this."""
        await self._client.refresh(link)

    async def remove_link(self, link: str) -> None:
        """Remove a brokerage connection. SnapTrade does so a little later."""
        await self._client.remove(link)
        self._links.pop(link, None)

    async def rotate_user_secret(self) -> None:
        """Exchange a commercial user's secret for a new one, kept before anything else happens.

        Raises:
            NotSupportedError: a personal key has no user.
            BrokerUnavailableError: it is not known whether the old secret still holds.
        """
        await self._keys.rotate(self._client.reset_user_secret)

    # -- how -------------------------------------------------------------------------------------

    async def _listed(self) -> tuple[list[wire.Account], list[Unread]]:
        """The list of accounts, in the newer form where the older one is no longer offered."""
        try:
            raw = await self._client.accounts()
        except (problems.GoneError, problems.NotHereError):
            return account_mapping.listed_anew(await self._client.all_accounts())
        return loose.accounts(raw)

    def _note_links(self, found: loose.Found[wire.Authorization], *, complete: bool) -> None:
        """Take over what was read; what could not be read stays as it was known."""
        new = {given.id: given for _, given in found}
        self._links = new if complete else {**self._links, **new}

    async def _address(self, account: AccountId) -> str:
        if account not in self._known:
            await self.accounts()
        given = self._known.get(account)
        if given is None:
            raise BrokerRefusedError(
                f"{TITLE} no longer lists this account.",
                "What was read before stays readable.",
                "If its brokerage was connected anew, the account is listed as a new one.",
                broker_id=BROKER_ID,
            )
        return given.id

    async def _parts(self, address: str) -> Parts:
        """The answers of one account, by the newer routes or else by the older one."""
        account = await self._account(address)
        link = self._link_of(address)
        given = account[0]
        given.institution_name = given.institution_name or account_mapping.institution_of(link)
        sync = given.sync_status.holdings if given.sync_status else None
        if sync is not None and sync.initial_sync_completed is False:
            raise problems.first_sync()
        try:
            positions = await self._client.positions(address)
        except (problems.GoneError, problems.NotHereError) as newer:
            try:
                old = await self._client.holdings(address)
            except (problems.GoneError, problems.NotHereError):
                raise newer from None
            parts = portfolio.put_together_old(account, old)
        else:
            balances = await self._client.balances(address)
            parts = portfolio.put_together(account, balances, positions)
        if link is None or not link.disabled:
            return parts
        return portfolio.aged(parts, link.disabled_date)

    async def _account(self, address: str) -> tuple[wire.Account, list[Unread]]:
        """The account itself, in the newer form where the older one is no longer offered."""
        try:
            return loose.account(await self._client.account(address))
        except (problems.GoneError, problems.NotHereError):
            raw = await self._client.account_details(address)
            return account_mapping.told_anew(raw), []

    async def _recent_orders(
        self, address: str, *, anew: bool = False
    ) -> tuple[list[tuple[int, wire.Order]], list[Unread]]:
        """The newest orders, where they can be had; the older list serves without them."""
        link = self._known[_id_in(self._known, address)].brokerage_authorization or ""
        if link in self._no_recent_orders and not anew:
            return [], []
        try:
            raw = await self._client.recent_orders(address)
        except (NotSupportedError, BrokerRefusedError):
            self._no_recent_orders.add(link)
            return [], []
        self._no_recent_orders.discard(link)
        return loose.each(_RECENT.decode(raw).orders, _ORDER, "recentOrders")

    async def _quotes(self, symbols: Sequence[str]) -> Batch[Quote] | None:
        """One batch; None when no brokerage gives quotes."""
        if not self._known:
            await self.accounts()
        for address in self._quoting():
            try:
                raw = await self._client.quotes(address, symbols)
            except (AuthError, RateLimitedError):
                raise
            except (NotSupportedError, BrokerRefusedError):
                self._no_quotes.add(address)
                continue
            return quote_mapping.quotes(raw, self._clock.now())
        return None

    def _quoting(self) -> Iterator[str]:
        """One account of each working brokerage connection that has not said no."""
        asked: set[str] = set()
        for given in list(self._known.values()):
            name = given.brokerage_authorization or ""
            link = self._links.get(name)
            if name in asked or given.id in self._no_quotes or (link and link.disabled):
                continue
            asked.add(name)
            yield given.id

    def _link_of(self, address: str) -> wire.Authorization | None:
        for given in self._known.values():
            if given.id == address:
                return self._links.get(given.brokerage_authorization or "")
        return None

    def _institution(self, address: str) -> str:
        return account_mapping.institution_of(self._link_of(address))


def _as_orders(
    found: list[tuple[int, wire.Order]], unread: list[Unread], account: AccountId
) -> Batch[Order]:
    """Records as orders, those that hang together under each other; later ones are the newer."""
    records = {given.brokerage_order_id or "": given for _, given in found}
    orders: dict[str, Order] = {}
    bad = list(unread)
    for place, given in found:
        try:
            one = order_mapping.order(given, account)
        except ValueError:
            bad.append(Unread(where=f"orders[{place}]", reason=loose.UNREADABLE))
            continue
        orders[one.id] = one
    return Batch(items=order_mapping.together(records, orders.values()), unread=tuple(bad))


def _moved(one: Unread, offset: int) -> Unread:
    """Its place in the whole list instead of in the page."""
    if not offset:
        return one
    place = int(one.where.removeprefix("transactions[").removesuffix("]"))
    return Unread(where=f"transactions[{offset + place}]", reason=one.reason, label=one.label)


def _quotable(symbol: str) -> bool:
    """Options and pairs of coins have no quotes here, and a comma would be two symbols."""
    return len(symbol) < 16 and "/" not in symbol and "," not in symbol and " " not in symbol


def _id_in(known: dict[AccountId, wire.Account], address: str) -> AccountId:
    return next(name for name, given in known.items() if given.id == address)
