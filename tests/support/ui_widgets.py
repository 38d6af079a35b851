"""What the window's tests ask of widgets: what is written on them and what they are called."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QScrollArea, QWidget

from brokerdesk.ui.widgets.basics import Paragraph


def shown_text(root: QWidget) -> str:
    """Everything that is written on visible labels, paragraphs and buttons."""
    QCoreApplication.processEvents()  # what was added to a layout is shown by an event
    texts = []
    for widget in root.findChildren(QWidget):
        if widget.isVisibleTo(root) and isinstance(widget, QLabel | Paragraph | QAbstractButton):
            texts.append(widget.text())
    return "\n".join(texts)


def unnamed(root: QWidget) -> list[str]:
    """Controls that take the focus and would be read out without a name."""
    QCoreApplication.processEvents()
    found = []
    for widget in root.findChildren(QWidget):
        if widget.focusPolicy() == Qt.FocusPolicy.NoFocus or not widget.isVisibleTo(root):
            continue
        if widget.objectName().startswith("qt_") or isinstance(widget, QScrollArea | QLabel):
            continue  # a label is read out by its text
        is_clear = isinstance(widget.parent(), QLineEdit)
        if not widget.accessibleName() and not is_clear:
            found.append(f"{type(widget).__name__} {widget.objectName()}".strip())
    return found


def clipped(root: QWidget) -> list[str]:
    """Wrapped texts that are given less height than their lines need."""
    QCoreApplication.processEvents()
    return [
        widget.text()
        for widget in root.findChildren(QWidget)
        if isinstance(widget, QLabel | Paragraph)
        and widget.isVisible()
        and widget.hasHeightForWidth()
        and widget.height() < widget.heightForWidth(widget.width())
    ]


def press(root: QWidget, words: str) -> QAbstractButton:
    """Click the one visible button that is called so."""
    QCoreApplication.processEvents()
    window = root.window()
    (button,) = [
        each
        for each in window.findChildren(QAbstractButton)
        if each.isVisibleTo(window) and words in (each.accessibleName(), each.text())
    ]
    button.click()
    return button
