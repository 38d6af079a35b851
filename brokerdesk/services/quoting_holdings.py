"""What is held and priced, and what live prices change accounts by. Read from the newest snapshots.

Only sums leave this module, each with the figure of the broker that it belongs to: whoever shows it
adds it to that figure and to no other.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.kinds import AssetType
from brokerdesk.domain.quote import Quote, QuoteKey
from brokerdesk.facts import dataclass
from brokerdesk.services.amounts import EXACT, ZERO
from brokerdesk.services.live_figures import Base, moved, price_of, time_of
from brokerdesk.services.portfolio_view import times_of
from brokerdesk.services.quoting_rules import Priced
from brokerdesk.services.same_account_sources import sources

if TYPE_CHECKING:
    from brokerdesk.db.records import StoredAccount
    from brokerdesk.db.unit_of_work import UnitOfWork

_UNPRICED = frozenset({AssetType.CASH_EQUIVALENT, AssetType.OTHER, AssetType.UNKNOWN})


Told = tuple[Quote, bool]
"""A quote, and whether it stands still."""


@dataclass(frozen=True, slots=True)
class Part:
    """One position of one account."""

    of: Priced
    base: Base

    @property
    def size(self) -> Decimal:
        return abs(self.base.value) if self.base.value is not None else ZERO


@dataclass(frozen=True, slots=True)
class HeldAccount:
    """An account with its priced positions. ``net`` is its broker's total in ``currency``."""

    account: AccountId
    connection: ConnectionId
    currency: str
    net: Decimal | None
    parts: tuple[Part, ...]
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountMove:
    """What newer prices change an account by, beside its broker's figures.

    ``net`` is the broker's total that ``value`` is added to; ``day`` None: not known. Of ``count``
    positions ``priced`` have a newer price, of which ``stale`` stand still; ``at`` is of when the
    oldest of these prices is.
    """

    account: AccountId
    currency: str
    net: Decimal | None
    value: Decimal
    day: Decimal | None
    priced: int
    stale: int
    count: int
    at: datetime | None


def read_account(
    uow: UnitOfWork, stored: StoredAccount, only: Collection[Priced] | None = None
) -> HeldAccount | None:
    """The account as its newest snapshot has it; None when there is none to go by. ``only``: no
    other parts than of these.
    """
    snapshot = uow.snapshots.latest(stored.account.id)
    if stored.connection is None or snapshot is None or snapshot.damaged:
        return None
    reading = snapshot.reading
    if reading is None:
        return None
    as_of, _ = times_of(snapshot)
    balance = reading.balances[0] if reading.balances else None
    parts = []
    for one in reading.positions:
        instrument = one.instrument
        if instrument.asset_type in _UNPRICED:
            continue
        key = QuoteKey(instrument.symbol, instrument.asset_type, instrument.currency)
        of = Priced(stored.account.environment, key)
        if only is None or of in only:
            base = Base(one.quantity, instrument.multiplier, one.mark, one.market_value, one.day_pl,
                        one.open_pl, as_of)  # fmt: skip
            parts.append(Part(of, base))
    return HeldAccount(
        account=stored.account.id,
        connection=stored.connection,
        currency=balance.currency if balance is not None else stored.account.currency,
        net=balance.net_liquidation if balance is not None else None,
        parts=tuple(parts),
        count=len(reading.positions),
    )


def read_accounts(
    uow: UnitOfWork, only: Collection[Priced] | None = None
) -> dict[AccountId, HeldAccount]:
    """All accounts that count, one after the other: no more than one snapshot is in memory.

    Where there is a price of few things only, ``only`` leaves the parts out that have none: they
    move nothing, and there may be very many of them.
    """
    if only is not None and not only:
        return {}
    found = {}
    left_out = sources(uow).through  # the same account, counted through another connection
    for stored in uow.accounts.list(included_only=True):
        if stored.closed_at is not None or stored.account.id in left_out:
            continue
        held = read_account(uow, stored, only)
        if held is not None:
            found[held.account] = held
        uow.snapshots.forget_many()
    return found


