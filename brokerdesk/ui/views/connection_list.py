"""The list of connections: mark, words, age, progress, and the way back in when a login ended."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from brokerdesk.ui import format as fmt
from brokerdesk.ui.text import PlainLabel, plain_label, tame, tooltip
from brokerdesk.ui.viewmodels.state import ConnectionRow, Mark, WindowState
from brokerdesk.ui.widgets.basics import MarkDot, Paragraph, button
from brokerdesk.ui.widgets.painted import ProgressLine, Tag

RAIL_WIDTH = 236


class _ConnectionItem(QWidget):
    """One connection."""

    def __init__(self, sign_in: Callable[[str], object]) -> None:
        super().__init__()
        self._key = ""
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 8, 12, 8)
        column.setSpacing(2)
        head = QHBoxLayout()
        head.setSpacing(8)
        self._mark = MarkDot()
        self._title = PlainLabel("", "body", "text", weight=500)
        head.addWidget(self._mark)
        head.addWidget(self._title, 1)
        self._tag_place = head
        self._tag: Tag | None = None
        column.addLayout(head)
        inner = QVBoxLayout()
        inner.setContentsMargins(17, 0, 0, 0)
        inner.setSpacing(3)
        self._words = Paragraph("", "small", "text2")
        self._age = plain_label("", "small", "text3")
        self._lasts = plain_label("", "small", "text3")
        self._progress = ProgressLine(4, track="inset")
        self._again = button(
            "Sign in again", lambda: sign_in(self._key), small=True, hint="Opens the sign-in"
        )
        for part in (self._words, self._age, self._lasts, self._progress, self._again):
            inner.addWidget(part)
        column.addLayout(inner)

    def show_state(self, row: ConnectionRow, state: WindowState) -> None:
        assert state.now is not None
        self._key = row.key
        title = tame(row.title)
        self._mark.set_mark(row.mark)
        metrics = self._title.fontMetrics()
        room = RAIL_WIDTH - 60 - (70 if row.environment != "live" else 0)
        self._title.setText(metrics.elidedText(title, Qt.TextElideMode.ElideRight, room))
        self._title.setToolTip(tooltip(title))
        if self._tag is None and row.environment != "live":
            self._tag = Tag(row.environment.upper(), row.environment)
            self._tag_place.addWidget(self._tag)
        self._words.setText(tame(row.words))
        self._words.setVisible(bool(row.words))
        loud = row.mark in (Mark.SIGN_IN, Mark.FAILED)
        self._words.set_tone("loss" if loud else "warn" if row.mark is Mark.SUSPECT else "text2")
        self._age.setText(self._age_words(row, state))
        self._lasts.setText(self._lasts_words(row, state))
        self._lasts.setVisible(bool(self._lasts.text()))
        self._progress.set_share(row.progress)
        self._progress.setVisible(row.progress is not None)
        self._again.setVisible(row.needs_sign_in)
        self._again.setEnabled(state.ready and not state.offline)
        self._again.setAccessibleName(f"Sign in again: {title}")
        self.setAccessibleName(f"{title}, {row.words}, {self._age.text()}")

    @staticmethod
    def _age_words(row: ConnectionRow, state: WindowState) -> str:
        assert state.now is not None
        if row.last_success is None:
            return "Not read yet"
        return f"Read {fmt.age(row.last_success, state.now, short=True)}"

    @staticmethod
    def _lasts_words(row: ConnectionRow, state: WindowState) -> str:
        assert state.now is not None
        if row.sign_in_ends is None or row.needs_sign_in:
            return ""
        left = row.sign_in_ends - state.now
        return f"Sign-in lasts {fmt.duration(left)}" if left.total_seconds() > 0 else ""


class ConnectionList(QFrame):
    """The rail at the left."""

    def __init__(self, sign_in: Callable[[str], object], connect: Callable[[], object]) -> None:
        super().__init__()
        self._sign_in = sign_in
        self._items: list[_ConnectionItem] = []
        self._build_ui(connect)

    def _build_ui(self, connect: Callable[[], object]) -> None:
        self.setProperty("role", "rail")
        self.setAccessibleName("Connections")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 12, 0, 8)
        outer.setSpacing(4)
        head = QHBoxLayout()
        head.setContentsMargins(16, 0, 12, 0)
        head.addWidget(PlainLabel("Connections", "small", "text3", weight=500))
        head.addStretch(1)
        self._count = plain_label("", "small", "text3")
        head.addWidget(self._count)
        outer.addLayout(head)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inner = QWidget()
        inner.setProperty("role", "rail")
        self._column = QVBoxLayout(inner)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addStretch(1)
        scroll.setWidget(inner)
        outer.addWidget(scroll, 1)
        self._none = plain_label("None yet.", "small", "text3")
        self._none.setContentsMargins(16, 0, 0, 0)
        outer.insertWidget(1, self._none)

    def show_state(self, state: WindowState) -> None:
        """Show this state."""
        rows = state.figures.connections
        while len(self._items) > len(rows):
            item = self._items.pop()
            self._column.removeWidget(item)
            item.hide()
            item.deleteLater()
        while len(self._items) < len(rows):
            item = _ConnectionItem(self._sign_in)
            self._items.append(item)
            self._column.insertWidget(self._column.count() - 1, item)
        for item, row in zip(self._items, rows, strict=True):
            item.show_state(row, state)
        self._none.setVisible(not rows)
        live = sum(row.mark is Mark.LIVE for row in rows)
        self._count.setText(f"{live} of {len(rows)} up to date" if rows else "")
