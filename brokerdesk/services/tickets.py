"""The ticket's side of trading: what can be ordered, where it would go, at what price.

Everything here reads. What is known of accounts comes out of the cache, prices are asked for just
now. Nothing is sent and nothing decided: the review takes the look that counts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, TypeVar

from brokerdesk.brokers.finding import Chain, HasChains
from brokerdesk.brokers.rate import asked_by_user
from brokerdesk.brokers.trading import KnowsObstacles, Trades
from brokerdesk.clock import Clock
from brokerdesk.domain.draft import Draft
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import Environment
from brokerdesk.domain.market_hours import new_york_day
from brokerdesk.errors import (
    BrokerDeskError,
    BrokerUnavailableError,
    InputError,
    NotSupportedError,
    StorageError,
)
from brokerdesk.services import finding, offering
from brokerdesk.services.opening import SessionPool
from brokerdesk.services.order_limits import reference
from brokerdesk.services.portfolio import PortfolioReader
from brokerdesk.services.routing import WORDS, Obstacle, Wish, route
from brokerdesk.services.ticket_accounts import (
    Seat,
    TicketAccounts,
    candidate,
    listed,
    with_value,
)
from brokerdesk.services.ticket_quotes import TicketQuotes
from brokerdesk.services.trading_facts import Match, Offers, Routed, TicketAccount, TicketQuote

if TYPE_CHECKING:
    from brokerdesk.db.engine import Database
    from brokerdesk.db.journal.store import Journal
    from brokerdesk.settings import Settings

A = TypeVar("A")

CHAIN_SECONDS = 20.0
"""Seconds for which one broker's list of options is waited for."""
_UNTIL = timedelta(days=7)
"""A last day that any broker with such orders takes, for what is only tried."""
_OWN_ID = "00000000-0000-4000-8000-000000000000"


