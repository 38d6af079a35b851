"""A pane around one table: title and count, filter, tools, totals, foot, and words when empty.

It knows how a table is told and asked; what its rows are is the model's, who writes files is told
to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QByteArray, QEvent, QObject, QSettings, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QStackedLayout, QVBoxLayout, QWidget

from brokerdesk.ui import format as fmt
from brokerdesk.ui.models.tree_rows import TreeRows
from brokerdesk.ui.plain import tame
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.viewmodels.state import Action
from brokerdesk.ui.widgets.basics import Hairline
from brokerdesk.ui.widgets.buttons import button
from brokerdesk.ui.widgets.empty import EmptyState
from brokerdesk.ui.widgets.loading import LoadingRows
from brokerdesk.ui.widgets.paragraph import Paragraph
from brokerdesk.ui.widgets.search_field import SearchField
from brokerdesk.ui.widgets.table import Table
from brokerdesk.ui.widgets.table_head import TableHead
from brokerdesk.ui.widgets.table_menu import columns_menu
from brokerdesk.ui.widgets.table_save import Exporter, ask_where, taken
from brokerdesk.ui.widgets.table_totals import TotalsRow, has_totals

if TYPE_CHECKING:
    from brokerdesk.ui.models.ahead import Made

FILTER_PAUSE_MS = 60
_CLEAR = "clear-filter"
_LOADING = 8
_LEAST_LIST = 96
"""The head and two rows: what stands below a list gives way to them."""
_Words = tuple[str, str, str, tuple[Action, ...]]


class TablePane(QFrame):
    """One table with its title.

    ``nothing`` is what an empty table says: its first line bold, the rest below. ``noun`` names
    the rows that a filter hides. Under ``memory_key`` the columns are remembered.

    Signals:
        said: a short sentence for the status bar.
        acted: the id of the action that the empty table offers.
    """

    said = Signal(str)
    acted = Signal(str)

    def __init__(
        self,
        title: str,
        model: TreeRows[Any],
        summary: Callable[[int], str],
        *,
        nothing: str,
        filter_name: str = "",
        foot: str = "",
        noun: tuple[str, str] = ("row", "rows"),
        picture: str = "positions",
        actions: tuple[Action, ...] = (),
        columns_button: bool = False,
        memory_key: str = "",
        export: Exporter | None = None,
    ) -> None:
        super().__init__()
        self._model, self._summary, self._nothing = model, summary, nothing
        self._title, self._noun, self._picture, self._actions = title, noun, picture, actions
        self._exporter = export
        self._rows: Iterable[Any] | None = None
        self._loading = False
        self._said_empty: _Words | None = None
        self.memory_key = memory_key
        self.single_currency = ""
        self._table = Table(model, title)
        self._table.can_export = export is not None
        self._filter = self._make_filter(filter_name) if filter_name else None
        self._build_ui(columns_button, foot)
        self._connect()
        self.refresh_words()

    @property
    def table(self) -> Table:
        return self._table

    @property
    def filter_field(self) -> SearchField | None:
        return self._filter

    # building

    def _build_ui(self, columns_button: bool, foot: str) -> None:
        self.setProperty("role", "sheet")
        self.setAccessibleName(self._title)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._build_head(columns_button))
        column.addWidget(Hairline())
        body = QWidget()
        self._stack = QStackedLayout(body)
        self._stack.addWidget(self._table)
        self._empty = EmptyState(self._picture, "")
        self._empty.acted.connect(self._on_act)
        self._stack.addWidget(self._empty)
        waiting = QWidget()
        rows = QVBoxLayout(waiting)
        rows.setContentsMargins(0, px(theme().tokens.row["header"]), 0, 0)
        rows.addWidget(LoadingRows(_LOADING, theme().row_height))
        rows.addStretch(1)
        self._stack.addWidget(waiting)
        body.setMinimumHeight(px(_LEAST_LIST))
        column.addWidget(body, 1)
        self._totals = TotalsRow(self._table) if has_totals(self._model) else None
        if self._totals is not None:
            column.addWidget(self._totals)
        column.addWidget(self._build_foot(foot))

    def _build_head(self, columns_button: bool) -> QWidget:
        self._head = TableHead(self._title, self._filter)
        self._count = self._head.count
        if columns_button:
            self._columns = button(
                "Columns", self.open_columns, small=True, hint="Show and hide columns"
            )
            self._head.add_button(self._columns)
        return self._head

    def _build_foot(self, foot: str) -> QWidget:
        self._foot = Paragraph(foot, "small", "text3")
        self._foot_holder = QWidget()
        column = QVBoxLayout(self._foot_holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(Hairline())
        row = QHBoxLayout()
        row.setContentsMargins(px(16), px(6), px(16), px(6))
        row.addWidget(self._foot)
        column.addLayout(row)
        self._foot_holder.setVisible(False)
        return self._foot_holder

    def _make_filter(self, name: str) -> SearchField:
        field = SearchField("Filter", "Ctrl+F", picture="filter")
        field.setAccessibleName(name)
        field.setMaxLength(100)
        field.setMinimumWidth(px(110))  # in a narrow pane the filter gives way first
        field.setMaximumWidth(px(236))
        field.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        field.installEventFilter(self)
        return field

    def _connect(self) -> None:
        self._table.copied.connect(self._on_copied)
        self._table.export_wanted.connect(self._on_export)
        self._model.arranged.connect(self.refresh_words)
        if self._filter is not None:
            self._pause = QTimer(self)
            self._pause.setSingleShot(True)
            self._pause.setInterval(FILTER_PAUSE_MS)
            self._pause.timeout.connect(self.apply_filter)
            self._filter.textChanged.connect(self._on_typed)

    def add_tool(self, widget: QWidget) -> None:
        """Put something beside the filter (group by, a date range)."""
        self._head.add_tool(widget)

    # rows

    def show_rows(self, rows: Iterable[Any], now: datetime) -> None:
        """Show these rows; the same tuple again only lets the ages go on."""
        self._loading = False
        if rows is self._rows:
            self._table.go_on(now)
        else:
            self._rows = rows
            self._model.set_rows(rows, now)
        self.refresh_words()

    def adopt(self, rows: Iterable[Any], made: Made[Any], now: datetime) -> bool:
        """As ``show_rows`` for rows whose picture was made beside the window's thread. False: that
        was of no use any more, and this thread did it.
        """
        self._loading = False
        self._rows = rows
        taken = self._model.adopt(made, now)
        if not taken:
            self._model.set_rows(rows, now)
        self.refresh_words()
        return taken

    def show_loading(self) -> None:
        """First load only: still blocks. A figure that is shown is never blanked."""
        if not self._model.countable:
            self._loading = True
            self.refresh_words()

    # intents

    def focus_filter(self) -> bool:
        """Put the caret into the filter. False: there is none."""
        if self._filter is None:
            return False
        self._filter.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._filter.selectAll()
        return True

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

    def open_columns(self) -> None:
        """The column chooser, below its button."""
        menu = columns_menu(self._table, self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self._columns.mapToGlobal(self._columns.rect().bottomLeft()))

    def export_csv(self, *, selected: bool = False) -> bool:
        """Ask for a file and have the table written. False: nobody here writes files."""
        if self._exporter is None:
            return False
        ask_where(self, taken(self._title, self._table, selected=selected), self._exporter)
        return True

    # memory

    def remember(self, memory: QSettings | None) -> None:
        """Keep the columns under ``memory_key``."""
        if memory is not None and self.memory_key:
            memory.setValue(self.memory_key, QByteArray(self._table.save_state()))

    def recall(self, memory: QSettings | None) -> None:
        """Bring the columns back, if any were kept."""
        kept = memory.value(self.memory_key) if memory is not None and self.memory_key else None
        if isinstance(kept, QByteArray):
            self._table.restore_state(bytes(kept.data()))

    # state

    def refresh_words(self) -> None:
        """Bring title, empty words and foot in line with the model."""
        shown, hidden = self._model.shown, self._model.hidden
        summary = self._summary(shown + hidden)
        if self.single_currency:
            summary += f" · amounts in {self.single_currency}"
        self._count.show_text(summary)
        if self._totals is not None:
            self._totals.setVisible(bool(shown))
        if shown or self._loading:
            self._stack.setCurrentIndex(0 if shown else 2)
            return
        held = self._stack.currentIndex() == 0 and self._table.hasFocus()
        self._say_empty(hidden)
        self._stack.setCurrentIndex(1)
        if held and self._filter is not None:  # the focus is never lost
            self._filter.setFocus(Qt.FocusReason.OtherFocusReason)

    def _say_empty(self, hidden: int) -> None:
        """Why no row is shown. The same words again leave the buttons, and their focus, alone."""
        if hidden:
            typed = self._filter.text() if self._filter is not None else ""
            one, many = self._noun
            said = fmt.count(hidden, f"{one} is", f"{many} are")
            words: _Words = (
                "filter",
                f"Nothing matches “{tame(typed)}”.",
                f"{said} hidden by the filter.",
                (Action(id=_CLEAR, label="Clear filter"),),
            )
        else:
            title, _, text = self._nothing.partition("\n")
            words = (self._picture, title, text, self._actions)
        if words != self._said_empty:
            self._said_empty = words
            self._empty.show_words(*words)

    def set_nothing(self, nothing: str, actions: tuple[Action, ...] = ()) -> None:
        """What the empty table says from now on."""
        self._nothing, self._actions = nothing, actions
        self.refresh_words()

    def set_title(self, title: str) -> None:
        """Name the pane anew."""
        self._title = tame(title)
        self._head.name.setText(self._title)
        self.setAccessibleName(self._title)
        self._table.setAccessibleName(self._title)

    def set_foot(self, shown: bool, text: str = "") -> None:
        """Show the foot, with another sentence if one is given."""
        if text:
            self._foot.setText(text)
        self._foot_holder.setVisible(shown and bool(self._foot.text()))

    # inside

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if watched is self._filter:
            if event.type() == QEvent.Type.FocusIn:
                self._model.prepare_filter()
            elif event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
                return self._filter_key(event)
        return False

    def _filter_key(self, event: QKeyEvent) -> bool:
        """Down and Enter go from the filter into the table."""
        if event.key() not in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            return False
        self.apply_filter()
        if self._model.shown:
            self._table.setFocus(Qt.FocusReason.TabFocusReason)
        return True

    def _on_typed(self, _text: str) -> None:
        self._pause.start()

    def _on_copied(self, rows: int) -> None:
        self.said.emit(f"Copied {fmt.count(rows, 'row')}.")

    def _on_export(self, selected: bool) -> None:
        self.export_csv(selected=selected)

    def _on_act(self, action: str) -> None:
        if action == _CLEAR:
            self.clear_filter()
        else:
            self.acted.emit(action)
