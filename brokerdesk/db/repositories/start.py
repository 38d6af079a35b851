"""The packed first picture as its maker sees it: read the figures, then leave the picture of them.

Between the two others may write. So the reading takes a stamp with it, and a picture whose stamp is
no longer the file's is not kept.
"""

from __future__ import annotations

from brokerdesk.db import start_text
from brokerdesk.db.codec import to_micros
from brokerdesk.db.scope import Scope

Stamp = tuple[int, int]
"""Writes of this program and of others, counted."""


class StartRepository:
    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def stamp(self) -> Stamp:
        """The state of the file in this transaction."""
        return self._scope.writes, self._scope.book.data_version

    def keep(self, text: str, stamp: Stamp) -> bool:
        """Leave ``text`` as the picture of what was read under ``stamp``.

        False: something changed since, or the file holds figures from the future, of which nobody
        can say when they become the newest; nothing was kept.
        """
        raw = self._scope.raw
        if stamp != self.stamp() or self._has_future():
            return False
        self._scope.keeps_start = True
        raw.execute(
            "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)",
            (start_text.KEY, start_text.wrapped(text, start_text.newest_of(raw))),
        )
        return True

    def forget(self) -> None:
        """Take the picture away although nothing changes: nobody vouches for who made it."""
        start_text.forget(self._scope.raw)

    def _has_future(self) -> bool:
        found = self._scope.raw.execute(
            "SELECT EXISTS (SELECT 1 FROM accounts AS a WHERE EXISTS (SELECT 1 FROM snapshots AS s"
            " WHERE s.account_id = a.id AND s.fetched_at > ?))",
            (to_micros(self._scope.now),),
        ).fetchone()
        return bool(found[0])
