"""Messages of TWS that somebody has tampered with: never a crash, never a row lost without a word.

The messages are the simulator's honest ones; one of them is damaged, field by field or in its
bytes, and everything goes through the wire library's decoder and the session as from a socket.
"""

from __future__ import annotations

import asyncio
import random
import struct
from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from typing import Any, cast

import pytest
from support.brokers import MemoryCredentials
from support.clock import FakeClock
from support.rigs_base import SEED, told_once

from brokerdesk.brokers.base import SessionContext
from brokerdesk.brokers.ibkr.answers import ACCOUNT, COMPLETED, ORDERS, TIME, Answers, Question
from brokerdesk.brokers.ibkr.link import CarefulDecoder, Wire
from brokerdesk.brokers.ibkr.session import IbkrSession
from brokerdesk.brokers.ibkr.ticks import Ticks
from brokerdesk.domain.ids import account_id
from brokerdesk.domain.kinds import Environment
from brokerdesk.errors import BrokerError
from brokerdesk.simulator.exchange.floor import Floor
from brokerdesk.simulator.ibkr.accounts import make_profiles
from brokerdesk.simulator.ibkr.contracts import Directory
from brokerdesk.simulator.ibkr.frames import Message, frame
from brokerdesk.simulator.ibkr.requests import Requests
from brokerdesk.simulator.ibkr.state import IbkrState, IbkrSwitches
from brokerdesk.simulator.ibkr.trading import RULES
from brokerdesk.simulator.options import MovableClock

CLOCK = FakeClock(auto=True)
HOSTILE = (
    "", "0", "-1", "1", "NaN", "nan", "Infinity", "-Infinity", "Infinite", "None", "null", "true",
    "1.7976931348623157E308", "1e400", "9" * 400, "1_000", "١٢", " 5 ", "12.5.1", "0x10",
    "2147483648", "-9223372036854775808", "9" * 5000, "x" * 5000, "\u202egnp.exe",
    "<img src=x>", "\udce9", "a|b",
    "20261399 99:99:99", "20261120 10:31:00 Mars/Olympus", "yesterday", "BAG", "OPT", "BOND",
)  # fmt: skip
NUMBER = "7"
Rows = list[Message]


@cache
def state() -> IbkrState:
    exchange = told_once(SEED, profiles=make_profiles(SEED))
    switches = IbkrSwitches(execution_days=30)
    directory = Directory(exchange.market)
    clock = MovableClock(CLOCK)
    return IbkrState(
        exchange=exchange,
        floor=Floor(exchange, clock.now, switches, RULES),
        clock=clock,
        switches=switches,
        directory=directory,
    )


@cache
def honest(what: str) -> tuple[Message, ...]:
    number = state().number(state().exchange.accounts[0])
    asks: dict[str, Sequence[str]] = {
        "summary": ["62", "1", NUMBER, "All", "AccountType,NetLiquidation,ExcessLiquidity"],
        "portfolio": ["6", "2", "1", number],
        "executions": ["7", "3", NUMBER, "0", number, "", "", "", "", ""],
        "orders": ["16", "1"],
        "completed": ["99", "0"],
        "time": ["49", "1"],
    }
    return tuple(Requests(state()).answer(asks[what]))


ROW = {"portfolio": "7", "executions": "11", "orders": "5", "completed": "101", "summary": "63"}
KEYS: dict[str, Any] = {
    "summary": NUMBER, "portfolio": ACCOUNT, "executions": NUMBER, "orders": ORDERS,
    "completed": COMPLETED, "time": TIME,
}  # fmt: skip


class Spoilt:
    """A gateway whose answers are given, one of them damaged."""

    def __init__(self, chance: random.Random, what: str, *, bytewise: bool) -> None:
        self.accounts = tuple(state().number(one) for one in state().exchange.accounts)
        self.lost_at = self.connected_at = None
        self.users = 1
        self.answers = {name: list(honest(name)) for name in KEYS}
        self.raw: dict[str, bytes] = {}
        self.touched: set[int] = set()
        if bytewise:
            whole = b"".join(frame(one) for one in self.answers[what])
            self.raw[what] = _gnawed(chance, whole)
        else:
            self.answers[what], self.touched = _spoilt(chance, self.answers[what])

    def answered(self, what: str, account: str = "") -> Question:
        answers = Answers()
        answers.accounts = self.accounts
        key = KEYS[what]
        question = answers.ask(int(key) if key == NUMBER else key, account)
        if what in self.raw:
            wire = Wire(answers)
            wire._serverVersion = wire.decoder.serverVersion = 178
            wire._apiReady, wire.connState = True, Wire.CONNECTED
            wire._onSocketHasData(self.raw[what])
        else:
            decoder = CarefulDecoder(answers)
            decoder.serverVersion = 178
            for fields in self.answers[what]:
                decoder.interpret(list(fields))
        if answers.ready.done():
            answers.ready.exception()
        if question.done.done():
            question.done.result()
        return question

    async def managed(self) -> tuple[str, ...]:
        return self.accounts

    async def summary(self, tags: str) -> Question:
        return self.answered("summary")

    async def account(self, account: str) -> Question:
        return self.answered("portfolio", account)

    async def executions(self, account: str) -> Question:
        return self.answered("executions")

    async def open_orders(self) -> Question:
        return self.answered("orders")

    async def completed_orders(self) -> Question:
        return self.answered("completed")

    async def time(self) -> Question:
        return self.answered("time")

    async def details(self, contracts: list[Any]) -> list[Question]:
        loop = asyncio.get_running_loop()
        return [Question(loop.create_future()) for _ in contracts]


