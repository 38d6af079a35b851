"""Combos, number fields and date fields with what the style sheet cannot give them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from PySide6.QtCore import QDate, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QComboBox, QDateEdit, QSpinBox, QWidget

from brokerdesk.ui.plain import tame
from brokerdesk.ui.theme import px, theme

_FRAME = 2
Box = TypeVar("Box", bound=QAbstractSpinBox)


class _Still:
    """A wheel that scrolls the page must not change a value on its way."""

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        if isinstance(self, QWidget) and self.hasFocus():
            super().wheelEvent(event)  # type: ignore[misc]
        else:
            event.ignore()


class _Combo(_Still, QComboBox):
    pass


class _Spin(_Still, QSpinBox):
    pass


class _Date(_Still, QDateEdit):
    pass


def combo(name: str, choices: Sequence[tuple[str, str]], choice: str = "") -> QComboBox:
    """A combo of ``(key, label)``; ``currentData()`` is the key taken."""
    made = _Combo()
    made.setAccessibleName(name)
    made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    for key, label in choices:
        made.addItem(tame(label), key)
    made.setCurrentIndex(max(0, made.findData(choice)))
    return made


def number_box(name: str, least: int, most: int, value: int, *, unit: str = "") -> QSpinBox:
    """A field for a whole number with its unit after it."""
    made = _Spin()
    made.setAccessibleName(name)
    made.setRange(least, most)
    made.setValue(value)
    made.setSuffix(f" {unit}" if unit else "")
    return _dressed(made)


def date_box(name: str, day: QDate) -> QDateEdit:
    """A field for a date, written as everywhere: 14 Aug 2026."""
    made = _Date(day)
    made.setAccessibleName(name)
    made.setDisplayFormat("d MMM yyyy")
    return _dressed(made)


def _dressed(made: Box) -> Box:
    made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    made.setFont(theme().font("body", figures=True))
    # Qt leaves the left padding of spin fields out of their style sheet.
    made.lineEdit().setTextMargins(px(9) - _FRAME, 0, 0, 0)
    return made
