"""Column titles: painted, sortable, movable, fitted by a double click on their border."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHeaderView, QWidget

from brokerdesk.ui.models.tree_rows import TreeRows
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.widgets.icons import paint_icon
from brokerdesk.ui.widgets.table_cells import (
    CHEVRON,
    EDGE_END,
    EDGE_FLAT,
    EDGE_TREE,
    LEAD,
    PAD,
    Slot,
)
from brokerdesk.ui.widgets.viewport import give_viewport

_CHEVRON = 11
LEAST = 40


class NoSide(QHeaderView):
    """The side header of a table that has none.

    A hidden one still asks a hundred rows for their titles at every change of style.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Vertical, parent)
        self.hide()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(0, 0)


class TableHeader(QHeaderView):
    """The sorted column is dark and bold with a chevron before the word."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        give_viewport(self)
        self.setSectionsClickable(True)
        self.setSectionsMovable(True)
        self.setFirstSectionMovable(False)  # the chevrons of open rows stand there
        self.setHighlightSections(False)
        self.setMinimumSectionSize(px(LEAST))
        self.setFixedHeight(px(theme().tokens.row["header"]))
        self.setAccessibleName("Column titles")
        self.setSortIndicatorClearable(False)
        self._painted: list[Slot] = []
        self.held = False
        """Whether the mouse is down here: a width that changes now is the reader's."""

    def slots(self) -> list[Slot]:
        """Where the visible columns are, from the side where reading begins."""
        model = self.model()
        if not isinstance(model, TreeRows):
            return []
        order = (self.logicalIndex(visual) for visual in range(self.count()))
        shown = [section for section in order if not self.isSectionHidden(section)]
        found = []
        after_figures = False
        for number, section in enumerate(shown):
            column = model.columns[section]
            left = px(LEAD) if after_figures or column.bar else px(PAD)
            if section == 0:
                left = px(EDGE_TREE + CHEVRON + PAD) if model.has_children else px(EDGE_FLAT)
            last = number == len(shown) - 1
            found.append(
                Slot(
                    column=section,
                    x=self.sectionViewportPosition(section),
                    width=self.sectionSize(section),
                    left=px(2) if column.number and not column.bar else left,
                    right=px(EDGE_END) if last else px(PAD),
                    number=column.number and not column.bar,
                    time=column.time,
                    bar=column.bar,
                )
            )
            after_figures = column.number or column.bar
        return found

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.held = True
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        super().mouseReleaseEvent(event)
        self.held = False

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.held = True
        super().mouseDoubleClickEvent(event)
        self.held = False

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:  # noqa: N802
        slots = self._painted or self.slots()
        slot = next((each for each in slots if each.column == section), None)
        model = self.model()
        look = theme()
        painter.fillRect(rect, look.colour("surface"))
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, look.colour("line"))
        if slot is None or not isinstance(model, TreeRows):
            return
        chosen = self.isSortIndicatorShown() and self.sortIndicatorSection() == section
        font = look.font("small", weight=600 if chosen else 500)
        metrics = QFontMetricsF(font)
        mark = px(_CHEVRON) + 3 if chosen else 0
        room = rect.width() - slot.left - slot.right - mark
        title = model.columns[section].title
        text = metrics.elidedText(title, Qt.TextElideMode.ElideRight, max(0, room) + 1)
        width = metrics.horizontalAdvance(text)
        mirrored = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        if slot.number:
            left = rect.left() + rect.width() - slot.right - width
        elif mirrored:
            left = rect.left() + rect.width() - slot.left - width - mark
        else:
            left = rect.left() + slot.left + mark
        painter.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # P/L % stays P/L %
        painter.setFont(font)
        painter.setPen(look.colour("text" if chosen else "text3"))
        base = round(rect.top() + (rect.height() - 1 + metrics.ascent() - metrics.descent()) / 2)
        painter.drawText(QPointF(left, base), text)
        if chosen:
            up = self.sortIndicatorOrder() == Qt.SortOrder.AscendingOrder
            side = px(_CHEVRON)
            place = QRectF(left - mark, rect.top() + (rect.height() - 1 - side) // 2, side, side)
            paint_icon(painter, "chevron-up" if up else "chevron-down", place, "text")

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        self._painted = self.slots()  # each section asks for them
        super().paintEvent(event)
        self._painted = []
        # Right of the last column there is no section to paint.
        end = self.length() - self.offset()
        if end < self.viewport().width():
            with QPainter(self.viewport()) as painter:
                look = theme()
                mirrored = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
                width = self.viewport().width() - end
                rest = QRect(0 if mirrored else end, 0, width, self.height())
                painter.fillRect(rest, look.colour("surface"))
                painter.fillRect(rest.left(), rest.bottom(), width, 1, look.colour("line"))
