"""When this process was created, by the system's own record.

A stopwatch that begins in Python misses what the user waited for before it: the interpreter itself.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

_LOADED_AT = time.time()


def process_began() -> float:
    """Epoch seconds of the process's creation; when unknown, of this module's import."""
    try:
        if sys.platform.startswith("linux"):
            return _linux()
        if sys.platform == "win32":
            return _windows()
    except (OSError, ValueError, IndexError):
        pass
    return _LOADED_AT


def _linux() -> float:
    # Field 22 counts ticks since boot; the name in field 2 may hold blanks and brackets.
    stat = Path("/proc/self/stat").read_text("ascii", "replace")
    ticks = int(stat.rpartition(")")[2].split()[19])
    since_boot = time.clock_gettime(time.CLOCK_BOOTTIME)
    age = since_boot - ticks / os.sysconf("SC_CLK_TCK")
    return time.time() - max(0.0, age)


def _windows() -> float:  # pragma: no cover - runs on Windows alone
    import ctypes
    from ctypes import wintypes

    created, ended, kernel, user = (wintypes.FILETIME() for _ in range(4))
    windll = ctypes.windll  # type: ignore[attr-defined]
    handle = windll.kernel32.GetCurrentProcess()
    if not windll.kernel32.GetProcessTimes(
        handle, *(ctypes.byref(part) for part in (created, ended, kernel, user))
    ):
        raise OSError("GetProcessTimes failed")
    ticks = (created.dwHighDateTime << 32) + created.dwLowDateTime  # 100 ns since 1601
    return float(ticks / 10_000_000 - 11_644_473_600)
