"""What one look at the portfolio consists of: frozen rows, totals and the rules that add them up.

``None`` is "not known" and never zero; a sum over figures of which one is not known says how many
are missing. Totals of one environment never contain another's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from brokerdesk.domain.account import Account
from brokerdesk.domain.balance import Balance
from brokerdesk.domain.connection import Connection
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.kinds import ConnectionState, Environment
from brokerdesk.domain.position import Position
from brokerdesk.domain.reading import Snapshot, Unread
from brokerdesk.facts import dataclass
from brokerdesk.services.amounts import sum_known
from brokerdesk.services.base_money import (
    Base,
    CombinedTotal,
    Worth,
    combined,
    held_together,
    worth_of,
)
from brokerdesk.services.day_change import (
    UNKNOWN_CHANGE,
    UNKNOWN_COST,
    DayChange,
    HeldSums,
    KnownCost,
    change_within,
)
from brokerdesk.services.holdings import Classes as Classes
from brokerdesk.services.holdings import Holding as Holding
from brokerdesk.services.holdings import PositionRow as PositionRow
from brokerdesk.services.holdings import Wholes
from brokerdesk.services.holdings import holdings as holdings
from brokerdesk.services.same_account_questions import NO_DOUBTS, Doubts


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """One account with its last good figures at the moment of the view.

    ``fetched_at`` is when these figures were last confirmed by the broker; ``stale`` is True when
    they are older than the connection's own rhythm explains. ``suspect`` is the reason for which a
    newer answer is held back, "" when none is; ``held_at`` is when it was, and ``emptied`` how many
    positions there were when it lists none. ``positions`` counts those that could be read.
    ``connection`` None: it was removed. ``counts`` is False when totals leave the account out:
    closed or disconnected, its money is known no more; or it is counted ``through`` another
    connection's account, which is the same one. ``worth`` is what it comes to in the base currency
    of the view, None when it stands in that already.
    """

    account: Account
    name: str
    connection: ConnectionId | None
    connection_name: str
    counts: bool
    balances: tuple[Balance, ...]
    as_of: datetime | None
    fetched_at: datetime | None
    age: timedelta | None
    stale: bool
    state: ConnectionState
    state_text: str
    suspect: str = ""
    damaged: bool = False
    closed_at: datetime | None = None
    unread: tuple[Unread, ...] = ()
    day: DayChange = UNKNOWN_CHANGE
    held_at: datetime | None = None
    emptied: int = 0
    positions: int = 0
    through: AccountId | None = None
    worth: Worth | None = None

    @property
    def id(self) -> AccountId:
        return self.account.id

    @property
    def environment(self) -> Environment:
        return self.account.environment

    @property
    def balance(self) -> Balance | None:
        """The balance in the account's base currency."""
        return self.balances[0] if self.balances else None

    @property
    def cash(self) -> Decimal | None:
        return self.balance.cash if self.balance else None

    @property
    def net_liquidation(self) -> Decimal | None:
        return self.balance.net_liquidation if self.balance else None

    @property
    def buying_power(self) -> Decimal | None:
        """For stocks, else the first kind that the broker gives; None when it gives none."""
        given = self.balance.buying_power if self.balance else ()
        return dict(given).get("stock", given[0][1]) if given else None

    @property
    def in_totals(self) -> bool:
        """Whether totals contain the account: it counts and its figures are sound."""
        return self.counts and not self.damaged


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionFacts:
    """What is known of a connection beside its row.

    ``sign_in_lasts`` None: its sign-in has no fixed end; with ``no_expiry`` it has none at all.
    ``failures`` are those of 30 days.
    ``next_try`` is when a broker that asked for a pause is asked again, None when nobody knows.
    """

    accounts: int = 0
    failures: int = 0
    sign_in_lasts: timedelta | None = None
    no_expiry: bool = False
    next_try: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """The sum over the accounts of one environment in one currency.

    ``missing`` counts accounts whose figure is not known or whose snapshot is damaged: they are
    not in the sum. The amounts are None when no account gave one. ``oldest`` is when the oldest
    figure in it was fetched. ``day`` and ``cost`` are of its positions. ``doubled`` is how much of
    it may be counted twice, of accounts that look alike and were not decided on; None: nothing.
    """

    environment: Environment
    currency: str
    net_liquidation: Decimal | None
    cash: Decimal | None
    accounts: int
    missing: int
    oldest: datetime | None
    day: DayChange = UNKNOWN_CHANGE
    cost: KnownCost = UNKNOWN_COST
    doubled: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PortfolioView:
    """One look at the portfolio. ``as_of`` None: now.

    ``accounts``, positions, holdings and totals are those of the scope that was asked for;
    ``everyone`` and connections are all there are. Positions of an account that is counted through
    another one are not among them. ``combined`` has a total in the currency of ``base`` for
    each environment in which something stands in another one.
    """

    taken_at: datetime
    as_of: datetime | None
    connections: tuple[Connection, ...]
    accounts: tuple[AccountRow, ...]
    everyone: tuple[AccountRow, ...] = ()
    facts: Mapping[ConnectionId, ConnectionFacts] = field(default_factory=dict)
    positions: tuple[PositionRow, ...]
    holdings: tuple[Holding, ...]
    totals: tuple[Total, ...]
    oldest: datetime | None
    combined: tuple[CombinedTotal, ...] = ()
    base: Base = field(default_factory=Base, compare=False, repr=False)
    doubts: Doubts = NO_DOUBTS
    aside: tuple[PositionRow, ...] = ()
    """Positions of accounts that are counted through another one."""

    @property
    def main_environment(self) -> Environment | None:
        """The environment whose total leads: live, else paper, else practice, else none."""
        present = {total.environment for total in self.totals}
        return next((one for one in Environment if one in present), None)


