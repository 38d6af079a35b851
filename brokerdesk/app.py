"""The GUI's composition root: the start order, and who is handed to whom.

Arguments, paths, log, application, single instance, last snapshot, *window painted*; only then the
event loop, the I/O thread, the database ritual, secrets, services and the practice market. Imports
above the paint stay light on purpose: everything heavy is imported where it is first used.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from brokerdesk.clock import SystemClock
from brokerdesk.errors import BrokerDeskError, HostError, StorageError
from brokerdesk.facts import dataclass
from brokerdesk.paths import (
    ProfilePaths,
    default_profile,
    forbid_core_dumps,
    practice_profile,
    private_umask,
    profile_at,
)

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from brokerdesk.ui.life import Life
    from brokerdesk.ui.shell.window import MainWindow
    from brokerdesk.ui.viewmodels.portfolio import PortfolioViewModel

SWITCH_SECONDS = 0.0001
"""How long the I/O thread may keep the window waiting for its turn; Python's own is ten times."""
PAINT_LIMIT = 20.0
NO_DISPLAY = (
    "BrokerDesk cannot open a window: there is no display here (neither DISPLAY nor "
    "WAYLAND_DISPLAY is set). Run it from a desktop session, or use its commands, such as "
    "“brokerdesk accounts”; “brokerdesk --help” lists them."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GuiOptions:
    """What the command line says about the window.

    ``practice_urls`` names, per broker, a practice server that already runs on this computer. The
    built-in simulator is then not started, and nothing is connected without the user.
    """

    data_dir: Path | None = None
    practice: bool = False
    offline: bool = False
    theme: str | None = None
    debug: bool = False
    quit_after_paint: bool = False
    json: bool = False
    practice_urls: Mapping[str, str] = field(default_factory=dict)

    @property
    def profile(self) -> ProfilePaths:
        if self.data_dir is not None:
            return profile_at(self.data_dir)
        return practice_profile() if self.practice else default_profile()


Conduct = Callable[["MainWindow", "Life"], object]
"""What is done with the running window when no person does it (pictures, walks)."""


def run_gui(options: GuiOptions, conduct: Conduct | None = None) -> int:
    """Open the window and stay until it is closed. The exit code: 0, or 1 when it cannot open."""
    try:
        _need_display()
    except HostError as error:
        sys.stderr.write(error.sentences() + "\n")
        return 1
    gc.disable()  # nothing built on the way to the paint is garbage yet
    private_umask()
    forbid_core_dumps()
    paths = options.profile
    trouble = _directories(paths)
    app = _application()
    from brokerdesk.ui.single_instance import SingleInstance

    single = SingleInstance(lambda: paths.socket_name, paths.lock_file)
    ours = single.claim(listen=False)
    if not ours and not options.quit_after_paint:
        return _second(single)
    try:
        if ours and trouble is None:
            trouble = _finish_restore(paths)
        from brokerdesk.ui import heap
        from brokerdesk.ui.opening import Opening

        opening = Opening(paths, options, trouble)
        _paint(app, opening.window)
        window, model = opening.window, opening.model
        if options.quit_after_paint:
            opening.report(as_json=options.json)
            single.release()
            os._exit(0)  # the picture is measured, not how an interpreter is taken apart
        else:
            opening.furnish()
            _wear_icon(app)
            heap.begin()
            sys.setswitchinterval(SWITCH_SECONDS)
            single.listen()
            window.trouble = window.trouble or _log(paths, options)
            life = _life(window, model, paths, options)
            single.raise_wanted.connect(life.come_forward)
            _run_loop(app, life, None if conduct is None else lambda: conduct(window, life))
        return 0
    finally:
        single.release()


def paint_probe() -> str:
    """Paint an empty window, for the self test.

    Returns: the display it was painted on.

    Raises:
        HostError: there is no display.
    """
    _need_display()
    app = _application()
    from brokerdesk.ui.shell.window import MainWindow
    from brokerdesk.ui.theme import theme
    from brokerdesk.ui.viewmodels.portfolio import PortfolioViewModel

    theme().apply("light")
    window = MainWindow(PortfolioViewModel(SystemClock().now))
    try:
        _paint(app, window)
    finally:
        window.close()
        window.deleteLater()
        app.processEvents()
    return str(app.platformName())


def chart_probe() -> str:
    """Load what draws charts to explore and draw a line with it, for the self test.

    Returns: the library's name and version.

    Raises:
        HostError: there is no display.
        RuntimeError: nothing was drawn.
    """
    _need_display()
    app = _application()
    from brokerdesk.ui.theme import theme
    from brokerdesk.ui.views.chart_window import library

    theme().apply("light")
    library.load()
    from brokerdesk.ui.views.chart_window.probe import draws

    drawn = draws()
    app.processEvents()
    if not drawn:
        raise RuntimeError("no line was drawn")
    return library.name()


def run_gallery(theme_name: str, scale: float, save: Path | None) -> bool:
    """Show every component until the window is closed, or write a picture of it to ``save``.

    Returns: False when the picture could not be written.

    Raises:
        HostError: there is no display.
    """
    _need_display()
    app = _application()
    from PySide6.QtCore import QEventLoop

    from brokerdesk.ui.gallery.window import open_gallery

    window = open_gallery(theme_name, scale, whole=save is not None)
    app.processEvents()
    window.pose()
    app.processEvents()
    if save is not None:
        return bool(window.grab().save(str(save)))
    while window.isVisible():
        app.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
    return True


# before the paint


def _need_display() -> None:
    """Qt would abort the process without a word that helps."""
    if sys.platform.startswith("linux") and not any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    ):
        raise HostError(NO_DISPLAY)


