"""Paints cells: figures in line on their point, words shortened at the right place.

Sign, glyph, hanging mark and blank decimals are drawn apart from the digits, so that digits stay
under each other. Shaped texts are kept, because shaping is most of what a frame costs. Knows cells
and columns; where they stand is the table's.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QFont,
    QFontMetricsF,
    QPainter,
    QPaintEvent,
    QStaticText,
    QTextOption,
    QTransform,
)
from PySide6.QtWidgets import QWidget

from brokerdesk.facts import dataclass
from brokerdesk.ui.models.columns import Cell
from brokerdesk.ui.models.names import shortened
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.widgets.icons import paint_icon
from brokerdesk.ui.widgets.marks import paint_mark
from brokerdesk.ui.widgets.table_sizes import (
    CHEVRON,
    EDGE_END,
    EDGE_FLAT,
    EDGE_TREE,
    GAP,
    GLYPH,
    INDENT,
    LEAD,
    LIFT,
    PAD,
)
from brokerdesk.ui.widgets.tags import paint_tag, tag_size

__all__ = [
    "CHEVRON",
    "EDGE_END",
    "EDGE_FLAT",
    "EDGE_TREE",
    "INDENT",
    "LEAD",
    "PAD",
    "TOO_NARROW",
    "CellPainter",
    "Corner",
    "Slot",
]

TOO_NARROW = "###"
_BAR_TEXT = 40
ICON, ICON_GAP, LEAD_GAP = 14, 6, 4
_MOST_SHAPED = 6_000


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a column is drawn and how: ``left`` and ``right`` are the paddings inside."""

    column: int
    x: int
    width: int
    left: int
    right: int
    number: bool
    time: bool
    bar: bool


class _Face:
    """One font with what was measured and shaped in it."""

    __slots__ = ("ascent", "descent", "font", "metrics", "shaped", "size")

    def __init__(self, font: QFont) -> None:
        self.font = font
        self.metrics = QFontMetricsF(font)
        self.ascent, self.descent = self.metrics.ascent(), self.metrics.descent()
        self.size = font.pixelSize()
        self.shaped: dict[str, tuple[QStaticText, float]] = {}

    def text(self, text: str) -> tuple[QStaticText, float]:
        """The shaped text and its width."""
        found = self.shaped.get(text)
        if found is None:
            if len(self.shaped) >= _MOST_SHAPED:
                self.shaped.clear()
            shaped = QStaticText(text)
            shaped.setTextFormat(Qt.TextFormat.PlainText)
            # Figures, symbols and endings keep their order in a right-to-left interface too.
            option = QTextOption()
            option.setTextDirection(Qt.LayoutDirection.LeftToRight)
            option.setWrapMode(QTextOption.WrapMode.NoWrap)
            shaped.setTextOption(option)
            shaped.prepare(QTransform(), self.font)
            found = self.shaped[text] = (shaped, shaped.size().width())
        return found

    def width(self, text: str) -> float:
        return self.text(text)[1]


