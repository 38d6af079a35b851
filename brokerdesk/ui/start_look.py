"""The settings that the first paint needs, without loading all of them.

Whatever is not plainly as expected is left to the settings file's own reading, which is slower and
knows what to do. Imported before the first paint.
"""

from __future__ import annotations

import json
from pathlib import Path

from brokerdesk.domain.exchange_rate import CURRENCIES

_DEFAULTS: dict[str, object] = {
    "theme": "system",
    "text_scale": 100,
    "figures": "system",
    "compact_rows": False,
    "colour_vision": False,
    "reduced_motion": False,
    "hide_amounts_at_start": False,
    "base_currency": "",
}
"""As in ``brokerdesk.settings``; a test compares the two."""
_THEMES = ("system", "light", "dark")
_FIGURES = ("system", "comma", "point", "space", "apostrophe")
_CURRENCIES = frozenset(code for code, _ in CURRENCIES)
_SMALLEST, _LARGEST = 90, 150


class Look:
    """What of the settings is seen at once. The same names as in ``Settings``."""

    theme: str
    text_scale: int
    figures: str
    compact_rows: bool
    colour_vision: bool
    reduced_motion: bool
    hide_amounts_at_start: bool
    base_currency: str

    def __init__(self, **values: object) -> None:
        self.__dict__.update(_DEFAULTS | values)


def read_look(path: Path) -> Look | None:
    """The look that the settings file asks for; None when the whole reading has to judge it."""
    try:
        raw = json.loads(path.read_bytes())
    except FileNotFoundError:
        return Look()
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(raw, dict):
        return None
    found = {name: raw[name] for name in _DEFAULTS if name in raw}
    return Look(**found) if all(_plain(name, value) for name, value in found.items()) else None


def _plain(name: str, value: object) -> bool:
    if name == "theme":
        return value in _THEMES
    if name == "figures":
        return value in _FIGURES
    if name == "base_currency":
        return value == "" or (type(value) is str and len(value) == 3 and value in _CURRENCIES)
    if name == "text_scale":
        return type(value) is int and _SMALLEST <= value <= _LARGEST
    return type(value) is bool
