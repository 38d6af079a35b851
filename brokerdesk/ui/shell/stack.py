"""The pages: built when first shown, kept while others are shown, built anew for another text size.

It knows the registry and the page contract, no page. Whole-sheet pages (nothing connected, a first
reading, trouble) lie over them without ending them.
"""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QApplication, QStackedWidget, QWidget

from brokerdesk.ui.shell.panes import holds
from brokerdesk.ui.viewmodels.desk import Desk
from brokerdesk.ui.views.page import Page
from brokerdesk.ui.views.registry import PAGES, PageSpec


class PageStack(QStackedWidget):
    """Shows one page at a time.

    Signals:
        turned: another page is shown; its id.
    """

    turned = Signal(str)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.specs = PAGES
        self._pages: dict[str, Page] = {}
        self._cover: QWidget | None = None
        self._current = ""
        self._target = ""

    @property
    def current(self) -> str:
        """The id of the page that is shown, or lies under the cover."""
        return self._current

    @property
    def page(self) -> Page | None:
        """The page that is shown; None while a cover lies over it."""
        return None if self._cover is not None else self._pages.get(self._current)

    @property
    def cover(self) -> QWidget | None:
        """What lies over the pages."""
        return self._cover

    def spec(self, name: str) -> PageSpec | None:
        return next((spec for spec in self.specs if spec.id == name), None)

    def turn_to(self, name: str, target: str = "") -> bool:
        """Show a page. False: there is none of this name."""
        spec = self.spec(name)
        if spec is None:
            return False
        before, self._current = self._current, name
        if target:
            self._target = target
        if before != name and before in self._pages:
            self._pages[before].leave()
        if self._cover is None:
            self._show_current(before)
        if before != name:
            self.turned.emit(name)
        return True

    def _show_current(self, before: str) -> None:
        spec = self.spec(self._current)
        if spec is None:
            return
        page = self._pages.get(spec.id)
        fresh = page is None
        if page is None:
            page = spec.make(self._desk)
            self._pages[spec.id] = page
            self.addWidget(page)
        left = self.currentWidget()
        # Asked now: the toolkit moves the focus of a page that goes to wherever comes next.
        moves = left is not page and holds(left, QApplication.focusWidget()) if left else False
        self.setCurrentWidget(page)
        if fresh or before != spec.id:
            page.enter()
        if moves:
            page.focus_first()
        target, self._target = self._target, ""
        if target:
            page.show_target(target)

    def lay_over(self, cover: QWidget | None) -> None:
        """Put a widget over the pages, or take it away; the old one is deleted."""
        old, self._cover = self._cover, cover
        if cover is not None:
            self.addWidget(cover)
            self.setCurrentWidget(cover)
        else:
            self._show_current("")
        if old is not None:
            self.removeWidget(old)
            old.hide()
            old.deleteLater()

    def pages(self) -> tuple[Page, ...]:
        """The pages built so far."""
        return tuple(self._pages.values())

    def remember(self) -> None:
        """Let every page keep what it wants to know again."""
        for page in self._pages.values():
            page.remember()

    def fell(self) -> None:
        """Throw all pages away; the next ``turn_to`` builds anew."""
        self.remember()
        pages, self._pages = self._pages, {}
        for name, page in pages.items():
            if name == self._current:
                page.leave()
            self.removeWidget(page)
            page.hide()
            page.deleteLater()
