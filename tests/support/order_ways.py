"""What tests of orders do alike at every broker: looks until it is settled, clicks, kills."""

from __future__ import annotations

import asyncio

import pytest
from support.order_desk import OrderDesk
from support.truthful_user import says_whose

from brokerdesk.domain.draft import Draft
from brokerdesk.domain.intent import Intent

POINTS = ("before commit", "committed", "sending", "answered", "noted")
"""Where the program can end while it sends."""


class KilledError(BaseException):
    """The program ends here."""


async def settled(
    desk: OrderDesk, intent: Intent, looks: int = 6, *, first: float = 0, each: float = 0
) -> Intent:
    """What a few looks make of it, ``first`` seconds after it and ``each`` before every one, and a
    user who is asked. The service's own looks wait in between: they are stopped.
    """
    for name in desk.room.supervisor.names:
        if name.startswith("settle:"):
            await desk.room.supervisor.cancel(name)
    if first:
        await desk.after(first)
    for _ in range(looks):
        if each:
            await desk.after(each)
        await desk.room.settling.look_now(intent.id)
    mine = [made for one in desk.truth() if one["executed"] for made in one["orders"]]
    await says_whose(desk.room.settling, intent.id, mine)
    found = await desk.room.journal.get(intent.id)
    assert found is not None
    return found


async def clicked(desk: OrderDesk, wish: Draft, times: int = 5) -> list[object]:
    """Send was pressed so often at once: what became of each."""
    return await asyncio.gather(
        *(desk.place(wish, "one") for _ in range(times)), return_exceptions=True
    )


async def killed_at(desk: OrderDesk, point: str, wish: Draft) -> Intent | None:
    """The program ends at a point of its sending and starts again: what its journal has then."""
    room = desk.room

    def die(name: str) -> None:
        if name == point:
            raise KilledError

    async def nothing(_: object) -> None:
        """A killed program notes nothing more."""

    room.at = die
    room.sending._lost = nothing  # type: ignore[assignment,method-assign]
    with pytest.raises(KilledError):
        await room.sending._place(room.reviewed(wish, "one"))
    room.at = lambda _: None
    await room.crash()
    room.start()
    await room.settling.begin()
    return await room.journal.get("one")
