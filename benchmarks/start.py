"""From the click to the picture: the Overview with 10,000 cached positions against a bare window.

Both sides are whole processes in turn, from their creation to their end, on a warm page cache, and
both end the same way: in the first turn of the event loop after the first paint was delivered they
say so and leave by ``os._exit``. The base is a bare PySide6 window of the same size. The gate is on
this; from creation to that word is reported beside it. Nothing that the first picture does not need
may have been loaded before it, and it must know all positions. One case has no packed picture (an
older file, or a command line that wrote last) and reads every snapshot; it is not judged.
"""

from __future__ import annotations

import sys
import tempfile
from functools import partial
from pathlib import Path

from benchmarks.harness import Case, run
from benchmarks.processes import (
    bare,
    display,
    fill,
    keep_picture,
    painted,
    report_of,
    until_painted,
)
from benchmarks.processes import run as run_process

ACCOUNTS, POSITIONS = 20, 500
GATE = 1.75
HEAVY = {"alembic", "asyncio", "httpx", "keyring", "numpy", "pyqtgraph", "qasync", "sqlalchemy"}


def main() -> int:
    with tempfile.TemporaryDirectory() as name, display() as environment:
        packed = fill(Path(name) / "packed", ACCOUNTS, POSITIONS)
        keep_picture(packed)
        raw = fill(Path(name) / "raw", ACCOUNTS, POSITIONS)
        seen = {each: report_of(painted(each), environment) for each in (packed, raw)}
        heavy = sorted(HEAVY & set(seen[packed]["modules"]))
        rows = [one["rows"] for one in seen.values()]
        print(f"rows known at the paint: {rows[0]} packed, {rows[1]} raw")
        print(f"made: {', '.join(one['made'] for one in seen.values())}")
        print(f"loaded before it: {', '.join(heavy) or 'nothing heavy'}")
        code = run(
            "Start to the first picture, whole processes",
            [
                Case(
                    name=title,
                    base=lambda _: run_process(bare(), environment),
                    before_ours=partial(painted, profile),
                    ours=lambda command: run_process(command, environment),
                    gate=gate,
                )
                for title, profile, gate in (
                    ("10,000 positions, packed picture", packed, GATE),
                    ("10,000 positions, read raw", raw, None),
                )
            ]
            + [
                Case(
                    name="packed picture, until it says so",
                    base=lambda _: until_painted(bare(), environment),
                    ours=lambda _: until_painted(painted(packed), environment),
                    gate=None,
                )
            ],
            facts={"rows": rows, "heavy": heavy, "made": [one["made"] for one in seen.values()]},
        )
    return 1 if heavy or min(rows) < ACCOUNTS * POSITIONS else code


if __name__ == "__main__":
    sys.exit(main())
