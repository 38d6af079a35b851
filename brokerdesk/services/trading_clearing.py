"""Which orders a cancel of all concerns: what can be asked for, each through one connection."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Coroutine, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.intent import IntentKind
from brokerdesk.errors import InputError
from brokerdesk.services.ledger_moments import keeps_from_asking
from brokerdesk.services.opening import Specs
from brokerdesk.services.orders_list import shown_orders

if TYPE_CHECKING:
    from brokerdesk.db.journal.store import Journal
    from brokerdesk.db.records import StoredAccount
    from brokerdesk.db.unit_of_work import UnitOfWork


T = TypeVar("T")
Hidden = dict[AccountId, frozenset[str]]
"""By account the ids of orders that are not its to ask for: another connection lists them as well
and is the one that counts."""


def accounts_to_clear(
    uow: UnitOfWork, specs: Specs, account: AccountId | None
) -> dict[ConnectionId, Hidden]:
    """Accounts that may be told to cancel, by connection."""
    brokers = {one.id: one.broker for one in uow.connections.list()}
    shown = shown_orders(uow)
    found: defaultdict[ConnectionId, Hidden] = defaultdict(dict)
    for stored in uow.accounts.list():
        key, connection = stored.account.id, stored.connection
        broker = brokers.get(connection) if connection is not None else None
        if connection is None or broker is None or account not in (None, key):
            continue
        if not _may(stored, specs, broker):
            continue
        orders = uow.orders.list(key)
        hidden = frozenset(one.id for one in orders if not shown.at(key, one.entered_at))
        found[connection][key] = hidden
    return found


async def open_cancels(journal: Journal | None, now: datetime) -> frozenset[tuple[AccountId, str]]:
    """Orders whose cancel is on its way, or of unknown fate since a moment."""
    unsettled = () if journal is None else await journal.unsettled()
    return frozenset(
        (one.account, one.order_id)
        for one in unsettled
        if one.kind is IntentKind.CANCEL and keeps_from_asking(one, now)
    )


async def together(works: Iterable[Coroutine[Any, Any, T]]) -> tuple[T, ...]:
    """Side by side, each to its end; what went wrong in one stops no other, and is raised then."""
    found = await asyncio.gather(*works, return_exceptions=True)
    for one in found:
        if isinstance(one, BaseException):
            raise one
    return tuple(one for one in found if not isinstance(one, BaseException))


def _may(stored: StoredAccount, specs: Specs, broker: str) -> bool:
    try:
        able = specs(broker).capabilities.trading
    except InputError:  # of a version that knows more brokers
        return False
    return able and not stored.account.flags.read_only
