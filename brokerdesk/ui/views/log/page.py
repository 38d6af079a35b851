"""The Log page: what the program has been doing, filtered, followed and copied."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QPlainTextEdit,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from brokerdesk.ui import format as fmt
from brokerdesk.ui.gateways.log import LogGateway
from brokerdesk.ui.plain import tame
from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.viewmodels.desk import Desk
from brokerdesk.ui.viewmodels.log import LEVELS, LogPort, LogViewModel
from brokerdesk.ui.viewmodels.state import Action, Message
from brokerdesk.ui.views.log.entries import EntryList, EntryModel
from brokerdesk.ui.views.page import Page
from brokerdesk.ui.widgets.banner import Banner
from brokerdesk.ui.widgets.basics import Hairline, button
from brokerdesk.ui.widgets.empty import EmptyState
from brokerdesk.ui.widgets.flow import FlowLayout
from brokerdesk.ui.widgets.search_field import SearchField
from brokerdesk.ui.widgets.segments import Segments
from brokerdesk.ui.widgets.splitter import Splitter

LOOK_MS = 1500
HELP = (
    "The log names no account, key or amount. Ctrl+C copies the chosen entries. "
    "Copy report puts what helps to find a defect on the clipboard."
)


class LogPage(Page):
    """Shows the log of this profile."""

    name = "log"

    def __init__(self, desk: Desk, port: LogPort | None = None) -> None:
        super().__init__(desk)
        self.model = LogViewModel(port or LogGateway(desk))
        self.entries = EntryModel(self.model)
        self.setAccessibleName("Log")
        self._build_ui()
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.model.look)
        self.model.changed.connect(self._render)
        self.model.reset.connect(self._on_rows)
        self.model.appended.connect(self._on_rows)
        self.model.prepended.connect(self._on_rows)
        self.list.verticalScrollBar().actionTriggered.connect(self._on_scrolled)
        self.list.selectionModel().currentChanged.connect(self._show_chosen)
        copy = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), self.list)
        copy.setContext(Qt.ShortcutContext.WidgetShortcut)
        copy.activated.connect(self._copy)
        self._render()

    def _build_ui(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._build_head())
        column.addWidget(Hairline())
        self.trouble = Banner()
        column.addWidget(self.trouble)
        self.list = EntryList(self.entries)
        self.detail = QPlainTextEdit()
        self.detail.setReadOnly(True)
        self.detail.setTabChangesFocus(True)
        self.detail.setAccessibleName("The chosen entry")
        self.detail.setPlaceholderText("Choose an entry to read all of it.")
        self.detail.setFont(theme().font("small", figures=True))
        holder = QWidget()
        self._stack = QStackedLayout(holder)
        self._stack.addWidget(self.list)
        self.nothing = EmptyState("search", "")
        self.nothing.acted.connect(self._on_clear)
        self._stack.addWidget(self.nothing)
        self._split = Splitter(Qt.Orientation.Vertical)
        self._split.addWidget(holder)
        below = QWidget()
        below.setProperty("role", "sheet")
        inner = QVBoxLayout(below)
        inner.setContentsMargins(px(16), px(10), px(16), px(12))
        inner.addWidget(self.detail)
        self._split.addWidget(below)
        self._split.setStretchFactor(0, 4)
        self._split.setSizes([460, 130])
        column.addWidget(self._split, 1)

    def _build_head(self) -> QWidget:
        head = QWidget()
        column = QVBoxLayout(head)
        column.setContentsMargins(px(16), px(8), px(16), px(8))
        column.setSpacing(px(6))
        first = QHBoxLayout()
        first.setSpacing(px(8))
        first.addWidget(PlainLabel("Log", "pane"))
        self._count = PlainLabel("", "body", "text3", figures=True)
        first.addWidget(self._count)
        first.addStretch(1)
        self.search = SearchField("Filter the log", "Ctrl+F", picture="filter")
        self.search.setFixedWidth(px(220))
        self.search.textChanged.connect(self.model.filter_text)
        first.addWidget(self.search)
        column.addLayout(first)
        tools = QWidget()
        row = FlowLayout(px(8))
        tools.setLayout(row)
        self.levels = Segments(LEVELS, "Least level")
        self.levels.chosen.connect(self.model.filter_level)
        self.tail = QCheckBox("Follow the end")
        self.tail.setAccessibleName("Follow the end")
        self.tail.clicked.connect(self._on_follow)
        row.addWidget(self.levels)
        row.addWidget(self.tail)
        for words, do, picture, hint in (
            ("Copy", self._copy, "copy", "Copy the chosen entries, or all that are shown"),
            ("Copy report", self._report, "", "What helps to find a defect, nothing private"),
        ):
            row.addWidget(button(words, do, picture=picture, small=True, hint=hint))
        row.addWidget(button("Open folder", self._folder, small=True))
        column.addWidget(tools)
        return head

    # intents

    def _on_follow(self, on: bool) -> None:
        self.model.follow(on)
        if on:
            self.list.scrollToBottom()

    def _on_scrolled(self) -> None:
        """Scrolling away from the end stops following; coming back to it does not start it."""
        QTimer.singleShot(0, self, self._after_scroll)

    def _after_scroll(self) -> None:
        if self.model.state.follow and not self.list.at_end():
            self.model.follow(False)

    def _on_clear(self, _action: str) -> None:
        self.search.clear()
        self.levels.choose("all")
        self.model.clear_filter()

    def _copy(self) -> None:
        rows = self.list.chosen()
        QGuiApplication.clipboard().setText(self.model.copied(rows))
        number = len(rows) or len(self.model.rows)
        self.desk.say(f"{fmt.count(number, 'log entry', 'log entries')} copied.")

    def _report(self) -> None:
        self.desk.wish("report")

    def _folder(self) -> None:
        self.desk.wish("folder")

    # state

    def _render(self) -> None:
        state = self.model.state
        reading = ", reading older ones…" if state.reading and state.all else ""
        self._count.setText(state.count + reading if state.all or not state.reading else "Reading…")
        self.tail.setChecked(state.follow)
        none = state.shown == 0 and not state.reading
        self._stack.setCurrentIndex(1 if none else 0)
        if none:
            self._say_nothing()
        self.trouble.show_message(
            Message(key="log", kind="error", title=state.trouble, text="")
            if state.trouble
            else None
        )

    def _say_nothing(self) -> None:
        state = self.model.state
        if state.text or state.level != "all":
            words = f"Nothing matches “{tame(state.text)[:60]}”." if state.text else (
                "Nothing of this level."
            )  # fmt: skip
            hidden = f"{fmt.whole(state.all)} entries are hidden by the filter."
            self.nothing.show_words(
                "search", words, hidden, (Action(id="clear", label="Clear filter"),)
            )
        else:
            self.nothing.show_words("log", "The log is empty.", "Nothing has been written yet.")

    def _on_rows(self) -> None:
        if self.model.state.follow:
            self.list.scrollToBottom()

    def _show_chosen(self) -> None:
        index = self.list.currentIndex()
        row = self.entries.row(index) if index.isValid() else None
        lines = [] if row is None else [tame(line) for line in row.line.split("\n")]
        self.detail.setPlainText("\n".join(lines))

    # page

    def enter(self) -> None:
        self.model.begin()
        self._timer.start()

    def leave(self) -> None:
        self._timer.stop()

    def focus_filter(self) -> bool:
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()
        return True

    def focus_first(self) -> None:
        self.list.setFocus(Qt.FocusReason.OtherFocusReason)

    def panes(self) -> Sequence[QWidget]:
        return (self.search, self.list, self.detail)

    def help_text(self) -> str:
        return HELP


def build(desk: Desk) -> LogPage:
    """The page over the real log."""
    return LogPage(desk)
