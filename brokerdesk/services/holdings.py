"""Positions added up by what is held: one row a thing, whatever its accounts call it. Pure.

What is the same thing is the domain's word (``identity``). ``None`` is "not known", never zero.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from brokerdesk.domain.identity import Identities
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import Environment
from brokerdesk.domain.position import Position
from brokerdesk.facts import dataclass
from brokerdesk.services.amounts import percent, sum_all
from brokerdesk.services.asset_classes import asset_class
from brokerdesk.services.base_money import Base, HeldWorth, held_worth
from brokerdesk.services.converting import Rate
from brokerdesk.services.day_change import (
    DayChange,
    KnownCost,
    average_cost,
    change_of,
    known_cost,
)
from brokerdesk.turns import steps

Wholes = Mapping[tuple[Environment, str, AccountId], Decimal | None]
"""The total of a currency, for each account whose value in that currency is in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionRow:
    """One holding of one account. ``given_name`` is what quotes call it, "" when nothing does."""

    account: AccountId
    account_name: str
    environment: Environment
    position: Position
    as_of: datetime
    fetched_at: datetime
    given_name: str = ""

    @property
    def name(self) -> str:
        return self.position.instrument.name or self.given_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One instrument over all accounts of one environment.

    ``market_value`` and ``cost_basis`` are None as soon as one part is unknown. The gains are those
    of the parts that are known (``day``, ``cost``), with how many are not. ``whole`` is the total
    in its currency, None when a part is outside that total; ``weight`` the share of it in percent.
    ``mark`` is the price that was read last. ``classes`` are those of the parts where they differ.
    ``twin`` numbers holdings that share symbol, type and currency and are not the same thing.
    ``worth`` is what it comes to in the base currency; then ``whole`` is in that, too.
    """

    environment: Environment
    instrument: Instrument
    quantity: Decimal
    market_value: Decimal | None
    cost_basis: Decimal | None
    average_cost: Decimal | None
    day: DayChange
    cost: KnownCost
    mark: Decimal | None
    parts: tuple[PositionRow, ...]
    whole: Decimal | None = None
    asset_class: str = ""
    classes: tuple[str, ...] = ()
    twin: int = 0
    worth: HeldWorth | None = None

    @property
    def weight(self) -> Decimal | None:
        value = self.market_value if self.worth is None else self.worth.value
        return percent(value, self.whole)

    def weight_of(self, part: Position) -> Decimal | None:
        """The share of one part, in percent of the same total."""
        value, rate = part.market_value, self.rate_of(part)
        if self.worth is not None:
            value = None if rate is None or value is None else rate.of(value)
        return percent(value, self.whole)

    def rate_of(self, part: Position) -> Rate | None:
        """What a part is converted with; None where nothing is, or there is no rate."""
        if self.worth is None:
            return None
        pairs = zip(self.parts, self.worth.rates, strict=True)
        return next((rate for one, rate in pairs if one.position is part), None)

    @property
    def day_pl(self) -> Decimal | None:
        return self.day.amount

    @property
    def open_pl(self) -> Decimal | None:
        return self.cost.gain

    @property
    def name(self) -> str:
        return self.instrument.name or next((one.name for one in self.parts if one.name), "")


class Classes:
    """Which thing each position is of, and the class it is put under: that of the first of its kind
    that was seen, so that one thing is not in two classes because one broker says less of it.
    """

    def __init__(self) -> None:
        self.known = Identities()
        self._of = array("i")
        """The place in ``_names`` of each number's class: there may be very many numbers."""
        self._names: dict[str, int] = {}
        self._named: list[str] = []

    def take(self, row: PositionRow) -> tuple[int, str]:
        """The number of what is held (see ``Identities``) and its class."""
        instrument = row.position.instrument
        number = self.known.number(instrument, row.environment)
        if number < len(self._of):
            return number, self._named[self._of[number]]
        first = self.known.root(number)  # numbers come one after the other
        name = self._named[self._of[first]] if first < number else ""
        name = name or asset_class(instrument, row.given_name)
        place = self._names.setdefault(name, len(self._named))
        if place == len(self._named):
            self._named.append(name)
        self._of.append(place)
        return number, name


def holdings(
    rows: Iterable[PositionRow], wholes: Wholes | None = None, base: Base | None = None
) -> tuple[Holding, ...]:
    """Positions of the same thing added up, per environment, in the order of first sight."""
    classes = Classes()
    taken = [(*classes.take(row), row) for row in steps(rows)]
    groups: dict[int, list[tuple[str, PositionRow]]] = {}
    for number, name, row in taken:
        groups.setdefault(classes.known.root(number), []).append((name, row))
    found: list[Holding] = []
    twins: dict[tuple[Environment, tuple[str, str, str]], int] = {}
    for group in steps(groups.values()):
        first = group[0][1]
        where = (first.environment, first.position.instrument.key)
        twins[where] = twin = twins.get(where, -1) + 1
        found.append(_holding(first.environment, group, wholes or {}, twin, base))
    return tuple(found)


def _holding(
    environment: Environment,
    group: list[tuple[str, PositionRow]],
    wholes: Wholes,
    twin: int,
    base: Base | None,
) -> Holding:
    parts = [part for _, part in group]
    names = tuple(name for name, _ in group)
    held = [part.position for part in parts]
    first = held[0]
    alone = len(parts) == 1
    currency = first.instrument.currency
    each = [wholes.get((environment, currency, part.account)) for part in parts]
    return Holding(
        environment=environment,
        instrument=first.instrument,
        quantity=first.quantity if alone else sum_all(one.quantity for one in held) or Decimal(0),
        market_value=first.market_value if alone else sum_all(one.market_value for one in held),
        cost_basis=first.cost_basis if alone else sum_all(one.cost_basis for one in held),
        average_cost=average_cost(held),
        day=change_of(held),
        cost=known_cost(held),
        mark=first.mark if alone else _mark(parts),
        parts=tuple(parts),
        whole=None if None in each else each[0],
        asset_class=names[0],
        classes=names if len(set(names)) > 1 else (),
        twin=twin,
        worth=held_worth(parts, base),
    )


def _mark(parts: list[PositionRow]) -> Decimal | None:
    known = [part for part in parts if part.position.mark is not None]
    return max(known, key=lambda part: part.as_of).position.mark if known else None
