"""The look: contrast, palette, style sheet, and switching while everything is open."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

import brokerdesk.ui
from brokerdesk.ui.qss import style_sheet
from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import theme
from brokerdesk.ui.tokens import THEMES, load_tokens

TEXTS = ("text", "text2", "text3", "accent", "gain", "loss", "warn")
GROUNDS = ("surface", "canvas", "alt", "inset", "raised", "select")
PAIRS = (
    ("onAccent", "accent"), ("onPrac", "pracBg"), ("onPaper", "paperBg"), ("onLive", "liveBg"),
    ("gain", "gainSoft"), ("loss", "lossSoft"), ("warn", "warnSoft"), ("accent", "accentSoft"),
    ("text", "warnSoft"), ("text", "lossSoft"), ("text", "accentSoft"),
)  # fmt: skip


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", THEMES)
def test_every_text_can_be_read_on_every_ground(name: str) -> None:
    colours = load_tokens().colours[name]
    weak = [
        (text, ground, round(contrast(colours[text], colours[ground]), 2))
        for text, ground in [*((t, g) for t in TEXTS for g in GROUNDS), *PAIRS]
        if contrast(colours[text], colours[ground]) < 4.5
    ]
    assert not weak


@pytest.mark.parametrize("name", THEMES)
def test_borders_of_fields_can_be_seen(name: str) -> None:
    colours = load_tokens().colours[name]
    assert contrast(colours["ctl"], colours["surface"]) >= 3


def test_both_themes_have_the_same_tokens() -> None:
    colours = load_tokens().colours
    assert set(colours["light"]) == set(colours["dark"])


def test_every_token_named_in_the_code_exists() -> None:
    tokens = load_tokens()
    source = "".join(
        path.read_text("utf-8") for path in Path(brokerdesk.ui.__file__).parent.rglob("*.py")
    )
    named = set(re.findall(r'colour\("(\w+)"\)', source))
    assert len(named) > 8
    assert not named - set(tokens.colours["light"])
    sizes = set(re.findall(r'font\("(\w+)"', source))
    assert not sizes - set(tokens.text)


@pytest.mark.parametrize("name", THEMES)
def test_the_style_sheet_is_complete(name: str) -> None:
    sheet = style_sheet(load_tokens().palette(name), name)
    assert "$" not in sheet
    assert load_tokens().colours[name]["accent"] in sheet


def test_switching_reaches_palette_labels_and_style_sheet(qapp: QApplication, qtbot: QtBot) -> None:
    label = PlainLabel("a", "body", "loss")
    qtbot.addWidget(label)
    colours = load_tokens().colours
    for name in ("dark", "light", "dark"):
        with qtbot.waitSignal(theme().changed):
            theme().apply(name)
        assert theme().name == name
        window = qapp.palette().color(QPalette.ColorRole.Window).name().upper()
        assert window == colours[name]["canvas"]
        ink = label.palette().color(label.foregroundRole()).name().upper()
        assert ink == colours[name]["loss"]
        assert colours[name]["accent"] in qapp.styleSheet()


def test_system_is_light_where_the_system_says_nothing() -> None:
    theme().apply("system")
    assert theme().name == "light"
    assert theme().choice == "system"


def test_an_unknown_theme_is_refused() -> None:
    with pytest.raises(ValueError, match="sepia"):
        theme().apply("sepia")


def test_figures_have_digits_of_equal_width() -> None:
    from PySide6.QtGui import QFontMetricsF

    metrics = QFontMetricsF(theme().font("body", figures=True))
    widths = {round(metrics.horizontalAdvance(digit), 3) for digit in "0123456789"}
    assert len(widths) == 1


def test_compact_rows_are_lower_and_pages_are_built_anew() -> None:
    told: list[int] = []
    theme().scaled.connect(lambda: told.append(theme().row_height))
    try:
        usual = theme().row_height
        theme().set_compact(True)
        theme().set_compact(True)
        assert told == [theme().tokens.row["compact"]]
        assert told[0] < usual
    finally:
        theme().set_compact(False)
    assert theme().row_height == usual
