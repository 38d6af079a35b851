"""The first picture: the Overview with its figures in one widget, until the window is built.

It shows what the parts of the window will show, at the same places, from the same view-models. What
it cannot show truly it does not show at all: then the window is built first, as it is without it.
Nothing in it can be pressed or asked for its name: the same turn of the event loop that follows its
paint builds the window, and what was typed meanwhile waits in the queue for it.
"""

from __future__ import annotations

import struct
from datetime import datetime

from PySide6.QtCore import QByteArray, QSettings
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from brokerdesk.services.history_ranges import Range
from brokerdesk.ui.first import overview, shell, side
from brokerdesk.ui.first.accounts import Accounts
from brokerdesk.ui.first.pen import Pen, forget
from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.viewmodels import overview as vm
from brokerdesk.ui.viewmodels.overview_accounts import AccountParts, account_parts
from brokerdesk.ui.viewmodels.overview_clock import clock_rows
from brokerdesk.ui.viewmodels.overview_notices import notices
from brokerdesk.ui.viewmodels.overview_parts import By, split
from brokerdesk.ui.viewmodels.state import WindowState
from brokerdesk.ui.viewmodels.surroundings import Cover, banner, cover

FOLDS_BELOW, NARROW = 1180, 1040
SIDE_PANE, LEAST_SIDE = 352, 290
LEAST_CHART, CHART_SHARE = 210, 0.45


class Wishes:
    """What of the page's memory shows in the picture."""

    def __init__(self, memory: QSettings | None) -> None:
        def word(key: str) -> str:
            kept = None if memory is None else memory.value(key)
            return kept if isinstance(kept, str) else ""

        self.plain = (
            word("shell/page") in ("", "overview")
            and word("shell/rail") != "narrow"
            and word("overview/side") != "hidden"
        )
        """Whether the page is the Overview with all its parts."""
        kept = word("overview/split-by")
        self.by = By(kept) if kept in [one.value for one in By] else By.CLASS
        kept = word("overview/range")
        self.range = kept if kept in [one.value for one in Range] else Range.YEAR.value
        self.side = _side(None if memory is None else memory.value("overview/splitter"))


def _side(kept: object) -> int | None:
    """The width of the side pane in a remembered splitter; None: it is not known."""
    if kept is None:
        return px(SIDE_PANE)
    data = bytes(kept.data()) if isinstance(kept, QByteArray) else b""
    if len(data) < 20 or struct.unpack(">i", data[8:12])[0] != 2:
        return None
    wide: int = struct.unpack(">i", data[16:20])[0]
    return wide if wide >= px(LEAST_SIDE) else None