class TicketsService:
    """All methods belong to one event loop.

    Args:
        journal: the open journal; None while it is not open or cannot be used.
        switched_on: whether the trading switch of a connection is on.
    """

    def __init__(
        self,
        *,
        database: Database,
        pool: SessionPool,
        reader: PortfolioReader,
        clock: Clock,
        settings: Callable[[], Settings],
        journal: Callable[[], Journal | None],
        switched_on: Callable[[ConnectionId], bool],
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._settings = settings
        self._journal = journal
        self.quotes = TicketQuotes(pool=pool)
        self.accounts = TicketAccounts(
            database=database,
            reader=reader,
            specs=pool.spec,
            clock=clock,
            journal=journal,
            switched_on=switched_on,
            against=self._against,
        )

    async def find(
        self, text: str, environment: Environment, *, ask: bool = True
    ) -> tuple[Match, ...]:
        """Things whose symbol or name fits ``text``; without a text what is recent and held.

        ``ask`` False: out of the cache alone, at once.
        """
        seats = await self.accounts.look(environment)
        journal = self._journal()
        since = self._clock.now() - finding.RECENT
        intents = () if journal is None else await journal.since(since)
        return await finding.find(text, seats, intents, self._pool, ask=ask)

    async def environments(self) -> tuple[Environment, ...]:
        """Those that have an account."""
        return await self.accounts.environments()

    async def set_default(
        self, account: AccountId | None, environment: Environment | None = None
    ) -> None:
        """Where purchases of the account's environment go first. None: nowhere in particular, in
        ``environment`` or in any.

        Raises:
            InputError: there is no such account.
        """
        await self.accounts.set_default(account, environment)

    async def route(self, wish: Wish, draft: Draft | None = None) -> Routed:
        """Where an order would go, and what keeps it from every other account."""
        seats = await self.accounts.look(wish.environment)
        what = _thing(draft)
        last = None if what is None else self.quotes.last(wish.environment, what)
        price = None if last is None or draft is None or not draft.legs else reference(draft, last)
        wish = with_value(wish, draft, price)
        refusals = {seat.id: self._refusal(seat, draft) for seat in seats}
        candidates = [
            candidate(seat, wish, what, takes_kind=not refusals[seat.id]) for seat in seats
        ]
        found = route(wish, candidates)
        accounts = tuple(
            replace(one, why=refusals[one.account]) if one.obstacle is Obstacle.KIND else one
            for one in listed(wish, found, seats, candidates)
        )
        words = WORDS[Obstacle.KIND]
        if not found.parts and found.reason.endswith(words):
            found = replace(found, reason=found.reason.replace(words, _first_why(accounts)))
        return Routed(route=found, accounts=accounts)

    async def offers(self, draft: Draft) -> Offers:
        """What the account of the draft can do with it, half filled or not.

        Raises:
            InputError: there is no such account.
        """
        seat = await self.seat(draft.environment, draft.account)
        account = seat.row.account
        check = offering.rules_of(seat.spec, account, seat.against)
        found = offering.offers(check, draft, account, self._until())
        what = _thing(draft)
        quote = None if what is None else self.quotes.last(draft.environment, what)
        return replace(
            found,
            replaces=self._cannot_replace(seat, draft),
            tick=offering.tick(draft, quote),
        )

    async def quote(
        self, instrument: Instrument, environment: Environment, account: AccountId | None
    ) -> TicketQuote:
        """A price, asked for just now."""
        seats = await self.accounts.look(environment)
        return await self.quotes.ask(instrument, environment, account, seats)

    async def expiries(self, underlying: Instrument, account: AccountId) -> tuple[date, ...]:
        """Days on which options expire, the nearest first.

        Raises:
            InputError: there is no such account.
            NotSupportedError: no connection of its environment lists options.
            BrokerError: nobody could tell.
        """
        return await self._listed(account, lambda session: session.expiries(underlying))

    async def chain(self, underlying: Instrument, expiry: date, account: AccountId) -> Chain:
        """The options of one expiry. Raises as ``expiries``."""
        return await self._listed(account, lambda session: session.chain(underlying, expiry))

    async def seat(self, environment: Environment, account: AccountId) -> Seat:
        """One account of an environment.

        Raises:
            InputError: there is no such account there.
        """
        for seat in await self.accounts.look(environment):
            if seat.id == account:
                return seat
        raise InputError("account", "There is no such account in this environment.")

    async def _listed(self, account: AccountId, ask: Callable[[HasChains], Awaitable[A]]) -> A:
        """The first answer of a session that lists options, the account's own before others."""
        failure: BrokerDeskError | None = None
        for seat, session in await self._with_chains(account):
            try:
                async with asyncio.timeout(CHAIN_SECONDS):
                    with asked_by_user():
                        return await ask(session)
            except TimeoutError:
                failure = failure or _silent(seat)
            except StorageError:
                raise
            except BrokerDeskError as error:
                failure = failure or error
        raise failure or _no_chains()

    async def _with_chains(self, account: AccountId) -> list[tuple[Seat, HasChains]]:
        """The sessions that list options, the account's own first, one per connection."""
        for environment in Environment:
            seats = await self.accounts.look(environment)
            if any(seat.id == account for seat in seats):
                break
        else:
            raise InputError("account", "There is no such account.")
        ordered = sorted(seats, key=lambda seat: seat.id != account)
        found: dict[ConnectionId, tuple[Seat, HasChains]] = {}
        failure: BrokerUnavailableError | None = None
        for seat in ordered:
            if not seat.signed_in or seat.connection.id in found:
                continue
            try:
                session: object = self._pool.session(seat.connection)
            except BrokerUnavailableError as error:
                failure = failure or error
                continue
            if isinstance(session, HasChains):
                found[seat.connection.id] = (seat, session)
        if not found and failure is not None:
            raise failure
        return list(found.values())

    def _refusal(self, seat: Seat, draft: Draft | None) -> str:
        """The broker's reason against any such order, "" if there is none or nobody can say."""
        if draft is None or not seat.trades:
            return ""
        check = offering.rules_of(seat.spec, seat.row.account, seat.against)
        return offering.takes(check, draft, self._until())

    def _against(self, connection: ConnectionId, account: AccountId) -> str:
        session: object = self._pool.opened(connection)
        return session.cannot_send(account) if isinstance(session, KnowsObstacles) else ""

    def _cannot_replace(self, seat: Seat, draft: Draft) -> str:
        shape = offering.shape_of(draft, self._until())
        try:
            session: object = self._pool.session(seat.connection)
            if not isinstance(session, Trades):
                return f"{seat.spec.title} takes no orders here."
            own = replace(shape, account=seat.id, environment=seat.row.environment)
            session.prepare(own.draft(), _OWN_ID, replaces="1")
        except (InputError, NotSupportedError, BrokerUnavailableError) as error:
            return error.title
        except ValueError:
            return "This does not go together."
        return ""

    def _until(self) -> date:
        return new_york_day(self._clock.now()) + _UNTIL


def _thing(draft: Draft | None) -> Instrument | None:
    if draft is None:
        return None
    return (draft.legs or draft.children[0].legs)[0].instrument


def _first_why(accounts: Sequence[TicketAccount]) -> str:
    return next(one.why for one in accounts if one.obstacle is Obstacle.KIND)


def _silent(seat: Seat) -> BrokerUnavailableError:
    return BrokerUnavailableError(
        f"{seat.spec.title} did not answer in time.", broker_id=seat.spec.id
    )


def _no_chains() -> NotSupportedError:
    return NotSupportedError(
        "No connection of this environment lists options.", capability="chains"
    )
