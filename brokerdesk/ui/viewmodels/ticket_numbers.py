"""Numbers as they are typed into a ticket. Pure.

What cannot be read for certain is refused with a sentence, never guessed at: ``1,5`` is not fifteen
and ``1.000`` is one where decimals have a point. Nothing that was typed is changed here.
"""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, InvalidOperation

from brokerdesk.ui import format as fmt
from brokerdesk.ui.locale import marks

_LONGEST = 24
_MINUSES = ("-", fmt.MINUS)
CENT = Decimal("0.01")
_FINE = Decimal("0.0001")
_BLANKS = re.compile(r"[\s\u00a0\u202f]+")


class UnreadableError(ValueError):
    """The sentence says what is wrong with the text."""


def read(text: str) -> Decimal | None:
    """The number in a field; None while nothing is typed.

    Raises:
        UnreadableError: it is none, or none above zero.
    """
    stripped = text.strip()
    if not stripped:
        return None
    bare = stripped.removeprefix("$").removesuffix("%").strip()
    if bare.startswith(_MINUSES):
        raise UnreadableError("Enter an amount above zero.")
    point, group = marks().point, marks().group
    whole, found, decimals = bare.partition(point)
    if decimals and not (decimals.isascii() and decimals.isdigit()):
        raise UnreadableError(_not_a_number(stripped))
    digits = _ungrouped(whole, group, stripped)
    if len(digits) + len(decimals) > _LONGEST:
        raise UnreadableError("This has more digits than any real amount.")
    try:
        value = Decimal(f"{digits or '0'}.{decimals or '0'}" if found else digits)
    except InvalidOperation:
        raise UnreadableError(_not_a_number(stripped)) from None
    if value <= 0:
        raise UnreadableError("Enter an amount above zero.")
    if not decimals:
        return value
    return value.quantize(Decimal(1).scaleb(-len(decimals)))


def _ungrouped(whole: str, group: str, text: str) -> str:
    """Digits without the marks between thousands, which have to stand where thousands end."""
    blank = not group.strip()
    parts = _BLANKS.split(whole) if blank else whole.split(group)
    if not all(part.isascii() and part.isdigit() for part in parts if part) or not any(parts):
        if whole == "" and marks().point in text:
            return ""
        raise UnreadableError(_not_a_number(text))
    if len(parts) == 1:
        return parts[0]
    first, *rest = parts
    sizes = [len(part) for part in rest]
    indian = sizes[-1] == 3 and all(size == 2 for size in sizes[:-1])
    fits = all(size == 3 for size in sizes) or (marks().indian and indian)
    if not 1 <= len(first) <= 3 or not fits:
        raise UnreadableError(_not_a_number(text))
    return "".join(parts)


def _not_a_number(text: str) -> str:
    shown = text if len(text) <= 20 else f"{text[:20]}…"
    other = "," if marks().point == "." else "."
    if other in text and marks().point not in text:
        named = "point" if marks().point == "." else "comma"
        return f"“{shown}” cannot be read for certain. Decimals have a {named} here."
    return f"“{shown}” is not a number."


def written(value: Decimal) -> str:
    """A number as it is put into a field by a stepper or a helper: to be read back as it is."""
    text = f"{value:f}"
    return text.replace(".", marks().point)


def tick_of(price: Decimal | None, told: Decimal | None, *, option: bool = False) -> Decimal:
    """The smallest step of a price: what the broker says, else cents, and finer below one."""
    if told is not None and told > 0:
        return told
    if price is not None and price < 1 and not option:
        return _FINE
    return CENT


def stepped(value: Decimal, tick: Decimal, steps: int) -> Decimal:
    """A price some ticks further, on the grid of ticks; never to zero or below."""
    on_grid = (value / tick).to_integral_value(ROUND_FLOOR if steps > 0 else ROUND_CEILING)
    found = (on_grid + steps) * tick
    if found <= 0:
        return value
    return found.quantize(tick)


def on_grid(price: Decimal, tick: Decimal, *, up: bool) -> Decimal:
    """A price on the grid of ticks, rounded to the side that is said."""
    way = ROUND_CEILING if up else ROUND_FLOOR
    return ((price / tick).to_integral_value(way) * tick).quantize(tick)
