"""After sending: what becomes of orders is seen, told and noted, ours and those made elsewhere.

What a stream tells is shown at once; what is stored comes from reading the account, which follows.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from brokerdesk.brokers.streaming import AccountMoved
from brokerdesk.clock import Clock
from brokerdesk.domain.events import (
    AccountRefreshed,
    Event,
    OrderMoved,
    Publish,
    RefreshFinished,
)
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.intent import Intent, IntentKind, IntentState
from brokerdesk.domain.kinds import OrderStatus
from brokerdesk.domain.order import Order
from brokerdesk.errors import BrokerDeskError, StorageError
from brokerdesk.facts import dataclass
from brokerdesk.services.ledger_rules import every
from brokerdesk.services.listening import ListeningService
from brokerdesk.services.opening import Specs
from brokerdesk.services.refreshing import RefreshingService
from brokerdesk.services.settling import Look
from brokerdesk.services.trading_journal import JournalKeeper
from brokerdesk.services.trading_reading import Readings
from brokerdesk.services.trading_seen import Seen, change, later, seen
from brokerdesk.services.trading_words import of_intent, of_order, of_proposal
from brokerdesk.tasks import Policy, Supervisor

if TYPE_CHECKING:
    from brokerdesk.db.engine import Database
    from brokerdesk.db.unit_of_work import UnitOfWork

_log = logging.getLogger(__name__)

COMPARE = "trading:compare"
REMEMBERED = timedelta(days=60)
"""Orders entered longer ago are not looked at again."""
JUST_NOW = timedelta(minutes=2)
PROPOSED = "proposed"
"""What is told when an order may be one that was lost: the user is asked whose it is."""
_S = IntentState
_AT_BROKER = (_S.ANSWERED, _S.ACCEPTED, _S.FOUND)


def _as_told(order: Seen) -> bool:
    """Whether nothing has become of an order since the broker took it."""
    return order.status in (OrderStatus.PENDING, OrderStatus.WORKING) and not order.filled


@dataclass(frozen=True, slots=True)
class _Known:
    titles: dict[ConnectionId, str]
    accounts: dict[AccountId, ConnectionId]
    orders: dict[AccountId, tuple[Order, ...]]


class AfterSending:
    """All methods belong to one event loop. Before ``begin`` nothing is told."""

    def __init__(
        self,
        *,
        keeper: JournalKeeper,
        database: Database,
        refreshing: RefreshingService,
        listening: ListeningService,
        clock: Clock,
        publish: Publish,
        supervisor: Supervisor,
        specs: Specs,
    ) -> None:
        self._keeper, self._database, self._refreshing = keeper, database, refreshing
        self._listening, self._clock, self._publish = listening, clock, publish
        self._supervisor, self._specs = supervisor, specs
        self.readings = Readings(
            database=database,
            refreshing=refreshing,
            clock=clock,
            publish=publish,
            supervisor=supervisor,
            specs=specs,
            working=self._unheard,
        )
        self._begun_at: datetime | None = None
        self._seen: dict[AccountId, dict[str, Seen]] = {}
        self._fresh: defaultdict[AccountId, dict[str, Order]] = defaultdict(dict)
        self._of: dict[AccountId, ConnectionId] = {}
        self._titles: dict[ConnectionId, str] = {}
        self._ours: dict[tuple[AccountId, str], str] = {}
        self._own_ids: dict[str, str] = {}
        self._recovering: set[AccountId] = set()
        self._doubted: set[str] = set()
        self._proposed: set[tuple[str, ...]] = set()
        self._due: set[ConnectionId | AccountId] = set()

    async def begin(self) -> None:
        """Remember how all orders stand; from now on what changes is told."""
        if self._begun_at is not None:
            return
        now = self._clock.now()
        known = await self._database.read(lambda uow: self._stored(uow, None, now))
        self._titles, self._of = known.titles, known.accounts
        await self._learn_ours(now)
        for account, orders in known.orders.items():
            self._seen[account] = {one.id: seen(one) for one in every(orders)}
        self._begun_at = now
        self._listening.on_moved = self.heard
        self._listening.on_recovering = self._recovering.add
        self.readings.poll()

    def attend(self, what: str, on: bool) -> None:
        """Somebody looks at orders, or no longer."""
        self.readings.attend(what, on)

    def told(self, intent: Intent) -> None:
        """An intent of ours came to another state. A look that found nothing is no news."""
        if intent.state is _S.UNKNOWN and (intent.checks or intent.id in self._doubted):
            return
        if intent.state is _S.UNKNOWN:
            self._doubted.add(intent.id)
        else:
            self._doubted.discard(intent.id)
        if intent.kind is not IntentKind.CANCEL:
            self._own_ids[intent.client_order_id] = intent.id
            if intent.state in _AT_BROKER:
                self._ours[intent.account, intent.order_id] = intent.id
        title = self._titles.get(intent.connection, "The broker")
        self._publish(
            OrderMoved(
                connection=intent.connection,
                account=intent.account,
                what=intent.state.value,
                text=of_intent(intent, title),
                intent=intent.id,
                order=intent.order_id,
            )
        )
        if intent.state is _S.SENDING:
            self.readings.sent()
        elif intent.state in (_S.ACCEPTED, _S.FOUND, _S.UNKNOWN):
            self.readings.soon(intent.connection, intent.account, filled=False)

    def looked(self, look: Look) -> None:
        """An order of unknown fate was looked for: who shows the search reads it again. In words it
        is told once, and so is each order that may be it.
        """
        intent, order = look.intent, look.proposed
        asked = (intent.id, *(look.refusable if order is None else (order.id,)))
        if intent.state not in (_S.UNKNOWN, _S.ABSENT):
            return
        what, text = intent.state.value, ""
        title = self._titles.get(intent.connection, "The broker")
        if intent.state is _S.UNKNOWN and intent.id not in self._doubted:
            self._doubted.add(intent.id)
            text = of_intent(intent, title)
        if look.asks and asked not in self._proposed:
            self._proposed.add(asked)
            what, text = PROPOSED, of_proposal(intent, title, several=order is None)
        self._publish(
            OrderMoved(
                connection=intent.connection,
                account=intent.account,
                what=what,
                text=text,
                intent=intent.id,
            )
        )

    def heard(self, connection: ConnectionId, moved: AccountMoved) -> None:
        """A stream told of an order as a whole: it is shown before it is read."""
        order, account = moved.order, moved.account
        if order is None or account is None or account not in self._seen:
            return
        before = self._seen[account].get(order.id)
        if before is not None and not later(before, seen(order)):
            return
        self._fresh[account][order.id] = order
        self._compare(connection, account, (order,), recovered=moved.recovered)

    def notice(self, event: Event) -> None:
        """Accounts that were read may have orders that moved."""
        if self._begun_at is None:
            return
        if isinstance(event, RefreshFinished):
            self._look(event.connection)
        elif isinstance(event, AccountRefreshed) and not self._refreshing.running(event.connection):
            self._look(event.account)

    async def orders(self, account: AccountId) -> tuple[Order, ...]:
        """The orders of an account as last seen."""
        now = self._clock.now()
        stored = await self._database.read(
            lambda uow: uow.orders.list(account, since=now - REMEMBERED)
        )
        return self.with_fresh(account, stored)

    def with_fresh(self, account: AccountId, stored: Iterable[Order]) -> tuple[Order, ...]:
        """Stored orders, where a stream told later of one as it told."""
        fresh = dict(self._fresh.get(account, {}))
        merged = []
        for order in stored:
            told = fresh.pop(order.id, None)
            newer = told is not None and later(seen(order), seen(told))
            merged.append(told if newer and told is not None else order)
        known = {one.id for one in every(merged)}
        return (*(one for key, one in fresh.items() if key not in known), *merged)

    async def aclose(self) -> None:
        """Look at nothing more. Twice is fine."""
        await self._supervisor.cancel(COMPARE)
        await self.readings.aclose()

    # -- what changed ----------------------------------------------------------------------

    def _look(self, what: ConnectionId | AccountId) -> None:
        self._due.add(what)
        self._supervisor.spawn(
            COMPARE,
            self._look_at_due(),
            policy=Policy.SKIP_IF_RUNNING,
            on_error=lambda error: _log.info("orders could not be compared: %s", error),
        )

    async def _look_at_due(self) -> None:
        while self._due:
            due, self._due = self._due, set()
            now = self._clock.now()
            known = await self._database.read(lambda uow: self._stored(uow, due, now))  # noqa: B023
            self._titles, self._of = known.titles, known.accounts
            for account, orders in known.orders.items():
                self._forget_fresh(account, orders)
                self._compare(self._of[account], account, orders, recovered=None)
                self._recovering.discard(account)
        self.readings.poll()

    def _compare(
        self,
        connection: ConnectionId,
        account: AccountId,
        orders: Iterable[Order],
        *,
        recovered: bool | None,
    ) -> None:
        """``recovered`` None: nobody said whether it happened unheard."""
        first = account not in self._seen
        known = self._seen.setdefault(account, {})
        now, filled = self._clock.now(), False
        for order in every(orders):
            before, after = known.get(order.id), seen(order)
            if before is None or later(before, after):
                known[order.id] = after
            found = None if first else change(before, order, now)
            if found is None or (before is None and _as_told(after) and self._our(account, order)):
                continue
            late = recovered if recovered is not None else self._unheard_of(account, order)
            self._tell(connection, account, order, found.what, recovered=late)
            just_now = order.closed_at is None or now - order.closed_at < JUST_NOW
            filled = filled or (found.filled and just_now)
        if filled and not self._listening.hears(connection):
            self.readings.soon(connection, account, filled=True)

    def _tell(
        self,
        connection: ConnectionId,
        account: AccountId,
        order: Order,
        what: str,
        *,
        recovered: bool,
    ) -> None:
        intent = self._our(account, order)
        self._publish(
            OrderMoved(
                connection=connection,
                account=account,
                what=what,
                text=of_order(order, what, self._titles.get(connection, "The broker")),
                intent=intent,
                order=order.id,
            )
        )
        self._keeper.later(self._see(connection, account, order.id, what, recovered=recovered))

    async def _see(
        self,
        connection: ConnectionId,
        account: AccountId,
        order_id: str,
        what: str,
        *,
        recovered: bool,
    ) -> None:
        from brokerdesk.db.journal.history import Sighting

        journal = self._keeper.opened
        if journal is not None:
            await journal.see(
                Sighting(
                    connection=connection,
                    account=account,
                    order_id=order_id,
                    what=what,
                    at=self._clock.now(),
                    recovered=recovered,
                )
            )

    def _our(self, account: AccountId, order: Order) -> str:
        """The intent that made an order, "" for one that was made elsewhere."""
        return self._ours.get((account, order.id)) or self._own_ids.get(order.client_order_id, "")

    def _unheard_of(self, account: AccountId, order: Order) -> bool:
        """Whether an order moved while the program or its line was down."""
        if account in self._recovering:
            return True
        return (
            order.closed_at is not None
            and self._begun_at is not None
            and order.closed_at < self._begun_at
        )

    # -- what is known ---------------------------------------------------------------------

    def _unheard(self) -> Mapping[ConnectionId, frozenset[AccountId]]:
        found: defaultdict[ConnectionId, set[AccountId]] = defaultdict(set)
        for account, orders in self._seen.items():
            connection = self._of.get(account)
            if connection is None or self._listening.hears(connection):
                continue
            if any(one.open for one in orders.values()):
                found[connection].add(account)
        return {connection: frozenset(accounts) for connection, accounts in found.items()}

    def _stored(
        self, uow: UnitOfWork, due: set[ConnectionId | AccountId] | None, now: datetime
    ) -> _Known:
        """Orders by account, of what is due or of all. Runs in the database's thread."""
        titles = {row.id: self._title(row.broker) for row in uow.connections.list()}
        accounts = {
            one.account.id: one.connection
            for one in uow.accounts.list()
            if one.connection is not None and one.included and one.closed_at is None
        }
        orders = {
            account: uow.orders.list(account, since=now - REMEMBERED)
            for account, connection in accounts.items()
            if due is None or account in due or connection in due
        }
        return _Known(titles, accounts, orders)

    def _title(self, broker: str) -> str:
        try:
            return self._specs(broker).title
        except BrokerDeskError:  # a connection of a broker that this version does not know
            return broker

    def _forget_fresh(self, account: AccountId, stored: Iterable[Order]) -> None:
        """What a stream told and the list tells as well by now."""
        fresh = self._fresh.get(account)
        if not fresh:
            return
        for order in every(stored):
            told = fresh.get(order.id)
            if told is not None and later(seen(told), seen(order)):
                del fresh[order.id]

    async def _learn_ours(self, now: datetime) -> None:
        journal = self._keeper.opened
        if journal is None:
            return
        try:
            written = await journal.since(now - REMEMBERED)
        except StorageError as error:
            _log.info("the journal could not be read: %s", error.code)
            return
        for intent in written:
            if intent.kind is not IntentKind.CANCEL:
                self._own_ids[intent.client_order_id] = intent.id
                if intent.state in _AT_BROKER:
                    self._ours[intent.account, intent.order_id] = intent.id
