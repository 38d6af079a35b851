"""Names at the left, what stands in them beside: the fields of one record, in any pane."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from brokerdesk.ui.plain import tame
from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.text import PlainLabel, tooltip
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.detail import Field
from brokerdesk.ui.widgets.paragraph import Paragraph


def field_grid(fields: Sequence[Field], *, label: int, across: int, down: int) -> QGridLayout:
    """A line each; ``label`` is the width of the names, ``across`` and ``down`` are the gaps."""
    grid = QGridLayout()
    grid.setHorizontalSpacing(px(across))
    grid.setVerticalSpacing(px(down))
    grid.setColumnStretch(1, 1)
    for place, field in enumerate(fields):
        words = tame(field.label)
        name = PlainLabel(words, "body", "text2")
        name.setFixedWidth(px(label))
        name.setToolTip(tooltip(words))
        grid.addWidget(name, place, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(_value(field), place, 1)
    return grid


def _value(field: Field) -> QWidget:
    text = tame(field.text)
    shown = privacy().hide(text) if field.secret else text
    made = Paragraph(shown, "body", field.tone)
    spoken = privacy().speak(text) if field.secret else text
    made.setAccessibleName(f"{tame(field.label)}, {spoken}")
    return made
