"""How figures, times and names are written. The only place that rounds, and it rounds to draw.

Pure functions of their arguments and of how the system separates thousands and decimals: ``now`` is
always passed in. Amounts come in as ``Decimal`` and leave as text; nothing computed here ever goes
back into a sum. Words and names of months are English, as all words of the program.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from brokerdesk.ui.locale import localised

MINUS = "\N{MINUS SIGN}"
NONE = "—"
NO_DATA = "no data"
UP, DOWN = "▲", "▼"
_ISOLATE, _POP = "\N{LEFT-TO-RIGHT ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"
_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}
_WIDE = Context(prec=100)
"""Room for any amount that the domain admits; the usual 28 digits would end a paint."""
_CENT = Decimal("0.01")
_REPORTED = 18
"""No broker gives more decimals than a coin has."""
_DIVIDED = Decimal("1e-8")
_UNITS = ((12, "T"), (9, "B"), (6, "M"), (3, "k"))
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# Not strftime's: Qt sets the C locale, and months would change their language with it.


@lru_cache(maxsize=1)
def market_zone() -> ZoneInfo:
    """New York: the zone that US brokers' figures are dated in."""
    return ZoneInfo("America/New_York")


def _grouped(value: Decimal, decimals: int) -> str:
    rounded = value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_EVEN, context=_WIDE)
    return localised(f"{rounded:,f}")


def _with_minus(text: str) -> str:
    return text.replace("-", MINUS)


def fixed(value: Decimal, places: int) -> str:
    """A figure with exactly so many decimals."""
    return _with_minus(_grouped(_no_negative_zero(value, places), places))


def whole(number: int) -> str:
    """A count: 1,204."""
    return _with_minus(localised(f"{number:,}"))


def amount(value: Decimal | None, *, absent: str = NONE) -> str:
    """Money in a table: two decimals, no currency. ``absent`` stands for a figure not given."""
    return absent if value is None else _with_minus(_grouped(_no_negative_zero(value, 2), 2))


def change(value: Decimal | None, *, absent: str = NONE) -> str:
    """A gain or loss: always signed, but for zero, which has neither sign nor glyph."""
    if value is None:
        return absent
    value = _no_negative_zero(value, 2)
    text = _grouped(value, 2)
    return "+" + text if value.quantize(_CENT, context=_WIDE) > 0 else _with_minus(text)


def percent(value: Decimal | None, *, absent: str = NONE) -> str:
    """A change in percent: ``Decimal("1.24")`` is +1.24%."""
    return absent if value is None else change(value) + "%"


def weight(share: Decimal | None, *, absent: str = NONE) -> str:
    """A part of the whole in percent, one decimal: 16.4%."""
    return absent if share is None else fixed(share, 1) + "%"


def glyph(value: Decimal | None) -> str:
    """The triangle that says the direction, so that colour never says it alone."""
    if value is None or not value.quantize(_CENT, rounding=ROUND_HALF_EVEN, context=_WIDE):
        return ""
    return UP if value > 0 else DOWN


def price(value: Decimal | None, *, tick: Decimal | None = None, absent: str = NONE) -> str:
    """A price per unit: at least two decimals, at least four below one, and no more than four.

    A price with more was worked out from a value, not quoted; it is rounded to the least. ``tick``
    is the instrument's step, where it is known: prices then have its decimals.
    """
    if value is None:
        return absent
    least = max(4 if 0 < abs(value) < 1 else 2, decimals(tick))
    given = decimals(value)
    return _with_minus(_grouped(value, given if least <= given <= 4 else least))


def quantity(value: Decimal | None, *, absent: str = NONE) -> str:
    """A number of units, with the decimals that the broker gave and no trailing zeros."""
    return absent if value is None else _with_minus(_grouped(value, decimals(value)))


def decimals(value: Decimal | None) -> int:
    """How many decimals a number needs when its trailing zeros are left out."""
    if value is None or not value:
        return 0
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def total(value: Decimal | None, currency: str) -> str:
    """Money in prose and totals: sign, then symbol, then figure; other currencies by their code."""
    if value is None:
        return NO_DATA
    value = _no_negative_zero(value, 2)
    return _with_currency(MINUS if value < 0 else "", _grouped(abs(value), 2), currency)


def signed_total(value: Decimal | None, currency: str) -> str:
    """A change in prose and totals: +$2,238.85, −$1,063.30; zero has no sign."""
    text = total(value, currency)
    return f"+{text}" if glyph(value) == UP else text


def short(value: Decimal | None, currency: str, *, places: int = 1) -> str:
    """Money in charts and beside bars: $298.1k, $1.2M; below a thousand in full."""
    if value is None:
        return NO_DATA
    size = abs(value)
    power, letter = _unit_of(size, places)
    if not power:
        places = 2
    figure = _scaled(size, power, places)
    sign = MINUS if value < 0 and figure else ""
    return _with_currency(sign, localised(f"{figure:,f}") + letter, currency)


