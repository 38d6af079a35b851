"""A field with its label above and help or the problem below."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from brokerdesk.ui.plain import tame
from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px
from brokerdesk.ui.widgets.announce import announce
from brokerdesk.ui.widgets.paragraph import Paragraph


class FieldRow(QWidget):
    """``note`` stands above at the right (why a choice is not there)."""

    def __init__(self, label: str, editor: QWidget, help_text: str = "", *, note: str = "") -> None:
        super().__init__()
        self.editor = editor
        self._help = tame(help_text)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self._label = PlainLabel(tame(label), "small", "text2", weight=500)
        self._label.setBuddy(editor)
        self._note = PlainLabel(tame(note), "small", "text3")
        self._below = Paragraph(self._help, "small", "text3")
        if not editor.accessibleName():
            editor.setAccessibleName(tame(label))
        head = QHBoxLayout()
        head.setSpacing(px(8))
        head.addWidget(self._label)
        head.addStretch(1)
        head.addWidget(self._note)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addSpacing(px(4))
        column.addWidget(editor)
        column.addSpacing(px(3))
        column.addWidget(self._below)
        column.addStretch(1)
        self.set_note(note)
        self.set_problem("")

    @property
    def problem(self) -> str:
        """What is wrong, or nothing."""
        return self._below.text() if self.editor.property("problem") == "true" else ""

    def set_note(self, note: str) -> None:
        """Say something above at the right."""
        self._note.setText(tame(note))
        self._note.setVisible(bool(note))

    def set_help(self, help_text: str) -> None:
        """Say something else below."""
        self._help = tame(help_text)
        self.set_problem(self.problem)

    def set_problem(self, problem: str) -> None:
        """Say what is wrong with the value, or that nothing is."""
        problem = tame(problem)
        changed = problem != self.problem
        editor = self.editor
        editor.setProperty("problem", "true" if problem else "false")
        editor.setAccessibleDescription(problem or self._help)
        editor.style().unpolish(editor)
        editor.style().polish(editor)
        self._below.setText(problem or self._help)
        self._below.set_tone("loss" if problem else "text3")
        self._below.setVisible(bool(problem or self._help))
        if problem and changed:
            announce(self, problem)


def field(label: str, editor: QWidget, help_text: str = "") -> FieldRow:
    """A field with its label."""
    return FieldRow(label, editor, help_text)
