"""A walk through every view of the running window, for pictures and for accessibility checks.

It does what a person does (go to a page, choose a past day, hide amounts), waits until the page
has its figures, and then calls back. It decides nothing and knows no view from within.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget

from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.viewmodels.ticket_fields import Kind
from brokerdesk.ui.viewmodels.ticket_trades import target_of
from brokerdesk.ui.views.registry import PAGES

if TYPE_CHECKING:
    from brokerdesk.ui.life import Life
    from brokerdesk.ui.shell.window import MainWindow

POLL_MS = 60
QUIET_POLLS = 4
"""So many polls in a row without work: the page has what it asked for and has painted it."""
LONGEST_POLLS = 1500
PAST_DAYS = 98


@dataclass(frozen=True, slots=True)
class Stop:
    """One view. ``arrive`` goes there and gives the widget to look at; ``leave`` undoes it."""

    name: str
    arrive: Callable[[MainWindow, Life], QWidget]
    leave: Callable[[MainWindow, Life], object] = lambda window, life: None


def _page(name: str) -> Callable[[MainWindow, Life], QWidget]:
    def arrive(window: MainWindow, life: Life) -> QWidget:
        window.desk.go(name)
        return window

    return arrive


def _past(window: MainWindow, life: Life) -> QWidget:
    window.desk.go("overview")
    day = window.desk.clock() - timedelta(days=PAST_DAYS)
    day -= timedelta(days=max(0, day.weekday() - 4))  # a day on which there was a market
    window.desk.travel(day.replace(hour=22, minute=0, second=0, microsecond=0))
    return window


def _private(window: MainWindow, life: Life) -> QWidget:
    window.desk.go("overview")
    privacy().set(True)
    return window


def _working(window: MainWindow, life: Life) -> QWidget:
    """The orders that still work, and one of them in full."""
    window.desk.go("orders")
    if (choose := getattr(window.page, "choose_view", None)) is not None:
        choose("working")
    return window


def _palette(window: MainWindow, life: Life) -> QWidget:
    window.desk.go("overview")
    window.open_palette()
    return window


def _wizard(window: MainWindow, life: Life) -> QWidget:
    wizard = life.connect_broker()
    if wizard is None:
        return window
    wizard.resize(min(1280, window.width()), window.height())
    return wizard


_TURNED_ON = "tour: turned on"


def _ticket(window: MainWindow, life: Life) -> QWidget:
    window.desk.go("positions")
    positions = window.desk.figures.positions
    listed = [row for row in positions if row.asset_type in ("equity", "etf")]
    first = max(listed, key=lambda row: row.value or 0, default=None)
    window.desk.wish(f"ticket:buy:{target_of(first)}" if first is not None else "ticket:new")
    life.tickets.model.edit(quantity="12")
    return window


def _review(window: MainWindow, life: Life) -> QWidget:
    _ticket(window, life)
    model, trading = life.tickets.model, window.desk.trading
    symbol = model.fields.instrument
    rows = window.desk.figures.positions
    row = next((one for one in rows if symbol is not None and one.symbol == symbol.symbol), None)
    price = "" if row is None or row.mark_price is None else f"{row.mark_price:f}"
    model.choose_kind(Kind.LIMIT)
    model.edit(quantity="2", limit=price)
    if window.desk.state.practice:  # a real connection is turned on by its user alone
        window.desk.kept[_TURNED_ON] = turned = trading.state.able - trading.state.on
        for one in turned:
            trading.turn(one, True, lambda _error: None, model.review)
    if trading.state.on:
        model.review()
    return window


def _leave_review(window: MainWindow, life: Life) -> None:
    life.tickets.review.back()
    life.tickets.close()
    for one in window.desk.kept.pop(_TURNED_ON, ()):
        window.desk.trading.turn(one, False, lambda _error: None)


def stops() -> tuple[Stop, ...]:
    """Every view, in the order of the rail, then the states that lie over them."""
    return (
        *(Stop(spec.id, _page(spec.id)) for spec in PAGES),
        Stop("orders-working", _working),
        Stop("past", _past, lambda window, life: window.desk.travel(None)),
        Stop("privacy", _private, lambda window, life: privacy().set(False)),
        Stop("palette", _palette, lambda window, life: window.close_palette()),
        Stop("ticket", _ticket, lambda window, life: life.tickets.close()),
        Stop("review", _review, _leave_review),
        Stop("connect", _wizard, lambda window, life: life.close_wizard()),
    )


class Tour(QObject):
    """Visits the stops one by one.

    ``look`` is called at each with its name and the widget; ``ended`` at the end, with the names
    of the stops that never became quiet. Whoever needs longer to look sets ``held`` until it is
    done.
    """

    def __init__(
        self,
        window: MainWindow,
        life: Life,
        wanted: Sequence[Stop],
        look: Callable[[str, QWidget], object],
        ended: Callable[[tuple[str, ...]], object],
    ) -> None:
        super().__init__(window)
        self._window, self._life = window, life
        self._stops = list(wanted)
        self._look, self._ended = look, ended
        self.held = False
        self._looked = False
        self._at: Stop | None = None
        self._widget: QWidget = window
        self._quiet = self._polls = 0
        self._restless: list[str] = []
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self._poll)

    def begin(self) -> None:
        """Start once the program has settled."""
        self._timer.start()

    def _poll(self) -> None:
        if self.held:
            return
        self._polls += 1
        self._quiet = 0 if self._life.busy() else self._quiet + 1
        if self._quiet < QUIET_POLLS and self._polls < LONGEST_POLLS:
            return
        if self._at is not None and not self._looked:
            self._looked = True
            if self._quiet < QUIET_POLLS:
                self._restless.append(self._at.name)
            self._look(self._at.name, self._widget)
            return  # whoever looks may hold; the next poll goes on
        self._quiet = self._polls = 0
        self._looked = False
        if self._at is not None:
            self._at.leave(self._window, self._life)
            self._at = None
            if not self._stops:
                return  # what leaving asked for is done before the end
        if not self._stops:
            self._timer.stop()
            self._ended(tuple(self._restless))
            return
        self._at = self._stops.pop(0)
        self._widget = self._at.arrive(self._window, self._life)
