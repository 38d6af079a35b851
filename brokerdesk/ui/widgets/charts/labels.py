"""How charts write amounts and days: short forms on axes and bars, full ones in read-outs. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext

from brokerdesk.ui import format as fmt

HIDDEN = "••••••"
_WIDE = Context(prec=120)
_UNITS = ((12, "T"), (9, "B"), (6, "M"), (3, "k"))


def axis_labels(ticks: Sequence[Decimal], step: Decimal, currency: str) -> list[str]:
    """One form for all, as $0.75M … $1.00M: the largest unit that shows steps in two decimals."""
    largest = max(map(abs, ticks), default=Decimal(0))
    power, letter = next(
        (
            (power, letter)
            for power, letter in _UNITS
            if largest.adjusted() >= power and step.adjusted() >= power - 2
        ),
        (0, ""),
    )
    decimals = 2 if power else _decimals(step)
    if power and step.normalize(_WIDE) != step.quantize(_unit(power - 2), context=_WIDE):
        decimals = 3
    return [_short(tick, power, letter, decimals, currency) for tick in ticks]


def short_money(value: Decimal, currency: str) -> str:
    """An amount beside a bar: $298.1k, $0.9M is $943.6k, $12.40."""
    rounded = abs(value)
    for power, letter in _UNITS:
        if rounded.adjusted() >= power:
            return _short(value, power, letter, 1, currency)
    return _short(value, 0, "", 2, currency)


def moment_label(x: int, *, intraday: bool) -> str:
    """The date of a point, or its time of day."""
    if not intraday:
        return fmt.day(date.fromordinal(x))
    return fmt.stamp(datetime.fromtimestamp(x, UTC))


def money(value: Decimal, currency: str, *, private: bool) -> str:
    """A full amount, or six dots."""
    return HIDDEN if private else _total(value, currency)


def signed_money(value: Decimal, currency: str, *, private: bool) -> str:
    """A change with its sign before the symbol; nothing has no sign."""
    if private:
        return HIDDEN
    text = _total(value, currency)
    return f"+{text}" if glyph(value) == fmt.UP else text


def percent(value: Decimal) -> str:
    """A change in percent, signed."""
    with localcontext(_WIDE):
        return fmt.percent(value)


def spoken_change(absolute: Decimal, share: Decimal | None, currency: str, *, private: bool) -> str:
    """A change in words, for whoever hears it: up $12.00, 1.24 percent."""
    if not absolute:
        return "unchanged"
    words = ["up" if absolute > 0 else "down"]
    if not private:
        words.append(f"{_total(abs(absolute), currency)},")
    if share is not None:
        with localcontext(_WIDE):
            words.append(f"{fmt.amount(abs(share))} percent")
    return " ".join(words).removesuffix(",")


def _total(value: Decimal, currency: str) -> str:
    # The largest amounts have more digits than the usual context rounds to.
    with localcontext(_WIDE):
        return fmt.total(value, currency)


def glyph(value: Decimal) -> str:
    """The triangle that says the direction."""
    with localcontext(_WIDE):
        return fmt.glyph(value)


def _short(value: Decimal, power: int, letter: str, decimals: int, currency: str) -> str:
    scaled = _WIDE.scaleb(value, -power).quantize(_unit(-decimals), ROUND_HALF_EVEN, _WIDE)
    sign = fmt.MINUS if scaled < 0 else ""
    figure = fmt.fixed(abs(scaled), decimals) + (letter if scaled else "")
    symbol = fmt.symbol(currency)
    return f"{sign}{symbol}{figure}" if symbol else f"{sign}{figure} {currency}"


def _unit(power: int) -> Decimal:
    return Decimal((0, (1,), power))


def _decimals(step: Decimal) -> int:
    needed = fmt.decimals(step)
    return max(2, needed) if needed else 0
