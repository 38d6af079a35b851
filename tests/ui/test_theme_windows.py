"""A switch of the theme reaches every window that is there, and those that come later."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication, QDialog, QMainWindow, QPushButton, QWidget

from brokerdesk.ui.theme import theme


def colour_of(widget: QWidget) -> str:
    """The fill that the style sheet gives a primary button."""
    widget.ensurePolished()
    picture = widget.grab().toImage()
    return picture.pixelColor(8, picture.height() // 2).name()


def primary(parent: QWidget) -> QPushButton:
    button = QPushButton("", parent)
    button.setProperty("kind", "primary")
    button.resize(120, 32)
    return button


@pytest.fixture
def light(qapp: QApplication) -> Iterator[None]:
    before = theme().choice
    theme().apply("light")
    yield
    theme().apply(before)


def test_windows_and_their_dialogs_follow(qapp: QApplication, light: None) -> None:
    window = QMainWindow()
    button = primary(window)
    window.show()
    accents = {name: theme().tokens.palette(name)["accent"].lower() for name in ("light", "dark")}
    assert colour_of(button) == accents["light"]
    theme().apply("dark")
    assert colour_of(button) == accents["dark"]
    dialog = QDialog(window)
    assert colour_of(primary(dialog)) == accents["dark"], "made after the switch"
    theme().apply("light")
    assert colour_of(button) == accents["light"]
    assert window.styleSheet() == ""
    window.close()
    window.deleteLater()
