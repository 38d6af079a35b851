"""What the total consists of, as sorted bars; by class, by account or by currency."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.overview_parts import By, Split
from brokerdesk.ui.widgets.basics import Paragraph, PictureButton
from brokerdesk.ui.widgets.charts.allocation import AllocationBars

_WORDS = {By.CLASS: "By class", By.ACCOUNT: "By account", By.CURRENCY: "By currency"}


class AllocationPane(QWidget):
    """The bars with their choice.

    Signals:
        by_chosen: the user chose another way to split, its word.
        activated: the key of the part that was chosen.
    """

    by_chosen = Signal(str)
    activated = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.bars = AllocationBars()
        self.by = By.CLASS
        # A menu made when it is asked for: a combo box costs a list view at every start.
        self.choice = PictureButton("", "chevron-down", "text2")
        self.choice.setProperty("sz", "small")
        self.choice.setProperty("kind", "ghost")
        self.choice.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        self.choice.setAutoDefault(False)
        self._nothing = PlainLabel("Nothing to split yet.", "small", "text3")
        self._note = Paragraph("", "small", "text3")
        self._shown: Split | None = None
        head = QHBoxLayout()
        head.addWidget(PlainLabel("Allocation", "strong"))
        head.addStretch(1)
        head.addWidget(self.choice)
        column = QVBoxLayout(self)
        # The rows of the bars bring padding of their own.
        column.setContentsMargins(px(10), px(10), px(10), px(14))
        column.setSpacing(px(4))
        head.setContentsMargins(px(6), 0, px(6), 0)
        column.addLayout(head)
        foot = QVBoxLayout()
        foot.setContentsMargins(px(6), 0, px(6), 0)
        foot.addWidget(self._nothing)
        foot.addWidget(self._note)
        column.addWidget(self.bars)
        column.addLayout(foot)
        self.choice.clicked.connect(self._open_menu)
        self.bars.activated.connect(self.activated)
        self.choose(By.CLASS.value)

    def choose(self, word: str) -> None:
        """Split in another way, as the last time; an unknown word changes nothing."""
        if word in [one.value for one in By]:
            self.by = By(word)
            self.choice.setText(_WORDS[self.by] + "\N{THIN SPACE}")
            self.choice.setAccessibleName(f"Split the total: {_WORDS[self.by]}")

    def menu(self) -> QMenu:
        """The ways to split, the present one marked."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        ways = QActionGroup(menu)
        for by, words in _WORDS.items():
            way = menu.addAction(words)
            way.setCheckable(True)
            way.setChecked(by is self.by)
            way.triggered.connect(partial(self._on_chosen, by))
            ways.addAction(way)
        return menu

    def _open_menu(self) -> None:
        corner = self.choice.rect().bottomLeft()
        self.menu().popup(self.choice.mapToGlobal(corner))

    def show_split(self, split: Split | None) -> None:
        if split == self._shown and split is not None:
            return
        self._shown = split
        parts = split.parts if split is not None else ()
        self.bars.show_parts(parts, split.currency if split is not None else "USD")
        self.bars.setVisible(bool(parts))
        self._nothing.setVisible(not parts)
        self._note.setText(split.note if split is not None else "")
        self._note.setVisible(bool(split is not None and split.note))

    def _on_chosen(self, by: By, _checked: bool = False) -> None:
        self.choose(by.value)
        self.by_chosen.emit(by.value)
