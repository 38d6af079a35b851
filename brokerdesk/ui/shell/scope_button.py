"""Two painted buttons of the top bar: which accounts are shown, and the field that opens search."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QEnterEvent, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QStyle

from brokerdesk.ui.models.names import shortened
from brokerdesk.ui.plain import tame, tooltip
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.widgets.icons import paint_icon

HEIGHT = 30
WIDEST = 260
LEAST_SEARCH, MOST_SEARCH = 150, 286


class _Framed(QAbstractButton):
    """A button with the frame of a field or a button, painted by its heirs."""

    _line = "line2"

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        theme().changed.connect(self._refresh)

    def enterEvent(self, event: QEnterEvent) -> None:  # noqa: N802
        super().enterEvent(event)
        self.update()

    def _frame(self, painter: QPainter) -> None:
        look = theme()
        fill = "inset" if self.isDown() or not self.isEnabled() else "raised"
        if self.isEnabled() and self.underMouse() and not self.isDown():
            fill = "alt"
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(look.colour(self._line if self.isEnabled() else "line"), 1))
        painter.setBrush(look.colour(fill))
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(box, px(6), px(6))

    def _write(self, painter: QPainter, words: str, box: QRectF, *, elide: bool = False) -> None:
        if elide:
            words = shortened(
                words, box.width() + 1, QFontMetricsF(painter.font()).horizontalAdvance
            )
        flags = QStyle.visualAlignment(
            self.layoutDirection(), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        )
        painter.drawText(self._mirrored(box), int(flags) | int(Qt.TextFlag.TextSingleLine), words)

    def _mirrored(self, box: QRectF) -> QRectF:
        if self.layoutDirection() == Qt.LayoutDirection.LeftToRight:
            return box
        return QRectF(self.width() - box.right(), box.y(), box.width(), box.height())

    def _refresh(self) -> None:
        self.updateGeometry()
        self.update()


class ScopeButton(_Framed):
    """``All accounts 6`` or the name of what is shown; a click opens the choice."""

    def __init__(self) -> None:
        super().__init__()
        self._count = ""
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setToolTip(tooltip("Choose accounts (Ctrl+L)"))

    def show_scope(self, words: str, count: int) -> None:
        """Say what is shown and how many accounts that are."""
        told = (tame(words), str(count) if count else "")
        if told == (self.text(), self._count):
            return  # told again with every message of a refresh
        self._count = told[1]
        self.setText(told[0])
        self.setAccessibleName(f"Accounts shown: {tame(words)}, {count}".removesuffix(", 0"))
        self._refresh()

    @property
    def words(self) -> tuple[str, str]:
        """What is shown: words and count."""
        return self.text(), self._count

    def sizeHint(self) -> QSize:  # noqa: N802
        wide = QFontMetricsF(theme().font("body", weight=500)).horizontalAdvance(self.text())
        wide += self._tail() + px(12)
        return QSize(min(px(WIDEST), int(wide + 0.999)), px(HEIGHT))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(min(px(120), self.sizeHint().width()), px(HEIGHT))

    def _tail(self) -> float:
        """The count and the chevron with the gaps around them."""
        count = QFontMetricsF(theme().font("body", figures=True)).horizontalAdvance(self._count)
        return (count + px(7) if self._count else 0) + px(7) + px(14) + px(11)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        look, on = theme(), self.isEnabled()
        with QPainter(self) as painter:
            self._frame(painter)
            font = look.font("body", weight=500)
            painter.setFont(font)
            painter.setPen(look.colour("text" if on else "text3"))
            room = self.width() - px(12) - self._tail()
            height = self.height()
            self._write(painter, self.text(), QRectF(px(12), 0, room, height), elide=True)
            used = min(room, QFontMetricsF(font).horizontalAdvance(self.text()))
            painter.setPen(look.colour("text3"))
            painter.setFont(look.font("body", figures=True))
            self._write(painter, self._count, QRectF(px(12) + used + px(7), 0, px(60), height))
            side = px(14)
            chevron = QRectF(self.width() - px(11) - side, (height - side) / 2, side, side)
            paint_icon(painter, "chevron-down", self._mirrored(chevron), "text2" if on else "text3")


class SearchButton(_Framed):
    """Looks like a field; a click or Ctrl+K opens the palette, where one types."""

    def __init__(self) -> None:
        super().__init__()
        self._line = "line2"
        self.setText("Search or run a command")
        self.setAccessibleName("Search or run a command")
        self.setToolTip(tooltip("Search or run a command (Ctrl+K)"))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._small = False

    def set_small(self, small: bool) -> None:
        """Show the glass alone."""
        width = px(HEIGHT) if small else px(LEAST_SEARCH)
        most = px(HEIGHT) if small else px(MOST_SEARCH)
        if (small, width, most) == (self._small, self.minimumWidth(), self.maximumWidth()):
            return
        self._small = small
        self.setMinimumWidth(width)
        self.setMaximumWidth(most)
        self._refresh()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(px(HEIGHT) if self._small else px(MOST_SEARCH), px(HEIGHT))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        look = theme()
        with QPainter(self) as painter:
            self._frame(painter)
            side, height = px(14), self.height()
            left = (self.width() - side) / 2 if self._small else px(10)
            glass = QRectF(left, (height - side) / 2, side, side)
            paint_icon(painter, "search", self._mirrored(glass), "text3")
            if self._small:
                return
            caption = look.font("caption")
            key = QFontMetricsF(caption).horizontalAdvance("Ctrl+K") + px(10)
            box = QRectF(self.width() - key - px(7), (height - px(18)) / 2, key, px(18))
            painter.setFont(look.font("body"))
            painter.setPen(look.colour("text3"))
            room = box.left() - px(31) - px(4)
            alone = QFontMetricsF(look.font("body")).horizontalAdvance(self.text()) > room
            room = self.width() - px(31) - px(8) if alone else room
            self._write(painter, self.text(), QRectF(px(31), 0, room, height), elide=True)
            if alone:  # the words matter more than the key, which the tip has, too
                return
            frame = self._mirrored(box)
            painter.setPen(QPen(look.colour("line2"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(frame.adjusted(0.5, 0.5, -0.5, -0.5), px(4), px(4))
            painter.setFont(caption)
            painter.setPen(look.colour("text3"))
            painter.drawText(frame, int(Qt.AlignmentFlag.AlignCenter), "Ctrl+K")
