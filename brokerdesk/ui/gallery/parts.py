"""How the gallery lays its pieces out: sections with a title, rows, captions."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px
from brokerdesk.ui.widgets.focus_ring import FocusRing


def section(title: str, *parts: QWidget, gap: int = 8) -> QWidget:
    """A title over parts, one below the other."""
    made = QWidget()
    column = QVBoxLayout(made)
    column.setContentsMargins(0, 0, 0, px(16))
    column.setSpacing(px(gap))
    column.addWidget(PlainLabel(title, "small", "text3", weight=500))
    for part in parts:
        column.addWidget(part)
    return made


def row(*parts: QWidget, gap: int = 8, stretch: bool = True) -> QWidget:
    """Parts side by side."""
    made = QWidget()
    line = QHBoxLayout(made)
    line.setContentsMargins(0, 0, 0, 0)
    line.setSpacing(px(gap))
    for part in parts:
        line.addWidget(part, 0, Qt.AlignmentFlag.AlignTop)
    if stretch:
        line.addStretch(1)
    return made


def evenly(*parts: QWidget, gap: int = 10) -> QWidget:
    """Parts side by side in equal widths."""
    made = QWidget()
    line = QHBoxLayout(made)
    line.setContentsMargins(0, 0, 0, 0)
    line.setSpacing(px(gap))
    for part in parts:
        line.addWidget(part, 1, Qt.AlignmentFlag.AlignTop)
    return made


def captioned(part: QWidget, words: str) -> QWidget:
    """A part with the name of its state below."""
    made = QWidget()
    made.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)
    column = QVBoxLayout(made)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(px(4))
    column.addWidget(part)
    column.addWidget(PlainLabel(words, "caption", "text3"))
    return made


def framed(*parts: QWidget) -> QFrame:
    """Parts in a box, as a pane would hold them."""
    made = QFrame()
    made.setProperty("role", "card")
    column = QVBoxLayout(made)
    column.setContentsMargins(px(1), px(1), px(1), px(1))
    column.setSpacing(0)
    for part in parts:
        column.addWidget(part)
    return made


def as_hovered(widget: QWidget) -> QWidget:
    """Have it painted as if the pointer were there."""
    widget.setProperty("hovered", True)
    return widget


def hover(window: QWidget) -> None:
    """Put the pointer, as it were, over all that want it. Showing a widget takes it away."""
    for widget in window.findChildren(QWidget):
        if widget.property("hovered"):
            widget.setAttribute(Qt.WidgetAttribute.WA_UnderMouse)
            middle = QPointF(widget.rect().center())
            none = Qt.MouseButton.NoButton
            move = QMouseEvent(
                QEvent.Type.MouseMove, middle, middle, none, none, Qt.KeyboardModifier.NoModifier
            )
            QCoreApplication.sendEvent(widget, move)
            widget.update()


class StillRing(FocusRing):
    """A focus ring that stays where it is shown, whatever has the focus."""

    def _on_focus(self, _old: QWidget | None, _new: QWidget | None) -> None:
        return


def column_of(width: int, sections: Sequence[QWidget]) -> QWidget:
    """A column of the gallery."""
    made = QWidget()
    made.setFixedWidth(px(width))
    column = QVBoxLayout(made)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    for part in sections:
        column.addWidget(part)
    column.addStretch(1)
    return made
