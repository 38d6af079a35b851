"""Everything that is known of one account, now or as it stood at a moment. Never asks a broker.

Frozen facts for whoever shows them: what the broker lists, every figure it gave, what could not be
read, what is held back, and how its total comes about.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from brokerdesk.domain.account import Account
from brokerdesk.domain.balance import Balance
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.kinds import ConnectionState
from brokerdesk.domain.position import Position
from brokerdesk.domain.reading import Reading, Snapshot, Unread
from brokerdesk.domain.transaction import Transaction
from brokerdesk.services.account_sums import AccountSum, account_sums

if TYPE_CHECKING:
    from brokerdesk.db.engine import Database
    from brokerdesk.db.records import Held, StoredAccount
    from brokerdesk.db.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountCard:
    """An account as it is listed: what the broker says, and the user's word about it.

    ``included`` None: the user has not been asked yet. ``connection`` None: it was removed and the
    history kept.
    """

    account: Account
    nickname: str
    connection: ConnectionId | None
    connection_name: str
    state: ConnectionState | None
    state_text: str
    included: bool | None
    closed_at: datetime | None
    first_seen: datetime
    last_seen: datetime

    @property
    def id(self) -> AccountId:
        return self.account.id


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBack:
    """A newer answer that looks wrong and waits for the user's word.

    ``readable`` False: its bytes are damaged, so it can only be dropped.
    """

    at: datetime
    reason: str
    readable: bool
    value: Decimal | None = None
    currency: str = ""
    positions: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDetail:
    """One account with its last good figures up to the moment asked for.

    ``as_of`` is the source's own time, ``fetched_at`` when the figures were last confirmed; both
    None when nothing was ever read. ``damaged``: the stored figures fail their checksum.
    """

    card: AccountCard
    as_of: datetime | None
    fetched_at: datetime | None
    damaged: bool
    balances: tuple[Balance, ...]
    positions: tuple[Position, ...]
    unread: tuple[Unread, ...]
    held: HeldBack | None
    sums: tuple[AccountSum, ...]


async def other_cards(database: Database) -> tuple[AccountCard, ...]:
    """The accounts that are not read: left out by the user, or not decided on yet."""

    def work(uow: UnitOfWork) -> tuple[AccountCard, ...]:
        return tuple(_card(uow, one) for one in uow.accounts.list() if not one.included)

    return await database.read(work)


async def account_detail(
    database: Database, account: AccountId, as_of: datetime | None = None
) -> AccountDetail | None:
    """All about one account; None when there is no such account."""
    return await database.read(lambda uow: read_detail(uow, account, as_of))


async def account_transactions(
    database: Database,
    account: AccountId,
    since: datetime | None = None,
    until: datetime | None = None,
) -> tuple[Transaction, ...]:
    """What happened in the account, newest first."""
    return await database.read(lambda uow: uow.transactions.list(account, since, until))


async def rename_account(database: Database, account: AccountId, nickname: str) -> None:
    """Give the account another nickname; "" returns to the broker's name.

    Raises:
        StorageError: the account no longer exists.
    """
    await database.run(lambda uow: uow.accounts.rename(account, " ".join(nickname.split())))


def read_detail(
    uow: UnitOfWork, account: AccountId, as_of: datetime | None = None
) -> AccountDetail | None:
    """All about one account, inside a transaction of the caller's."""
    stored = uow.accounts.get(account)
    if stored is None:
        return None
    snapshot = (
        uow.snapshots.latest(account) if as_of is None else uow.snapshots.as_of(account, as_of)
    )
    reading = snapshot.reading if snapshot is not None else None
    own, confirmed = _times(snapshot, as_of)
    held = uow.snapshots.held(account) if as_of is None else ()
    damaged = snapshot is not None and snapshot.damaged
    return AccountDetail(
        card=_card(uow, stored, as_of),
        as_of=own,
        fetched_at=confirmed,
        damaged=damaged,
        balances=reading.balances if reading is not None else (),
        positions=reading.positions if reading is not None else (),
        unread=reading.unread if reading is not None else (),
        held=_held(held[0]) if held else None,
        sums=_sums(reading) if not damaged else (),
    )


def _card(uow: UnitOfWork, stored: StoredAccount, as_of: datetime | None = None) -> AccountCard:
    connection = uow.connections.get(stored.connection) if stored.connection else None
    closed_at = stored.closed_at
    if closed_at is not None and as_of is not None and closed_at > as_of:
        closed_at = None
    return AccountCard(
        account=stored.account,
        nickname=stored.nickname,
        connection=stored.connection,
        connection_name=connection.name if connection is not None else "",
        state=connection.state if connection is not None else None,
        state_text=connection.state_text if connection is not None else "",
        included=stored.included,
        closed_at=closed_at,
        first_seen=stored.first_seen,
        last_seen=stored.last_seen,
    )


def _held(one: Held) -> HeldBack:
    reading = one.reading
    if reading is None:
        return HeldBack(at=one.at, reason=one.reason, readable=False)
    return HeldBack(
        at=one.at,
        reason=one.reason,
        readable=True,
        value=reading.balances[0].net_liquidation,
        currency=reading.balances[0].currency,
        positions=len(reading.positions),
    )


def _sums(reading: Reading | None) -> tuple[AccountSum, ...]:
    if reading is None:
        return ()
    return account_sums(reading.balances, reading.positions, unread=len(reading.unread))


def _times(
    snapshot: Snapshot | None, as_of: datetime | None
) -> tuple[datetime | None, datetime | None]:
    """As in the portfolio: without a time of the source's own, the last confirmation is "as of"."""
    if snapshot is None:
        return None, None
    fetched = snapshot.valid_until if as_of is None else min(snapshot.valid_until, as_of)
    return (fetched if snapshot.as_of == snapshot.fetched_at else snapshot.as_of), fetched
