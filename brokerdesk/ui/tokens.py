"""The look as data: colours, sizes and text styles out of ``resources/tokens.json``.

Plain values only, so that the contrast of every pair can be checked without a window. Nothing here
knows Qt.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from brokerdesk.facts import dataclass
from brokerdesk.paths import resource

THEMES = ("light", "dark")

_HIGH_CONTRAST = {
    "gainSoft": "surface",
    "lossSoft": "surface",
    "warnSoft": "surface",
    "accentSoft": "surface",
    "area": "surface",
    "line": "ctl",
    "line2": "text2",
    "ctl": "text",
    "text2": "text",
    "text3": "text2",
    "warnLine": "warn",
    "infoLine": "accent",
}
"""Which token takes whose value when the system asks for high contrast: soft fills go, borders
and icons stay."""


@dataclass(frozen=True, slots=True)
class TextStyle:
    """One step of the type scale: pixels, line height in pixels, weight 100-900."""

    size: int
    line: int
    weight: int


@dataclass(frozen=True, slots=True)
class Tokens:
    """Everything that the design fixes as a number or a colour."""

    colours: Mapping[str, Mapping[str, str]]
    vision: Mapping[str, Mapping[str, str]]
    """What replaces gain and loss for readers who cannot tell green from red."""
    text: Mapping[str, TextStyle]
    radius: Mapping[str, int]
    row: Mapping[str, int]
    bar: Mapping[str, int]
    control: Mapping[str, int]

    def palette(self, name: str, *, vision: bool = False, contrast: bool = False) -> dict[str, str]:
        """The colours of theme ``name`` under the reader's options."""
        colours = dict(self.colours[name])
        if vision:
            colours.update(self.vision[name])
        if contrast:
            plain = dict(colours)
            colours.update({token: plain[source] for token, source in _HIGH_CONTRAST.items()})
        return colours


def parse_tokens(text: str) -> Tokens:
    """Read the token file's text.

    Raises:
        KeyError, ValueError: the file that the program brings along is broken.
    """
    data: dict[str, Any] = json.loads(text)
    return Tokens(
        colours={name: dict(data[name]) for name in THEMES},
        vision={name: dict(data["vision"][name]) for name in THEMES},
        text={name: TextStyle(*values) for name, values in data["type"].items()},
        radius=dict(data["radius"]),
        row=dict(data["row"]),
        bar=dict(data["bar"]),
        control=dict(data["control"]),
    )


def load_tokens() -> Tokens:
    """The tokens that came with the program."""
    return parse_tokens(resource("tokens.json").read_text("utf-8"))
