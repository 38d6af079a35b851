"""A popover: a framed child of the window beside what opened it.

Esc or a click outside closes it and the focus goes back. It takes no grab and starts no loop.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QVBoxLayout, QWidget
from shiboken6 import isValid

from brokerdesk.ui.theme import px
from brokerdesk.ui.widgets import tab_order

GAP = 6
EDGE = 8


class Popover(QFrame):
    """A frame for one content widget.

    Signals:
        closed: it is gone from the screen.
    """

    closed = Signal()

    def __init__(self, name: str, content: QWidget | None = None) -> None:
        super().__init__()
        self.setProperty("role", "float")
        self.setAccessibleName(name)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(px(1), px(1), px(1), px(1))
        self._anchor: QWidget | None = None
        self._came_from: QWidget | None = None
        self.hide()
        if content is not None:
            self.set_content(content)

    def set_content(self, content: QWidget) -> None:
        """Show this inside."""
        while (item := self._column.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        self._column.addWidget(content)

    @property
    def is_open(self) -> bool:
        """Whether it is on the screen."""
        return not self.isHidden()

    def toggle_at(self, anchor: QWidget) -> None:
        """Open at ``anchor``, or close."""
        if self.is_open:
            self.close_popover()
        else:
            self.open_at(anchor)

    def open_at(self, anchor: QWidget) -> None:
        """Open below (or above) ``anchor``, inside its window, and take the focus."""
        window = anchor.window()
        self._anchor, self._came_from = anchor, QApplication.focusWidget()
        self.setParent(window)
        self._place()
        self.show()
        self.raise_()
        app = QApplication.instance()
        assert app is not None
        app.installEventFilter(self)
        self._focus_first()

    def fit(self) -> None:
        """Take the size that the content needs now."""
        if self.is_open:
            layout = self.layout()
            assert layout is not None
            layout.activate()
            self._place()

    def close_popover(self) -> None:
        """Close and give the focus back."""
        if not self.is_open:
            return
        app = QApplication.instance()
        assert app is not None
        app.removeEventFilter(self)
        held = self.isAncestorOf(QApplication.focusWidget() or self.window())
        self.hide()
        if held:
            for target in (self._came_from, self._anchor):
                if target is not None and isValid(target) and target.isVisible():
                    target.setFocus(Qt.FocusReason.PopupFocusReason)
                    break
        self.closed.emit()

    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: N802
        """Tab goes round inside: what lies under the popover is not seen."""
        return tab_order.move([self], forward=forward)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() == Qt.Key.Key_Escape:
            self.close_popover()
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        kind = event.type()
        if watched is self.parentWidget() and kind == QEvent.Type.Resize:
            self._place()
        elif kind == QEvent.Type.MouseButtonPress and isinstance(watched, QWidget):
            outside = watched is not self and not self.isAncestorOf(watched)
            of_ours = watched.window() is self.window()
            on_anchor = self._anchor is not None and watched is self._anchor
            if outside and of_ours and not on_anchor:
                self.close_popover()
        return False

    def _focus_first(self) -> None:
        for child in self.findChildren(QWidget):
            if child.focusPolicy() & Qt.FocusPolicy.TabFocus and child.isEnabled():
                child.setFocus(Qt.FocusReason.PopupFocusReason)
                return
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFocus(Qt.FocusReason.PopupFocusReason)

    def _place(self) -> None:
        anchor, window = self._anchor, self.parentWidget()
        if anchor is None or window is None or not isValid(anchor):
            return
        edge = px(EDGE)
        self.resize(self.sizeHint().boundedTo(window.size() - QSize(2 * edge, 2 * edge)))
        corner = anchor.mapTo(window, QPoint(0, 0))
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            corner.setX(corner.x() + anchor.width() - self.width())
        below, above = corner.y() + anchor.height() + px(GAP), corner.y() - self.height() - px(GAP)
        top = below if below + self.height() <= window.height() - edge or above < edge else above
        left = min(max(corner.x(), edge), window.width() - self.width() - edge)
        self.move(left, min(max(top, edge), window.height() - self.height() - edge))
