"""The likeliest reason why an account's total is not just its cash and its positions. Pure.

``reconciling`` says by how much; the broker's total is never corrected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from brokerdesk.domain.balance import Balance
from brokerdesk.domain.kinds import AssetType
from brokerdesk.domain.position import Position
from brokerdesk.services.amounts import sum_known
from brokerdesk.services.reconciling import Reconciliation, reconcile

_HALF_CENT = Decimal("0.005")
_CLOSE = Decimal("0.01")
"""Up to this share of the total a residual can come from prices of another moment."""


class Cause(StrEnum):
    """Why there is a residual, or why none can be told."""

    NONE = "none"
    NAMED = "named"
    ROUNDING = "rounding"
    SWEEP = "sweep"
    FUTURES = "futures"
    UNSETTLED = "unsettled"
    EQUAL = "equal"
    UNREAD = "unread"
    UNVALUED = "unvalued"
    UNREPORTED = "unreported"
    TIMING = "timing"
    UNKNOWN = "unknown"


_UNSURE = (Cause.UNREAD, Cause.TIMING, Cause.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSum:
    """One currency's total taken apart, with the reason of what is left over.

    ``name`` is the broker's own word for a figure that equals the residual.
    """

    parts: Reconciliation
    cause: Cause
    name: str = ""


def account_sums(
    balances: Sequence[Balance], positions: Sequence[Position], *, unread: int = 0
) -> tuple[AccountSum, ...]:
    """One sum a balance. ``unread`` is how many records of the account could not be read."""
    found = []
    for balance in balances:
        own = [one for one in positions if one.instrument.currency == balance.currency]
        parts = reconcile(balance, own)
        cause = _cause(parts, balance, own, unread)
        name = _equal(parts, balance) if cause in _UNSURE else ""
        found.append(AccountSum(parts=parts, cause=Cause.EQUAL if name else cause, name=name))
    return tuple(found)


def _cause(parts: Reconciliation, balance: Balance, own: Sequence[Position], unread: int) -> Cause:
    residual = parts.residual
    if residual is None:
        return Cause.UNVALUED if parts.unvalued else Cause.UNREPORTED
    if not residual:
        return Cause.NONE
    if abs(residual) <= _HALF_CENT * (len(own) + 2):
        return Cause.ROUNDING
    if parts.named:
        return Cause.NAMED
    if residual == -_value_of(own, AssetType.CASH_EQUIVALENT):
        return Cause.SWEEP
    if residual == -_value_of(own, AssetType.FUTURE):
        return Cause.FUTURES
    if balance.unsettled_cash and abs(residual) == abs(balance.unsettled_cash):
        return Cause.UNSETTLED
    if unread:
        return Cause.UNREAD
    if own and parts.net and abs(residual) <= abs(parts.net) * _CLOSE:
        return Cause.TIMING
    return Cause.UNKNOWN


def _equal(parts: Reconciliation, balance: Balance) -> str:
    """The name of a figure that is the residual to the cent; "" when there is none."""
    given = balance.others
    return next((name for name, amount in given if amount and amount == parts.residual), "")


def _value_of(own: Sequence[Position], kind: AssetType) -> Decimal:
    values = (one.market_value for one in own if one.instrument.asset_type is kind)
    return sum_known(values) or Decimal(0)