def _spoilt(chance: random.Random, rows: Rows) -> tuple[Rows, set[int]]:
    """One message damaged, twice there, or somewhere else; and which of the honest ones it hit."""
    place = chance.randrange(len(rows))
    row = list(rows[place])
    kind = chance.randrange(7)
    spot = chance.randrange(1, len(row)) if len(row) > 1 else 0
    if kind == 0:
        del row[spot]
    elif kind == 1:
        row.insert(spot, chance.choice(HOSTILE))
    elif kind == 2:
        row = row[:spot]
    elif kind == 3:
        return [*rows[:place], rows[place], *rows[place:]], set()
    elif kind == 4:
        rest = [*rows[:place], *rows[place + 1 :]]
        # Whatever comes after an end is no part of the answer, so the last message stays last.
        at = chance.randrange(len(rest)) if rest else 0
        return (
            ([*rest[:at], rows[place], *rest[at:]], {place}) if place < len(rest) else (rows, set())
        )
    else:
        row[spot] = chance.choice(HOSTILE)
    return [*rows[:place], tuple(row), *rows[place + 1 :]], {place}


def _gnawed(chance: random.Random, raw: bytes) -> bytes:
    spot = chance.randrange(len(raw))
    kind = chance.randrange(4)
    if kind == 0:
        return raw[:spot]
    if kind == 1:
        return raw[:spot] + chance.randbytes(chance.randrange(1, 5)) + raw[spot:]
    if kind == 2:
        return raw[:spot] + raw[spot + chance.randrange(1, 20) :]
    return raw[:spot] + struct.pack(">I", chance.randrange(2**32)) + raw[spot + 4 :]


async def read(gateway: Spoilt, what: str) -> tuple[set[str], int, int]:
    """What the session makes of it: names of the things told, how many, and how many unread.

    Raises:
        BrokerError: all of it was thrown away, in words.
    """
    context = SessionContext(
        environment=Environment.PRACTICE,
        clock=CLOCK,
        credentials=MemoryCredentials({}),
        on_clock_skew=lambda _: None,
    )
    session = IbkrSession(context)
    session._gateway = cast("Any", gateway)
    account = account_id("ibkr", "practice", gateway.accounts[0])
    now = CLOCK.now()
    since, until = now - timedelta(days=400), now + timedelta(days=1)
    if what == "portfolio":
        found = await session.portfolio(account)
        told = {
            one.instrument.broker_ids[0][1] for one in found.positions if one.instrument.broker_ids
        }
        return told, len(found.positions), len(found.unread)
    if what == "executions":
        batch = await session.transactions(account, since, until)
        return {one.id for one in batch}, len(batch), len(batch.unread)
    if what in ("orders", "completed"):
        orders = await session.orders(account, since, until)
        return {one.id for one in orders}, len(orders), len(orders.unread)
    accounts = await session.accounts()
    return {one.id for one in accounts}, len(accounts), len(accounts.unread)


async def survives(chance: random.Random, what: str, *, bytewise: bool) -> None:
    """One damaged answer."""
    whole, count, _ = await read(Spoilt(chance, "time", bytewise=False), what)
    gateway = Spoilt(chance, what, bytewise=bytewise)
    try:
        told, rows, unread = await read(gateway, what)
    except BrokerError as error:
        if not (error.title and error.message):
            raise
        return
    if bytewise or what == "time":
        return  # a damaged length may swallow what follows; framing tells no more than that
    lost = whole - told
    hit = [honest(what)[place] for place in gateway.touched]
    of_rows = [one for one in hit if one[0] == ROW[what]]
    assert len(lost) <= max(len(of_rows), unread), "a row that was not hit is lost"
    moved = any(one in gateway.answers[what] for one in hit)
    elsewhere = any(one[0] == "101" or one[0] == "5" for one in hit) and rows == count
    assert rows + unread >= count - (1 if what == "completed" else 0) or moved or elsewhere


WHATS = ["summary", "portfolio", "executions", "orders", "completed", "time"]


@pytest.mark.parametrize("what", WHATS)
@pytest.mark.parametrize(
    "rounds", [pytest.param(60, id="short"), pytest.param(2500, id="deep", marks=pytest.mark.deep)]
)
@pytest.mark.timeout(600)
async def test_damaged_messages_cost_no_crash_and_no_row(what: str, rounds: int) -> None:
    for seed in range(rounds):
        chance = random.Random(f"{what}{seed}")
        try:
            await survives(chance, what, bytewise=seed % 3 == 2)
        except Exception as error:
            error.add_note(f"{what}, seed {seed}")
            raise


@pytest.mark.parametrize(
    "rounds",
    [pytest.param(400, id="short"), pytest.param(20_000, id="deep", marks=pytest.mark.deep)],
)
async def test_damaged_ticks_are_no_price(rounds: int) -> None:
    chance = random.Random(1)
    answers = Answers()
    decoder = CarefulDecoder(answers)
    decoder.serverVersion = 178
    for _ in range(rounds):
        question = answers.ask(1)
        row = [
            *chance.choice(
                (
                    ("1", "6", "1", "68", "12.5", "1", "0"),
                    ("46", "6", "1", "88", "1"),
                    ("58", "1", "1", "3"),
                )
            )
        ]
        row[chance.randrange(1, len(row))] = chance.choice(HOSTILE)
        decoder.interpret(row)
        ticks = Ticks()
        takers: dict[str, Any] = {"price": ticks.price, "text": ticks.text, "feed": ticks.feed}
        for kind, values in question.rows:
            takers[kind](*values)
        quote = ticks.quote("X", CLOCK.now(), "")
        for price in (quote.bid, quote.ask, quote.last, quote.previous_close):
            assert price is None or price.is_finite()
