"""Finds where a window could draw a string of others as more than letters.

Asks every widget how it would treat its own texts: Qt guesses whether a label, a tool tip or a text
box holds HTML, and takes ``&`` on buttons and menus for a mnemonic.
"""

from __future__ import annotations

import html
from collections.abc import Iterator

from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractListModel,
    QAbstractTableModel,
    QModelIndex,
    Qt,
)
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QComboBox,
    QLabel,
    QMenu,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

SIGNS = ("onerror", "<b>", "LOUD", "<table>", "A&B", "HYPERLINK")
"""Pieces of the hostile strings; where none occurs there is nothing to judge."""
MOST_ROWS = 60


def hostile(text: str) -> bool:
    return any(sign in text for sign in SIGNS)


def rich(root: QWidget) -> tuple[int, list[str]]:
    """How many hostile strings ``root`` shows, and what would be drawn as more than letters."""
    met = 0
    found: list[str] = []
    for widget in (root, *root.findChildren(QWidget)):
        for text, fault in _of(widget):
            if hostile(html.unescape(text)):
                met += 1
                if fault:
                    found.append(f"{type(widget).__name__} {fault}: {text[:80]}")
    return met, found


def _of(widget: QWidget) -> Iterator[tuple[str, str]]:
    """Each text of a widget, with what is wrong about the way it is drawn ("" for nothing)."""
    yield widget.toolTip(), _tip(widget.toolTip())
    yield widget.whatsThis(), _tip(widget.whatsThis())
    # What is painted by hand speaks the same words; nothing makes them more than letters.
    yield widget.accessibleName(), ""
    if isinstance(widget, QLabel):
        plain = widget.textFormat() is Qt.TextFormat.PlainText
        yield widget.text(), "" if plain else "is no plain label"
    elif isinstance(widget, QAbstractButton):
        yield widget.text(), _mnemonic(widget.text())
    elif isinstance(widget, QMenu):
        for action in widget.actions():
            yield action.text(), _mnemonic(action.text())
            yield action.toolTip(), _tip(action.toolTip(), label=action.text())
    elif isinstance(widget, QTextEdit):
        yield widget.toPlainText(), "is a rich text box"
    elif isinstance(widget, QPlainTextEdit):
        yield widget.toPlainText(), ""
    elif isinstance(widget, QComboBox):
        for place in range(widget.count()):
            yield widget.itemText(place), ""
    if isinstance(widget, QAbstractItemView) and widget.model() is not None:
        yield from _cells(widget.model(), QModelIndex())


def _cells(model: QAbstractItemModel, parent: QModelIndex) -> Iterator[tuple[str, str]]:
    for row in range(min(MOST_ROWS, model.rowCount(parent))):
        columns = 1 if isinstance(model, QAbstractListModel) else model.columnCount(parent)
        for column in range(columns):
            index = model.index(row, column, parent)
            yield str(model.data(index, Qt.ItemDataRole.DisplayRole) or ""), ""
            tip = str(model.data(index, Qt.ItemDataRole.ToolTipRole) or "")
            yield tip, _tip(tip)
        first = model.index(row, 0, parent)
        flat = isinstance(model, QAbstractListModel | QAbstractTableModel)
        if not flat and model.hasChildren(first):
            yield from _cells(model, first)


def _tip(text: str, *, label: str = "") -> str:
    """A tip is safe when it is marked as rich by us and its inside is escaped."""
    if not text or (label and text == label.replace("&", "")):
        return ""
    if not text.startswith("<qt>"):
        return "has a tip that Qt guesses about"
    document = QTextDocument()
    document.setHtml(text)
    # Escaped letters come out as they went in; a tag would be gone.
    return "" if "".join(document.toPlainText().split()) == _inside(text) else "has a rich tip"


def _inside(text: str) -> str:
    return "".join(html.unescape(text.removeprefix("<qt>").removesuffix("</qt>")).split())


def _mnemonic(text: str) -> str:
    return "eats an &" if "A&B" in text.replace("&&", "") else ""
