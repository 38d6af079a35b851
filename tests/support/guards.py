"""What no test may do, checked around every one of them.

A suite that passes while it leaks proves little: a forgotten task swallows its exception, a thread
keeps the program from ending, a warning in the log is the bug report that nobody read. These
guards turn each into a failure of the test that caused it:

- the network beyond loopback is refused, and asking for it fails the test;
- a log record of level WARNING or above fails the test, unless it was announced with
  ``@pytest.mark.allow_warnings("regex", ...)`` or the fixture ``allow_warnings("regex", ...)``
  (matched against ``"<logger>: <message>"``; no argument allows all);
- asyncio tasks still pending when a test's event loop closes;
- threads left running (non-daemon ones, and any whose name begins with ``brokerdesk``);
- top-level widgets left behind;
- sockets left open (where /proc tells).

What a fixture of a wider scope than ``function`` opens belongs to that fixture and is not a leak of
the test that happened to be first.
"""

from __future__ import annotations

import asyncio
import asyncio.runners
import gc
import ipaddress
import json
import logging
import os
import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import Any

import pytest

GRACE_SECONDS = 3.0
_FDS = Path("/proc/self/fd")
_QT_OWN_WIDGETS = frozenset({"QTipLabel", "QComboBoxPrivateContainer", "QDesktopScreenWidget"})


class NetworkRefusedError(OSError):
    """A test tried to reach past loopback."""


class _Watch:
    """What the running test has done so far, and what was there before it."""

    def __init__(self) -> None:
        self.records: list[logging.LogRecord] = []
        self.allowed: list[str] = []
        self.refused: list[str] = []
        self.tasks: list[str] = []
        self.threads: set[int] = set()
        self.sockets: set[str] = set()
        self.widgets: set[int] = set()
        self.had_application = False

    def begin(self, patterns: Iterable[str]) -> None:
        self.records.clear()
        self.refused.clear()
        self.tasks.clear()
        self.allowed = list(patterns)
        self.threads.clear()
        self.sockets.clear()
        self.widgets.clear()
        self.remember()
        self.had_application = _application() is not None

    def remember(self) -> None:
        """Take what is open now as not the test's own."""
        self.threads |= {id(thread) for thread in threading.enumerate()}
        self.sockets |= _open_sockets()
        self.widgets |= {_address(widget) for widget in _top_level_widgets()}


_watch = _Watch()


