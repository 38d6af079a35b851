"""An open relation to one login at Plaid: domain facts out of its answers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from brokerdesk.brokers.base import Credentials, Link, Rate, SessionContext, SignIn, as_rates
from brokerdesk.brokers.plaid import BROKER_ID, TITLE, loose, mapping, problems, wire
from brokerdesk.brokers.plaid import transactions as transaction_mapping
from brokerdesk.brokers.plaid.client import PlaidClient, build_http
from brokerdesk.brokers.plaid.times import moment
from brokerdesk.brokers.text import clean_name
from brokerdesk.domain.account import Account
from brokerdesk.domain.balance import Balance
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.order import Order
from brokerdesk.domain.quote import Quote
from brokerdesk.domain.reading import Batch, Reading, Unread
from brokerdesk.domain.transaction import Transaction
from brokerdesk.errors import (
    AuthError,
    AuthExpiredError,
    BrokerProtocolError,
    BrokerRefusedError,
    BrokerUnavailableError,
)
from brokerdesk.log import register_secret

HISTORY = timedelta(days=730)
_ONE_ROUND = 60.0
"""Seconds in which one answer about holdings serves every account of the login, each once."""
_MOST_PAGES = 400
_BEGINNINGS = 3


class PlaidSession:
    """Reads one login's accounts. Implements ``base.BrokerSession``, ``Gatherer``, ``SignsOut``
    and ``BilledBalances``.
    """

    def __init__(self, context: SessionContext) -> None:
        self._environment = context.environment
        self._clock = context.clock
        self._port = context.credentials
        self._http = build_http(
            context.environment,
            context.practice_url,
            network=context.network,
            clock=context.clock,
            on_clock_skew=context.on_clock_skew,
            book=context.book,
        )
        self._book = context.book
        self._kept: Credentials | None = None
        self._answer: tuple[float, loose.Holdings, datetime] | None = None
        self._served: set[AccountId] = set()
        self._one_at_a_time = asyncio.Lock()
        self._data_age: datetime | None = None
        self._consent_ends: datetime | None = None

    async def accounts(self) -> Batch[Account]:
        """The accounts of the login that hold money; cards and loans are left out."""
        self._answer = None
        item = await self._item()
        credentials = await self._credentials()
        answer = await self._client(credentials).accounts(credentials["access_token"])
        self._check(answer.item)
        records, unread = loose.accounts(answer)
        institution = clean_name(item.item.institution_name) or credentials.get("institution", "")
        items: list[Account] = []
        for own_id, record in self._identify(records, answer.item or item.item).items():
            try:
                items.append(mapping.account(own_id, record, self._environment, institution))
            except ValueError:
                unread.append(Unread(where="accounts", reason=loose.UNREADABLE))
        return Batch(items=tuple(items), unread=tuple(unread))

    async def portfolio(self, account: AccountId) -> Reading:
        """Balances and positions of one account, out of one answer for the whole login."""
        async with self._one_at_a_time:
            answer, fetched_at = await self._holdings(account)
        listed = self._identify(answer.accounts, answer.item)
        if account not in listed:
            if answer.lost_accounts or not answer.accounts:
                raise BrokerProtocolError(
                    f"{TITLE} did not tell this account's figures.",
                    "Your figures stay as they were.",
                    broker_id=BROKER_ID,
                )
            raise _unlisted()
        age = self._data_age or fetched_at
        return mapping.reading(answer, account, listed, fetched_at, age)

    async def transactions(
        self, account: AccountId, since: datetime, until: datetime
    ) -> Batch[Transaction]:
        """Everything booked in the span, as far back as Plaid goes."""
        credentials = await self._credentials()
        client = self._client(credentials)
        record = await self._record(account)
        first = max(since, self._clock.now() - HISTORY).date()
        if first > until.date():
            return Batch()
        for _ in range(_BEGINNINGS):
            found = await self._pages(client, credentials, record, (first, until), account)
            if found is not None:
                return found
        raise BrokerUnavailableError(
            "The list of transactions changed while it was read.",
            "Your figures stay as they were.",
            "BrokerDesk will ask again later.",
            broker_id=BROKER_ID,
        )

    async def orders(self, account: AccountId, since: datetime, until: datetime) -> Batch[Order]:
        """None: Plaid tells no orders, and the capabilities say so."""
        return Batch()

    async def quotes(self, symbols: Sequence[str]) -> Batch[Quote]:
        """None: Plaid has no quotes."""
        reason = "Plaid has no quotes."
        unknown = tuple(Unread(where="quotes", reason=reason, label=one) for one in symbols)
        return Batch(unread=unknown)

    async def sign_in(self) -> SignIn:
        """When the login began, and when the consent ends if the institution limits it."""
        since = moment((await self._credentials()).get("signed_in_at"))
        return SignIn(signed_in_at=since, ends=self._consent_ends)

    async def sign_out(self) -> None:
        """Remove the login at Plaid, which also ends what Plaid bills for it."""
        credentials = await self._credentials()
        try:
            await self._client(credentials).remove(credentials["access_token"])
        except problems.ItemGoneError:
            return

    async def live_balances(self, account: AccountId) -> tuple[Balance, ...]:
        """This moment's balances, billed by Plaid for each question."""
        credentials = await self._credentials()
        record = await self._record(account)
        answer = await self._client(credentials).balances(
            credentials["access_token"], record.account_id
        )
        self._check(answer.item)
        records, _ = loose.accounts(answer)
        found = next((one for one in records if one.account_id == record.account_id), None)
        if found is None:
            raise _unlisted()
        return mapping.balances_only(found)

    async def links(self) -> Batch[Link]:
        """The one institution of this login."""
        answer = await self._ask_item()
        credentials = await self._credentials()
        name = clean_name(answer.item.institution_name) or credentials.get("institution", "")
        link = Link(
            id=credentials.get("item_id", ""),
            institution=name,
            working=problems.of_item(answer.item) is None,
            since=moment(credentials.get("signed_in_at")),
            trades=False,
            live=False,
        )
        return Batch(items=(link,))

    async def refresh_link(self, link: str) -> None:
        """Have Plaid ask the institution anew, billed; figures follow within minutes."""
        credentials = await self._credentials()
        await self._client(credentials).refresh(credentials["access_token"])

    async def remove_link(self, link: str) -> None:
        """As ``sign_out``: this login has one institution."""
        await self.sign_out()

    def rates(self) -> tuple[Rate, ...]:
        """What is left of the keys' limit."""
        return as_rates(self._http.rate())

    async def aclose(self) -> None:
        self._kept = None
        self._answer = None
        await self._http.aclose()

    async def _credentials(self) -> Credentials:
        """The stored credentials, read once until the login ends."""
        if self._kept is None:
            credentials = await self._port.read()
            if not credentials.get("access_token"):
                raise problems.sign_in_again(credentials.get("institution", ""))
            for name in ("secret", "access_token"):
                register_secret(credentials.get(name, ""))
            self._kept = credentials
        return self._kept

    def _client(self, credentials: Credentials) -> PlaidClient:
        return PlaidClient(
            self._http,
            self._clock,
            credentials.get("client_id", ""),
            credentials.get("secret", ""),
            self._book,
        )

    async def _ask_item(self) -> wire.ItemAnswer:
        credentials = await self._credentials()
        answer = await self._client(credentials).item(credentials["access_token"])
        self._data_age = mapping.data_age(answer)
        self._consent_ends = moment(answer.item.consent_expiration_time)
        return answer

    async def _item(self) -> wire.ItemAnswer:
        """The login's state, asked for in every round: figures may come although it has ended."""
        try:
            answer = await self._ask_item()
        except AuthError:
            self._kept = None  # it may have been signed in anew elsewhere
            raise
        self._check(answer.item)
        return answer

    def _check(self, item: wire.Item | None) -> None:
        problem = problems.of_item(item)
        if isinstance(problem, AuthExpiredError):
            self._kept = None
            raise problem

    async def _holdings(self, account: AccountId) -> tuple[loose.Holdings, datetime]:
        """An answer that has not served this account yet: one question serves a whole round."""
        now = self._clock.monotonic()
        kept = self._answer
        if kept is not None and account not in self._served and now - kept[0] <= _ONE_ROUND:
            self._served.add(account)
            return kept[1], kept[2]
        self._answer = None
        credentials = await self._credentials()
        try:
            raw = await self._client(credentials).holdings(credentials["access_token"])
        except AuthError:
            self._kept = None
            raise
        answer = loose.holdings(raw)
        self._check(answer.item)
        fetched_at = self._clock.now()
        self._answer = (self._clock.monotonic(), answer, fetched_at)
        self._served = {account}
        return answer, fetched_at

    def _identify(
        self, records: Sequence[wire.Account], item: wire.Item | None
    ) -> dict[AccountId, wire.Account]:
        kept = self._kept or {}
        institution = mapping.institution_id(item, kept.get("institution_id", ""))
        return mapping.identify(tuple(records), institution, self._environment)

    async def _record(self, account: AccountId) -> wire.Account:
        """Plaid's record of an account, whose id there may have changed since the last round."""
        kept = self._answer
        if kept is not None:
            known = self._identify(kept[1].accounts, kept[1].item)
            if account in known:
                return known[account]
        credentials = await self._credentials()
        answer = await self._client(credentials).accounts(credentials["access_token"])
        self._check(answer.item)
        found = self._identify(loose.accounts(answer)[0], answer.item).get(account)
        if found is None:
            raise _unlisted()
        return found

    async def _pages(
        self,
        client: PlaidClient,
        credentials: Credentials,
        record: wire.Account,
        span: tuple[date, datetime],
        account: AccountId,
    ) -> Batch[Transaction] | None:
        """All pages; None when the list changed on the way, so that an entry may be missing."""
        first, until = span
        items: dict[str, Transaction] = {}
        unread: list[Unread] = []
        offset, total = 0, None
        for _ in range(_MOST_PAGES):
            answer = await client.transactions(
                credentials["access_token"], record.account_id, first, until.date(), offset
            )
            self._check(answer.item)
            if total is not None and answer.total_investment_transactions != total:
                return None
            total = answer.total_investment_transactions
            found, securities, bad = loose.transactions(answer, record.account_id, offset)
            unread += bad
            for index, given in found:
                security = securities.get(given.security_id or "")
                try:
                    entry = transaction_mapping.transaction(given, security, account)
                except ValueError:
                    where = f"transactions[{index}]"
                    unread.append(Unread(where=where, reason=loose.UNREADABLE))
                    continue
                items[entry.id] = entry
            offset += len(answer.investment_transactions)
            if offset >= total:
                break
            if not answer.investment_transactions:
                reason = f"Plaid announced {total} entries and gave {offset}."
                unread.append(Unread(where="transactions", reason=reason))
                break
        return Batch(items=tuple(items.values()), unread=tuple(unread))


def _unlisted() -> BrokerRefusedError:
    return BrokerRefusedError(
        f"{TITLE} no longer lists this account.",
        "What was read before stays readable.",
        "If it should be there, sign in again and tick it on Plaid's page.",
        broker_id=BROKER_ID,
    )
