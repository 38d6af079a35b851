"""The one object that a page gets: figures, scope, past moment, navigation, work elsewhere.

Pages ask here and listen here; none of them knows the window, another page or a thread. The desk
decides nothing about figures: that is the portfolio view-model's and the services'.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from PySide6.QtCore import QObject, QSettings, Signal

from brokerdesk.facts import dataclass
from brokerdesk.ui.viewmodels.beside import BesideModel
from brokerdesk.ui.viewmodels.halt import TradingStand
from brokerdesk.ui.viewmodels.live import LivePrices
from brokerdesk.ui.viewmodels.portfolio import PortfolioViewModel
from brokerdesk.ui.viewmodels.state import AccountRow, Figures, WindowState

if TYPE_CHECKING:
    from brokerdesk.domain.events import Event
    from brokerdesk.services.container import Services
    from brokerdesk.settings import Settings

T = TypeVar("T")


class Backstage(Protocol):
    """Runs work of pages on the I/O thread, with the open services (``ui/life.py``)."""

    def run(
        self,
        name: str,
        make: Callable[[Services], Coroutine[Any, Any, T]],
        done: Callable[[T], object] | None,
        failed: Callable[[BaseException], object] | None,
        policy: Any,
    ) -> None: ...

    def settings(self) -> Settings: ...

    def change_settings(
        self,
        values: dict[str, object],
        done: Callable[[], object] | None,
        failed: Callable[[BaseException], object] | None,
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class Toast:
    """Good news or a reminder, never the only place of an error."""

    title: str
    text: str = ""
    kind: str = "good"  # good, warn or info
    action: str = ""
    """The wish that the toast's button expresses; "" for none."""
    label: str = ""


@dataclass
class _Waiting:
    """Work asked for before the profile was open."""

    calls: list[Callable[[], None]] = field(default_factory=list)


class Desk(QObject):
    """What all pages share.

    Signals:
        changed: the window's state is another one (figures, scope, progress, the second).
        figures_changed: the figures themselves are others; ages alone do not count.
        opened: the profile is open; work asked for earlier has been started.
        happened: an event of the services, for pages with figures of their own.
        went: show this page, at this target ("" for none).
        said: a short sentence for the status bar.
        toasted: a ``Toast``.
        wished: something that the program behind the window does, as ``verb:target``; the verbs
            are those of ``PortfolioViewModel.act`` and connect, practice, report, about, backup,
            restore, export, theme, log, folder.
    """

    changed = Signal()
    figures_changed = Signal()
    opened = Signal()
    happened = Signal(object)
    went = Signal(str, str)
    said = Signal(str)
    toasted = Signal(object)
    wished = Signal(str)

    def __init__(
        self,
        portfolio: PortfolioViewModel,
        clock: Callable[[], datetime],
        *,
        memory: QSettings | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.portfolio = portfolio
        self.clock = clock
        self.memory = memory
        """Where window geometry, columns and splitters are remembered; None remembers nothing."""
        self.kept: dict[str, Any] = {}
        """What a page leaves to the one built in its place at another text size, by page."""
        self._backstage: Backstage | None = None
        self._waiting = _Waiting()
        self._figures: Figures | None = None
        self.live = LivePrices(self)
        self.beside = BesideModel(self)
        """What stands beside the pages: the ticket and its review."""
        self.trading = TradingStand(self)
        portfolio.changed.connect(self._on_changed)

    # what is shown

    @property
    def state(self) -> WindowState:
        return self.portfolio.state

    @property
    def figures(self) -> Figures:
        return self.portfolio.state.figures

    @property
    def past(self) -> datetime | None:
        """The moment that the figures show; None is now."""
        return self.portfolio.state.past

    @property
    def ready(self) -> bool:
        """Whether the profile is open, so that work is done at once."""
        return self._backstage is not None

    @property
    def settings(self) -> Settings | None:
        return None if self._backstage is None else self._backstage.settings()

    def account(self, key: str) -> AccountRow | None:
        """The row of one account, whatever the scope."""
        rows = (*self.figures.accounts, *self.state.everyone)
        return next((row for row in rows if row.key == key), None)

    # intents

    def look_at(self, accounts: Sequence[str]) -> None:
        """Narrow every page to these accounts; none named shows all."""
        self.portfolio.look_at(scope=accounts)

    def travel(self, moment: datetime | None) -> None:
        """Show every page as of a moment; None returns to now."""
        self.portfolio.travel(moment)

    def hold_positions(self, who: str) -> None:
        """``who`` lists ``figures.positions``: have them read while they are many, too."""
        self.portfolio.hold_positions(who)

    def release_positions(self, who: str) -> None:
        """``who`` lists them no more."""
        self.portfolio.release_positions(who)

    def hold_prices(self, who: str) -> None:
        """``who`` shows prices: have them followed (``desk.live``)."""
        self.live.hold(who)

    def release_prices(self, who: str) -> None:
        """``who`` shows none any more."""
        self.live.release(who)

    def go(self, page: str, target: str = "") -> None:
        """Show a page, at an account, a symbol or whatever it understands."""
        self.went.emit(page, target)

    def wish(self, action: str) -> None:
        """Ask for what a button says, as ``verb:target``."""
        self.wished.emit(action)

    def say(self, text: str) -> None:
        """Say a short sentence in the status bar for a while."""
        self.said.emit(text)

    def toast(self, toast: Toast) -> None:
        self.toasted.emit(toast)

    def change_settings(
        self,
        values: dict[str, object],
        done: Callable[[], object] | None = None,
        failed: Callable[[BaseException], object] | None = None,
    ) -> None:
        """Check, keep and apply these settings; nothing changes when one cannot be used."""
        if self._backstage is not None:
            self._backstage.change_settings(values, done, failed)

    # work elsewhere

    def run(
        self,
        name: str,
        make: Callable[[Services], Coroutine[Any, Any, T]],
        done: Callable[[T], object] | None = None,
        failed: Callable[[BaseException], object] | None = None,
        *,
        policy: Any = None,
    ) -> None:
        """Run ``make(services)`` on the I/O thread; ``done`` or ``failed`` is called back here.

        Asked for before the profile is open, it starts when it is. Without ``failed`` a failure is
        shown by the error presenter.
        """
        backstage = self._backstage
        if backstage is None:
            self._waiting.calls.append(lambda: self.run(name, make, done, failed, policy=policy))
        else:
            backstage.run(f"page:{name}", make, done, failed, policy)

    def attach(self, backstage: Backstage) -> None:
        """The profile is open."""
        self._backstage = backstage
        calls, self._waiting.calls = self._waiting.calls, []
        for call in calls:
            call()
        self.opened.emit()

    def detach(self) -> None:
        """The profile is being closed (a restore, the end): work waits for the next one."""
        self._backstage = None
        self.kept.clear()
        self.live.forget()
        self.trading.forget()

    def on_event(self, event: Event) -> None:
        """An event of the services. Prices come many times a second and concern only who shows
        prices.
        """
        if not self.live.on_event(event):
            self.happened.emit(event)

    # inside

    def _on_changed(self) -> None:
        self.changed.emit()
        figures = self.portfolio.state.figures
        before, self._figures = self._figures, figures
        if figures != before:  # equal rows are the same objects: this is cheap
            self.figures_changed.emit()
