"""What goes out with an order: exact bytes, and a list of everything that is in them.

Both are made from one tree, so that what the review shows is what is sent. Amounts become text from
their digits, in one way only: equal drafts give equal bytes. No float comes near.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from brokerdesk.brokers.trading import SentField

Body = dict[str, Any]
"""Texts, whole numbers, truth values, ``Decimal`` (a JSON number), and lists and trees of these."""

_ENCODER = msgspec.json.Encoder(decimal_format="number")


def amount(value: Decimal, least: int = 0) -> str:
    """The digits of ``value`` without an exponent and without needless zeros at the end; ``least``
    decimals are kept. Equal values give equal text.
    """
    whole, _, rest = f"{value:f}".partition(".")
    rest = rest.rstrip("0")
    rest += "0" * (least - len(rest))
    if not value:
        whole = "0"
    return f"{whole}.{rest}" if rest else whole


def decimals(value: Decimal) -> int:
    """How many decimals ``value`` needs."""
    return len(amount(value).partition(".")[2])


def number(value: Decimal) -> int | Decimal:
    """``value`` as a JSON number, always written the same way."""
    return int(value) if not decimals(value) else Decimal(amount(value))


def encoded(body: Body) -> bytes:
    """``body`` as compact JSON, its keys in their order."""
    return _ENCODER.encode(body)


def listed(
    body: Body, words: Mapping[str, str], groups: Mapping[str, str]
) -> tuple[SentField, ...]:
    """All fields of ``body`` and no others, in their order.

    Args:
        words: our words by the last part of a field's name.
        groups: our words for what holds fields, such as a leg; lists are counted from 1.
    """
    return tuple(_fields(body, "", "", words, groups))


def _fields(
    tree: Mapping[str, Any],
    path: str,
    said: str,
    words: Mapping[str, str],
    groups: Mapping[str, str],
) -> Iterator[SentField]:
    for name, value in tree.items():
        here = f"{path}.{name}" if path else name
        if isinstance(value, Mapping):
            yield from _fields(value, here, _said(said, groups[name]), words, groups)
        elif isinstance(value, Sequence) and not isinstance(value, str):
            for index, each in enumerate(value):
                label = _said(said, f"{groups[name]} {index + 1}".strip())
                yield from _fields(each, f"{here}[{index}]", label, words, groups)
        else:
            yield SentField(name=here, value=_shown(value), words=_said(said, words[name]))


def _said(outer: str, inner: str) -> str:
    return ": ".join(part for part in (outer, inner) if part)


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return amount(value) if isinstance(value, Decimal) else str(value)
