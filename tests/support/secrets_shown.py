"""Everything that a window tells: on the screen, in tips, titles and to screen readers."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QAbstractItemModel, QModelIndex, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QComboBox,
    QLabel,
    QLineEdit,
    QWidget,
)

_ROLES = (
    Qt.ItemDataRole.DisplayRole,
    Qt.ItemDataRole.ToolTipRole,
    Qt.ItemDataRole.AccessibleTextRole,
    Qt.ItemDataRole.AccessibleDescriptionRole,
)


def told(root: QWidget, *, typed: bool = False) -> list[str]:
    """Each text of each widget in ``root``, hidden or not; ``typed``: fields, too."""
    found: list[str] = []
    for widget in (root, *root.findChildren(QWidget)):
        kind = f"{type(widget).__name__} {widget.objectName()}".strip()
        found += [f"{kind}: {text}" for text in _of(widget, typed) if text]
    return found


def _of(widget: QWidget, typed: bool) -> Iterator[str]:
    yield widget.toolTip()
    yield widget.windowTitle()
    yield widget.accessibleName()
    yield widget.accessibleDescription()
    spoken = QAccessible.queryAccessibleInterface(widget)
    if spoken is not None:
        yield spoken.text(QAccessible.Text.Name)
        yield spoken.text(QAccessible.Text.Description)
        if typed or not isinstance(widget, QLineEdit):
            yield spoken.text(QAccessible.Text.Value)
    if isinstance(widget, QLabel | QAbstractButton):
        yield widget.text()
    if isinstance(widget, QLineEdit):
        yield widget.text() if typed else ""
        yield widget.placeholderText()
    if isinstance(widget, QComboBox):
        yield from _cells(widget.model(), QModelIndex())
    if isinstance(widget, QAbstractItemView) and widget.model() is not None:
        yield from _cells(widget.model(), QModelIndex())


def _cells(model: QAbstractItemModel, parent: QModelIndex) -> Iterator[str]:
    for row in range(min(60, model.rowCount(parent))):
        for column in range(max(1, model.columnCount(parent))):
            index = model.index(row, column, parent)
            for role in _ROLES:
                yield str(model.data(index, role) or "")
