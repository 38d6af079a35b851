"""The program's icon, for its windows and where it names itself.

Drawn from the one drawing that packages make theirs of (``scripts/pack/icon.py``). It has its own
colours and follows no theme. Imported after the first paint.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from brokerdesk.paths import resource

SIDES = (16, 24, 32, 48, 64, 128, 256)


def app_icon() -> QIcon:
    """The icon in the sizes that window lists, switchers and docks ask for."""
    renderer, made = QSvgRenderer(str(resource("icons/app/app.svg"))), QIcon()
    for side in SIDES:
        pixmap = QPixmap(side, side)
        pixmap.fill(Qt.GlobalColor.transparent)
        with QPainter(pixmap) as painter:
            renderer.render(painter)
        made.addPixmap(pixmap)
    return made
