"""How long ago this process was created, by the system's own record.

A stopwatch that begins in Python misses what the user waited for before it: the interpreter itself.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

_SYSTEM: str = sys.platform
_LOADED_AT = time.perf_counter()


def process_age() -> float:
    """Seconds since the process was created; where unknown, since this module's import."""
    try:
        if _SYSTEM.startswith("linux"):
            return _linux()
        if _SYSTEM == "win32":
            return _windows()
    except (OSError, ValueError, IndexError):
        pass
    return time.perf_counter() - _LOADED_AT


def _linux() -> float:
    # Field 22 counts ticks since boot; the name in field 2 may hold blanks and brackets.
    stat = Path("/proc/self/stat").read_text("ascii", "replace")
    ticks = int(stat.rpartition(")")[2].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")


def _windows() -> float:  # pragma: no cover - runs on Windows alone
    import ctypes
    from ctypes import wintypes

    created, ended, kernel, user, present = (wintypes.FILETIME() for _ in range(5))
    kernel32 = getattr(ctypes, "windll").kernel32  # noqa: B009 - absent elsewhere
    handle = kernel32.GetCurrentProcess()
    parts = (ctypes.byref(part) for part in (created, ended, kernel, user))
    if not kernel32.GetProcessTimes(handle, *parts):
        raise OSError("GetProcessTimes failed")
    kernel32.GetSystemTimeAsFileTime(ctypes.byref(present))
    return (_hundred_ns(present) - _hundred_ns(created)) / 10_000_000


def _hundred_ns(moment: object) -> int:
    high, low = getattr(moment, "dwHighDateTime"), getattr(moment, "dwLowDateTime")  # noqa: B009
    return (int(high) << 32) + int(low)
