"""``AuditPort`` over the trading service; rows are made where entries are read, a thousand at a
time, so that whatever else waits there gets its turn.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from brokerdesk.tasks import Policy
from brokerdesk.ui.viewmodels.audit import AuditHead, AuditRow, row_of

if TYPE_CHECKING:
    from brokerdesk.services.container import Services
    from brokerdesk.ui.viewmodels.desk import Desk

PAGE = 1000
Failed = Callable[[BaseException], object]


class AuditGateway:
    """What the page asks, through the desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def load(
        self, after: int, done: Callable[[tuple[AuditRow, ...]], object], failed: Failed
    ) -> None:
        """Entries after number ``after``, oldest first."""

        async def work(services: Services) -> tuple[AuditRow, ...]:
            found: list[AuditRow] = []
            last = after
            while page := await services.trading.audit(last, PAGE):
                found += [row_of(one.seq, one.at, one.kind, one.facts, one.hash) for one in page]
                last = page[-1].seq
                if len(page) < PAGE:
                    break
            return tuple(found)

        self._desk.run("audit:load", work, done, failed, policy=Policy.NEWEST_WINS)

    def verify(self, done: Callable[[AuditHead], object], failed: Failed) -> None:
        async def work(services: Services) -> AuditHead:
            found = await services.trading.verify()
            return AuditHead(
                count=found.head.count, hash=found.head.hash.hex(), broken=found.broken
            )

        self._desk.run("audit:verify", work, done, failed, policy=Policy.SKIP_IF_RUNNING)

    def export(self, path: str, done: Callable[[AuditHead], object], failed: Failed) -> None:
        """Write the log to a file that nobody else can read."""

        async def work(services: Services) -> AuditHead:
            head = await services.trading.export_audit(Path(path))
            return AuditHead(count=head.count, hash=head.hash.hex())

        self._desk.run("audit:export", work, done, failed, policy=Policy.SKIP_IF_RUNNING)
