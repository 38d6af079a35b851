"""From the painted window to its end: opens the engine, wires the window to it, closes it all.

Runs on the GUI thread; whatever may take time goes through the runner to the I/O thread. Imported
after the first paint.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QUrl, Signal
from PySide6.QtGui import QDesktopServices

from brokerdesk.clock import Clock
from brokerdesk.errors import (
    BrokerDeskError,
    DatabaseDamagedError,
    DatabaseTooNewError,
    SettingsError,
)
from brokerdesk.io_thread import IoThread
from brokerdesk.paths import ProfilePaths
from brokerdesk.settings import Settings, SettingsFile
from brokerdesk.ui.bus import Bus, IoRunner
from brokerdesk.ui.engine import Engine
from brokerdesk.ui.error_presenter import ErrorPresenter
from brokerdesk.ui.gateway import ConnectGateway, PortfolioGateway
from brokerdesk.ui.theme import theme
from brokerdesk.ui.trouble import unwritable
from brokerdesk.ui.viewmodels.portfolio import PortfolioViewModel
from brokerdesk.ui.viewmodels.state import Action, Message
from brokerdesk.ui.viewmodels.wizard import WizardViewModel
from brokerdesk.ui.viewmodels.wizard_state import Keeping, KeepingKind
from brokerdesk.ui.views.about import AboutDialog
from brokerdesk.ui.views.main_window import MainWindow
from brokerdesk.ui.views.pages import Choice, trouble_page
from brokerdesk.ui.views.unlock import UnlockDialog
from brokerdesk.ui.wizard.window import WizardWindow

_log = logging.getLogger(__name__)
CLOSE_SECONDS = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """What the command line decided, as far as the running window needs it."""

    practice: bool = False
    offline: bool = False
    data_dir: Path | None = None
    theme: str | None = None
    practice_urls: Mapping[str, str] = field(default_factory=dict)


class Life(QObject):
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
        super().__init__()
        self._window, self._model = window, model
        self._paths, self._clock, self._settings, self._launch = paths, clock, settings, launch
        self.presenter = ErrorPresenter(window, log=paths.log_dir / "brokerdesk.log")
        self._bus = Bus()
        self._io = IoThread(self.presenter.on_bug)
        self._runner = IoRunner(self._io, self._bus, self.presenter.show)
        self._engine = self._new_engine()
        self._wizard: WizardWindow | None = None
        self._wish: Callable[[WizardViewModel], None] | None = None
        self._closed = False

    # beginning

    def begin(self) -> None:
        """Start the I/O thread and open the profile, unless the window already shows trouble."""
        self.presenter.install()
        self._io.start()
        self._connect()
        if self._window.connect_asked:
            self.connect_broker()
        trouble = self._window.trouble
        if trouble is not None:
            self._show_trouble(trouble)
        else:
            self._open()

    def _new_engine(self) -> Engine:
        return Engine(
            self._paths,
            clock=self._clock,
            settings=self._settings,
            publish=self._bus.publish,
            practice=self._launch.practice and not self._launch.practice_urls,
            offline=self._launch.offline,
        )

    def _connect(self) -> None:
        window, model = self._window, self._model
        window.closing.connect(self.ended)
        window.connect_wanted.connect(lambda: self.connect_broker())
        window.practice_wanted.connect(self.open_practice)
        window.about_wanted.connect(self._about)
        window.report_wanted.connect(self._copy_report)
        window.theme_wanted.connect(self.choose_theme)
        model.sign_in_wanted.connect(self.sign_in_again)
        model.keys_wanted.connect(lambda key: self.sign_in_again(key, change_keys=True))
        model.unlock_wanted.connect(self._unlock)
        self._bus.published.connect(model.on_event)

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
            self._engine, self._runner, load_failed=self._model.reload_failed
        )
        self._model.attach(gateway)
        wish, self._wish = self._wish, None
        if wish is not None:
            self._open_wizard(wish)
        if self._engine.hosts_practice:
            self._model.note("Starting the practice market…")
        self._runner.run(
            "window:begin", self._engine.begin, lambda _: self._on_begun(), self._on_begin_failed
        )
        if not self._launch.offline:
            self._runner.run("window:keeping", self._engine.keeping, self._on_keeping)

    def _on_begun(self) -> None:
        self._model.note("")
        self._model.reload()

    def _on_begin_failed(self, error: BaseException) -> None:
        self._model.note("")
        self.presenter.show(error)

    def _on_keeping(self, keeping: Keeping) -> None:
        """Say where sign-ins are kept; a place that does not open is a message with a way out."""
        if keeping.kind is KeepingKind.DURABLE:
            self._model.keys_are(keeping.words)
        elif keeping.kind is KeepingKind.SESSION:
            self._model.keys_are("Sign-ins last until the program ends")
        elif self._model.state.figures.connections:
            self._model.warn(_locked_message(keeping))

    # trouble with the profile

    def _on_trouble(self, error: BaseException) -> None:
        if isinstance(error, BrokerDeskError):
            _log.warning("the profile cannot be opened: %s", error.code)
            self._show_trouble(error)
        else:
            self.presenter.show(error)

    def _show_trouble(self, error: BrokerDeskError) -> None:
        folder: Choice = ("Open its folder", self._open_folder)
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

    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._paths.root)))

    # wishes

    def connect_broker(self) -> WizardWindow | None:
        """Open the connect wizard, or bring the open one to the front."""
        return self._open_wizard(lambda wizard: None)

    def sign_in_again(self, connection: str, *, change_keys: bool = False) -> None:
        """Open the wizard for an existing connection."""
        rows = self._model.state.figures.connections
        title = next((row.title for row in rows if row.key == connection), "")
        self._open_wizard(
            lambda wizard: wizard.sign_in_again(connection, title, change_keys=change_keys)
        )

    def _open_wizard(self, start: Callable[[WizardViewModel], None]) -> WizardWindow | None:
        if not self._model.state.ready:
            self._wish = start  # the profile is still being opened
            return None
        if self._wizard is not None:
            self._wizard.come_forward()
            return self._wizard
        port = ConnectGateway(
            self._engine,
            practice=self._launch.practice,
            practice_urls=self._launch.practice_urls,
        )
        model = WizardViewModel(port, self._runner, self._clock.now)
        wizard = WizardWindow(model, self._window)
        self._bus.published.connect(model.on_event)
        wizard.practice_wanted.connect(self.open_practice)
        wizard.gone.connect(self._on_wizard_gone)
        self._wizard = wizard
        start(model)
        wizard.show()
        return wizard

    def _on_wizard_gone(self) -> None:
        if self._wizard is not None:
            self._bus.published.disconnect(self._wizard.model.on_event)
            self._wizard.deleteLater()
            self._wizard = None
        self._model.reload()

    def open_practice(self) -> None:
        """Start a second program on the practice profile, which has its own window and data."""
        program, *arguments = practice_command(self._launch)
        started, _pid = QProcess.startDetached(program, arguments)
        if started:
            self._window.say("The practice window opens.")
        else:
            self.presenter.show(
                BrokerDeskError("The practice window did not start.", "Nothing was changed.")
            )

    def choose_theme(self, choice: str) -> None:
        """Show another theme and remember it."""
        theme().apply(choice)
        self._settings = replace(self._settings, theme=choice)
        file, settings = SettingsFile(self._paths.settings_file), self._settings

        async def save() -> None:
            file.save(settings)

        self._runner.run("window:settings", save, failed=self._on_not_saved)

    def _on_not_saved(self, error: BaseException) -> None:
        if isinstance(error, SettingsError):
            self._window.say(error.title)
        else:
            self.presenter.show(error)

    def _unlock(self) -> None:
        dialog = UnlockDialog(self._window)
        dialog.given.connect(lambda words: self._try_unlock(dialog, words))
        dialog.show()

    def _try_unlock(self, dialog: UnlockDialog, passphrase: str) -> None:
        engine = self._engine
        self._runner.run(
            "window:unlock",
            lambda: engine.store.unlock(passphrase),
            lambda _: self._on_unlocked(dialog),
            dialog.refuse,
        )

    def _on_unlocked(self, dialog: UnlockDialog) -> None:
        dialog.close()
        self._model.warn(None)
        self._runner.run("window:keeping", self._engine.keeping, self._on_keeping)
        self._model.refresh()

    def _about(self) -> None:
        AboutDialog(self._paths.root, self._window).show()

    def _copy_report(self) -> None:
        self.presenter.copy_report()
        self._window.say("A report without accounts, keys or amounts is on the clipboard.")

    def network_returned(self) -> None:
        """The system says that the network is back: every connection is due at once."""
        if not self._model.state.ready or self._launch.offline:
            return
        engine = self._engine

        async def wake() -> None:
            engine.services.schedule.wake()

        self._runner.run("window:wake", wake)

    def come_forward(self) -> None:
        """Another start of the program asked for this window."""
        window = self._window
        if window.isMinimized():
            window.showNormal()
        window.show()
        window.raise_()
        window.activateWindow()

    # the end

    def end(self) -> None:
        """Close the window, which ends everything."""
        self._window.close()

    def close(self) -> bool:
        """Stop refreshes and services, end the I/O thread. True: everything ended in time."""
        if self._closed:
            return True
        self._closed = True
        if self._wizard is not None:
            self._wizard.close()
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
        supervisor = self._io.supervisor
        for name in filter(_own_work, supervisor.names):
            await supervisor.cancel(name)
        await self._engine.aclose()


def _own_work(name: str) -> bool:
    return name.startswith(("window:", "wizard"))


def practice_command(launch: Launch) -> list[str]:
    """How this program, frozen or not, opens its practice window."""
    frozen = getattr(sys, "frozen", False)
    command = [sys.executable] if frozen else [sys.executable, "-m", "brokerdesk"]
    command.append("--practice")
    if launch.data_dir is not None:
        beside = launch.data_dir.with_name(launch.data_dir.name + "-practice")
        command += ["--data-dir", str(beside)]
    if launch.theme is not None:
        command += ["--theme", launch.theme]
    return command


def _locked_message(keeping: Keeping) -> Message:
    vault = keeping.kind is KeepingKind.VAULT_LOCKED
    title = "The passphrase vault is locked." if vault else "The system keychain is locked."
    return Message(
        key="keys",
        kind="warn",
        title=title,
        text="Unlock it to get new figures. Saved figures can still be read.",
        actions=(Action(id="unlock:", label="Unlock"),) if vault else (),
    )
