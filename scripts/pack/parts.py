"""What a bundle holds besides the program: which packages, which libraries of the system, whose.

PyInstaller collects what was linked at build time. Libraries of the computer that builds come along
that way, each under a licence of its own, and some that nothing needs any more once unused parts of
Qt are left out. The spec asks here what to leave out, which licence texts to add, and writes down
what remained, so that the bill of materials (``sbom.py``) is read off the bundle.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Mapping
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from scripts.pack.product import ROOT

Entry = tuple[str, str, str]
"""As PyInstaller has them: the name in the bundle, the file that it comes from, its kind."""

SYSTEM = ("/lib/", "/lib64/", "/usr/")
COMMON = Path("/usr/share/common-licenses")
RECORD = "parts.json"
FORBIDDEN = ("libreadline.", "libgdbm.", "libdb-")
"""Their licences (GPL, AGPL) are not for a program like this one, and it uses none of them."""


def locked(lock: str = "requirements.lock") -> list[str]:
    """Names in a lock, those of other systems too."""
    text = (ROOT / lock).read_text("utf-8")
    return re.findall(r"^([A-Za-z0-9._-]+)==", text, flags=re.M)


def linked(file: Path) -> list[str]:
    """Names of the libraries that a program or library asks for."""
    told = subprocess.run(
        ["objdump", "-p", str(file)], capture_output=True, text=True, check=False
    ).stdout
    return re.findall(r"^\s+NEEDED\s+(\S+)", told, flags=re.M)


def from_system(entry: Entry) -> bool:
    """Whether a library is one of the computer that builds. Python itself may lie there, too."""
    name, source, kind = entry
    own = (sys.base_prefix, str(ROOT), sys.prefix) if sys.base_prefix != "/usr" else ()
    return (
        kind == "BINARY"
        and "/" not in name
        and ".so" in name
        and not name.startswith("libpython")
        and source.startswith(SYSTEM)
        and not source.startswith(own)
    )


def needed(binaries: Iterable[Entry], asks: Mapping[str, list[str]]) -> list[Entry]:
    """Without the system's libraries that nothing in the bundle asks for.

    ``asks`` says by the file it comes from what each asks for.
    """
    entries = list(binaries)
    system = {entry[0]: entry for entry in entries if from_system(entry)}
    todo = [
        name
        for entry in entries
        if entry[0] not in system and entry[2] in {"BINARY", "EXTENSION"}
        for name in asks[entry[1]]
    ]
    reached: set[str] = set()
    while todo:
        name = todo.pop()
        if name in system and name not in reached:
            reached.add(name)
            todo += asks[system[name][1]]
    kept = [entry for entry in entries if entry[0] not in system or entry[0] in reached]
    refused = [entry[0] for entry in kept if entry[0].startswith(FORBIDDEN)]
    if refused:
        raise SystemExit(f"The program may not carry {', '.join(refused)}.")
    return kept


def without_unneeded(binaries: Iterable[Entry]) -> list[Entry]:
    """On Linux; elsewhere nothing of the system is collected."""
    entries = list(binaries)
    if sys.platform != "linux":
        return entries
    kinds = {"BINARY", "EXTENSION"}
    asks = {source: linked(Path(source)) for _, source, kind in entries if kind in kinds}
    return needed(entries, asks)


def forget_places(folder: Path) -> list[Path]:
    """Have libraries of Python look beside themselves, and no longer where Python lay at the build.

    That may be somebody's home. The new text is shorter and stands in the place of the old one, so
    that nothing else of the file moves. The files that were changed.
    """
    changed = []
    place = f"{sys.base_prefix}/lib"
    old = b"\0" + place.encode() + b"\0"
    new = b"\0" + b"$ORIGIN".ljust(len(place), b"\0") + b"\0"
    for file in sorted(folder.rglob("*.so*")):
        if file.is_symlink() or len(new) != len(old) or place not in runpath(file):
            continue
        content, mode = file.read_bytes(), file.stat().st_mode
        if content.count(old) == 1:
            file.write_bytes(content.replace(old, new))
            file.chmod(mode)
            changed.append(file)
    return changed


def runpath(file: Path) -> list[str]:
    """Where a library looks for others."""
    told = subprocess.run(
        ["objdump", "-p", str(file)], capture_output=True, text=True, check=False
    ).stdout
    return [
        place
        for found in re.findall(r"^\s+R(?:UN)?PATH\s+(\S+)", told, flags=re.M)
        for place in found.split(":")
    ]


def owner(file: str) -> str:
    """The Debian package that a file is of; "" where there is none or no such system."""
    real = os.path.realpath(file)
    forms = [file, real, real.removeprefix("/usr"), "/usr" + file]
    for form in dict.fromkeys(forms):
        try:
            told = subprocess.run(
                ["dpkg-query", "-S", form], capture_output=True, text=True, check=False
            )
        except FileNotFoundError:
            return ""
        if told.returncode == 0:
            return told.stdout.splitlines()[0].split(":")[0].split(",")[0]
    return ""


def version_of(package: str) -> str:
    asked = ["dpkg-query", "-W", "-f", "${Version}", package]
    told = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    return (
        told
        or subprocess.run(
            [*asked[:-1], f"{package}:*"], capture_output=True, text=True, check=False
        ).stdout
    )


def system_libraries(binaries: Iterable[Entry]) -> list[dict[str, Any]]:
    """Whose the system's libraries in a bundle are, by package."""
    files: dict[str, list[str]] = {}
    for entry in binaries:
        if from_system(entry):
            files.setdefault(owner(entry[1]), []).append(entry[0])
    return [
        {"package": name, "version": version_of(name) if name else "", "files": sorted(files[name])}
        for name in sorted(files)
    ]


