"""Alpaca's market data records: exact figures out of both encodings, and no harm from any bytes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brokerdesk.brokers.alpaca import stream_wire
from brokerdesk.brokers.alpaca.stream_board import Board
from brokerdesk.brokers.alpaca.stream_wire import Book, Trade
from brokerdesk.brokers.decode import JsonDecoder
from brokerdesk.brokers.together import together
from brokerdesk.domain.kinds import PriceFeed
from brokerdesk.domain.quote import Quote
from brokerdesk.errors import BrokerProtocolError, BrokerUnavailableError

AT = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
GOOD = json.dumps(
    [
        {"T": "t", "S": "AAPL", "i": 1, "p": 277.37, "t": "2026-11-20T15:00:00.123456789Z"},
        {"T": "q", "S": "AAPL", "bp": 277.31, "ap": 277.43, "t": "2026-11-20T15:00:01Z"},
        {"T": "subscription", "trades": ["AAPL"], "quotes": []},
        {"T": "error", "code": 405, "msg": "symbol limit exceeded"},
    ]
).encode()
PACKED = msgspec.msgpack.encode(
    [{**one, "t": AT} if "t" in one else one for one in json.loads(GOOD)]
)


@given(st.decimals(min_value=0, max_value=10**9, places=4, allow_nan=False))
def test_figures_in_json_are_exact_to_the_last_digit(price: Decimal) -> None:
    text = f'[{{"T":"t","S":"A","p":{price:f},"t":"2026-11-20T15:00:00Z"}}]'
    (trade,) = stream_wire.decode(text, packed=False)
    assert isinstance(trade, Trade)
    assert trade.p == price
    assert trade.p.as_tuple() == price.as_tuple()


@given(st.floats(min_value=0, max_value=1e9, allow_nan=False, allow_subnormal=False))
def test_packed_floats_become_the_shortest_decimal_of_the_same_float(price: float) -> None:
    raw = msgspec.msgpack.encode([{"T": "q", "S": "A", "bp": price, "t": AT}])
    (book,) = stream_wire.decode(raw, packed=True)
    assert isinstance(book, Book)
    assert book.bp == Decimal(repr(price))
    assert book.t == AT


@settings(max_examples=400)
@given(st.binary(max_size=40), st.integers(0, len(GOOD)), st.integers(0, 40), st.booleans())
def test_no_bytes_do_harm(noise: bytes, at: int, length: int, packed: bool) -> None:
    whole = PACKED if packed else GOOD
    spoiled = whole[:at] + noise + whole[at + length :]
    try:
        found = stream_wire.decode(spoiled, packed=packed)
    except BrokerProtocolError:
        return
    board = Board(PriceFeed.REAL_TIME)
    board.keep(["AAPL"])
    board.begin("AAPL", None)
    for name in board.take(found):
        quote = board.quote(name, name, AT)
        assert quote is None or isinstance(quote, Quote)


@pytest.mark.parametrize("packed", [True, False])
def test_depth_is_bounded(packed: bool) -> None:
    raw = b"\x91" * 100_000 + b"\x90" if packed else b"[" * 100_000 + b"]" * 100_000
    with pytest.raises(BrokerProtocolError):
        stream_wire.decode(raw, packed=packed)


Step = tuple[str, int, int | None, int | None]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["q", "t"]),
        st.integers(0, 20),
        st.one_of(st.none(), st.integers(0, 5)),
        st.one_of(st.none(), st.integers(0, 5)),
    ),
    max_size=30,
)


def record(step: Step) -> Book | Trade:
    kind, second, one, other = step
    at = AT + timedelta(seconds=second)
    if kind == "q":
        prices = [None if price is None else Decimal(price) for price in (one, other)]
        return Book(S="A", bp=prices[0], ap=prices[1], t=at)
    return Trade(S="A", p=Decimal(one or 0), t=at, i=other)


@given(STEPS)
def test_a_board_is_the_newest_of_each_kind_whatever_the_order(steps: list[Step]) -> None:
    """Against a model that sorts: the last of the newest moment wins; 0 is no bid; no 0 trades."""
    board = Board(PriceFeed.REAL_TIME)
    board.keep(["A"])
    board.begin("A", None)
    for step in steps:
        board.take([record(step)])
    bid = ask = last = None
    newest: dict[str, int] = {}
    for kind, second, one, other in steps:
        if second < newest.get(kind, 0) or (kind == "t" and not one):
            continue
        newest[kind] = second
        if kind == "q":
            bid, ask = one or None, other or None
        else:
            last = one
    quote = board.quote("A", "A", AT)
    if (bid, ask, last) == (None, None, None):
        assert quote is None
        return
    assert quote is not None
    assert (quote.bid, quote.ask, quote.last) == (bid, ask, last)
    assert quote.as_of == AT + timedelta(seconds=max(newest.values()))


def test_a_beginning_gives_way_to_what_was_told_meanwhile() -> None:
    board = Board(PriceFeed.REAL_TIME)
    board.keep(["A"])
    assert not board.take([Trade(S="A", p=Decimal(7), t=AT)]), "not whole yet"
    beginning = Quote(
        symbol="A",
        source="alpaca",
        feed=PriceFeed.REAL_TIME,
        fetched_at=AT,
        as_of=AT - timedelta(seconds=5),
        bid=Decimal(4),
        ask=Decimal(5),
        last=Decimal(3),
        previous_close=Decimal(2),
        name="Alpha",
    )
    board.begin("A", beginning)
    quote = board.quote("A", "A", AT)
    assert quote is not None
    assert [quote.last, quote.bid, quote.ask] == [Decimal(7), Decimal(4), Decimal(5)]
    assert quote.previous_close == Decimal(2)
    assert (quote.name, quote.as_of) == ("Alpha", AT)


# -- several things at once -----------------------------------------------------------------------
async def _fail(error: BaseException) -> None:
    await asyncio.sleep(0)
    raise error


@asynccontextmanager
async def _noted(found: list[str]) -> AsyncIterator[None]:
    try:
        yield
    finally:
        found.append("ended")


async def test_the_first_failure_comes_as_it_is_and_the_others_are_cancelled() -> None:
    ended: list[str] = []

    async def wait() -> None:
        async with _noted(ended):
            await asyncio.Event().wait()

    error = BrokerUnavailableError("x")
    with pytest.raises(BrokerUnavailableError) as caught:
        await together(wait(), _fail(error), wait())
    assert caught.value is error
    assert ended == ["ended", "ended"]


async def test_a_defect_goes_before_a_known_error() -> None:
    with pytest.raises(ZeroDivisionError):
        await together(_fail(BrokerUnavailableError("x")), _fail(ZeroDivisionError()))


async def test_being_cancelled_is_being_cancelled() -> None:
    async with asyncio.TaskGroup() as group:
        task: asyncio.Task[Any] = group.create_task(together(asyncio.Event().wait()))  # type: ignore[arg-type]
        await asyncio.sleep(0)
        task.cancel()
    assert task.cancelled()


def test_the_decoder_of_answers_and_that_of_lines_agree() -> None:
    rows = JsonDecoder(list[dict[str, Any]]).decode(GOOD)
    assert len(stream_wire.decode(GOOD, packed=False)) == len(rows)
