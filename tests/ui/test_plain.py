"""Text of others is made harmless."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import Qt as GuiQt
from PySide6.QtGui import QTextDocument
from support.ui import HOSTILE

from brokerdesk.ui.plain import LONGEST, no_mnemonic, tame, tooltip
from brokerdesk.ui.text import PlainLabel, plain_label


@given(st.text(max_size=300))
def test_tamed_text_is_one_short_line_without_steering_marks(text: str) -> None:
    tamed = tame(text)
    assert len(tamed) <= LONGEST
    assert not any(unicodedata.category(letter) in ("Cc", "Zl", "Zp") for letter in tamed)
    steering = (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C)
    assert not {ord(letter) for letter in tamed} & set(steering)
    assert tame(tamed) == tamed


def test_ordinary_words_stay_as_they_are() -> None:
    for text in ("S&P 500", "Müller & Söhne", "日本株", "Roth IRA <2>", "O'Neil"):
        assert tame(text) == text


def test_long_text_is_cut() -> None:
    assert len(tame("x" * 10_000)) == LONGEST


@pytest.mark.parametrize("text", HOSTILE)
def test_a_tool_tip_shows_exactly_its_text(text: str) -> None:
    tip = tooltip(tame(text))
    assert GuiQt.mightBeRichText(tip)  # so that Qt takes our escaping, not its own guess
    document = QTextDocument()
    document.setHtml(tip)
    assert document.toPlainText().split() == tame(text).split()


def test_no_tool_tip_for_nothing() -> None:
    assert tooltip("") == ""


def test_ampersands_are_no_mnemonics() -> None:
    assert no_mnemonic("S&P 500") == "S&&P 500"


@pytest.mark.parametrize("text", HOSTILE)
def test_labels_are_plain_text(text: str, qtbot: object) -> None:
    label = PlainLabel(tame(text))
    assert label.textFormat() == Qt.TextFormat.PlainText
    assert label.text() == tame(text)
    assert plain_label("a").textFormat() == Qt.TextFormat.PlainText
