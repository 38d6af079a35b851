"""Every step from one file format to the next, in order, as one tuple.

Static imports, so that the frozen program carries them. A released step never changes: what a
later version needs goes into a new module with the next number. ``VERSION`` can be read without
importing SQLAlchemy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.operations import Operations

VERSION = 3
"""The file format that this program writes, kept in ``PRAGMA user_version``."""

Step = Callable[["Operations"], None]


def steps() -> tuple[Step, ...]:
    """Step number n (from 0) takes a file from format n to n + 1."""
    from brokerdesk.db.migrations import m0001_initial, m0002_prices, m0003_brokers

    return (m0001_initial.upgrade, m0002_prices.upgrade, m0003_brokers.upgrade)
