"""The binding is loaded quickly and is the same binding."""

from __future__ import annotations

import builtins
import subprocess
import sys
from pathlib import Path

import pytest

from brokerdesk.ui import binding

SOURCE = b"from __future__ import annotations\nanswer: int = 41 + 1\n"


def build(source: bytes, filename: str = "shibokensupport/part.py") -> dict[str, object]:
    names: dict[str, object] = {}
    exec(compile(source, filename, "exec"), names)  # noqa: S102 - what the binding does
    return names


@pytest.fixture(autouse=True)
def compiled_modules_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)


def test_what_was_compiled_once_is_not_compiled_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "new" / "kept"
    with binding._remembering(place):
        assert build(SOURCE)["answer"] == 42
    assert len(list(place.glob("__pycache__/*.pyc"))) == 1

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("compiled again")

    monkeypatch.setattr(builtins, "compile", refuse)
    with binding._remembering(place):
        assert build(SOURCE)["answer"] == 42
    with pytest.raises(AssertionError), binding._remembering(place):
        build(SOURCE, "other/part.py")
    assert builtins.compile is refuse


def test_another_source_under_the_same_name_is_another_file(tmp_path: Path) -> None:
    for number in (1, 2, 1):
        with binding._remembering(tmp_path):
            assert build(b"answer = %d" % number)["answer"] == number


def test_a_changed_file_is_not_believed(tmp_path: Path) -> None:
    with binding._remembering(tmp_path):
        build(SOURCE)
        (file,) = tmp_path.glob("*.txt")
        file.write_bytes(b"answer = 13\n")
        assert build(SOURCE)["answer"] == 42


@pytest.mark.parametrize("data", [b"", b"nonsense" * 10])
def test_damaged_code_costs_time_and_nothing_else(tmp_path: Path, data: bytes) -> None:
    with binding._remembering(tmp_path):
        build(SOURCE)
        (code,) = tmp_path.glob("__pycache__/*.pyc")
        code.write_bytes(data)
        assert build(SOURCE)["answer"] == 42


def test_a_place_that_cannot_be_written_costs_time_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with binding._remembering(tmp_path / "file" / "kept"):
        assert build(SOURCE)["answer"] == 42


def test_import_is_the_usual_one_and_signatures_still_work() -> None:
    """Twice: the first run may have to fill the memory."""
    program = (
        "import builtins\n"
        "from brokerdesk.ui.binding import load_binding\n"
        "load_binding(); load_binding()\n"
        "assert builtins.__import__ is not builtins.__feature_import__\n"
        "from PySide6.QtCore import QPoint\n"
        "try:\n"
        "    QPoint('no')\n"
        "except (TypeError, ValueError) as error:\n"
        "    assert 'Supported signatures' in str(error), error\n"
        "else:\n"
        "    raise AssertionError\n"
    )
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
