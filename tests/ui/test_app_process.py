"""The program as a process: first paint, second start, no display, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.db import add_accounts, make_position, make_reading, opened

from brokerdesk.paths import ProfilePaths
from brokerdesk.ui.process_age import process_age

HEAVY = {
    "asyncio", "httpx", "sqlalchemy", "pyqtgraph", "numpy", "keyring", "alembic", "qasync",
    "cryptography", "argon2", "aiohttp", "truststore",
}  # fmt: skip


def environment(**changes: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if key != "WAYLAND_DISPLAY"}
    return {**kept, "QT_QPA_PLATFORM": "offscreen", **changes}


def command(profile: ProfilePaths, *more: str) -> list[str]:
    return [sys.executable, "-m", "brokerdesk", "--data-dir", str(profile.root), *more]


def paint(profile: ProfilePaths, *more: str) -> dict[str, Any]:
    done = subprocess.run(
        command(profile, "--quit-after-paint", "--json", *more),
        env=environment(), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def fill(profile: ProfilePaths, positions: int = 3) -> None:
    with opened(profile.root) as database:
        database.run_sync(lambda uow: add_accounts(uow, 1))
        held = tuple(make_position(f"S{number:03}") for number in range(positions))
        database.run_sync(lambda uow: uow.snapshots.store(make_reading(positions=held)))


def test_the_first_paint_shows_the_last_snapshot_and_loads_nothing_heavy(
    profile: ProfilePaths,
) -> None:
    fill(profile)
    answer = paint(profile)
    assert answer["rows"] == 4  # one account and three positions
    assert not HEAVY & set(answer["modules"])
    assert {"PySide6", "sqlcipher3"} <= set(answer["modules"])
    assert 0 < answer["ms"] < 60_000


def test_an_empty_profile_paints_too(profile: ProfilePaths) -> None:
    answer = paint(profile)
    assert answer["rows"] == 0
    assert not profile.portfolio_db.exists()  # looking makes no file


@pytest.mark.parametrize("what", ["damaged", "newer"])
def test_a_database_that_cannot_be_read_still_gets_a_window(
    profile: ProfilePaths, what: str
) -> None:
    if what == "damaged":
        profile.portfolio_db.write_bytes(b"not a database " * 500)
    else:
        from support.db import execute_raw

        fill(profile)
        execute_raw(profile.portfolio_db, "PRAGMA user_version = 9999")
    before = profile.portfolio_db.read_bytes()
    assert paint(profile)["rows"] == 0
    assert profile.portfolio_db.read_bytes() == before


def test_a_profile_that_cannot_be_written_still_gets_a_window(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert paint(ProfilePaths(tmp_path / "file" / "profile"))["rows"] == 0


def test_damaged_settings_are_moved_aside(profile: ProfilePaths) -> None:
    profile.settings_file.write_text("{ this is not json")
    paint(profile)
    assert [file.name for file in profile.root.glob("settings.json.bad-*")] == [
        "settings.json.bad-1"
    ]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="displays are Linux's question")
def test_without_a_display_there_is_a_sentence_and_no_crash(profile: ProfilePaths) -> None:
    bare = environment()
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        bare.pop(name, None)
    done = subprocess.run(
        command(profile), env=bare, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "no display here" in done.stderr
    assert "Traceback" not in done.stderr


def wait_for(what: Any, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def first(profile: ProfilePaths) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command(profile), env=environment(), stderr=subprocess.PIPE, text=True
    )
    wait_for(lambda: profile.portfolio_db.exists() or process.poll() is not None)
    yield process
    if process.poll() is None:
        process.kill()
    process.communicate(timeout=20)


def test_a_second_start_raises_the_first_and_ends_well(
    profile: ProfilePaths, first: subprocess.Popen[str]
) -> None:
    second = subprocess.run(
        command(profile), env=environment(), capture_output=True, text=True, timeout=60, check=False
    )
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
    assert first.poll() is None


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_asked_to_end_it_ends_in_order(profile: ProfilePaths, first: subprocess.Popen[str]) -> None:
    first.send_signal(signal.SIGTERM)
    assert first.wait(timeout=30) == 0
    assert first.stderr is not None
    assert "Traceback" not in first.stderr.read()
    log = (profile.log_dir / "brokerdesk.log").read_text("utf-8")
    assert "ERROR" not in log


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_a_killed_window_leaves_no_market_and_no_lock(tmp_path: Path) -> None:
    profile = ProfilePaths(tmp_path / "practice")
    profile.ensure()
    process = subprocess.Popen(
        command(profile, "--practice"), env=environment(), stderr=subprocess.DEVNULL
    )
    children: list[int] = []

    def market() -> bool:
        tasks = Path(f"/proc/{process.pid}/task")
        children[:] = [
            int(pid) for task in tasks.iterdir() for pid in (task / "children").read_text().split()
        ]
        return bool(children)

    wait_for(market)
    process.kill()
    process.wait(timeout=20)
    wait_for(lambda: not any(_alive(pid) for pid in children))
    assert paint(profile, "--practice")["ms"] > 0


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_the_stopwatch_begins_with_the_process() -> None:
    one = process_age()
    assert one > 0
    assert process_age() >= one
    script = (
        "import time; time.sleep(0.3); from brokerdesk.ui.process_age import process_age;"
        "print(process_age())"
    )
    out = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert 0.3 <= float(out.stdout) < 30
