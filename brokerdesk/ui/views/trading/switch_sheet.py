"""The question before a connection may send orders: what it means, and for real money a tick."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout

from brokerdesk.ui.plain import no_mnemonic, tame
from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.trading_switch import SwitchQuestion
from brokerdesk.ui.widgets.basics import Paragraph, button
from brokerdesk.ui.widgets.mode_band import OrderBand
from brokerdesk.ui.widgets.sheet import Sheet


class SwitchSheet(Sheet):
    """Explains, then asks.

    Signals:
        agreed: trading is to be turned on. No answer: only ``closed``.
    """

    agreed = Signal()

    def __init__(self, question: SwitchQuestion) -> None:
        super().__init__(question.title)
        self.question = question
        self.body.addWidget(OrderBand(question.environment, question.name))
        self.body.addSpacing(px(6))
        for words in question.points:
            line = QHBoxLayout()
            line.setSpacing(px(8))
            line.addWidget(PlainLabel("•", "body", "text3"), 0, Qt.AlignmentFlag.AlignTop)
            line.addWidget(Paragraph(words, "body", "text"), 1)
            line.setContentsMargins(0, 0, 0, px(2))
            self.body.addLayout(line)
        self.sure = QCheckBox(no_mnemonic(question.sure))
        self.sure.setAccessibleName(question.sure)
        self.sure.toggled.connect(self._settle)
        self.body.addSpacing(px(4))
        self.body.addWidget(self.sure)
        self.sure.setVisible(bool(question.sure))
        self.problem = Paragraph("", "small", "loss")
        self.body.addWidget(self.problem)
        self.problem.hide()
        self.no = button("Leave it off", self.close_sheet, kind="primary")
        self.yes = button(question.yes, self._agree)
        self.foot.addWidget(self.yes)
        self.foot.addWidget(self.no)
        self._settle()

    def refuse(self, why: str) -> None:
        """It could not be turned on."""
        self.problem.setText(tame(why))
        self.problem.show()
        self._settle()

    def _settle(self) -> None:
        free = not self.question.sure or self.sure.isChecked()
        self.yes.setEnabled(free)
        why = "" if free else "Tick that you understand that real money moves"
        self.yes.setAccessibleDescription(why)

    def _agree(self) -> None:
        if self.yes.isEnabled():
            self.yes.setEnabled(False)
            self.agreed.emit()
