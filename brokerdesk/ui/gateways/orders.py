"""The Orders page over the services: the ledger and one order's fills, and what is done to orders.

Rows are made where the orders are read. Without a journal the orders that brokers reported are
still listed, and it is said that they are all there is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import OrderSide, TransactionType
from brokerdesk.errors import BrokerDeskError
from brokerdesk.services.orders_list import orders
from brokerdesk.tasks import Policy
from brokerdesk.ui.browser import open_in_browser
from brokerdesk.ui.start import broker_titles
from brokerdesk.ui.viewmodels.ledger_rows import ledger_row
from brokerdesk.ui.viewmodels.order_deeds import Outcome, outcome_of
from brokerdesk.ui.viewmodels.order_detail import Fill, Request
from brokerdesk.ui.viewmodels.order_rows import OrderRow, row_of
from brokerdesk.ui.viewmodels.orders import OrdersFound, OrdersQuery

if TYPE_CHECKING:
    from brokerdesk.db.unit_of_work import UnitOfWork
    from brokerdesk.services.container import Services
    from brokerdesk.ui.viewmodels.desk import Desk

Failed = Callable[[BaseException], object]


class OrdersGateway:
    """``OrdersPort`` and ``DeedsPort`` over the desk. Of several readings the newest is answered;
    what is done to orders is never taken back.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    # reading

    def load(
        self, query: OrdersQuery, done: Callable[[OrdersFound], object], failed: Failed
    ) -> None:
        """The orders of a query, the newest first."""
        self._load("orders:load", query, done, failed)

    def working(
        self, accounts: tuple[tuple[str, str], ...], done: Callable[[OrdersFound], object],
        failed: Failed,
    ) -> None:  # fmt: skip
        """The orders of all these accounts that can be cancelled now."""
        query = OrdersQuery(accounts=accounts, since=self._desk.clock())
        self._load("orders:working", query, done, failed)

    def _load(
        self, name: str, query: OrdersQuery, done: Callable[[OrdersFound], object], failed: Failed
    ) -> None:
        titles = dict(query.accounts)
        rows = (*self._desk.figures.accounts, *self._desk.state.everyone)
        modes = {row.key: row.environment for row in rows}

        async def work(services: Services) -> OrdersFound:
            return await _found(services, query, titles, modes)

        self._desk.run(name, work, done, failed, policy=Policy.NEWEST_WINS)

    def fills(
        self, account: str, number: str, done: Callable[[tuple[Fill, ...]], object], failed: Failed
    ) -> None:
        """The booked executions of an order, the oldest first."""

        def read(uow: UnitOfWork) -> tuple[Fill, ...]:
            return tuple(
                Fill(time=one.time, quantity=one.quantity, price=one.price, fees=one.fees,
                     amount=one.amount, currency=one.currency)
                for one in reversed(uow.transactions.naming([AccountId(account)], number))
                if one.order_id == number and one.type is TransactionType.TRADE
            )  # fmt: skip

        async def work(services: Services) -> tuple[Fill, ...]:
            return await services.database.read(read)

        self._desk.run("orders:fills", work, done, failed, policy=Policy.NEWEST_WINS)

    def request(self, intent: str, done: Callable[[Request], object], failed: Failed) -> None:
        """What went out and what came back, without what is nobody's business."""

        async def work(services: Services) -> Request:
            fields, answer = await services.trading.request_of(intent)
            return Request(
                intent=intent,
                fields=tuple((one.name, one.value, one.words) for one in fields),
                answer=answer,
            )

        self._desk.run("orders:request", work, done, failed, policy=Policy.NEWEST_WINS)

    def attend(self, on: bool) -> None:
        """The page is seen, or no longer."""

        async def work(services: Services) -> None:
            services.trading.attend("orders", on)

        self._desk.run("orders:attend", work, None, _quiet)

    # doing

    def cancel(
        self, account: str, number: str, click: str, done: Callable[[Outcome], object],
        failed: Failed,
    ) -> None:  # fmt: skip
        """Ask the broker to cancel an order; the same click twice asks once."""

        async def work(services: Services) -> Outcome:
            return outcome_of(await services.trading.cancel(AccountId(account), number, click))

        self._desk.run(f"orders:cancel:{click}", work, done, failed)

    def cancel_all(
        self, account: str, way: str, click: str, done: Callable[[tuple[Outcome, ...]], object],
        failed: Failed,
    ) -> None:  # fmt: skip
        """Ask for all orders to be cancelled: of one account or all (""), buys, sells or both."""
        side = {"buy": OrderSide.BUY, "sell": OrderSide.SELL}.get(way)

        async def work(services: Services) -> tuple[Outcome, ...]:
            which = AccountId(account) if account else None
            return tuple(map(outcome_of, await services.trading.cancel_all(which, side, click)))

        self._desk.run(f"orders:cancel:{click}", work, done, failed)

    def check(self, intent: str, done: Callable[[None], object], failed: Failed) -> None:
        """Look for an order of unknown fate at once."""

        async def work(services: Services) -> None:
            await services.trading.check_now(intent)

        self._desk.run("orders:check", work, done, failed, policy=Policy.SKIP_IF_RUNNING)

    def absent(self, intent: str, done: Callable[[None], object], failed: Failed) -> None:
        """The user has looked: it is not at the broker."""

        async def work(services: Services) -> None:
            await services.trading.confirm_absent(intent)

        self._desk.run("orders:absent", work, done, failed, policy=Policy.SKIP_IF_RUNNING)

    def choose(
        self, intent: str, number: str, done: Callable[[None], object], failed: Failed
    ) -> None:
        """The user says which order it is."""

        async def work(services: Services) -> None:
            await services.trading.choose(intent, number)

        self._desk.run("orders:choose", work, done, failed, policy=Policy.SKIP_IF_RUNNING)

    def set_aside(
        self, intent: str, numbers: tuple[str, ...], done: Callable[[None], object],
        failed: Failed,
    ) -> None:  # fmt: skip
        """The user says that none of these orders is it."""

        async def work(services: Services) -> None:
            await services.trading.set_aside(intent, numbers)

        self._desk.run("orders:aside", work, done, failed, policy=Policy.SKIP_IF_RUNNING)

    def answer(
        self, intent: str, agreed: bool, done: Callable[[Outcome], object], failed: Failed
    ) -> None:
        """The user's answer to the broker's questions."""

        async def work(services: Services) -> Outcome:
            return outcome_of(await services.trading.answer(intent, agreed=agreed))

        self._desk.run(f"orders:answer:{intent}", work, done, failed,
                       policy=Policy.SKIP_IF_RUNNING)  # fmt: skip

    def open_site(self, url: str, done: Callable[[bool], object], failed: Failed) -> None:
        """Open the broker's own page of orders in the browser."""

        async def work(_services: Services) -> bool:
            return await open_in_browser(url)

        self._desk.run("orders:site", work, done, failed, policy=Policy.SKIP_IF_RUNNING)