def system_rights(libraries: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """The rights of each of these packages, and the common licences that they name.

    A system without packages of Debian tells of none: what is built there is not for release.
    """
    pairs, named = [], set()
    for library in libraries if shutil.which("dpkg-query") else ():
        file = Path("/usr/share/doc", library["package"], "copyright")
        if not library["package"] or not file.exists():
            raise SystemExit(f"Nobody says whose {', '.join(library['files'])} are.")
        pairs.append((f"licenses/system/{library['package']}.txt", str(file.resolve())))
        text = file.read_text("utf-8", "replace")
        named |= {each.rstrip(".") for each in re.findall(rf"{COMMON}/([A-Za-z0-9.-]+)", text)}
    for name in sorted(named):
        if (COMMON / name).exists():
            pairs.append((f"licenses/system/common/{name}.txt", str((COMMON / name).resolve())))
    return pairs


def python_rights() -> tuple[str, str]:
    """Python's own licence, with those of the parts it is made of."""
    places = (Path(sysconfig.get_path("stdlib")), Path(sys.base_prefix))
    for place in places:
        for name in ("LICENSE.txt", "LICENSE"):
            if (place / name).exists():
                return ("licenses/Python.txt", str(place / name))
    raise SystemExit(f"Python's licence was looked for in {places} and not found.")


def bundled_packages(names: Iterable[str]) -> list[str]:
    """Those of the lock of which anything but words about them is in the bundle.

    ``names`` are those of its files, and those of its modules where they lie in an archive.
    """
    held = set()
    for name in names:
        held.add(name.replace("\\", "/").removesuffix(".pyc"))
        if "/" not in name:
            held |= {name.replace(".", "/"), name.replace(".", "/") + "/__init__"}
    found = []
    for package in locked():
        try:
            own = distribution(package).files or ()
        except ModuleNotFoundError:
            continue
        files = (each.as_posix() for each in own if ".dist-info" not in str(each))
        if any(file.removesuffix(".py") in held for file in files):
            found.append(package)
    return sorted(set(found))


def record(target: Path, names: Iterable[str], binaries: Iterable[Entry]) -> dict[str, Any]:
    """Write down what is in the bundle; what was written."""
    told = {
        "packages": bundled_packages(names),
        "system": system_libraries(binaries) if sys.platform == "linux" else [],
    }
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    return told
