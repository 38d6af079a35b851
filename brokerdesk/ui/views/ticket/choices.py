"""Combos whose choices can be dimmed, with the reason in the list and as a tip."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFontMetricsF, QPaintEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QComboBox,
    QSizePolicy,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
)

from brokerdesk.ui.format import upright
from brokerdesk.ui.plain import tame, tooltip
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.viewmodels.ticket_state import Option
from brokerdesk.ui.widgets.pickers import combo
from brokerdesk.ui.widgets.tags import paint_tag, tag_size

_WIDEST = 460


def choice_box(name: str) -> QComboBox:
    """An empty combo that takes the room there is."""
    made = combo(name, ())
    _settle(made)
    return made


def _settle(made: QComboBox) -> None:
    made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    made.setMinimumWidth(px(80))


def offer(box: QComboBox, options: Sequence[Option], chosen: str) -> None:
    """Show these choices, dim those that cannot be taken, and take ``chosen``."""
    if box.property("offered") != _mark(options):
        box.setProperty("offered", _mark(options))
        blocked = box.blockSignals(True)
        model = QStandardItemModel(box)
        for one in options:
            words = f"{one.label} — {one.why}" if one.why else one.label
            item = QStandardItem(tame(words))
            item.setData(one.key, Qt.ItemDataRole.UserRole)
            item.setEnabled(not one.why)
            if one.why:
                item.setToolTip(tooltip(one.why))
            model.appendRow(item)
        box.setModel(model)
        box.blockSignals(blocked)
        widen(box)
    at = box.findData(chosen)
    if at != box.currentIndex():
        blocked = box.blockSignals(True)
        box.setCurrentIndex(at)
        box.blockSignals(blocked)


def widen(box: QComboBox) -> None:
    """The list may be wider than the field: reasons are to be read."""
    metrics = QFontMetricsF(box.view().font())
    texts = [box.itemText(n) for n in range(box.count())]
    wide = max((metrics.horizontalAdvance(text) for text in texts), default=0)
    box.view().setMinimumWidth(min(px(_WIDEST), int(wide) + px(40)))


def _mark(options: Sequence[Option]) -> str:
    return "\n".join(f"{one.key}\t{one.label}\t{one.why}" for one in options)


class AccountCombo(QComboBox):
    """The account with the tag of its mode before the name."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Account")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        _settle(self)
        self._mode, self._words = "", ""

    def show_account(self, mode: str, words: str) -> None:
        """What stands in the field; the list has more."""
        self._mode, self._words = mode, tame(words)
        spoken = f"{mode} account, {self._words}" if mode else self._words
        self.setAccessibleDescription(spoken)
        self.setToolTip(tooltip(self._words))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        option.currentText = ""
        painter = QStylePainter(self)
        with painter:
            painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
            mirrored = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
            left = px(9)
            if self._mode:
                size = tag_size(self._mode.upper(), self._mode)
                top = (self.height() - size.height()) // 2
                spot = self._placed(QRect(left, top, size.width(), size.height()))
                paint_tag(painter, spot.toRectF(), self._mode.upper(), self._mode)
                left += size.width() + px(7)
            font = theme().font("body")
            painter.setFont(font)
            painter.setPen(theme().colour("text" if self.isEnabled() else "text3"))
            room = self.width() - left - px(26)
            words = QFontMetricsF(font).elidedText(
                self._words, Qt.TextElideMode.ElideRight, max(0, room)
            )
            spot = self._placed(QRect(left, 0, max(0, room), self.height()))
            side = Qt.AlignmentFlag.AlignRight if mirrored else Qt.AlignmentFlag.AlignLeft
            how = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignAbsolute | side
            painter.drawText(spot, int(how), upright(words))

    def _placed(self, spot: QRect) -> QRect:
        return QStyle.visualRect(self.layoutDirection(), self.rect(), spot)
