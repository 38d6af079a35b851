"""Asks the system that the window's thread need not wait long for a core.

Linux since 6.12 lets an ordinary thread have a shorter slice of time than others. It gets no more
of it for that, but its turn comes sooner: a thread that wakes goes before one with a longer slice.
Elsewhere nothing is asked: Windows and macOS favour the thread that serves a window by themselves.
"""

from __future__ import annotations

import contextlib
import platform
import struct
import sys

SLICE_NS = 100_000
"""The shortest that Linux grants."""
_CALLS = {"x86_64": 314, "aarch64": 274}
"""``sched_setattr`` has no name in the C library of most systems, so it is called by number."""
_LAYOUT = struct.Struct("=IIQiIQQQ")
"""``struct sched_attr``: size, policy, flags, nice, priority, runtime, deadline, period."""
_ORDINARY, _RESET_ON_FORK = 0, 1


def short_slices() -> bool:
    """Ask for this thread; threads and programs that it starts have the usual slices.

    Returns: whether the system took it. An older Linux does, and leaves things as they were.
    """
    call = _CALLS.get(platform.machine())
    if not sys.platform.startswith("linux") or call is None:
        return False
    import ctypes
    import os

    nice = os.getpriority(os.PRIO_PROCESS, 0)
    wish = _LAYOUT.pack(_LAYOUT.size, _ORDINARY, _RESET_ON_FORK, nice, 0, SLICE_NS, 0, 0)
    # Another C library may have no such call.
    with contextlib.suppress(OSError, AttributeError):
        return bool(ctypes.CDLL(None).syscall(call, 0, wish, 0) == 0)
    return False
