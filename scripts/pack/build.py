#!/usr/bin/env python3
"""Build what this system can: the bundled program, its package or installer, and what proves them.

``python3 dev.py package`` sets everything up and runs this. Where two builds of one commit shall be
alike, everything that differs from one to the next is fixed here: hashing, times, places.

    build.py [--only-program] [--dist DIRECTORY] [--work DIRECTORY] [--level N]
             [--libraries NAME,NAME,…]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from scripts.pack import nsis, parts, sbom  # noqa: E402
from scripts.pack.product import product  # noqa: E402

ENGLISH = "C.UTF-8"


def freeze(dist: Path, work: Path) -> Path:
    """PyInstaller's bundle; its directory."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),  # this tree, whatever is installed
        "PYTHONHASHSEED": "1",
        "SOURCE_DATE_EPOCH": str(product().moment),
        "LC_ALL": ENGLISH,
    }
    command = [
        sys.executable,
        "-m",
        "PyInstaller",
        "--noconfirm",
        "--clean",
        "--log-level",
        "ERROR",
    ]
    folders = ["--distpath", str(dist), "--workpath", str(work / "pyinstaller")]
    subprocess.run(
        [*command, *folders, "brokerdesk.spec"], cwd=ROOT, env=environment, check=True, stdout=2
    )
    return dist / "brokerdesk"


def icons(work: Path) -> Path:
    target = work / "icons"
    command = [sys.executable, "-m", "scripts.pack.icon", str(target)]
    subprocess.run(command, cwd=ROOT, check=True)
    return target


def packages(program: Path, dist: Path, work: Path, libraries: list[str], level: int) -> list[Path]:
    """The files for users of this system; on Linux also the installer around a stand-in."""
    system, drawn = platform.system(), icons(work)
    icon = drawn / "brokerdesk.ico"
    if system == "Windows":
        script = str(ROOT / "packaging" / "windows" / "sign.ps1")
        _sign(script, program / "brokerdesk.exe", program / "brokerdesk-gui.exe")
        made = nsis.build(program, icon, dist, work)
        _sign(script, made)
        return [made]
    if system == "Darwin":
        image = dist / f"BrokerDesk-{product().version}-{platform.machine()}.dmg"
        script = str(ROOT / "packaging" / "macos" / "dmg.sh")
        subprocess.run([script, str(dist / "BrokerDesk.app"), str(image)], check=True)
        return [image]
    found = []
    if shutil.which("dpkg-deb"):
        from scripts.pack import deb

        found.append(deb.build(program, drawn, dist, libraries, work, level))
    if shutil.which("makensis"):
        found.append(nsis.build(nsis.stand_in(work, icon), icon, dist, work))
    return found


def _sign(script: str, *files: Path) -> None:
    shell = shutil.which("pwsh") or "powershell"
    command = [shell, "-NoProfile", "-File", script, *map(str, files)]
    subprocess.run(command, check=True)


def size_of(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(each.stat().st_size for each in files if each.is_file() and not each.is_symlink())


def sums(files: list[Path], dist: Path) -> str:
    """SHA256SUMS as ``sha256sum --check`` reads it."""
    lines = []
    for file in sorted(files):
        with file.open("rb") as stream:
            lines.append(f"{hashlib.file_digest(stream, 'sha256').hexdigest()}  {file.name}\n")
    text = "".join(lines)
    (dist / "SHA256SUMS").write_text(text, "utf-8", newline="\n")
    return text


SIGNING = ("MACOS_SIGN_IDENTITY", "WINDOWS_SIGN_PFX")


def refuse_to_sign_unset(environment: Mapping[str, str]) -> None:
    """A signature would vouch for a name that nobody has chosen."""
    given = [name for name in SIGNING if environment.get(name)]
    if given and product().unset:
        raise SystemExit(
            f"{', '.join(given)} is set, and packaging/product.toml still has placeholders for "
            f"{', '.join(product().unset)}: nothing was built. See docs/release.md."
        )


def labels(record: Mapping[str, Any]) -> list[str]:
    """What has to be said of these packages to whoever built them."""
    lines = []
    if any(not each["package"] for each in record["system"]):
        lines.append("NOT FOR RELEASE: this system does not tell the licences of its libraries.")
    if product().unset:
        names = ", ".join(product().unset)
        lines.append(f"NOT FOR RELEASE: packaging/product.toml has placeholders for {names}.")
    source = json.loads((ROOT / "resources" / "updates" / "source.json").read_text("utf-8"))
    if not (source["address"] and source["keys"]):
        lines.append("NO UPDATE SOURCE: this program looks for new versions nowhere, and says so.")
    return lines


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Build the packages that this system can build.")
    parser.add_argument("--dist", type=Path, default=ROOT / "dist")
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "package")
    parser.add_argument("--libraries", default="", help="Debian packages that the program needs")
    parser.add_argument("--level", type=int, default=6, help="of compression: 1 to try, 6 to give")
    parser.add_argument("--only-program", action="store_true")
    return parser.parse_args()


def main() -> int:
    options = arguments()
    refuse_to_sign_unset(os.environ)
    dist, work = options.dist.resolve(), options.work.resolve()
    dist.mkdir(parents=True, exist_ok=True)
    work.mkdir(parents=True, exist_ok=True)
    os.umask(0o022)
    program = freeze(dist, work)
    print(f"{size_of(program) / 1e6:8.1f} MB  {program}")
    if options.only_program:
        return 0
    libraries = [each for each in options.libraries.split(",") if each]
    made = packages(program, dist, work, libraries, options.level)
    file = work / "pyinstaller" / "brokerdesk" / "made" / parts.RECORD
    record = json.loads(file.read_text("utf-8"))
    made.append(sbom.write(dist, record))
    for file in made:
        print(f"{size_of(file) / 1e6:8.1f} MB  {file}")
    print(f"\n{dist / 'SHA256SUMS'}:\n{sums(made, dist)}", end="")
    print("".join(f"\n{line}" for line in labels(record)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
