"""Gather what one platform has built for a release, under names that say whether it is signed.

    python scripts/release_names.py DIST TARGET PLATFORM

The environment says what was signed: WINDOWS_SIGNED ("true"), MACOS_SIGN_IDENTITY and
MACOS_NOTARY_KEY_FILE. Stand-ins and sums stay behind; sums are made anew of all files together.
"""

from __future__ import annotations

import os
import shutil
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.pack.product import product

UNSIGNED, NOT_NOTARISED = "UNSIGNED", "NOT-NOTARISED"
SYSTEMS = {"windows": (".exe",), "macos": (".dmg",), "linux": (".deb",)}


def mark(platform: str, environment: Mapping[str, str]) -> str:
    """What a file's name has to admit; "" for nothing. Debian's packages are not signed alone."""
    system = platform.partition("-")[0]
    if system == "windows":
        return "" if environment.get("WINDOWS_SIGNED") == "true" else UNSIGNED
    if system == "macos":
        if not environment.get("MACOS_SIGN_IDENTITY"):
            return UNSIGNED
        return "" if environment.get("MACOS_NOTARY_KEY_FILE") else NOT_NOTARISED
    return ""


def gather(dist: Path, target: Path, platform: str, environment: Mapping[str, str]) -> list[Path]:
    """Copy what users get; the new files."""
    endings = SYSTEMS[platform.partition("-")[0]]
    found = [
        file for file in sorted(dist.iterdir())
        if file.suffix in endings and "STAND-IN" not in file.name
    ]  # fmt: skip
    if len(found) != 1:
        names = ", ".join(file.name for file in found) or "none"
        raise SystemExit(f"One package was expected in {dist}, found {names}.")
    target.mkdir(parents=True, exist_ok=True)
    admitted = mark(platform, environment)
    (package,) = found
    name = f"{package.stem}-{admitted}{package.suffix}" if admitted else package.name
    made = [Path(shutil.copyfile(package, target / name))]
    for bill in sorted(dist.glob("*.cdx.json")):
        stem = bill.name.removesuffix(".cdx.json").rpartition("-")[0]
        made.append(Path(shutil.copyfile(bill, target / f"{stem}-{platform}.cdx.json")))
    if platform.startswith("linux"):
        made.append(_tarball(dist / "brokerdesk", target / f"{_stem(made)}-{platform}.tar.xz"))
    return made


def _stem(made: list[Path]) -> str:
    bill = next((one.name for one in made if one.name.endswith(".cdx.json")), "brokerdesk")
    return "-".join(bill.split("-")[:2])


def _tarball(program: Path, target: Path) -> Path:
    """For every Linux that has no packages of Debian. Owners and times say nothing of
    who made it."""

    def plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.uid = member.gid = 0
        member.mtime = product().moment
        member.mode = 0o755 if member.isdir() or member.name == "brokerdesk/brokerdesk" else 0o644
        member.uname = member.gname = "root"
        return member

    with tarfile.open(target, "w:xz") as packed:
        for path in [program, *sorted(program.rglob("*"))]:
            inner = Path("brokerdesk", path.relative_to(program))
            packed.add(path, inner, recursive=False, filter=plain)
    return target


def main(arguments: list[str]) -> int:
    dist, target, platform = arguments
    for file in gather(Path(dist), Path(target), platform, os.environ):
        print(f"{file.stat().st_size:>12,}  {file.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
