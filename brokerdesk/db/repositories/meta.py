"""Small named texts about the file itself, such as the day of the last backup."""

from __future__ import annotations

from brokerdesk.db.scope import Scope


class MetaRepository:
    def __init__(self, scope: Scope) -> None:
        self._raw = scope.raw

    def get(self, key: str) -> str | None:
        row = self._raw.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def set(self, key: str, value: str) -> None:
        self._raw.execute(
            "INSERT INTO meta (key, value) VALUES (?, ?)"
            " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (key, value),
        )
