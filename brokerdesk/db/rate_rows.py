"""How dated rates are packed and read, for the repository and the start-up path alike.

A row holds one currency's rates of one year: whole numbers with one exponent, exact. Knows the
driver's rows and no SQLAlchemy.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from brokerdesk.db.sealing import sealed, unsealed
from brokerdesk.domain.exchange_rate import RateColumn

_LARGEST = (1 << 63) - 1
READ = "SELECT currency, payload FROM rates WHERE source = ? ORDER BY currency, year"
READ_ONE = (
    "SELECT currency, payload FROM rates WHERE source = ? AND currency = ? AND year >= ?"
    " ORDER BY year"
)
READ_RECENT = (
    "SELECT source, currency, payload FROM rates WHERE currency = ? AND year >= ?"
    " ORDER BY source, year"
)
READ_OWN = "SELECT currency, payload FROM own_rates WHERE account_id = ? ORDER BY currency, year"


class _Year(msgspec.Struct, array_like=True):
    """``days``: int32 ordinals; ``scaled``: int64; both little-endian."""

    days: bytes
    exponent: int
    scaled: bytes


_decoder = msgspec.msgpack.Decoder(_Year)


def packed(rates: Mapping[int, Decimal]) -> bytes:
    """Rates by day (ordinals) as a row's payload. What does not fit 64 bits is no real rate.

    Raises:
        ValueError: a rate has more digits than that.
    """
    points = sorted(rates.items())
    exponent = min((_exponent(rate) for _, rate in points), default=0)
    scaled = [int(rate.scaleb(-exponent)) for _, rate in points]
    if any(abs(number) > _LARGEST for number in scaled):
        raise ValueError("a rate has more digits than any real one")
    days = array("i", [day for day, _ in points])
    year = _Year(_little(days), exponent, _little(array("q", scaled)))
    return sealed(year)


def unpacked(payload: bytes) -> RateColumn:
    """A row's rates.

    Raises:
        ValueError, TypeError, msgspec.MsgspecError: the bytes are not what was stored.
    """
    year: _Year = unsealed(payload, _decoder)
    return RateColumn(
        days=_from_little("i", year.days),
        units=_from_little("q", year.scaled),
        exponent=year.exponent,
    )


def columns(rows: Iterable[tuple[str, bytes]]) -> dict[str, RateColumn]:
    """Rows in the order of their years as one column a currency."""
    years: dict[str, list[RateColumn]] = {}
    for currency, payload in rows:
        years.setdefault(currency, []).append(unpacked(payload))
    return {currency: _joined(its) for currency, its in years.items()}


def read_rates(raw: Any, source: str) -> dict[str, RateColumn]:
    """All rates of a source, by currency."""
    return columns(raw.execute(READ, (source,)).fetchall())


def read_one(raw: Any, source: str, currency: str, since_year: int = 0) -> RateColumn | None:
    """The rates of one currency, from a year on."""
    rows = raw.execute(READ_ONE, (source, currency, since_year)).fetchall()
    return columns(rows).get(currency)


def read_recent(
    raw: Any, currencies: Iterable[str], since_year: int
) -> dict[tuple[str, str], RateColumn]:
    """The rates of these currencies from a year on, by source and currency."""
    found: dict[tuple[str, str], RateColumn] = {}
    for currency in currencies:
        years: dict[str, list[tuple[str, bytes]]] = {}
        for source, code, payload in raw.execute(READ_RECENT, (currency, since_year)).fetchall():
            years.setdefault(source, []).append((code, payload))
        for source, rows in years.items():
            found[source, currency] = columns(rows)[currency]
    return found


def read_own(raw: Any, account: str) -> dict[str, RateColumn]:
    """The rates that an account's broker used for it, by currency."""
    return columns(raw.execute(READ_OWN, (account,)).fetchall())


def _joined(years: list[RateColumn]) -> RateColumn:
    if len(years) == 1:
        return years[0]
    exponent = min(one.exponent for one in years)
    days, units = array("i"), list[int]()
    for one in years:
        days.extend(one.days)
        factor = 10 ** (one.exponent - exponent)
        units += [number * factor for number in one.units]
    return RateColumn(days=days, units=units, exponent=exponent)


def points(column: RateColumn) -> dict[int, Decimal]:
    """The rates by day."""
    return {day: column.at(place) for place, day in enumerate(column.days)}


def year_of(ordinal: int) -> int:
    return date.fromordinal(ordinal).year


def _exponent(rate: Decimal) -> int:
    exponent = rate.as_tuple().exponent
    assert isinstance(exponent, int)
    return min(0, exponent)


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
