"""From the painted window to its end: opens the engine, wires the window to it, closes it all.

Runs on the GUI thread; whatever may take time goes through the runner to the I/O thread. Imported
after the first paint. What opens only when somebody wishes for it is in ``occasional``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal

from brokerdesk.clock import Clock
from brokerdesk.errors import BrokerDeskError, DatabaseDamagedError, DatabaseTooNewError
from brokerdesk.io_thread import IoThread
from brokerdesk.paths import ProfilePaths
from brokerdesk.settings import Settings, SettingsFile
from brokerdesk.ui.backstage import RunningBackstage
from brokerdesk.ui.bus import Bus, IoRunner
from brokerdesk.ui.calm import Calm
from brokerdesk.ui.closing import Closing
from brokerdesk.ui.desktop_notices import DesktopNotices
from brokerdesk.ui.engine import Engine
from brokerdesk.ui.error_presenter import ErrorPresenter
from brokerdesk.ui.gateway import PortfolioGateway
from brokerdesk.ui.gateways.live import LiveGateway
from brokerdesk.ui.gateways.trading import TradingGateway
from brokerdesk.ui.household import RESTORING, USERS, RunningHousehold
from brokerdesk.ui.occasional import Occasional
from brokerdesk.ui.shell.window import MainWindow
from brokerdesk.ui.trouble import unwritable
from brokerdesk.ui.updates import Updates
from brokerdesk.ui.viewmodels.notices_orders import OrderNotices
from brokerdesk.ui.viewmodels.portfolio import PortfolioViewModel
from brokerdesk.ui.viewmodels.sign_in_reminder import SignInReminder
from brokerdesk.ui.views.pages import Choice, trouble_page
from brokerdesk.ui.wishes import Launch, Wishes, practice_command
from brokerdesk.ui.working import PaintsFirst

if TYPE_CHECKING:
    from brokerdesk.ui.care import Care
    from brokerdesk.ui.wizard.window import WizardWindow

__all__ = ["Launch", "Life", "practice_command"]

_log = logging.getLogger(__name__)
CLOSE_SECONDS = 6.0
ORDER_SECONDS = 4.0
"""Of these, for an order that is on its way when the system ends the program."""


class Life(Occasional):
    """The running program behind one window.

    Signals:
        ended: the window was closed and everything behind it is about to be.
    """

    ended = Signal()

    def __init__(
        self,
        window: MainWindow,
        model: PortfolioViewModel,
        *,
        paths: ProfilePaths,
        clock: Clock,
        settings: Settings,
        launch: Launch,
    ) -> None:
        super().__init__(window)
        self._window, self._model = window, model
        self._paths, self._clock, self._launch = paths, clock, launch
        self.presenter = ErrorPresenter(window, log=paths.log_dir / "brokerdesk.log")
        self._bus = Bus()
        self._io = IoThread(self.presenter.on_bug)
        self._runner = IoRunner(self._io, self._bus, self.presenter.show)
        self._engine = Engine(
            paths,
            clock=clock,
            settings=settings,
            publish=self._bus.publish,
            practice=launch.practice and not launch.practice_urls,
            offline=launch.offline,
        )
        self.backstage = RunningBackstage(
            self._engine, self._runner, self._io, SettingsFile(paths.settings_file), settings
        )
        self.wishes = Wishes(
            window, self._engine, self._runner, self._bus, self.presenter,
            paths=paths, clock=clock, launch=launch,
        )  # fmt: skip
        self._learn_wishes()
        self.updates = Updates(window, window.desk)
        for verb, act in self.updates.verbs.items():
            self.wishes.learn(verb, act)
        self._trading = TradingGateway(window.desk)
        self._live = LiveGateway(window.desk)
        self._reminder = SignInReminder(window.desk)
        desktop = DesktopNotices(self)
        self._notices = OrderNotices(window.desk, desktop)
        desktop.missed.connect(self._notices.unseen)
        desktop.clicked.connect(self._on_notice_clicked)
        self._calm = Calm(self._at_work, self)
        self._paints = PaintsFirst(window)
        self.closing = Closing(window, _Orders(self._engine, self._runner))
        self.closing.may_now.connect(window.close)
        self._closed = False
        self._beginning = False

    def _learn_wishes(self) -> None:
        verbs: dict[str, Callable[[str], object]] = {
            "theme": self._choose_theme,
            "scale": self._choose_scale,
            "backup": lambda target: self.care.back_up(target),
            "restore": lambda target: self.care.restore(target),
            "source": lambda target: self.sources.ask(target),
            "unsource": lambda target: self.sources.take_back(target),
            "ticket": lambda target: self.tickets.do(target),
            "compare": lambda target: self.comparisons.ask(target),
            "chart": lambda target: self.charts.do(target),
            "halt": lambda target: self.switching.halt(target),
            "trading": lambda target: self.switching.trading(target),
            "untrading": lambda target: self.switching.turn_off(target),
            "visit": lambda target: self.switching.visit(target),
            "order": partial(self._window.desk.go, "orders"),
        }
        for verb, do in verbs.items():
            self.wishes.learn(verb, do)

    @cached_property
    def care(self) -> Care:
        """Backing up and restoring."""
        from brokerdesk.ui.care import Care

        window = self._window
        household = RunningHousehold(
            window.desk, self._engine, self._io, self.backstage,
            close_wizard=self.wishes.close_wizard, reopen=self._open,
        )  # fmt: skip
        return Care(
            window, window.desk, household, self._runner, paths=self._paths, clock=self._clock
        )

    def _at_work(self) -> bool:
        state = self._window.desk.state
        return state.refreshing or bool(state.on_the_way) or self._beginning

    # beginning

    def begin(self) -> None:
        """Start the I/O thread and open the profile, unless the window already shows trouble."""
        self.presenter.install()
        self._io.start()
        self._window.closing.connect(self.ended)
        self._bus.published.connect(self._model.on_event)
        self._bus.published.connect(self._window.desk.on_event)
        self.wishes.begin()
        trouble = self._window.trouble
        if trouble is not None:
            self._show_trouble(trouble)
        else:
            self._open()

    def _open(self) -> None:
        engine = self._engine
        self._runner.run(
            "window:open",
            lambda: engine.open(lambda: self._io.supervisor),
            lambda _: self._on_opened(),
            self._on_trouble,
        )

    def _on_opened(self) -> None:
        self._window.hide_page()
        gateway = PortfolioGateway(
            self._engine,
            self._runner,
            load_failed=self._model.reload_failed,
            more_known=self._model.reload,
        )
        self._model.attach(gateway)
        self._window.desk.attach(self.backstage)
        self.wishes.opened()
        self._beginning = True
        if self._engine.hosts_practice:
            self._model.note("Starting the practice market…")
        self._runner.run(
            "window:begin", self._engine.begin, lambda _: self._on_begun(), self._on_begin_failed
        )
        if not self._launch.offline:
            self.wishes.ask_keeping()

    def _on_begun(self) -> None:
        self._beginning = False
        self._model.note("")
        self._model.reload()

    def _on_begin_failed(self, error: BaseException) -> None:
        self._beginning = False
        self._model.note("")
        self.presenter.show(error)

    # trouble with the profile

    def _on_trouble(self, error: BaseException) -> None:
        if isinstance(error, BrokerDeskError):
            _log.warning("the profile cannot be opened: %s", error.code)
            self._show_trouble(error)
        else:
            self.presenter.show(error)

    def _show_trouble(self, error: BrokerDeskError) -> None:
        folder: Choice = ("Open its folder", self.wishes.open_folder)
        leave: Choice = ("Quit", self._window.close)
        again: Choice = ("Try again", self._try_again)
        if isinstance(error, DatabaseDamagedError):
            fresh: Choice = ("Move it aside and start fresh", self._start_fresh)
            choices = [again, fresh, folder, leave]
        elif isinstance(error, DatabaseTooNewError):
            choices = [leave, folder]
        else:
            choices = [again, folder, leave]
        self._window.show_page(trouble_page(error, choices))

    def _try_again(self) -> None:
        try:
            self._paths.ensure()
        except OSError as error:
            self._show_trouble(unwritable(self._paths, error))
            return
        self._window.trouble = None
        self._open()

    def _start_fresh(self) -> None:
        self._runner.run("window:aside", self._engine.start_fresh, self._on_fresh, self._on_trouble)

    def _on_fresh(self, kept: Path) -> None:
        self._window.say(f"The damaged database was kept in {kept.name}.")
        self._try_again()

    # in between

    def _choose_theme(self, choice: str) -> None:
        self.backstage.change_settings({"theme": choice})

    def _choose_scale(self, percent: str) -> None:
        self.backstage.change_settings({"text_scale": int(percent)})

    def connect_broker(self) -> WizardWindow | None:
        """Open the connect wizard, or bring the open one to the front."""
        return self.wishes.connect_broker()

    def close_wizard(self) -> None:
        """Close the wizard, if it is open."""
        self.wishes.close_wizard()

    def busy(self) -> bool:
        """Whether the window still waits for something that was asked for."""
        if self._window.troubled:
            return False
        return (
            self._beginning
            or not self._model.state.ready
            or self._model.state.refreshing
            or self._model.loading
            or self.backstage.busy()
        )

    def network_returned(self) -> None:
        """The system says that the network is back: every connection is due at once."""
        self._window.show_network(lost=False)
        if not self._model.state.ready or self._launch.offline:
            return
        engine = self._engine

        async def wake() -> None:
            engine.services.schedule.wake()
            engine.services.quoting.wake()
            engine.services.listening.wake()

        self._runner.run("window:wake", wake)

    def network_lost(self) -> None:
        """The system says that there is no network: the window says since when its figures are."""
        self._window.show_network(lost=True)
        if not self._model.state.ready or self._launch.offline:
            return
        engine = self._engine

        async def stand_still() -> None:
            engine.services.quoting.network_lost()

        self._runner.run("window:network", stand_still)

    def come_forward(self) -> None:
        """Another start of the program asked for this window."""
        window = self._window
        if window.isMinimized():
            window.showNormal()
        window.show()
        window.raise_()
        window.activateWindow()

    def _on_notice_clicked(self, action: str) -> None:
        self.come_forward()
        if action:
            self.wishes.do(action)

    # the end

    def end(self) -> None:
        """Close the window, which ends everything: the system wants it, and nobody may answer."""
        self.closing.force()
        self._window.close()

    def close(self) -> bool:
        """Stop refreshes and services, end the I/O thread. True: everything ended in time."""
        if self._closed:
            return True
        self._closed = True
        self.wishes.close_wizard()
        self._window.desk.detach()
        self._model.end()
        sound = True
        try:
            self._io.call(self._end_work, CLOSE_SECONDS)
        except TimeoutError:
            _log.warning("the services did not end in time")
            sound = False
        sound = self._io.stop(CLOSE_SECONDS) and sound
        self._bus.close()
        self.presenter.close()
        return sound

    async def _end_work(self) -> None:
        """On the I/O thread: first whatever uses the engine, then the engine."""
        await self._engine.finish_orders(ORDER_SECONDS)
        supervisor = self._io.supervisor
        for name in filter(_own_work, supervisor.names):
            await supervisor.cancel(name)
        await self._engine.aclose()


class _Orders:
    """What is on its way behind the window, for the question whether it may close."""

    def __init__(self, engine: Engine, runner: IoRunner) -> None:
        self._engine, self._runner = engine, runner

    @property
    def in_flight(self) -> int:
        return self._engine.orders_in_flight

    def finish(self, seconds: float, done: Callable[[bool], object]) -> None:
        self._runner.run("window:finish", lambda: self._engine.finish_orders(seconds), done)

    def go_on(self) -> None:
        self._runner.run("window:go-on", self._engine.go_on)


def _own_work(name: str) -> bool:
    return name.startswith((*USERS, RESTORING))
