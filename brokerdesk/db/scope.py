"""What every repository of one transaction shares."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime
from pathlib import Path

from brokerdesk.db.driver import RawConnection
from brokerdesk.db.repositories.instruments import InstrumentBook
from brokerdesk.facts import dataclass


@dataclass(slots=True, kw_only=True)
class Scope:
    """One transaction. ``raw`` is the driver's connection."""

    raw: RawConnection
    path: Path
    now: datetime
    book: InstrumentBook
    pruned: bool = field(default=False)
    """Set when snapshots were dropped: the file is made smaller after the commit."""
    forgotten: bool = field(default=False)
    """Set when the user removed data: no copy of it may stay in the write-ahead log."""
    writes: int = 0
    """How many transactions of this program changed the file before this one."""
    keeps_start: bool = field(default=False)
    """Set by whoever leaves the packed first picture; any other change takes it away."""
