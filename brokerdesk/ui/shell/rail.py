"""The rail: where one goes. 180 pixels wide, or 48 with pictures alone."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QStyle, QVBoxLayout, QWidget

from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.views.registry import PageSpec
from brokerdesk.ui.widgets.basics import Hairline
from brokerdesk.ui.widgets.nav_item import NavItem

WIDE, NARROW = 180, 48


class _Fold(NavItem):
    """The entry at the bottom that makes the rail narrow or wide; it writes its own key."""

    def __init__(self) -> None:
        super().__init__("rail", "Collapse", "chevron-left", "Ctrl+B")
        self.setCheckable(False)
        self.setAutoExclusive(False)
        self._narrow = False

    def set_collapsed(self, collapsed: bool) -> None:
        self._narrow = collapsed
        self._picture = "chevron-right" if collapsed else "chevron-left"
        self.setText("Expand" if collapsed else "Collapse")
        super().set_collapsed(collapsed)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        super().paintEvent(event)
        if self._narrow:
            return
        with QPainter(self) as painter:
            painter.setFont(theme().font("caption"))
            painter.setPen(theme().colour("text3"))
            box = self.rect().adjusted(0, 0, -px(9), 0)
            box = QStyle.visualRect(self.layoutDirection(), self.rect(), box)
            flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(box, QStyle.visualAlignment(self.layoutDirection(), flags), "Ctrl+B")


class Rail(QFrame):
    """The pages as entries.

    Signals:
        chosen: the id of a page.
        folded: the user asks for the other width.
    """

    chosen = Signal(str)
    folded = Signal()

    def __init__(self, specs: Sequence[PageSpec]) -> None:
        super().__init__()
        self.setProperty("role", "rail")
        self.setAccessibleName("Pages")
        self.items: dict[str, NavItem] = {}
        self._lines: list[QWidget] = []
        self.narrow = False
        self._build_ui(specs)
        self.set_narrow(False)

    def _build_ui(self, specs: Sequence[PageSpec]) -> None:
        self._column = QVBoxLayout(self)
        self._column.setSpacing(px(1))
        block = 0
        for spec in specs:
            if not spec.rail:
                continue
            if block not in (0, spec.rail):
                self._column.addSpacing(px(7))
                line = Hairline()
                self._lines.append(line)
                self._column.addWidget(line)
                self._column.addSpacing(px(7))
            block = spec.rail
            item = NavItem(spec.id, spec.title, spec.picture, spec.key)
            item.clicked.connect(self._on_clicked)
            self.items[spec.id] = item
            self._column.addWidget(item)
        self._column.addStretch(1)
        self.fold = _Fold()
        self.fold.clicked.connect(self.folded)
        self._column.addWidget(self.fold)

    def _on_clicked(self) -> None:
        item = self.sender()
        if isinstance(item, NavItem):
            self.chosen.emit(item.key)

    def set_narrow(self, narrow: bool) -> None:
        """Show pictures alone, or names too."""
        self.narrow = narrow
        side = px(8) if narrow else px(10)
        self._column.setContentsMargins(side, px(12), side, px(9))
        self.setFixedWidth(px(NARROW if narrow else WIDE))
        for item in (*self.items.values(), self.fold):
            item.set_collapsed(narrow)

    def mark(self, page: str) -> None:
        """Show which page is open."""
        item = self.items.get(page)
        if item is not None:
            item.setChecked(True)
            return
        for other in self.items.values():  # a page without an entry: none of them is open
            if other.isChecked():
                other.setAutoExclusive(False)
                other.setChecked(False)
                other.setAutoExclusive(True)

    def set_badge(self, page: str, count: int) -> None:
        """How many things need the user there."""
        item = self.items.get(page)
        if item is not None and item.badge != count:
            item.set_badge(count)

    def focus_current(self) -> None:
        """Give the focus to the entry of the open page."""
        for item in self.items.values():
            if item.isChecked():
                item.setFocus(Qt.FocusReason.ShortcutFocusReason)
                return
        self.fold.setFocus(Qt.FocusReason.ShortcutFocusReason)
