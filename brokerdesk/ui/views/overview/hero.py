"""The top of the Overview: the total that leads, what changed, and the figures beside it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.overview import Block, Change, Hero
from brokerdesk.ui.widgets.basics import Hairline
from brokerdesk.ui.widgets.charts.figure_line import FigureLine, Run
from brokerdesk.ui.widgets.figures import FigureBlock


class HeroPane(QWidget):
    """The total with its oldest figure and its change of the day; blocks at the right."""

    def __init__(self) -> None:
        super().__init__()
        self._caption = FigureLine(16)
        self.value = FigureLine(42)
        self.change = FigureLine(20)
        self._hero: Hero | None = None
        self._beside = True
        """Whether the first note stands behind the change, or beneath it with the others."""
        self._notes: list[PlainLabel] = []
        self._lines: list[PlainLabel] = []
        self.blocks: list[FigureBlock] = []
        self._hairlines: list[Hairline] = []
        self._left = QVBoxLayout()
        self._left.setSpacing(0)
        for part in (self._caption, self.value, self.change):
            self._left.addWidget(part)
        self._lines_box, self._notes_box = QVBoxLayout(), QVBoxLayout()
        for box in (self._lines_box, self._notes_box):
            box.setSpacing(0)
            self._left.addLayout(box)
        self._right = QHBoxLayout()
        self._right.setSpacing(px(20))
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(px(20), px(16), px(20), px(8))
        self._row.setSpacing(px(20))
        self._row.addLayout(self._left, 1)
        self._row.addLayout(self._right)
        self._row.setAlignment(self._right, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)

    def show_hero(
        self, hero: Hero | None, blocks: tuple[Block, ...], lines: tuple[str, ...]
    ) -> None:
        """Show this total, these blocks beside it and these lesser totals beneath."""
        self.setVisible(hero is not None)
        if hero is None:
            return
        first, *more = hero.caption
        rest = "".join(f" · {one}" for one in more)
        self._caption.show_runs(
            (Run(first, "small", "text3"), Run(rest, "small", "text3")), ", ".join(hero.caption)
        )
        self.value.show_runs(
            (
                Run(hero.whole, "hero"),
                Run(hero.cents, "figure", "text3"),
            ),
            hero.spoken,
        )
        self._hero = hero
        self._show_change(hero)
        self._show_lines(self._lines_box, self._lines, lines, "text2")
        self._show_blocks(blocks)
        self._settle_note()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._settle()

    def _settle(self) -> None:
        """Blocks stand beside the total where there is room, else beneath it."""
        left = max(part.sizeHint().width() for part in (self._caption, self.value))
        left = max(left, self.change.minimumSizeHint().width())
        needed = left + self._right.sizeHint().width() + px(60)
        beneath = self.width() < needed
        way = QBoxLayout.Direction.TopToBottom if beneath else QBoxLayout.Direction.LeftToRight
        if way != self._row.direction():
            self._row.setDirection(way)
            self._row.setSpacing(px(8) if beneath else px(20))
            if self._hairlines:
                self._hairlines[0].setVisible(not beneath)
        self._settle_note()

    def _settle_note(self) -> None:
        """The first note stands behind the change where it has room: words are not cut."""
        hero = self._hero
        if hero is None or hero.change is None or not hero.notes:
            return
        room = self.width() - px(40)
        if not self._is_beneath():
            room -= self._right.sizeHint().width() + px(20)
        beside = self.change.needed(_change_runs(hero, hero.change, beside=True)) <= room
        if beside != self._beside:
            self._beside = beside
            self._show_change(hero)

    def _show_change(self, hero: Hero) -> None:
        change = hero.change
        self.change.setVisible(change is not None)
        notes = hero.notes
        if change is not None:
            runs = _change_runs(hero, change, beside=self._beside)
            self.change.show_runs(runs, f"Change of the day: {change.spoken} {runs[-1].text}")
            notes = notes[1:] if self._beside else notes
        self._show_lines(self._notes_box, self._notes, notes, "text3")

    @staticmethod
    def _show_lines(
        box: QVBoxLayout, labels: list[PlainLabel], texts: tuple[str, ...], tone: str
    ) -> None:
        while len(labels) < len(texts):
            label = PlainLabel("", "small", tone, figures=True)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            labels.append(label)
            box.addWidget(label)
        for place, label in enumerate(labels):
            label.setText(texts[place] if place < len(texts) else "")
            label.setVisible(place < len(texts))

    def _is_beneath(self) -> bool:
        return self._row.direction() == QBoxLayout.Direction.TopToBottom

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
            self._hairlines[place].setVisible(shown and (place > 0 or not self._is_beneath()))
            if shown:
                block = blocks[place]
                view.set_label(block.label)
                view.show_figure(block.value, block.caption, tone=block.tone)


def _change_runs(hero: Hero, change: Change, *, beside: bool) -> tuple[Run, ...]:
    """The change of the day and when it was; ``beside``: with the first note."""
    note = f"{hero.when} · {hero.notes[0]}" if beside and hero.notes else hero.when
    return (
        Run(change.glyph, "strong", change.tone, glyph=True, size=14),
        Run(change.amount, "strong", change.tone, size=14),
        Run(change.percent, "strong", change.tone, gap=8, size=14),
        Run(note, "body", "text3", gap=8),
    )
