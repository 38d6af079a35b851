"""Which pairs of accounts the user is asked about. Pure; asks nobody and decides nothing.

One question at a time per account that seems to be reached several ways: with three sources the
answer to the first question leaves one more, between what is counted then and the third.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

from brokerdesk.domain.account import Account
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.same_accounts import Group, PairChoice, groups, pair_of
from brokerdesk.facts import dataclass
from brokerdesk.services.same_account import Likeness, Side, Verdict, judge, may_be_one

if TYPE_CHECKING:
    from brokerdesk.domain.reading import Snapshot
    from brokerdesk.services.portfolio_view import AccountRow

Pair = tuple[AccountId, AccountId]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Two accounts that look like one; ``first`` is the one that was here earlier."""

    first: AccountId
    second: AccountId
    verdict: Verdict

    @property
    def pair(self) -> Pair:
        return pair_of(self.first, self.second)


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubts:
    """``alike`` are accounts that look like one and have not been decided on, two or more each."""

    questions: tuple[Question, ...] = ()
    alike: tuple[tuple[AccountId, ...], ...] = ()


NO_DOUBTS = Doubts()


class Candidates:
    """What may be asked about, from the lists alone: whose holdings are worth a look.

    ``accounts`` are those that are counted or could be, in the order in which they appeared.
    """

    def __init__(
        self, accounts: Iterable[tuple[Account, ConnectionId]], choices: Iterable[PairChoice]
    ) -> None:
        said = tuple(choices)
        self._group: dict[AccountId, Group] = {
            one: group for group in groups(said) for one in group
        }
        apart = {one.pair for one in said if one.chosen is None}
        self.pairs: tuple[Pair, ...] = tuple(
            (one.id, other.id)
            for (one, through), (other, beside) in combinations(accounts, 2)
            if through != beside
            and may_be_one(one, other)
            and self._of(one.id) != self._of(other.id)
            and not any(
                pair_of(mine, theirs) in apart
                for mine in self._of(one.id)
                for theirs in self._of(other.id)
            )
        )
        self.accounts = frozenset(one for pair in self.pairs for one in pair)

    def _of(self, account: AccountId) -> Group:
        return self._group.get(account, (account,))

    def doubts(self, sides: Iterable[Side]) -> Doubts:
        """The open questions, the surest first. Sides of other accounts are not looked at."""
        known = {side.id: side for side in sides}
        found = [
            Question(first=one, second=other, verdict=judge(known[one], known[other]))
            for one, other in self.pairs
            if one in known and other in known
        ]
        found = [one for one in found if one.verdict.likeness is not Likeness.NO]
        connections = {key: side.connection for key, side in known.items()}
        found = _only_best(found, connections)
        alike: dict[AccountId, frozenset[AccountId]] = {}
        for one in found:
            both = (one.first, one.second)
            group = frozenset(two for key in both for two in alike.get(key, {key}))
            alike.update(dict.fromkeys(group, group))
        return Doubts(
            questions=self._one_each(found),
            alike=tuple(tuple(sorted(group)) for group in dict.fromkeys(alike.values())),
        )

    def _one_each(self, found: Sequence[Question]) -> tuple[Question, ...]:
        """One question for all that hang together, and of its sources those that lead."""
        asked: list[Question] = []
        taken: set[AccountId] = set()
        for one in sorted(found, key=self._rank):
            mine, theirs = self._of(one.first), self._of(one.second)
            if taken.isdisjoint((*mine, *theirs)):
                asked.append(one)
            taken.update((*mine, *theirs))
        return tuple(asked)

    def _rank(self, one: Question) -> tuple[bool, int]:
        """The surest first, and of sources of one account the one that leads."""
        behind = sum(self._of(key)[0] != key for key in (one.first, one.second))
        return one.verdict.likeness is not Likeness.CERTAIN, behind


def doubts_among(
    found: Iterable[tuple[AccountRow, Snapshot | None]], choices: Iterable[PairChoice]
) -> Doubts:
    """Which of the accounts that count look like one and have not been decided on."""
    counted = [(row, snapshot) for row, snapshot in found if row.counts]
    listed = [(row.account, row.connection) for row, _ in counted if row.connection is not None]
    asked = Candidates(listed, choices)
    return asked.doubts(
        side
        for row, snapshot in counted
        if row.id in asked.accounts
        for side in sides(row, snapshot)
    )


def sides(row: AccountRow, snapshot: Snapshot | None) -> tuple[Side, ...]:
    """What is compared of an account; nothing before it was read."""
    if row.connection is None or not row.in_totals or snapshot is None or snapshot.reading is None:
        return ()
    return (
        Side(
            account=row.account,
            connection=row.connection,
            positions=snapshot.reading.positions,
            worth=row.net_liquidation,
            at=row.as_of,
        ),
    )


def _only_best(
    found: Sequence[Question], connections: dict[AccountId, ConnectionId]
) -> list[Question]:
    """Without what is less sure than another pair of the same account and connection.

    Accounts of one list are different accounts, so at most one of them is this one. Where two are
    as sure, neither is certain.
    """
    sure = {
        (account, connections[other])
        for one in found
        for account, other in ((one.first, one.second), (one.second, one.first))
        if one.verdict.likeness is Likeness.CERTAIN
    }
    count: dict[tuple[AccountId, ConnectionId], int] = {}
    kept = []
    for one in found:
        sides = ((one.first, connections[one.second]), (one.second, connections[one.first]))
        if one.verdict.likeness is Likeness.LIKELY and any(side in sure for side in sides):
            continue
        kept.append(one)
        for side in sides:
            count[side] = count.get(side, 0) + 1
    return [
        replace(one, verdict=replace(one.verdict, likeness=Likeness.LIKELY))
        if any(
            count[side] > 1
            for side in ((one.first, connections[one.second]), (one.second, connections[one.first]))
        )
        else one
        for one in kept
    ]
