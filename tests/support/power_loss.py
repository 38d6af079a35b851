"""What a power cut leaves of files: made from a trace of what a program wrote and synced.

What was synced is there. Of what was written since, each sector of 512 bytes is there or not, in no
order; names made or removed since the folder was synced are there or not. ``strace`` makes the
trace, so that nothing of the program has to know.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

TESTS = Path(__file__).parents[1]
SECTOR = 512
_CALLS = "openat,pwrite64,write,fsync,fdatasync,ftruncate,unlink"
_HEX = re.compile(r"(?:\\x[0-9a-f]{2})+")
_OPENED = re.compile(r'openat\([^,]+, "([^"]*)", ([A-Z_|]+).* = \d')
_WRITTEN = re.compile(r'pwrite64\(\d+<([^>]*)>, "([^"]*)", \d+, (\d+)\) = (\d+)')
_SYNCED = re.compile(r"(?:fsync|fdatasync)\(\d+<([^>]*)>\) = 0")
_CUT = re.compile(r"ftruncate\(\d+<([^>]*)>, (\w+)\) = 0")
_GONE = re.compile(r'unlink\("([^"]*)"\) = 0')
_SAID = re.compile(r'write\(1<[^>]*>, "([^"]*)"')


def available() -> bool:
    return shutil.which("strace") is not None


@dataclass(frozen=True)
class Step:
    """``write``, ``sync``, ``cut``, ``make``, ``remove`` or ``said``."""

    what: str
    name: str = ""
    data: bytes = b""
    at: int = 0


def traced(folder: Path, *arguments: str) -> list[Step]:
    """Run a module of ours under strace; what it did to files of ``folder``, in order."""
    trace = folder.parent / f"{folder.name}.trace"
    subprocess.run(
        [
            *("strace", "-f", "-y", "-xx", "-s", "100000", "-e", f"trace={_CALLS}"),
            *("-o", str(trace), sys.executable, "-m", *arguments),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd=TESTS.parent,
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        timeout=110,
    )
    with trace.open() as lines:
        return list(_steps(lines, str(folder)))


def _text(quoted: str) -> bytes:
    return bytes.fromhex(quoted.replace("\\x", ""))


def _name(quoted: str) -> str:
    return _text(quoted).decode() if quoted.startswith("\\x") else quoted


def _steps(lines: Iterator[str], folder: str) -> Iterator[Step]:
    made: set[str] = set()
    for line in lines:
        if found := _WRITTEN.search(line):
            data = _text(found[2])
            step = Step("write", _name(found[1]), data, int(found[3]))
        elif found := _SYNCED.search(line):
            step = Step("sync", _name(found[1]))
        elif found := _OPENED.search(line):
            name = _name(found[1])
            if "O_CREAT" not in found[2] or name in made:
                continue
            made.add(name)
            step = Step("make", name)
        elif found := _CUT.search(line):
            step = Step("cut", _name(found[1]), at=int(found[2], 0))
        elif found := _GONE.search(line):
            made.discard(_name(found[1]))
            step = Step("remove", _name(found[1]))
        elif found := _SAID.search(line):
            yield Step("said", data=_text(found[1]))
            continue
        else:
            continue
        if step.name == folder or (step.name.startswith(folder) and "-shm" not in step.name):
            yield step


@dataclass
class Disk:
    """The folder, as it is and as much of it as is safe."""

    safe: dict[str, bytes] = field(default_factory=dict)
    """Contents as of each file's last sync; a file is here once its name is safe, too."""
    contents: dict[str, bytes] = field(default_factory=dict)
    pending: dict[str, list[Step]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    safe_names: set[str] = field(default_factory=set)

    def do(self, step: Step, folder: str) -> None:
        if step.what == "make":
            self.names.add(step.name)
            self.contents[step.name] = b""
            self.pending[step.name] = []
        elif step.what == "remove":
            self.names.discard(step.name)
        elif step.what == "sync" and step.name == folder:
            self.safe_names = set(self.names)
        elif step.what == "sync":
            for one in self.pending.get(step.name, ()):
                self.contents[step.name] = applied(self.contents[step.name], one)
            self.pending[step.name] = []
        elif step.what in ("write", "cut"):
            self.pending.setdefault(step.name, []).append(step)

    def after_the_cut(self, dice: random.Random) -> dict[str, bytes]:
        """The files that are found when the power is back."""
        unsure = self.names ^ self.safe_names
        found = (self.names & self.safe_names) | {n for n in sorted(unsure) if dice.random() < 0.5}
        images = {}
        for name in sorted(found):
            data = self.contents.get(name, b"")
            mood = dice.choice([0.0, 0.5, 0.9, 1.0])
            for one in self.pending.get(name, ()):
                for part in torn(one, dice, mood):
                    data = applied(data, part)
            images[name] = data
        return images


def torn(step: Step, dice: random.Random, mood: float) -> Iterator[Step]:
    """The sectors of a write that reached the disk."""
    if step.what == "cut":
        if dice.random() < mood:
            yield step
        return
    start, end = step.at, step.at + len(step.data)
    while start < end:
        stop = min(end, (start // SECTOR + 1) * SECTOR)
        if dice.random() < mood:
            yield Step("write", step.name, step.data[start - step.at : stop - step.at], start)
        start = stop


def applied(data: bytes, step: Step) -> bytes:
    if step.what == "cut":
        return data[: step.at].ljust(step.at, b"\0")
    data = data.ljust(step.at, b"\0")
    return data[: step.at] + step.data + data[step.at + len(step.data) :]
