"""Asks Qt how this system writes figures and tells ``locale``. The one place that knows both."""

from __future__ import annotations

import locale

from PySide6.QtCore import QLocale

from brokerdesk.ui.locale import ENGLISH, Marks, use

_PROBES = ((1234, 4), (12345, 5))


def marks_of(system: QLocale) -> Marks:
    """How ``system`` separates thousands and decimals.

    Where a language has digits of its own its marks belong to them; figures with 0 to 9 are then
    written the English way, as such languages do themselves. Brackets, percent and minus signs are
    the program's own.
    """
    if system.language() == QLocale.Language.C or system.zeroDigit() != "0":
        return ENGLISH
    system = QLocale(system)
    system.setNumberOptions(QLocale.NumberOption.DefaultNumberOptions)
    group, point = system.groupSeparator(), system.decimalPoint()
    if not point.strip() or group == point:
        return ENGLISH
    least = next((digits for probe, digits in _PROBES if group in system.toString(probe)), 4)
    indian = system.toString(12345678).count(group) > 2
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
    """Write figures as this system does, and names of months in English as all other words.

    Call it once there is an application: making one takes over the system's language for C, and
    Python's dates would follow.
    """
    locale.setlocale(locale.LC_TIME, "C")
    use(marks_of(QLocale.system()))