@dataclass(frozen=True, slots=True)
class _Share:
    """What one part adds to its account's move. ``day`` None: its day is known no more."""

    value: Decimal
    day: Decimal | None
    stale: bool
    at: datetime


class _Running:
    """One account's move, kept up part by part: there may be very many of them."""

    __slots__ = ("_shares", "day", "days_lost", "held", "value")

    def __init__(self, held: HeldAccount) -> None:
        self.held = held
        self._shares: dict[int, _Share] = {}
        self.value = self.day = ZERO
        self.days_lost = 0

    def update(self, number: int, told: Told | None) -> None:
        """The price of this part is another one, or none."""
        before = self._shares.pop(number, None)
        if before is not None:
            self._add(before, EXACT.subtract, -1)
        part = self.held.parts[number]
        new = _share(part, told) if part.of.key.currency == self.held.currency else None
        if new is not None:
            self._shares[number] = new
            self._add(new, EXACT.add, 1)

    def _add(self, share: _Share, plus: Callable[[Decimal, Decimal], Decimal], one: int) -> None:
        self.value = plus(self.value, share.value)
        if share.day is None:
            self.days_lost += one
        else:
            self.day = plus(self.day, share.day)

    def move(self) -> AccountMove:
        held, shares = self.held, self._shares.values()
        return AccountMove(
            account=held.account,
            currency=held.currency,
            net=held.net,
            value=self.value,
            day=None if self.days_lost else self.day,
            priced=len(shares),
            stale=sum(one.stale for one in shares),
            count=held.count,
            at=min((one.at for one in shares), default=None),
        )


def _share(part: Part, told: Told | None) -> _Share | None:
    if told is None:
        return None
    quote, stale = told
    at = time_of(quote)
    price = price_of(part.of.key.asset_type, quote)
    new = moved(part.base, price, at, quote.previous_close)
    if new is None:
        return None
    before, day = part.base.day_pl, ZERO
    if before is not None:
        if new.day_pl is None:
            return _Share(new.delta, None, stale, at)
        day = EXACT.subtract(new.day_pl, before)
    return _Share(new.delta, day, stale, at)


class Holdings:
    """The accounts by what they hold."""

    def __init__(self) -> None:
        self._accounts: dict[AccountId, _Running] = {}
        self._holders: dict[Priced, list[tuple[AccountId, int]]] = {}

    def replace(self, accounts: Iterable[HeldAccount]) -> None:
        """These are all accounts there are. Their moves begin anew."""
        self._accounts = {one.account: _Running(one) for one in accounts}
        self._holders = {}
        for running in self._accounts.values():
            for number, part in enumerate(running.held.parts):
                where = running.held.account, number
                self._holders.setdefault(part.of, []).append(where)

    @property
    def accounts(self) -> tuple[HeldAccount, ...]:
        return tuple(one.held for one in self._accounts.values())

    def wanted(self) -> list[Priced]:
        """All that is held, what is worth most first."""
        worth: dict[Priced, Decimal] = {}
        for account in self.accounts:
            for part in account.parts:
                if part.base.quantity:
                    worth[part.of] = EXACT.add(worth.get(part.of, ZERO), part.size)
        return sorted(worth, key=lambda of: (-worth[of], of))

    def held_by(self, connection: ConnectionId) -> frozenset[QuoteKey]:
        """What the accounts of a connection hold."""
        return frozenset(
            part.of.key
            for account in self.accounts
            if account.connection == connection
            for part in account.parts
        )

    def update(
        self, changed: Iterable[Priced], price: Callable[[Priced], Told | None]
    ) -> tuple[AccountMove, ...]:
        """What the accounts that hold any of these changed by.

        Positions in another currency than the account's have no part in it: without a rate nobody
        knows what they change its total by.
        """
        touched: dict[AccountId, None] = {}
        for of in changed:
            for account, number in self._holders.get(of, ()):
                self._accounts[account].update(number, price(of))
                touched[account] = None
        return tuple(self._accounts[account].move() for account in touched)
