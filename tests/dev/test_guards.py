"""The guards themselves: each leak must fail the test that caused it, and nothing else may."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[2]
CONFTEST = f"""
import os, sys
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, {str(ROOT / "tests")!r})
pytest_plugins = ["support.guards"]
def pytest_configure():
    import support.guards
    support.guards.GRACE_SECONDS = 0.1
"""
INI = """
[pytest]
asyncio_mode = auto
asyncio_default_fixture_loop_scope = function
qt_api = pyside6
addopts = --strict-markers --strict-config
filterwarnings = error
"""


def run(pytester: pytest.Pytester, code: str, *args: str) -> pytest.RunResult:
    pytester.makeconftest(CONFTEST)
    pytester.makefile(".ini", pytest=INI)
    pytester.makepyfile(code)
    return pytester.runpytest_subprocess("-p", "no:randomly", *args, timeout=100)


LEAKS = {
    "warning": (
        "def test_it():\n import logging; logging.getLogger('a').warning('odd')",
        "*logged WARNING a: odd*",
    ),
    "network": (
        "def test_it():\n"
        " import socket\n"
        " with socket.socket() as s:\n"
        "  try: s.connect(('192.0.2.1', 80))\n"
        "  except OSError: pass",
        "*reached for the network: 192.0.2.1:80*",
    ),
    "lookup": (
        "def test_it():\n"
        " import socket\n"
        " try: socket.getaddrinfo('broker.invalid', 443)\n"
        " except OSError: pass",
        "*reached for the network: the address of 'broker.invalid'*",
    ),
    "task": (
        "import asyncio\nasync def test_it():\n"
        " test_it.kept = asyncio.get_running_loop().create_task(asyncio.sleep(99), name='lost')",
        "*left a task pending: lost*",
    ),
    "thread": (
        "import threading\nstop = threading.Event()\n"
        "def test_it():\n threading.Thread(target=stop.wait, name='lost').start()\n"
        "def test_next():\n stop.set()",
        "*thread 'lost' is still running*",
    ),
    "widget": (
        "from PySide6.QtWidgets import QWidget\nkept = []\n"
        "def test_it(qapp):\n kept.append(QWidget())",
        "*QWidget*was left behind*",
    ),
    "socket": (
        "import socket\nkept = []\n"
        "def test_it():\n s = socket.socket(); s.bind(('127.0.0.1', 0)); kept.append(s)\n"
        "def test_next():\n kept.pop().close()",
        "*socket:*was left open*",
    ),
}


@pytest.mark.parametrize("leak", LEAKS)
def test_a_leak_fails_the_test_that_caused_it(pytester: pytest.Pytester, leak: str) -> None:
    if leak == "socket" and not Path("/proc/self/fd").is_dir():
        pytest.skip("open sockets are only visible through /proc")
    code, line = LEAKS[leak]
    result = run(pytester, code)
    result.stdout.fnmatch_lines([line])
    result.assert_outcomes(passed=2 if "test_next" in code else 1, errors=1)


def test_tidy_tests_pass(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
import asyncio, logging, socket, threading
import pytest
from PySide6.QtWidgets import QWidget

@pytest.fixture(scope="module")
def server():
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()
    stop.set()
    thread.join()

@pytest.mark.allow_warnings("^a: odd")
def test_marked():
    logging.getLogger("a").warning("odd")

def test_announced(allow_warnings):
    allow_warnings("even")
    logging.getLogger("a").error("even")

async def test_task():
    task = asyncio.get_running_loop().create_task(asyncio.sleep(0))
    assert await asyncio.gather(task, asyncio.to_thread(lambda: 1)) == [None, 1]

def test_wider_scope(server):
    with socket.create_connection(server):
        pass

def test_widget(qtbot):
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
""",
    )
    result.assert_outcomes(passed=5)


def test_settings_of_pytest_asyncio_do_not_disturb_runs_without_it(
    pytester: pytest.Pytester,
) -> None:
    result = run(pytester, "def test_it(qtbot): pass", "-p", "no:asyncio")
    result.assert_outcomes(passed=1)