class CellPainter:
    """Draws one table's cells in the present theme and scale."""

    def __init__(self) -> None:
        self._faces: dict[tuple[str, int, bool], _Face] = {}
        self._glyph: _Face | None = None
        self._scale = theme().scale
        self.wants: dict[int, int] = {}
        """Columns whose figures did not fit, and the width that they need."""

    def begin(self) -> None:
        """A frame begins: fonts of another scale are let go."""
        if self._scale != theme().scale:
            self.forget()
        self.wants.clear()

    def forget(self) -> None:
        self._scale = theme().scale
        self._faces.clear()
        self._glyph = None

    def face(self, style: str, weight: int, figures: bool) -> _Face:
        key = (style, weight, figures)
        found = self._faces.get(key)
        if found is None:
            font = theme().font(style, weight=weight, figures=figures)
            found = self._faces[key] = _Face(font)
        return found

    def _glyph_face(self) -> _Face:
        if self._glyph is None:
            font = QFont(theme().font("body"))
            font.setPixelSize(max(6, round(font.pixelSize() * GLYPH)))
            self._glyph = _Face(font)
        return self._glyph

    def draw(
        self, painter: QPainter, slot: Slot, y: int, height: int, cell: Cell, *,
        dim: bool = False, strong: bool = False, mirrored: bool = False, reach: int = 0,
    ) -> None:  # fmt: skip
        """Draw a cell into its slot. ``dim``: the cell of a child; ``strong``: of the totals.

        ``reach`` is blank room behind the slot that words may run into.
        """
        tone = "text2" if dim and cell.tone == "text" else cell.tone
        weight = 600 if cell.strong or strong else 400
        if slot.number or slot.bar:
            if cell.bar is not None:
                self._bar(painter, slot, y, height, cell.bar)
            self._figure(painter, slot, y, height, cell, tone, weight)
            return
        x, right = slot.x + slot.left, slot.x + slot.width - slot.right
        if mirrored:
            x, right = slot.x + slot.right, slot.x + slot.width - slot.left
            x -= reach
        else:
            right += reach
        if slot.column == 0 and not cell.strong and not strong:
            weight = 500 if not dim else 400
        self.words(painter, x, right, y, height, cell, tone, weight, mirrored=mirrored)

    # figures

    def fits(self, slot: Slot, cell: Cell, *, strong: bool = False) -> bool:
        """Whether nothing of a cell is left out in its slot."""
        face = self.face(
            "small" if cell.small else "body",
            600 if cell.strong or strong else 400,
            slot.number or slot.bar,
        )
        room = slot.width - slot.left - slot.right
        extra = (face.width(cell.tail) if cell.tail else 0) + self._before(cell)
        if cell.mark is not None:
            extra += px(18)
        if cell.tags:
            extra += sum(tag_size(word, kind).width() + px(6) for word, kind in cell.tags)
        return face.width(cell.text) + extra <= room + 0.5

    def needed(self, slot: Slot, cell: Cell, *, strong: bool = False) -> int:
        """The width that a cell asks for."""
        numeric = slot.number or slot.bar
        weight = 600 if cell.strong or strong else 500 if slot.column == 0 else 400
        face = self.face("small" if cell.small else "body", weight, numeric)
        width = face.width(cell.text) + slot.left + slot.right + self._before(cell)
        if cell.tail:
            width += face.width(cell.tail)
        if cell.glyph:
            width += self._glyph_face().width(cell.glyph) + GAP * face.size
        if cell.mark is not None:
            width += px(18)
        width += sum(tag_size(word, kind).width() + px(6) for word, kind in cell.tags)
        if slot.bar:
            width = max(width, px(LEAD + 32 + PAD + _BAR_TEXT) + slot.right)
        return int(width + 0.999)

    def _before(self, cell: Cell) -> float:
        """The width of what stands before the words."""
        lead = self.face("body", 600, False).width(cell.lead) + px(LEAD_GAP) if cell.lead else 0.0
        return lead + (px(ICON + ICON_GAP) if cell.icon else 0)

    def _figure(
        self, painter: QPainter, slot: Slot, y: int, height: int, cell: Cell, tone: str, weight: int
    ) -> None:
        text = cell.text
        if not text:
            return
        face = self.face("small" if cell.small else "body", weight, True)
        shaped, width = face.text(text)
        pad = face.width(cell.tail) if cell.tail else 0.0
        room = slot.width - slot.right - 2 - pad
        if width > room:
            if slot.time or not any(map(str.isdigit, text)):
                text = shortened(text, room, face.width)
            else:  # never a figure with its end cut off
                self.wants[slot.column] = max(
                    self.wants.get(slot.column, 0), self.needed(slot, cell)
                )
                text = TOO_NARROW
            shaped, width = face.text(text)
        right = slot.x + slot.width - slot.right - pad
        base = round(y + (height - 1 + face.ascent - face.descent) / 2)
        top = base - face.ascent
        painter.setFont(face.font)
        painter.setPen(theme().colour(tone))
        painter.drawStaticText(QPointF(right - width, top), shaped)
        if cell.changed:
            painter.fillRect(
                QRectF(round(right - width), base + 2, round(width), 1), theme().colour(tone)
            )
        if cell.glyph and text != TOO_NARROW:
            small = self._glyph_face()
            mark, wide = small.text(cell.glyph)
            left = right - width - GAP * face.size - wide
            if left >= slot.x:
                painter.setFont(small.font)
                lifted = base - LIFT * face.size - small.ascent
                painter.drawStaticText(QPointF(left, lifted), mark)
        if cell.hanging:
            painter.setFont(face.font)
            painter.setPen(theme().colour("text3"))
            painter.drawStaticText(QPointF(right, top - 2), face.text(cell.hanging)[0])

    def _bar(self, painter: QPainter, slot: Slot, y: int, height: int, share: float) -> None:
        left = slot.x + max(slot.left, px(LEAD))
        right = slot.x + slot.width - slot.right - px(_BAR_TEXT) - px(PAD)
        if right - left < 4:
            return
        thick = px(6)
        track = QRectF(left, y + (height - 1 - thick) // 2, right - left, thick)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().colour("inset"))
        painter.drawRoundedRect(track, 2, 2)
        share = min(1.0, max(0.0, float(share)))
        if share > 0:
            track.setWidth(max(2.0, track.width() * share))
            painter.setBrush(theme().colour("accent"))
            painter.drawRoundedRect(track, 2, 2)
        painter.restore()

    # words

    def words(
        self, painter: QPainter, x: float, right: float, y: int, height: int, cell: Cell,
        tone: str, weight: int, *, mirrored: bool = False,
    ) -> None:  # fmt: skip
        """Draw mark, text and tags between ``x`` and ``right``."""
        ends = (x, right)

        def at(left: float, width: float) -> float:
            return ends[0] + ends[1] - left - width if mirrored else left

        if cell.mark is not None:
            side = px(9)
            box = QRectF(at(x, side), y + (height - 1 - side) / 2, side, side)
            paint_mark(painter, cell.mark, box)
            x += px(18)
        if cell.icon:
            side = px(ICON)
            box = QRectF(at(x, side), y + (height - 1 - side) / 2, side, side)
            paint_icon(painter, cell.icon, box, tone)
            x += side + px(ICON_GAP)
        if cell.lead:
            face = self.face("body", 600, False)
            shaped, width = face.text(cell.lead)
            if width <= right - x:
                base = round(y + (height - 1 + face.ascent - face.descent) / 2)
                painter.setFont(face.font)
                painter.setPen(theme().colour(cell.lead_tone))
                painter.drawStaticText(QPointF(at(x, width), base - face.ascent), shaped)
                x += width + px(LEAD_GAP)
        if cell.text:
            face = self.face("small" if cell.small else "body", weight, False)
            room = max(0.0, right - x)
            shaped, width = face.text(cell.text)
            if width > room:
                shaped, width = face.text(shortened(cell.text, room, face.width))
            if width <= room + px(PAD):
                base = round(y + (height - 1 + face.ascent - face.descent) / 2)
                painter.setFont(face.font)
                painter.setPen(theme().colour(tone))
                painter.drawStaticText(QPointF(at(x, width), base - face.ascent), shaped)
                x += width + px(PAD)
        for place, (word, kind) in enumerate(cell.tags):
            size = tag_size(word, kind)
            if x + size.width() > right + 1:
                self._more(painter, len(cell.tags) - place, x, right, y, height, at)
                break
            box = QRectF(
                round(at(x, size.width())), y + (height - 1 - size.height()) // 2,
                size.width(), size.height(),
            )  # fmt: skip
            paint_tag(painter, box, word, kind)
            x += size.width() + px(5)

    def _more(
        self,
        painter: QPainter,
        count: int,
        x: float,
        right: float,
        y: int,
        height: int,
        at: Callable[[float, float], float],
    ) -> None:
        """How many tags have no room, where there is room for that; the tip has all of them."""
        face = self.face("small", 400, False)
        shaped, width = face.text(f"+{count}")
        if x + width <= right + 1:
            base = round(y + (height - 1 + face.ascent - face.descent) / 2)
            painter.setFont(face.font)
            painter.setPen(theme().colour("text3"))
            painter.drawStaticText(QPointF(at(x, width), base - face.ascent), shaped)

    def chevron(self, painter: QPainter, x: float, y: int, height: int, *, opened: bool,
                mirrored: bool) -> None:  # fmt: skip
        side = px(CHEVRON)
        name = "chevron-down" if opened else "chevron-left" if mirrored else "chevron-right"
        paint_icon(painter, name, QRectF(x, y + (height - 1 - side) // 2, side, side), "text3")


class Corner(QWidget):
    """Where two scroll bars meet there is nothing to see."""

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), theme().colour("surface"))
