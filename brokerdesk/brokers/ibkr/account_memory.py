"""What is known of executions, orders and holdings, so that only what is new is news.

TWS repeats itself: statuses come twice, executions again after a reconnect, holdings with every
change of an average cost.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from brokerdesk.brokers.ibkr.answers import Question
from brokerdesk.brokers.ibkr.border import needed
from brokerdesk.brokers.ibkr.mapping import moment
from brokerdesk.brokers.ibkr.orders import OrderKey, order_key

Change = tuple[OrderKey, bool]
"""Which order changed, and whether by a fill."""
Execution = tuple[str, datetime | None, int]
"""Whose account it was in, when, and the permanent number of its order."""
_NONE = Decimal(0)
MOST_KEPT = 20_000
"""More executions or orders than a week has; beyond it the oldest are forgotten."""


class Fills:
    """Executions by their ids."""

    def __init__(self) -> None:
        self._known: dict[str, None] = {}
        self._read = False

    def since(self, rows: Iterable[tuple[Any, ...]]) -> list[Execution]:
        """Those that are new; nothing is, the first time."""
        new = [
            (execution.acctNumber, moment(execution.time), execution.permId)
            for _, execution in rows
            if self.add(execution.execId)
        ]
        was_read, self._read = self._read, True
        return new if was_read else []

    def add(self, identity: str) -> bool:
        """Whether this one is new; it is not, from now on."""
        if identity in self._known:
            return False
        self._known[identity] = None
        if len(self._known) > MOST_KEPT:
            del self._known[next(iter(self._known))]
        return True


class Holdings:
    """Units by account and contract."""

    def __init__(self) -> None:
        self._units: dict[tuple[str, int, str], Decimal] = {}
        self._coming: dict[tuple[str, int, str], Decimal] | None = None
        self._explained: set[str] = set()
        self._read = False

    def begin(self, *, explained: set[str]) -> None:
        """All of them are about to be told. Changes in these accounts were told already."""
        self._coming, self._explained = {}, explained

    def told(self, account: str, contract: Any, number: Any) -> bool:
        """Whether this is a change; not while all of them are being told."""
        key = (account, contract.conId, contract.localSymbol or contract.symbol)
        try:
            units = needed(number)
        except ValueError:
            return False
        if self._coming is not None:
            self._coming[key] = units
            return False
        if self._units.get(key, _NONE) == units:
            return False
        self._units[key] = units
        return True

    def end(self) -> list[str]:
        """All were told: the accounts that differ from what was known before."""
        coming, self._coming = self._coming, None
        if coming is None:
            return []
        before, self._units = self._units, coming
        was_read, self._read = self._read, True
        changed = {
            key[0] for key in {*before, *coming} if before.get(key, _NONE) != coming.get(key, _NONE)
        }
        return sorted(changed - self._explained) if was_read else []


class Book:
    """Orders in the book with their newest status."""

    def __init__(self) -> None:
        self._orders: dict[OrderKey, tuple[Any, Any, Any]] = {}
        self._status: dict[OrderKey, tuple[Any, ...]] = {}
        self._signs: dict[OrderKey, tuple[Any, ...]] = {}
        self._read = False

    def since(self, question: Question) -> set[str]:
        """Accounts whose open orders differ from those known; none do, the first time."""
        before = {key: self._signs[key] for key in self._signs if self._open(key)}
        accounts = {key: self.account_of(key) for key in before}
        self._orders.clear()
        self._status.clear()
        self._signs.clear()
        for values in question.of("order"):
            self.order(*values)
        for values in question.of("status"):
            self.status(values)
        accounts.update({key: self.account_of(key) for key in self._signs})
        changed = {
            accounts[key]
            for key in {*before, *self._signs}
            if before.get(key) != self._signs.get(key)
        }
        was_read, self._read = self._read, True
        return {account for account in changed if account} if was_read else set()

    def order(self, contract: Any, order: Any, state: Any) -> Change | None:
        """Message 5; what it changed, if anything."""
        if order.whatIf:
            return None
        key = order_key(order.clientId, order.orderId, order.permId)
        self._orders[key] = (contract, order, state)
        while len(self._orders) > MOST_KEPT:
            oldest = next(iter(self._orders))
            for kept in (self._orders, self._status, self._signs):
                kept.pop(oldest, None)
        return self._changed(key)

    def status(self, values: tuple[Any, ...]) -> Change | None:
        """Message 3; what it changed, if anything, of an order that is known."""
        key = order_key(values[8], values[0], values[5])
        if key not in self._orders:
            return None
        self._status[key] = values
        return self._changed(key)

    def key_of(self, client: int, order: int, perm: int) -> OrderKey | None:
        """Under what an order is known, by its numbers; None when it is not."""
        key = order_key(client, order, perm)
        if key in self._orders:
            return key
        return next((k for k, (_, one, _) in self._orders.items() if one.permId == perm > 0), None)

    def account(self, values: tuple[Any, ...]) -> str | None:
        """Whose order a message 3 is about."""
        return self.account_of(order_key(values[8], values[0], values[5]))

    def account_of(self, key: OrderKey) -> str | None:
        found = self._orders.get(key)
        return None if found is None else str(found[1].account)

    def told(self, key: OrderKey) -> tuple[Any, Any, Any, tuple[Any, ...] | None]:
        """Contract, order, state and message 3 of an order."""
        return (*self._orders[key], self._status.get(key))

    def _open(self, key: OrderKey) -> bool:
        return self._signs[key][0] not in ("Filled", "Cancelled", "ApiCancelled", "Inactive")

    def _changed(self, key: OrderKey) -> Change | None:
        _, order, state = self._orders[key]
        status = self._status.get(key)
        word = state.status if status is None else status[1]
        filled = None if status is None else repr(status[2])
        wanted = (order.totalQuantity, order.lmtPrice, order.auxPrice, order.tif)
        # As texts: what is no number does not equal itself.
        sign = (word, filled, repr(wanted))
        before = self._signs.get(key)
        if before == sign:
            return None
        self._signs[key] = sign
        was_filled = None if before is None else before[1]
        return key, filled not in (None, was_filled, repr(0.0))


class News:
    """What one look at the line brought."""

    def __init__(self, numbers: frozenset[str]) -> None:
        self.numbers = numbers
        self.orders: dict[OrderKey, bool] = {}
        """Those that changed, and whether by a fill."""
        self.fills: dict[str, datetime | None] = {}
        self.recovered: list[str] = []
        self.unknown = False

    def order(self, change: Change | None) -> None:
        if change is not None:
            key, filled = change
            self.orders[key] = filled or self.orders.get(key, False)

    def fill(self, account: str, time: datetime | None) -> None:
        if account in self.numbers:
            self.fills[account] = time or self.fills.get(account)

    def missed(self, account: str) -> None:
        if account in self.numbers:
            self.recovered.append(account)