def assemble(
    *,
    taken_at: datetime,
    as_of: datetime | None,
    connections: Sequence[Connection],
    accounts: Sequence[AccountRow],
    positions: Iterable[PositionRow],
    scope: Collection[AccountId] | None = None,
    facts: Mapping[ConnectionId, ConnectionFacts] | None = None,
    doubts: Doubts = NO_DOUBTS,
    base: Base | None = None,
) -> PortfolioView:
    """Add up what was read. ``scope`` None: every account is in it."""
    base = base or Base()
    held = [row for row in positions if scope is None or row.account in scope]
    of = {row.id: list[Position]() for row in accounts if scope is None or row.id in scope}
    for row in held:
        of.setdefault(row.account, []).append(row.position)
    left_out = {row.id for row in accounts if row.through is not None}
    aside: tuple[PositionRow, ...] = ()
    if left_out:
        aside = tuple(row for row in held if row.account in left_out)
        held = [row for row in held if row.account not in left_out]
    everyone = tuple(
        in_base(replace(row, day=day_of(row, of.get(row.id))), base) for row in accounts
    )
    chosen = tuple(row for row in everyone if row.id in of)
    sums = totals(chosen, held, doubts.alike)
    counted = {row.id for row in chosen if row.in_totals}
    together = combined(chosen, held_together(chosen, held, base), base, doubts.alike)
    return PortfolioView(
        taken_at=taken_at,
        as_of=as_of,
        connections=tuple(connections),
        accounts=chosen,
        everyone=everyone,
        facts=facts or {},
        positions=tuple(held),
        holdings=holdings(
            (row for row in held if row.account in counted),
            wholes_of(chosen, sums, together),
            base if together else None,
        ),
        totals=sums,
        oldest=min((one.oldest for one in sums if one.oldest is not None), default=None),
        combined=together,
        base=base,
        doubts=doubts,
        aside=aside,
    )


def day_of(row: AccountRow, held: Sequence[Position] | None) -> DayChange:
    """The account's change in its base currency, without what is held in others (None: unread)."""
    if held is None or row.damaged or row.fetched_at is None or row.balance is None:
        return UNKNOWN_CHANGE
    own = [one for one in held if one.instrument.currency == row.balance.currency]
    unread = sum(one.where.startswith("positions") for one in row.unread)
    return change_within(own, row.net_liquidation, unread + len(held) - len(own))


def totals(
    rows: Sequence[AccountRow], positions: Iterable[PositionRow] = (), alike: Alike = ()
) -> tuple[Total, ...]:
    """Per environment and currency, environments in their order, currencies by name."""
    counted = {row.id for row in rows if adds_up(row)}
    held: dict[tuple[Environment, str], HeldSums] = defaultdict(HeldSums)
    for one in positions:
        if one.account in counted:
            where = one.environment, one.position.instrument.currency
            held[where].add((one.position,), one.account)
    return totals_of(rows, held, alike)


