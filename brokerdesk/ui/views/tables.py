"""The accounts and positions panes: a title, a filter, a table and the words when it is empty."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QStackedLayout, QVBoxLayout, QWidget

from brokerdesk.ui import format as fmt
from brokerdesk.ui.models.tree_rows import TreeRows
from brokerdesk.ui.text import PlainLabel, plain_label
from brokerdesk.ui.theme import theme
from brokerdesk.ui.widgets.basics import Hairline, Paragraph, button
from brokerdesk.ui.widgets.icons import icon
from brokerdesk.ui.widgets.table import Table

FILTER_PAUSE_MS = 60


class Pane(QFrame):
    """One table with its title.

    Signals:
        said: a short sentence for the status bar.
    """

    said = Signal(str)

    def __init__(
        self,
        title: str,
        model: TreeRows[Any],
        summary: Callable[[int], str],
        *,
        nothing: str,
        filter_name: str = "",
        foot: str = "",
    ) -> None:
        super().__init__()
        self._model, self._summary, self._nothing = model, summary, nothing
        self._filter: QLineEdit | None = None
        self._rows: tuple[Any, ...] | None = None
        self.single_currency = ""
        self._build_ui(title, filter_name, foot)
        self._connect()

    @property
    def table(self) -> Table:
        return self._table

    def _build_ui(self, title: str, filter_name: str, foot: str) -> None:
        self.setProperty("role", "sheet")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        head = QWidget()
        head.setFixedHeight(theme().tokens.bar["pane"])
        row = QHBoxLayout(head)
        row.setContentsMargins(16, 0, 16, 0)
        row.setSpacing(10)
        row.addWidget(PlainLabel(title, "pane"))
        self._count = plain_label("", "small", "text3")
        row.addWidget(self._count)
        row.addStretch(1)
        if filter_name:
            self._filter = self._make_filter(filter_name)
            row.addWidget(self._filter)
        column.addWidget(head)
        column.addWidget(Hairline())
        body = QWidget()
        self._stack = QStackedLayout(body)
        self._table = Table(self._model, title)
        self._stack.addWidget(self._table)
        self._stack.addWidget(self._build_empty())
        column.addWidget(body, 1)
        self._foot = Paragraph(foot, "small", "text3")
        self._foot.setContentsMargins(16, 6, 16, 8)
        foot_row = QHBoxLayout()
        foot_row.setContentsMargins(16, 6, 16, 8)
        foot_row.addWidget(self._foot)
        self._foot_holder = QWidget()
        self._foot_holder.setLayout(foot_row)
        self._foot_holder.setVisible(False)
        column.addWidget(self._foot_holder)

    def _make_filter(self, name: str) -> QLineEdit:
        field = QLineEdit()
        field.setPlaceholderText("Filter (Ctrl+F)")
        field.setAccessibleName(name)
        field.setClearButtonEnabled(True)
        field.setMaxLength(100)
        field.setFixedWidth(236)
        self._funnel = QAction("", field)
        field.addAction(self._funnel, QLineEdit.ActionPosition.LeadingPosition)
        self._dress()
        theme().changed.connect(self._dress)
        return field

    def _dress(self) -> None:
        self._funnel.setIcon(icon("filter", "text3"))

    def _build_empty(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(16, 20, 16, 20)
        column.setSpacing(4)
        self._empty_title = PlainLabel("", "body", "text", weight=600)
        self._empty_text = plain_label("", "body", "text2")
        self._clear = button("Clear filter", self.clear_filter, small=True)
        for part in (self._empty_title, self._empty_text, self._clear):
            column.addWidget(part)
        column.addStretch(1)
        return page

    def _connect(self) -> None:
        self._table.copied.connect(lambda n: self.said.emit(f"Copied {fmt.count(n, 'row')}."))
        if self._filter is not None:
            self._pause = QTimer(self)
            self._pause.setSingleShot(True)
            self._pause.setInterval(FILTER_PAUSE_MS)
            self._pause.timeout.connect(self.apply_filter)
            self._filter.textChanged.connect(lambda _text: self._pause.start())

    def show_rows(self, rows: tuple[Any, ...], now: datetime) -> None:
        """Show these rows; the same tuple again only lets the ages go on."""
        if rows is self._rows:
            self._model.set_now(now)
            self._table.viewport().update()
        else:
            self._rows = rows
            self._model.set_rows(rows, now)

    # intents

    def focus_filter(self) -> None:
        """Put the caret into the filter."""
        if self._filter is not None:
            self._filter.setFocus()
            self._filter.selectAll()

    def clear_filter(self) -> None:
        if self._filter is not None:
            self._filter.clear()
            self.apply_filter()
            self._table.setFocus()

    def apply_filter(self) -> None:
        """Filter by what is typed, now."""
        if self._filter is not None:
            self._pause.stop()
            self._model.set_filter(self._filter.text())
        self.refresh_words()

    # state

    def refresh_words(self) -> None:
        """Bring title, empty words and foot in line with the model."""
        shown, hidden = self._model.shown, self._model.hidden
        summary = self._summary(shown + hidden)
        if self.single_currency:
            summary += f" · amounts in {self.single_currency}"
        self._count.setText(summary)
        typed = self._filter.text() if self._filter is not None else ""
        self._stack.setCurrentIndex(0 if shown else 1)
        self._clear.setVisible(bool(hidden))
        if hidden:
            self._empty_title.setText(f"Nothing matches “{typed}”.")
            said = fmt.count(hidden, "row is", "rows are")
            self._empty_text.setText(f"{said} hidden by the filter.")
        else:
            title, _, text = self._nothing.partition("\n")
            self._empty_title.setText(title)
            self._empty_text.setText(text)

    def set_foot(self, shown: bool) -> None:
        self._foot_holder.setVisible(shown and bool(self._foot.text()))
