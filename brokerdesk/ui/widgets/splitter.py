"""A splitter: a hairline is drawn, seven pixels can be grabbed."""

from __future__ import annotations

import struct

from PySide6.QtCore import QByteArray, QEvent, QObject, QRect, QSettings, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSplitter, QSplitterHandle

from brokerdesk.ui.theme import theme

GRAB = 7
_MOST = 16


_AT = "-text"
_HEAD = struct.Struct(">iiI")
"""How a splitter's state begins: mark, version, number of panes; their sizes follow."""


def _number(value: object) -> float:
    try:
        return float(str(value))
    except ValueError:
        return 0.0


def _times(state: QByteArray, factor: float) -> QByteArray:
    """The state with all sizes multiplied: those of hidden panes stand nowhere else."""
    data = bytes(state.data())
    if len(data) < _HEAD.size:
        return state
    count = _HEAD.unpack_from(data)[2]
    sizes = struct.Struct(f">{count}i")
    if count > _MOST or len(data) < _HEAD.size + sizes.size:
        return state
    grown = [round(size * factor) for size in sizes.unpack_from(data, _HEAD.size)]
    end = _HEAD.size + sizes.size
    return QByteArray(data[: _HEAD.size] + sizes.pack(*grown) + data[end:])


class _Handle(QSplitterHandle):
    def __init__(self, orientation: Qt.Orientation, parent: QSplitter) -> None:
        super().__init__(orientation, parent)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setAccessibleName("Divider")
        theme().changed.connect(self.update)

    def widen(self) -> None:
        """Reach three pixels over both neighbours; the layout only knows the one."""
        box = self.geometry()
        side = GRAB // 2
        if self.orientation() == Qt.Orientation.Horizontal and box.width() != GRAB:
            self.setGeometry(QRect(box.center().x() - side, box.y(), GRAB, box.height()))
        elif self.orientation() == Qt.Orientation.Vertical and box.height() != GRAB:
            self.setGeometry(QRect(box.x(), box.center().y() - side, box.width(), GRAB))
        self.raise_()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        colour = theme().colour("line")
        with QPainter(self) as painter:
            if self.orientation() == Qt.Orientation.Horizontal:
                painter.fillRect(self.width() // 2, 0, 1, self.height(), colour)
            else:
                painter.fillRect(0, self.height() // 2, self.width(), 1, colour)


class Splitter(QSplitter):
    """Panes that do not collapse, with a hairline between them."""

    def __init__(self, orientation: Qt.Orientation = Qt.Orientation.Horizontal) -> None:
        super().__init__(orientation)
        self.setHandleWidth(1)
        self.setChildrenCollapsible(False)

    def keep(self, memory: QSettings, key: str) -> None:
        """Remember where the dividers are, and at which text size."""
        memory.setValue(key, self.saveState())
        memory.setValue(key + _AT, str(theme().scale))

    def recall(self, memory: QSettings, key: str) -> None:
        """The dividers as they were left; panes grow with the text."""
        kept = memory.value(key)
        if not isinstance(kept, QByteArray) or kept.isEmpty():
            return
        then = _number(memory.value(key + _AT))
        if then and then != theme().scale:
            kept = _times(kept, theme().scale / then)
        self.restoreState(kept)

    def createHandle(self) -> QSplitterHandle:  # noqa: N802
        handle = _Handle(self.orientation(), self)
        handle.installEventFilter(self)
        return handle

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if isinstance(watched, _Handle) and event.type() in (
            QEvent.Type.Move,
            QEvent.Type.Resize,
            QEvent.Type.Show,
        ):
            watched.widen()
        return super().eventFilter(watched, event)
