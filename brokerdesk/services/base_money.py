"""One look at the portfolio in one currency: accounts, totals and holdings, with their rates. Pure.

What stands in a currency without a rate is in no sum here: it is named beside it, in its own. Where
everything is in the base currency already there is nothing to add, and nothing is made.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import Environment
from brokerdesk.domain.market_hours import new_york_day
from brokerdesk.facts import dataclass
from brokerdesk.services.amounts import sum_all, sum_known
from brokerdesk.services.converting import Quality, Rate, RateTable, better, own_rate
from brokerdesk.services.day_change import DayChange, HeldSums, KnownCost

if TYPE_CHECKING:
    from brokerdesk.domain.balance import Balance
    from brokerdesk.services.holdings import PositionRow
    from brokerdesk.services.portfolio_view import AccountRow

USUAL = "USD"
"""The base currency where nothing says otherwise."""
Without = tuple[tuple[str, Decimal | None, int], ...]
"""Currencies that are not in a sum, with what is held in each (None: nobody said how much) and in
how many accounts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """An account in the base currency. ``net`` holds all its balances that have a rate and a value;
    ``day`` is of its main currency's positions, as in its own figures.
    """

    currency: str
    net: Decimal | None
    cash: Decimal | None
    buying_power: Decimal | None
    day: Decimal | None
    rates: tuple[Rate, ...] = ()
    without: Without = ()


class Base:
    """The currency that a look is converted to, as of ``on``, and where the rates come from.
    Without a currency nothing is converted.

    ``asked`` are the pairs of environment and currency that a rate was wanted for; ``chosen`` is
    the currency that the user asked for, "" for whatever most of the value is in.
    """

    def __init__(
        self,
        currency: str = "",
        on: date = date.min,
        table: Callable[[Environment], RateTable] = lambda _: RateTable(),
        chosen: str = "",
    ) -> None:
        self.currency, self.on, self.chosen = currency, on, chosen
        self.asked: set[tuple[Environment, str]] = set()
        self._table = table
        self._tables: dict[Environment, RateTable] = {}
        self._own: dict[AccountId, tuple[dict[str, Decimal], date]] = {}
        self._known: dict[tuple[object, str], Rate | None] = {}

    def meet(self, row: AccountRow) -> None:
        """Learn what the account's broker says that currencies are worth."""
        said = {one.currency: one.own_rate for one in row.balances if one.own_rate}
        at = row.as_of or row.fetched_at
        if said and at is not None:
            own = {row.balances[0].currency: Decimal(1), **said}
            self._own[row.id] = own, new_york_day(at)

    def converts(self, currency: str) -> bool:
        """Whether money in ``currency`` has to be converted."""
        return bool(self.currency) and currency != self.currency

    def rate(self, account: AccountId, environment: Environment, currency: str) -> Rate | None:
        """What the account's money in ``currency`` is converted with."""
        own = self._own.get(account)
        where = (environment if own is None else account, currency)
        if where not in self._known:
            self._known[where] = self._find(own, environment, currency)
        return self._known[where]

    def _find(
        self, own: tuple[dict[str, Decimal], date] | None, environment: Environment, currency: str
    ) -> Rate | None:
        if currency == self.currency:
            return Rate(currency=currency, base=currency, value=Decimal(1))
        self.asked.add((environment, currency))
        table = self._tables.get(environment)
        if table is None:
            table = self._tables[environment] = self._table(environment)
        reference = table.rate(currency, self.currency, self.on)
        if own is None:
            return reference
        said = own_rate(own[0], currency, self.currency, own[1], self.on)
        return better(said, reference)

    def of(self, row: AccountRow, currency: str, amount: Decimal | None) -> Decimal | None:
        """An amount of an account; None when it is not known or there is no rate."""
        if amount is None or currency == self.currency:
            return amount
        rate = self.rate(row.id, row.environment, currency)
        return None if rate is None else rate.of(amount)


def automatic(
    worths: Iterable[tuple[Environment, str, Decimal | None]],
    table: Callable[[Environment], RateTable],
    on: date,
) -> str:
    """The currency that holds most of the value, of the environment that leads; where rates are
    missing to tell, that of most accounts.
    """
    found = list(worths)
    leads = next((one for one in Environment if any(one is w[0] for w in found)), None)
    own = [(currency, value) for environment, currency, value in found if environment is leads]
    counts: dict[str, int] = defaultdict(int)
    for currency, _ in own:
        counts[currency] += 1
    if len(counts) < 2 or leads is None:
        return next(iter(counts), USUAL)
    rates = table(leads)
    sums: dict[str, Decimal | None] = {}
    for currency in counts:
        rate = rates.rate(currency, "EUR", on)
        known = sum_known(value for code, value in own if code == currency) or Decimal(0)
        sums[currency] = None if rate is None else rate.of(known)
    if any(value is None for value in sums.values()):
        return min(counts, key=lambda code: (-counts[code], code != USUAL, code))
    return min(sums, key=lambda code: (-(sums[code] or 0), code != USUAL, code))