def adds_up(row: AccountRow) -> bool:
    """Whether the account's positions are in the sums of a total."""
    return row.in_totals and bool(row.balances)


def totals_of(rows: Iterable[AccountRow], held: HeldBy, alike: Alike = ()) -> tuple[Total, ...]:
    """As ``totals``, of positions that were added up already."""
    groups: dict[tuple[Environment, str], list[tuple[AccountRow, Balance | None]]] = {}
    for row in rows:
        if not row.counts:
            continue
        balances = row.balances if not row.damaged else ()
        for balance in balances:
            groups.setdefault((row.environment, balance.currency), []).append((row, balance))
        if not balances:
            groups.setdefault((row.environment, row.account.currency), []).append((row, None))
    order = list(Environment)
    keys = sorted(groups, key=lambda key: (order.index(key[0]), key[1]))
    return tuple(
        replace(
            _total(*key, groups[key], held.get(key) or HeldSums()),
            doubled=_doubled(groups[key], alike),
        )
        for key in keys
    )


def _doubled(parts: list[tuple[AccountRow, Balance | None]], alike: Alike) -> Decimal | None:
    """What the sources of one account add to a total beyond the largest of them."""
    worth = {
        row.id: balance.net_liquidation
        for row, balance in parts
        if balance is not None and balance.net_liquidation is not None
    }
    found = []
    for group in alike:
        values = sorted(worth[one] for one in group if one in worth)
        found += values[:-1]
    return sum_known(found)


def _total(
    environment: Environment,
    currency: str,
    parts: list[tuple[AccountRow, Balance | None]],
    held: HeldSums,
) -> Total:
    known = [
        (row, balance)
        for row, balance in parts
        if balance is not None and balance.net_liquidation is not None
    ]
    fetched = [row.fetched_at for row, _ in known if row.fetched_at is not None]
    worth = sum_known(balance.net_liquidation for _, balance in known)
    unread = sum(
        one.where.startswith("positions")
        for row, balance in parts
        if balance is not None and balance is row.balance
        for one in row.unread
    )
    nothing = not known and not held.count
    return Total(
        environment=environment,
        currency=currency,
        net_liquidation=worth,
        cash=sum_known(balance.cash for _, balance in parts if balance is not None),
        accounts=len(parts),
        missing=len(parts) - len(known),
        oldest=min(fetched, default=None),
        day=UNKNOWN_CHANGE if nothing else held.change(worth, unread, {row.id for row, _ in known}),
        cost=held.cost(),
    )


def in_base(row: AccountRow, base: Base) -> AccountRow:
    """The row with what it is worth in the base currency, where that is another one."""
    base.meet(row)
    worth = worth_of(row, base)
    return row if worth is None else replace(row, worth=worth)


Alike = Sequence[tuple[AccountId, ...]]
HeldBy = Mapping[tuple[Environment, str], HeldSums]


def wholes_of(
    accounts: Sequence[AccountRow],
    sums: Sequence[Total],
    together: Sequence[CombinedTotal] = (),
) -> Wholes:
    """The total that a position is a share of: that of all currencies where there is one."""
    worth = {(one.environment, one.currency): one.net_liquidation for one in sums}
    whole = {one.environment: one.net_liquidation for one in together}
    return {
        (row.environment, balance.currency, row.id): whole[row.environment]
        if row.environment in whole
        else worth[row.environment, balance.currency]
        for row in accounts
        if row.in_totals
        for balance in row.balances
        if balance.net_liquidation is not None
    }


def times_of(
    snapshot: Snapshot | None, as_of: datetime | None = None
) -> tuple[datetime | None, datetime | None]:
    """The source's own time and when the figures were last confirmed, both up to ``as_of``.

    A broker without a time of its own has ``as_of`` equal to the moment of fetching; then the
    last confirmation is the better answer to "as of when".
    """
    if snapshot is None:
        return None, None
    fetched = snapshot.valid_until if as_of is None else min(snapshot.valid_until, as_of)
    own = fetched if snapshot.as_of == snapshot.fetched_at else snapshot.as_of
    return own, fetched
