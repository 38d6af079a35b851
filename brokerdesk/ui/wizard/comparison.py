"""The broker comparison: a column a broker, rows aligned; the whole column is the radio button."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QSizePolicy, QWidget

from brokerdesk.ui.text import tame
from brokerdesk.ui.theme import theme
from brokerdesk.ui.viewmodels.wizard_state import BrokerCard, Has
from brokerdesk.ui.widgets.icons import paint_icon

HEAD = 112
SIDE = 14
LABELS = 128
_PICTURES = {Has.YES: ("tick", "gain"), Has.PART: ("half", "warn"), Has.NO: ("cross", "text3")}
_WORDS = {Has.YES: "yes", Has.PART: "in part", Has.NO: "no", Has.WORDS: ""}
_WRAP = int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignVCenter)


def _row_height(text: str, width: float) -> int:
    metrics = QFontMetricsF(theme().font("body"))
    box = metrics.boundingRect(QRectF(0, 0, max(40.0, width), 1000), _WRAP, text)
    return max(36, int(box.height()) + 18)


class BrokerColumn(QAbstractButton):
    """One broker."""

    def __init__(self, broker: BrokerCard) -> None:
        super().__init__()
        self.broker = broker
        self.heights: list[int] = []
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setText(tame(broker.title))
        facts = "; ".join(
            f"{name}: {' '.join(part for part in (_WORDS[has], words) if part)}"
            for name, has, words in broker.facts
        )
        self.setAccessibleName(tame(broker.title))
        self.setAccessibleDescription(f"{broker.tagline}. {facts}")
        self.setProperty("ownFocus", True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumWidth(190)
        self.setMaximumWidth(380)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self.update)

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(300, HEAD + sum(self.heights) + 6)

    def wanted(self, width: int) -> list[int]:
        """The height that each fact needs at this width."""
        room = width - 2 * SIDE
        return [
            _row_height(words, room - (0 if has is Has.WORDS else 20))
            for _, has, words in self.broker.facts
        ]

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        look, painter = theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = self.isChecked()
        edge = "accent" if chosen else "ctl" if self.underMouse() else "line2"
        painter.setPen(QPen(look.colour(edge), 2 if chosen else 1))
        painter.setBrush(look.colour("surface"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 8, 8)
        self._paint_head(painter, chosen)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        y = HEAD
        for (_, has, words), height in zip(self.broker.facts, self.heights, strict=False):
            self._paint_fact(painter, QRectF(SIDE, y, self.width() - 2 * SIDE, height), has, words)
            y += height

    def _paint_head(self, painter: QPainter, chosen: bool) -> None:
        look = theme()
        tile = QRectF(SIDE, 14, 32, 32)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.colour("inset"))
        painter.drawRoundedRect(tile, 6, 6)
        painter.setPen(look.colour("text2"))
        painter.setFont(look.font("body", weight=600))
        initials = "".join(word[0] for word in self.broker.title.split()[:2]).upper()
        painter.drawText(tile, int(Qt.AlignmentFlag.AlignCenter), tame(initials))
        disc = QRectF(self.width() - SIDE - 16, 22, 16, 16)
        painter.setPen(QPen(look.colour("accent" if chosen else "ctl"), 1))
        painter.setBrush(look.colour("accent" if chosen else "surface"))
        painter.drawEllipse(disc.adjusted(0.5, 0.5, -0.5, -0.5))
        if self.hasFocus():  # inside the column: around it there may be no room
            painter.setPen(QPen(look.colour("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(disc.adjusted(-4, -4, 4, 4))
        if chosen:
            painter.setBrush(look.colour("onAccent"))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawEllipse(disc.adjusted(5, 5, -5, -5))
        room = self.width() - 2 * SIDE
        for text, style, weight, tone, y in (
            (self.broker.title, "lead", 600, "text", 54),
            (self.broker.tagline, "small", 400, "text2", 76),
        ):
            font = look.font(style, weight=weight)
            shown = QFontMetricsF(font).elidedText(tame(text), Qt.TextElideMode.ElideRight, room)
            painter.setFont(font)
            painter.setPen(look.colour(tone))
            painter.drawText(QRectF(SIDE, y, room, 20), int(Qt.AlignmentFlag.AlignVCenter), shown)

    @staticmethod
    def _paint_fact(painter: QPainter, rect: QRectF, has: Has, words: str) -> None:
        look = theme()
        painter.fillRect(
            QRectF(rect.left(), rect.top(), rect.width(), 1).toRect(), look.colour("line")
        )
        painter.save()
        if has is not Has.WORDS:
            name, tone = _PICTURES[has]
            paint_icon(painter, name, QRectF(rect.left(), rect.center().y() - 6, 13, 13), tone)
            rect = rect.adjusted(20, 0, 0, 0)
        painter.setFont(look.font("body"))
        painter.setPen(look.colour("text3" if has is Has.NO else "text"))
        painter.drawText(rect, _WRAP, tame(words))
        painter.restore()


class _Labels(QWidget):
    """The names of the facts, in line with the columns."""

    def __init__(self, names: list[str]) -> None:
        super().__init__()
        self._names = names
        self.heights: list[int] = []
        self.setFixedWidth(LABELS)
        self.setAccessibleName("Facts: " + ", ".join(names))
        theme().changed.connect(self.update)

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(LABELS, HEAD + sum(self.heights) + 6)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        look, painter, y = theme(), QPainter(self), HEAD
        painter.setFont(look.font("small"))
        for name, height in zip(self._names, self.heights, strict=False):
            painter.fillRect(0, y, self.width() - 12, 1, look.colour("line"))
            painter.setPen(look.colour("text3"))
            painter.drawText(QRectF(0, y, LABELS - 12, height), _WRAP, name)
            y += height


class Comparison(QWidget):
    """All brokers side by side. Arrow keys choose."""

    def __init__(self, brokers: tuple[BrokerCard, ...], choose: Callable[[str], object]) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        names = [name for name, _, _ in brokers[0].facts] if brokers else []
        self._labels = _Labels(names)
        row.addWidget(self._labels, 0, Qt.AlignmentFlag.AlignTop)
        self._group = QButtonGroup(self)
        self.columns: list[BrokerColumn] = []
        for broker in brokers:
            made = BrokerColumn(broker)
            made.clicked.connect(lambda _checked=False, key=broker.id: choose(key))
            made.toggled.connect(made.update)
            self._group.addButton(made)
            self.columns.append(made)
            row.addWidget(made, 1, Qt.AlignmentFlag.AlignTop)
        row.addStretch(0)

    def show_chosen(self, broker: str) -> None:
        """Mark this broker's column."""
        for column in self.columns:
            column.setChecked(column.broker.id == broker)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._align()

    def _align(self) -> None:
        """Give every fact the same height in all columns."""
        if not self.columns:
            return
        count = len(self.columns)
        width = min(380, max(190, (self.width() - LABELS - 10 * count) // count))
        wanted = [column.wanted(width) for column in self.columns]
        heights = [max(of_row) for of_row in zip(*wanted, strict=True)]
        if heights != self._labels.heights:
            self._labels.heights = heights
            self._labels.setFixedHeight(HEAD + sum(heights) + 6)
            for column in self.columns:
                column.heights = heights
                column.setFixedHeight(HEAD + sum(heights) + 6)
