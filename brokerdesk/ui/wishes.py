"""What the window wishes and the program behind it does: wizard, practice, report, unlocking.

Made by ``life`` when the window is painted; it opens dialogs and starts programs, and decides
nothing about figures.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from PySide6.QtCore import QObject, QProcess, QUrl
from PySide6.QtGui import QDesktopServices

from brokerdesk.clock import Clock
from brokerdesk.domain.events import RefreshFinished
from brokerdesk.errors import BrokerDeskError
from brokerdesk.facts import dataclass
from brokerdesk.paths import ProfilePaths
from brokerdesk.tasks import Policy
from brokerdesk.ui.bus import Bus, IoRunner
from brokerdesk.ui.engine import Engine
from brokerdesk.ui.error_presenter import ErrorPresenter
from brokerdesk.ui.shell.window import MainWindow
from brokerdesk.ui.viewmodels.keeping import Keeping, KeepingKind
from brokerdesk.ui.viewmodels.state import Action, Message

if TYPE_CHECKING:
    from brokerdesk.ui.viewmodels.wizard import WizardViewModel
    from brokerdesk.ui.views.unlock import UnlockDialog
    from brokerdesk.ui.wizard.window import WizardWindow

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """What the command line decided, as far as the running window needs it."""

    practice: bool = False
    offline: bool = False
    data_dir: Path | None = None
    theme: str | None = None
    practice_urls: Mapping[str, str] = field(default_factory=dict)


class Wishes(QObject):
    """Does what ``desk.wish`` asks for. Verbs that are not here are the portfolio's."""

    def __init__(
        self,
        window: MainWindow,
        engine: Engine,
        runner: IoRunner,
        bus: Bus,
        presenter: ErrorPresenter,
        *,
        paths: ProfilePaths,
        clock: Clock,
        launch: Launch,
    ) -> None:
        super().__init__(window)
        self._window, self._desk = window, window.desk
        self._engine, self._runner, self._bus = engine, runner, bus
        self._presenter, self._paths = presenter, paths
        self._clock, self._launch = clock, launch
        self.wizard: WizardWindow | None = None
        self._later: Callable[[WizardViewModel], None] | None = None
        self._verbs: dict[str, Callable[[str], object]] = {
            "connect": lambda _: self.connect_broker(),
            "practice": lambda _: self.open_practice(),
            "report": lambda _: self._copy_report(),
            "about": lambda _: self._about(),
            "folder": lambda _: self.open_folder(),
            "log": lambda _: self._desk.go("log"),
            "go": self._desk.go,
            "unlock": lambda _: self.unlock(),
        }

    def begin(self) -> None:
        """Listen, and do what was wished before anybody did."""
        portfolio = self._desk.portfolio
        portfolio.sign_in_wanted.connect(self.sign_in_again)
        portfolio.keys_wanted.connect(self._change_keys)
        portfolio.unlock_wanted.connect(self.unlock)
        self._desk.wished.connect(self.do)
        self._bus.published.connect(self._on_event)
        early, self._window.early = self._window.early or [], None
        for action in early:
            self.do(action)

    def learn(self, verb: str, do: Callable[[str], object]) -> None:
        """Do this for another verb; it is given the target."""
        self._verbs[verb] = do

    def do(self, action: str) -> None:
        """Do ``verb:target``."""
        verb, _, target = action.partition(":")
        known = self._verbs.get(verb)
        if known is not None:
            known(target)
        else:
            self._desk.portfolio.act(action)

    # the wizard

    def connect_broker(self) -> WizardWindow | None:
        """Open the connect wizard, or bring the open one to the front."""
        return self._open_wizard(lambda wizard: None)

    def sign_in_again(self, connection: str) -> None:
        """Open the wizard for an existing connection."""
        self._again(connection, change_keys=False)

    def _change_keys(self, connection: str) -> None:
        self._again(connection, change_keys=True)

    def _again(self, connection: str, *, change_keys: bool) -> None:
        rows = self._desk.figures.connections
        title = next((row.title for row in rows if row.key == connection), "")
        self._open_wizard(
            lambda wizard: wizard.sign_in_again(connection, title, change_keys=change_keys)
        )

    def _open_wizard(self, start: Callable[[WizardViewModel], None]) -> WizardWindow | None:
        if not self._desk.state.ready:
            self._later = start  # the profile is still being opened
            return None
        if self.wizard is not None:
            self.wizard.come_forward()
            return self.wizard
        from brokerdesk.ui.gateways.connecting import ConnectGateway
        from brokerdesk.ui.viewmodels.wizard import WizardViewModel
        from brokerdesk.ui.wizard.window import WizardWindow

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
        self.wizard = wizard
        start(model)
        wizard.show()
        return wizard

    def opened(self) -> None:
        """The profile is open: a wizard that was asked for meanwhile appears."""
        start, self._later = self._later, None
        if start is not None:
            self._open_wizard(start)

    def close_wizard(self) -> None:
        if self.wizard is not None:
            self.wizard.close()

    def _on_wizard_gone(self) -> None:
        if self.wizard is not None:
            self._bus.published.disconnect(self.wizard.model.on_event)
            self.wizard.deleteLater()
            self.wizard = None
        self._desk.portfolio.reload()

    # other programs

    def open_practice(self) -> None:
        """Start a second program on the practice profile, which has its own window and data."""
        program, *arguments = practice_command(self._launch)
        started, _pid = QProcess.startDetached(program, arguments)
        if started:
            self._window.say("The practice window opens.")
        else:
            self._presenter.show(
                BrokerDeskError("The practice window did not start.", "Nothing was changed.")
            )

    def open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._paths.root)))

    # where sign-ins are kept

    def ask_keeping(self) -> None:
        """Ask keychain or vault whether it opens; a keychain may ask the user itself."""
        self._runner.run("window:keeping", self._engine.keeping, self.on_keeping)

    def on_keeping(self, keeping: Keeping) -> None:
        """Say where sign-ins are kept; a place that does not open is a message with a way out."""
        portfolio = self._desk.portfolio
        if keeping.kind is KeepingKind.DURABLE:
            portfolio.warn(None)
            portfolio.keys_are(keeping.words)
        elif keeping.kind is KeepingKind.SESSION:
            portfolio.warn(None)
            portfolio.keys_are("Sign-ins last until the program ends")
        elif self._desk.figures.connections:
            portfolio.warn(_locked_message(keeping))
            if keeping.kind is KeepingKind.LOCKED:
                # Its own window may be open; whoever answers it need not press Unlock, too.
                self._run_keychain(self._engine.keychain_answered, self._on_keychain_answered)

    def unlock(self) -> None:
        """Ask for the vault's passphrase, or let the system ask for its keychain's."""
        if self._keychain_shut():
            self._desk.portfolio.warn(_ASKING)
            self._run_keychain(self._engine.unlock_keychain, self._on_keychain, Policy.NEWEST_WINS)
            return
        from brokerdesk.ui.views.unlock import UnlockDialog

        dialog = UnlockDialog(self._window)
        dialog.given.connect(lambda words: self._try_unlock(dialog, words))
        dialog.show()

    def _keychain_shut(self) -> bool:
        """Whether the window says that the keychain does not open."""
        shut = (KEYCHAIN_LOCKED, KEYCHAIN_GONE)
        return any(one.key == "keys" and one.title in shut for one in self._desk.figures.messages)

    def _on_event(self, event: object) -> None:
        """A refresh may have found the keychain open, or have it ask the user right now."""
        if isinstance(event, RefreshFinished) and self._keychain_shut():
            self._run_keychain(self._engine.keychain_answered, self._on_keychain_answered)

    def _run_keychain(
        self,
        make: Callable[[], Coroutine[Any, Any, T]],
        done: Callable[[T], object],
        policy: Policy = Policy.SKIP_IF_RUNNING,
    ) -> None:
        # One at a time: what waits for the answer already does what another would do. Only what the
        # user clicks takes its place, because what runs may be about to end without an answer.
        self._runner.run("window:keychain", make, done, policy=policy)

    def _on_keychain_answered(self, answered: bool) -> None:
        if answered:
            self.ask_keeping()
            self._desk.portfolio.refresh()

    def _on_keychain(self, keeping: Keeping) -> None:
        self.on_keeping(keeping)
        if keeping.kind is KeepingKind.DURABLE:
            self._desk.portfolio.refresh()

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
        self._desk.portfolio.warn(None)
        self.ask_keeping()
        self._desk.portfolio.refresh()

    # help

    def _about(self) -> None:
        from brokerdesk.ui.views.about import AboutDialog

        AboutDialog(self._paths.root, self._window).show()

    def _copy_report(self) -> None:
        self._presenter.copy_report()
        self._window.say("A report without accounts, keys or amounts is on the clipboard.")


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


KEYCHAIN_LOCKED = "The system keychain is locked."
KEYCHAIN_GONE = "The system keychain is not running."
VAULT_LOCKED = "The passphrase vault is locked."
_ASKING = Message(
    key="keys",
    kind="warn",
    title=KEYCHAIN_LOCKED,
    text="Its own window asks for the password. Saved figures can still be read.",
)


def _locked_message(keeping: Keeping) -> Message:
    if keeping.words.startswith(KEYCHAIN_GONE):
        return Message(
            key="keys",
            kind="warn",
            title=KEYCHAIN_GONE,
            text="Start it, or sign in to your desktop anew. Saved figures can still be read.",
            actions=(Action(id="unlock:", label="Try again"),),
        )
    vault = keeping.kind is KeepingKind.VAULT_LOCKED
    return Message(
        key="keys",
        kind="warn",
        title=VAULT_LOCKED if vault else KEYCHAIN_LOCKED,
        text="Unlock it to sign in. Saved figures can still be read.",
        actions=(Action(id="unlock:", label="Unlock"),),
    )
