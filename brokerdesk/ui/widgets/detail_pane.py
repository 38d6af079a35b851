"""The pane at the side of a list: one record with all its fields, and where it leads.

It shows fields and words that it is given and knows no record.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from brokerdesk.ui.plain import tame
from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.detail import Detail, Section
from brokerdesk.ui.viewmodels.state import Action
from brokerdesk.ui.widgets.basics import Hairline
from brokerdesk.ui.widgets.buttons import button, icon_button
from brokerdesk.ui.widgets.elided import ElidedLabel
from brokerdesk.ui.widgets.empty import EmptyState
from brokerdesk.ui.widgets.field_grid import field_grid
from brokerdesk.ui.widgets.figures import SecretLabel
from brokerdesk.ui.widgets.paragraph import Paragraph
from brokerdesk.ui.widgets.showing import set_shown

WIDTH, LEAST = 350, 290
SIDE = 16
LABEL = 112


class DetailPane(QFrame):
    """The pane.

    Signals:
        closed: the user closed it.
        acted: the id of the action whose button was pressed.
    """

    closed = Signal()
    acted = Signal(str)

    def __init__(self, name: str, picture: str, nothing: str) -> None:
        super().__init__()
        self.setProperty("role", "sheet")
        self.setAccessibleName(name)
        self.setMinimumWidth(px(LEAST))
        self._picture, self._nothing = picture, nothing
        self.detail: Detail | None = None
        self._build_ui(name)
        self.show_detail(None)
        privacy().changed.connect(self._anew)

    def _build_ui(self, name: str) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        top = QHBoxLayout()
        top.setContentsMargins(px(SIDE), px(10), px(10), 0)
        self._title = ElidedLabel("", "symbol")
        top.addWidget(self._title, 1)
        words = f"Close {name[:1].lower()}{name[1:]}"
        self.close_button = icon_button("cross", words, words, self.closed.emit, "Ctrl+I")
        top.addWidget(self.close_button)
        column.addLayout(top)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setAccessibleName("Fields")
        inner = QWidget()
        inner.setProperty("role", "sheet")
        self._column = QVBoxLayout(inner)
        self._column.setContentsMargins(0, 0, 0, px(12))
        self._column.setSpacing(0)
        self._area.setWidget(inner)
        column.addWidget(self._area, 1)
        self._empty = EmptyState(self._picture, self._nothing)
        column.addWidget(self._empty, 1)

    # state

    def show_detail(self, detail: Detail | None) -> None:
        """Show a record, or that none is chosen. The same one again changes nothing."""
        if detail is not None and detail == self.detail:
            return
        self.detail = detail
        self._title.show_text(detail.title if detail is not None else "")
        set_shown(self._area, detail is not None)
        set_shown(self._empty, detail is None)
        self._clear()
        if detail is not None:
            self._fill(detail)

    def _anew(self) -> None:
        detail, self.detail = self.detail, None
        if detail is not None:
            self.show_detail(detail)

    def _clear(self) -> None:
        while (item := self._column.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()

    def _fill(self, detail: Detail) -> None:
        self._column.addWidget(self._head(detail))
        for section in detail.sections:
            self._column.addWidget(Hairline())
            self._column.addWidget(self._section(section))
        if detail.actions:
            self._column.addWidget(Hairline())
            self._column.addWidget(self._ways(detail.actions))
        self._column.addStretch(1)

    def _head(self, detail: Detail) -> QWidget:
        box, column = _box(px(2), px(12))
        if detail.figure:
            figure = SecretLabel("", "figure")
            figure.set_tone(detail.figure_tone)
            figure.show_value(detail.figure, secret=detail.figure_secret)
            column.addWidget(figure)
        if detail.caption:
            column.addWidget(ElidedLabel(detail.caption, "small", "text3"))
        if detail.words:
            column.addSpacing(px(6))
            column.addWidget(Paragraph(tame(detail.words), "body", detail.words_tone))
        return box

    def _section(self, section: Section) -> QWidget:
        box, column = _box(px(10), px(10))
        if section.title:
            column.addWidget(PlainLabel(tame(section.title), "strong"))
            column.addSpacing(px(6))
        column.addLayout(field_grid(section.fields, label=LABEL, across=12, down=6))
        return box

    def _ways(self, actions: Sequence[Action]) -> QWidget:
        box, column = _box(px(12), 0)
        row = QHBoxLayout()
        row.setSpacing(px(8))
        for action in actions:
            row.addWidget(button(action.label, partial(self.acted.emit, action.id), small=True))
        row.addStretch(1)
        column.addLayout(row)
        return box


def _box(top: int, bottom: int) -> tuple[QWidget, QVBoxLayout]:
    box = QWidget()
    column = QVBoxLayout(box)
    column.setContentsMargins(px(SIDE), top, px(SIDE), bottom)
    column.setSpacing(0)
    return box, column
