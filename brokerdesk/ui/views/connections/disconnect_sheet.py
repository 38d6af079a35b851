"""The question before a connection goes: what is kept, what is deleted, and a tick before deleting.

The safe answer has the focus. Nothing here removes anything; the answer comes as a signal.
"""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QCheckBox, QHBoxLayout, QRadioButton, QVBoxLayout

from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.connection_rows import Removal
from brokerdesk.ui.widgets.basics import Paragraph, button
from brokerdesk.ui.widgets.sheet import Sheet

KEYS = (
    "Its keys and sign-in are removed from this computer in either case. This cannot be undone: "
    "to read it again, connect it anew."
)


class DisconnectSheet(Sheet):
    """Keep or delete.

    Signals:
        answered: True to keep the history, False to delete it. No answer: only ``closed``.
    """

    answered = Signal(bool)

    def __init__(self, question: Removal) -> None:
        super().__init__(question.title)
        self.body.addWidget(Paragraph(question.what, "body", "text"))
        self.body.addWidget(Paragraph(KEYS, "body", "text2"))
        self.body.addSpacing(px(4))
        self._group = QButtonGroup(self)
        self.keep = self._choice("Keep the history", question.keep)
        self.delete = self._choice("Delete the history", question.delete)
        self.keep.setChecked(True)
        self.sure = QCheckBox("I understand that the saved days are gone for good")
        self.sure.setAccessibleName(self.sure.text())
        row = QHBoxLayout()
        row.setContentsMargins(px(26), 0, 0, 0)
        row.addWidget(self.sure)
        row.addStretch(1)
        self.body.addLayout(row)
        self.no = button("Stay connected", self.close_sheet, kind="primary")
        self.yes = button("Disconnect", self._answer)
        self.foot.addWidget(self.yes)
        self.foot.addWidget(self.no)
        self._group.buttonToggled.connect(self._settle)
        self.sure.toggled.connect(self._settle)
        self._settle()

    def _choice(self, words: str, text: str) -> QRadioButton:
        made = QRadioButton(words)
        made.setAccessibleName(words)
        made.setAccessibleDescription(text)
        self._group.addButton(made)
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addWidget(made)
        told = QHBoxLayout()
        told.setContentsMargins(px(26), 0, 0, 0)
        told.addWidget(Paragraph(text, "small", "text2"))
        column.addLayout(told)
        self.body.addLayout(column)
        return made

    def _settle(self) -> None:
        deleting = self.delete.isChecked()
        self.sure.setEnabled(deleting)
        if not deleting:
            self.sure.setChecked(False)
        self.yes.setEnabled(not deleting or self.sure.isChecked())
        words = "Disconnect and delete" if deleting else "Disconnect and keep"
        self.yes.setText(words)
        self.yes.setAccessibleName(words)
        why = "Tick that the saved days are gone for good" if not self.yes.isEnabled() else ""
        self.yes.setAccessibleDescription(why)

    def _answer(self) -> None:
        keep = self.keep.isChecked()
        if keep or self.sure.isChecked():
            self.answered.emit(keep)
            self.close_sheet()
