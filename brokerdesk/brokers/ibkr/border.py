"""The border that floats of the wire library do not pass.

``repr`` of a float is the shortest text that means it, which is the text that TWS wrote for every
amount of up to fifteen digits.
"""

from __future__ import annotations

from decimal import Decimal

from brokerdesk.domain.exact import exact

_UNSET = 1.7976931348623157e308
"""Java's largest double: TWS's way of saying that there is no figure."""


def known(value: float | None) -> Decimal | None:
    """The figure, None where TWS gives none.

    Raises:
        ValueError: it is not a number, endless, or larger than anything real.
    """
    if value is None or value == _UNSET:
        return None
    return exact(Decimal(repr(float(value))))


def needed(value: float | None) -> Decimal:
    """The figure.

    Raises:
        ValueError: there is none.
    """
    found = known(value)
    if found is None:
        raise ValueError("no figure")
    return found


def written(text: str) -> Decimal | None:
    """A figure that comes as text, exactly; None for none, or for what is not a figure."""
    try:
        found = exact(text) if text else None
    except ValueError:
        return None
    return None if found is not None and float(found) == _UNSET else found
