"""Which accounts stand in the Overview's table, in which part of it, and their totals row. Pure."""

from __future__ import annotations

from decimal import Decimal

from brokerdesk.facts import dataclass
from brokerdesk.ui.viewmodels.overview import WIDE, leading
from brokerdesk.ui.viewmodels.state import AccountRow, Figures, TotalRow


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountParts:
    """``counted`` stand above the totals row, ``apart`` beneath it: other money never mixes in."""

    counted: tuple[AccountRow, ...]
    apart: tuple[AccountRow, ...]
    total: TotalRow | None
    buying_power: Decimal | None
    converted: bool = False
    """Whether the total is of all currencies."""


def account_parts(figures: Figures) -> AccountParts:
    """The accounts of the leading total's environment, and all others apart."""
    lead = leading(figures)
    if lead is None:
        return AccountParts(counted=figures.accounts, apart=(), total=None, buying_power=None)
    counted = tuple(row for row in figures.accounts if row.environment == lead.environment)
    apart = tuple(row for row in figures.accounts if row.environment != lead.environment)
    mixed, power = lead in figures.combined, None
    for row in counted:
        if not row.counts:
            continue
        amount = row.buying_power if row.currency == lead.currency else None
        if mixed and row.worth is not None:
            amount = row.worth.buying_power
        if amount is not None:
            power = WIDE.add(power or Decimal(0), amount)
    return AccountParts(
        counted=counted, apart=apart, total=lead, buying_power=power, converted=mixed
    )
