"""A field that filters or finds: a glass at the left, a key hint at the right while it is empty."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QLineEdit

from brokerdesk.ui.plain import tooltip
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.widgets.icons import icon
from brokerdesk.ui.widgets.tags import Kbd


class SearchField(QLineEdit):
    """``textChanged`` as of any line edit. Esc empties it first, then goes to whoever is next."""

    def __init__(self, placeholder: str, key_hint: str = "", *, picture: str = "search") -> None:
        super().__init__()
        self.setProperty("kind", "search")
        self.setPlaceholderText(placeholder)
        self.setAccessibleName(placeholder)
        self._picture = picture
        self._glass = QAction(self)
        self.addAction(self._glass, QLineEdit.ActionPosition.LeadingPosition)
        self._cross = QAction("Clear", self)
        self._cross.setToolTip(tooltip("Clear (Esc)"))
        self._cross.triggered.connect(self.clear)
        self.addAction(self._cross, QLineEdit.ActionPosition.TrailingPosition)
        self._hint = Kbd(key_hint) if key_hint else None
        if self._hint is not None:
            self._hint.setParent(self)
        self.textChanged.connect(self._settle)
        theme().changed.connect(self._dress)
        self._dress()
        self._settle()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
            event.accept()
            return
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._place()

    def _dress(self) -> None:
        self._glass.setIcon(icon(self._picture, "text3"))
        self._cross.setIcon(icon("cross", "text3"))
        self._place()

    def _settle(self) -> None:
        self._cross.setVisible(bool(self.text()))
        if self._hint is not None:
            self._hint.setVisible(not self.text())

    def _place(self) -> None:
        if self._hint is None:
            return
        size = self._hint.sizeHint()
        left = self.width() - size.width() - px(6)
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            left = px(6)
        self._hint.setGeometry(left, (self.height() - size.height()) // 2, *size.toTuple())