def _quiet(_error: BaseException) -> None:
    """Orders are asked for more seldom then; nothing else depends on it."""


async def _found(
    services: Services, query: OrdersQuery, titles: Mapping[str, str], modes: Mapping[str, str]
) -> OrdersFound:
    keys = [AccountId(key) for key in titles]
    trouble = services.trading.state().failure
    try:
        ledger = await services.trading.ledger(keys, query.since)
    except BrokerDeskError as error:
        trouble, ledger = trouble or error.sentences(), ()
        others = await orders(services.database, keys, query.since, every_source=query.every_source)
    else:
        others = ()
        if query.every_source:
            others = await orders(services.database, keys, query.since, every_source=True)
    brokers = broker_titles()
    rows = [ledger_row(one, titles, brokers) for one in ledger]
    known = {(row.account, row.number) for row in rows}
    rows += [
        _bare(row_of(one, titles, modes), _LEFT_OUT)
        for one in others
        if (one.account, one.id) not in known
    ]
    if trouble:
        rows = [_bare(row, _NO_JOURNAL) for row in rows]
    return OrdersFound(rows=tuple(rows), trouble=trouble)


_NO_JOURNAL = "The order journal cannot be used, so nothing can be sent."
_LEFT_OUT = "Its account is counted through another connection. Change the order there."


def _bare(row: OrderRow, why: str) -> OrderRow:
    """An order to which nothing can be done here."""
    return replace(row, cannot_cancel=why, cannot_replace=why)