def worth_of(row: AccountRow, base: Base) -> Worth | None:
    """The account in the base currency; None when all of it stands in it already."""
    if row.balance is None or not any(base.converts(one.currency) for one in row.balances):
        return None
    main = row.balance
    value = base.of(row, main.currency, main.net_liquidation)
    net = None if value is None else sum_known(_nets(row, base))
    return Worth(
        currency=base.currency,
        net=net,
        cash=sum_known(base.of(row, one.currency, one.cash) for one in row.balances),
        buying_power=base.of(row, main.currency, row.buying_power),
        day=base.of(row, main.currency, row.day.amount),
        rates=used(base, [row]),
        without=_without([(row, one) for one in row.balances], base),
    )


def _nets(row: AccountRow, base: Base) -> Iterable[Decimal | None]:
    return (base.of(row, one.currency, one.net_liquidation) for one in row.balances)


def used(base: Base, rows: Iterable[AccountRow]) -> tuple[Rate, ...]:
    """The rates by which the balances of these accounts were converted, each once."""
    found: dict[tuple[object, ...], Rate] = {}
    for row in rows:
        for one in row.balances:
            rate = base.rate(row.id, row.environment, one.currency)
            if rate is not None and rate.quality is not Quality.SAME:
                found.setdefault((rate.currency, rate.source, rate.day, rate.value), rate)
    return tuple(sorted(found.values(), key=lambda one: (one.currency, one.source)))


