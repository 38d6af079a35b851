"""A keychain that is locked, with its real window: dismissed, killed while it asks, and answered.

gnome-keyring asks through gcr's prompter, on an X server and a session bus of their own. The keys
are pressed by the X server.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from support.desktop import Desktop

pytestmark = pytest.mark.timeout(900)

T = TypeVar("T")
UNLOCKER = Path(__file__).with_name("unlocker.py")
HELPERS = str(Path(__file__).parents[1])
ROOT = str(Path(__file__).parents[2])
PASSWORD = "password of the test session"
LOCK = (
    "import secretstorage as s\n"
    "bus = s.dbus_init()\n"
    "s.get_default_collection(bus).lock()\n"
    "assert s.get_default_collection(bus).is_locked()\n"
)


class Keyring:
    """The keychain of a desktop, and a person at its window."""

    def __init__(self, desktop: Desktop) -> None:
        self._desktop = desktop

    def lock(self) -> None:
        self._desktop.run([sys.executable, "-c", LOCK])

    def windows(self) -> list[str]:
        search = ["xdotool", "search", "--onlyvisible", "--class", "gcr-prompter"]
        return self._desktop.run(search, check=False).stdout.split()

    def asks(self) -> None:
        until(self.windows)

    def dismiss(self) -> None:
        self.press("Escape")
        until(lambda: not self.windows())

    def answer(self) -> None:
        self._desktop.run(["xdotool", "type", "--delay", "40", PASSWORD])
        self.press("Return")
        until(lambda: not self.windows())

    def press(self, key: str) -> None:
        self._desktop.run(["xdotool", "key", key])

    def kill(self) -> None:
        """The daemons of this desktop, and no other's; the window of the killed one goes, too."""
        orphans = set(self.windows())
        mark = f"XDG_DATA_HOME={self._desktop.folder / 'data'}\0".encode()
        for entry in Path("/proc").iterdir():
            try:
                mine = mark in (entry / "environ").read_bytes()
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if mine and b"gnome-keyring-daemon" in command.split(b"\0")[0]:
                os.kill(int(entry.name), signal.SIGKILL)
        until(lambda: not orphans & set(self.windows()))


@pytest.fixture
def desktop(tmp_path: Path) -> Iterator[Desktop]:
    missing = [*Desktop.missing(), *(n for n in ("openbox", "xdotool") if not shutil.which(n))]
    if missing:
        if os.environ.get("CI") == "true":
            pytest.fail(f"needed and not installed: {', '.join(missing)}")
        pytest.skip(f"not installed: {', '.join(missing)}")
    with Desktop(tmp_path / "desktop") as running:
        manager = subprocess.Popen(
            ["openbox"], env=running.environment(), stderr=subprocess.DEVNULL
        )
        try:
            yield running
        finally:
            manager.terminate()
            manager.wait(20)


def test_unlock_in_the_window_survives_a_dismissed_and_a_killed_prompt(
    desktop: Desktop, tmp_path: Path
) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    command = [sys.executable, str(UNLOCKER), str(tmp_path / "profile"), str(pictures)]
    environment = desktop.environment(PYTHONPATH=f"{HELPERS}{os.pathsep}{ROOT}")
    begun = subprocess.run(
        [*command, "begin"], env=environment, capture_output=True, text=True, timeout=400,
        check=False,
    )  # fmt: skip
    assert begun.returncode == 0, begun.stdout + begun.stderr
    keyring = Keyring(desktop)
    keyring.lock()
    deeds: dict[str, Callable[[], None]] = {
        "started": keyring.dismiss,
        "dismissed": lambda: None,
        "killed": keyring.kill,
        "asked": keyring.answer,
        "open": lambda: None,
    }
    with (tmp_path / "errors").open("w") as errors:
        program = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
            text=True,
        )  # fmt: skip
    assert program.stdin is not None
    assert program.stdout is not None
    last = ""
    try:
        for last in program.stdout:
            if (name := last.strip()) in deeds:
                if name in ("started", "killed", "asked"):
                    keyring.asks()
                elif name == "dismissed":
                    assert keyring.windows() == [], "it was closed, and nobody wants it back"
                program.stdin.write("go\n")
                program.stdin.flush()
                assert program.stdout.readline() == "pictured\n"
                deeds[name]()
    finally:
        program.kill()
        program.communicate()
    shown = json.loads(last)
    assert (shown["failure"], shown["exit"]) == ("", 0), (tmp_path / "errors").read_text()
    assert list(shown["shown"]) == list(deeds)
    assert "Its own window asks for the password." in shown["shown"]["asked"]
    assert "keychain" not in shown["shown"]["open"].replace("kept under the system keychain", "")
    assert {path.stem for path in pictures.iterdir()} == set(deeds)


def until(look: Callable[[], T], seconds: float = 120) -> T:
    """What ``look`` says as soon as it says anything."""
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.2)
    return found
