"""Icons as 16 px strokes, painted in a token's colour.

Widgets that paint themselves draw them at paint time and follow the theme for free; a renderer is
cached per name and colour. Knows files and colours only.
"""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from brokerdesk.paths import resource
from brokerdesk.ui.theme import px, theme

SIZE = 16


@lru_cache(maxsize=64)
def _source(name: str) -> str:
    return resource(f"icons/{name}.svg").read_text("utf-8")


@lru_cache(maxsize=256)
def _renderer(name: str, colour: str) -> QSvgRenderer:
    return QSvgRenderer(QByteArray(_source(name).replace("currentColor", colour).encode()))


def paint_icon(painter: QPainter, name: str, rect: QRectF, token: str) -> None:
    """Draw an icon into ``rect`` in a token's colour."""
    _renderer(name, theme().colour(token).name()).render(painter, rect)


def _pixmap(name: str, token: str, ratio: int) -> QPixmap:
    side = px(SIZE) * ratio
    pixmap = QPixmap(side, side)
    pixmap.fill(Qt.GlobalColor.transparent)
    with QPainter(pixmap) as painter:
        paint_icon(painter, name, QRectF(0, 0, side, side), token)
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


def icon(name: str, token: str = "text2") -> QIcon:  # noqa: S107 - a colour token
    """An icon in the present theme; whoever shows it asks again when the theme changes.

    Pixmaps and no icon engine: an engine written in Python is owned by both sides at once.
    """
    made = QIcon()
    for ratio in (1, 2):
        made.addPixmap(_pixmap(name, token, ratio))
        made.addPixmap(_pixmap(name, "text3", ratio), QIcon.Mode.Disabled)
    return made
