"""The bundled program, started as a user would: elsewhere, without Python, without this project."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.source import ROOT

MEGABYTES = 300
pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle, in a directory with a name that people use."""
    if not (ROOT / "brokerdesk" / "__main__.py").exists():
        pytest.skip("the program has no entry point yet")
    target = tmp_path_factory.mktemp("frozen") / "My Programs"
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "ERROR"]
    folders = ["--distpath", str(target), "--workpath", str(target.parent / "build")]
    built = subprocess.run(
        [*command, *folders, "brokerdesk.spec"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr[-4000:]
    return target / "brokerdesk"


def start(
    bundle: Path, home: Path, *arguments: str, **more: str
) -> subprocess.CompletedProcess[str]:
    """Run the program with nothing of this process's environment, and ``more``."""
    name = "brokerdesk.exe" if sys.platform == "win32" else "brokerdesk"
    kept = {key: os.environ[key] for key in ("SYSTEMROOT", "TEMP", "LANG") if key in os.environ}
    environment = {**kept, "HOME": str(home), "PATH": "", "QT_QPA_PLATFORM": "offscreen"}
    environment |= more
    return subprocess.run(
        [bundle / name, *arguments],
        cwd=home,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def answer(result: subprocess.CompletedProcess[str]) -> Any:
    assert result.stdout.strip(), result.stderr[-4000:]
    return json.loads(result.stdout.splitlines()[-1])


def test_the_self_test_passes(bundle: Path, tmp_path: Path) -> None:
    result = start(bundle, tmp_path, "self-test", "--json")
    told = answer(result)
    failed = [check for check in told["checks"] if not check["ok"]]
    assert not failed, result.stderr[-4000:]
    assert told["ok"] is True
    assert len(told["checks"]) >= 5
    assert result.returncode == 0


def test_the_window_paints(bundle: Path, tmp_path: Path) -> None:
    profile = str(tmp_path / "profile")
    result = start(bundle, tmp_path, "--data-dir", profile, "--quit-after-paint", "--json")
    told = answer(result)
    assert result.returncode == 0, result.stderr[-4000:]
    assert 0 < told["ms"] < 30_000
    assert told["rows"] == 0
    assert "PySide6" in told["modules"]
    assert not {"sqlalchemy", "alembic", "httpx", "keyring", "aiohttp"} & set(told["modules"])


def test_it_knows_its_version(bundle: Path, tmp_path: Path) -> None:
    from brokerdesk import __version__

    result = start(bundle, tmp_path, "--version")
    assert result.returncode == 0
    assert __version__ in result.stdout


def test_the_licences_come_along(bundle: Path) -> None:
    licences = bundle / "_internal" / "licenses"
    names = {path.name for path in licences.iterdir()}
    assert {"LICENSE", "THIRD-PARTY-NOTICES.md", "LGPL-3.0.txt", "GPL-3.0.txt"} <= names
    assert {"SQLCipher.txt", "ICU.txt", "Python.txt", "keyring", "httpx", "numpy"} <= names
    if shutil.which("dpkg-query"):
        assert (licences / "system" / "zlib1g.txt").read_text("utf-8")
        assert "LESSER GENERAL PUBLIC" in (
            licences / "system" / "common" / "LGPL-2.1.txt"
        ).read_text("utf-8")


@pytest.mark.skipif(sys.platform != "linux", reason="libraries of the system come along on Linux")
def test_it_carries_no_library_that_it_must_not_or_need_not(bundle: Path) -> None:
    names = {path.name for path in (bundle / "_internal").rglob("*")}
    for unwanted in ("libreadline", "libtinfo", "libsqlite3", "libgio-", "libmount", "libjpeg"):
        assert not [name for name in names if name.startswith(unwanted)]


@pytest.mark.skipif(sys.platform != "linux", reason="libraries of Linux")
def test_its_libraries_look_for_others_only_beside_themselves(bundle: Path) -> None:
    from scripts.pack.parts import runpath

    files = [path for path in bundle.rglob("*.so*") if path.is_file() and not path.is_symlink()]
    assert len(files) > 100
    elsewhere = {
        place for file in files for place in runpath(file) if not place.startswith("$ORIGIN")
    }
    assert elsewhere == set()


def test_it_knows_time_zones_where_the_system_has_none(bundle: Path, tmp_path: Path) -> None:
    told = answer(start(bundle, tmp_path, "self-test", "--json", PYTHONTZPATH=""))
    failed = [check for check in told["checks"] if not check["ok"]]
    assert not failed


def test_qt_can_be_replaced_by_its_user(bundle: Path) -> None:
    """The LGPL asks for it: Qt's libraries are files of their own."""
    names = {path.name for path in (bundle / "_internal").rglob("*Qt6Core*")}
    names |= {path.name for path in (bundle / "_internal").rglob("QtCore*")}
    assert any("Core" in name for name in names)


def test_it_carries_the_sqlite_that_was_tested(bundle: Path, tmp_path: Path) -> None:
    from brokerdesk.db.version import sqlite_version

    checks = answer(start(bundle, tmp_path, "self-test", "--json"))["checks"]
    told = {check["name"]: check["detail"] for check in checks}
    assert told["sqlite"] == f"SQLite {sqlite_version()}"


def test_it_holds_nothing_of_those_who_make_it(bundle: Path) -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    locked = set(re.findall(r"^([a-z0-9._-]+)==", lock, flags=re.M)) | {"brokerdesk"}
    carried = {
        path.name.split("-")[0].replace("_", "-").lower()
        for path in (bundle / "_internal").glob("*.dist-info")
    }
    assert carried
    assert carried <= locked
    for file in (bundle / "_internal").rglob("*"):
        if file.is_file() and file.suffix in {"", ".json", ".txt", ".py", ".pyc", ".zip"}:
            assert str(ROOT).encode() not in file.read_bytes(), file
    for file in (bundle / "_internal").glob("brokerdesk-*.dist-info/*"):
        assert file.name in {"METADATA", "entry_points.txt", "licenses"}


def test_a_start_writes_nothing_into_the_program(bundle: Path, tmp_path: Path) -> None:
    """It lies where its user may not write, or is signed as it stands."""
    laid = bundle / "_internal" / "brokerdesk" / "ui" / "__pycache__" / "binding"
    assert list(laid.glob("*.txt"))
    before = {path: path.stat().st_mtime_ns for path in bundle.rglob("*")}
    arguments = ("--data-dir", str(tmp_path / "profile"), "--quit-after-paint", "--json")
    assert answer(start(bundle, tmp_path, *arguments))["ms"] > 0
    assert {path: path.stat().st_mtime_ns for path in bundle.rglob("*")} == before


def test_it_is_no_larger_than_it_need_be(bundle: Path) -> None:
    files = [path for path in bundle.rglob("*") if path.is_file() and not path.is_symlink()]
    assert sum(path.stat().st_size for path in files) < MEGABYTES * 1_000_000
    names = " ".join(path.name.lower() for path in files)
    for unused in ("webengine", "qt6qml", "qt6quick", "libgtk-3", "hypothesis"):
        assert unused not in names
