"""Asks Qt how this system writes figures and tells ``locale``. The one place that knows both."""

from __future__ import annotations

from PySide6.QtCore import QLocale

from brokerdesk.ui.locale import ENGLISH, Marks, use

_PROBES = ((1234, 4), (12345, 5))


def marks_of(locale: QLocale) -> Marks:
    """How ``locale`` separates thousands and decimals.

    Where a language has digits of its own its marks belong to them; figures with 0 to 9 are then
    written the English way, as such languages do themselves. Brackets, percent and minus signs are
    the program's own.
    """
    if locale.language() == QLocale.Language.C or locale.zeroDigit() != "0":
        return ENGLISH
    locale = QLocale(locale)
    locale.setNumberOptions(QLocale.NumberOption.DefaultNumberOptions)
    group, point = locale.groupSeparator(), locale.decimalPoint()
    if not point.strip() or group == point:
        return ENGLISH
    least = next((digits for probe, digits in _PROBES if group in locale.toString(probe)), 4)
    indian = locale.toString(12345678).count(group) > 2
    found = Marks(group=group, point=point, least=least, indian=indian)
    return ENGLISH if found == ENGLISH else found


_STYLES = {
    "comma": ENGLISH,
    "point": Marks(group=".", point=","),
    "space": Marks(group="\N{NARROW NO-BREAK SPACE}", point=","),
    "apostrophe": Marks(group="’", point="."),
}


def use_figures(style: str) -> None:
    """Write figures in a style of the settings; ``system`` and what is not known: as the system."""
    chosen = _STYLES.get(style)
    use(marks_of(QLocale.system()) if chosen is None else chosen)


def use_system_locale() -> None:
    """Write figures as this system does."""
    use(marks_of(QLocale.system()))
