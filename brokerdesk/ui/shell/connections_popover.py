"""What the as-of pill opens: every connection, how old its figures are, the way back in."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from brokerdesk.ui import format as fmt
from brokerdesk.ui.plain import tame, tooltip
from brokerdesk.ui.shell.scroll import PopoverScroll
from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.desk import Desk
from brokerdesk.ui.viewmodels.state import MARK_WORDS, AccountRow, ConnectionRow, Mark, WindowState
from brokerdesk.ui.widgets.basics import Hairline, MarkDot, button

WIDTH, MOST_HIGH, NAME = 400, 420, 230


class _Connection(QWidget):
    """One connection in two lines."""

    def __init__(self, row: ConnectionRow, desk: Desk) -> None:
        super().__init__()
        self._mark = MarkDot()
        self._title = PlainLabel("", "body", "text", weight=500)
        self._age = PlainLabel("", "small", "text3", figures=True)
        self._words = PlainLabel("", "small", "text2")
        title = tame(row.title)
        self._sign_in: QPushButton | None = None
        lines = QVBoxLayout()
        lines.setSpacing(0)
        first = QHBoxLayout()
        first.addWidget(self._title)
        first.addStretch(1)
        first.addWidget(self._age)
        lines.addLayout(first)
        lines.addWidget(self._words)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(px(14), px(6), px(12), px(6))
        whole.setSpacing(px(10))
        whole.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        whole.addLayout(lines, 1)
        if row.needs_sign_in:
            whole.addWidget(
                button(
                    "Sign in", partial(desk.wish, f"sign_in:{row.key}"), small=True,
                    name=f"Sign in: {title}",
                )
            )  # fmt: skip

    def show_state(self, row: ConnectionRow, state: WindowState) -> None:
        assert state.now is not None
        title = tame(row.title)
        metrics = self._title.fontMetrics()
        elided = metrics.elidedText(title, Qt.TextElideMode.ElideRight, px(NAME))
        self._title.setText(elided)
        self._title.setToolTip(tooltip(title if elided != title else ""))
        self._mark.set_mark(row.mark)
        self._age.setText(_age(row, state))
        words = times_words(row, state)
        shown = self._words.fontMetrics().elidedText(
            words, Qt.TextElideMode.ElideRight, px(WIDTH - (150 if row.needs_sign_in else 60))
        )
        self._words.setText(shown)
        self._words.setToolTip(tooltip(words))
        loud = row.mark in (Mark.SIGN_IN, Mark.FAILED)
        self._words.set_tone("loss" if loud else "warn" if row.mark is Mark.SUSPECT else "text2")
        self.setAccessibleName(f"{title}, {words}, {self._age.text()}")


def _age(row: ConnectionRow, state: WindowState) -> str:
    assert state.now is not None
    if row.progress is not None:
        return f"reading, {int(row.progress * 100)}%"
    return fmt.age(row.last_success, state.now, short=True) if row.last_success else "not read yet"


def times_words(row: ConnectionRow, state: WindowState) -> str:
    """Its state, and when its figures were fetched and priced."""
    words = tame(row.words) or MARK_WORDS[row.mark].capitalize()
    own = [one for one in state.figures.accounts if one.connection == row.key]
    fetched = _newest(own, "fetched_at")
    priced = _newest(own, "as_of")
    parts = [words.rstrip(".")]
    if fetched:
        parts.append(f"fetched {fetched}")
    if priced:
        parts.append(f"priced {priced}")
    return " · ".join(parts)


def _newest(rows: list[AccountRow], name: str) -> str:
    times = [at for row in rows if (at := getattr(row, name)) is not None]
    return fmt.time_of_day(max(times)) if times else ""


class ConnectionsPanel(QWidget):
    """The inside of the popover. It follows the desk while it is open."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._rows: dict[str, _Connection] = {}
        self._shape: tuple[tuple[str, bool], ...] = ()
        self.setFixedWidth(px(WIDTH))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, px(10), 0, px(8))
        column.setSpacing(px(4))
        heading = PlainLabel("When each connection was read", "body", "text", weight=600)
        heading.setContentsMargins(px(14), 0, 0, px(2))
        column.addWidget(heading)
        self._scroll = PopoverScroll(MOST_HIGH)
        column.addWidget(self._scroll)
        column.addWidget(Hairline())
        foot = QHBoxLayout()
        foot.setContentsMargins(px(8), px(2), px(8), 0)
        foot.addWidget(button("Open Connections", partial(desk.go, "connections"), kind="link"))
        foot.addStretch(1)
        column.addLayout(foot)
        desk.changed.connect(self._render)
        self._render()

    def _render(self) -> None:
        state = self._desk.state
        rows = state.figures.connections
        shape = tuple((row.key, row.needs_sign_in) for row in rows)
        if shape != self._shape or not self._rows:
            self._shape = shape
            self._rebuild(rows)
        for row in rows:
            self._rows[row.key].show_state(row, state)

    def _rebuild(self, rows: tuple[ConnectionRow, ...]) -> None:
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._rows = {row.key: _Connection(row, self._desk) for row in rows}
        for made in self._rows.values():
            column.addWidget(made)
        if not rows:
            none = PlainLabel("No connections yet.", "body", "text3")
            none.setContentsMargins(px(14), px(4), 0, px(4))
            column.addWidget(none)
        column.addStretch(1)
        self._scroll.hold(inner)
