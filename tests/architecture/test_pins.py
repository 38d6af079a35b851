"""The versions that the program stands on, and the one fault that made a pin necessary."""

from __future__ import annotations

import re
import sys
import tomllib

import pytest
from support.source import ROOT

LOCKS = ("requirements-bootstrap.lock", "requirements.lock", "requirements-dev.lock")


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(lock: str) -> dict[str, str]:
    """Name to version of every package in a lock file."""
    found = {}
    for line in (ROOT / lock).read_text("utf-8").splitlines():
        if match := re.match(r"([A-Za-z0-9._-]+)==([^ ;\\]+)", line):
            found[normal(match[1])] = match[2]
    return found


def wanted(lines: list[str]) -> set[str]:
    return {normal(re.split(r"[<>=~;\[ ]", line)[0]) for line in lines}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_address(lock: str) -> None:
    """A lock must install from whichever index a computer uses."""
    text = (ROOT / lock).read_text("utf-8")
    assert "://" not in text
    assert "index" not in re.sub(r"^[^#]*", "", text, flags=re.M)


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_its_hashes(lock: str) -> None:
    text = re.sub(r"\s*#.*", "", (ROOT / lock).read_text("utf-8"))
    entries = re.split(r"\n(?=[A-Za-z0-9])", text.strip())
    assert len(entries) >= 5
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_the_locks_hold_what_pyproject_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    runtime = wanted(project["project"]["dependencies"])
    extras = project["project"]["optional-dependencies"]
    assert runtime <= set(locked("requirements.lock"))
    assert runtime | wanted(extras["dev"]) | wanted(extras["peers"]) <= set(
        locked("requirements-dev.lock")
    )
    bootstrap = wanted(project["dependency-groups"]["bootstrap"])
    assert bootstrap <= set(locked("requirements-bootstrap.lock"))


def test_tests_run_with_the_versions_that_users_get() -> None:
    developer = locked("requirements-dev.lock")
    program = locked("requirements.lock")
    assert {name: developer.get(name) for name in program} == program


def test_peers_never_reach_the_program() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    peers = wanted(project["project"]["optional-dependencies"]["peers"])
    assert not peers & set(locked("requirements.lock"))


def test_qt_is_older_than_the_release_that_loses_references() -> None:
    major, minor = locked("requirements.lock")["pyside6-essentials"].split(".")[:2]
    assert (6, 10) <= (int(major), int(minor)) < (6, 12)


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="True is immortal from Python 3.12 on")
def test_signals_keep_the_references_of_true_and_none() -> None:
    """PySide6 6.12.0 on Python 3.11 loses one of each per emit and aborts after some hundred."""
    from PySide6.QtCore import QObject, Signal

    class Source(QObject):
        fired = Signal(int)

    source = Source()
    seen: list[int] = []
    source.fired.connect(seen.append)
    before = sys.getrefcount(True), sys.getrefcount(None)
    for number in range(5000):
        source.fired.emit(number)
        source.blockSignals(False)
    after = sys.getrefcount(True), sys.getrefcount(None)
    assert len(seen) == 5000
    assert after[0] > before[0] - 100
    assert after[1] > before[1] - 100


def test_the_notices_name_what_is_locked() -> None:
    """``scripts/notices.py`` writes them; run it after ``scripts/lock.py``."""
    text = (ROOT / "THIRD-PARTY-NOTICES.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| ([a-z0-9._-]+) \| ([^|]+) \|", text, flags=re.M))
    program = locked("requirements.lock")
    assert set(rows) == set(program)
    assert [name for name in program if program[name] not in rows[name].split(", ")] == []
