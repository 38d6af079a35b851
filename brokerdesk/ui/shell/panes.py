"""Where the focus is: F6 through the window's panes, and its place again after a rebuild."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid


class PaneRound:
    """Goes from pane to pane and back to where one was in it."""

    def __init__(self) -> None:
        self._last: dict[QWidget, QWidget] = {}

    def move(self, panes: Sequence[QWidget], step: int) -> QWidget | None:
        """Give the focus to the next pane that can take it; the pane, or None."""
        panes = [pane for pane in panes if pane.isVisible() and _first(pane) is not None]
        if not panes:
            return None
        focus = QApplication.focusWidget()
        at = next((n for n, pane in enumerate(panes) if holds(pane, focus)), None)
        if at is not None and focus is not None:
            self._last[panes[at]] = focus
        place = 0 if at is None else (at + step) % len(panes)
        if at is None and step < 0:
            place = len(panes) - 1
        pane = panes[place]
        target = self._last.get(pane)
        if target is None or not _usable(target) or not holds(pane, target):
            target = _first(pane)
        if target is not None:
            target.setFocus(Qt.FocusReason.ShortcutFocusReason)
        return pane

    def forget(self) -> None:
        """The panes are others now."""
        self._last = {}


def holds(pane: QWidget, widget: QWidget | None) -> bool:
    """Whether ``widget`` is ``pane`` or in it."""
    return widget is not None and (widget is pane or pane.isAncestorOf(widget))


def _usable(widget: QWidget) -> bool:
    return isValid(widget) and widget.isVisible() and widget.isEnabled()


def _first(pane: QWidget) -> QWidget | None:
    """The first widget in the pane that Tab would reach."""
    if pane.focusPolicy() & Qt.FocusPolicy.TabFocus and _usable(pane):
        return pane
    for child in pane.findChildren(QWidget):
        proxied = child.focusProxy()
        if proxied is None and child.focusPolicy() & Qt.FocusPolicy.TabFocus and _usable(child):
            return child
    return None


Place = tuple[type[QWidget], str, int]
"""A widget in words that fit its successor too: its kind, its name, which of several."""


def place_of_focus(window: QWidget) -> Place | None:
    """What in ``window`` has the focus."""
    focus = QApplication.focusWidget()
    if focus is None or focus.window() is not window:
        return None
    kind, name = type(focus), focus.accessibleName()
    same = [one for one in window.findChildren(kind) if one.accessibleName() == name]
    return (kind, name, same.index(focus)) if focus in same else None


def give_focus(window: QWidget, place: Place) -> bool:
    """Give the focus to what is there now. False: nothing is."""
    kind, name, number = place
    same = [one for one in window.findChildren(kind) if one.accessibleName() == name]
    if number >= len(same):
        return False
    same[number].setFocus(Qt.FocusReason.OtherFocusReason)
    return True
