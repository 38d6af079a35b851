"""A sheet that asks yes or no over the window. The safe answer has the focus and is Esc's.

It is a child of the window, not a dialog: nothing waits for it, the answer comes as a signal.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QVBoxLayout, QWidget
from shiboken6 import isValid

from brokerdesk.ui.plain import tame
from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.widgets.announce import alert
from brokerdesk.ui.widgets.buttons import button
from brokerdesk.ui.widgets.paragraph import Paragraph

WIDTH = 420
_SCRIM = {"light": QColor(20, 24, 29, 71), "dark": QColor(0, 0, 0, 128)}


class ConfirmSheet(QWidget):
    """Dims the window and asks. Every answer deletes the sheet.

    Signals:
        answered: True for yes, False for no, Esc or a click beside the sheet.
    """

    answered = Signal(bool)

    def __init__(self, title: str, text: str, yes: str, no: str, *, kind: str = "") -> None:
        super().__init__()
        self._done = False
        self._came_from: QWidget | None = None
        self._card = QFrame(self)
        self._card.setProperty("role", "float")
        self._card.setFixedWidth(px(WIDTH))
        column = QVBoxLayout(self._card)
        column.setContentsMargins(px(20), px(18), px(20), px(16))
        column.setSpacing(px(6))
        column.addWidget(PlainLabel(tame(title), "pane", wrap=True))
        column.addWidget(Paragraph(tame(text), "body", "text2"))
        column.addSpacing(px(10))
        self.no = button(no, lambda: self.answer(False), kind="primary")
        self.yes = button(yes, lambda: self.answer(True), kind=kind)
        row = QHBoxLayout()
        row.setSpacing(px(8))
        row.addStretch(1)
        row.addWidget(self.yes)
        row.addWidget(self.no)
        column.addLayout(row)
        self.setAccessibleName(f"{tame(title)} {tame(text)}".strip())
        self.hide()

    def open_over(self, parent: QWidget) -> None:
        """Ask over ``parent``'s window."""
        window = parent.window()
        self._came_from = QApplication.focusWidget()
        self.setParent(window)
        window.installEventFilter(self)
        self._place()
        self.show()
        self.raise_()
        self.no.setFocus(Qt.FocusReason.TabFocusReason)
        alert(self, self.accessibleName())

    def answer(self, yes: bool) -> None:
        """Answer, once."""
        if self._done:
            return
        self._done = True
        self.hide()
        if self._came_from is not None and isValid(self._came_from):
            self._came_from.setFocus(Qt.FocusReason.PopupFocusReason)
        self.answered.emit(yes)
        self.deleteLater()

    def focusNextPrevChild(self, _next: bool) -> bool:  # noqa: N802
        """Tab goes from one answer to the other and never behind the sheet."""
        target = self.yes if self.no.hasFocus() else self.no
        target.setFocus(Qt.FocusReason.TabFocusReason)
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() == Qt.Key.Key_Escape:
            self.answer(False)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            (self.yes if self.yes.hasFocus() else self.no).click()
        # every other key ends here: the window behind must not act on it

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if not self._card.geometry().contains(event.position().toPoint()):
            self.answer(False)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.Resize and watched is self.parentWidget():
            self._place()
        return False

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), _SCRIM[theme().name])

    def _place(self) -> None:
        window = self.parentWidget()
        if window is None:
            return
        self.setGeometry(window.rect())
        layout = self._card.layout()
        assert layout is not None
        height = max(layout.totalHeightForWidth(self._card.width()), layout.sizeHint().height())
        height = min(height, self.height() - px(32))
        left, top = (self.width() - self._card.width()) // 2, (self.height() - height) // 3
        self._card.setGeometry(left, max(px(16), top), self._card.width(), height)
