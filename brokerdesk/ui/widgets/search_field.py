"""A field that filters or finds: a glass at the left, a key hint at the right while it is empty."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.widgets.buttons import icon_button
from brokerdesk.ui.widgets.picture import Picture
from brokerdesk.ui.widgets.tags import Kbd

_GLASS, _AFTER = 9, 7
_FRAME = 8
"""What the style sheet and Qt keep free at each side before any margin of ours."""


class SearchField(QLineEdit):
    """``textChanged`` as of any line edit. Esc empties it first, then goes to whoever is next."""

    def __init__(self, placeholder: str, key_hint: str = "", *, picture: str = "search") -> None:
        super().__init__()
        self.setProperty("kind", "search")
        self.setPlaceholderText(placeholder)
        self.setAccessibleName(placeholder)
        self.setAccessibleDescription(key_hint)
        self._glass = Picture(picture, "text3")
        self._glass.setParent(self)
        self._glass.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._cross = icon_button("cross", "Clear", "Clear", self.clear, "Esc", small=True)
        self._cross.setParent(self)
        self._cross.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._cross.setCursor(Qt.CursorShape.ArrowCursor)
        self._hint = Kbd(key_hint) if key_hint else None
        if self._hint is not None:
            self._hint.setParent(self)
        self.textChanged.connect(self._settle)
        theme().changed.connect(self._place)
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

    def _settle(self) -> None:
        self._cross.setVisible(bool(self.text()))
        self._place()

    def _place(self) -> None:
        start = px(_GLASS) + self._glass.width() + px(_AFTER)
        if self._hint is not None:
            self._hint.setVisible(not self.text() and self._has_room(start))
        end_part: QWidget | None = self._cross if self.text() else self._hint
        if end_part is self._hint and end_part is not None and end_part.isHidden():
            end_part = None
        end = end_part.sizeHint().width() + px(6) if end_part is not None else 0
        left, right = max(0, start - px(_FRAME)), max(0, end - px(2))
        mirrored = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        self.setTextMargins(*((right, 0, left, 0) if mirrored else (left, 0, right, 0)))
        side = Qt.AlignmentFlag.AlignRight if mirrored else Qt.AlignmentFlag.AlignLeft
        self.setAlignment(side | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter)
        self._put(self._glass, px(_GLASS), mirrored)
        if end_part is not None:
            end_part.resize(end_part.sizeHint())
            self._put(end_part, self.width() - end_part.width() - px(5), mirrored)

    def _has_room(self, start: int) -> bool:
        """Whether the key stands beside the whole word; where not, the word matters more."""
        assert self._hint is not None
        word = self.fontMetrics().horizontalAdvance(self.placeholderText())
        return start + word + px(_AFTER) + self._hint.sizeHint().width() + px(6) <= self.width()

    def _put(self, part: QWidget, left: int, mirrored: bool) -> None:
        if mirrored:
            left = self.width() - left - part.width()
        part.move(left, (self.height() - part.height()) // 2)
