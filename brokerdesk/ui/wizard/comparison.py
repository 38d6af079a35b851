"""The broker comparison: a column a broker, rows aligned; the whole column is the radio button."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QHBoxLayout,
    QSizePolicy,
    QStyle,
    QWidget,
)

from brokerdesk.ui.format import upright
from brokerdesk.ui.text import tame
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.viewmodels.wizard_state import BrokerCard, Has
from brokerdesk.ui.widgets.icons import paint_icon

HEAD = 112
SIDE = 14
LABELS = 128
NARROW, WIDE = 176, 380
GAP = 10
_PICTURES = {Has.YES: ("tick", "gain"), Has.PART: ("half", "warn"), Has.NO: ("cross", "text3")}
_WORDS = {Has.YES: "yes", Has.PART: "in part", Has.NO: "no", Has.WORDS: ""}
_ONE_LINE = int(Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine)
_WRAP = int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignVCenter)


def _row_height(text: str, width: float) -> int:
    metrics = QFontMetricsF(theme().font("body"))
    box = metrics.boundingRect(QRectF(0, 0, max(40.0, width), 10_000), _WRAP, tame(text))
    return max(px(36), int(box.height()) + px(18))


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
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setMinimumWidth(px(NARROW))
        self.setMaximumWidth(px(WIDE))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self._on_theme)

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(px(300), px(HEAD) + sum(self.heights) + px(6))

    def wanted(self, width: int) -> list[int]:
        """The height that each fact needs at this width."""
        room = width - 2 * px(SIDE)
        return [
            _row_height(words, room - (0 if has is Has.WORDS else px(20)))
            for _, has, words in self.broker.facts
        ]

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        look, chosen, side = theme(), self.isChecked(), px(SIDE)
        edge = "accent" if chosen else "ctl" if self.underMouse() else "line2"
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(look.colour(edge), 2 if chosen else 1))
            painter.setBrush(look.colour("surface"))
            rim = 1 if chosen else 0.5
            radius = px(8)
            box = QRectF(self.rect()).adjusted(rim, rim, -rim, -rim)
            painter.drawRoundedRect(box, radius, radius)
            self._paint_head(painter, chosen)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            y = px(HEAD)
            for (_, has, words), height in zip(self.broker.facts, self.heights, strict=False):
                self._paint_fact(
                    painter, QRect(side, y, self.width() - 2 * side, height), has, words
                )
                y += height

    def _paint_head(self, painter: QPainter, chosen: bool) -> None:
        look, side = theme(), px(SIDE)
        tile = QRectF(self._flip(QRect(side, px(14), px(32), px(32))))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.colour("inset"))
        painter.drawRoundedRect(tile, px(6), px(6))
        painter.setPen(look.colour("text2"))
        painter.setFont(look.font("body", weight=600))
        painter.drawText(tile, int(Qt.AlignmentFlag.AlignCenter), initials(self.broker.title))
        size = px(16)
        disc = QRectF(self._flip(QRect(self.width() - side - size, px(22), size, size)))
        painter.setPen(QPen(look.colour("accent" if chosen else "ctl"), 1))
        painter.setBrush(look.colour("accent" if chosen else "surface"))
        painter.drawEllipse(disc.adjusted(0.5, 0.5, -0.5, -0.5))
        if self.hasFocus():  # inside the column: around it there may be no room
            painter.setPen(QPen(look.colour("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(disc.adjusted(-4, -4, 4, 4))
        if chosen:
            rim = px(5)
            painter.setBrush(look.colour("onAccent"))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawEllipse(disc.adjusted(rim, rim, -rim, -rim))
        room = self.width() - 2 * side
        for text, style, weight, tone, y, high in (
            (self.broker.title, "lead", 600, "text", 54, 22),
            (self.broker.tagline, "small", 400, "text2", 76, 18),
        ):
            font = look.font(style, weight=weight)
            shown = QFontMetricsF(font).elidedText(tame(text), Qt.TextElideMode.ElideRight, room)
            painter.setFont(font)
            painter.setPen(look.colour(tone))
            painter.drawText(QRect(side, px(y), room, px(high)), _ONE_LINE, upright(shown))

    def _paint_fact(self, painter: QPainter, rect: QRect, has: Has, words: str) -> None:
        look = theme()
        painter.fillRect(rect.left(), rect.top(), rect.width(), 1, look.colour("line"))
        painter.save()
        box = QRect(rect)
        if has is not Has.WORDS:
            name, tone = _PICTURES[has]
            size = px(13)
            place = QRect(rect.left(), rect.center().y() - size // 2, size, size)
            paint_icon(painter, name, QRectF(self._flip(place)), tone)
            box.setLeft(rect.left() + px(20))
        painter.setFont(look.font("body"))
        painter.setPen(look.colour("text3" if has is Has.NO else "text"))
        painter.drawText(self._flip(box), _WRAP, upright(tame(words)))
        painter.restore()

    def _flip(self, box: QRect) -> QRect:
        return QStyle.visualRect(self.layoutDirection(), self.rect(), box)

    def _on_theme(self) -> None:
        self.update()


def initials(title: str) -> str:
    """What stands in a broker's tile: the first letters of its first two words."""
    words = [word for word in tame(title).split() if word[0].isalnum()]
    return "".join(word[0] for word in words[:2]).upper()


class _Labels(QWidget):
    """The names of the facts, in line with the columns."""

    def __init__(self, names: list[str]) -> None:
        super().__init__()
        self._names = names
        self.heights: list[int] = []
        self.setFixedWidth(px(LABELS))
        self.setAccessibleName("Facts: " + ", ".join(names))
        theme().changed.connect(self._on_theme)

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(px(LABELS), px(HEAD) + sum(self.heights) + px(6))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        look, y = theme(), px(HEAD)
        with QPainter(self) as painter:
            painter.setFont(look.font("small"))
            for name, height in zip(self._names, self.heights, strict=False):
                painter.fillRect(0, y, self.width() - px(12), 1, look.colour("line"))
                painter.setPen(look.colour("text3"))
                painter.drawText(QRect(0, y, self.width() - px(12), height), _WRAP, upright(name))
                y += height

    def _on_theme(self) -> None:
        self.update()


class Comparison(QWidget):
    """All brokers side by side. Arrow keys choose."""

    def __init__(self, brokers: tuple[BrokerCard, ...], choose: Callable[[str], object]) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(px(GAP))
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
        room = self.width() - px(LABELS) - px(GAP) * count
        width = min(px(WIDE), max(px(NARROW), room // count))
        wanted = [column.wanted(width) for column in self.columns]
        heights = [max(of_row) for of_row in zip(*wanted, strict=True)]
        if heights != self._labels.heights:
            self._labels.heights = heights
            self._labels.setFixedHeight(px(HEAD) + sum(heights) + px(6))
            for column in self.columns:
                column.heights = heights
                column.setFixedHeight(px(HEAD) + sum(heights) + px(6))
