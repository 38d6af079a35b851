"""Two programs that make the journal at the same moment both have it then."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path

OPENER = Path(__file__).parent.parent / "support" / "scripts" / "open_journals.py"
COUNT = 60


async def opener(folder: Path, first: float) -> tuple[int | None, bytes]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(OPENER), str(folder), str(first), str(COUNT)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    return process.returncode, out


async def test_two_programs_make_a_journal_at_once(tmp_path: Path) -> None:
    first = time.monotonic() + 1.5
    ends = list(await asyncio.gather(opener(tmp_path, first), opener(tmp_path, first)))
    assert ends == [(0, b"opened")] * 2
    assert len(os.listdir(tmp_path)) >= COUNT  # noqa: PTH208
