"""Showing and hiding parts that may not stand in a window yet."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget


def set_shown(widget: QWidget, on: bool) -> None:
    """Show or hide ``widget``. One that nobody holds yet is shown once somebody does: Qt would
    open it as a window of its own, for the blink of an eye.
    """
    if on and widget.parentWidget() is None:
        widget.setAttribute(Qt.WidgetAttribute.WA_WState_ExplicitShowHide, False)
    else:
        widget.setVisible(on)
