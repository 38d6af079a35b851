"""What the total consists of: by asset class, by account, by currency. Pure.

Amounts of different currencies are added up only where they were converted; what has no exchange
rate is named.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum

from brokerdesk.facts import dataclass
from brokerdesk.ui import format as fmt
from brokerdesk.ui.viewmodels.base_words import is_unrated, value_of, within
from brokerdesk.ui.viewmodels.overview import WIDE, leading
from brokerdesk.ui.viewmodels.state import Figures, TotalRow
from brokerdesk.ui.widgets.charts.shares import Part, shares

MOST_PARTS = 10
CASH = "cash"
ELSEWHERE = "Accounts in other currencies"


class By(StrEnum):
    """How the total is split."""

    CLASS = "class"
    ACCOUNT = "account"
    CURRENCY = "currency"


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """The parts, largest first, their currency, and a sentence on what they do not contain."""

    parts: tuple[Part, ...]
    currency: str
    note: str = ""


def split(figures: Figures, by: By) -> Split | None:
    """The leading total taken apart; None when there is none."""
    row = leading(figures)
    if row is None:
        return None
    if by is By.CURRENCY:
        return _currencies(figures, row)
    note = ""
    if by is By.CLASS:
        parts, note = _classes(figures, row)
    else:
        parts = _accounts(figures, row)
    mixed = row in figures.combined
    others = sorted(
        {one.currency for one in row.without if one.amount is not None}
        if mixed
        else {one.currency for one in figures.totals if one.environment == row.environment}
        - {row.currency}
    )
    if others:
        note = " ".join(part for part in (note, f"Without {' and '.join(others)}.") if part)
    return Split(parts=_folded(shares(parts)), currency=row.currency, note=note)


def _classes(figures: Figures, row: TotalRow) -> tuple[list[Part], str]:
    mixed, mine = row in figures.combined, within(figures, row)
    own = [one for one in figures.classes if one.combined == mixed and mine(one)]
    parts = [
        Part(key=f"class:{one.name}", label=one.name or "Other", value=one.value)
        for one in own
        if one.value or not one.unknown
    ]
    if row.cash is not None:
        parts.append(Part(key=CASH, label="Cash", value=row.cash))
    unknown = sum(one.unknown for one in own)
    note = f"{fmt.count(unknown, 'position')} without a value left out." if unknown else ""
    return parts, note


def _accounts(figures: Figures, row: TotalRow) -> list[Part]:
    mixed, mine = row in figures.combined, within(figures, row)
    parts = [
        Part(key=f"account:{one.key}", label=one.title, value=value_of(one) if mixed else one.net)
        for one in figures.accounts
        if one.counts and mine(one) and not (mixed and is_unrated(one))
    ]
    if mixed:
        return parts
    if row.value is not None and row.accounts > len(parts):
        rest = row.value
        for one in parts:
            rest = WIDE.subtract(rest, one.value or Decimal(0))
        if rest:  # what accounts of another currency hold in this one
            parts.append(Part(key="elsewhere", label=ELSEWHERE, value=rest))
    return parts


def _currencies(figures: Figures, row: TotalRow) -> Split:
    """Each currency's own total, converted. Where that cannot be done nothing has a share."""
    if row in figures.combined:
        whole = [
            Part(key=f"currency:{one.currency}", label=one.currency, value=one.value)
            for one in row.parts
            if one.value is not None
        ]
        apart = [one.currency for one in row.without if one.amount is not None]
        note = f"Without {' and '.join(apart)}." if apart else ""
        return Split(parts=shares(whole), currency=row.currency, note=note)
    own = [one for one in figures.totals if one.environment == row.environment]
    parts = tuple(
        Part(key=f"currency:{one.currency}", label=one.currency, value=one.value,
             currency=one.currency)
        for one in own
    )  # fmt: skip
    if len(own) == 1:
        return Split(parts=shares(parts), currency=row.currency)
    note = "Without exchange rates currencies have no shares."
    return Split(parts=parts, currency=row.currency, note=note)


def _folded(parts: Iterable[Part]) -> tuple[Part, ...]:
    """At most ``MOST_PARTS`` rows: the smallest, owned or owed, are one row together."""
    listed = tuple(parts)
    if len(listed) <= MOST_PARTS:
        return listed
    by_size = sorted(listed, key=lambda one: -abs(one.value or Decimal(0)))
    large = {one.key for one in by_size[: MOST_PARTS - 1]}
    kept = tuple(one for one in listed if one.key in large)
    rest = tuple(one for one in listed if one.key not in large)
    values = [one.value for one in rest if one.value is not None]
    whole = Decimal(0)
    for value in values:
        whole = WIDE.add(whole, value)
    known = [one.share for one in rest if one.share is not None]
    return (
        *kept,
        Part(
            key="rest",
            label=f"{len(rest)} more",
            value=whole if values else None,
            share=sum(known, Decimal(0)) if known else None,
        ),
    )
