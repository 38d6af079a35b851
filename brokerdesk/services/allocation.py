"""What a total consists of, beside its cash: asset classes that add up to it. Pure.

What is owed (short positions, a margin loan) stands apart from what is owned, so that no share
hides a debt. With the cash, all values of a currency add up to its total as far as it is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import Environment
from brokerdesk.domain.position import Position
from brokerdesk.services.amounts import EXACT, ZERO, percent
from brokerdesk.services.portfolio_view import AccountRow, PortfolioView, Total
from brokerdesk.services.reconciling import reconcile

_Worth = Decimal | None
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


class ClassSums:
    """Adds up what accounts hold, class by class; no position is kept."""

    def __init__(self) -> None:
        self._sums: dict[tuple[Environment, str, str], tuple[Decimal, int]] = {}

    def add(self, environment: Environment, currency: str, name: str, one: Position) -> None:
        """A position of the class ``name``; it counts in the currency of its instrument."""
        worth = one.market_value
        owed = worth < 0 if worth is not None else one.quantity < 0
        self._plus(environment, currency, f"{name}, short" if owed else name, worth)

    def between(self, account: AccountRow, held: Sequence[Position]) -> None:
        """What the broker's total of an account has beside its cash and its positions."""
        if not account.in_totals:
            return
        for balance in account.balances:
            found = reconcile(balance, held)
            if found.residual:
                self._plus(account.environment, balance.currency, BETWEEN, found.residual)

    def _plus(self, environment: Environment, currency: str, name: str, value: _Worth) -> None:
        where = (environment, currency, name)
        total, unknown = self._sums.get(where, (ZERO, 0))
        if value is None:
            self._sums[where] = (total, unknown + 1)
        else:
            self._sums[where] = (EXACT.add(total, value), unknown)

    def rows(self, totals: Iterable[Total]) -> tuple[ClassValue, ...]:
        """The classes in their order, with their shares of the totals."""
        wholes = self._wholes(totals)
        rows = [
            ClassValue(
                environment=environment,
                currency=currency,
                name=name,
                value=value,
                unknown=unknown,
                share=percent(value, wholes[environment, currency]),
            )
            for (environment, currency, name), (value, unknown) in self._sums.items()
        ]
        order = list(Environment)
        return tuple(
            sorted(
                rows,
                key=lambda row: (order.index(row.environment), row.currency, -row.value, row.name),
            )
        )

    def _wholes(self, totals: Iterable[Total]) -> dict[tuple[Environment, str], Decimal]:
        wholes = {(one.environment, one.currency): one.cash or ZERO for one in totals}
        for (environment, currency, _), (value, _) in self._sums.items():
            where = (environment, currency)
            wholes[where] = EXACT.add(wholes.get(where, ZERO), value)
        return wholes


def by_class(view: PortfolioView) -> tuple[ClassValue, ...]:
    """Asset classes per environment and currency, the largest first, debts last."""
    sums = ClassSums()
    for holding in view.holdings:
        names = holding.classes or (holding.asset_class,) * len(holding.parts)
        for name, part in zip(names, holding.parts, strict=True):
            currency = holding.instrument.currency
            sums.add(holding.environment, currency, name, part.position)
    held: dict[AccountId, list[Position]] = {}
    for row in view.positions:
        held.setdefault(row.account, []).append(row.position)
    for account in view.accounts:
        sums.between(account, held.get(account.id, ()))
    return sums.rows(view.totals)
