"""The first start of an installed program, with nothing but a keyboard.

From the welcome screen to the sign-in of every broker; the address goes to the system's browser
through ``xdg-open``; practice data opens with one key; a second start raises the window that runs.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from support.chromium import free_port
from support.desktop import Desktop

pytestmark = [pytest.mark.timeout(400)]

T = TypeVar("T")
TYPIST = Path(__file__).with_name("typist.py")
HELPERS = str(Path(__file__).parents[1])
LOCK = "brokerdesk.lock"
PROGRAM = [sys.executable, "-m", "brokerdesk"]
BROWSED = {"schwab", "alpaca", "plaid"}
"""Whose sign-in is in the browser. One of the others asks a program on this computer, and the last
one has a key behind which sign-ins stand that were made before."""


@pytest.fixture(scope="module")
def desktop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desktop]:
    absent = Desktop.missing()
    if absent:
        if os.environ.get("CI") == "true":
            pytest.fail(f"needed and not installed: {', '.join(absent)}")
        pytest.skip(f"not installed: {', '.join(absent)}")
    with Desktop(tmp_path_factory.mktemp("session") / "desktop") as running:
        yield running


@pytest.fixture(scope="module")
def market() -> Iterator[dict[str, Any]]:
    process = subprocess.Popen(
        [*PROGRAM, "simulator", "--json", "--seed", "7"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())["brokers"]
    finally:
        process.kill()
        process.communicate()


def browser_in(folder: Path, record: Path) -> str:
    """A PATH on which ``xdg-open`` is the only browser; it notes what it is given."""
    folder.mkdir()
    script = folder / "xdg-open"
    script.write_text(
        f"""#!/bin/sh\nprintf '%s\\n' "$@" > '{record}.new'\n/bin/mv '{record}.new' '{record}'\n"""
    )
    script.chmod(0o755)
    return str(folder)


@pytest.mark.parametrize("broker", ["schwab", "alpaca", "ibkr", "snaptrade", "plaid"])
def test_every_broker_is_reached_by_keyboard(
    broker: str, desktop: Desktop, market: dict[str, Any], tmp_path: Path
) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    record = pictures / "opened.txt"
    given = dict(market[broker]["secrets"])
    if broker == "schwab":
        given["callback_url"] = f"https://127.0.0.1:{free_port()}"
    secrets = tmp_path / "secrets.json"
    secrets.write_text(json.dumps(given))
    done = subprocess.run(
        [sys.executable, str(TYPIST), str(tmp_path / "profile"), market[broker]["base_url"],
         broker, str(secrets), str(pictures)],
        env=desktop.environment(PATH=browser_in(tmp_path / "bin", record), PYTHONPATH=HELPERS),
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )  # fmt: skip
    assert done.stdout, done.stderr
    shown = json.loads(done.stdout.splitlines()[-1])
    assert shown["failure"] == "", (shown, done.stderr)
    assert shown["exit"] == 0
    assert shown["error"] == ""
    assert shown["pages"][0] == "pick"
    assert shown["connections"] == 0, "nothing is kept of a sign-in that was left"
    if broker in BROWSED:
        assert shown["pages"][-1] == "browser"
        (address,) = record.read_text().split()
        assert address.startswith(market[broker]["base_url"])
    else:
        assert shown["pages"][-1] == "accounts"
        assert not record.exists()


def test_practice_data_is_one_key_away(desktop: Desktop, tmp_path: Path) -> None:
    """A second program opens on a profile of its own, with accounts in it."""
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    profile, beside = tmp_path / "profile", tmp_path / "profile-practice"
    # Into files: the second program lives on, and would keep a pipe open.
    with (tmp_path / "out").open("w") as out, (tmp_path / "errors").open("w") as errors:
        command = [sys.executable, str(TYPIST), str(profile), str(pictures)]
        subprocess.run(
            command,
            env=desktop.environment(PYTHONPATH=HELPERS),
            stdout=out,
            stderr=errors,
            timeout=120,
            check=False,
        )
    said = (tmp_path / "out").read_text()
    assert said, (tmp_path / "errors").read_text()
    shown = json.loads(said.splitlines()[-1])
    assert (shown["failure"], shown["exit"]) == ("", 0), (tmp_path / "errors").read_text()
    pid = running(beside)
    try:
        listed = until(lambda: accounts_in(desktop, beside), 120)
        assert len(listed) >= 3
        assert {row["environment"] for row in listed} == {"practice"}
        again = desktop.run([*PROGRAM, "--practice", "--data-dir", str(beside)])
        assert again.returncode == 0, "the second start raises the window that runs, and ends"
        assert running(beside) == pid
    finally:
        os.kill(pid, signal.SIGTERM)
        until(lambda: not alive(pid), 60)
    assert accounts_in(desktop, profile) == [], "none of it in the profile for real accounts"


def accounts_in(desktop: Desktop, profile: Path) -> list[dict[str, Any]]:
    done = desktop.run(
        [*PROGRAM, "accounts", "--json", "--offline", "--data-dir", str(profile)], check=False
    )
    return list(json.loads(done.stdout)) if done.returncode == 0 and done.stdout else []


def running(profile: Path) -> int:
    """The process whose window has a profile; its lock file says so."""

    def holder() -> int:
        try:
            return int((profile / LOCK).read_text().splitlines()[0])
        except (OSError, ValueError, IndexError):
            return 0

    return until(holder, 60)


def alive(pid: int) -> bool:
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z"


def until(look: Callable[[], T], seconds: float) -> T:
    """What ``look`` says as soon as it says anything."""
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.2)
    return found
