"""Which orders a cancel of all concerns: what can be asked for, each through one connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.intent import IntentKind
from brokerdesk.errors import InputError
from brokerdesk.services.opening import Specs
from brokerdesk.services.orders_list import shown_orders

if TYPE_CHECKING:
    from brokerdesk.db.journal.store import Journal
    from brokerdesk.db.records import StoredAccount
    from brokerdesk.db.unit_of_work import UnitOfWork


def accounts_to_clear(
    uow: UnitOfWork, specs: Specs, account: AccountId | None
) -> dict[AccountId, frozenset[str]]:
    """Accounts that may be told to cancel, each with the ids of its orders that are not its to ask
    for: another connection lists them as well and is the one that counts.
    """
    brokers = {one.id: one.broker for one in uow.connections.list()}
    shown = shown_orders(uow)
    found = {}
    for stored in uow.accounts.list():
        key = stored.account.id
        broker = brokers.get(stored.connection) if stored.connection is not None else None
        if broker is None or account not in (None, key) or not _may(stored, specs, broker):
            continue
        orders = uow.orders.list(key)
        found[key] = frozenset(one.id for one in orders if not shown.at(key, one.entered_at))
    return found


async def open_cancels(journal: Journal | None) -> frozenset[tuple[AccountId, str]]:
    """Orders whose cancel is on its way, or of unknown fate."""
    unsettled = () if journal is None else await journal.unsettled()
    return frozenset(
        (one.account, one.order_id) for one in unsettled if one.kind is IntentKind.CANCEL
    )


def _may(stored: StoredAccount, specs: Specs, broker: str) -> bool:
    try:
        able = specs(broker).capabilities.trading
    except InputError:  # of a version that knows more brokers
        return False
    return able and not stored.account.flags.read_only
