"""A yes to a broker's question sends an order: nothing that stops orders is passed by it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from support.trading import CONNECTION, Exchange, Room, a_draft, trading_room

from brokerdesk.brokers.trading import Asked, Outcome, Prepared, Preview, Refused
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.intent import Intent, IntentState
from brokerdesk.services.sending import Result
from brokerdesk.services.trading_desk import ENDING, NO_QUESTION, TradingDesk
from brokerdesk.services.trading_questions import HALTED, LATE, TURNED_OFF


@dataclass
class Asking(Exchange):
    """Asks before it takes anything; a yes is what books the order."""

    held: dict[str, Prepared] = field(default_factory=dict)

    async def place(self, prepared: Prepared, preview: Preview | None = None) -> Outcome:
        self.held["token"] = prepared
        return Asked(questions=("The price is far away. Go on?",), token="token")

    async def answer(self, account: AccountId, token: str, *, agreed: bool) -> Outcome:
        prepared = self.held.pop(token)
        if not agreed:
            return Refused(words="Declined.")
        return await super().place(prepared)


@dataclass
class Waiting:
    room: Room
    desk: TradingDesk
    intent: Intent
    exchange: Exchange


@asynccontextmanager
async def waiting(folder: Path) -> AsyncIterator[Waiting]:
    """An order that the broker has asked about."""
    async with trading_room(folder) as room:
        exchange = Asking(room.clock)
        room.exchange = exchange
        await room.journal.turn(CONNECTION.id, True, {})
        standing: Any = SimpleNamespace(
            sender=lambda: room.sending,
            sending=room.sending,
            keeper=SimpleNamespace(opened=room.journal),
            obstacle=lambda: "",
        )
        given: dict[str, Any] = {
            "database": room.database,
            "pool": None,
            "clock": room.clock,
            "orders": None,
            "per_minute": lambda: 10,
            "changed": lambda: None,
        }
        desk = TradingDesk(standing=lambda: standing, **given)
        result: Result = await room.sending.place(room.reviewed(a_draft(), "one"))
        desk._sent(result)
        assert result.asked is not None
        yield Waiting(room, desk, result.intent, exchange)


async def halt(at: Waiting) -> None:
    await at.room.journal.halt(True)


async def turn_off(at: Waiting) -> None:
    await at.room.journal.turn(CONNECTION.id, False, {})


async def wait_long(at: Waiting) -> None:
    await at.room.clock.advance(121)


async def suspend(at: Waiting) -> None:
    """The computer slept: the monotonic clock stood still."""
    before = at.room.clock.monotonic()
    await at.room.clock.advance(3600)
    at.room.clock.monotonic = lambda: before  # type: ignore[method-assign]


async def end(at: Waiting) -> None:
    assert not await at.desk.finish(0)


@pytest.mark.parametrize(
    ("happens", "words"),
    [(halt, HALTED), (turn_off, TURNED_OFF), (wait_long, LATE), (suspend, LATE), (end, ENDING)],
)
async def test_a_yes_is_held_to_what_holds_for_sending(
    tmp_path: Path, happens: Callable[[Waiting], Awaitable[None]], words: str
) -> None:
    async with waiting(tmp_path) as at:
        await happens(at)
        sent = await at.desk.answer("one", agreed=True)
        assert at.exchange.arrived == []
        assert (sent.failure, sent.asked is not None) == (words, True)
        declined = await at.desk.answer("one", agreed=False)
        assert declined.intent is not None
        assert declined.intent.state is IntentState.REJECTED, "a no is never in the way"
        assert at.exchange.arrived == []


async def test_a_second_answer_is_told_what_became_of_the_first(tmp_path: Path) -> None:
    """Answered on the page of orders, the review still shows the question: its No must not make
    an order that went out look like one that did not.
    """
    async with waiting(tmp_path) as at:
        yes = await at.desk.answer("one", agreed=True)
        assert yes.intent is not None
        assert yes.intent.state is IntentState.ACCEPTED
        no = await at.desk.answer("one", agreed=False)
        assert no.failure == NO_QUESTION
        assert no.intent is not None
        assert no.intent.state is IntentState.ACCEPTED
        assert at.exchange.arrived == ["one"]
