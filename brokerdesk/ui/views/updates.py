"""Help, “Look for updates…”: what is newer, what changed in it, and the way to its page."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from brokerdesk.ui.shell.scroll import PopoverScroll
from brokerdesk.ui.text import PlainLabel, no_mnemonic
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.updates import ReleaseFacts, UpdatesModel
from brokerdesk.ui.widgets.basics import Paragraph, button, fit_height

WIDTH, MOST_HIGH = 480, 320


class UpdatesDialog(QDialog):
    """Not modal; gone when closed. Shows the model's state as it changes."""

    def __init__(self, model: UpdatesModel, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("New versions")
        self.setAccessibleName("New versions")
        self._model = model
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(px(24), px(20), px(24), px(16))
        self._column.setSpacing(px(8))
        self._title = PlainLabel("", "page")
        self._text = Paragraph("", "body", "text2")
        self._list: PopoverScroll | None = None
        for part in (self._title, self._text):
            self._column.addWidget(part)
        row = QHBoxLayout()
        row.setContentsMargins(0, px(10), 0, 0)
        self.skip_button = button("Skip this version", self._skip)
        self.close_button = button("Close", self.close)
        self.open_button = button("Open its page", self._open, kind="primary")
        row.addWidget(self.skip_button)
        row.addStretch(1)
        row.addWidget(self.close_button)
        row.addWidget(self.open_button)
        self._column.addLayout(row)
        model.changed.connect(self._render)
        self._render()

    def _render(self) -> None:
        state = self._model.state
        self._title.setText(state.title)
        self._text.setText(state.text)
        self._text.setVisible(bool(state.text))
        self._show_changes(state.newer)
        self.open_button.setVisible(bool(state.version))
        self.open_button.setText(no_mnemonic(f"Open {state.host}"))
        self.skip_button.setVisible(bool(state.version) and state.skippable)
        primary: QPushButton = self.open_button if state.version else self.close_button
        primary.setDefault(True)
        primary.setFocus()
        fit_height(self, px(WIDTH))

    def _show_changes(self, newer: tuple[ReleaseFacts, ...]) -> None:
        if self._list is not None:
            self._column.removeWidget(self._list)
            self._list.deleteLater()
            self._list = None
        if not newer:
            return
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, px(8), 0)
        column.setSpacing(px(4))
        for one in newer:
            column.addWidget(PlainLabel(f"{one.version} · {one.day}", "body", weight=600))
            for change in one.changes:
                column.addWidget(Paragraph(f"• {change}", "body", "text2"))
        column.addStretch(1)
        self._list = PopoverScroll(MOST_HIGH, width=px(WIDTH - 48))
        self._list.hold(inner)
        self._list.setAccessibleName("What changed")
        self._list.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._column.insertWidget(2, self._list)
        self._list.show()  # what comes into an open window is shown later, and measured only then

    def _open(self) -> None:
        self._model.open_page(self._model.state.version)

    def _skip(self) -> None:
        self._model.skip(self._model.state.version)
        self.close()
