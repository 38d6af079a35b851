"""An entry of the rail: a page's picture and name, a count of what needs the user there."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QEnterEvent,
    QFocusEvent,
    QFontMetricsF,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QStyle

from brokerdesk.ui.plain import tooltip
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.widgets.icons import paint_icon
from brokerdesk.ui.widgets.tags import badge_size, paint_badge

WIDTH, COLLAPSED = 160, 32
_BY_KEY = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)
_KEEPS = (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason)
"""The window or a sheet gives the focus back: the ring is as it was."""


class NavItem(QAbstractButton):
    """Checked is selected. Up and Down move among the entries of the same parent; Space or Enter
    opens. ``clicked`` is the wish to go there.
    """

    def __init__(self, key: str, text: str, picture: str, shortcut: str = "") -> None:
        super().__init__()
        self.key = key
        self._picture, self._shortcut = picture, shortcut
        self._badge, self._collapsed, self._by_key = 0, False, False
        self.setText(text)
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setProperty("ownFocus", True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self._refresh)
        self._refresh()

    @property
    def badge(self) -> int:
        """How many things need the user there."""
        return self._badge

    def set_badge(self, count: int) -> None:
        """Show a count; zero hides it."""
        self._badge = max(0, count)
        self._refresh()

    def set_collapsed(self, collapsed: bool) -> None:
        """Show the picture alone, with a tool tip; the badge becomes a dot."""
        self._collapsed = collapsed
        self._refresh()

    def sizeHint(self) -> QSize:  # noqa: N802
        if self._collapsed:
            return QSize(px(COLLAPSED), px(COLLAPSED))
        font = theme().font("body", weight=600)
        width = QFontMetricsF(font).horizontalAdvance(self.text()) + px(34) + px(9)
        if self._badge:
            width += badge_size(self._badge).width() + px(8)
        return QSize(max(px(WIDTH), int(width)), px(theme().tokens.row["nav"]))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(px(COLLAPSED), self.sizeHint().height())

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        if event.reason() in _BY_KEY:
            self._by_key = True
        elif event.reason() not in _KEEPS:
            self._by_key = False
        super().focusInEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        self._by_key = True
        self.update()
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        if step is not None:
            self._move(step)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        elif event.key() not in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            super().keyPressEvent(event)

    def _move(self, step: int) -> None:
        parent = self.parentWidget()
        if parent is None:
            return
        items = [item for item in parent.findChildren(NavItem) if item.isVisible()]
        items.sort(key=lambda item: item.mapTo(item.window(), item.rect().topLeft()).y())
        at = items.index(self) + step
        if 0 <= at < len(items):
            items[at].setFocus(Qt.FocusReason.TabFocusReason)

    def enterEvent(self, event: QEnterEvent) -> None:  # noqa: N802
        super().enterEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        look, chosen = theme(), self.isChecked()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            box = QRectF(self.rect())
            fill = "inset" if chosen or self.isDown() else "alt" if self.underMouse() else ""
            painter.setPen(Qt.PenStyle.NoPen)
            if fill:
                painter.setBrush(look.colour(fill))
                painter.drawRoundedRect(box, px(6), px(6))
            if self.hasFocus() and self._by_key:
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(look.colour("accent"), 2))
                painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), px(5), px(5))
            self._paint_picture(painter, "accent" if chosen else "text2")
            if not self._collapsed:
                self._paint_text(painter, chosen)
            if self._badge:
                self._paint_badge(painter)

    def _paint_picture(self, painter: QPainter, token: str) -> None:
        side = px(16)
        left = (self.width() - side) / 2 if self._collapsed else px(9)
        box = QRectF(left, (self.height() - side) / 2, side, side)
        paint_icon(painter, self._picture, self._mirrored(box), token)

    def _paint_text(self, painter: QPainter, chosen: bool) -> None:
        look = theme()
        font = look.font("body", weight=600 if chosen else 500)
        painter.setFont(font)
        painter.setPen(look.colour("text" if chosen else "text2"))
        tail = badge_size(self._badge).width() + px(14) if self._badge else px(6)
        room = self.rect().adjusted(px(34), 0, -tail, 0)
        words = QFontMetricsF(font).elidedText(
            self.text(), Qt.TextElideMode.ElideRight, room.width() + 1
        )
        room = QStyle.visualRect(self.layoutDirection(), self.rect(), room)
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        flags = QStyle.visualAlignment(self.layoutDirection(), flags)
        painter.drawText(room, int(flags) | int(Qt.TextFlag.TextSingleLine), words)

    def _paint_badge(self, painter: QPainter) -> None:
        if self._collapsed:
            painter.setPen(QPen(theme().colour("canvas"), 1.5))
            painter.setBrush(theme().colour("warn"))
            at = self._mirrored(QRectF(self.width() - px(12), px(4), px(8), px(8))).center()
            painter.drawEllipse(QPointF(at), px(8) / 2, px(8) / 2)
            return
        size = badge_size(self._badge)
        left, top = self.width() - size.width() - px(9), (self.height() - size.height()) / 2
        box = QRectF(left, top, size.width(), size.height())
        paint_badge(painter, self._mirrored(box), self._badge)

    def _mirrored(self, box: QRectF) -> QRectF:
        if self.layoutDirection() == Qt.LayoutDirection.LeftToRight:
            return box
        return QRectF(self.width() - box.right(), box.y(), box.width(), box.height())

    def _refresh(self) -> None:
        name = self.text()
        self.setAccessibleName(f"{name}, {self._badge} need you" if self._badge else name)
        shown = f"{name} ({self._shortcut})" if self._shortcut else name
        self.setToolTip(tooltip(shown if self._collapsed else ""))
        self.setAccessibleDescription(self._shortcut)
        if self._collapsed:
            self.setMaximumWidth(px(COLLAPSED))
        else:
            self.setMaximumWidth(16777215)
        self.updateGeometry()
        self.update()
