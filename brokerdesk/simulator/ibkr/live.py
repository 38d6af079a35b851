"""What a connection is told unasked: ticks of what it subscribed, and what happens in the accounts.

Everything is derived from the market and the accounts as of a moment, so a round tells what has
changed since the last one. Orders and executions of others are told only to the master client, as
a switch says ours is; changed holdings are told to whoever asked for holdings.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from brokerdesk.simulator.exchange.orders import Status
from brokerdesk.simulator.ibkr import executions, orders, portfolio, quotes
from brokerdesk.simulator.ibkr.contracts import Contract, contract
from brokerdesk.simulator.ibkr.frames import Message, message
from brokerdesk.simulator.ibkr.state import IbkrState


class Live:
    """One connection's subscriptions."""

    def __init__(self, state: IbkrState) -> None:
        self._state = state
        self._lines: dict[str, tuple[Contract, list[Message]]] = {}
        self._positions: dict[tuple[str, str], Message] | None = None
        self._since = state.now()
        self._orders: dict[int, tuple[Message, ...]] = {}

    @property
    def busy(self) -> bool:
        """Whether there is anything to tell this connection about."""
        return bool(self._lines) or self._positions is not None

    @property
    def lines(self) -> Mapping[str, tuple[Contract, list[Message]]]:
        """Market data lines and what was told on them last, by the numbers of their requests."""
        return self._lines

    def open_line(self, request: str, found: Contract, first: list[Message]) -> None:
        self._lines[request] = (found, first)

    def close_line(self, request: str) -> None:
        self._lines.pop(request, None)

    def forget_lines(self) -> None:
        """As after 1101: what was subscribed is gone."""
        self._lines.clear()

    def follow_accounts(self) -> None:
        """From now on, changes of holdings, orders and executions are told."""
        now = self._state.now()
        self._since = now
        self._positions = self._held(now)
        self._orders = self._book(now)

    def leave_accounts(self) -> None:
        self._positions = None

    def round(self) -> list[Message]:
        """What has changed since the last round."""
        now = self._state.now()
        return [*self._ticks(now), *self._accounts(now)]

    def _ticks(self, now: datetime) -> list[Message]:
        kind = self._state.switches.market_data
        if kind not in ("live", "delayed"):
            return []
        shown = quotes.LIVE if kind == "live" else quotes.DELAYED
        found: list[Message] = []
        for request, (known, before) in list(self._lines.items()):
            halted = known.source in self._state.floor.knobs.halted
            market = self._state.exchange.market
            told = quotes.ticks(request, known, market, now, shown, halted=halted)
            found += [one for one in told if one not in before]
            self._lines[request] = (known, told)
        return found

    def _accounts(self, now: datetime) -> list[Message]:
        if self._positions is None:
            return []
        found: list[Message] = []
        if self._state.switches.master_client:
            for account in self._state.exchange.accounts:
                number = self._state.number(account)
                for event in executions.trades(account, self._since, now):
                    if event.at > self._since:
                        own = self._state.own_order(event.order)
                        found += executions.messages("-1", number, event, order=own)
            book = self._book(now)
            for order, told in book.items():
                if self._orders.get(order) != told:
                    found += told
                    found += self._ended(order)
            self._orders = book
        held = self._held(now)
        for key, row in held.items():
            if self._positions.get(key, ("",) * 15)[14] != row[14]:
                found.append(row)
        for key, row in self._positions.items():
            if key not in held:
                found.append((*row[:14], "0", "0.0"))
        self._positions, self._since = held, now
        return found

    def _ended(self, number: int) -> list[Message]:
        """What is said besides when an order of a client was cancelled or rejected."""
        order = self._state.own_order(number)
        if order is None or "order_id" not in order.words:
            return []
        state, order_id = order.words["state"], order.words["order_id"]
        if state in ("canceled", "expired"):
            return [message(4, 2, order_id, 202, "Order Canceled - reason:", "")]
        if state == "rejected":
            return [message(4, 2, order_id, 201, f"Order rejected - reason:{order.reason}", "")]
        return []

    def _held(self, now: datetime) -> dict[tuple[str, str], Message]:
        found = {}
        plain = self._state.switches.plain_option_cost
        for account in self._state.exchange.accounts:
            number = self._state.number(account)
            valued = account.value_at(now)
            for held in valued.positions:
                self._state.directory.learn(contract(held.symbol))
            for row in portfolio.position_messages(number, valued, plain_options=plain):
                found[number, row[3]] = row
        return found

    def _book(self, now: datetime) -> dict[int, tuple[Message, ...]]:
        """Messages 5 and 3 of the orders that are in the book or have left it a moment ago."""
        found: dict[int, tuple[Message, ...]] = {}
        for account in self._state.exchange.accounts:
            number = self._state.number(account)
            for order in account.orders(now - orders.OLDEST_ORDER, now):
                if order.status(now) is Status.WORKING or order.ends >= self._since:
                    self._state.directory.learn(contract(order.symbol))
                    found[order.number] = tuple(orders.open_messages(order, number, now))
        return found
