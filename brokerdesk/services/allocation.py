"""What a total consists of, beside its cash: asset classes that add up to it. Pure.

What is owed (short positions, a margin loan) stands apart from what is owned, so that no share
hides a debt. With the cash, all values of a currency add up to its total as far as it is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import Environment
from brokerdesk.domain.position import Position
from brokerdesk.facts import dataclass
from brokerdesk.services.amounts import EXACT, ZERO, percent
from brokerdesk.services.base_money import Base, CombinedTotal
from brokerdesk.services.portfolio_view import AccountRow, PortfolioView, Total
from brokerdesk.services.reconciling import reconcile

_Worth = Decimal | None
_Sums = dict[tuple[Environment, str, str], tuple[Decimal, int]]
_Totals = Iterable[Total] | Iterable[CombinedTotal]
_NOBODY = AccountId("")
BETWEEN = "Margin and other"
"""What a broker's total holds beside cash and positions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassValue:
    """What one class is worth. ``unknown`` positions have no value: they are not in it.

    ``share`` is of all known values and the cash together, in percent; None when they are worth
    nothing or less. ``combined``: of all currencies, in the base currency.
    """

    environment: Environment
    currency: str
    name: str
    value: Decimal
    unknown: int = 0
    share: Decimal | None = None
    combined: bool = False


class ClassSums:
    """Adds up what accounts hold, class by class; no position is kept."""

    def __init__(self, base: Base | None = None) -> None:
        self._base = base or Base()
        self._sums: _Sums = {}
        self._converted: _Sums = {}
        """What is held in other currencies, in the base currency."""

    def add(
        self,
        environment: Environment,
        currency: str,
        name: str,
        one: Position,
        account: AccountId = _NOBODY,
    ) -> None:
        """A position of the class ``name``; it counts in the currency of its instrument."""
        worth = one.market_value
        owed = worth < 0 if worth is not None else one.quantity < 0
        name = f"{name}, short" if owed else name
        self._plus(environment, currency, name, worth)
        if self._base.converts(currency):
            self._convert(account, environment, currency, name, worth)

    def between(self, account: AccountRow, held: Sequence[Position]) -> None:
        """What the broker's total of an account has beside its cash and its positions."""
        if not account.in_totals:
            return
        for balance in account.balances:
            found = reconcile(balance, held)
            if found.residual:
                where = account.environment, balance.currency
                self._plus(*where, BETWEEN, found.residual)
                if self._base.converts(balance.currency):
                    self._convert(account.id, *where, BETWEEN, found.residual)

    def _plus(self, environment: Environment, currency: str, name: str, value: _Worth) -> None:
        _add(self._sums, (environment, currency, name), value)

    def _convert(
        self, account: AccountId, environment: Environment, currency: str, name: str, value: _Worth
    ) -> None:
        """Add to the sums in the base currency; what has no rate is in none of them."""
        rate = self._base.rate(account, environment, currency)
        if rate is not None:
            amount = None if value is None else rate.of(value)
            _add(self._converted, (environment, self._base.currency, name), amount)

    def rows(
        self, totals: Iterable[Total], combined: Iterable[CombinedTotal] = ()
    ) -> tuple[ClassValue, ...]:
        """The classes in their order, with their shares of the totals. Of ``combined`` totals those
        of all currencies together, too.
        """
        together = list(combined)
        mixed = {one.environment for one in together}
        whole = {
            where: value
            for where, value in self._sums.items()
            if where[0] in mixed and where[1] == self._base.currency
        }
        for where, (value, unknown) in self._converted.items():
            if where[0] in mixed:
                before = whole.get(where, (ZERO, 0))
                whole[where] = (EXACT.add(before[0], value), before[1] + unknown)
        return (
            *_ordered(self._sums, totals, combined=False),
            *_ordered(whole, together, combined=True),
        )


def _add(sums: _Sums, where: tuple[Environment, str, str], value: _Worth) -> None:
    total, unknown = sums.get(where, (ZERO, 0))
    if value is None:
        sums[where] = (total, unknown + 1)
    else:
        sums[where] = (EXACT.add(total, value), unknown)


def _ordered(
    sums: _Sums, totals: Iterable[Total | CombinedTotal], *, combined: bool
) -> tuple[ClassValue, ...]:
    wholes = _wholes(sums, totals)
    rows = [
        ClassValue(
            environment=environment,
            currency=currency,
            name=name,
            value=value,
            unknown=unknown,
            share=percent(value, wholes[environment, currency]),
            combined=combined,
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


def _wholes(
    sums: _Sums, totals: Iterable[Total | CombinedTotal]
) -> dict[tuple[Environment, str], Decimal]:
    wholes = {(one.environment, one.currency): one.cash or ZERO for one in totals}
    for (environment, currency, _), (value, _) in sums.items():
        where = (environment, currency)
        wholes[where] = EXACT.add(wholes.get(where, ZERO), value)
    return wholes


def by_class(view: PortfolioView) -> tuple[ClassValue, ...]:
    """Asset classes per environment and currency, the largest first, debts last; and of all
    currencies together where the view has such a total.
    """
    sums = ClassSums(view.base)
    for holding in view.holdings:
        names = holding.classes or (holding.asset_class,) * len(holding.parts)
        for name, part in zip(names, holding.parts, strict=True):
            currency = holding.instrument.currency
            sums.add(holding.environment, currency, name, part.position, part.account)
    held: dict[AccountId, list[Position]] = {}
    for row in view.positions:
        held.setdefault(row.account, []).append(row.position)
    for account in view.accounts:
        sums.between(account, held.get(account.id, ()))
    return sums.rows(view.totals, view.combined)
