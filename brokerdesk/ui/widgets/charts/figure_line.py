"""Figures of several sizes and colours on one baseline, which labels side by side cannot give.

It paints what it is given and is read out by the name it is given.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from brokerdesk.facts import dataclass
from brokerdesk.ui.plain import tooltip
from brokerdesk.ui.theme import px, theme

MOST = 380
"""No figure asks for more width than this."""
GLYPH_SIZE, GLYPH_GAP, GLYPH_RAISE = 0.74, 0.28, 0.08


@dataclass(frozen=True, slots=True)
class Run:
    """One piece of text. ``gap`` is the space before it; a ``glyph`` is drawn small and raised."""

    text: str
    style: str = "body"
    tone: str = "text"
    weight: int | None = None
    gap: float = 0
    glyph: bool = False
    size: int = 0
    """Another size than the style's own, in the design's pixels."""
    figures: bool = True
    """Digits of equal width, which widens hyphens; not for prose."""

    def font(self) -> QFont:
        font = theme().font(self.style, weight=self.weight, figures=self.figures)
        if self.size or self.glyph:
            font = QFont(font)
            size = px(self.size) if self.size else font.pixelSize()
            font.setPixelSize(max(1, round(size * GLYPH_SIZE) if self.glyph else size))
        return font


class FigureLine(QWidget):
    """Runs of text on one baseline. The last run is cut where there is no room, never shrunk.

    A first figure that has no room at all is ``###``, told in full by the tool tip.
    """

    def __init__(self, line: int) -> None:
        """``line`` is the line height in the design's pixels."""
        super().__init__()
        self._runs: tuple[Run, ...] = ()
        self.setFixedHeight(px(line))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self._on_theme)

    @property
    def runs(self) -> tuple[Run, ...]:
        return self._runs

    def text(self) -> str:
        """Everything that is written, for tests and reports."""
        return " ".join(run.text for run in self._runs if run.text)

    def show_runs(self, runs: Sequence[Run], spoken: str) -> None:
        """Write these; ``spoken`` is what a screen reader says in their place."""
        kept = tuple(run for run in runs if run.text)
        self.setAccessibleName(spoken)
        if kept != self._runs:
            self._runs = kept
            self.updateGeometry()
            self._tell()
            self.update()

    def needed(self, runs: Sequence[Run]) -> int:
        """The width in which these would be whole."""
        return int(self._width(tuple(run for run in runs if run.text)) + 0.999)

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(self.needed(self._runs), self.height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Room for all runs but the last of several: figures are whole, words may be cut."""
        kept = self._runs[:-1] if len(self._runs) > 1 else self._runs
        return QSize(min(px(MOST), int(self._width(kept) + 0.999)), self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._tell()

    def _tell(self) -> None:
        """What is not seen whole is told by the tool tip."""
        whole = self._width(self._runs) <= self.width() + 1
        self.setToolTip(tooltip("" if whole else self.accessibleName()))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            # Signs and symbols keep their places in a right-to-left interface too.
            painter.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
            self._paint(painter)

    def _paint(self, painter: QPainter) -> None:
        if not self._runs:
            return
        fonts = [run.font() for run in self._runs]
        tallest = QFontMetricsF(max(fonts, key=lambda font: font.pixelSize()))
        base = round((self.height() + tallest.ascent() - tallest.descent()) / 2)
        x = 0.0
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            x = max(0.0, self.width() - self._width(self._runs))
        last = len(self._runs) - 1
        for place, (run, font) in enumerate(zip(self._runs, fonts, strict=True)):
            x += px(run.gap)
            text = run.text
            if not place and QFontMetricsF(font).horizontalAdvance(text) > self.width() + 1:
                text = "###"
            if place and place == last:
                room = max(0.0, self.width() - x + 1)
                text = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, room)
            painter.setFont(font)
            painter.setPen(theme().colour(run.tone))
            lift = round(GLYPH_RAISE * font.pixelSize() / GLYPH_SIZE) if run.glyph else 0
            painter.drawText(QPointF(x, base - lift), text)
            x += QFontMetricsF(font).horizontalAdvance(run.text)
            if run.glyph:
                x += GLYPH_GAP * font.pixelSize() / GLYPH_SIZE

    @staticmethod
    def _width(runs: Sequence[Run]) -> float:
        wide = 0.0
        for run in runs:
            font = run.font()
            wide += px(run.gap) + QFontMetricsF(font).horizontalAdvance(run.text)
            if run.glyph:
                wide += GLYPH_GAP * font.pixelSize() / GLYPH_SIZE
        return wide

    def _on_theme(self) -> None:
        self.update()
