"""Memory with 50 accounts x 500 positions shown, against programs of the same kind.

PSS (what a process uses, shared pages by their share) of the whole process tree, some seconds after
the window has settled, on a screen of its own. Peers are shown empty, which is their best case. The
gate: 0.65 of the leanest peer that is installed. Where none is, nothing is judged.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.harness import arguments, report
from benchmarks.processes import bare, display, fill, keep_picture

ACCOUNTS, POSITIONS = 50, 500
GATE = 0.65
PEERS = {
    "electrum": ["electrum"],
    "gnucash": ["gnucash", "--nofile"],
    "kmymoney": ["kmymoney"],
    "skrooge": ["skrooge"],
    "vn.py": ["vntrader"],
}
SETTLED_MIB, POLL_S, LIMIT_S = 0.5, 1.0, 30.0
LISTED = "… Positions"
"""Reported, not judged: the page that lists all of them is open."""
TITLE = "Memory of the window, PSS"


def main() -> int:
    options = arguments(TITLE)
    if not Path("/proc/self/smaps_rollup").exists():
        print("This system does not say how much of a process's memory is its own.")
        return 0
    rounds = max(1, min(options.rounds, 3))
    with tempfile.TemporaryDirectory() as name, display() as environment:
        folder = Path(name)
        profile = fill(folder / "profile", ACCOUNTS, POSITIONS)
        keep_picture(profile)
        listing = fill(folder / "listing", ACCOUNTS, POSITIONS)
        keep_picture(listing)
        (listing.root / "window.ini").write_text("[shell]\npage=positions\n")
        ours = [sys.executable, "-m", "brokerdesk", "--data-dir", str(profile.root), "--offline"]
        commands = {"bare window": bare(stay_ms=120_000), "BrokerDesk": ours}
        commands[LISTED] = [*ours[:-2], str(listing.root), ours[-1]]
        commands |= {peer: line for peer, line in PEERS.items() if shutil.which(line[0])}
        found = {
            each: min(measured(line, environment, folder / each) for _ in range(rounds))
            for each, line in commands.items()
        }
    own = found["BrokerDesk"]
    print(f"{TITLE} ({ACCOUNTS} x {POSITIONS} positions, least of {rounds})")
    for each, size in sorted(found.items(), key=lambda pair: pair[1]):
        print(f"{each:12} {size:7.1f} MiB   BrokerDesk is {own / size:5.2f} of it")
    peers = {each: size for each, size in found.items() if each in PEERS}
    if not peers:
        print(f"None of {', '.join(PEERS)} is installed: nothing is judged.")
        held, ratio = True, None
    else:
        leanest = min(peers, key=lambda each: peers[each])
        ratio = own / peers[leanest]
        held = ratio <= GATE
        print(f"against {leanest}: {ratio:.2f}, gate {GATE}{'' if held else '  MISSED'}")
    report(TITLE, options, [{"name": k, "mib": v} for k, v in found.items()], {"ratio": ratio})
    return 0 if held else 1


def measured(command: list[str], environment: dict[str, str], home: Path) -> float:
    """MiB of the process tree once it no longer changes by half a MiB a second."""
    home.mkdir(parents=True, exist_ok=True)
    places = {"HOME": str(home), "XDG_CONFIG_HOME": str(home / "config")}
    places |= {"XDG_DATA_HOME": str(home / "data"), "XDG_CACHE_HOME": str(home / "cache")}
    process = subprocess.Popen(
        command,
        env=environment | places,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        last, quiet, began = 0.0, 0, time.monotonic()
        while quiet < 3 and time.monotonic() - began < LIMIT_S:
            time.sleep(POLL_S)
            if process.poll() is not None:
                raise SystemExit(f"{command[0]} ended with {process.returncode}")
            size = sum(map(pss, tree(process.pid))) / 1024
            quiet = quiet + 1 if abs(size - last) < SETTLED_MIB else 0
            last = size
        return last
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def tree(root: int) -> Iterator[int]:
    """The process and all its children."""
    yield root
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{root}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from tree(int(child))


def pss(process: int) -> int:
    """KiB; 0 for one that has just ended."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


if __name__ == "__main__":
    sys.exit(main())
