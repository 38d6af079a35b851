"""The order in which Tab goes through the window: as it is read, whatever was built when.

Rows that come and go (movers, connections, allocation) would stand at the end of the toolkit's own
chain; here every press looks at what is on the screen. It must not know what the parts are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QScrollArea, QWidget


def stops(parts: Sequence[QWidget]) -> list[QWidget]:
    """What Tab stops at: part after part, each from top to bottom, panes side by side in turn."""
    return [stop for part in parts if part.isVisible() for stop in _read(part)]


def move(parts: Sequence[QWidget], *, forward: bool) -> bool:
    """Give the focus to the next stop. False: it is in none of the parts, or nothing is."""
    found = stops(parts)
    at = _place(found, QApplication.focusWidget())
    if at is None:
        return False
    target = found[(at + (1 if forward else -1)) % len(found)]
    reason = Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
    target.setFocus(reason)
    _uncover(target)
    return True


def _place(found: Sequence[QWidget], focus: QWidget | None) -> int | None:
    """Where the focus is: a part inside a stop counts as the stop."""
    while focus is not None:
        if focus in found:
            return found.index(focus)
        focus = focus.parentWidget()
    return None


def _read(widget: QWidget) -> Iterator[QWidget]:
    if not widget.isEnabled():
        return
    if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.focusProxy() is None:
        yield widget
    for child in _as_read(widget):
        yield from _read(child)


def _as_read(widget: QWidget) -> list[QWidget]:
    """The children in lines from top to bottom; in a line from where reading begins."""
    children = [
        child
        for child in widget.children()
        if isinstance(child, QWidget) and child.isVisible() and not child.isWindow()
    ]
    children.sort(key=lambda child: child.y())
    lines: list[list[QWidget]] = []
    for child in children:
        # In the line of its predecessor, when its middle is not below the first one's end.
        if lines and child.geometry().center().y() <= lines[-1][0].geometry().bottom():
            lines[-1].append(child)
        else:
            lines.append([child])
    mirrored = widget.layoutDirection() == Qt.LayoutDirection.RightToLeft
    ordered: list[QWidget] = []
    for line in lines:
        ordered += sorted(line, key=lambda child: -child.x() if mirrored else child.x())
    return ordered


def _uncover(widget: QWidget) -> None:
    """Scroll to it: what has the focus is seen."""
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, QScrollArea):
            parent.ensureWidgetVisible(widget)
        parent = parent.parentWidget()
