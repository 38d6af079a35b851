"""The institutions of a sign-in with their buttons, and what the broker allows at this moment."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from brokerdesk.ui.text import PlainLabel, tooltip
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.connection_limits import LimitLine
from brokerdesk.ui.viewmodels.connection_links import LinkRow, ReachState, ReachViewModel
from brokerdesk.ui.widgets.basics import MarkDot, Paragraph, button
from brokerdesk.ui.widgets.flow import FlowLayout

LABEL = 148


class LimitsBox(QWidget):
    """A line for each limit. Labels are made once and filled anew: they change by the second."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(px(12))
        self._grid.setVerticalSpacing(px(5))
        self._grid.setColumnMinimumWidth(0, px(LABEL))
        self._grid.setColumnStretch(1, 1)
        self._made: list[tuple[PlainLabel, Paragraph]] = []

    def show_lines(self, lines: tuple[LimitLine, ...]) -> None:
        """Show these."""
        for place, line in enumerate(lines):
            if place == len(self._made):
                label, text = PlainLabel("", "body", "text3"), Paragraph("", "body", "text")
                label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
                self._grid.addWidget(label, place, 0, Qt.AlignmentFlag.AlignTop)
                self._grid.addWidget(text, place, 1)
                self._made.append((label, text))
            label, text = self._made[place]
            shown = label.fontMetrics().elidedText(
                line.label, Qt.TextElideMode.ElideRight, px(LABEL)
            )
            label.setText(shown)
            label.setToolTip(tooltip(line.label if shown != line.label else ""))
            text.setText(line.text)
            text.set_tone(line.tone)
            text.setAccessibleName(f"{line.label}: {line.text}")
        for place, pair in enumerate(self._made):
            for each in pair:
                each.setVisible(place < len(lines))


class LinksBox(QWidget):
    """Each institution with what may be done; listed when somebody asks."""

    def __init__(self, model: ReachViewModel) -> None:
        super().__init__()
        self._vm = model
        self._rows: tuple[LinkRow, ...] | None = None
        self._able: bool | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self.list_them = button("List institutions", model.list_links, small=True)
        line = QHBoxLayout()
        line.addWidget(self.list_them)
        line.addStretch(1)
        self._column.addLayout(line)
        self._problem = Paragraph("", "small", "loss")
        self._column.addWidget(self._problem)
        self._holder = QWidget()
        self._list = QVBoxLayout(self._holder)
        self._list.setContentsMargins(0, px(6), 0, 0)
        self._list.setSpacing(0)
        self._column.addWidget(self._holder)
        self.views: list[LinkView] = []

    def show_state(self, state: ReachState, *, can_act: bool) -> None:
        """Show these institutions."""
        words = "List again" if state.links is not None else "List institutions"
        self.list_them.setText("Listing…" if state.listing else words)
        self.list_them.setAccessibleName(self.list_them.text())
        self.list_them.setEnabled(can_act and not state.listing)
        self._problem.setText(state.problem)
        self._problem.setVisible(bool(state.problem))
        if (state.links, can_act) == (self._rows, self._able):
            return
        self._rows, self._able = state.links, can_act
        while (item := self._list.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self.views = [LinkView(row, self._vm, can_act=can_act) for row in state.links or ()]
        for view in self.views:
            self._list.addWidget(view)
        if state.links == ():
            self._list.addWidget(PlainLabel("No institution is connected.", "body", "text2"))
        self._holder.setVisible(state.links is not None)


class LinkView(QWidget):
    """One institution."""

    def __init__(self, row: LinkRow, model: ReachViewModel, *, can_act: bool) -> None:
        super().__init__()
        self.row = row
        self.setAccessibleName(row.spoken)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, px(6), 0, px(8))
        column.setSpacing(px(2))
        head = QHBoxLayout()
        head.setSpacing(px(8))
        dot = MarkDot()
        dot.set_mark(row.mark)
        head.addWidget(dot)
        title = Paragraph(row.title, "body", "text")
        head.addWidget(title, 1)
        column.addLayout(head)
        column.addWidget(Paragraph(row.text, "small", row.tone))
        self.repair = button("Sign in again", model.repair, kind="primary", small=True)
        self.anew = button("Read anew…", partial(model.ask_anew, row.key), small=True)
        self.remove = button(
            "Remove…", partial(model.ask_removal, row.key), kind="ghost", small=True
        )
        line = FlowLayout(px(8))
        for each, shown in (
            (self.repair, row.broken),
            (self.anew, not row.broken),
            (self.remove, row.removable),
        ):
            each.setAccessibleName(f"{each.text()} {row.title}")
            each.setEnabled(can_act)
            each.setVisible(shown)
            if shown:
                line.addWidget(each)
            else:
                each.setParent(self)
        column.addSpacing(px(4))
        column.addLayout(line)
