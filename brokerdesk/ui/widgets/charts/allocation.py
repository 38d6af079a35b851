"""Sorted bars on one scale, one row a part: name, bar, share, amount. No pie.

Each row can be reached by keys and says what it shows. The list shows what it is given; what the
parts are is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetricsF, QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QStyle, QVBoxLayout, QWidget

from brokerdesk.facts import dataclass
from brokerdesk.ui import format as fmt
from brokerdesk.ui.plain import tame, tooltip
from brokerdesk.ui.theme import theme
from brokerdesk.ui.widgets.charts.keyed import ringed
from brokerdesk.ui.widgets.charts.labels import HIDDEN, money, short_money
from brokerdesk.ui.widgets.charts.line_paint import paint_focus
from brokerdesk.ui.widgets.charts.pixels import px, width_of
from brokerdesk.ui.widgets.charts.shares import Part

ROW, BAR, GAP, PAD = 24, 6, 12, 6
_WALKING = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End)
_SINGLE = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine


@dataclass(frozen=True, slots=True)
class Columns:
    """What all rows share: widths, and the scale of the bars as shares of their track."""

    label: float
    share: float
    amount: float
    low: Decimal
    high: Decimal
    scaled: bool = True


class AllocationRow(QAbstractButton):
    """One part."""

    def __init__(self, part: Part, currency: str) -> None:
        super().__init__()
        self.part, self._currency = part, part.currency or currency
        self._private = False
        self._columns = Columns(60, 46, 60, Decimal(0), Decimal(1))
        self._ring = False
        self.setProperty("ownFocus", True)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.label = tame(part.label)
        self._fit()
        theme().changed.connect(self.update)
        self.set_private(False)

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(int(px(280)), int(px(ROW)))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(int(px(160)), int(px(ROW)))

    def retell(self, part: Part, currency: str) -> None:
        """The same part with other figures; ``set_columns`` follows."""
        self.part, self._currency = part, part.currency or currency
        self.set_private(self._private)

    def set_private(self, private: bool) -> None:
        self._private = private
        amount = "no data" if self.part.value is None else ""
        if self.part.value is not None:
            hidden = "amount hidden"
            amount = hidden if private else money(self.part.value, self._currency, private=False)
        share = "" if self.part.share is None else f"{self.share_text[:-1]} percent, "
        self.setAccessibleName(f"{self.label}: {share}{amount}")
        self.update()

    def set_columns(self, columns: Columns) -> None:
        self._columns = columns
        self._fit()
        self.update()

    @property
    def share_text(self) -> str:
        """The share with one decimal; half to even, as everywhere."""
        share = self.part.share
        if share is None:
            return fmt.NONE
        rounded = share.quantize(Decimal("0.1"))
        return f"{rounded:,f}%".replace("-", fmt.MINUS) if rounded else "0.0%"

    @property
    def amount_text(self) -> str:
        if self.part.value is None:
            return fmt.NO_DATA
        return HIDDEN if self._private else short_money(self.part.value, self._currency)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            self._paint(painter)

    def _paint(self, painter: QPainter) -> None:
        look, columns = theme(), self._columns
        painter.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        if self.underMouse():
            painter.fillRect(self.rect(), look.colour("alt"))
        width, height = self.width() - 2 * px(PAD), self.height()
        figures, label = self._figures, self._label_width
        painter.setFont(look.font("body"))
        painter.setPen(look.colour("text2"))
        start = Qt.AlignmentFlag.AlignLeft
        end = Qt.AlignmentFlag.AlignRight
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            start, end = end, start
        painter.drawText(self._at(0, label), int(start | _SINGLE), self.shown_label)
        left = label + px(GAP)
        track = width - figures - px(GAP) - left
        if track > px(8) and columns.scaled:
            self._paint_bar(painter, self._at(left, track))
        painter.setFont(look.font("body", weight=500, figures=True))
        painter.setPen(look.colour("text"))
        left = width - figures
        painter.drawText(self._at(left, columns.share), int(end | _SINGLE), self.share_text)
        painter.setFont(look.font("small", figures=True))
        painter.setPen(look.colour("text3"))
        left = width - columns.amount
        painter.drawText(self._at(left, columns.amount), int(end | _SINGLE), self.amount_text)
        if self._ring and self.hasFocus():
            paint_focus(painter, QRectF(0, 0, self.width(), height))

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        self._ring = ringed(event.reason(), self._ring)
        super().focusInEvent(event)

    def resizeEvent(self, _event: QResizeEvent) -> None:  # noqa: N802
        self._fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() in _WALKING:
            event.ignore()  # the list goes through its rows
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def _fit(self) -> None:
        """Names give way to figures, which are never cut; a cut name is told in full by its tip."""
        self._figures = self._columns.share + self._columns.amount + px(GAP)
        room = self.width() - 2 * px(PAD) - self._figures - px(64) - 2 * px(GAP)
        self._label_width = min(self._columns.label, max(px(40), room))
        metrics = QFontMetricsF(theme().font("body"))
        elide = Qt.TextElideMode.ElideRight
        self.shown_label = metrics.elidedText(self.label, elide, self._label_width)
        self.setToolTip(tooltip(self.label) if self.shown_label != self.label else "")

    def _at(self, left: float, width: float) -> QRect:
        rect = QRect(round(left + px(PAD)), 0, round(width), self.height())
        return QStyle.visualRect(self.layoutDirection(), self.rect(), rect)

    def _paint_bar(self, painter: QPainter, cell: QRect) -> None:
        look, value, columns = theme(), self.part.value, self._columns
        thick = px(BAR)
        track = QRectF(cell.left(), (self.height() - thick) / 2, cell.width(), thick)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.colour("inset"))
        painter.drawRoundedRect(track, 2, 2)
        span = columns.high - columns.low
        zero = float(-columns.low / span)
        if value:
            end = float((value - columns.low) / span)
            begin, end = sorted((zero, end))
            bar = QRectF(track)
            bar.setLeft(track.left() + begin * track.width())
            bar.setWidth(max(px(2), (end - begin) * track.width()))
            if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
                bar.moveRight(track.right() - begin * track.width())
            painter.setBrush(look.colour("accent" if value > 0 else "loss"))
            painter.drawRoundedRect(bar, 2, 2)
        painter.restore()
        if columns.low < 0:
            # What is owed goes to the other side of a line, so that colour does not say it alone.
            at = zero if self.layoutDirection() != Qt.LayoutDirection.RightToLeft else 1 - zero
            x = round(track.left() + at * track.width())
            painter.fillRect(QRectF(x, track.top() - 3, 1, thick + 6), look.colour("text3"))


class AllocationBars(QWidget):
    """All parts. Up, Down, Home and End go through them; Tab enters once.

    Signals:
        activated: the key of the part that was clicked or chosen with Space or Enter.
    """

    activated = Signal(str)

    def __init__(self, name: str = "Allocation") -> None:
        super().__init__()
        self._rows: list[AllocationRow] = []
        self._private = False
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self.setAccessibleName(name)
        theme().changed.connect(self._fit)

    def show_parts(self, parts: Sequence[Part], currency: str = "USD") -> None:
        """Show these, in their order. The row that has the focus keeps it if its part stays."""
        names = [(part.key, part.label) for part in parts]
        if names and names == [(row.part.key, row.part.label) for row in self._rows]:
            for row, part in zip(self._rows, parts, strict=True):
                row.retell(part, currency)
            self._fit()
            return
        focused = next((row.part.key for row in self._rows if row.hasFocus()), None)
        for row in self._rows:
            self._layout.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._rows = [AllocationRow(part, currency) for part in parts]
        for row in self._rows:
            row.set_private(self._private)
            row.clicked.connect(lambda _on=False, key=row.part.key: self.activated.emit(key))
            self._layout.addWidget(row)
        self._fit()
        keep = next((row for row in self._rows if row.part.key == focused), None)
        self._enter_at(keep or (self._rows[0] if self._rows else None))
        if focused is not None and self._rows:
            row = keep or self._rows[0]
            row.show()  # the layout would show it later, and what is hidden takes no focus
            row.setFocus(Qt.FocusReason.ActiveWindowFocusReason)

    def set_private(self, private: bool) -> None:
        """Hide amounts; shares stay."""
        self._private = private
        for row in self._rows:
            row.set_private(private)
        self._fit()

    @property
    def rows(self) -> tuple[AllocationRow, ...]:
        return tuple(self._rows)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Keys that the focused row has no use for come here."""
        here = next((n for n, row in enumerate(self._rows) if row.hasFocus()), None)
        goal = None
        if here is not None:
            goal = {
                Qt.Key.Key_Up: here - 1,
                Qt.Key.Key_Down: here + 1,
                Qt.Key.Key_Home: 0,
                Qt.Key.Key_End: len(self._rows) - 1,
            }.get(Qt.Key(event.key()))
        if goal is None:
            super().keyPressEvent(event)
            return
        row = self._rows[max(0, min(len(self._rows) - 1, goal))]
        self._enter_at(row)
        row.setFocus(Qt.FocusReason.TabFocusReason)

    def _enter_at(self, chosen: AllocationRow | None) -> None:
        for row in self._rows:
            policy = Qt.FocusPolicy.StrongFocus if row is chosen else Qt.FocusPolicy.ClickFocus
            row.setFocusPolicy(policy)

    def _fit(self) -> None:
        """One set of columns for all rows, as wide as the widest."""
        look = theme()
        values = [row.part.value for row in self._rows if row.part.value is not None]
        if self._mixed():
            values = []  # amounts of several currencies have no scale in common
        low, high = min([*values, Decimal(0)]), max([*values, Decimal(0)])
        scaled = not self._mixed()
        if low == high:
            high = low + 1
        body, bold, small = (
            look.font("body"),
            look.font("body", weight=500, figures=True),
            look.font("small", figures=True),
        )
        columns = Columns(
            label=max((width_of(body, row.label) for row in self._rows), default=0) + 1,
            share=max((width_of(bold, row.share_text) for row in self._rows), default=0) + 1,
            amount=max((width_of(small, row.amount_text) for row in self._rows), default=0) + 1,
            low=low,
            high=high,
            scaled=scaled,
        )
        for row in self._rows:
            row.set_columns(columns)

    def _mixed(self) -> bool:
        return len({row.part.currency for row in self._rows}) > 1
