"""One overlay per window that draws the focus ring around the focused button.

QSS cannot draw outside a widget, and an accent ring on an accent button would be invisible. Only
keyboard focus gets the ring: a click shows by itself where it went.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRectF, Qt
from PySide6.QtGui import QGuiApplication, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QApplication, QCheckBox, QWidget
from shiboken6 import isValid

from brokerdesk.ui.theme import theme


class FocusRing(QWidget):
    """The ring; lay it over ``window`` once."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._target: QAbstractButton | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._on_focus)
        theme().changed.connect(self.update)

    def _on_focus(self, _old: QWidget | None, new: QWidget | None) -> None:
        if self._target is not None and isValid(self._target):
            self._target.removeEventFilter(self)
        ringed = (
            isinstance(new, QAbstractButton)
            and not isinstance(new, QCheckBox)
            and not new.property("ownFocus")
        )
        self._target = new if ringed and new and new.window() is self.window() else None  # type: ignore[assignment]
        if self._target is None or QGuiApplication.mouseButtons() != Qt.MouseButton.NoButton:
            self.hide()
            return
        self._target.installEventFilter(self)
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if watched is self._target:
            kind = event.type()
            if kind in (QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.Show):
                self._place()
            elif kind == QEvent.Type.Hide:
                self.hide()
        return False

    def _place(self) -> None:
        target = self._target
        if target is None or not isValid(target) or not target.isVisible():
            self.hide()
            return
        corner = target.mapTo(self.window(), QPoint(0, 0))
        self.setGeometry(corner.x() - 4, corner.y() - 4, target.width() + 8, target.height() + 8)
        self.raise_()
        self.show()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme().colour("accent"), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 9, 9)
