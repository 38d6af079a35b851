"""Figures that have to be derived because no broker gives them."""

from __future__ import annotations

from decimal import Decimal

_PLACES = Decimal("0.00000001")
_ONE = Decimal(1)
_ROUNDED_BELOW = Decimal(10) ** 15


def rounded_price(value: Decimal) -> Decimal:
    """A derived price to eight places, without the zeros that a division leaves behind.

    Only quotients come here; what a broker writes is never rounded.
    """
    if abs(value) >= _ROUNDED_BELOW:
        return value
    plain = value.quantize(_PLACES).normalize()
    exponent = plain.as_tuple().exponent
    return plain.quantize(_ONE) if isinstance(exponent, int) and exponent > 0 else plain
