"""A whole desktop session for one test: X server, session bus and an unlocked Secret Service."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

_NEEDED = ("Xvfb", "dbus-daemon", "gnome-keyring-daemon")


class Desktop:
    """Started on entry, gone on exit. Its keychain lives in ``folder`` and dies with it."""

    def __init__(self, folder: Path, *, size: str = "1440x900") -> None:
        self.folder = folder
        self._size = size
        self._processes: list[subprocess.Popen[str]] = []
        self._environment: dict[str, str] = {}

    @staticmethod
    def missing() -> list[str]:
        return [name for name in _NEEDED if shutil.which(name) is None]

    def environment(self, **more: str) -> dict[str, str]:
        """The variables of a program that runs in this session."""
        return {**self._environment, **more}

    def run(
        self, command: Sequence[str], *, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            command, env=self._environment, capture_output=True, text=True, timeout=120, check=False
        )
        if check and done.returncode:
            raise AssertionError(f"{command} ended with {done.returncode}: {done.stderr}")
        return done

    def __enter__(self) -> Desktop:
        runtime = self.folder / "runtime"
        data = self.folder / "data"
        for path in (self.folder, runtime, data):
            path.mkdir(mode=0o700, parents=True)
        environment = {
            name: value
            for name, value in os.environ.items()
            if name not in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY", "PYTHON_KEYRING_BACKEND")
        }
        environment |= {"XDG_RUNTIME_DIR": str(runtime), "XDG_DATA_HOME": str(data)}
        try:
            environment["DISPLAY"] = self._start_x()
            environment["DBUS_SESSION_BUS_ADDRESS"] = self._start_bus(environment)
            self._start_keyring(environment)
        except BaseException:
            self._stop()
            raise
        self._environment = environment
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def _start_x(self) -> str:
        """The server picks a free display itself and says which."""
        read, write = os.pipe()
        process = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{self._size}x24", "-nolisten",
             "tcp"],
            pass_fds=(write,),
            stderr=subprocess.DEVNULL,
            text=True,
        )  # fmt: skip
        os.close(write)
        self._processes.append(process)
        with os.fdopen(read) as pipe:
            number = pipe.readline().strip()
        assert number, "the X server did not start"
        return f":{number}"

    def _start_bus(self, environment: dict[str, str]) -> str:
        process = subprocess.Popen(
            ["dbus-daemon", "--session", "--nofork", "--print-address=1"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._processes.append(process)
        assert process.stdout is not None
        return process.stdout.readline().strip()

    def _start_keyring(self, environment: dict[str, str]) -> None:
        process = subprocess.Popen(
            ["gnome-keyring-daemon", "--unlock", "--components=secrets", "--foreground"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._processes.append(process)
        assert process.stdin is not None
        process.stdin.write("password of the test session")
        process.stdin.close()
        time.sleep(0.5)  # it owns its bus name a moment after it took the password

    def _stop(self) -> None:
        for process in reversed(self._processes):
            process.terminate()
        for process in reversed(self._processes):
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None and not pipe.closed:
                    pipe.close()
        self._processes.clear()
