"""Things held by what all of it is worth, of which only what is worth most is kept in order.

Nobody follows more than some thousands of prices, and tens of thousands may be held. So only a few
more than are ever asked for stand in order: those above a bar. What falls below it leaves them, and
when they get too few, all are looked through once more, in short steps where there is time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal

from brokerdesk.services.amounts import EXACT, ZERO
from brokerdesk.services.quoting_rules import Priced

ROOM = 2_000
"""So many are asked for at most."""
AT_ONCE = 500
"""So many are looked through in one step."""

Rank = tuple[Decimal, str, str, str, str]


class Weighed:
    """Something held, in ``pieces`` that add up to ``worth``."""

    __slots__ = ("of", "pieces", "rank", "worth")

    def __init__(self, of: Priced) -> None:
        self.of = of
        self.worth = ZERO
        self.pieces = 0
        self.rank: Rank | None = None
        """Its place among those kept in order; None: it is not one of them."""

    def add(self, size: Decimal) -> None:
        self.pieces += 1
        self.worth = EXACT.add(self.worth, size)

    def subtract(self, size: Decimal) -> None:
        self.pieces -= 1
        self.worth = EXACT.subtract(self.worth, size) if self.pieces else ZERO


class ByWorth:
    """What is worth most, always in order.

    Args:
        everything: all there is, for when those in order get too few.
        room: so many are asked for at most.
    """

    def __init__(self, everything: Callable[[], Iterable[Weighed]], room: int = ROOM) -> None:
        self._everything = everything
        self.room = room
        self._keep, self._many = room + room // 2, 2 * room
        self._ranked: list[tuple[Rank, Weighed]] = []
        """In order, but for what is not so any more: its rank is another object."""
        self._added: list[tuple[Rank, Weighed]] = []
        self._count = 0
        self._bar: Rank | None = None
        """What comes behind it is not kept in order; None: there is nothing behind."""
        self._unseen: Iterator[Weighed] | None = None
        """While all are looked through: those that have not been yet."""
        self._first: list[Priced] | None = None

    def put(self, one: Weighed) -> None:
        """Its worth is another one."""
        if one.rank is not None:
            one.rank, self._first = None, None
            self._count -= 1
        if one.pieces:
            self._enter(one)

    def _enter(self, one: Weighed) -> None:
        rank = rank_of(one)
        if self._bar is None or rank <= self._bar:
            one.rank, self._first = rank, None
            self._added.append((rank, one))
            self._count += 1
            if self._count > self._many:
                self._cut()
            elif len(self._added) > self._many:
                self._sort()  # nobody has asked for so long: most of these are so no more

    @property
    def few(self) -> bool:
        """Whether all have to be looked through before ``first`` can answer."""
        if self._unseen is not None:
            return True
        return self._count < self.room and self._bar is not None

    def look_through(self) -> bool:
        """One short step of looking through all. False: it is done."""
        if not self.few:
            return False
        if self._unseen is None:
            self._bar, self._first = None, None
            self._unseen = iter(list(self._everything()))
        for number, one in enumerate(self._unseen):
            if one.pieces and one.rank is None:
                self._enter(one)
            if number == AT_ONCE:
                return True
        self._unseen = None
        return False

    def first(self) -> list[Priced]:
        """What is worth most, at most as many as there is room for. Not to be changed."""
        while self.look_through():
            pass
        if self._first is None:
            self._sort()
            self._first = [one.of for _, one in self._ranked[: self.room]]
        return self._first

    def _sort(self) -> None:
        kept = [entry for entry in self._ranked if entry[1].rank is entry[0]]
        added = [entry for entry in self._added if entry[1].rank is entry[0]]
        kept += sorted(added, key=_rank)
        kept.sort(key=_rank)  # two runs: they are merged
        self._ranked, self._added = kept, []

    def _cut(self) -> None:
        self._sort()
        behind = self._ranked[self._keep :]
        del self._ranked[self._keep :]
        for _, one in behind:
            one.rank = None
        self._count = len(self._ranked)
        self._bar = self._ranked[-1][0]


def rank_of(one: Weighed) -> Rank:
    """Most worth first; of equal worth, in the order of what they are."""
    key = one.of.key
    worth = EXACT.minus(one.worth)
    return worth, one.of.environment, key.symbol, key.asset_type, key.currency


def _rank(entry: tuple[Rank, Weighed]) -> Rank:
    return entry[0]
