"""Switches that must survive a restart, and fail to the careful side.

What cannot be read as "on" leaves trading off; what cannot be read as "off" leaves orders halted.
Each change is in the audit log, inside the transaction that makes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from brokerdesk.db.driver import RawConnection
from brokerdesk.db.journal import audit

HALT = "halt"
"""The switch that stops every new order of the profile; cancels pass."""
_TRADING = "trading:"


def trading(connection: str) -> str:
    """The name of the switch that lets this connection send orders."""
    return f"{_TRADING}{connection}"


def connections_on(raw: RawConnection) -> frozenset[str]:
    """Connections that may send orders."""
    rows = raw.execute("SELECT name FROM switches WHERE value = 'on'").fetchall()
    return frozenset(name[len(_TRADING) :] for (name,) in rows if name.startswith(_TRADING))


def is_on(raw: RawConnection, name: str) -> bool:
    """Whether a switch was turned on and not off again."""
    return _value(raw, name) == "on"


def halted(raw: RawConnection) -> bool:
    """Whether new orders are stopped."""
    return _value(raw, HALT) not in (None, "off")


def turn(
    raw: RawConnection, at: datetime, name: str, on: bool, kind: str, facts: Mapping[str, str]
) -> bool:
    """Turn a switch; False: it stood so already, and nothing was noted."""
    value = "on" if on else "off"
    before = _value(raw, name)
    if before == value or (before is None and not on):
        return False
    raw.execute(
        "INSERT INTO switches VALUES (?, ?)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (name, value),
    )
    audit.append(raw, at, f"{kind} {value}", facts)
    return True


def _value(raw: RawConnection, name: str) -> str | None:
    row = raw.execute("SELECT value FROM switches WHERE name = ?", (name,)).fetchone()
    return None if row is None else str(row[0])
