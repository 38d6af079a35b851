"""The audit log for the window: read, verified, exported; and what is noted there besides orders.

Facts are short words. No secret, no request and no answer of a broker is among them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from brokerdesk.paths import write_private
from brokerdesk.services.trading_journal import JournalKeeper
from brokerdesk.tasks import run_blocking
from brokerdesk.trading_settings import TradingSettings

if TYPE_CHECKING:
    from brokerdesk.db.journal.audit import AuditEntry, Head, Verdict
    from brokerdesk.settings import Settings

PAGE = 1000
_RULES = frozenset(one.name for one in fields(TradingSettings))


class AuditService:
    """All methods belong to one event loop. What cannot be noted is told in the program's log."""

    def __init__(self, keeper: JournalKeeper) -> None:
        self._keeper = keeper

    async def entries(self, after: int = 0, most: int = PAGE) -> tuple[AuditEntry, ...]:
        return await (await self._keeper.open()).log(after, most)

    async def verify(self) -> Verdict:
        return await (await self._keeper.open()).verify()

    async def export(self, path: Path) -> Head:
        """Write all entries and their head to ``path``.

        Raises:
            StorageError: the journal cannot be read.
            OSError: the file cannot be written; nothing was changed.
        """
        found: list[AuditEntry] = []
        while page := await self.entries(found[-1].seq if found else 0):
            found.extend(page)
        data, head = exported(found)
        await run_blocking("brokerdesk-audit", lambda: write_private(path, data), to_the_end=True)
        return head

    def signed_in(self, what: str, connection: str, broker: str, environment: str) -> None:
        """A connection was made, signed in again or removed."""
        facts = {"connection": connection, "broker": broker, "environment": environment}
        self._keeper.note(f"sign-in {what}", facts)

    def settings_changed(self, before: Settings, after: Settings) -> None:
        """Limits and other rules of orders that the user changed."""
        for one in fields(before):
            old, new = getattr(before, one.name), getattr(after, one.name)
            if old != new and one.name in _RULES:
                self._keeper.note(
                    "setting", {"name": one.name, "before": str(old), "after": str(new)}
                )


def exported(entries: Iterable[AuditEntry]) -> tuple[bytes, Head]:
    """The entries as lines of JSON, the head in the last one."""
    from brokerdesk.db.journal.audit import START, Head

    lines, head = [], Head(count=0, hash=START)
    for one in entries:
        lines.append(
            {
                "seq": one.seq,
                "at": one.at.isoformat(timespec="microseconds"),
                "kind": one.kind,
                "facts": dict(one.facts),
                "hash": one.hash.hex(),
            }
        )
        head = Head(count=one.seq, hash=one.hash)
    lines.append({"head": {"count": head.count, "hash": head.hash.hex()}})
    text = "".join(json.dumps(line, ensure_ascii=True, sort_keys=True) + "\n" for line in lines)
    return text.encode("ascii"), head
