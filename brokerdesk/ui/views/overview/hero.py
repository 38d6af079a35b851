"""The top of the Overview: the total that leads, what changed, and the figures beside it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.overview import Block, Hero
from brokerdesk.ui.views.overview.figure_line import FigureLine, Run
from brokerdesk.ui.widgets.basics import Hairline
from brokerdesk.ui.widgets.figures import FigureBlock


class HeroPane(QWidget):
    """The total with its oldest figure and its change of the day; blocks at the right."""

    def __init__(self) -> None:
        super().__init__()
        self._caption = PlainLabel("", "small", "text3")
        self.value = FigureLine(42)
        self.change = FigureLine(20)
        self._notes: list[PlainLabel] = []
        self._lines: list[PlainLabel] = []
        self.blocks: list[FigureBlock] = []
        self._hairlines: list[Hairline] = []
        self._left = QVBoxLayout()
        self._left.setSpacing(0)
        for part in (self._caption, self.value, self.change):
            self._left.addWidget(part)
        self._right = QHBoxLayout()
        self._right.setSpacing(px(20))
        row = QHBoxLayout(self)
        row.setContentsMargins(px(20), px(16), px(20), px(8))
        row.setSpacing(px(20))
        row.addLayout(self._left, 1)
        row.addLayout(self._right)
        row.setAlignment(self._right, Qt.AlignmentFlag.AlignTop)

    def show_hero(
        self, hero: Hero | None, blocks: tuple[Block, ...], lines: tuple[str, ...]
    ) -> None:
        """Show this total, these blocks beside it and these lesser totals beneath."""
        self.setVisible(hero is not None)
        if hero is None:
            return
        self._caption.setText(hero.caption)
        self.value.show_runs(
            (
                Run(hero.whole, "hero"),
                Run(hero.cents, "figure", "text3"),
            ),
            hero.spoken,
        )
        self._show_change(hero)
        self._show_lines(self._lines, lines, "text2")
        self._show_blocks(blocks)

    def _show_change(self, hero: Hero) -> None:
        change = hero.change
        self.change.setVisible(change is not None)
        if change is not None:
            note = f"{hero.when} · {hero.notes[0]}" if hero.notes else hero.when
            notes = hero.notes[1:]
            self.change.show_runs(
                (
                    Run(change.glyph, "strong", change.tone, glyph=True, size=14),
                    Run(change.amount, "strong", change.tone, size=14),
                    Run(change.percent, "strong", change.tone, gap=8, size=14),
                    Run(note, "body", "text3", gap=8),
                ),
                f"Change of the day: {change.spoken} {note}",
            )
        else:
            notes = hero.notes
        self._show_lines(self._notes, notes, "text3")

    def _show_lines(self, labels: list[PlainLabel], texts: tuple[str, ...], tone: str) -> None:
        while len(labels) < len(texts):
            label = PlainLabel("", "small", tone, figures=True)
            labels.append(label)
            self._left.addWidget(label)
        for place, label in enumerate(labels):
            label.setText(texts[place] if place < len(texts) else "")
            label.setVisible(place < len(texts))

    def _show_blocks(self, blocks: tuple[Block, ...]) -> None:
        while len(self.blocks) < len(blocks):
            line, view = Hairline(vertical=True), FigureBlock("")
            self._hairlines.append(line)
            self.blocks.append(view)
            self._right.addWidget(line)
            self._right.addWidget(view)
        for place, view in enumerate(self.blocks):
            shown = place < len(blocks)
            view.setVisible(shown)
            self._hairlines[place].setVisible(shown)
            if shown:
                block = blocks[place]
                view.set_label(block.label)
                view.show_figure(block.value, block.caption, tone=block.tone)
