"""A viewport that Python made.

Asked for one that Qt made, the binding looks for its class among all widgets there are and makes a
hundred classes for it: more than a megabyte, and some milliseconds before the first paint.
"""

from __future__ import annotations

from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QAbstractItemView, QAbstractScrollArea, QHeaderView, QWidget


def give_viewport(area: QAbstractScrollArea) -> None:
    """Replace the viewport of ``area`` by one that is like it. Before anything else is set."""
    place = QWidget()
    place.setObjectName("qt_scrollarea_viewport")
    if isinstance(area, QHeaderView):  # its borders answer to the mouse
        place.setBackgroundRole(QPalette.ColorRole.Button)
        place.setMouseTracking(True)
    elif isinstance(area, QAbstractItemView):
        place.setBackgroundRole(QPalette.ColorRole.Base)
        place.setMouseTracking(area.hasMouseTracking())
    place.setAutoFillBackground(True)
    area.setViewport(place)
