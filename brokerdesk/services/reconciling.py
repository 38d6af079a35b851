"""Why an account is worth what its broker says: cash, positions, and what lies between. Pure.

``net = cash + positions + residual``, exactly. A residual that other balances of the broker make up
to the cent is named by them: a margin loan, the proceeds of a short sale.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from brokerdesk.domain.balance import Balance
from brokerdesk.domain.position import Position
from brokerdesk.facts import dataclass
from brokerdesk.services.amounts import EXACT, sum_known

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """One currency of one account. Amounts are None when they are not known.

    ``residual`` is None as soon as one of the other figures is; ``unvalued`` counts positions
    without a value. ``named`` are the broker's own balances whose sum is the residual, "()" when
    none fit.
    """

    currency: str
    cash: Decimal | None
    positions: Decimal | None
    net: Decimal | None
    residual: Decimal | None
    named: tuple[tuple[str, Decimal], ...] = ()
    unvalued: int = 0

    @property
    def adds_up(self) -> bool:
        """Whether cash and positions alone, or with named balances, are the whole value."""
        return self.residual is not None and (not self.residual or bool(self.named))


def reconcile(balance: Balance, positions: Iterable[Position]) -> Reconciliation:
    """Set the account's value in the balance's currency against cash and positions in it."""
    own = [one for one in positions if one.instrument.currency == balance.currency]
    unvalued = sum(one.market_value is None for one in own)
    worth = sum_known(one.market_value for one in own) if own else _ZERO
    residual = None
    if not unvalued and balance.cash is not None and balance.net_liquidation is not None:
        counted = EXACT.add(balance.cash, worth or _ZERO)
        residual = EXACT.subtract(balance.net_liquidation, counted)
    return Reconciliation(
        currency=balance.currency,
        cash=balance.cash,
        positions=worth,
        net=balance.net_liquidation,
        residual=residual,
        named=_named(balance, residual) if residual else (),
        unvalued=unvalued,
    )


def _named(balance: Balance, residual: Decimal) -> tuple[tuple[str, Decimal], ...]:
    """The broker's further balances that explain the residual: all of them together, or one.

    Names with a point are of other days or of swept cash, which is in the cash figure already.
    """
    given = tuple(
        (name, amount)
        for name, amount in balance.others
        if amount and "." not in name and name.casefold().endswith("balance")
    )
    if given and sum_known(amount for _, amount in given) == residual:
        return given
    return next((((name, amount),) for name, amount in given if amount == residual), ())
