"""Splits between a past day and now, so that quantities of then can be shown as they were. Pure.

A split is known from the broker's own entry. Without one, a quantity that jumps by a simple ratio
while the price jumps by its inverse is named as probable. Nothing is ever recomputed with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import TransactionType
from brokerdesk.domain.market_hours import new_york_day
from brokerdesk.domain.transaction import Transaction
from brokerdesk.facts import dataclass

InstrumentKey = tuple[str, str, str]

_KINDS = frozenset(
    {TransactionType.CORPORATE_ACTION, TransactionType.TRANSFER, TransactionType.OTHER}
)
_WORD = re.compile(r"\bsplit\b", re.IGNORECASE)
_WRITTEN = re.compile(
    r"(\d{1,4}(?:\.\d{1,4})?)\s*(?:for|:|-for-)\s*(\d{1,4}(?:\.\d{1,4})?)", re.IGNORECASE
)
_LARGEST = 100
"""Ratios of larger numbers are no splits but chance."""
_LEAST_JUMP = Fraction(3, 2)
_PRICE_MAY_DIFFER = Fraction(1, 5)
_SAME_DAYS = 5
"""An entry and the jump in the figures may be booked on days apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """``units`` new ones for ``each`` old, before the session of ``day``."""

    instrument: InstrumentKey
    symbol: str
    day: date
    units: int
    each: int
    probable: bool = False


@dataclass(frozen=True, slots=True)
class Jump:
    """A quantity in two adjacent snapshots of an account, with the price per unit in both."""

    instrument: InstrumentKey
    symbol: str
    at: datetime
    before: Decimal
    after: Decimal
    price_before: Decimal | None
    price_after: Decimal | None


def booked_splits(
    entries: Iterable[Transaction], held: Mapping[str, Decimal] | None = None
) -> tuple[Split, ...]:
    """The splits among a broker's entries.

    ``held`` gives the quantity before an entry by its id, for those whose text has no ratio.
    """
    found = []
    for one in entries:
        if one.type not in _KINDS or one.instrument is None or not _WORD.search(one.description):
            continue
        ratio = _written(one.description) or _by_quantity(one, (held or {}).get(one.id))
        if ratio is not None:
            found.append(
                Split(
                    instrument=one.instrument.key,
                    symbol=one.instrument.symbol,
                    day=new_york_day(one.time),
                    units=ratio.numerator,
                    each=ratio.denominator,
                )
            )
    return tuple(found)


def has_ratio(entry: Transaction) -> bool:
    """Whether the text of an entry tells by how much was split."""
    return _written(entry.description) is not None


def is_split(entry: Transaction) -> bool:
    """Whether an entry says of itself that it is a split."""
    return (
        entry.type in _KINDS
        and entry.instrument is not None
        and bool(_WORD.search(entry.description))
    )


def _written(text: str) -> Fraction | None:
    found = _WRITTEN.search(text)
    if found is None:
        return None
    units, each = Fraction(found[1]), Fraction(found[2])
    return _simple(units / each) if units and each and units != each else None


def _by_quantity(entry: Transaction, before: Decimal | None) -> Fraction | None:
    if not before or not entry.quantity:
        return None
    ratio = Fraction(before + entry.quantity) / Fraction(before)
    return _simple(ratio) if ratio > 0 else None


def _simple(ratio: Fraction) -> Fraction | None:
    """A ratio of small whole numbers, else None."""
    return ratio if max(ratio.numerator, ratio.denominator) <= _LARGEST else None


def probable_split(jump: Jump) -> Split | None:
    """The split that would explain a jump; None when quantity and price do not fit one."""
    if not jump.before or not jump.after or (jump.before > 0) != (jump.after > 0):
        return None
    ratio = _simple(Fraction(jump.after) / Fraction(jump.before))
    if ratio is None or 1 / _LEAST_JUMP < ratio < _LEAST_JUMP:
        return None
    if not jump.price_before or not jump.price_after:
        return None
    rest = Fraction(jump.price_after) * ratio / Fraction(jump.price_before)
    if not 1 - _PRICE_MAY_DIFFER <= rest <= 1 / (1 - _PRICE_MAY_DIFFER):
        return None
    return Split(
        instrument=jump.instrument,
        symbol=jump.symbol,
        day=new_york_day(jump.at),
        units=ratio.numerator,
        each=ratio.denominator,
        probable=True,
    )


def merged(booked: Iterable[Split], guessed: Iterable[Split]) -> tuple[Split, ...]:
    """All splits, each once, oldest first. What is booked needs no guess."""
    kept: list[Split] = []
    for one in (*booked, *guessed):
        if not any(_same(one, other) for other in kept):
            kept.append(one)
    return tuple(sorted(kept, key=lambda one: (one.day, one.symbol)))


def _same(one: Split, other: Split) -> bool:
    return one.instrument == other.instrument and abs((one.day - other.day).days) <= _SAME_DAYS


def since(
    found: Mapping[AccountId, tuple[Split, ...]],
    held: Iterable[tuple[AccountId, Instrument]],
    day: date,
) -> dict[InstrumentKey, tuple[Split, ...]]:
    """The splits after ``day`` of what was held on it, by instrument."""
    by_key: dict[InstrumentKey, list[Split]] = {}
    for account, instrument in held:
        for one in found.get(account, ()):
            if one.instrument == instrument.key and one.day > day:
                by_key.setdefault(instrument.key, []).append(one)
    return {key: merged((s for s in all_ if not s.probable), (s for s in all_ if s.probable))
            for key, all_ in by_key.items()}  # fmt: skip
