"""A user who knows which orders are theirs, and says so when asked."""

from __future__ import annotations

from collections.abc import Collection

from brokerdesk.services.settling import SettlingService


async def says_whose(settling: SettlingService, intent: str, mine: Collection[str]) -> str:
    """Answer the question that stands, if one does: the order that was taken for theirs, or ""."""
    look = settling.looks.get(intent)
    if look is None or look.proposed is None:
        return ""
    if look.proposed.id in mine:
        await settling.choose(intent, look.proposed.id)
        return look.proposed.id
    await settling.set_aside(intent, [look.proposed.id])
    return ""