def symbol(currency: str) -> str:
    """The sign that stands before an amount, or nothing where the code stands after it."""
    return _SYMBOLS.get(currency, "")


def _unit_of(size: Decimal, places: int) -> tuple[int, str]:
    """The smallest unit in which the rounded figure stays below a thousand: 999,999 is 1.0M."""
    for power, letter in ((0, ""), *reversed(_UNITS)):
        if _scaled(size, power, places if power else 2) < 1000:
            return power, letter
    return _UNITS[0]


def _scaled(value: Decimal, power: int, places: int) -> Decimal:
    unit = Decimal(1).scaleb(-places)
    return _WIDE.scaleb(value, -power).quantize(unit, rounding=ROUND_HALF_EVEN, context=_WIDE)


def _with_currency(sign: str, figure: str, currency: str) -> str:
    before = symbol(currency)
    return f"{sign}{before}{figure}" if before else f"{sign}{figure} {currency}"


def plain(value: Decimal | None) -> str:
    """A figure for the clipboard: as exact as brokers are, ASCII, no grouping.

    A quotient has as many digits as the division gave it; nobody reported those.
    """
    if value is None:
        return ""
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -_REPORTED:
        value = _WIDE.quantize(value, _DIVIDED).normalize(_WIDE)
    return f"{value:f}"


def stamp(at: datetime) -> str:
    """A date and a minute with its zone: 20 Nov 2026 16:00 ET."""
    local = at.astimezone(market_zone())
    return f"{day(local.date())} {local:%H:%M} ET"


def is_end_of_day(at: datetime) -> bool:
    """Whether this is the end of a day: what is asked for when nothing was saved on it."""
    return at.astimezone(market_zone()).time() == time.max


def moment(at: datetime) -> str:
    """What a past moment is called: snapshot of 14 Aug 2026 16:00 ET, or end of 11 Jul 2026."""
    if is_end_of_day(at):
        return f"end of {day(at.astimezone(market_zone()).date())}"
    return f"snapshot of {stamp(at)}"


def time_of_day(at: datetime) -> str:
    """A time to the second with its zone: 16:21:04 ET."""
    return f"{at.astimezone(market_zone()):%H:%M:%S} ET"


def day(value: date) -> str:
    """A date as 14 Aug 2026."""
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def short_stamp(at: datetime, now: datetime) -> str:
    """A date for a narrow column: 18 Nov 16:00, or 14 Aug 2025 when it is another year's."""
    zone = market_zone()
    local = at.astimezone(zone)
    if local.year == now.astimezone(zone).year:
        return f"{local.day} {_MONTHS[local.month - 1]} {local:%H:%M} ET"
    return day(local.date())


def age(at: datetime, now: datetime, *, short: bool = False) -> str:
    """How old a figure is: seconds, minutes, then the clock time, then the date.

    A time in the future (a clock that was set back) is given as a time, never as an age.
    """
    seconds = (now - at).total_seconds()
    if 0 <= seconds < 60:
        return f"{int(seconds)} s ago"
    if 0 <= seconds < 3600:
        return f"{int(seconds // 60)} min ago"
    zone = market_zone()
    local = at.astimezone(zone)
    if local.date() == now.astimezone(zone).date():
        return f"{local:%H:%M} ET"
    return short_stamp(at, now) if short else stamp(at)


def duration(span: timedelta) -> str:
    """The two largest units: 1 d 6 h, 5 h 12 min, 42 s."""
    seconds = max(0, int(span.total_seconds()))
    parts: list[str] = []
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count or (unit == "s" and not parts):
            parts.append(f"{count} {unit}")
        elif parts:
            break
        if len(parts) == 2:
            break
    return " ".join(parts)


def countdown(seconds: float) -> str:
    """Minutes and seconds left: 4:37."""
    whole = max(0, int(seconds + 0.999))
    return f"{whole // 60}:{whole % 60:02d}"


def count(number: int, one: str, many: str = "") -> str:
    """1 account, 2 accounts."""
    return f"{whole(number)} {one if number == 1 else many or one + 's'}"


def upright(text: str) -> str:
    """Figures and codes inside running text, kept left to right in a right-to-left interface."""
    return f"{_ISOLATE}{text}{_POP}"


def for_clipboard(text: str) -> str:
    """Text as it may leave the program: without the marks that only steer its drawing."""
    return text.translate(
        {ord(_ISOLATE): None, ord(_POP): None, 0x2060: None, 0xA0: " ", 0x202F: " "}
    )


def now_utc_floor(moment: datetime) -> datetime:
    """A moment cut to the second, in UTC."""
    return moment.astimezone(UTC).replace(microsecond=0)


def _no_negative_zero(value: Decimal, places: int) -> Decimal:
    rounded = value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN, context=_WIDE)
    return rounded if rounded else abs(rounded)
