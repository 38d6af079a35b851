"""Bring the stored list of accounts in line with what a broker lists now.

Works inside one transaction. An account that is new is offered, one that is gone is marked closed
and stays readable. Nothing is closed on the word of one answer: a list that is empty or partly
unread closes nothing, and a list that leaves an account out has to do so for a day, because until
then it may be a bad answer and the account's money belongs to the total.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from brokerdesk.domain.account import Account
from brokerdesk.domain.exact import utc
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.reading import Batch
from brokerdesk.facts import dataclass

if TYPE_CHECKING:
    from brokerdesk.db.records import StoredAccount
    from brokerdesk.db.unit_of_work import UnitOfWork


CLOSED_AFTER = timedelta(days=1)
"""For how long a broker's lists must leave an account out before it counts as closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """``included`` are to be read; ``offered`` await the user's word; ``closed`` went just now.

    ``missing`` are included accounts that this list left out and that are not closed yet.
    ``vanished`` is True when the broker listed nothing where it listed accounts before.
    """

    included: tuple[StoredAccount, ...]
    offered: tuple[AccountId, ...]
    closed: tuple[AccountId, ...] = ()
    missing: tuple[StoredAccount, ...] = ()
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
        if known is not None and known.connection not in (None, connection) and not known.closed_at:
            continue  # it is read through another connection; two would store it twice
        seen.add(account.id)
        changed = changed or known is None or known.account != account or bool(known.closed_at)
        uow.accounts.save(connection, account)
        _note_listed(uow, account.id)
    # An unread record may be the very account that seems to be missing.
    absent = tuple(sorted(open_before - seen)) if not listed.unread else ()
    gone = tuple(account_id for account_id in absent if _left_out_for_long(uow, account_id, now))
    for account_id in gone:
        uow.accounts.close(account_id, now)
        _note_listed(uow, account_id)
    after = [stored for stored in uow.accounts.list(connection) if stored.account.id in seen]
    return Listing(
        included=tuple(stored for stored in after if stored.included),
        offered=tuple(stored.account.id for stored in after if stored.included is None),
        closed=gone,
        missing=tuple(before[one] for one in absent if one not in gone and before[one].included),
        changed=changed or bool(gone),
    )


def _left_out_for_long(uow: UnitOfWork, account: AccountId, now: datetime) -> bool:
    """Whether earlier lists left the account out too; the first that did is remembered."""
    since = uow.meta.get(_key(account))
    if since:
        return now - utc(datetime.fromisoformat(since)) >= CLOSED_AFTER
    uow.meta.set(_key(account), now.isoformat())
    return False


def _note_listed(uow: UnitOfWork, account: AccountId) -> None:
    if uow.meta.get(_key(account)):
        uow.meta.set(_key(account), "")


def _key(account: AccountId) -> str:
    return f"unlisted_since:{account}"


def label(stored: StoredAccount) -> str:
    """How an account is named in a sentence: the nickname or name, and the last four digits."""
    name, mask = stored.nickname or stored.account.name, stored.account.number_mask
    return name if name.endswith(mask) else f"{name} {mask}".strip()
