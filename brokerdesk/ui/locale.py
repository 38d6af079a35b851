"""How the system separates thousands and decimals. Pure; Qt feeds it once at the start.

Figures are written the English way first and re-marked here, so that every formatter stays a pure
function and works without Qt. Digits stay 0 to 9 and run left to right in every language: brokers,
exports and our columns use them. Nothing here reads the environment.
"""

from __future__ import annotations

from brokerdesk.facts import dataclass


@dataclass(frozen=True, slots=True)
class Marks:
    """``least`` is the number of digits from which thousands are separated; ``indian`` groups by
    two above the first three.
    """

    group: str = ","
    point: str = "."
    least: int = 4
    indian: bool = False


ENGLISH = Marks()
_current = ENGLISH


def use(marks: Marks) -> None:
    """Write figures so from now on."""
    global _current
    _current = marks


def marks() -> Marks:
    """How figures are written now."""
    return _current


def localised(figure: str) -> str:
    """``1,234,567.89`` as this system writes it."""
    if _current is ENGLISH:
        return figure
    whole, _, decimals = figure.partition(".")
    sign = whole[: len(whole) - len(whole.lstrip("+-−"))]
    digits = whole[len(sign) :].replace(",", "")
    text = sign + _grouped(digits)
    return f"{text}{_current.point}{decimals}" if decimals else text


def _grouped(digits: str) -> str:
    if len(digits) < _current.least:
        return digits
    parts = [digits[-3:]]
    rest, width = digits[:-3], 2 if _current.indian else 3
    while rest:
        parts.append(rest[-width:])
        rest = rest[:-width]
    return _current.group.join(reversed(parts))
