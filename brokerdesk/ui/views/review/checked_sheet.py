"""“I have checked myself”: the user says which of the broker's orders it is, or that none is there.

Nothing is sent from here, and nothing is concluded without the user.
"""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QCheckBox, QRadioButton

from brokerdesk.ui.plain import no_mnemonic, tame
from brokerdesk.ui.text import tooltip
from brokerdesk.ui.theme import px
from brokerdesk.ui.widgets.basics import Paragraph, button
from brokerdesk.ui.widgets.sheet import Sheet

TOO_EARLY = (
    "BrokerDesk has not looked for long enough to take your word alone: it takes five full checks "
    "over two minutes that find nothing. An order can appear late. Until then nothing is sent."
)
NONE_FOUND = (
    "Five full checks over two minutes found no such order. Close it as not placed only after you "
    "looked at the broker’s own site. If it appears later, BrokerDesk says so."
)
SOME_FOUND = "These orders at the broker could be it. Say which one it is; nothing is sent."

NONE_OF_THEM = "None of these: I looked, and it was not placed"
NOT_MINE = "None of these is mine: go on looking for it"
MOST = 60
"""Letters of a choice; all of it stands in its tip."""


class CheckedSheet(Sheet):
    """Asks what the user saw.

    Signals:
        chosen: the broker's id of the order that it is.
        absent: it is not there.
        refused: the orders are not it; it is looked for further. No answer: only ``closed``.
    """

    chosen = Signal(str)
    absent = Signal()
    refused = Signal()

    def __init__(
        self,
        found: tuple[tuple[str, str], ...],
        *,
        can_be_absent: bool,
        can_refuse: bool = False,
    ) -> None:
        super().__init__("What did you see at the broker?")
        self._ids = [key for key, _ in found]
        self._refuses = can_refuse and not can_be_absent
        self.choices: list[QRadioButton] = []
        self._group = QButtonGroup(self)
        self.sure = QCheckBox("I looked: it was not placed")
        self.sure.setAccessibleName(self.sure.text())
        self.no = button("Back", self.close_sheet, kind="primary")
        self.yes = button(
            "Settle it"
            if found and (can_be_absent or self._refuses)
            else "This is it"
            if found
            else "Close as not placed",
            self._agree,
        )
        self.foot.addWidget(self.yes)
        self.foot.addWidget(self.no)
        if found:
            none = NONE_OF_THEM if can_be_absent else NOT_MINE if self._refuses else ""
            self._ask_which((*found, ("", none)) if none else found)
        else:
            text = NONE_FOUND if can_be_absent else TOO_EARLY
            self.body.addWidget(Paragraph(text, "body", "text2"))
            self.body.addSpacing(px(6))
            self.body.addWidget(self.sure)
            self.sure.setVisible(can_be_absent)
            self.yes.setVisible(can_be_absent)
        self.sure.toggled.connect(self._settle)
        self._group.buttonToggled.connect(self._settle)
        self._settle()

    def _ask_which(self, found: tuple[tuple[str, str], ...]) -> None:
        self.sure.setParent(self)
        self.sure.hide()
        self.body.addWidget(Paragraph(SOME_FOUND, "body", "text2"))
        self.body.addSpacing(px(6))
        for _, said in found:
            said = tame(said)
            short = said if len(said) <= MOST else f"{said[: MOST - 1]}…"
            choice = QRadioButton(no_mnemonic(short))
            choice.setAccessibleName(said)
            choice.setToolTip(tooltip(said if said != short else ""))
            self._group.addButton(choice)
            self.choices.append(choice)
            self.body.addWidget(choice)

    def _settle(self) -> None:
        self.yes.setEnabled(self.sure.isChecked() or self._group.checkedButton() is not None)

    def _agree(self) -> None:
        picked = [one.isChecked() for one in self.choices]
        if True in picked[: len(self._ids)]:
            self.chosen.emit(self._ids[picked.index(True)])
        elif True in picked and self._refuses:
            self.refused.emit()
        elif True in picked or self.sure.isChecked():
            self.absent.emit()
        self.close_sheet()
