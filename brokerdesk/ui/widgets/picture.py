"""An icon as a widget, in a token's colour."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.widgets.icons import paint_icon


class Picture(QWidget):
    """A picture of ``size`` pixels in a box of ``height``. It says nothing by itself; ``name`` is
    for the rare one whose meaning stands nowhere else.
    """

    def __init__(
        self, name: str, token: str, *, size: int = 16, height: int = 0, spoken: str = ""
    ) -> None:
        super().__init__()
        self._name, self._token = name, token
        self._size, self._height = size, height or size
        self.setAccessibleName(spoken)
        self._refresh()
        theme().changed.connect(self._refresh)

    def show_picture(self, name: str, token: str) -> None:
        """Show another one."""
        self._name, self._token = name, token
        self.update()

    def _refresh(self) -> None:
        self.setFixedSize(px(self._size), px(self._height))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        side = px(self._size)
        top = (self.height() - side) / 2
        with QPainter(self) as painter:
            paint_icon(painter, self._name, QRectF(0, top, side, side), self._token)
