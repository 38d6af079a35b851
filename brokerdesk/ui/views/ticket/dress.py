"""Small changes to parts of the kit, as the fields of a ticket need them."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from brokerdesk.ui.text import tooltip
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.viewmodels.ticket_state import Option
from brokerdesk.ui.widgets.field_row import FieldRow
from brokerdesk.ui.widgets.segments import Segments


def wide(segments: Segments) -> None:
    segments.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)


def dim(segments: Segments, options: Iterable[Option]) -> None:
    """Dim what cannot be taken, each with its own reason."""
    off = {one.key: one.why for one in options if one.why}
    segments.set_unavailable(off, next(iter(off.values()), ""))
    for key, why in off.items():
        piece = segments.piece(key)
        piece.setToolTip(tooltip(why))
        piece.setAccessibleDescription(why)


def mark(field: QWidget, problem: str) -> None:
    value = "true" if problem else "false"
    if field.property("problem") != value:
        field.setProperty("problem", value)
        field.style().unpolish(field)
        field.style().polish(field)
    field.setAccessibleDescription(problem)


def put_beside(row: FieldRow, editor: QWidget, other: QWidget) -> None:
    """Another control at the right of a row's field."""
    column = row.layout()
    assert isinstance(column, QVBoxLayout)
    at = column.indexOf(editor)
    column.removeWidget(editor)
    line = QHBoxLayout()
    line.setContentsMargins(0, 0, 0, 0)
    line.setSpacing(px(8))
    line.addWidget(editor, 1)
    line.addWidget(other)
    column.insertLayout(at, line)


def split_note(first: str, second: str, room: int) -> tuple[str, str]:
    """Two remarks side by side above a field, as far as there is room; what is too long goes below
    it, where it wraps: a figure is never cut.
    """
    metrics = QFontMetricsF(theme().font("small"))
    whole = " · ".join(part for part in (first, second) if part)
    if metrics.horizontalAdvance(whole) <= room:
        return whole, ""
    if metrics.horizontalAdvance(first) <= room:
        return first, second
    return "", whole
