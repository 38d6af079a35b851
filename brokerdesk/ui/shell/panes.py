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
        # Qt knows where the focus was in the pane, however it left.
        known = (pane.focusWidget(), self._last.get(pane))
        usable = (one for one in known if one and _usable(one) and holds(pane, one))
        target = next(usable, None) or _first(pane)
        if target is not None:
            target.setFocus(Qt.FocusReason.ShortcutFocusReason)
        return pane

    def enter(self, pane: QWidget) -> None:
        """Give the focus to the first thing in a pane, of a window that may not be seen yet."""
        target = _first(pane, shown_in=pane)
        if target is not None:
            target.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def forget(self) -> None:
        """The panes are others now."""
        self._last = {}


def holds(pane: QWidget, widget: QWidget | None) -> bool:
    """Whether ``widget`` is ``pane`` or in it."""
    return widget is not None and (widget is pane or pane.isAncestorOf(widget))


def _usable(widget: QWidget, shown_in: QWidget | None = None) -> bool:
    if not isValid(widget) or not widget.isEnabled():
        return False
    return widget.isVisible() if shown_in is None else widget.isVisibleTo(shown_in)


def _first(pane: QWidget, shown_in: QWidget | None = None) -> QWidget | None:
    """The first widget in the pane that Tab would reach (or would, were ``shown_in`` seen)."""
    tabs = Qt.FocusPolicy.TabFocus
    if pane.focusPolicy() & tabs and _usable(pane, shown_in):
        return pane
    for child in pane.findChildren(QWidget):
        if child.focusProxy() is None and child.focusPolicy() & tabs and _usable(child, shown_in):
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
