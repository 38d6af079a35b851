"""The truth about orders: every request that would change one, as it arrived, and what it did.

Append-only and kept apart from the brokers' own answers, so that what a client believes can be held
against what happened. A request that a fault kept from the broker is written down too: it arrived
and did nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from aiohttp import web

Entry = dict[str, Any]
TRUTH: web.RequestKey[Entry] = web.RequestKey("truth", dict)


class Truth:
    """The log of one simulator."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self.entries: list[Entry] = []

    def arrived(self, broker: str, method: str, path: str, body: bytes) -> Entry:
        """A request is here; nothing has been done about it."""
        entry: Entry = {
            "n": len(self.entries) + 1,
            "at": self._now().isoformat(),
            "broker": broker,
            "method": method,
            "path": path,
            "digest": hashlib.sha256(body).hexdigest(),
            "body": body.decode("utf-8", "replace"),
            "client_order_id": "",
            "account": "",
            "executed": False,
            "orders": [],
            "outcome": "not executed",
            "status": 0,
            "fault": "",
        }
        self.entries.append(entry)
        return entry


def executed(request: web.Request, what: str, orders: Sequence[str], **more: Any) -> None:
    """What a handler did: the ids are the broker's, of the orders made or asked to change."""
    entry = request.get(TRUTH)
    if entry is not None:
        entry.update({"executed": True, "outcome": what, "orders": list(orders), **more})


def not_executed(request: web.Request, why: str, **more: Any) -> None:
    """The broker saw it and did nothing."""
    entry = request.get(TRUTH)
    if entry is not None:
        entry.update({"outcome": why, **more})
