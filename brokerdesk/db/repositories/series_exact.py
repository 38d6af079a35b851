"""The packed daily series as whole numbers: exact as ``values()``, nearly as fast as ``columns()``.

A sum over tens of thousands of points must be exact and must not make an object per point. Stored
years already are whole numbers with one exponent, so they are handed out as such, without numpy.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import NamedTuple

from brokerdesk.db.repositories.series import SeriesRepository, _exponent, _from_little, _scaled
from brokerdesk.domain.ids import AccountId


class ExactYear(NamedTuple):
    """``units[i] * 10**exponent`` is the value of the day with ordinal ``days[i]``."""

    days: array[int]
    units: Sequence[int]
    exponent: int


def exact_years(
    series: SeriesRepository, account: AccountId, *, currency: str = "USD"
) -> tuple[ExactYear, ...]:
    """All points of ``account``, oldest first, a stored year at a time."""
    found = []
    for packed in series._years(account, currency):
        days = _from_little("i", packed.days)
        if packed.texts is None:
            found.append(ExactYear(days, _from_little("q", packed.scaled), packed.exponent))
        else:
            exponent = min(0, *map(_exponent, packed.texts))
            units = [_scaled(value, exponent) for value in packed.texts]
            found.append(ExactYear(days, units, exponent))
    return tuple(found)
