"""A field for one number of a ticket: figures at the right, steps by Up and Down, nothing repeated.

What is typed is handed on as it is and never changed. A held key repeats nothing.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QSizePolicy

from brokerdesk.ui.theme import theme

LONGEST = 40
_STEPS = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}
_MANY = 10
_REPEATED = (
    Qt.Key.Key_Backspace,
    Qt.Key.Key_Delete,
    Qt.Key.Key_Left,
    Qt.Key.Key_Right,
)
"""Moving and taking away may be held; it puts nothing into an order."""


class NumberField(QLineEdit):
    """``key`` is the field of the ticket.

    Signals:
        typed: the field's key and its text, by the user's own doing.
        stepped: the field's key and how many ticks.
    """

    typed = Signal(str, str)
    stepped = Signal(str, int)

    def __init__(self, key: str, name: str, *, placeholder: str = "") -> None:
        super().__init__()
        self.key = key
        self.setAccessibleName(name)
        self.setPlaceholderText(placeholder)
        self.setMaxLength(LONGEST)
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # figures run so everywhere
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(0)
        self._dress()
        theme().changed.connect(self._dress)
        self.textEdited.connect(self._on_edited)

    def show_text(self, text: str) -> None:
        """Show what stands in the ticket; the caret stays when it is the same."""
        if text != self.text():
            self.setText(text)

    def _dress(self) -> None:
        self.setFont(theme().font("lead", weight=600, figures=True))

    def _on_edited(self, text: str) -> None:
        self.typed.emit(self.key, text)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        key = Qt.Key(event.key())
        if event.isAutoRepeat() and key not in _REPEATED:
            event.accept()
            return
        shift = event.modifiers() == Qt.KeyboardModifier.ShiftModifier
        if key in _STEPS and (shift or not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier):
            self.stepped.emit(self.key, _STEPS[key] * (_MANY if shift else 1))
            event.accept()
            return
        super().keyPressEvent(event)
