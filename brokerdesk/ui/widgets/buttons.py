"""Buttons by kind, with pictures that follow the theme."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QPushButton, QSizePolicy

from brokerdesk.ui.text import no_mnemonic, tooltip
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.widgets.icons import SIZE, icon


class PictureButton(QPushButton):
    """A push button whose icon follows the theme."""

    def __init__(self, text: str, picture: str, token: str) -> None:
        # The gap between icon and text is fixed and small; a thin space widens it.
        super().__init__(("\N{THIN SPACE}" if text else "") + text)
        self._picture, self._token = picture, token
        self._dress()
        theme().changed.connect(self._dress)

    def set_picture(self, picture: str, token: str = "") -> None:
        """Show another picture."""
        self._picture, self._token = picture, token or self._token
        self._dress()

    def _dress(self) -> None:
        self.setIconSize(QSize(px(SIZE), px(SIZE)))
        self.setIcon(icon(self._picture, self._token))


def button(
    text: str,
    on_click: Callable[[], object],
    *,
    kind: str = "",
    picture: str = "",
    hint: str = "",
    small: bool = False,
    name: str = "",
) -> QPushButton:
    """A button; ``kind`` is "primary", "sell", "ghost", "link" or "" for the default look."""
    if picture:
        token = {"primary": "onAccent", "sell": "onSell", "link": "accent", "status": "warn"}.get(
            kind, "text2"
        )
        made: QPushButton = PictureButton(no_mnemonic(text), picture, token)
    else:
        made = QPushButton(no_mnemonic(text))
    made.setProperty("kind", kind)
    if small:
        made.setProperty("sz", "small")
    made.setToolTip(tooltip(hint))
    made.setAccessibleName(name or text)
    made.setAutoDefault(False)
    made.clicked.connect(lambda _checked=False: on_click())
    made.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
    return made


def icon_button(
    picture: str,
    name: str,
    hint: str,
    on_click: Callable[[], object],
    key: str = "",
    *,
    small: bool = False,
) -> PictureButton:
    """A button that is a picture: ``name`` is spoken, ``hint`` and ``key`` make its tool tip."""
    made = PictureButton("", picture, "text2")
    made.setProperty("kind", "icon")
    if small:
        made.setProperty("sz", "small")
    words = hint or name
    made.setToolTip(tooltip(f"{words} ({key})" if key else words))
    made.setAccessibleName(name)
    made.setAutoDefault(False)
    made.clicked.connect(lambda _checked=False: on_click())
    made.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    return made


def restyle(widget: QPushButton, **properties: str) -> None:
    """Change the properties that the style sheet selects by."""
    for key, value in properties.items():
        widget.setProperty(key, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)
