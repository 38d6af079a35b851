"""A windowed program on Windows has neither output nor errors to write to, and lives with it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

START = """
import sys
sys.stdout = sys.stderr = None
sys.argv = ["brokerdesk", *{arguments!r}]
from brokerdesk.__main__ import main
sys.exit(main())
"""


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["--version"], 0), (["accounts", "--json"], 0), (["--no-such-option"], 2)],
)
def test_it_ends_as_it_would_with_a_console(
    arguments: list[str], code: int, tmp_path: Path
) -> None:
    if "accounts" in arguments:
        arguments = [*arguments, "--data-dir", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-c", START.format(arguments=arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (code, "", "")
