"""What a total consists of, beside its cash: asset classes that add up to it. Pure.

What is owed (short positions, a margin loan) stands apart from what is owned, so that no share
hides a debt. With the cash, all values of a currency add up to its total as far as it is known.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import Environment
from brokerdesk.domain.position import Position
from brokerdesk.services.amounts import EXACT, ZERO, percent
from brokerdesk.services.portfolio_view import PortfolioView
from brokerdesk.services.reconciling import reconcile

BETWEEN = "Margin and other"
"""What a broker's total holds beside cash and positions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassValue:
    """What one class is worth. ``unknown`` positions have no value: they are not in it.

    ``share`` is of all known values and the cash together, in percent; None when they are worth
    nothing or less.
    """

    environment: Environment
    currency: str
    name: str
    value: Decimal
    unknown: int = 0
    share: Decimal | None = None


def by_class(view: PortfolioView) -> tuple[ClassValue, ...]:
    """Asset classes per environment and currency, the largest first, debts last."""
    sums: dict[tuple[Environment, str, str], tuple[Decimal, int]] = {}

    def add(environment: Environment, currency: str, name: str, value: Decimal | None) -> None:
        where = (environment, currency, name)
        total, unknown = sums.get(where, (ZERO, 0))
        sums[where] = (total, unknown + 1) if value is None else (EXACT.add(total, value), unknown)

    for holding in view.holdings:
        for part in holding.parts:
            worth = part.position.market_value
            owed = worth < 0 if worth is not None else part.position.quantity < 0
            name = f"{holding.asset_class}, short" if owed else holding.asset_class
            add(holding.environment, holding.instrument.currency, name, worth)
    for environment, currency, value in _between(view):
        add(environment, currency, BETWEEN, value)
    wholes = _wholes(view, sums)
    rows = [
        ClassValue(
            environment=environment,
            currency=currency,
            name=name,
            value=value,
            unknown=unknown,
            share=percent(value, wholes[environment, currency]),
        )
        for (environment, currency, name), (value, unknown) in sums.items()
    ]
    order = list(Environment)
    return tuple(
        sorted(
            rows,
            key=lambda row: (order.index(row.environment), row.currency, -row.value, row.name),
        )
    )


def _between(view: PortfolioView) -> Iterable[tuple[Environment, str, Decimal]]:
    held: dict[AccountId, list[Position]] = {}
    for row in view.positions:
        held.setdefault(row.account, []).append(row.position)
    for account in view.accounts:
        if not account.in_totals:
            continue
        for balance in account.balances:
            found = reconcile(balance, held.get(account.id, ()))
            if found.residual:
                yield account.environment, balance.currency, found.residual


def _wholes(
    view: PortfolioView, sums: dict[tuple[Environment, str, str], tuple[Decimal, int]]
) -> dict[tuple[Environment, str], Decimal]:
    wholes = {(one.environment, one.currency): one.cash or ZERO for one in view.totals}
    for (environment, currency, _), (value, _) in sums.items():
        where = (environment, currency)
        wholes[where] = EXACT.add(wholes.get(where, ZERO), value)
    return wholes
