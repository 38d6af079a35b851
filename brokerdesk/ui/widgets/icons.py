"""Icons as 16 px strokes, painted in a token's colour at paint time.

They follow the theme because nothing is kept but the drawing; a renderer is cached per name and
colour. Knows files and colours only.
"""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from brokerdesk.paths import resource
from brokerdesk.ui.theme import theme


@lru_cache(maxsize=64)
def _source(name: str) -> str:
    return resource(f"icons/{name}.svg").read_text("utf-8")


@lru_cache(maxsize=256)
def _renderer(name: str, colour: str) -> QSvgRenderer:
    return QSvgRenderer(QByteArray(_source(name).replace("currentColor", colour).encode()))


def paint_icon(painter: QPainter, name: str, rect: QRectF, token: str) -> None:
    """Draw an icon into ``rect`` in a token's colour."""
    _renderer(name, theme().colour(token).name()).render(painter, rect)


class _TokenEngine(QIconEngine):
    """An icon that asks for its colour each time it is drawn."""

    def __init__(self, name: str, token: str) -> None:
        super().__init__()
        self._name, self._token = name, token

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, _state: QIcon.State) -> None:
        token = "text3" if mode == QIcon.Mode.Disabled else self._token
        paint_icon(painter, self._name, QRectF(rect), token)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        pixmap = QPixmap(size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return pixmap

    def clone(self) -> QIconEngine:
        return _TokenEngine(self._name, self._token)


def icon(name: str, token: str = "text2") -> QIcon:  # noqa: S107 - a colour token
    """An icon for a button or action."""
    return QIcon(_TokenEngine(name, token))
