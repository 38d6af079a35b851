"""The gate through which every amount and every time enters the domain.

A float that slips into a money path is silent and permanent, so the check is made where a fact is
built, once, and not where it is used.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

MAX_DIGITS = 38
MAX_EXPONENT = 24


def exact(value: Decimal | int | str, *, what: str = "amount") -> Decimal:
    """``value`` as a finite Decimal.

    Raises:
        TypeError: for a float or a bool: both would be accepted by ``Decimal`` and be wrong.
        ValueError: for NaN, infinity, non-ASCII digits, or more than 38 digits / 24 decimals.
    """
    if isinstance(value, bool) or not isinstance(value, Decimal | int | str):
        raise TypeError(f"{what} must be Decimal, int or str, not {type(value).__name__}")
    if isinstance(value, str):
        # Decimal() also takes full-width digits, underscores and blanks.
        if not value.isascii() or "_" in value or value != value.strip():
            raise ValueError(f"{what} is not a plain number")
        try:
            value = Decimal(value)
        except ArithmeticError as error:
            raise ValueError(f"{what} is not a number") from error
    elif isinstance(value, int):
        value = Decimal(value)
    if not value.is_finite():
        raise ValueError(f"{what} must be finite")
    if value:
        parts = value.as_tuple()
        exponent = parts.exponent
        assert isinstance(exponent, int)
        if (
            exponent < -MAX_EXPONENT
            or len(parts.digits) > MAX_DIGITS
            or value.adjusted() > MAX_DIGITS
        ):
            raise ValueError(f"{what} has more digits than any real amount")
    return value


def check_amount(name: str, value: object) -> None:
    """Refuse a value that is not a finite Decimal.

    Raises:
        TypeError: for anything but a Decimal.
        ValueError: for NaN or infinity.
    """
    if not isinstance(value, Decimal):
        raise TypeError(f"{name} must be Decimal, not {type(value).__name__}")
    if not value.is_finite():
        raise ValueError(f"{name} must be finite")


def check_amounts(owner: object, *names: str) -> None:
    """Refuse any of ``owner``'s named fields that is neither None nor a finite Decimal."""
    for name in names:
        value = getattr(owner, name)
        if value is not None:
            check_amount(name, value)


def check_times(owner: object, *names: str) -> None:
    """Refuse any of ``owner``'s named fields that is neither None nor an aware UTC datetime."""
    for name in names:
        value = getattr(owner, name)
        if value is None:
            continue
        if not isinstance(value, datetime):
            raise TypeError(f"{name} must be a datetime, not {type(value).__name__}")
        if value.tzinfo is not UTC:
            raise ValueError(f"{name} must be in UTC")


def utc(value: datetime) -> datetime:
    """An aware datetime moved to UTC.

    Raises:
        ValueError: for a naive datetime, whose zone nobody can know.
    """
    if value.tzinfo is None or value.utcoffset() is None:
        raise ValueError("a time without a zone cannot be used")
    return value.astimezone(UTC)
