"""Pages and, at their right, what stays while pages change: the order ticket and its review.

When the window is too narrow for all of it, the page gives way before the panes do: whoever writes
an order sees the whole order.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QWidget

from brokerdesk.ui.shell.panes import holds
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.beside import ORDER, BesideModel

LEAST_PAGE = 300
"""Below this nothing of a page can be read: it is not shown then."""
REVIEW, _ANY = "review", 16_777_215


class Beside(QWidget):
    """``page`` at the left takes what the panes leave."""

    def __init__(self, page: QWidget, model: BesideModel) -> None:
        super().__init__()
        self._page, self._model = page, model
        self.made: dict[str, QWidget] = {}
        self._widest: dict[str, int] = {}
        page.setMinimumWidth(1)  # its own wishes must not push the ticket out of the window
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(0)
        self._row.addWidget(page, 1)
        model.changed.connect(self._show)
        self._show()

    def panes(self) -> tuple[QWidget, ...]:
        """The open panes, for F6."""
        return tuple(self.made[name] for name in ORDER if name in self.made)

    def pane(self, name: str) -> QWidget | None:
        return self.made.get(name)

    def _show(self) -> None:
        wanted = self._model.open
        for name in [name for name in self.made if name not in wanted]:
            self._remove(name)
        for name, make in wanted.items():
            if name not in self.made:
                self.made[name] = make()
                self._widest[name] = self.made[name].maximumWidth()
        for place, name in enumerate(wanted, 1):
            pane = self.made[name]
            if self._row.indexOf(pane) != place:
                self._row.insertWidget(place, pane)
            pane.show()
        self._fit()

    def _remove(self, name: str) -> None:
        pane = self.made.pop(name)
        held = holds(pane, QApplication.focusWidget())
        self._row.removeWidget(pane)
        pane.hide()
        pane.deleteLater()
        if held:
            rest = self.panes()
            (rest[-1] if rest else self._page).setFocus(Qt.FocusReason.OtherFocusReason)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        taken = sum(pane.sizeHint().width() for pane in self.panes())
        room = self.width() - taken >= px(LEAST_PAGE)
        self._page.setVisible(room or not self.made)
        for name, pane in self.made.items():
            # The page's room is no gap: the review takes it, and more of it is read at once.
            widest = _ANY if name == REVIEW and not room else self._widest[name]
            if pane.maximumWidth() != widest:
                pane.setMaximumWidth(widest)
