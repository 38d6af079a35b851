"""The look: contrast, palette, style sheet, and switching while everything is open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

import brokerdesk.ui
from brokerdesk.paths import resource
from brokerdesk.ui.qss import style_sheet
from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.tokens import THEMES, load_tokens
from brokerdesk.ui.widgets.icons import icon

TEXTS = ("text", "text2", "text3", "accent", "gain", "loss", "warn", "buy", "sell")
GROUNDS = ("surface", "canvas", "alt", "inset", "raised", "select")
PAIRS = (
    ("onAccent", "accent"), ("onPrac", "pracBg"), ("onPaper", "paperBg"), ("onLive", "liveBg"),
    ("gain", "gainSoft"), ("loss", "lossSoft"), ("warn", "warnSoft"), ("accent", "accentSoft"),
    ("text", "warnSoft"), ("text", "lossSoft"), ("text", "accentSoft"),
    ("onAccent", "accentHover"), ("onSell", "sell"), ("sell", "sellSoft"),
)  # fmt: skip


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("vision", [False, True])
@pytest.mark.parametrize("high", [False, True])
def test_every_text_can_be_read_on_every_ground(name: str, vision: bool, high: bool) -> None:
    colours = load_tokens().palette(name, vision=vision, contrast=high)
    weak = [
        (text, ground, round(contrast(colours[text], colours[ground]), 2))
        for text, ground in [*((t, g) for t in TEXTS for g in GROUNDS), *PAIRS]
        if contrast(colours[text], colours[ground]) < 4.5
    ]
    assert not weak


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize(
    ("line", "ground"),
    [("ctl", "surface"), ("accent", "surface"), ("accent", "canvas"), ("loss", "surface"),
     ("paperLine", "paperBg"), ("pracLine", "pracBg"), ("chart2", "surface"),
     ("accent", "inset"), ("ctl", "canvas")],
)  # fmt: skip
def test_borders_rings_and_lines_can_be_seen(name: str, line: str, ground: str) -> None:
    colours = load_tokens().colours[name]
    # The design lets an unfilled mark on the canvas fall to what it reaches on the surface.
    assert contrast(colours[line], colours[ground]) >= 3


@pytest.mark.parametrize("name", THEMES)
def test_colour_vision_changes_gain_and_loss_and_nothing_else(name: str) -> None:
    tokens = load_tokens()
    plain, other = tokens.palette(name), tokens.palette(name, vision=True)
    changed = {token for token in plain if plain[token] != other[token]}
    assert changed == {"gain", "gainSoft", "loss", "lossSoft"}
    wanted = ("#0B5CAD", "#9A3F12") if name == "light" else ("#7FB4FF", "#F0A076")
    assert (other["gain"], other["loss"]) == wanted


@pytest.mark.parametrize("name", THEMES)
def test_high_contrast_drops_soft_fills_and_strengthens_lines(name: str) -> None:
    colours = load_tokens().palette(name, contrast=True)
    assert {colours[f"{each}Soft"] for each in ("gain", "loss", "warn", "accent")} == {
        colours["surface"]
    }
    for line in ("line", "line2", "ctl", "warnLine", "infoLine"):
        assert contrast(colours[line], colours["surface"]) >= 3


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


@pytest.fixture
def restored() -> Iterator[None]:
    yield
    theme().set_scale(1.0)
    theme().set_colour_vision(False)


@pytest.mark.usefixtures("restored")
def test_the_text_scale_reaches_fonts_lengths_and_style_sheet(
    qapp: QApplication, qtbot: QtBot
) -> None:
    label = PlainLabel("a", "body")
    qtbot.addWidget(label)
    before = label.sizeHint().height(), label.minimumHeight()
    with qtbot.waitSignals([theme().changed, theme().scaled]):
        theme().set_scale(1.5)
    assert (px(30), px(1), px(0)) == (45, 2, 0)
    assert qapp.font().pixelSize() == 20
    assert "min-height: 42px" in qapp.styleSheet()  # 28
    assert "border: 1px solid" in qapp.styleSheet()
    assert label.minimumHeight() == 27
    assert label.sizeHint().height() > before[0]
    theme().set_scale(7)
    assert theme().scale == 1.5
    theme().set_scale(0.1)
    assert theme().scale == 0.9
    assert px(1) == 1


@pytest.mark.usefixtures("restored")
def test_gain_and_loss_change_at_run_time(qtbot: QtBot) -> None:
    with qtbot.waitSignal(theme().changed):
        theme().set_colour_vision(True)
    assert theme().colour("gain").name().upper() == "#0B5CAD"
    theme().apply("dark")
    assert theme().colour("loss").name().upper() == "#F0A076"


@pytest.mark.parametrize("scale", [0.9, 1.0, 1.1, 1.25, 1.4, 1.5])
def test_round_parts_stay_round(scale: float) -> None:
    """Qt draws a square when a radius is more than half of the side."""
    sheet = style_sheet(load_tokens().palette("light"), "light", scale)
    for rule in re.findall(
        r"QRadioButton::indicator \{[^}]*\}|handle:horizontal \{ w[^}]*\}", sheet
    ):
        side = int(re.findall(r"width: (\d+)px", rule)[0])
        radius = int(re.findall(r"radius: (\d+)px", rule)[0])
        assert radius == (side + 2) // 2


def test_every_picture_named_in_the_code_exists() -> None:
    source = "".join(
        path.read_text("utf-8") for path in Path(brokerdesk.ui.__file__).parent.rglob("*.py")
    )
    named = set(re.findall(r'picture="([\w-]+)"', source))
    named |= set(
        re.findall(r'(?:icon_button|Picture|EmptyState|paint_icon|icon)\(\s*"([\w-]+)"', source)
    )
    assert len(named) > 8
    missing = [name for name in named if not resource(f"icons/{name}.svg").exists()]
    assert not missing


@pytest.mark.parametrize(
    "path", sorted(resource("icons").glob("*.svg")), ids=lambda path: path.stem
)
def test_every_icon_draws_something(path: Path) -> None:
    from PySide6.QtSvg import QSvgRenderer

    assert QSvgRenderer(str(path)).isValid()
    assert not icon(path.stem).pixmap(16).toImage().isNull()
    image = icon(path.stem).pixmap(16).toImage()
    inked = sum(
        image.pixelColor(x, y).alpha() > 40
        for x in range(image.width())
        for y in range(image.height())
    )
    assert 4 <= inked <= 0.8 * image.width() * image.height()


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
