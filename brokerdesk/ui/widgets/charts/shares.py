"""The parts of a whole, largest first, with their shares. Pure and exact.

A value that is not known stays in the list and out of the whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Context, Decimal

from brokerdesk.facts import dataclass

_WIDE = Context(prec=120)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """``share`` in percent of the whole; None when the value or a positive whole is not known.

    ``currency`` is set when it is the part's own: parts of several currencies share no scale.
    """

    key: str
    label: str
    value: Decimal | None
    share: Decimal | None = None
    currency: str = ""


def shares(parts: Iterable[Part]) -> tuple[Part, ...]:
    """``parts`` sorted by value with their shares worked out; unknown ones come last."""
    listed = list(parts)
    whole = Decimal(0)
    for part in listed:
        if part.value is not None:
            whole = _WIDE.add(whole, part.value)
    made = [
        Part(
            key=part.key,
            label=part.label,
            value=part.value,
            share=_percent(part.value, whole),
            currency=part.currency,
        )
        for part in listed
    ]
    return tuple(
        sorted(
            made,
            key=lambda part: (part.value is None, -(part.value or Decimal(0)), part.label),
        )
    )


def _percent(value: Decimal | None, whole: Decimal) -> Decimal | None:
    if value is None or whole <= 0:
        return None
    return _WIDE.multiply(_WIDE.divide(value, whole), Decimal(100))
