"""The Orders page's list over the services; rows are made where the orders are read."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from brokerdesk.domain.ids import AccountId
from brokerdesk.services.orders_list import orders
from brokerdesk.tasks import Policy
from brokerdesk.ui.viewmodels.order_rows import OrderRow, row_of
from brokerdesk.ui.viewmodels.orders import OrdersQuery

if TYPE_CHECKING:
    from brokerdesk.services.container import Services
    from brokerdesk.ui.viewmodels.desk import Desk


class OrdersGateway:
    """``OrdersPort`` over the desk. Of several questions only the newest is answered."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def load(
        self,
        query: OrdersQuery,
        done: Callable[[tuple[OrderRow, ...]], object],
        failed: Callable[[BaseException], object],
    ) -> None:
        """The orders of a query, the newest first."""
        titles = dict(query.accounts)
        keys = [AccountId(key) for key in titles]

        async def work(services: Services) -> tuple[OrderRow, ...]:
            found = await orders(
                services.database, keys, query.since, every_source=query.every_source
            )
            return tuple(row_of(one, titles) for one in found)

        self._desk.run("orders:load", work, done, failed, policy=Policy.NEWEST_WINS)
