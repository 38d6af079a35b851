"""One account that several connections reach: what the user said, and which source is counted.

Pure and small: the first paint needs it. Whether two accounts look alike is ``services``' matter.

The latest word leads: each choice puts the chosen source in front of all that are known to be the
same account. Of two accounts only the last word stands, as if nothing had been said of them before.
Of all that are one the first one that can be counted is, at every moment anew. So a past day,
on which the chosen source did not exist yet, is made of the next one, and when the chosen source is
closed or its connection removed, the next one counts again: money is neither doubled nor lost.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from brokerdesk.domain.exact import check_times
from brokerdesk.domain.ids import AccountId
from brokerdesk.facts import dataclass

Group = tuple[AccountId, ...]
"""Accounts that are one, the preferred source first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairChoice:
    """The user's word on two accounts. ``chosen`` None: they are two accounts.

    ``first`` is the smaller of the two ids, so that a pair has one form.
    """

    first: AccountId
    second: AccountId
    chosen: AccountId | None
    decided_at: datetime

    def __post_init__(self) -> None:
        if not self.first < self.second:
            raise ValueError("a pair is two accounts, the smaller id first")
        if self.chosen not in (None, self.first, self.second):
            raise ValueError("the chosen account is one of the pair")
        check_times(self, "decided_at")

    @property
    def pair(self) -> tuple[AccountId, AccountId]:
        return self.first, self.second


def pair_of(one: AccountId, other: AccountId) -> tuple[AccountId, AccountId]:
    """Two accounts in the order in which a pair names them."""
    return (one, other) if one < other else (other, one)


def groups(choices: Iterable[PairChoice]) -> tuple[Group, ...]:
    """The accounts that the user said are one, each group with the preferred source first."""
    said = [one for one in choices if one.chosen is not None]
    of: dict[AccountId, Group] = {}
    for one in sorted(said, key=lambda one: (one.decided_at, one.pair)):
        assert one.chosen is not None
        other = one.second if one.chosen == one.first else one.first
        known = (*of.get(one.chosen, ()), *of.get(other, ()), other)
        group = tuple(dict.fromkeys((one.chosen, *known)))
        for member in group:
            of[member] = group
    return tuple(dict.fromkeys(of.values()))


def counted_through(
    known: Iterable[Group], able: Collection[AccountId]
) -> Mapping[AccountId, AccountId]:
    """For each account that is left out, the one that is counted in its stead.

    ``able`` are those that could be counted at the moment that is looked at: they exist, somebody
    reads them, and they were read at least once.
    """
    found: dict[AccountId, AccountId] = {}
    for group in known:
        present = [one for one in group if one in able]
        found.update(dict.fromkeys(present[1:], present[0]) if present else {})
    return found


def widened(scope: Collection[AccountId], known: Iterable[Group]) -> Collection[AccountId]:
    """``scope`` with every source of the accounts in it: whoever picked one means the account."""
    more = {one for group in known if any(two in scope for two in group) for one in group}
    return {*scope, *more} if more else scope
