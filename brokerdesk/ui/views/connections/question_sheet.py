"""One question before something that is billed or final. The safe answer has the focus."""

from __future__ import annotations

from PySide6.QtCore import Signal

from brokerdesk.ui.text import no_mnemonic
from brokerdesk.ui.viewmodels.connection_links import Question
from brokerdesk.ui.widgets.basics import Paragraph, button
from brokerdesk.ui.widgets.sheet import Sheet


class QuestionSheet(Sheet):
    """Yes or no.

    Signals:
        agreed: it is to be done. No answer: only ``closed``.
    """

    agreed = Signal()

    def __init__(self, question: Question) -> None:
        super().__init__(question.title)
        self.body.addWidget(Paragraph(question.text, "body", "text2"))
        self.no = button("Cancel", self.close_sheet, kind="primary")
        self.yes = button(no_mnemonic(question.verb), self._agree)
        self.foot.addWidget(self.yes)
        self.foot.addWidget(self.no)

    def _agree(self) -> None:
        self.agreed.emit()
        self.close_sheet()
