"""The bundled program against the program in its sources: size, and the time to the first picture.

Both open the same profile of 10,000 positions with a packed picture, as whole processes in turn,
from their creation to their end in the first turn of the event loop after the first paint. The
bundle is the one in ``dist/brokerdesk`` (``BROKERDESK_BUNDLE`` names another); where there is none
it is built.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from benchmarks.harness import Case, run
from benchmarks.processes import display, fill, keep_picture, painted, report_of
from benchmarks.processes import run as run_process
from brokerdesk.paths import ProfilePaths

ROOT = Path(__file__).resolve().parents[1]
ACCOUNTS, POSITIONS = 20, 500
GATE = 1.25
MEGABYTES = 300


def program(folder: Path) -> Path:
    """The bundled program's file."""
    name = "brokerdesk.exe" if sys.platform == "win32" else "brokerdesk"
    given = os.environ.get("BROKERDESK_BUNDLE")
    found = Path(given) if given else ROOT / "dist" / "brokerdesk"
    if not (found / name).exists():
        command = [sys.executable, "-m", "scripts.pack.build", "--only-program"]
        options = ["--dist", str(folder / "dist"), "--work", str(folder / "work")]
        subprocess.run([*command, *options], cwd=ROOT, check=True, stdout=sys.stderr)
        found = folder / "dist" / "brokerdesk"
    return found / name


def bundled(file: Path, profile: ProfilePaths) -> list[str]:
    """The same command as ``painted``, to the bundle."""
    return [str(file), *painted(profile)[3:]]


def size(folder: Path) -> float:
    files = [each for each in folder.rglob("*") if each.is_file() and not each.is_symlink()]
    return sum(each.stat().st_size for each in files) / 1e6


def main() -> int:
    with tempfile.TemporaryDirectory() as name, display() as environment:
        file = program(Path(name))
        profile = fill(Path(name) / "profile", ACCOUNTS, POSITIONS)
        keep_picture(profile)
        seen = [report_of(each, environment) for each in (painted(profile), bundled(file, profile))]
        megabytes = size(file.parent)
        print(f"size of the bundle: {megabytes:.1f} MB (gate {MEGABYTES})")
        print(
            f"rows known at the paint: {seen[0]['rows']} in the sources, {seen[1]['rows']} bundled"
        )
        code = run(
            "Start of the bundled program against the sources, whole processes",
            [
                Case(
                    name="10,000 positions, first picture",
                    base=lambda _: run_process(painted(profile), environment),
                    before_ours=partial(bundled, file, profile),
                    ours=lambda command: run_process(command, environment),
                    gate=GATE,
                )
            ],
            facts={"megabytes": megabytes, "made": [each["made"] for each in seen]},
        )
    same = seen[0]["rows"] == seen[1]["rows"] >= ACCOUNTS * POSITIONS
    return code if same and megabytes <= MEGABYTES else 1


if __name__ == "__main__":
    sys.exit(main())
