"""dev.py: it sets up once, repairs what is half made, and never passes over what was not run."""

from __future__ import annotations

import ast
import importlib.util
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from support.source import ROOT

Run = Callable[..., Any]


@pytest.fixture
def dev(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A fresh copy of the module, at home in a directory of its own."""
    spec = importlib.util.spec_from_file_location("dev_under_test", ROOT / "dev.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name in ("pyproject.toml", *module.LOCKS.values(), module.BOOTSTRAP):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(module, "STAMP", tmp_path / ".venv" / module.STAMP.name)
    monkeypatch.setattr(module, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    return module


@pytest.fixture
def commands(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What would have been run. Making an environment leaves a python that answers the probe."""
    done: list[str] = []

    def run(command: list[str], **options: Any) -> None:
        done.append(" ".join(map(str, command)))
        if command[1:3] == ["-m", "venv"]:
            dev.PYTHON.parent.mkdir(parents=True)
            version = sys.version.split()[0]
            dev.PYTHON.write_text(f"#!/bin/sh\necho {version}\n")
            dev.PYTHON.chmod(0o755)

    monkeypatch.setattr(dev, "run", run)
    return done


def steps(commands: list[str]) -> list[str]:
    known = {"venv": "-m venv", "bootstrap": "bootstrap.lock", "project": "--editable"}
    known |= {"dev": "requirements-dev.lock", "runtime": "requirements.lock"}
    return [next(step for step, sign in known.items() if sign in each) for each in commands]


needs_posix = pytest.mark.skipif(sys.platform == "win32", reason="uses a shell script as python")


@needs_posix
def test_a_fresh_machine_gets_everything_in_order(dev: ModuleType, commands: list[str]) -> None:
    dev.prepare("runtime")
    assert steps(commands) == ["venv", "bootstrap", "runtime", "project"]
    assert all("--require-hashes" in each for each in commands[1:3])
    assert "--no-deps --no-build-isolation" in commands[3]


@needs_posix
def test_a_second_run_starts_nothing(dev: ModuleType, commands: list[str]) -> None:
    dev.prepare("dev")
    commands.clear()
    dev.prepare("dev")
    dev.prepare("runtime")  # part of what is there
    assert commands == []


@needs_posix
def test_more_is_added_when_more_is_needed(dev: ModuleType, commands: list[str]) -> None:
    dev.prepare("runtime")
    commands.clear()
    dev.prepare("dev")
    assert steps(commands) == ["bootstrap", "dev", "project"]


@needs_posix
@pytest.mark.parametrize("name", ["requirements.lock", "requirements-bootstrap.lock"])
def test_a_changed_lock_is_installed(dev: ModuleType, commands: list[str], name: str) -> None:
    dev.prepare("runtime")
    commands.clear()
    with (dev.ROOT / name).open("a") as lock:
        lock.write("more==1\n")
    dev.prepare("runtime")
    assert steps(commands) == ["bootstrap", "runtime", "project"]


@needs_posix
def test_only_what_is_installed_counts_in_pyproject(dev: ModuleType, commands: list[str]) -> None:
    dev.prepare("runtime")
    commands.clear()
    project = dev.ROOT / "pyproject.toml"
    project.write_text(project.read_text() + "\n[tool.something]\nline = 1\n")
    dev.prepare("runtime")
    assert commands == []
    project.write_text(project.read_text().replace('"qasync>=', '"extra-thing",\n  "qasync>='))
    dev.prepare("runtime")
    assert steps(commands) == ["bootstrap", "runtime", "project"]


@needs_posix
def test_an_interrupted_set_up_is_taken_up_again(
    dev: ModuleType, commands: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    working = dev.run

    def interrupted(command: list[str], **options: Any) -> None:
        if "requirements.lock" in command:
            raise KeyboardInterrupt
        working(command, **options)

    monkeypatch.setattr(dev, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        dev.prepare("runtime")
    commands.clear()
    monkeypatch.setattr(dev, "run", working)
    dev.prepare("runtime")
    assert steps(commands) == ["bootstrap", "runtime", "project"]


@needs_posix
@pytest.mark.parametrize("python", [None, "#!/bin/sh\nexit 1\n", "#!/bin/sh\necho 3.9.1\n"])
def test_a_half_made_or_foreign_environment_is_made_anew(
    dev: ModuleType, commands: list[str], python: str | None
) -> None:
    dev.PYTHON.parent.mkdir(parents=True)
    remnant = dev.VENV / "remnant"
    remnant.touch()
    if python:
        dev.PYTHON.write_text(python)
        dev.PYTHON.chmod(0o755)
    dev.prepare("runtime")
    assert steps(commands)[0] == "venv"
    assert not remnant.exists()


@needs_posix
@pytest.mark.parametrize("text", ["", "{", "[]", '{"python": "3.9.1 elsewhere"}'])
def test_a_stamp_that_cannot_be_trusted_is_not(
    dev: ModuleType, commands: list[str], text: str
) -> None:
    dev.prepare("runtime")
    dev.STAMP.write_text(text)
    commands.clear()
    if "3.9" in text:  # made by another Python: its packages are of no use
        (dev.VENV / "remnant").touch()
    dev.prepare("runtime")
    assert steps(commands)[-3:] == ["bootstrap", "runtime", "project"]
    assert not (dev.VENV / "remnant").exists()


def test_a_failed_step_ends_it_and_leaves_no_stamp(
    dev: ModuleType, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dev, "PYTHON", Path(sys.executable))
    monkeypatch.setattr(dev, "environment_works", lambda: True)
    monkeypatch.setattr(dev, "BOOTSTRAP", "pyproject.toml")  # not a list of packages
    dev.VENV.mkdir()
    dev.STAMP.write_text("{}")
    with pytest.raises(SystemExit, match=r"This step failed \(\d+\): .*pip"):
        dev.prepare("runtime")
    assert not dev.STAMP.exists()


# -- system packages ------------------------------------------------------------------------------
@pytest.fixture
def machine(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A Linux computer: which programs it has, whether apt may be used, what was run."""
    state: dict[str, Any] = {"has": {"apt-get"}, "allowed": [], "ran": [], "works": True}

    def quiet(command: list[str]) -> bool:
        if command == ["sudo", "-n", "true"]:
            return "sudo" in state["allowed"]
        state["ran"].append(" ".join(command))
        if state["works"] and "install" in command:
            state["has"] |= {"Xvfb", "xauth"}
        return bool(state["works"])

    def which(name: str, path: str | None = None) -> str | None:
        return f"/usr/bin/{name}" if name in state["has"] else None

    monkeypatch.setattr(dev, "LINUX", True)
    monkeypatch.setattr(dev, "quiet", quiet)
    monkeypatch.setattr(dev.shutil, "which", which)
    monkeypatch.setattr(
        dev.os, "geteuid", lambda: 0 if "root" in state["allowed"] else 1000, raising=False
    )
    return state


def test_what_is_there_is_not_installed(dev: ModuleType, machine: dict[str, Any]) -> None:
    machine["has"] |= {"Xvfb", "xauth"}
    dev.add_system_packages(dev.DISPLAY_PACKAGES)
    assert machine["ran"] == []


@pytest.mark.parametrize(("who", "prefix"), [("root", "env"), ("sudo", "sudo -n env")])
def test_missing_packages_are_added_where_allowed(
    dev: ModuleType, machine: dict[str, Any], who: str, prefix: str
) -> None:
    machine["allowed"] = [who]
    machine["has"].add("sudo")
    dev.add_system_packages(dev.DISPLAY_PACKAGES)
    update, install = machine["ran"]
    assert update.endswith("apt-get update")
    assert install.startswith(f"{prefix} DEBIAN_FRONTEND=noninteractive apt-get install -y")
    assert install.endswith("--no-install-recommends xvfb xauth")


@pytest.mark.parametrize("allowed", [[], ["root"]])
def test_else_one_exact_command_is_told(
    dev: ModuleType,
    machine: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
    allowed: list[str],
) -> None:
    machine.update(works=False, allowed=allowed)
    dev.add_system_packages(dev.DISPLAY_PACKAGES)
    told = capsys.readouterr().err
    assert "sudo apt-get install -y --no-install-recommends xvfb xauth\n" in told


def test_without_apt_the_names_are_told(
    dev: ModuleType, machine: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    machine["has"].clear()
    dev.add_system_packages(dev.DISPLAY_PACKAGES)
    assert "xvfb xauth" in capsys.readouterr().err
    assert machine["ran"] == []


def test_other_systems_are_left_alone(
    dev: ModuleType, machine: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dev, "LINUX", False)
    dev.add_system_packages(dev.RUNTIME_PACKAGES)
    assert machine["ran"] == []


# -- tests ----------------------------------------------------------------------------------------
class Pytest:
    """Stands in for pytest: notes each call and ends as told."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.codes: dict[str, int] = {}
        self.skips: list[str] = []
        self.failed: dict[str, list[str]] = {}

    def __call__(self, command: list[str], **options: Any) -> subprocess.CompletedProcess[bytes]:
        self.calls.append(command)
        report = Path(options["env"]["BROKERDESK_TEST_REPORT"])
        failed = [one for folder, ids in self.failed.items() if folder in command for one in ids]
        told = {"counts": {"passed": 2}, "skips": self.skips, "failed": failed}
        report.write_text(json.dumps(told))
        codes = [code for folder, code in self.codes.items() if folder in command]
        return subprocess.CompletedProcess(command, codes[0] if codes else 0)


@pytest.fixture
def suite(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Pytest:
    """A project with a test in three folders, all system packages present."""
    for folder in ("unit", "ui", "peers"):
        (dev.ROOT / "tests" / folder).mkdir(parents=True)
        (dev.ROOT / "tests" / folder / "test_it.py").touch()
    fake = Pytest()
    monkeypatch.chdir(dev.ROOT)
    monkeypatch.setattr(dev, "prepare", lambda level: None)
    monkeypatch.setattr(dev, "add_system_packages", lambda packages: None)
    monkeypatch.setattr(dev, "absent", lambda packages: [])
    monkeypatch.setattr(dev, "CI", False)
    monkeypatch.setattr(dev.subprocess, "run", fake)
    return fake


def test_each_folder_that_exists_runs_apart(
    dev: ModuleType, suite: Pytest, capsys: pytest.CaptureFixture[str]
) -> None:
    assert dev.test([]) == 0
    core, ui, peers = suite.calls
    assert "--ignore=tests/ui" in core
    assert ui[ui.index("-p") + 1] == "no:asyncio"
    assert peers[peers.index("-m", 3) + 1] == "peers and not deep"
    assert capsys.readouterr().out.splitlines()[-1].startswith("All passed: 6 tests passed in")


def test_deep_runs_the_campaigns_too(dev: ModuleType, suite: Pytest) -> None:
    dev.test(["--deep"])
    assert not any("not deep" in " ".join(call) for call in suite.calls)
    assert not any("--deep" in call for call in suite.calls)


def test_other_arguments_reach_pytest(dev: ModuleType, suite: Pytest) -> None:
    suite.codes = {"tests/ui": 5}  # nothing of that name there
    assert dev.test(["-k", "money"]) == 0
    assert all(call[-2:] == ["-k", "money"] for call in suite.calls)


def test_a_path_runs_in_the_part_that_it_belongs_to(dev: ModuleType, suite: Pytest) -> None:
    assert dev.test(["tests/ui/test_it.py::test_one"]) == 0
    (call,) = suite.calls
    assert call[-1] == "tests/ui/test_it.py::test_one"
    assert "no:asyncio" in call


@pytest.mark.parametrize("code", [1, 2, 5, -9])
def test_one_failure_fails_it_all_and_the_rest_still_runs(
    dev: ModuleType, suite: Pytest, capsys: pytest.CaptureFixture[str], code: int
) -> None:
    suite.codes = {"tests/ui": code}
    assert dev.test([]) == 1
    assert len(suite.calls) == 3
    assert capsys.readouterr().out.splitlines()[-1].startswith("FAILED: ui;")


def test_what_fails_once_and_then_passes_is_told(
    dev: ModuleType, suite: Pytest, capsys: pytest.CaptureFixture[str]
) -> None:
    one = "tests/ui/test_it.py::test_one[a b]"
    suite.codes, suite.failed = {"tests/ui": 1}, {"tests/ui": [one]}
    assert dev.test([]) == 0
    again = suite.calls[2]
    assert again[-1] == one
    assert "no:asyncio" in again
    told = capsys.readouterr().out
    assert f"failed at first, passed by itself: {one}\n" in told
    assert told.splitlines()[-1].startswith("All passed: 6 tests passed in")
    assert told.splitlines()[-1].endswith("; UNSTABLE, see above: ui.")


def test_what_fails_twice_has_failed(dev: ModuleType, suite: Pytest) -> None:
    one = "tests/ui/test_it.py::test_one"
    suite.codes, suite.failed = {"tests/ui": 1, one: 1}, {"tests/ui": [one]}
    assert dev.test([]) == 1


@pytest.mark.parametrize(("count", "arguments"), [(4, []), (1, ["--strict"])])
def test_many_failures_and_a_release_get_no_second_look(
    dev: ModuleType, suite: Pytest, count: int, arguments: list[str]
) -> None:
    ids = [f"tests/ui/test_it.py::test_{number}" for number in range(count)]
    suite.codes, suite.failed = {"tests/ui": 1}, {"tests/ui": ids}
    assert dev.test(arguments) == 1
    assert len(suite.calls) == 3
    assert not any("--strict" in call for call in suite.calls)


@pytest.mark.parametrize("ci", [False, True])
def test_a_missing_component_is_told_loudly_and_fails_in_ci(
    dev: ModuleType,
    suite: Pytest,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    ci: bool,
) -> None:
    monkeypatch.setattr(dev, "absent", lambda packages: ["libgl1"] if packages else [])
    monkeypatch.setattr(dev, "CI", ci)
    assert dev.test([]) == int(ci)
    *table, ending = capsys.readouterr().out.splitlines()
    assert any("not installed: libgl1" in line for line in table)
    assert ("FAILED: ui" if ci else "NOT RUN for lack of system packages: ui") in ending


def test_a_test_that_skips_for_a_missing_component_fails_in_ci(
    dev: ModuleType, suite: Pytest, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite.skips = ["only on Windows"]
    monkeypatch.setattr(dev, "CI", True)
    assert dev.test([]) == 0
    suite.skips = ["not installed: chromium"]
    assert dev.test([]) == 1


# -- the file itself ------------------------------------------------------------------------------
def test_it_needs_the_standard_library_only() -> None:
    for node in ast.walk(ast.parse((ROOT / "dev.py").read_text("utf-8"))):
        names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        assert {name.split(".")[0] for name in names} <= set(sys.stdlib_module_names)


@pytest.mark.parametrize("arguments", [[], ["--help"], ["nonsense"]])
def test_alone_it_lists_its_commands(
    dev: ModuleType, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert dev.main(arguments) == (2 if arguments == ["nonsense"] else 0)
    listed = capsys.readouterr().out
    assert all(f"  {name} " in listed for name in dev.COMMANDS)


def test_another_python_is_refused_in_a_sentence(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(dev.sys, "version_info", (3, 14, 0))
    assert dev.main(["run"]) == 2
    assert "3.11, 3.12 or 3.13" in capsys.readouterr().err


def test_it_starts_fast() -> None:
    """Listing the commands stands for what dev.py adds to each run besides a look at the stamp."""
    started = time.perf_counter()
    subprocess.run([sys.executable, str(ROOT / "dev.py")], check=True, capture_output=True)
    assert time.perf_counter() - started < 1


def test_continuous_integration_runs_exactly_what_people_run() -> None:
    lines = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    code = [line for line in lines if line and not line.startswith("#")]
    assert code[0] == "set -euo pipefail"
    assert code[-1].removeprefix("exec ") == "python3 dev.py test"


# -- the typeface ---------------------------------------------------------------------------------
def test_the_typeface_is_cut_when_it_is_not_there(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def quiet(command: list[str]) -> bool:
        asked.append(Path(command[-1]).name)
        folder = dev.ROOT / "resources" / "fonts"
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(dev.FONT_CUTS):
            (folder / f"{number}.ttf").touch()
        return True

    monkeypatch.setattr(dev, "quiet", quiet)
    dev.cut_fonts()
    dev.cut_fonts()
    assert asked == ["fonts.py"]
    dev.cut_fonts(anew=True)  # the packages it is made from may be others now
    assert asked == ["fonts.py", "fonts.py"]


def test_without_a_typeface_the_program_still_starts(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(dev, "quiet", lambda command: False)
    dev.cut_fonts()
    assert "system's font" in capsys.readouterr().err
