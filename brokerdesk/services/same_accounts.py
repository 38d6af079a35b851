"""The user's word on accounts that look like one: kept, looked at side by side, taken back.

Nothing is merged and nothing deleted: every source goes on being read and keeps its history. Only
what is counted changes, and it changes back with the word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from brokerdesk.clock import Clock
from brokerdesk.domain.account import Account
from brokerdesk.domain.events import ConnectionsChanged, Publish
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.same_accounts import Group, PairChoice, groups, pair_of
from brokerdesk.errors import InputError
from brokerdesk.services.opening import Specs
from brokerdesk.services.same_account import Likeness, Verdict, judge
from brokerdesk.services.same_account_reach import side_of
from brokerdesk.services.same_account_sources import sources

if TYPE_CHECKING:
    from brokerdesk.db.engine import Database
    from brokerdesk.db.records import StoredAccount
    from brokerdesk.db.unit_of_work import UnitOfWork

Through = Mapping[AccountId, AccountId]
Work = Callable[["UnitOfWork"], "Before"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One of two accounts as they are laid side by side. ``gathers``: it comes through a broker
    that gathers several institutions. ``counted``: totals contain it at present.
    """

    account: Account
    name: str
    connection_name: str
    gathers: bool
    counted: bool
    worth: Decimal | None
    cash: Decimal | None
    currency: str
    positions: int
    as_of: datetime | None
    fetched_at: datetime | None

    @property
    def id(self) -> AccountId:
        return self.account.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two accounts, what speaks for their being one, and what the user said so far.

    ``decided`` False: nothing was said. ``chosen`` None then, and when they are two accounts.
    """

    first: Source
    second: Source
    verdict: Verdict
    decided: bool = False
    chosen: AccountId | None = None


@dataclass(frozen=True, slots=True)
class Before:
    """What was said about some pairs before: handed back to undo a choice."""

    pairs: frozenset[tuple[AccountId, AccountId]]
    choices: tuple[PairChoice, ...]


class SameAccountsService:
    """For whoever lives on the event loop. Events go out after the choice is stored."""

    def __init__(self, *, database: Database, clock: Clock, publish: Publish, specs: Specs) -> None:
        self._database = database
        self._clock = clock
        self._publish = publish
        self._specs = specs

    async def compare(self, one: AccountId, other: AccountId) -> Comparison:
        """Both accounts side by side.

        Raises:
            InputError: one of them is not here any more.
        """
        return await self._database.read(lambda uow: self._compare(uow, one, other))

    async def partner(self, account: AccountId) -> AccountId | None:
        """The account that this one is known to be the same as: what is counted in its stead, or
        what is left out because this one is counted. None: nothing was said of it.
        """

        def read(uow: UnitOfWork) -> AccountId | None:
            known = sources(uow)
            through = known.through.get(account)
            if through is not None:
                return through
            group = next((one for one in known.groups if account in one), ())
            return next((one for one in group if one != account), None)

        return await self._database.read(read)

    async def choose(self, chosen: AccountId, other: AccountId) -> Before:
        """They are one account, and ``chosen`` is the source that is counted.

        Raises:
            InputError: they are not two accounts of one environment that are here.
        """
        return await self._decide(chosen, other, chosen)

    async def keep_apart(self, one: AccountId, other: AccountId) -> Before:
        """They are two accounts: both are counted, and nobody asks again.

        Raises:
            InputError: as ``choose``.
        """
        return await self._decide(one, other, None)

    async def ask_again(self, account: AccountId) -> Before:
        """Forget what was said about this account: it is counted by itself, and asked about."""

        def write(uow: UnitOfWork) -> Before:
            said = uow.same_accounts.list()
            return _replace(uow, said, {one.pair for one in said if account in one.pair}, ())

        return await self._store(write)

    async def undo(self, before: Before) -> None:
        """Put back what was said before."""
        await self._store(
            lambda uow: _replace(uow, uow.same_accounts.list(), before.pairs, before.choices)
        )

    async def _decide(self, one: AccountId, other: AccountId, chosen: AccountId | None) -> Before:
        at = self._clock.now()

        def write(uow: UnitOfWork) -> Before:
            _check(uow, one, other)
            said = uow.same_accounts.list()
            mine, theirs = _group_of(one, said), _group_of(other, said)
            if chosen is not None:
                return _join(uow, said, mine, theirs, pair_of(one, other), chosen, at)
            return _part(uow, said, one, other, at)

        return await self._store(write)

    async def _store(self, write: Work) -> Before:
        before = await self._database.run(write)
        self._publish(ConnectionsChanged())
        return before

    def _compare(self, uow: UnitOfWork, one: AccountId, other: AccountId) -> Comparison:
        through = sources(uow).through
        first, second = _stored(uow, one), _stored(uow, other)
        if second.first_seen < first.first_seen:
            first, second = second, first
        left, right = (side_of(uow, stored) for stored in (first, second))
        said = {choice.pair: choice for choice in uow.same_accounts.list()}
        group = next((one for one in groups(said.values()) if first.account.id in one), ())
        word = said.get(pair_of(one, other))
        together = second.account.id in group
        return Comparison(
            first=self._source(uow, first, through),
            second=self._source(uow, second, through),
            verdict=judge(left, right)
            if left is not None and right is not None
            else Verdict(likeness=Likeness.NO),
            decided=together or word is not None,
            chosen=min(first.account.id, second.account.id, key=group.index) if together else None,
        )

    def _source(self, uow: UnitOfWork, stored: StoredAccount, through: Through) -> Source:
        account = stored.account
        row = uow.connections.get(stored.connection) if stored.connection else None
        snapshot = uow.snapshots.latest(account.id)
        reading = snapshot.reading if snapshot is not None else None
        balance = reading.balances[0] if reading is not None and reading.balances else None
        return Source(
            account=account,
            name=stored.shown_name,
            connection_name=row.name if row is not None else "",
            gathers=self._gathers(account.broker),
            counted=account.id not in through and row is not None and stored.closed_at is None,
            worth=balance.net_liquidation if balance is not None else None,
            cash=balance.cash if balance is not None else None,
            currency=balance.currency if balance is not None else account.currency,
            positions=len(reading.positions) if reading is not None else 0,
            as_of=snapshot.as_of if snapshot is not None else None,
            fetched_at=snapshot.valid_until if snapshot is not None else None,
        )

    def _gathers(self, broker: str) -> bool:
        try:
            return self._specs(broker).capabilities.gathers
        except InputError:
            return False


def _stored(uow: UnitOfWork, account: AccountId) -> StoredAccount:
    stored = uow.accounts.get(account)
    if stored is None:
        raise InputError("account", "This account is not here any more.", "Nothing was changed.")
    return stored


def _check(uow: UnitOfWork, one: AccountId, other: AccountId) -> None:
    first, second = _stored(uow, one), _stored(uow, other)
    if one == other or first.account.environment is not second.account.environment:
        raise InputError(
            "account",
            "These cannot be one account.",
            "Accounts of different environments never are. Nothing was changed.",
        )


def _group_of(account: AccountId, said: Iterable[PairChoice]) -> Group:
    return next((group for group in groups(said) if account in group), (account,))


def _join(
    uow: UnitOfWork,
    said: tuple[PairChoice, ...],
    mine: Group,
    theirs: Group,
    pair: tuple[AccountId, AccountId],
    chosen: AccountId,
    at: datetime,
) -> Before:
    """One account. Whatever was said to keep any of their sources apart holds no more."""
    members = {*mine, *theirs}
    apart = {one.pair for one in said if one.chosen is None and members.issuperset(one.pair)}
    new = PairChoice(first=pair[0], second=pair[1], chosen=chosen, decided_at=at)
    return _replace(uow, said, {*apart, pair}, (new,))


def _part(
    uow: UnitOfWork, said: tuple[PairChoice, ...], one: AccountId, other: AccountId, at: datetime
) -> Before:
    """Two accounts. Whatever held them together is taken apart at ``other``'s side, so that it is
    no account's source any more by way of a third.
    """
    pair = pair_of(one, other)
    bound: set[tuple[AccountId, AccountId]] = set()
    if other in _group_of(one, said):
        bound = {choice.pair for choice in said if choice.chosen and other in choice.pair}
    new = PairChoice(first=pair[0], second=pair[1], chosen=None, decided_at=at)
    return _replace(uow, said, {*bound, pair}, (new,))


def _replace(
    uow: UnitOfWork,
    said: Iterable[PairChoice],
    pairs: Iterable[tuple[AccountId, AccountId]],
    new: Iterable[PairChoice],
) -> Before:
    """Say ``new`` about ``pairs`` instead; what was said about them before."""
    touched = frozenset(pairs)
    here = {one.account.id for one in uow.accounts.list()}
    old = tuple(one for one in said if one.pair in touched)
    kept = [one for one in said if one.pair not in touched]
    added = [one for one in new if here.issuperset(one.pair)]
    uow.same_accounts.replace([*kept, *added])
    return Before(touched, old)
