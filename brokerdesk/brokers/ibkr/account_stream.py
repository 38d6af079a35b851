"""The line for the accounts: what TWS says unasked, and what happened while nobody listened.

TWS tells holdings of all accounts whenever they change. Orders and executions it tells to the
client that entered them, and all of them to the client id that is its master; so a holding that
changed is news of a fill by itself. At the beginning of every attempt, and when TWS is back after
it had lost its own connection, executions, orders and holdings are compared with the last known
ones: the difference is told as recovered.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from brokerdesk.brokers.ibkr import BROKER_ID
from brokerdesk.brokers.ibkr.account_memory import Book, Execution, Fills, Holdings, News
from brokerdesk.brokers.ibkr.gateway import Gateway
from brokerdesk.brokers.ibkr.listening import Health, Listening
from brokerdesk.brokers.ibkr.mapping import moment
from brokerdesk.brokers.ibkr.names import Names
from brokerdesk.brokers.ibkr.orders import OrderKey, completed_orders, contracts, one_order
from brokerdesk.brokers.streaming import AccountMoved, Line, LineState, Tell
from brokerdesk.clock import Clock
from brokerdesk.domain.ids import AccountId, account_id
from brokerdesk.domain.kinds import Environment
from brokerdesk.domain.order import Order
from brokerdesk.errors import BrokerRefusedError


@dataclass(slots=True)
class Known:
    """What is known of the accounts over all attempts of a session."""

    fills: Fills
    holdings: Holdings
    book: Book

    @classmethod
    def nothing(cls) -> Known:
        return cls(Fills(), Holdings(), Book())


class IbkrAccountStream:
    """Implements ``streaming.AccountStream``."""

    def __init__(
        self,
        reach: Callable[[], Awaitable[Gateway]],
        names: Names,
        clock: Clock,
        environment: Environment,
        known: Known,
    ) -> None:
        self._reach = reach
        self._names = names
        self._clock = clock
        self._environment = environment
        self._known = known

    async def run(self, tell: Tell) -> None:
        """One attempt: tell what moves until cancelled.

        Raises:
            BrokerError: TWS cannot be reached, or the connection was lost.
        """
        tell(Line(state=LineState.CONNECTING, at=self._clock.now()))
        gateway = await self._reach()
        async with Listening(gateway) as line:
            try:
                await self._told(gateway, line, tell)
            finally:
                if line.live:
                    line.wire.cancelPositions()

    async def _told(self, gateway: Gateway, line: Listening, tell: Tell) -> None:
        numbers = frozenset(gateway.accounts)
        health = Health(lost=line.broker_lost)
        state, behind = None, True
        while True:
            now_state = LineState.SILENT if health.lost else LineState.LIVE
            if now_state is not state:
                state = now_state
                note = health.note if health.lost else ""
                tell(Line(state=state, at=self._clock.now(), note=note))
            if behind and not health.lost:
                behind = False
                await self._catch_up(gateway, line, numbers, tell)
            news = News(numbers)
            for kind, values in await line.heard():
                if kind == "error":
                    was_lost = health.lost
                    if values[0] < 0:
                        health.hear(values[1], values[2])
                    behind = behind or (was_lost and not health.lost)
                else:
                    self._hear(news, kind, values)
            self._tell_news(news, tell)

    async def _catch_up(
        self, gateway: Gateway, line: Listening, numbers: frozenset[str], tell: Tell
    ) -> None:
        """Compare executions and orders with those known; holdings follow by themselves."""
        new: list[Execution] = []
        with suppress(BrokerRefusedError):  # what it will not tell cannot be missed
            new = self._known.fills.since((await gateway.executions("")).of("execution"))
            new = [one for one in new if one[0] in numbers]
        changed: set[str] = set()
        with suppress(BrokerRefusedError):  # “Read-Only API”
            changed = self._known.book.since(await gateway.open_orders())
        orders = await self._orders_of(gateway, new) if new else {}
        for account in sorted((changed | {one[0] for one in new}) & numbers):
            mine = [one for one in new if one[0] == account]
            self._tell_missed(account, mine, orders, tell)
        self._known.holdings.begin(explained={one[0] for one in new})
        line.wire.reqPositions()

    def _tell_missed(
        self, account: str, fills: list[Execution], orders: dict[int, Order], tell: Tell
    ) -> None:
        """What happened in an account while nobody listened: each order that was filled once."""
        now, told = self._clock.now(), False
        for perm in dict.fromkeys(perm for _, _, perm in fills):
            times = [time for _, time, one in fills if one == perm and time is not None]
            if perm not in orders:
                continue
            told = True
            tell(
                AccountMoved(
                    account=self._id(account),
                    at=max(times, default=now),
                    order=orders[perm],
                    filled=True,
                    recovered=True,
                )
            )
        if not told or any(perm not in orders for _, _, perm in fills):
            last = max((time for _, time, _ in fills if time is not None), default=now)
            tell(
                AccountMoved(account=self._id(account), at=last, filled=bool(fills), recovered=True)
            )

    async def _orders_of(self, gateway: Gateway, fills: list[Execution]) -> dict[int, Order]:
        """The orders of these executions, as far as TWS still tells of them: by their numbers."""
        found: dict[int, Order] = {}
        wanted = {perm for _, _, perm in fills if perm > 0}
        for perm in wanted:
            key = self._known.book.key_of(-1, 0, perm)
            if key is not None and (account := self._known.book.account_of(key)):
                order = self._order(key, account)
                if order is not None:
                    found[perm] = order
        if wanted <= set(found):
            return found
        with suppress(BrokerRefusedError):
            done = await gateway.completed_orders()
            named = await self._names.of(gateway, contracts(done))
            for number in sorted({account for account, _, _ in fills}):
                span = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
                batch = completed_orders(done, self._id(number), number, span, named)
                for order in batch.items:
                    if order.id.isdecimal() and int(order.id) in wanted:
                        found.setdefault(int(order.id), order)
        return found

    # -- what is said -------------------------------------------------------------------------
    def _hear(self, news: News, kind: str, values: tuple[Any, ...]) -> None:
        known = self._known
        if kind == "order":
            news.order(known.book.order(*values))
        elif kind == "status":
            news.order(known.book.status(values))
            if known.book.account(values) is None:
                news.unknown = True
        elif kind == "execution":
            _, execution = values
            if known.fills.add(execution.execId):
                news.fill(execution.acctNumber, moment(execution.time))
                key = known.book.key_of(execution.clientId, execution.orderId, execution.permId)
                if key is not None:
                    news.order((key, True))
        elif kind == "position":
            account, contract, units = values
            if known.holdings.told(account, contract, units):
                news.fill(account, None)
        elif kind == "positions_end":
            for account in known.holdings.end():
                news.missed(account)

    def _tell_news(self, news: News, tell: Tell) -> None:
        """Each order that changed once, however often it was told; a fill with it, if there is."""
        now = self._clock.now()
        told: set[str] = set()
        for key, filled in news.orders.items():
            account = self._known.book.account_of(key)
            if account is None or account not in news.numbers:
                continue
            at = (news.fills.get(account) if filled else None) or now
            order = self._order(key, account)
            if filled:
                told.add(account)
            tell(AccountMoved(account=self._id(account), at=at, order=order, filled=filled))
        for account, time in news.fills.items():
            if account not in told:
                tell(AccountMoved(account=self._id(account), at=time or now, filled=True))
        for account in news.recovered:
            tell(AccountMoved(account=self._id(account), at=now, filled=True, recovered=True))
        if news.unknown:
            tell(AccountMoved(account=None, at=now))

    def _order(self, key: OrderKey, account: str) -> Order | None:
        """The order as told; None when it cannot be read, which reading all of them will show."""
        contract, order, state, status = self._known.book.told(key)
        try:
            return one_order(contract, order, state, status, self._id(account), self._names.known)
        except ValueError:
            return None

    def _id(self, number: str) -> AccountId:
        return account_id(BROKER_ID, self._environment.value, number)
