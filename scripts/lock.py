"""Write the three lock files anew from pyproject.toml. Run it when a dependency changes.

The locks hold names, versions and hashes for every platform and no address, so that they install
from whichever index a computer is set up to use. ``--upgrade`` also moves versions.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COMMON = ("--universal", "--generate-hashes", "--no-header", "--python-version", "3.11", "--quiet")
LOCKS = {
    "requirements-bootstrap.lock": ("--group", "bootstrap"),
    "requirements.lock": ("pyproject.toml",),
    # The same versions as the program runs with, plus what builds and tests it.
    "requirements-dev.lock": (
        "pyproject.toml",
        *("--extra", "dev", "--extra", "peers"),
        *("--constraints", "requirements.lock"),
        *("--constraints", "requirements-bootstrap.lock"),
    ),
}


def main(arguments: list[str]) -> int:
    environment = dict(os.environ, UV_PYTHON_DOWNLOADS="never")
    for lock, sources in LOCKS.items():
        command = [sys.executable, "-m", "uv", "pip", "compile", *COMMON, *sources]
        subprocess.run(
            [*command, *arguments, "--no-emit-index-url", "--output-file", lock],
            cwd=ROOT,
            env=environment,
            check=True,
        )
        print(f"{lock}: {(ROOT / lock).read_text().count('==')} packages")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
