"""The as-of pill: how current the window's figures are, as a button that opens the connections."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QEnterEvent, QFontMetricsF, QHideEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QStyle

from brokerdesk.ui.plain import tame, tooltip
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.viewmodels.state import Mark, Pill
from brokerdesk.ui.widgets.icons import paint_icon
from brokerdesk.ui.widgets.marks import paint_mark
from brokerdesk.ui.widgets.showing import set_shown

# state: fill, ink, shape
_PILLS: dict[Pill, tuple[str, str, Mark | str]] = {
    Pill.LIVE: ("gainSoft", "gain", Mark.LIVE),
    Pill.REFRESHING: ("accentSoft", "accent", "refresh"),
    Pill.DELAYED: ("inset", "text2", Mark.SAVED),
    Pill.STALE: ("warnSoft", "warn", Mark.SUSPECT),
    Pill.OFFLINE: ("warnSoft", "warn", "offline"),
    Pill.PAST: ("warnSoft", "warn", "clock"),
    Pill.FAILED: ("lossSoft", "loss", "error"),
    Pill.SAVED: ("inset", "text2", Mark.SAVED),
    Pill.NONE: ("inset", "text2", Mark.SAVED),
}
TURN_MS = 120
TURN_DEGREES = 30


class StatePill(QAbstractButton):
    """A mark and words; a click opens the list of connections. Empty words hide it."""

    def __init__(self) -> None:
        super().__init__()
        self._pill, self._angle = Pill.NONE, 0
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._turning = QTimer(self)
        self._turning.setInterval(TURN_MS)
        self._turning.timeout.connect(self._turn)
        theme().changed.connect(self._refresh)

    @property
    def pill(self) -> Pill:
        """The state shown."""
        return self._pill

    def show_state(self, pill: Pill, text: str, hint: str = "") -> None:
        """Say this; ``hint`` tells when the figures were priced and fetched."""
        text = tame(text)
        if (pill, text) != (self._pill, self.text()):
            self._pill = pill
            self.setText(text)
            self.setAccessibleName(text)
            self._refresh()
        self.setToolTip(tooltip(hint))
        set_shown(self, bool(text))

    def sizeHint(self) -> QSize:  # noqa: N802
        metrics = QFontMetricsF(theme().font("small", weight=500))
        wide = int(metrics.horizontalAdvance(self.text()) + 0.999)
        return QSize(min(px(440), wide + px(36)), px(24))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        fill, ink, shape = _PILLS[self._pill]
        look = theme()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(look.colour(ink) if self.underMouse() else Qt.PenStyle.NoPen)
            painter.setBrush(look.colour(fill))
            half = self.height() / 2
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), half, half)
            self._paint_shape(painter, shape, ink)
            font = look.font("small", weight=500)
            painter.setFont(font)
            painter.setPen(look.colour(ink))
            room = self.rect().adjusted(px(25), 0, -px(10), 0)
            words = QFontMetricsF(font).elidedText(
                self.text(), Qt.TextElideMode.ElideRight, room.width() + 1
            )
            room = QStyle.visualRect(self.layoutDirection(), self.rect(), room)
            flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
            flags = QStyle.visualAlignment(self.layoutDirection(), flags)
            painter.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # words with figures
            painter.drawText(room, int(flags) | int(Qt.TextFlag.TextSingleLine), words)

    def _paint_shape(self, painter: QPainter, shape: Mark | str, ink: str) -> None:
        side = px(10) if isinstance(shape, Mark) else px(13)
        box = QRectF(px(15) - side / 2, (self.height() - side) / 2, side, side)
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            box.moveLeft(self.width() - box.right())
        if isinstance(shape, Mark):
            paint_mark(painter, shape, box.adjusted(0.5, 0.5, -0.5, -0.5), ink)
            return
        painter.save()
        if self._pill is Pill.REFRESHING and self._angle:
            centre = box.center()
            painter.translate(centre)
            painter.rotate(self._angle)
            box.moveCenter(QPointF(0, 0))
        paint_icon(painter, shape, box, ink)
        painter.restore()

    def enterEvent(self, event: QEnterEvent) -> None:  # noqa: N802
        super().enterEvent(event)
        self.update()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self._refresh()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        super().hideEvent(event)
        self._turning.stop()

    def _turn(self) -> None:
        self._angle = (self._angle + TURN_DEGREES) % 360
        self.update()

    def _refresh(self) -> None:
        if self._pill is Pill.REFRESHING and theme().motion and self.isVisible():
            self._turning.start()
        else:
            self._turning.stop()
            self._angle = 0
        self.updateGeometry()
        self.update()
