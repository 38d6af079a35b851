"""What a review stands on: prices and buying power of this moment, and what was sent before.

Prices and balances are asked for just now, side by side, with a deadline. Where a broker does not
answer, the figures of the cache stand in and the review says from when they are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from brokerdesk.brokers.rate import asked_by_user
from brokerdesk.clock import Clock
from brokerdesk.domain.draft import Draft
from brokerdesk.domain.identity import same_thing
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.intent import Intent, IntentKind, IntentState
from brokerdesk.domain.kinds import Environment, TransactionType
from brokerdesk.domain.quote import Quote
from brokerdesk.domain.reading import Reading
from brokerdesk.errors import BrokerDeskError, StorageError
from brokerdesk.services.amounts import EXACT, ZERO, sum_all
from brokerdesk.services.opening import SessionPool
from brokerdesk.services.order_limits import SentBefore
from brokerdesk.services.rates import base_in
from brokerdesk.services.ticket_accounts import Seat
from brokerdesk.services.ticket_quotes import TicketQuotes
from brokerdesk.services.trading_facts import TicketQuote

if TYPE_CHECKING:
    from brokerdesk.db.engine import Database
    from brokerdesk.db.journal.store import Journal
    from brokerdesk.db.unit_of_work import UnitOfWork
    from brokerdesk.settings import Settings

WITHIN_SECONDS = 8.0
"""Seconds for which an account's figures are waited for."""
REMEMBERED = timedelta(days=90)
"""Orders of so long count for what is usual."""
WASH = timedelta(days=30)
_NEVER_LEFT = frozenset({IntentState.COMMITTED, IntentState.NOT_SENT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """The base currency and what others are worth in it. ``total`` is of all counted accounts."""

    base: str
    rates: Mapping[tuple[AccountId, str], Decimal | None]
    total: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Everything that was found out for a review. ``failures`` say why an account's figures could
    not be read just now; then those of the cache stand.
    """

    seats: Mapping[AccountId, Seat]
    quotes: Mapping[tuple[AccountId, str], TicketQuote]
    readings: Mapping[AccountId, Reading]
    failures: Mapping[AccountId, str]
    money: Money
    sent: tuple[SentBefore, ...] = ()
    losses: Mapping[str, datetime] = field(default_factory=dict)
    """When a symbol was last sold at a loss, as far as costs are known."""
    journal: bool = True
    halted: bool = False

    def quotes_of(self, account: AccountId) -> dict[str, Quote]:
        return {
            symbol: told.quote
            for (asked, symbol), told in self.quotes.items()
            if asked == account and told.quote is not None
        }


class GroundReader:
    """All methods belong to one event loop."""

    def __init__(
        self,
        *,
        database: Database,
        pool: SessionPool,
        quotes: TicketQuotes,
        clock: Clock,
        settings: Callable[[], Settings],
        journal: Callable[[], Journal | None],
    ) -> None:
        self._database = database
        self._pool = pool
        self._quotes = quotes
        self._clock = clock
        self._settings = settings
        self._journal = journal

    async def read(
        self, drafts: Sequence[Draft], seats: Sequence[Seat], replaces: str = ""
    ) -> Ground:
        """Gather it, side by side.

        Raises:
            StorageError: what is stored here cannot be read.
        """
        wanted = {
            (draft.account, one.symbol): one for draft in drafts for one in instruments(draft)
        }
        accounts = list(dict.fromkeys(draft.account for draft in drafts))
        by_id = {seat.id: seat for seat in seats}
        environment = drafts[0].environment
        told, read, sent, (money, losses) = await asyncio.gather(
            self._all_quotes(wanted, environment, seats),
            asyncio.gather(*(self._reading(by_id[one]) for one in accounts)),
            self._sent(environment, replaces),
            self._database.read(lambda uow: self._stored(uow, drafts, seats)),
        )
        journal = self._journal()
        return Ground(
            seats=by_id,
            quotes=dict(zip(wanted, told, strict=True)),
            readings={
                one: found
                for one, found in zip(accounts, read, strict=True)
                if isinstance(found, Reading)
            },
            failures={
                one: found
                for one, found in zip(accounts, read, strict=True)
                if isinstance(found, str)
            },
            money=money,
            sent=sent,
            losses=losses,
            journal=journal is not None,
            halted=journal is not None and await journal.halted(),
        )

    async def _all_quotes(
        self,
        wanted: Mapping[tuple[AccountId, str], Instrument],
        environment: Environment,
        seats: Sequence[Seat],
    ) -> list[TicketQuote]:
        asked = (
            self._quotes.ask(what, environment, account, seats, volume=True)
            for (account, _), what in wanted.items()
        )
        return await asyncio.gather(*asked)

    async def _reading(self, seat: Seat) -> Reading | str:
        """The account's figures now, or why they cannot be had."""
        if not seat.signed_in:
            return "The sign-in has ended."
        try:
            async with asyncio.timeout(WITHIN_SECONDS):
                session = self._pool.session(seat.connection)
                with asked_by_user():
                    return await session.portfolio(seat.id)
        except TimeoutError:
            return f"{seat.spec.title} did not answer in time."
        except StorageError:
            raise
        except BrokerDeskError as error:
            return error.title

    async def _sent(self, environment: Environment, replaces: str) -> tuple[SentBefore, ...]:
        """What went out from here, over restarts. What is to be replaced is no double of its
        replacement.
        """
        journal = self._journal()
        if journal is None:
            return ()
        now = self._clock.now()
        found = await journal.since(now - REMEMBERED)
        return tuple(
            replace(sent_before(one), at=_sent_at(one, journal.pace.age(one.id), now))
            for one in found
            if one.environment is environment
            and one.kind is not IntentKind.CANCEL
            and one.draft is not None
            and one.state not in _NEVER_LEFT
            and (not replaces or one.order_id != replaces)
        )

    def _stored(
        self, uow: UnitOfWork, drafts: Sequence[Draft], seats: Sequence[Seat]
    ) -> tuple[Money, dict[str, datetime]]:
        now = self._clock.now()
        symbols = {one.symbol: one for draft in drafts for one in instruments(draft)}
        counted = [seat for seat in seats if seat.row.counts]
        losses = {}
        for symbol, what in symbols.items():
            at = last_loss(uow, [seat.id for seat in counted], what, now - WASH)
            if at is not None:
                losses[symbol] = at
        return self._money(uow, drafts, seats, counted), losses

    def _money(
        self,
        uow: UnitOfWork,
        drafts: Sequence[Draft],
        seats: Sequence[Seat],
        counted: Sequence[Seat],
    ) -> Money:
        base = base_in(uow, self._settings().base_currency, uow.rates.today())
        for seat in seats:
            base.meet(seat.row)
        environment = drafts[0].environment
        asked = {(draft.account, draft.currency) for draft in drafts}
        asked |= {(seat.id, one.currency) for seat in counted for one in seat.row.balances}
        rates = {}
        for account, currency in asked:
            rate = base.rate(account, environment, currency)
            rates[account, currency] = None if rate is None else rate.value
        worths: list[Decimal | None] = []
        for seat in counted:
            for place, one in enumerate(seat.row.balances):
                value, by = one.net_liquidation, rates[seat.id, one.currency]
                if value is not None and by is not None:
                    worths.append(EXACT.multiply(value, by))
                elif place == 0:
                    worths.append(None)
            if not seat.row.balances:
                worths.append(None)
        return Money(base=base.currency, rates=rates, total=sum_all(worths))


def instruments(draft: Draft) -> Iterable[Instrument]:
    """All that a draft and what hangs on it are about."""
    for leg in draft.legs:
        yield leg.instrument
    for child in draft.children:
        yield from instruments(child)


def sent_before(intent: Intent) -> SentBefore:
    """A sent intent as the limits see it."""
    assert intent.draft is not None
    first = intent.draft if intent.draft.legs else intent.draft.children[0]
    return as_sent(first, intent.account, intent.created_at)


def _sent_at(intent: Intent, age: timedelta | None, now: datetime) -> datetime:
    """When it was sent, by the clock that nobody sets where this run sent it; else not later than
    now: nobody knows when that was which lies ahead.
    """
    return min(intent.created_at, now) if age is None else now - age


def as_sent(draft: Draft, account: AccountId, at: datetime) -> SentBefore:
    leg = (draft.legs or draft.children[0].legs)[0]
    return SentBefore(
        at=at,
        account=account,
        symbol=leg.instrument.symbol,
        side=leg.side,
        quantity=draft.quantity,
    )


def last_loss(
    uow: UnitOfWork, accounts: Iterable[AccountId], what: Instrument, since: datetime
) -> datetime | None:
    """When the thing was last sold below what it had cost, where both are known."""
    for entry in uow.transactions.naming(accounts, what.symbol):  # newest first
        sold = entry.type is TransactionType.TRADE and entry.quantity is not None
        if not sold or entry.instrument is None or entry.time < since:
            continue
        assert entry.quantity is not None
        if entry.quantity >= ZERO or entry.price is None or not same_thing(entry.instrument, what):
            continue
        before = uow.snapshots.as_of(entry.account, entry.time)
        if before is None or before.reading is None:
            continue
        for held in before.reading.positions:
            cost = held.average_cost
            known = held.quantity > ZERO and cost is not None and entry.price < cost
            if known and same_thing(held.instrument, what):
                return entry.time
    return None