# -- log ------------------------------------------------------------------------------------------
class _Recorder(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        _watch.records.append(record)


_recorder = _Recorder(level=logging.WARNING)


def _unexpected_records() -> list[str]:
    lines = []
    for record in _watch.records:
        try:
            line = f"{record.name}: {record.getMessage()}"
        except (TypeError, ValueError):  # arguments that do not fit are a finding too
            line = f"{record.name}: {record.msg} (cannot be formatted)"
        if not any(re.search(pattern, line) for pattern in _watch.allowed):
            lines.append(f"{record.levelname} {line}")
    return lines


@pytest.fixture
def allow_warnings() -> Callable[..., None]:
    """Announce log warnings that the rest of this test is meant to cause."""

    def allow(*patterns: str) -> None:
        _watch.allowed.extend(patterns or (r"",))

    return allow


# -- network --------------------------------------------------------------------------------------
def _is_local(host: object) -> bool:
    if host in (None, "", b"", "localhost", b"localhost"):
        return True
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return text.lower() in {socket.gethostname().lower(), "ip6-localhost"} or text.endswith(
            ".localhost"
        )
    return address.is_loopback or address.is_unspecified


def _refuse(what: str) -> None:
    _watch.refused.append(what)
    raise NetworkRefusedError(f"tests reach no further than loopback; this one wanted {what}")


def _guard_sockets() -> None:
    real_connect = socket.socket.connect
    real_connect_ex = socket.socket.connect_ex
    real_sendto = socket.socket.sendto
    real_lookup = socket.getaddrinfo

    def check(sock: socket.socket, address: Any) -> None:
        inet = sock.family in (socket.AF_INET, socket.AF_INET6)
        if inet and isinstance(address, tuple) and not _is_local(address[0]):
            _refuse(f"{address[0]}:{address[1]}")

    def connect(self: socket.socket, address: Any) -> None:
        check(self, address)
        real_connect(self, address)

    def connect_ex(self: socket.socket, address: Any) -> int:
        check(self, address)
        return real_connect_ex(self, address)

    def sendto(self: socket.socket, data: Any, *rest: Any) -> int:
        check(self, rest[-1])
        return real_sendto(self, data, *rest)

    def lookup(host: Any, *args: Any, **kwargs: Any) -> Any:
        if not _is_local(host):
            _refuse(f"the address of {host!r}")
        return real_lookup(host, *args, **kwargs)

    socket.socket.connect = connect  # type: ignore[method-assign, assignment]
    socket.socket.connect_ex = connect_ex  # type: ignore[method-assign, assignment]
    socket.socket.sendto = sendto  # type: ignore[method-assign, assignment]
    socket.getaddrinfo = lookup


# -- tasks ----------------------------------------------------------------------------------------
def _guard_tasks() -> None:
    real_cancel_all = asyncio.runners._cancel_all_tasks  # type: ignore[attr-defined]

    def cancel_all(loop: asyncio.AbstractEventLoop) -> None:
        if threading.current_thread() is threading.main_thread():
            for _ in range(5):  # transports and generators that are about to end by themselves
                if not asyncio.all_tasks(loop):
                    break
                loop.run_until_complete(asyncio.sleep(0))
            _watch.tasks.extend(
                f"{task.get_name()}: {task.get_coro()!r}" for task in asyncio.all_tasks(loop)
            )
        real_cancel_all(loop)

    asyncio.runners._cancel_all_tasks = cancel_all  # type: ignore[attr-defined]


# -- threads, sockets, widgets --------------------------------------------------------------------
def _left_threads() -> list[threading.Thread]:
    return [
        thread
        for thread in threading.enumerate()
        if id(thread) not in _watch.threads
        and thread.is_alive()
        and (not thread.daemon or thread.name.lower().startswith("brokerdesk"))
    ]


def _open_sockets() -> set[str]:
    if not _FDS.is_dir():
        return set()
    found = set()
    for entry in _FDS.iterdir():
        try:
            target = str(entry.readlink())
        except OSError:
            continue
        if target.startswith("socket:"):
            found.add(target)
    return found


def _application() -> Any:
    widgets = sys.modules.get("PySide6.QtWidgets")
    return widgets.QApplication.instance() if widgets is not None else None


def _top_level_widgets() -> list[Any]:
    application = _application()
    if application is None or not hasattr(application, "topLevelWidgets"):
        return []
    return [
        widget
        for widget in application.topLevelWidgets()
        if widget.metaObject().className() not in _QT_OWN_WIDGETS
    ]


def _address(widget: Any) -> int:
    """Where the C++ object lies: Python's wrapper of it may come and go."""
    return int(sys.modules["shiboken6"].getCppPointer(widget)[0])


def _left_widgets() -> list[Any]:
    return [widget for widget in _top_level_widgets() if _address(widget) not in _watch.widgets]


def _settle() -> None:
    """Let things that were told to end do so."""
    application = _application()
    if application is not None:
        core = sys.modules["PySide6.QtCore"]
        application.sendPostedEvents(None, core.QEvent.Type.DeferredDelete)
        application.processEvents()
    gc.collect()


def _leaks() -> list[str]:
    deadline = time.monotonic() + GRACE_SECONDS
    settled = False
    while True:
        threads = _left_threads()
        widgets = _left_widgets()
        # The application itself may open a socket to its display or bus, once.
        new_application = _application() is not None and not _watch.had_application
        sockets = set() if new_application else _open_sockets() - _watch.sockets
        if not (threads or widgets or sockets):
            return []
        if settled and time.monotonic() > deadline:
            return [
                *(f"thread {thread.name!r} is still running" for thread in threads),
                *(f"widget {widget!r} was left behind" for widget in widgets),
                *(f"{name} was left open" for name in sorted(sockets)),
            ]
        _settle()
        settled = True
        del widgets
        time.sleep(0.01)


# -- hooks ----------------------------------------------------------------------------------------
def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    if not pluginmanager.has_plugin("asyncio"):  # tests/ui runs without it; its settings remain
        parser.addini("asyncio_mode", "read by pytest-asyncio when it is on")
        parser.addini("asyncio_default_fixture_loop_scope", "the same")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "allow_warnings(*regex): log warnings that this test is meant to cause"
    )
    _guard_sockets()
    _guard_tasks()


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any]) -> Generator[None, object, object]:
    result = yield
    if fixturedef.scope != "function":
        _watch.remember()
    return result


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, None, None]:
    patterns: list[str] = []
    for mark in item.iter_markers("allow_warnings"):
        patterns.extend(mark.args or (r"",))
    root = logging.getLogger()
    if _recorder not in root.handlers:
        root.addHandler(_recorder)
    _watch.begin(patterns)
    yield


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    yield
    problems = [f"reached for the network: {what}" for what in _watch.refused]
    problems += [f"logged {line}" for line in _unexpected_records()]
    problems += [f"left a task pending: {task}" for task in _watch.tasks]
    problems += _leaks()
    if problems:
        pytest.fail("\n".join([f"{item.nodeid}:", *problems]), pytrace=False)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell dev.py what happened, for the table at its end."""
    target = os.environ.get("BROKERDESK_TEST_REPORT")
    if not target:
        return
    stats = terminalreporter.stats
    words = ("passed", "failed", "error", "skipped", "xfailed", "deselected")
    counts = {word: len(stats[word]) for word in words if stats.get(word)}
    skips = {
        str(report.longrepr[-1]).removeprefix("Skipped: ") for report in stats.get("skipped", ())
    }
    failed = {report.nodeid for word in ("failed", "error") for report in stats.get(word, ())}
    told = {"counts": counts, "skips": sorted(skips), "failed": sorted(failed)}
    Path(target).write_text(json.dumps(told), "utf-8")
