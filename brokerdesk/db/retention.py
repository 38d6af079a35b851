"""The rule by which old snapshots may go, stated once.

A snapshot may be dropped when the last moment at which it was seen valid is more than 30 days ago
and a later snapshot of the same account was taken on the same New York day. So the last of every
New York day stays for ever, and with it the only one; readings that are held for the user's word
are not snapshots yet and are never touched. With the setting "keep all" nothing goes.

A snapshot goes whole or stays whole. The trigger ``snapshots_kept`` enforces the same rule in the
file, whatever a query here may ask.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from brokerdesk.db.codec import to_micros
from brokerdesk.db.scope import Scope

KEPT_WHOLE = timedelta(days=30)

_DROP = """
DELETE FROM snapshots WHERE id IN (
  SELECT old.id FROM snapshots AS old
  WHERE old.valid_until < :cutoff AND EXISTS (
    SELECT 1 FROM snapshots AS later
    WHERE later.account_id = old.account_id AND later.day = old.day
      -- no day is longer than 25 hours: do not look through all that came after
      AND later.fetched_at BETWEEN old.fetched_at AND old.fetched_at + 90000000000
      AND (later.fetched_at > old.fetched_at OR later.id > old.id)))
"""


_DROP_FRAMES = """
DELETE FROM frames
WHERE NOT EXISTS (SELECT 1 FROM snapshots WHERE frame_id = frames.id)
  AND NOT EXISTS (SELECT 1 FROM held WHERE frame_id = frames.id)
"""


def drop_unused_frames(scope: Scope) -> None:
    """Frames go with the last snapshot that shares them. Needs a deletion permit."""
    scope.raw.execute(_DROP_FRAMES)
    scope.book.clear()


def prune(scope: Scope, now: datetime, *, keep_all: bool) -> int:
    """Drop what the rule lets go and return how many snapshots went."""
    if keep_all:
        return 0
    cutoff = to_micros(now - KEPT_WHOLE)
    raw = scope.raw
    raw.execute("INSERT INTO deletion_permits (cutoff) VALUES (?)", (cutoff,))
    dropped = int(raw.execute(_DROP, {"cutoff": cutoff}).rowcount)
    if dropped:
        drop_unused_frames(scope)
    raw.execute("DELETE FROM deletion_permits")
    scope.pruned = scope.pruned or dropped > 0
    return dropped
