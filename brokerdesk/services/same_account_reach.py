"""Under which ids an account is known besides: what is sent through one connection is sent.

For figures a guess counts nothing; for an order of unknown fate it does: two accounts that are
certain to be one, though the user has not said so yet, keep each other from sending a second one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.same_accounts import groups, pair_of
from brokerdesk.services.same_account import Likeness, Side, judge, may_be_one

if TYPE_CHECKING:
    from brokerdesk.db.records import StoredAccount
    from brokerdesk.db.unit_of_work import UnitOfWork


class Reach:
    """Inside one transaction of the caller's."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow
        said = uow.same_accounts.list()
        self._groups = groups(said)
        self._apart = {one.pair for one in said if one.chosen is None}
        self._listed = {one.account.id: one for one in uow.accounts.list()}
        self._sides: dict[AccountId, Side | None] = {}

    def others(self, account: AccountId) -> frozenset[AccountId]:
        """Ids of the same account through other connections, by the user's word or certain."""
        group = next((one for one in self._groups if account in one), (account,))
        guessed = {
            other
            for mine in group
            for other in self._listed
            if other not in group and pair_of(mine, other) not in self._apart
            if self._certain(mine, other)
        }
        return frozenset({*group, *guessed} - {account})

    def _certain(self, one: AccountId, other: AccountId) -> bool:
        mine, theirs = self._listed.get(one), self._listed[other]
        if mine is None or not may_be_one(mine.account, theirs.account):
            return False
        left, right = self._side(mine), self._side(theirs)
        if left is None or right is None:
            return False
        return judge(left, right).likeness is Likeness.CERTAIN

    def _side(self, stored: StoredAccount) -> Side | None:
        key = stored.account.id
        if key not in self._sides:
            self._sides[key] = side_of(self._uow, stored)
        return self._sides[key]


def side_of(uow: UnitOfWork, stored: StoredAccount) -> Side | None:
    """An account as it is compared with others; None: it was never read."""
    snapshot = uow.snapshots.latest(stored.account.id)
    if stored.connection is None or snapshot is None or snapshot.reading is None:
        return None
    reading = snapshot.reading
    return Side(
        account=stored.account,
        connection=stored.connection,
        positions=reading.positions,
        worth=reading.balances[0].net_liquidation if reading.balances else None,
        at=snapshot.as_of,
    )
