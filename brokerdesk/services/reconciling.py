"""Whether a broker's total is its cash plus its positions, and what explains the rest. Pure.

The broker's total is never corrected: the residual is shown beside it with the likeliest cause.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from brokerdesk.domain.balance import Balance
from brokerdesk.domain.kinds import AssetType
from brokerdesk.domain.position import Position
from brokerdesk.services.amounts import EXACT, ZERO, sum_known

_HALF_CENT = Decimal("0.005")
_CLOSE = Decimal("0.01")
"""Up to this share of the total a residual can come from prices of another moment."""


class Cause(StrEnum):
    """The likeliest reason of a residual."""

    NONE = "none"
    ROUNDING = "rounding"
    UNREAD = "unread"
    UNVALUED = "unvalued"
    NAMED = "named"
    SWEEP = "sweep"
    FUTURES = "futures"
    TIMING = "timing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """``total`` = ``cash`` + ``positions`` + ``residual``, in one currency.

    ``residual`` is None when total or cash are not known. ``unvalued`` positions have no value and
    are not in ``positions``. ``name`` is the broker's own word for a figure that equals the
    residual.
    """

    currency: str
    total: Decimal | None
    cash: Decimal | None
    positions: Decimal
    residual: Decimal | None
    unvalued: int
    cause: Cause
    name: str = ""


def reconcile(
    balance: Balance, positions: Sequence[Position], *, unread: int = 0
) -> Reconciliation:
    """Compare the total of one currency with what it should consist of.

    ``positions`` are all of the account; those in other currencies are left out. ``unread`` is how
    many records of the account could not be read.
    """
    own = [one for one in positions if one.instrument.currency == balance.currency]
    known = [one.market_value for one in own if one.market_value is not None]
    value = sum_known(known) or ZERO
    total, cash = balance.net_liquidation, balance.cash
    residual = None
    if total is not None and cash is not None:
        residual = EXACT.subtract(total, EXACT.add(cash, value))
    unvalued = len(own) - len(known)
    cause, name = Cause.NONE, ""
    if residual:
        cause, name = _cause(residual, balance, own, unvalued, unread)
    return Reconciliation(
        currency=balance.currency,
        total=total,
        cash=cash,
        positions=value,
        residual=residual,
        unvalued=unvalued,
        cause=cause,
        name=name,
    )


def _cause(
    residual: Decimal, balance: Balance, own: Sequence[Position], unvalued: int, unread: int
) -> tuple[Cause, str]:
    if abs(residual) <= _HALF_CENT * (len(own) + 2):
        return Cause.ROUNDING, ""
    sweep = _value_of(own, AssetType.CASH_EQUIVALENT)
    if sweep and residual == -sweep:
        return Cause.SWEEP, ""
    futures = _value_of(own, AssetType.FUTURE)
    if futures and residual == -futures:
        return Cause.FUTURES, ""
    if name := _equal(residual, balance):
        return Cause.NAMED, name
    if unread:
        return Cause.UNREAD, ""
    if unvalued:
        return Cause.UNVALUED, ""
    total = balance.net_liquidation
    if own and total and abs(residual) <= abs(total) * _CLOSE:
        return Cause.TIMING, ""
    return Cause.UNKNOWN, ""


def _value_of(own: Sequence[Position], kind: AssetType) -> Decimal | None:
    return sum_known(one.market_value for one in own if one.instrument.asset_type is kind)


def _equal(residual: Decimal, balance: Balance) -> str:
    """The name of a figure that the broker reports and that is exactly the residual."""
    named = [("unsettled cash", balance.unsettled_cash), *balance.others]
    return next((name for name, amount in named if amount and abs(amount) == abs(residual)), "")
