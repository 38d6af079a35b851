"""A look at the portfolio that keeps no positions: sums, classes, and those that moved most.

With very many positions a full view takes a hundred times the memory of what a summary shows of it.
Accounts come by one after the other and every figure is the one that the full view has. Pure.
"""

from __future__ import annotations

import heapq
from array import array
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from brokerdesk.domain.connection import Connection
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.kinds import Environment
from brokerdesk.facts import dataclass
from brokerdesk.services.allocation import ClassSums, ClassValue
from brokerdesk.services.base_money import Base, add_in_base, combined
from brokerdesk.services.day_change import HeldSums
from brokerdesk.services.packed_sums import PackedSums
from brokerdesk.services.portfolio_view import (
    AccountRow,
    Classes,
    ConnectionFacts,
    PortfolioView,
    PositionRow,
    adds_up,
    day_of,
    holdings,
    in_base,
    totals_of,
    wholes_of,
)
from brokerdesk.services.same_account_questions import NO_DOUBTS, Doubts
from brokerdesk.turns import steps

MOST_MOVERS = 12
"""Of each environment and currency."""

_Kind = tuple[Environment, str, str]
"""Environment, currency and asset class: what holdings have in common."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """``view`` has no positions, and only the holdings that moved most. ``held`` is how many
    positions there are; ``classes`` are those of all of them.
    """

    view: PortfolioView
    classes: tuple[ClassValue, ...]
    held: int


class Draft:
    """A sketch in the making. An instrument is remembered by the hash of its identity alone: two
    that share it (one chance in a million million) could miss a place among the movers, no sum.
    """

    def __init__(self, scope: Collection[AccountId] | None, base: Base | None = None) -> None:
        self._scope, self._base = scope, base or Base()
        self._held = 0
        self._sums: dict[tuple[Environment, str], HeldSums] = defaultdict(HeldSums)
        self._converted: dict[Environment, HeldSums] = defaultdict(HeldSums)
        self._classes = ClassSums(self._base)
        self._things = Classes()
        self._kinds: dict[_Kind, int] = {}
        self._kind_of = array("i")
        self._moves = PackedSums()
        self._holders: list[tuple[AccountRow, array[int]]] = []
        self._chosen: set[int] = set()

    def shows(self, row: AccountRow) -> bool:
        """Whether the account is in scope."""
        return self._scope is None or row.id in self._scope

    def add(self, row: AccountRow, held: Sequence[PositionRow]) -> AccountRow:
        """Take an account with its positions; the row with its change of the day."""
        if not self.shows(row):
            return in_base(row, self._base)
        positions = [one.position for one in held]
        row = in_base(replace(row, day=day_of(row, positions)), self._base)
        self._held += len(held) if row.through is None else 0
        self._classes.between(row, positions)
        if adds_up(row):
            for one in steps(positions):
                self._sums[row.environment, one.instrument.currency].add((one,), row.id)
            for line in steps(held):
                if self._base.converts(line.position.instrument.currency):
                    add_in_base(self._converted[row.environment], line, self._base)
        if row.in_totals:
            self._holders.append((row, array("i", [self._take(one) for one in steps(held)])))
        return row

    def _take(self, row: PositionRow) -> int:
        one, currency = row.position, row.position.instrument.currency
        number, name = self._things.take(row)
        kind = (row.environment, currency, name)
        if number == len(self._kind_of):  # numbers come one after the other
            self._kind_of.append(self._kinds.setdefault(kind, len(self._kinds)))
        self._classes.add(*kind, one, row.account)
        if one.day_pl:
            self._moves.add(number, one.day_pl)
        return number

    def movers(self) -> tuple[AccountRow, ...]:
        """The accounts that hold what moved most: they have to come by once more."""
        root, moves = self._things.known.root, self._moves
        for number in range(len(moves)):  # what turned out to be one thing moves as one
            if (first := root(number)) != number:
                moves.move(number, first)
        groups = [kind[:2] for kind in self._kinds]
        largest: dict[tuple[Environment, str], list[Decimal]] = defaultdict(list)
        for number in range(len(moves)):
            if change := moves[number]:
                sizes = largest[groups[self._kind_of[number]]]
                add = heapq.heappush if len(sizes) < MOST_MOVERS else heapq.heappushpop
                add(sizes, abs(change))
        for number in range(len(moves)):
            if change := moves[number]:
                sizes = largest[groups[self._kind_of[number]]]
                if abs(change) >= sizes[0]:
                    self._chosen.add(number)
        return tuple(
            row for row, held in self._holders if not self._chosen.isdisjoint(map(root, held))
        )

    def moving(self, held: Iterable[PositionRow]) -> list[PositionRow]:
        """Those of an account's positions that are of what moved most."""
        root, take = self._things.known.root, self._things.take
        return [row for row in steps(held) if root(take(row)[0]) in self._chosen]

    def sketch(
        self,
        *,
        taken_at: datetime,
        connections: Sequence[Connection],
        accounts: Sequence[AccountRow],
        movers: Sequence[PositionRow],
        facts: Mapping[ConnectionId, ConnectionFacts],
        doubts: Doubts = NO_DOUBTS,
    ) -> Sketch:
        """What came of it; ``accounts`` are the rows that ``add`` gave."""
        chosen = tuple(filter(self.shows, accounts))
        sums = totals_of(chosen, self._sums, doubts.alike)
        together = combined(chosen, self._held_in_base(), self._base, doubts.alike)
        view = PortfolioView(
            taken_at=taken_at,
            as_of=None,
            connections=tuple(connections),
            accounts=chosen,
            everyone=tuple(accounts),
            facts=facts,
            positions=(),
            holdings=holdings(
                movers, wholes_of(chosen, sums, together), self._base if together else None
            ),
            totals=sums,
            oldest=min((one.oldest for one in sums if one.oldest is not None), default=None),
            combined=together,
            base=self._base,
            doubts=doubts,
        )
        return Sketch(view=view, classes=self._classes.rows(sums, together), held=self._held)

    def _held_in_base(self) -> dict[Environment, HeldSums]:
        """What is in the base currency by itself, and what was converted to it."""
        found = {}
        for environment in Environment:
            own = self._sums.get((environment, self._base.currency), HeldSums())
            found[environment] = HeldSums().take(own).take(self._converted[environment])
        return found