def _without(parts: Sequence[tuple[AccountRow, Balance]], base: Base) -> Without:
    """What has no rate, and what has a rate but no value: neither is in the sum."""
    apart: dict[str, list[Decimal | None]] = {}
    for row, one in parts:
        if one.currency == base.currency:
            continue
        unrated = base.rate(row.id, row.environment, one.currency) is None
        if unrated or (one.net_liquidation is None and one is not row.balance):
            apart.setdefault(one.currency, []).append(one.net_liquidation)
    return tuple((code, sum_known(values), len(values)) for code, values in sorted(apart.items()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a total of all currencies holds in one of them, there and in the base currency."""

    currency: str
    original: Decimal | None
    value: Decimal | None
    cash: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CombinedTotal:
    """The sum over the accounts of one environment, whatever their currencies, in ``currency``.

    ``rates`` are in it, ``parts`` make it up, ``without`` names what is not. ``missing`` counts
    accounts whose figure is not known; those whose currency has no rate are not among ``accounts``
    at all. All else is as in the total of one currency.
    """

    environment: Environment
    currency: str
    net_liquidation: Decimal | None
    cash: Decimal | None
    accounts: int
    missing: int
    oldest: datetime | None
    day: DayChange
    cost: KnownCost
    doubled: Decimal | None
    rates: tuple[Rate, ...]
    without: Without
    parts: tuple[Part, ...] = ()


def combined(
    rows: Sequence[AccountRow],
    held: Mapping[Environment, HeldSums],
    base: Base,
    alike: Sequence[tuple[AccountId, ...]] = (),
) -> tuple[CombinedTotal, ...]:
    """One total for each environment in which something stands in another currency than the base
    and anything at all can be added up. ``held`` are its positions in the base currency.
    """
    found = []
    for environment in Environment:
        counted = [row for row in rows if row.environment is environment and row.counts]
        total = _combined(environment, counted, held.get(environment) or HeldSums(), base, alike)
        found += [total] if total is not None else []
    return tuple(found)


def _combined(
    environment: Environment,
    counted: Sequence[AccountRow],
    held: HeldSums,
    base: Base,
    alike: Sequence[tuple[AccountId, ...]],
) -> CombinedTotal | None:
    sound = [(row, one) for row in counted if not row.damaged for one in row.balances]
    silent = [row for row in counted if row.damaged or not row.balances]
    codes = {one.currency for _, one in sound} | {row.account.currency for row in silent}
    parts = [(row, one) for row, one in sound if _rated(row, one.currency, base)]
    members = {row.id: row for row, one in parts if one.net_liquidation is not None}
    if not any(map(base.converts, codes)) or not members:
        return None
    rated = {row.id: row for row, _ in parts}
    fetched = [row.fetched_at for row in members.values() if row.fetched_at is not None]
    net = sum_known(base.of(row, one.currency, one.net_liquidation) for row, one in parts)
    unread = [one for row in rated.values() for one in row.unread]
    unlisted = sum(one.where.startswith("positions") for one in unread)
    return CombinedTotal(
        environment=environment,
        currency=base.currency,
        net_liquidation=net,
        cash=sum_known(base.of(row, one.currency, one.cash) for row, one in parts),
        accounts=len(rated) + len(silent),
        missing=len(silent) + sum(row.net_liquidation is None for row in rated.values()),
        oldest=min(fetched, default=None),
        day=held.change(net, unlisted, members.keys()),
        cost=held.cost(),
        doubled=_doubled(alike, {key: _net_in(row) for key, row in members.items()}),
        rates=used(base, (row for row in counted if not row.damaged)),
        without=_without(sound, base),
        parts=_parts_of(parts, base),
    )


def _parts_of(found: Sequence[tuple[AccountRow, Balance]], base: Base) -> tuple[Part, ...]:
    own: dict[str, list[tuple[AccountRow, Balance]]] = {}
    for row, one in found:
        own.setdefault(one.currency, []).append((row, one))
    return tuple(
        Part(
            currency=currency,
            original=sum_known(one.net_liquidation for _, one in its),
            value=sum_known(base.of(row, currency, one.net_liquidation) for row, one in its),
            cash=sum_known(base.of(row, currency, one.cash) for row, one in its),
        )
        for currency, its in sorted(own.items())
    )


def _net_in(row: AccountRow) -> Decimal | None:
    return row.net_liquidation if row.worth is None else row.worth.net


def _doubled(
    alike: Sequence[tuple[AccountId, ...]], worth: Mapping[AccountId, Decimal | None]
) -> Decimal | None:
    """What the sources of one account add to a total beyond the largest of them."""
    found: list[Decimal] = []
    for group in alike:
        known = (worth.get(one) for one in group)
        found += sorted(one for one in known if one is not None)[:-1]
    return sum_known(found)


def held_together(
    rows: Sequence[AccountRow], positions: Iterable[PositionRow], base: Base
) -> Mapping[Environment, HeldSums]:
    """What the positions of each environment come to in the base currency."""
    counted = {row.id for row in rows if row.in_totals and row.balances}
    mixed = {row.environment for row in rows if row.worth is not None}
    held: dict[Environment, HeldSums] = defaultdict(HeldSums)
    if mixed:
        for one in positions:
            if one.environment in mixed and one.account in counted:
                add_in_base(held[one.environment], one, base)
    return held


def add_in_base(sums: HeldSums, row: PositionRow, base: Base) -> None:
    """Add a position in the base currency; one without a rate is in no sum."""
    currency = row.position.instrument.currency
    if not base.converts(currency):
        sums.add((row.position,), row.account)
        return
    rate = base.rate(row.account, row.environment, currency)
    if rate is not None:
        sums.add_converted(row.position, row.account, rate)


def _rated(row: AccountRow, currency: str, base: Base) -> bool:
    return base.rate(row.id, row.environment, currency) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldWorth:
    """A holding in the base currency; ``rates`` stand beside its parts, None where there is none.

    ``value`` is None as soon as one part has no rate or no value; the gains are of what is known.
    """

    currency: str
    value: Decimal | None
    day: Decimal | None
    gain: Decimal | None
    rates: tuple[Rate | None, ...]


def held_worth(parts: Sequence[PositionRow], base: Base | None) -> HeldWorth | None:
    """What a holding is worth in the base currency; None when it stands in it already."""
    if base is None or not base.converts(parts[0].position.instrument.currency):
        return None
    rates = tuple(
        base.rate(one.account, one.environment, one.position.instrument.currency) for one in parts
    )
    pairs = [(one.position, rate) for one, rate in zip(parts, rates, strict=True)]
    return HeldWorth(
        currency=base.currency,
        value=sum_all(_times(rate, one.market_value) for one, rate in pairs),
        day=sum_known(_times(rate, one.day_pl) for one, rate in pairs),
        gain=sum_known(_times(rate, one.open_pl) for one, rate in pairs),
        rates=rates,
    )


def _times(rate: Rate | None, amount: Decimal | None) -> Decimal | None:
    return None if rate is None or amount is None else rate.of(amount)
