"""The program's own typeface, and the system's where it did not come along."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QFont, QFontInfo, QFontMetricsF, QRawFont
from pytestqt.qtbot import QtBot

from brokerdesk.paths import resource
from brokerdesk.ui import theme as theme_module
from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import FAMILY, Theme, load_families, theme
from brokerdesk.ui.tokens import load_tokens

WORDS = "Unrealized 245,173.98 at Schwab"
SIGNS = "▲▼−+×≈—–…•✓“”·€£¥¢→←ĐğĄżЖΩ"


@pytest.fixture
def cuts() -> list[Path]:
    try:
        found = sorted(resource("fonts").glob("*.ttf"))
    except FileNotFoundError:
        found = []
    if len(found) != 4:
        pytest.skip("not installed: fonts (scripts/fonts.py)")
    return found


@pytest.mark.usefixtures("cuts")
def test_each_weight_is_a_cut_of_its_own() -> None:
    assert load_families() == [FAMILY]
    widths = []
    for weight in (400, 500, 600, 700):
        font = theme().font("body", weight=weight)
        assert QFontInfo(font).family() == FAMILY
        widths.append(QFontMetricsF(font).horizontalAdvance(WORDS))
    assert widths == sorted(set(widths))


def test_every_sign_of_the_design_is_in_every_cut(cuts: list[Path]) -> None:
    for path in cuts:
        raw = QRawFont(str(path), 13)
        assert raw.isValid()
        assert [sign for sign in SIGNS if not raw.supportsCharacter(ord(sign))] == []
        assert path.stat().st_size < 300_000


@pytest.mark.usefixtures("cuts")
def test_figures_stand_in_columns_and_prose_does_not() -> None:
    figures = QFontMetricsF(theme().font("body", figures=True))
    prose = QFontMetricsF(theme().font("body"))
    assert len({round(figures.horizontalAdvance(sign), 3) for sign in "0123456789−+×"}) == 1
    assert len({round(prose.horizontalAdvance(sign), 3) for sign in "0123456789"}) > 1
    # Equal widths make hyphens wide, which is why prose must not have them.
    assert figures.horizontalAdvance("-") > prose.horizontalAdvance("-")


def test_without_the_cuts_the_system_serves(monkeypatch: pytest.MonkeyPatch, qtbot: QtBot) -> None:
    def missing(name: str) -> Path:
        if name == "fonts":
            raise FileNotFoundError(name)
        return resource(name)

    monkeypatch.setattr(theme_module, "resource", missing)
    # This process may have loaded the cuts already; a user without them has not.
    monkeypatch.setattr(theme_module, "FAMILIES", theme_module.FAMILIES[1:])
    families = load_families()
    assert families
    assert FAMILY not in families
    other = Theme(load_tokens())
    monkeypatch.setattr(Theme, "_current", other)
    other.apply("dark")
    label = PlainLabel("−1,063.30 ▲", "hero", figures=True)
    qtbot.addWidget(label)
    label.show()
    assert label.sizeHint().width() > 50
    metrics = QFontMetricsF(other.font("body", figures=True))
    assert len({round(metrics.horizontalAdvance(sign), 3) for sign in "0123456789"}) == 1


def test_a_damaged_cut_is_not_mixed_with_good_ones(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "Broken.ttf").write_bytes(b"not a font")
    monkeypatch.setattr(theme_module, "resource", lambda name: tmp_path)
    monkeypatch.setattr(theme_module, "FAMILIES", ("Nowhere Sans",))
    assert load_families() == [QFont().defaultFamily()]


@pytest.mark.parametrize("style", list(load_tokens().text))
def test_sizes_follow_the_text_scale(style: str) -> None:
    before = theme().font(style).pixelSize(), theme().line(style)
    try:
        theme().set_scale(1.5)
        assert theme().font(style).pixelSize() == round(before[0] * 1.5)
        assert theme().line(style) == round(before[1] * 1.5)
    finally:
        theme().set_scale(1.0)
    assert (theme().font(style).pixelSize(), theme().line(style)) == before
