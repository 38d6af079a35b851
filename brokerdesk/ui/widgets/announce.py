"""What screen readers are told at once, without the focus moving."""

from __future__ import annotations

from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QAccessibleEvent
from PySide6.QtWidgets import QWidget


def alert(widget: QWidget, words: str) -> None:
    """Tell that ``widget`` appeared and read ``words`` out."""
    if not QAccessible.isActive():
        return
    QAccessible.updateAccessibility(QAccessibleEvent(widget, QAccessible.Event.Alert))
    announce(widget, words)


def announce(widget: QWidget, words: str) -> None:
    """Read ``words`` out when the reader has time for it."""
    if QAccessible.isActive():
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(widget, words))
