"""What every page of the window is, so that the window knows none of them.

A page is built when it is first shown and may be thrown away and built anew (another text scale);
what it has to remember it keeps in the desk's memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from brokerdesk.ui.viewmodels.desk import Desk
    from brokerdesk.ui.widgets.table import Table


class Page(QWidget):
    """One page. ``name`` is its id, under which it keeps its memory too."""

    name = ""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.setProperty("role", "sheet")

    def enter(self) -> None:
        """The page is shown now: bring it up to date."""

    def leave(self) -> None:
        """Another page is shown now: stop what only makes sense while this one is seen."""

    def show_target(self, target: str) -> None:
        """Show an account, a symbol or whatever this page's targets are."""

    def focus_filter(self) -> bool:
        """Put the caret into the page's filter. False: it has none."""
        return False

    def focus_first(self) -> None:
        """Give the focus to where work on this page begins."""
        self.setFocus()

    def toggle_side(self) -> bool:
        """Show or hide the side pane (Ctrl+I). False: the page has none."""
        return False

    def side_is_shown(self) -> bool:
        return False

    def panes(self) -> Sequence[QWidget]:
        """The page's panes in order, for F6."""
        return (self,)

    def tables(self) -> Sequence[Table]:
        """The tables of this page, for export and for the start-up report."""
        return ()

    def export(self) -> bool:
        """Offer to write the page's table as CSV. False: there is nothing to export."""
        return False

    def remember(self) -> None:
        """Keep splitters, columns and choices in ``desk.memory``."""

    def help_text(self) -> str:
        """What F1 says about this page: plain sentences."""
        return ""
