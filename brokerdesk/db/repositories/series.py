"""Daily total values per account and currency, packed a year to a row, for the value chart.

Amounts are kept exactly: as whole numbers with one exponent when they fit 64 bits, else as texts.
A chart reads arrays without a Python object per point.
"""

from __future__ import annotations

import sys
from array import array
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from brokerdesk.db.decoding import decoding
from brokerdesk.db.records import SeriesColumns, SeriesPoint
from brokerdesk.db.scope import Scope
from brokerdesk.db.sealing import sealed, unsealed
from brokerdesk.domain.exact import check_amount
from brokerdesk.domain.ids import AccountId

_LARGEST = (1 << 63) - 1


class _Year(msgspec.Struct, array_like=True):
    """``days``: int32 ordinals; ``scaled``: int64; both little-endian. ``texts`` instead of
    ``scaled`` when a value does not fit.
    """

    days: bytes
    exponent: int
    scaled: bytes
    texts: list[Decimal] | None = None


_decoder = msgspec.msgpack.Decoder(_Year)


class SeriesRepository:
    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def append(
        self, account: AccountId, day: date, value: Decimal, *, currency: str = "USD"
    ) -> None:
        """Set the value of one day; a later call for the same day replaces it."""
        self.extend(account, [SeriesPoint(day=day, value=value)], currency=currency)

    def extend(
        self, account: AccountId, points: list[SeriesPoint], *, currency: str = "USD"
    ) -> None:
        """Set the values of many days."""
        years: dict[int, dict[date, Decimal]] = {}
        for point in points:
            check_amount("value", point.value)
            years.setdefault(point.day.year, {})[point.day] = point.value
        for year, new in sorted(years.items()):
            old = {
                day: value
                for packed in self._years(account, currency, year)
                for day, value in _points(packed)
            }
            merged = sorted((old | new).items())
            self._scope.raw.execute(
                "INSERT OR REPLACE INTO series (account_id, currency, year, payload)"
                " VALUES (?, ?, ?, ?)",
                (account, currency, year, sealed(_packed(merged))),
            )

    def values(self, account: AccountId, *, currency: str = "USD") -> tuple[SeriesPoint, ...]:
        """All points, oldest first, exact."""
        with decoding(self._scope.path):
            return tuple(
                SeriesPoint(day=day, value=value)
                for packed in self._years(account, currency)
                for day, value in _points(packed)
            )

    def first_day(self, account: AccountId) -> date | None:
        """The oldest day with a value in any currency."""
        rows = self._scope.raw.execute(
            "SELECT payload FROM series WHERE account_id = ? AND year ="
            " (SELECT min(year) FROM series WHERE account_id = ?)",
            (account, account),
        ).fetchall()
        with decoding(self._scope.path):
            years = [unsealed(payload, _decoder) for (payload,) in rows]
            days = [_from_little("i", year.days)[0] for year in years if year.days]
        return date.fromordinal(min(days)) if days else None

    def first_year(self) -> date | None:
        """The first day of the first year that any account has a value of; None without one."""
        row = self._scope.raw.execute("SELECT min(year) FROM series").fetchone()
        return None if row[0] is None else date(row[0], 1, 1)

    def currencies(self, account: AccountId) -> tuple[str, ...]:
        """In which currencies an account has values."""
        rows = self._scope.raw.execute(
            "SELECT DISTINCT currency FROM series WHERE account_id = ? ORDER BY currency",
            (account,),
        )
        return tuple(str(row[0]) for row in rows)

    def columns(self, account: AccountId, *, currency: str = "USD") -> SeriesColumns:
        """All points as arrays for a chart, oldest first. Floats: for pixels only."""
        import numpy as np

        years = self._years(account, currency)
        days = [np.frombuffer(packed.days, dtype="<i4") for packed in years]
        values = [
            np.array([float(value) for value in packed.texts])
            if packed.texts is not None
            # Dividing by an exact power of ten rounds once; multiplying by 0.01 would twice.
            else np.frombuffer(packed.scaled, dtype="<i8") / 10.0**-packed.exponent
            for packed in years
        ]
        return SeriesColumns(
            days=np.concatenate([np.empty(0, dtype=np.int32), *days]).astype(np.int32, copy=False),
            values=np.concatenate([np.empty(0, dtype=np.float64), *values]),
        )

    def _years(self, account: AccountId, currency: str, year: int | None = None) -> list[_Year]:
        rows = self._scope.raw.execute(
            "SELECT payload FROM series WHERE account_id = ? AND currency = ?"
            " AND year = coalesce(?, year) ORDER BY year",
            (account, currency, year),
        ).fetchall()
        with decoding(self._scope.path):
            return [unsealed(payload, _decoder) for (payload,) in rows]


def _packed(points: list[tuple[date, Decimal]]) -> _Year:
    days = _little(array("i", [day.toordinal() for day, _ in points]))
    values = [value for _, value in points]
    exponent = min(0, *(_exponent(value) for value in values))
    scaled = [_scaled(value, exponent) for value in values]
    if any(abs(number) > _LARGEST for number in scaled):
        return _Year(days, 0, b"", values)
    return _Year(days, exponent, _little(array("q", scaled)))


def _exponent(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)
    return exponent


def _scaled(value: Decimal, exponent: int) -> int:
    """``value`` as a whole number of ``10**exponent``, by integers alone: nothing is rounded."""
    sign, digits, own = value.as_tuple()
    assert isinstance(own, int)
    number = int("".join(map(str, digits)) or "0") * int(10 ** (own - exponent))
    return -number if sign else number


def _points(year: _Year) -> list[tuple[date, Decimal]]:
    days = map(date.fromordinal, _from_little("i", year.days))
    if year.texts is not None:
        return list(zip(days, year.texts, strict=True))
    numbers = _from_little("q", year.scaled)
    return [
        (day, Decimal(f"{number}E{year.exponent}"))
        for day, number in zip(days, numbers, strict=True)
    ]


def _little(numbers: array[int]) -> bytes:
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def _from_little(kind: Any, data: bytes) -> array[int]:
    numbers: array[int] = array(kind)
    numbers.frombytes(data)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