def _directories(paths: ProfilePaths) -> BrokerDeskError | None:
    """Make them; what is wrong with them is shown in the window, not here."""
    try:
        paths.ensure()
    except OSError as error:
        from brokerdesk.ui.trouble import unwritable

        return unwritable(paths, error)
    return None


def _finish_restore(paths: ProfilePaths) -> StorageError | None:
    """Bring a restore to its end that was killed; nobody else has the profile now."""
    if not paths.restore_was_killed():
        return None
    from brokerdesk.services.restoring import finish_interrupted

    try:
        finish_interrupted(paths)
    except StorageError as error:
        return error
    return None


def _application() -> QApplication:
    from brokerdesk.ui.binding import load_binding

    load_binding()
    from PySide6.QtWidgets import QApplication

    app = QApplication.instance()
    if isinstance(app, QApplication):
        return app
    app = QApplication(sys.argv[:1])
    app.setApplicationName("BrokerDesk")
    app.setApplicationDisplayName("BrokerDesk")
    app.setDesktopFileName("brokerdesk")
    app.setQuitOnLastWindowClosed(False)
    from brokerdesk.ui.locale_qt import use_system_locale

    use_system_locale()
    return app


def _second(first: object) -> int:
    from brokerdesk.ui.single_instance import SingleInstance

    assert isinstance(first, SingleInstance)
    if first.raise_first():
        return 0
    sys.stderr.write(
        "BrokerDesk already runs on this profile but does not answer. End that program, then "
        "start again.\n"
    )
    return 1


def _paint(app: QApplication, window: MainWindow) -> None:
    """Show the window and go on only when it is on the screen."""
    from PySide6.QtCore import QEventLoop, QTimer

    done: list[bool] = []
    window.painted.connect(lambda: done.append(True))
    limit = QTimer()
    limit.setSingleShot(True)
    limit.timeout.connect(lambda: done.append(False))
    limit.start(int(PAINT_LIMIT * 1000))
    window.show()
    while not done:  # a display that never exposes the window must not hold up the program
        app.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
    limit.stop()


# after the paint


def _wear_icon(app: QApplication) -> None:
    """The program's own icon for its windows, where the desktop shows no other."""
    from brokerdesk.ui.widgets.app_icon import app_icon

    app.setWindowIcon(app_icon())


def _log(paths: ProfilePaths, options: GuiOptions) -> BrokerDeskError | None:
    """Open the log; nothing before the paint has anything to say in it."""
    from brokerdesk.log import start_log

    try:
        start_log(paths.log_dir, debug=options.debug, to_stderr=options.debug)
    except OSError as error:
        from brokerdesk.ui.trouble import unwritable

        return unwritable(paths, error)
    return None


def _life(
    window: MainWindow,
    model: PortfolioViewModel,
    paths: ProfilePaths,
    options: GuiOptions,
) -> Life:
    from brokerdesk.settings import SettingsFile
    from brokerdesk.ui.life import Launch, Life

    settings, problem = SettingsFile(paths.settings_file).load_or_default()
    if problem is not None:
        model.note(problem.sentences())
    launch = Launch(
        practice=options.practice,
        offline=options.offline,
        data_dir=options.data_dir,
        theme=options.theme,
        practice_urls=options.practice_urls,
    )
    return Life(window, model, paths=paths, clock=SystemClock(), settings=settings, launch=launch)


def _run_loop(app: QApplication, life: Life, conduct: Callable[[], object] | None = None) -> None:
    """One asyncio loop that is Qt's own, until the window is closed."""
    import asyncio
    import signal

    import qasync

    from brokerdesk.ui.network import NetworkWatch

    async def until_closed() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(
            lambda _loop, context: life.presenter.on_bug(
                "the event loop", context.get("exception") or RuntimeError(context["message"])
            )
        )
        watch = NetworkWatch(life)
        watch.returned.connect(life.network_returned)
        watch.lost.connect(life.network_lost)
        watch.start()
        ended = asyncio.Event()
        life.ended.connect(ended.set)
        # The window's once-a-second tick lets Python notice the signal.
        signal.signal(signal.SIGTERM, lambda *_: life.end())
        life.begin()
        if conduct is not None:
            conduct()
        await ended.wait()

    try:
        with asyncio.Runner(loop_factory=lambda: qasync.QEventLoop(app)) as runner:
            runner.run(until_closed())
    except KeyboardInterrupt:
        pass
    finally:
        life.close()