class FirstPicture(QWidget):
    """The picture of ``state``."""

    def __init__(self, state: WindowState, wishes: Wishes) -> None:
        super().__init__()
        self._state, self._wishes = state, wishes
        figures, private = state.figures, privacy().on
        assert state.now is not None
        self._now: datetime = state.now
        self._hero = vm.hero(figures, self._now, None, private=private, reading=False)
        self._blocks = vm.blocks(figures)
        self._lines = vm.lesser(figures, private=private)
        self._parts: AccountParts = account_parts(figures)
        self._accounts = Accounts(self._parts, self._now)
        self._clock = clock_rows(figures.connections, self._now)
        self._movers = bool(vm.movers(figures, private=private, most=1))
        self._banner = banner(state)
        self._fitted = (0, 0)
        self._icons = False
        forget()

    def _size(self) -> tuple[int, int]:
        return self.width(), self.height()

    def fits(self, width: int, height: int) -> bool:
        """Whether a window of this size shows exactly what this draws."""
        fits = self._fits(width, height)
        self._fitted = (width, height) if fits else (0, 0)
        return fits

    def _fits(self, width: int, height: int) -> bool:
        state, wide = self._state, self._wishes.side
        page = width - px(shell.RAIL) - 1
        if not self._wishes.plain or wide is None or self._hero is None:
            return False
        if state.practice or state.notice or cover(state) is not Cover.NONE:
            return False
        if notices(state.figures.messages, None) or self._parts.apart or not self._clock:
            return False
        if width < px(FOLDS_BELOW) or page < px(NARROW) or shell.top_needs(state) > page:
            return False
        if self._banner is not None and not shell.banner_fits(self._banner, page):
            return False
        if any(row.tone == "loss" for row in self._clock) or self.isRightToLeft():
            return False
        main = page - wide - 1
        if not overview.hero_fits(self._hero, self._blocks, main):
            return False
        room, rows = self._room(height)
        return room - rows >= px(LEAST_CHART)

    def _room(self, height: int) -> tuple[int, int]:
        """The height that chart and accounts share, and what of it the accounts take."""
        assert self._hero is not None
        bars = theme().tokens.bar
        height -= sum(px(bars[name]) for name in ("menu", "top", "status")) + 1
        if self._banner is not None:
            height -= px(bars["banner"])
        taken = overview.hero_height(self._hero, self._lines) + 2
        taken += overview.movers_height() if self._movers else 0
        room = height - taken
        most = room - max(px(LEAST_CHART), round(room * CHART_SHARE))
        wanted = self._accounts.height_of(len(self._parts.counted))
        if room - wanted >= px(LEAST_CHART):
            most = max(most, min(wanted, room - px(LEAST_CHART)))
        least = self._accounts.height_of(min(len(self._parts.counted), 3))
        return room, max(min(wanted, most), min(wanted, least))

    def add_icons(self) -> None:
        """Paint anew at once, with the icons of entries and buttons.

        They say nothing that words do not, and what reads their files takes as long as all figures:
        the first paint does without.
        """
        self._icons = True
        self.repaint()

    @property
    def rows_shown(self) -> int:
        """Accounts in the table, for the start-up report."""
        return len(self._parts.counted)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            if self._fitted != self._size() and not self.fits(*self._size()):
                # The system gave the window another size: nothing rather than something else.
                painter.fillRect(self.rect(), theme().colour("canvas"))
                return
            self._paint(Pen(painter, icons=self._icons), self.width(), self.height())

    def _paint(self, pen: Pen, width: int, height: int) -> None:
        bars = theme().tokens.bar
        top, bottom = px(bars["menu"]), height - px(bars["status"])
        left = px(shell.RAIL)
        pen.fill(0, 0, width, height, "canvas")
        shell.menus(pen)
        shell.rail(pen, self._state, top, bottom - top)
        shell.status_bar(pen, self._state, width, bottom)
        shell.sheet(pen, left, top, width - left, bottom - top)
        x, y = left + 1, top + 1
        shell.top(pen, self._state, x, y, width - x)
        y += px(bars["top"])
        if self._banner is not None:
            shell.banner(pen, self._banner, x, y, width - x)
            y += px(bars["banner"])
        aside = self._wishes.side or 0
        self._main(pen, x, y, width - x - aside - 1, bottom)
        pen.fill(width - aside - 1, y, 1, bottom - y, "line")
        self._side(pen, width - aside, y, aside)

    def _main(self, pen: Pen, x: int, y: int, width: int, bottom: int) -> None:
        assert self._hero is not None
        _, rows = self._room(self.height())
        overview.hero_pane(pen, self._hero, self._blocks, self._lines, x, y, width)
        y += overview.hero_height(self._hero, self._lines)
        overview.ranges(pen, self._wishes.range, x, y, width)
        top = bottom - rows
        self._accounts.draw(pen, x, top, width, rows)
        pen.fill(x, top - 1, width, 1, "line")
        if self._movers:
            rows_ = overview.movers_shown(self._state.figures, width)
            top -= 1 + overview.movers_height()
            overview.movers(pen, rows_, x, top, width)
            pen.fill(x, top - 1, width, 1, "line")

    def _side(self, pen: Pen, x: int, y: int, width: int) -> None:
        y = side.attention(pen, x, y, width)
        pen.fill(x, y, width, 1, "line")
        y = side.clock(pen, self._clock, x, y + 1, width)
        pen.fill(x, y, width, 1, "line")
        by = self._wishes.by
        side.allocation(pen, split(self._state.figures, by), by, x, y + 1, width)


def first_picture(
    state: WindowState, memory: QSettings | None, width: int, height: int
) -> FirstPicture | None:
    """The picture for a window of this size; None when only the window can show the state."""
    if state.now is None:
        return None
    made = FirstPicture(state, Wishes(memory))
    return made if made.fits(width, height) else None
