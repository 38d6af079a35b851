"""Bring the stored list of accounts in line with what a broker lists now.

Works inside one transaction. An account that is new is offered, one that is gone is marked closed
and stays readable, and nothing is closed on the word of an answer that was empty or partly unread.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from brokerdesk.domain.account import Account
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.reading import Batch

if TYPE_CHECKING:
    from brokerdesk.db.records import StoredAccount
    from brokerdesk.db.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """``included`` are to be read; ``offered`` await the user's word; ``closed`` went just now.

    ``vanished`` is True when the broker listed nothing where it listed accounts before.
    """

    included: tuple[StoredAccount, ...]
    offered: tuple[AccountId, ...]
    closed: tuple[AccountId, ...] = ()
    changed: bool = False
    vanished: bool = False


def reconcile(
    uow: UnitOfWork, connection: ConnectionId, listed: Batch[Account], now: datetime
) -> Listing:
    """Store what ``listed`` says about this connection's accounts."""
    before = {stored.account.id: stored for stored in uow.accounts.list(connection)}
    open_before = {key for key, stored in before.items() if stored.closed_at is None}
    if not listed.items and open_before:
        return Listing(included=(), offered=(), vanished=True)
    seen: set[AccountId] = set()
    changed = False
    for account in listed:
        known = uow.accounts.get(account.id)
        if known is not None and known.connection not in (None, connection):
            continue  # it is read through another connection; two would store it twice
        seen.add(account.id)
        changed = changed or known is None or known.account != account or bool(known.closed_at)
        uow.accounts.save(connection, account)
    # An unread record may be the very account that seems to be missing.
    gone = tuple(sorted(open_before - seen)) if not listed.unread else ()
    for account_id in gone:
        uow.accounts.close(account_id, now)
    after = [stored for stored in uow.accounts.list(connection) if stored.account.id in seen]
    return Listing(
        included=tuple(stored for stored in after if stored.included),
        offered=tuple(stored.account.id for stored in after if stored.included is None),
        closed=gone,
        changed=changed or bool(gone),
    )


def label(stored: StoredAccount) -> str:
    """How an account is named in a sentence: the nickname or name, and the last four digits."""
    name = stored.nickname or stored.account.name
    return f"{name} {stored.account.number_mask}".strip()
