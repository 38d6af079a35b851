"""Asks for the vault's passphrase. It is handed on at once and never kept here."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from brokerdesk.errors import BrokerDeskError
from brokerdesk.ui.text import PlainLabel, tame
from brokerdesk.ui.widgets.basics import Paragraph, button, fit_height

WIDTH = 420


class UnlockDialog(QDialog):
    """Not modal; stays open until the passphrase is right or it is closed.

    Signals:
        given: a passphrase was typed.
    """

    given = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Unlock the vault")
        self.setAccessibleName("Unlock the vault")
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(6)
        column.addWidget(PlainLabel("Unlock the vault", "pane"))
        column.addWidget(Paragraph("Sign-ins are sealed under your passphrase.", "body", "text2"))
        label = PlainLabel("Passphrase", "small", "text2")
        self._field = QLineEdit()
        self._field.setEchoMode(QLineEdit.EchoMode.Password)
        self._field.setAccessibleName("Passphrase")
        label.setBuddy(self._field)
        self._problem = Paragraph("", "small", "loss")
        self._problem.setVisible(False)
        for part in (label, self._field, self._problem):
            column.addWidget(part)
        row = QHBoxLayout()
        row.setContentsMargins(0, 10, 0, 0)
        row.addStretch(1)
        row.addWidget(button("Cancel", self.close))
        self._unlock = button("Unlock", self._give, kind="primary")
        self._unlock.setDefault(True)
        row.addWidget(self._unlock)
        column.addLayout(row)
        fit_height(self, WIDTH)
        self._field.returnPressed.connect(self._give)
        self._field.setFocus()

    def refuse(self, error: BaseException) -> None:
        """Say why it did not open; another try is possible."""
        words = error.sentences() if isinstance(error, BrokerDeskError) else str(error)
        self._problem.setText(tame(words))
        self._problem.setVisible(True)
        fit_height(self, WIDTH)
        self._unlock.setEnabled(True)
        self._field.setFocus()

    def _give(self) -> None:
        text = self._field.text()
        if text and self._unlock.isEnabled():
            self._unlock.setEnabled(False)
            self._field.clear()
            self.given.emit(text)
