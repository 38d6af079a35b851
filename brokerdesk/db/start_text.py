"""The first picture, packed: one text that stands in the file as long as it is true.

Whoever has read the portfolio in full leaves the picture of it here (``repositories.start``). Every
transaction that changes anything takes it away again, in the same commit: what is found here was
made of exactly what the file holds. It names the newest snapshot as well, for the case that an
older program, which does not know of it, wrote since. What the text says is its maker's matter.

On the way to the first paint: the driver, and no library that decodes.
"""

from __future__ import annotations

from pathlib import Path
from zlib import crc32

from brokerdesk.db import driver
from brokerdesk.db.border import too_new
from brokerdesk.db.migrations import VERSION

KEY = "start_view"
"""Its name in ``meta``."""

_LAYOUT = "1"
_NEWEST = "SELECT max(id) FROM snapshots"
_READ = "SELECT value FROM meta WHERE key = ?"


def read_start_text(path: Path, *, key: bytes | None = None) -> str | None:
    """The packed picture; None when there is none, or none that can be trusted.

    Raises: as ``start_view.read_start_view``.
    """
    with driver.at_border(path):
        if not path.exists() or path.stat().st_size == 0:
            return None
    raw = driver.connect(path, key=key, read_only=True)
    try:
        version = driver.user_version(raw, path)
        if version > VERSION:
            raise too_new(path, version, VERSION)
        if version < VERSION:
            return None
        with driver.at_border(path):
            raw.execute("BEGIN")
            return find(raw)
    finally:
        raw.close()


def find(raw: driver.RawConnection) -> str | None:
    """The picture in this connection's transaction."""
    row = raw.execute(_READ, (KEY,)).fetchone()
    if row is None:
        return None
    layout, _, rest = row[0].partition(" ")
    proof, _, rest = rest.partition(" ")
    newest, _, text = rest.partition(" ")
    if layout != _LAYOUT or newest != newest_of(raw) or proof != _proof(newest, text):
        return None
    return str(text)


def wrapped(text: str, newest: str) -> str:
    """``text`` as it is stored."""
    return f"{_LAYOUT} {_proof(newest, text)} {newest} {text}"


def newest_of(raw: driver.RawConnection) -> str:
    """The number of the newest snapshot; numbers are never given twice."""
    return str(raw.execute(_NEWEST).fetchone()[0])


def forget(raw: driver.RawConnection) -> None:
    """Take the picture away: something changes."""
    raw.execute("DELETE FROM meta WHERE key = ?", (KEY,))


def _proof(newest: str, text: str) -> str:
    return f"{crc32(text.encode(), crc32(newest.encode())):08x}"
