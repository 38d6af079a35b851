"""What one look at the portfolio consists of: frozen rows, totals and the rules that add them up.

``None`` is "not known" and never zero; a sum over figures of which one is not known says how many
are missing. Totals of one environment never contain another's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from brokerdesk.domain.account import Account
from brokerdesk.domain.balance import Balance
from brokerdesk.domain.connection import Connection
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import ConnectionState, Environment
from brokerdesk.domain.position import Position
from brokerdesk.domain.reading import Snapshot, Unread


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """One account with its last good figures at the moment of the view.

    ``fetched_at`` is when these figures were last confirmed by the broker; ``stale`` is True when
    they are older than the connection's own rhythm explains. ``suspect`` is the reason for which a
    newer answer is held back, "" when none is. ``connection`` None: it was removed. ``counts`` is
    False when totals leave the account out: closed or disconnected, its money is known no more.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionRow:
    """One holding of one account."""

    account: AccountId
    account_name: str
    environment: Environment
    position: Position
    as_of: datetime
    fetched_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One instrument over all accounts of one environment.

    ``market_value``, ``cost_basis`` and the P/L figures are None as soon as one part is unknown.
    """

    environment: Environment
    instrument: Instrument
    quantity: Decimal
    market_value: Decimal | None
    cost_basis: Decimal | None
    day_pl: Decimal | None
    open_pl: Decimal | None
    parts: tuple[PositionRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """The sum over the accounts of one environment in one currency.

    ``missing`` counts accounts whose figure is not known or whose snapshot is damaged: they are
    not in the sum. The amounts are None when no account gave one. ``oldest`` is when the oldest
    figure in it was fetched.
    """

    environment: Environment
    currency: str
    net_liquidation: Decimal | None
    cash: Decimal | None
    accounts: int
    missing: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PortfolioView:
    """One look at the portfolio. ``as_of`` None: now."""

    taken_at: datetime
    as_of: datetime | None
    connections: tuple[Connection, ...]
    accounts: tuple[AccountRow, ...]
    positions: tuple[PositionRow, ...]
    holdings: tuple[Holding, ...]
    totals: tuple[Total, ...]
    oldest: datetime | None

    @property
    def main_environment(self) -> Environment | None:
        """The environment whose total leads: live, else paper, else practice, else none."""
        present = {total.environment for total in self.totals}
        return next((one for one in Environment if one in present), None)


def totals(rows: Iterable[AccountRow]) -> tuple[Total, ...]:
    """Per environment and currency, environments in their order, currencies by name."""
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
        _total(environment, currency, groups[environment, currency])
        for environment, currency in keys
    )


def _total(
    environment: Environment, currency: str, parts: list[tuple[AccountRow, Balance | None]]
) -> Total:
    known = [
        (row, balance)
        for row, balance in parts
        if balance is not None and balance.net_liquidation is not None
    ]
    cash = [
        balance.cash for _, balance in parts if balance is not None and balance.cash is not None
    ]
    fetched = [row.fetched_at for row, _ in known if row.fetched_at is not None]
    return Total(
        environment=environment,
        currency=currency,
        net_liquidation=sum_known(balance.net_liquidation for _, balance in known),
        cash=sum_known(cash),
        accounts=len(parts),
        missing=len(parts) - len(known),
        oldest=min(fetched, default=None),
    )


def holdings(rows: Iterable[PositionRow]) -> tuple[Holding, ...]:
    """Positions of equal instruments added up, per environment, in the order of first sight."""
    groups: dict[tuple[Environment, tuple[str, str, str]], list[PositionRow]] = {}
    for row in rows:
        groups.setdefault((row.environment, row.position.instrument.key), []).append(row)
    return tuple(_holding(environment, parts) for (environment, _), parts in groups.items())


def _holding(environment: Environment, parts: list[PositionRow]) -> Holding:
    held = [part.position for part in parts]
    return Holding(
        environment=environment,
        instrument=held[0].instrument,
        quantity=sum((position.quantity for position in held), Decimal(0)),
        market_value=sum_all(position.market_value for position in held),
        cost_basis=sum_all(position.cost_basis for position in held),
        day_pl=sum_all(position.day_pl for position in held),
        open_pl=sum_all(position.open_pl for position in held),
        parts=tuple(parts),
    )


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


def sum_known(values: Iterable[Decimal | None]) -> Decimal | None:
    """The sum of what is known; None when nothing is."""
    known = [value for value in values if value is not None]
    return sum(known, Decimal(0)) if known else None


def sum_all(values: Iterable[Decimal | None]) -> Decimal | None:
    """The sum, or None when any part is unknown."""
    total = Decimal(0)
    for value in values:
        if value is None:
            return None
        total += value
    return total
