"""What needs the user: a list with a button each, and one quiet line when there is nothing."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from brokerdesk.ui import format as fmt
from brokerdesk.ui.text import PlainLabel, tooltip
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.overview_notices import QUIET, NoticeRow
from brokerdesk.ui.widgets.basics import Paragraph, button
from brokerdesk.ui.widgets.picture import Picture


class NoticeView(QWidget):
    """One notice. A single button stands at the right, several stand beneath.

    Signals:
        acted: the id of the action that was pressed.
    """

    acted = Signal(str)

    def __init__(self, row: NoticeRow) -> None:
        super().__init__()
        self.row = row
        self.setAccessibleName(f"{row.title}. {row.text}")
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, px(7), 0, px(7))
        outer.setSpacing(px(10))
        outer.addWidget(Picture(row.picture, row.tone), 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(0)
        self._title = Paragraph(row.title, "strong", "text")
        self._title.setToolTip(tooltip(row.hint))
        words.addWidget(self._title)
        if row.text:
            words.addWidget(Paragraph(row.text, "small", "text2"))
        outer.addLayout(words, 1)
        buttons = [
            button(
                one.label,
                partial(self.acted.emit, one.id),
                small=True,
                name=self._spoken(one.label),
            )
            for one in row.actions
        ]
        self.buttons = tuple(buttons)
        if len(buttons) == 1:
            outer.addWidget(buttons[0], 0, Qt.AlignmentFlag.AlignTop)
        elif buttons:
            words.addSpacing(px(6))
            line = QHBoxLayout()
            line.setSpacing(px(8))
            for one in buttons:
                line.addWidget(one)
            line.addStretch(1)
            words.addLayout(line)

    def _spoken(self, label: str) -> str:
        return f"{label}: {self.row.title}"


class AttentionPane(QWidget):
    """All notices.

    Signals:
        acted: the id of the action that was pressed.
    """

    acted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.views: list[NoticeView] = []
        self._rows: tuple[NoticeRow, ...] | None = None
        head = QHBoxLayout()
        head.setSpacing(px(8))
        self._title = PlainLabel("Needs attention", "strong")
        self._count = PlainLabel("", "body", "text3", figures=True)
        head.addWidget(self._title)
        head.addWidget(self._count)
        head.addStretch(1)
        self._quiet = Paragraph(QUIET, "small", "text3")
        self._list = QVBoxLayout()
        self._list.setSpacing(0)
        column = QVBoxLayout(self)
        column.setContentsMargins(px(16), px(14), px(16), px(12))
        column.setSpacing(px(4))
        column.addLayout(head)
        column.addWidget(self._quiet)
        column.addLayout(self._list)

    def show_notices(self, rows: tuple[NoticeRow, ...], *, quiet: str = QUIET) -> None:
        """Show these. A notice that stays keeps its widgets, and so the focus."""
        self._quiet.setText(quiet)
        self._quiet.setVisible(not rows)
        if rows == self._rows:
            return
        self._rows = rows
        self._count.setText(fmt.whole(len(rows)) if rows else "")
        kept = {view.row: view for view in self.views}
        views = []
        for row in rows:
            view = kept.pop(row, None)
            if view is None:
                view = NoticeView(row)
                view.acted.connect(self.acted)
            views.append(view)
        for view in self.views:
            self._list.removeWidget(view)
        for view in kept.values():
            view.hide()
            view.deleteLater()
        for view in views:
            self._list.addWidget(view)
            view.show()
        self.views = views

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(px(200), super().minimumSizeHint().height())
