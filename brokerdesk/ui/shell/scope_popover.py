"""The choice of accounts: search, tick, by connection, by environment, “Only this”, all or none.

What is ticked applies at once, a moment after the last tick; nothing ticked applies not at all.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from brokerdesk.ui.models.names import shortened
from brokerdesk.ui.plain import no_mnemonic, tame, tooltip
from brokerdesk.ui.shell.scroll import PopoverScroll
from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.scope import (
    ScopeChoice,
    ScopeGroup,
    by_connection,
    by_environment,
)
from brokerdesk.ui.viewmodels.state import WindowState
from brokerdesk.ui.widgets.basics import Hairline, button
from brokerdesk.ui.widgets.search_field import SearchField
from brokerdesk.ui.widgets.tags import MODES, Tag

WIDTH, MOST_HIGH, NAME = 424, 460, 210
APPLY_MS = 180


class _Row(QWidget):
    """A tick box for one or several accounts, and the way to these alone."""

    ticked = Signal(object, bool)
    only = Signal(object)

    def __init__(self, title: str, keys: tuple[str, ...], *, tag: str = "", count: int = 0) -> None:
        super().__init__()
        self.keys = keys
        title = tame(title)
        self.box = QCheckBox()
        shown = shortened(title, px(NAME), self.box.fontMetrics().horizontalAdvance)
        self.box.setText(no_mnemonic(shown))
        self.box.setAccessibleName(title)
        self.box.setToolTip(tooltip(title if shown != title else ""))
        self.box.clicked.connect(self._on_clicked)
        row = QHBoxLayout(self)
        row.setContentsMargins(px(12), 0, px(8), 0)
        row.setSpacing(px(8))
        row.addWidget(self.box)
        if count:
            row.addWidget(PlainLabel(str(count), "small", "text3"))
        if tag in MODES and tag != "live":
            row.addWidget(Tag(tag.upper(), tag))
        row.addStretch(1)
        row.addWidget(
            button("Only this", self._on_only, kind="link", small=True, name=f"Only this: {title}")
        )

    def _on_clicked(self) -> None:
        self.ticked.emit(self.keys, self.box.checkState() != Qt.CheckState.Unchecked)

    def _on_only(self) -> None:
        self.only.emit(self.keys)

    def show_tick(self, on: bool | None) -> None:
        self.box.setTristate(on is None)
        state = Qt.CheckState.PartiallyChecked
        if on is not None:
            state = Qt.CheckState.Checked if on else Qt.CheckState.Unchecked
        self.box.setCheckState(state)


class ScopePanel(QWidget):
    """The inside of the popover.

    Signals:
        looked: the scope that the ticks mean; an empty tuple is every account.
    """

    looked = Signal(object)

    def __init__(self, state: WindowState, scope: Sequence[str]) -> None:
        super().__init__()
        self.choice = ScopeChoice(state.everyone, scope)
        self._rows: list[_Row] = []
        self._groups: list[QWidget] = []
        self._clock = QTimer(self)
        self._clock.setSingleShot(True)
        self._clock.setInterval(APPLY_MS)
        self._clock.timeout.connect(self._apply)
        self._build_ui(state)
        self._show_ticks()

    def _build_ui(self, state: WindowState) -> None:
        self.setFixedWidth(px(WIDTH))
        self.field = SearchField("Find an account")
        self.field.textChanged.connect(self._filter)
        self.field.returnPressed.connect(self._only_found)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, px(10), 0, px(8))
        column.setSpacing(px(6))
        head = QHBoxLayout()
        head.setContentsMargins(px(12), 0, px(8), 0)
        head.addWidget(self.field, 1)
        head.addWidget(button("All", self._all, kind="ghost", small=True, name="Tick all"))
        head.addWidget(button("None", self._none, kind="ghost", small=True, name="Tick none"))
        column.addLayout(head)
        inner = QWidget()
        self._list = QVBoxLayout(inner)
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(px(1))
        titles = {row.key: row.title for row in state.figures.connections}
        rows = self.choice.rows
        self._add_groups("Environments", by_environment(rows))
        groups = by_connection(rows, titles)
        self._add_groups("Connections", groups if len(groups) > 1 else ())
        self._add_heading("Accounts")
        for account in rows:
            title = f"{account.title}, closed" if account.closed else account.title
            self._add(_Row(title, (account.key,), tag=account.environment))
        self._list.addStretch(1)
        scroll = PopoverScroll(MOST_HIGH)
        scroll.hold(inner)
        column.addWidget(scroll)
        self.note = PlainLabel("", "small", "text3")
        self.note.setContentsMargins(px(12), 0, px(12), 0)
        column.addWidget(self.note)

    def _add_groups(self, title: str, groups: Sequence[ScopeGroup]) -> None:
        if not groups:
            return
        before = self._list.count()
        self._add_heading(title)
        for group in groups:
            self._add(_Row(group.title, group.keys, count=len(group.keys)))
        self._list.addWidget(Hairline())
        for place in range(before, self._list.count()):
            if (item := self._list.itemAt(place)) and (widget := item.widget()):
                self._groups.append(widget)

    def _add_heading(self, title: str) -> None:
        heading = PlainLabel(title, "small", "text3", weight=500)
        heading.setContentsMargins(px(12), px(6), 0, px(2))
        self._list.addWidget(heading)

    def _add(self, row: _Row) -> None:
        row.ticked.connect(self._on_ticked)
        row.only.connect(self._on_only)
        self._rows.append(row)
        self._list.addWidget(row)

    def _on_ticked(self, keys: Sequence[str], on: bool) -> None:
        self.choice.tick(keys, on)
        self._changed()

    def _on_only(self, keys: Sequence[str]) -> None:
        self.choice.only(keys)
        self._changed()

    def _all(self) -> None:
        self.choice.only(row.key for row in self.choice.rows)
        self._changed()

    def _none(self) -> None:
        self.choice.only(())
        self._changed()

    def _only_found(self) -> None:
        """Enter in the field shows what was found, alone."""
        found = self.choice.found(self.field.text())
        if self.field.text().strip() and found:
            self._on_only([row.key for row in found])

    def _filter(self, text: str) -> None:
        found = {row.key for row in self.choice.found(text)}
        for widget in self._groups:
            widget.setVisible(not text.strip())
        for row in self._rows:
            if row not in self._groups:
                row.setVisible(row.keys[0] in found)
        self._say("" if found else f"Nothing matches “{tame(text)[:60]}”.")

    def _changed(self) -> None:
        self._show_ticks()
        if self.choice.usable:
            self._clock.start()
        else:
            self._clock.stop()

    def _show_ticks(self) -> None:
        for row in self._rows:
            row.show_tick(self.choice.state_of(row.keys))
        self._say("")

    def _say(self, text: str) -> None:
        if not text:
            count, total = len(self.choice.ticked), len(self.choice.rows)
            text = f"{count} of {total} accounts shown"
            if not count:
                text = "Tick at least one account."
        self.note.setText(text)

    def _apply(self) -> None:
        if self.choice.usable:
            self.looked.emit(self.choice.scope)

    def settle(self) -> None:
        """The popover closes: what was ticked last counts."""
        if self._clock.isActive():
            self._clock.stop()
            self._apply()
