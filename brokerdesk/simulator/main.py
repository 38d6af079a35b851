"""The simulator as a program: says where it is on the first line, serves, ends when told.

It ends on SIGINT and SIGTERM, and with ``exit_with_stdin`` when its standard input closes, so that
a simulator started by an app that was killed does not stay behind.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
from pathlib import Path
from typing import Any

from brokerdesk.simulator.options import SimulatorOptions
from brokerdesk.simulator.server import SimulatorServer


def run(options: SimulatorOptions) -> int:
    """Serve until ended; the exit code. The first line of output is JSON (see ``describe``)."""
    try:
        asyncio.run(_serve(options))
    except KeyboardInterrupt:
        return 0
    except (OSError, ValueError) as error:
        sys.stderr.write(f"The simulator could not start: {error}\n")
        return 1
    return 0


async def _serve(options: SimulatorOptions) -> None:
    if options.faults_file is not None:
        options = _with_faults(options, options.faults_file)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        # Windows has no signal handlers on a loop; there Ctrl+C raises KeyboardInterrupt.
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, ended.set)
    async with SimulatorServer(options) as server:
        sys.stdout.write(json.dumps(server.describe()) + "\n")
        sys.stdout.flush()
        if options.exit_with_stdin:
            _watch_stdin(loop, ended)
        await ended.wait()


def _with_faults(options: SimulatorOptions, path: Path) -> SimulatorOptions:
    from dataclasses import replace

    rules: Any = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(rules, list):
        raise ValueError("a fault script is a JSON list of rules")  # noqa: TRY004
    return replace(options, faults=(*options.faults, *rules))


def _watch_stdin(loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> None:
    """End when standard input ends. A daemon thread, because pipes cannot be awaited on Windows."""
    import threading

    def wait() -> None:
        with contextlib.suppress(OSError, ValueError):
            while sys.stdin.buffer.read(4096):
                pass
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=wait, name="stdin", daemon=True).start()
