"""Figures that have to be derived because no broker gives them."""

from __future__ import annotations

from decimal import Decimal

_PLACES = Decimal("0.00000001")
_ROUNDED_BELOW = Decimal(10) ** 15


def rounded_price(value: Decimal) -> Decimal:
    """A derived price to eight places, without the zeros that a division leaves behind.

    Only quotients come here; what a broker writes is never rounded.
    """
    rounded = value.quantize(_PLACES) if abs(value) < _ROUNDED_BELOW else value
    plain = rounded.normalize()
    exponent = plain.as_tuple().exponent
    if isinstance(exponent, int) and 0 < exponent <= 20:
        return plain.quantize(Decimal(1))
    return plain
