#!/usr/bin/env python3
"""Build one commit twice, in two directories, and list what differs.

    compare_builds.py [DIRECTORY]      the builds stay there

Both trees are clones of what is committed, of different length and name, built with the environment
that this script runs in. 0 when every file of the program and every package is the same.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PLACES = ("a", "another place/with a longer name")


def head() -> str:
    asked = ["git", "rev-parse", "HEAD"]
    return subprocess.run(
        asked, cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()


def build(tree: Path, commit: str, libraries: str) -> Path:
    """A clone of one commit, built; where its packages are."""
    subprocess.run(["git", "clone", "-q", "--no-local", str(ROOT), str(tree)], check=True)
    subprocess.run(["git", "checkout", "-q", "--detach", commit], cwd=tree, check=True)
    fonts = ROOT / "resources" / "fonts"  # cut once by dev.py, for every tree
    if fonts.exists():
        shutil.copytree(fonts, tree / "resources" / "fonts", dirs_exist_ok=True)
    command = [sys.executable, "-m", "scripts.pack.build", "--level", "1"]
    command += ["--libraries", libraries]
    subprocess.run(command, cwd=tree, check=True, stdout=sys.stderr)
    return tree / "dist"


def contents(folder: Path) -> dict[str, str]:
    """Every file by its name: its hash and rights, or where it points."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = f"-> {path.readlink()}"
        elif path.is_file():
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            found[name] = f"{digest} {path.stat().st_mode & 0o777:o}"
    return found


def compare(one: dict[str, str], other: dict[str, str]) -> list[str]:
    lines = []
    for name in sorted(one.keys() | other.keys()):
        if one.get(name) != other.get(name):
            where = "only in the first" if name not in other else "only in the second"
            lines.append(f"{'differs' if name in one and name in other else where}: {name}")
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare two builds of the commit.")
    parser.add_argument("directory", nargs="?", type=Path, help="keep the builds there")
    parser.add_argument("--libraries", default="libgl1", help="as for scripts/pack/build.py")
    parser.add_argument("--json", type=Path, default=None)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="brokerdesk-builds-") as name:
        base = (options.directory or Path(name)).resolve()
        commit = head()  # whatever is committed meanwhile
        one, other = (contents(build(base / each, commit, options.libraries)) for each in PLACES)
    differing = compare(one, other)
    print(f"commit {commit}")
    print(f"{len(one)} files and packages in the first build, {len(other)} in the second")
    print("\n".join(differing) or "No difference.")
    if options.json is not None:
        told = {"commit": commit, "files": [len(one), len(other)], "differing": differing}
        options.json.write_text(json.dumps(told, indent=1) + "\n")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
