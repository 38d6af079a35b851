"""Toasts: good news and reminders at the bottom right. Never the only place of an error.

They stay eight seconds, longer while the pointer or the focus is on one, and until they are closed
when a screen reader is on.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QAccessible, QEnterEvent, QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from brokerdesk.ui.plain import tame
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.state import Action
from brokerdesk.ui.widgets.announce import announce
from brokerdesk.ui.widgets.buttons import button, icon_button
from brokerdesk.ui.widgets.paragraph import Paragraph
from brokerdesk.ui.widgets.picture import Picture

WIDTH, EDGE, GAP, MOST = 340, 16, 8, 3
STAY_MS = 8000
# kind: picture, token
_LOOKS = {
    "good": ("done", "gain"),
    "info": ("info", "accent"),
    "warn": ("warning", "warn"),
}


class Toast(QFrame):
    """One of them."""

    gone = Signal(object)
    acted = Signal(str)

    def __init__(
        self, window: QWidget, title: str, text: str, action: Action | None, kind: str
    ) -> None:
        super().__init__(window)
        self.setProperty("role", "float")
        self.setFixedWidth(px(WIDTH))
        title, text = tame(title), tame(text)
        self.setAccessibleName(f"{title} {text}".strip())
        picture, token = _LOOKS.get(kind, _LOOKS["info"])
        row = QHBoxLayout(self)
        row.setContentsMargins(px(12), px(10), px(8), px(10))
        row.setSpacing(px(10))
        top = Qt.AlignmentFlag.AlignVCenter
        row.addWidget(Picture(picture, token, height=18), 0, top)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addStretch(1)
        words.addWidget(Paragraph(title, "body", "text", weight=500))
        if text:
            words.addWidget(Paragraph(text, "small", "text3"))
        words.addStretch(1)
        row.addLayout(words, 1)
        if action is not None:
            wish = action.id
            row.addWidget(button(action.label, lambda: self._act(wish), kind="link"), 0, top)
        row.addWidget(icon_button("cross", "Close", "Close (Esc)", self.leave, small=True), 0, top)
        self._clock = QTimer(self)
        self._clock.setSingleShot(True)
        self._clock.setInterval(STAY_MS)
        self._clock.timeout.connect(self._on_time)

    def begin(self) -> None:
        """Count the seconds from now."""
        self._clock.start()

    def fit(self) -> None:
        """Take the height that the words need at this width."""
        layout = self.layout()
        assert layout is not None
        self.resize(self.width(), layout.totalHeightForWidth(self.width()))

    def leave(self) -> None:
        """Go."""
        self._clock.stop()
        self.gone.emit(self)

    def enterEvent(self, event: QEnterEvent) -> None:  # noqa: N802
        super().enterEvent(event)
        self._clock.stop()

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        super().leaveEvent(event)
        self._clock.start()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() == Qt.Key.Key_Escape:
            self.leave()
        else:
            super().keyPressEvent(event)

    def _on_time(self) -> None:
        focus = QApplication.focusWidget()
        held = focus is not None and self.isAncestorOf(focus)
        if held or self.underMouse() or QAccessible.isActive():
            self._clock.start()
        else:
            self.leave()

    def _act(self, wish: str) -> None:
        self.acted.emit(wish)
        self.leave()


class ToastStack(QObject):
    """The toasts of one window, newest at the bottom, at most three.

    Signals:
        acted: the id of the action whose button was pressed.
    """

    acted = Signal(str)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._below = 0
        self.toasts: list[Toast] = []
        window.installEventFilter(self)

    def set_bottom(self, height: int) -> None:
        """Keep clear of ``height`` pixels at the window's bottom (a status bar)."""
        self._below = height
        self._place()

    def say(
        self, title: str, text: str = "", *, action: Action | None = None, kind: str = "info"
    ) -> Toast:
        """Show a toast; ``kind`` is good, info or warn."""
        while len(self.toasts) >= MOST:
            self._remove(self.toasts[0])
        toast = Toast(self._window, title, text, action, kind)
        toast.gone.connect(self._remove)
        toast.acted.connect(self.acted)
        self.toasts.append(toast)
        toast.show()
        self._place()
        toast.begin()
        announce(toast, toast.accessibleName())
        return toast

    def clear(self) -> None:
        """Remove all."""
        for toast in tuple(self.toasts):
            self._remove(toast)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if watched is self._window and event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def _remove(self, toast: Toast) -> None:
        if toast not in self.toasts:
            return
        self.toasts.remove(toast)
        focus = QApplication.focusWidget()
        if focus is not None and toast.isAncestorOf(focus):
            self._window.setFocus(Qt.FocusReason.OtherFocusReason)
        toast.hide()
        toast.deleteLater()
        self._place()

    def _place(self) -> None:
        bottom = self._window.height() - px(EDGE) - self._below
        right_to_left = self._window.layoutDirection() == Qt.LayoutDirection.RightToLeft
        for toast in reversed(self.toasts):
            toast.fit()
            left = self._window.width() - toast.width() - px(EDGE)
            toast.move(QPoint(px(EDGE) if right_to_left else left, bottom - toast.height()))
            toast.raise_()
            bottom -= toast.height() + px(GAP)
