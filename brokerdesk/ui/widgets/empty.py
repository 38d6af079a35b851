"""The empty state: a picture, what is absent, one sentence, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from brokerdesk.ui.plain import tame
from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.state import Action
from brokerdesk.ui.widgets.buttons import button
from brokerdesk.ui.widgets.paragraph import Paragraph
from brokerdesk.ui.widgets.picture import Picture

_CENTRE = Qt.AlignmentFlag.AlignHCenter
WIDTH = 340


class EmptyState(QWidget):
    """Centred in whatever room it is given. The first action is the primary one.

    Signals:
        acted: the id of the action whose button was pressed.
    """

    acted = Signal(str)

    def __init__(
        self, picture: str, title: str, text: str = "", actions: Sequence[Action] = ()
    ) -> None:
        super().__init__()
        self._picture = Picture(picture, "text3", size=22)
        self._title = PlainLabel("", "strong")
        self._title.setAlignment(_CENTRE)
        self._text = Paragraph("", "small", "text2", width=px(WIDTH), centred=True)
        self._row = QHBoxLayout()
        self._row.setSpacing(px(8))
        self.buttons: list[QPushButton] = []
        self._said: tuple[object, ...] = ()
        column = QVBoxLayout(self)
        column.setContentsMargins(px(20), px(22), px(20), px(22))
        column.setSpacing(0)
        column.addStretch(1)
        column.addWidget(self._picture, 0, _CENTRE)
        column.addSpacing(px(8))
        column.addWidget(self._title)
        column.addSpacing(px(2))
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(self._text, 100)
        middle.addStretch(1)
        column.addLayout(middle)
        column.addSpacing(px(12))
        column.addLayout(self._row)
        column.addStretch(1)
        self.show_words(picture, title, text, actions)

    def show_words(
        self, picture: str, title: str, text: str = "", actions: Sequence[Action] = ()
    ) -> None:
        """Say something else. The same words keep their buttons, and so the focus."""
        said = picture, title, text, tuple(actions)
        if said == self._said:
            return
        self._said = said
        title, text = tame(title), tame(text)
        self._picture.show_picture(picture, "text3")
        self._title.setText(title)
        self._text.setText(text)
        self._text.setVisible(bool(text))
        self.setAccessibleName(f"{title}. {text}".replace("..", "."))
        while (item := self._row.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        self._row.addStretch(1)
        self.buttons = [
            button(
                action.label,
                partial(self.acted.emit, action.id),
                kind="primary" if number == 0 else "",
            )
            for number, action in enumerate(actions)
        ]
        for each in self.buttons:
            each.setAutoDefault(True)  # Enter presses it: nothing else here could be meant
            self._row.addWidget(each)
        self._row.addStretch(1)
