"""Lines under a list that give way to it: whole where there is room, else they scroll.

A layout that is too low squeezes what cannot scroll until its lines are cut through the middle.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QWidget

from brokerdesk.ui.theme import px


class Giving(QScrollArea):
    """``inner`` as high as it wants to be, at least ``least`` of it."""

    def __init__(self, inner: QWidget, least: int) -> None:
        super().__init__()
        self._inner, self._least = inner, least
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.setWidgetResizable(True)
        self.setWidget(inner)
        inner.setAutoFillBackground(False)
        self.viewport().setAutoFillBackground(False)
        inner.installEventFilter(self)
        self._settle()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(self._inner.sizeHint().width(), self._wanted())

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        wide = self._inner.minimumSizeHint().width()
        return QSize(wide, min(self._wanted(), px(self._least)))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._settle()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() in (
            QEvent.Type.LayoutRequest, QEvent.Type.ShowToParent, QEvent.Type.HideToParent,
        ):  # fmt: skip
            self._settle()
        return super().eventFilter(watched, event)

    def _wanted(self) -> int:
        if self._inner.isHidden():
            return 0
        if self._inner.hasHeightForWidth():
            return self._inner.heightForWidth(max(1, self.width()))
        return self._inner.sizeHint().height()

    def _settle(self) -> None:
        self.setMaximumHeight(self._wanted())
        self.updateGeometry()
