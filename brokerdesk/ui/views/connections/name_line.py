"""The connection's name, changed in place: Enter keeps, Esc leaves it, a rename can be undone."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSizePolicy, QSpacerItem, QVBoxLayout, QWidget

from brokerdesk.ui.plain import tame, tooltip
from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.connection_rows import Closely
from brokerdesk.ui.viewmodels.connections import (
    LONGEST_NAME,
    ConnectionsState,
    ConnectionsViewModel,
)
from brokerdesk.ui.widgets.basics import Paragraph, button, icon_button
from brokerdesk.ui.widgets.tags import Tag


class _Field(QLineEdit):
    def __init__(self, line: NameLine) -> None:
        super().__init__()
        self._line = line

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() == Qt.Key.Key_Escape:
            self._line.leave()
        else:
            super().keyPressEvent(event)


class NameLine(QWidget):
    """Shows the name, or the field in which it is changed."""

    def __init__(self, model: ConnectionsViewModel) -> None:
        super().__init__()
        self._vm = model
        self._key = self._name = self._whole = ""
        self._can_undo = False
        self._title = PlainLabel("", "page")
        self._title.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._title.setMinimumWidth(px(40))
        self._tag = Tag("")
        self.edit = icon_button("edit", "Rename this connection", "Rename", self.begin)
        self.field = _Field(self)
        self.field.setAccessibleName("Name of this connection")
        self.field.setMaxLength(LONGEST_NAME)
        self.field.returnPressed.connect(self.keep)
        self.field.textEdited.connect(self._on_typed)
        self.ok = button("Rename", self.keep, kind="primary")
        self.off = button("Cancel", self.leave)
        row = QHBoxLayout()
        row.setSpacing(px(8))
        for part in (self._title, self._tag, self.edit, self.field, self.ok, self.off):
            row.addWidget(part, 1 if part is self.field else 0)
        self._rest = QSpacerItem(0, 0, QSizePolicy.Policy.Expanding)
        row.addSpacerItem(self._rest)
        self._problem = Paragraph("", "small", "loss")
        self._undo_words = PlainLabel("", "small", "text2")
        self._undo_words.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.undo = button("Undo", model.undo, kind="link", small=True, name="Undo the rename")
        done = QHBoxLayout()
        done.setSpacing(px(8))
        done.addWidget(self._undo_words)
        done.addWidget(self.undo)
        done.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(px(4))
        column.addLayout(row)
        column.addWidget(self._problem)
        column.addLayout(done)
        self._turn(editing=False)

    @property
    def editing(self) -> bool:
        return not self.field.isHidden()

    def begin(self) -> None:
        """Offer the name for changing."""
        self.field.setText(tame(self._name))
        self._turn(editing=True)
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)
        self.field.selectAll()

    def keep(self) -> None:
        """Take what was typed."""
        if self._vm.rename(self.field.text()):
            self._turn(editing=False)
            self.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    def leave(self) -> None:
        """Forget what was typed."""
        self._turn(editing=False)
        self._problem.hide()
        self.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_state(self, near: Closely, state: ConnectionsState) -> None:
        if near.key != self._key:
            self._turn(editing=False)
        self._key, self._name = near.key, near.name
        self._whole = near.title
        self._title.setToolTip(tooltip(near.title))
        self._title.setAccessibleName(near.title)
        if near.tag:
            self._tag.show_tag(near.tag.upper(), near.tag)
        self._tag.setVisible(bool(near.tag) and not self.editing)
        self._problem.setText(tame(state.name_problem))
        self._problem.setVisible(bool(state.name_problem))
        self._elide()
        self._can_undo = bool(state.undo)
        self._show_undo()
        wide = px(380)
        small = self._undo_words.fontMetrics()
        self._undo_words.setText(small.elidedText(state.undo, Qt.TextElideMode.ElideMiddle, wide))

    def _show_undo(self) -> None:
        shown = self._can_undo and not self.editing
        self._undo_words.setVisible(shown)
        self.undo.setVisible(shown)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        """The title in the room that it has."""
        tag = self._tag.sizeHint().width() + px(8) if self._tag.isVisibleTo(self) else 0
        room = max(px(80), self.width() - px(44) - tag)
        metrics = self._title.fontMetrics()
        self._title.setText(metrics.elidedText(self._whole, Qt.TextElideMode.ElideRight, room))

    def _on_typed(self, text: str) -> None:
        problem = self._vm.check_name(text)
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))
        self.field.setProperty("problem", "true" if problem else "false")
        self.field.setAccessibleDescription(problem)
        self.field.style().unpolish(self.field)
        self.field.style().polish(self.field)
        self.ok.setEnabled(not problem)

    def _turn(self, *, editing: bool) -> None:
        typing: tuple[QWidget, ...] = (self.field, self.ok, self.off)
        for part in typing:
            part.setVisible(editing)
        reading: tuple[QWidget, ...] = (self._title, self.edit)
        for part in reading:
            part.setVisible(not editing)
        self._show_undo()
        if editing:
            self._tag.hide()
            self._on_typed(self.field.text())
