"""The wheel: the package with its resources, its licences and both ways to start it."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.source import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    target = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "-d", str(target)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    (path,) = target.glob("*.whl")
    with zipfile.ZipFile(path) as opened:
        yield opened


def test_resources_lie_inside_the_package(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    files = [path for path in (ROOT / "resources").rglob("*") if path.is_file()]
    expected = {
        "brokerdesk/_resources/" + path.relative_to(ROOT / "resources").as_posix()
        for path in files
        if path.name[0] != "."
    }
    assert expected <= names


def test_it_holds_the_program_and_nothing_of_the_project(wheel: zipfile.ZipFile) -> None:
    tops = {Path(name).parts[0] for name in wheel.namelist()}
    assert tops == {"brokerdesk", *(top for top in tops if top.endswith(".dist-info"))}
    assert not [
        name for name in wheel.namelist() if Path(name).name.startswith(("test_", "conftest"))
    ]


def test_licences_and_entry_points_are_there(wheel: zipfile.ZipFile) -> None:
    names = {Path(name).name: name for name in wheel.namelist() if ".dist-info/" in name}
    assert {"LICENSE", "THIRD-PARTY-NOTICES.md", "LGPL-3.0.txt"} <= set(names)
    entries = wheel.read(names["entry_points.txt"]).decode()
    assert "brokerdesk = brokerdesk.__main__:main" in entries
