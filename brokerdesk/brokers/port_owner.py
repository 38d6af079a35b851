"""Who holds a port of this computer, where that can be learnt cheaply (Linux)."""

from __future__ import annotations

from pathlib import Path

from brokerdesk.brokers.text import clean

_LISTENING = "0A"


def describe_owner(port: int, proc: Path = Path("/proc")) -> str:
    """The program's name in quotation marks, or "another program"."""
    try:
        name = _owner(port, proc)
    except (OSError, ValueError, IndexError):
        name = ""
    return f"“{name}”" if name else "another program"


def _owner(port: int, proc: Path) -> str:
    inodes = {
        f"socket:[{fields[9]}]"
        for table in ("tcp", "tcp6")
        for fields in _rows(proc / "net" / table)
        if fields[3] == _LISTENING and int(fields[1].rpartition(":")[2], 16) == port
    }
    if not inodes:
        return ""
    for process in proc.iterdir():
        if process.name.isdigit() and _holds(process, inodes):
            return clean((process / "comm").read_text(errors="replace"), 40)
    return ""


def _rows(table: Path) -> list[list[str]]:
    if not table.exists():
        return []
    return [line.split() for line in table.read_text().splitlines()[1:]]


def _holds(process: Path, inodes: set[str]) -> bool:
    try:
        return any(str(entry.readlink()) in inodes for entry in (process / "fd").iterdir())
    except OSError:
        return False
