"""The installer for Windows, compiled by makensis on any system.

    python -m scripts.pack.nsis DIRECTORY VERSION      an installer around a stand-in alone

Where the Windows program cannot be built, the installer is made around a stand-in, says so in its
name, and serves to try the installer itself (see ``scripts/release_check.sh``).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path, PurePosixPath

from scripts.pack.product import ROOT, product

PARTS = ROOT / "packaging" / "windows"
LONGEST_PATH = 150
"""Of a file inside of the bundle: Windows has 260 characters for it with the user's folder."""


def file_list(payload: Path) -> str:
    """Macros that add every file of ``payload`` and remove exactly those, folders from within."""
    files = sorted(path for path in payload.rglob("*") if path.is_file())
    folders = sorted({path.parent for path in files} - {payload})
    folders = sorted(
        {each for path in folders for each in (path, *path.parents) if payload in each.parents}
    )
    adding, removing, size, at = [], [], 0, None
    for file in files:
        inner = _windows(file.parent, payload)
        if inner != at:
            adding.append(f'  SetOutPath "$INSTDIR{inner}"')
            at = inner
        adding.append(f'  File "{file}"')
        name = _windows(file, payload)
        if len(name) > LONGEST_PATH:
            raise SystemExit(f"Windows would not take a name as long as {name}")
        removing.append(f'  Delete "$INSTDIR{name}"')
        size += file.stat().st_size
    for folder in reversed(folders):
        removing.append(f'  RMDir "$INSTDIR{_windows(folder, payload)}"')
    return "\n".join(
        [
            f"!define KILOBYTES {size // 1024}",
            *("!macro ADD_FILES", *adding, "!macroend"),
            *("!macro REMOVE_FILES", *removing, "!macroend", ""),
        ]
    )


def _windows(path: Path, base: Path) -> str:
    inner = PurePosixPath(path.relative_to(base).as_posix())
    return "".join("\\" + part.replace("$", "$$") for part in inner.parts)


def compile_script(script: Path, **defines: str) -> None:
    settings = [f"-D{name}={value}" for name, value in defines.items()]
    # The installer is dated by this, or by nothing: two builds are alike.
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(product().moment)}
    command = [
        makensis(),
        "-V2",
        "-WX",
        "-NOCONFIG",
        "-INPUTCHARSET",
        "UTF8",
        *settings,
        str(script),
    ]
    done = subprocess.run(
        command, cwd=script.parent, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"makensis ended with {done.returncode}:\n{done.stdout}{done.stderr}")


def makensis() -> str:
    found = shutil.which("makensis")
    if found is None:
        usual = Path(os.environ.get("PROGRAMFILES(X86)", ""), "NSIS", "makensis.exe")
        if not usual.exists():
            raise SystemExit("makensis is missing; NSIS 3 brings it (https://nsis.sourceforge.io).")
        found = str(usual)
    return found


def stand_in(work: Path, icon: Path) -> Path:
    """A payload of the same shape as the Windows program, which is not it."""
    payload = work / "windows-stand-in"
    shutil.rmtree(payload, ignore_errors=True)
    inner = payload / "_internal" / "a folder" / "another"
    inner.mkdir(parents=True)
    (inner / "file.txt").write_text("Stands for the files of the program.\n")
    (payload / "STAND-IN.txt").write_text("This is not the program: it tries its installer.\n")
    for name in ("brokerdesk.exe", "brokerdesk-gui.exe"):
        compile_script(PARTS / "stand-in.nsi", OUTPUT=str(payload / name), ICON=str(icon))
    moment = product().moment
    for path in payload.rglob("*"):
        os.utime(path, (moment, moment))
    return payload


def build(payload: Path, icon: Path, target: Path, work: Path, *, version: str = "") -> Path:
    """Make the installer around ``payload`` in ``target``; its path."""
    told = product()
    real = not (payload / "STAND-IN.txt").exists()
    name = "BrokerDesk-{}-setup-x64.exe" if real else "BrokerDesk-{}-setup-STAND-IN.exe"
    version = version or told.version
    made = target / name.format(version)
    files = work / "windows-files.nsh"
    files.write_text(file_list(payload), "utf-8")
    compile_script(
        PARTS / "brokerdesk.nsi",
        VERSION=version, FOUR_NUMBERS=told.four_numbers, NAME=told.name,
        PUBLISHER=told.publisher, SUMMARY=told.summary,
        OUTPUT=str(made), ICON=str(icon), FILES=str(files),
    )  # fmt: skip
    return made


def main(arguments: list[str]) -> int:
    target, version = Path(arguments[0]).resolve(), arguments[1]
    target.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, "-m", "scripts.pack.icon", str(target)], cwd=ROOT, check=True)
    icon = target / "brokerdesk.ico"
    print(build(stand_in(target, icon), icon, target, target, version=version))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
