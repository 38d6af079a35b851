"""A sentence in which some words are strong, wrapped with the design's line pitch, never markup."""

from __future__ import annotations

from PySide6.QtGui import QTextCharFormat, QTextLayout

from brokerdesk.ui.plain import tame
from brokerdesk.ui.theme import theme
from brokerdesk.ui.viewmodels.order_sentence import Pieces, plain
from brokerdesk.ui.widgets.paragraph import Paragraph


class Sentence(Paragraph):
    """Shows ``Pieces``. Screen readers and the clipboard get it as one plain sentence."""

    def __init__(self, style: str = "body", tone: str = "text") -> None:
        self._pieces: Pieces = ()
        super().__init__("", style, tone)

    def show_pieces(self, pieces: Pieces) -> None:
        """Say this."""
        if pieces != self._pieces:
            self._pieces = pieces
            self.setText("".join(_clean(piece.text) for piece in pieces))
            self._name()

    def _name(self) -> None:
        self.setAccessibleName(tame(plain(self._pieces)))

    def _formats(self) -> list[QTextLayout.FormatRange]:
        bold = QTextCharFormat()
        bold.setFont(theme().font(self._style, weight=600))
        found, start = [], 0
        for piece in self._pieces:
            length = len(_clean(piece.text).encode("utf-16-le")) // 2
            if piece.strong:
                part = QTextLayout.FormatRange()
                part.start, part.length, part.format = start, length, bold
                found.append(part)
            start += length
        return found


def _clean(text: str) -> str:
    """Tamed, with the blanks at both ends that hold the pieces apart."""
    tamed = tame(text)
    before = " " if text[:1] == " " and tamed[:1] != " " else ""
    after = " " if text[-1:] == " " and tamed[-1:] != " " else ""
    return f"{before}{tamed}{after}"
