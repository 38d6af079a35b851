"""A sheet over the window for a question that needs more than yes or no, or for a short task.

A child of the window, not a dialog: nothing waits for it. Tab stays inside, Esc closes it unless it
is held, the focus goes back where it came from.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from brokerdesk.ui.plain import tame
from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.widgets.announce import alert
from brokerdesk.ui.widgets.basics import Hairline

WIDTH = 480
EDGE = 16
_SCRIM = {"light": QColor(20, 24, 29, 71), "dark": QColor(0, 0, 0, 128)}


class Sheet(QWidget):
    """``body`` takes the content, ``foot`` the buttons (from the right). ``held``: it stays open.

    Signals:
        closed: it is gone from the screen and about to be deleted.
    """

    closed = Signal()

    def __init__(self, title: str, *, width: int = WIDTH) -> None:
        super().__init__()
        self.held = False
        self._came_from: QWidget | None = None
        self._over = False
        self.card = QFrame(self)
        self.card.setProperty("role", "float")
        self.card.setFixedWidth(px(width))
        self._title = PlainLabel(tame(title), "pane", wrap=True)
        inner = QWidget()
        self.body = QVBoxLayout(inner)
        self.body.setContentsMargins(px(20), 0, px(20), px(14))
        self.body.setSpacing(px(8))
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(inner)
        self._scroll.viewport().setAutoFillBackground(False)
        inner.setAutoFillBackground(False)
        self._inner = inner
        self.foot = QHBoxLayout()
        self.foot.setContentsMargins(px(20), px(11), px(20), px(12))
        self.foot.setSpacing(px(8))
        self.foot.addStretch(1)
        column = QVBoxLayout(self.card)
        column.setContentsMargins(1, px(18), 1, 1)
        column.setSpacing(0)
        head = QHBoxLayout()
        head.setContentsMargins(px(20), 0, px(20), px(6))
        head.addWidget(self._title)
        column.addLayout(head)
        column.addWidget(self._scroll, 1)
        column.addWidget(Hairline())
        column.addLayout(self.foot)
        self._head, self._foot_height = head, 0
        self.setAccessibleName(tame(title))
        inner.installEventFilter(self)
        self.hide()

    @property
    def title(self) -> str:
        return self._title.text()

    def set_title(self, title: str) -> None:
        """Say something else at the top."""
        self._title.setText(tame(title))
        self.setAccessibleName(tame(title))
        self.fit()

    def open_over(self, parent: QWidget, focus: QWidget | None = None) -> None:
        """Show it over ``parent``'s window; ``focus`` gets the focus."""
        window = parent.window()
        self._came_from = QApplication.focusWidget()
        self.setParent(window)
        window.installEventFilter(self)
        self.setGeometry(window.rect())
        self.show()
        self.raise_()
        self.fit()
        target = focus or next(iter(self._stops()), None) or self
        target.setFocus(Qt.FocusReason.TabFocusReason)
        alert(self, self.accessibleName())

    def close_sheet(self) -> None:
        """Go, once."""
        if self._over:
            return
        self._over = True
        self.hide()
        if self._came_from is not None and isValid(self._came_from):
            self._came_from.setFocus(Qt.FocusReason.PopupFocusReason)
        self.closed.emit()
        self.deleteLater()

    def escape(self) -> None:
        """What Esc does; closes it unless it is held."""
        if not self.held:
            self.close_sheet()

    def fit(self) -> None:
        """Give the card the height of its content, as far as the window has it."""
        window = self.parentWidget()
        if window is None:
            return
        width = self.card.width()
        column = self.card.layout()
        assert column is not None
        column.activate()
        inner_width = width - 2
        body = max(
            self.body.totalHeightForWidth(inner_width) if self.body.hasHeightForWidth() else 0,
            self.body.sizeHint().height() if not self.body.hasHeightForWidth() else 0,
        )
        title = self._title.heightForWidth(width - 2 * px(20))
        height = px(18) + title + px(6) + body + 1 + self.foot.sizeHint().height() + 4
        room = self.height() - 2 * px(EDGE)
        # A bar that came while the card was low would keep the text narrow, and so itself needed.
        policy = Qt.ScrollBarPolicy
        self._scroll.setVerticalScrollBarPolicy(
            policy.ScrollBarAlwaysOff if height <= room else policy.ScrollBarAsNeeded
        )
        height = min(height, room)
        left, top = (self.width() - width) // 2, (self.height() - height) // 3
        self.card.setGeometry(left, max(px(EDGE), top), width, height)

    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: N802
        """Tab goes round inside and never behind the sheet."""
        stops = self._stops()
        if not stops:
            return True
        focus = QApplication.focusWidget()
        at = stops.index(focus) if focus in stops else -1 if forward else 0
        stops[(at + (1 if forward else -1)) % len(stops)].setFocus(
            Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
        )
        return True

    def _stops(self) -> list[QWidget]:
        """What Tab stops at, as it is read. (Walking the focus chain would touch the whole window;
        its wrappers then go with this sheet.)
        """
        found = [
            each
            for each in self.card.findChildren(QWidget)
            if each.focusPolicy() & Qt.FocusPolicy.TabFocus
            and each.isEnabled()
            and each.isVisibleTo(self)
            and each.focusProxy() is None
        ]
        return sorted(found, key=self._reading_order)

    def _reading_order(self, widget: QWidget) -> tuple[int, int]:
        corner = widget.mapTo(self, widget.rect().topLeft())
        return corner.y(), corner.x()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() == Qt.Key.Key_Escape:
            self.escape()
        # every other key ends here: the window behind must not act on it

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        window = self.parentWidget()
        if window is not None and watched is window and event.type() == QEvent.Type.Resize:
            self.setGeometry(window.rect())
            self.fit()
        elif watched is self._inner and event.type() == QEvent.Type.LayoutRequest:
            self.fit()
        return False

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), _SCRIM[theme().name])
