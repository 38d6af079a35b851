"""schwab-py's StreamClient, unchanged but for where it goes, on the simulated streamer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from support.peers import RunningSim
from support.peers_schwab import open_market, price_at, schwab_py_auth, schwab_py_signed_in

pytestmark = pytest.mark.peers

OPTION = "AAPL  261218C00190000"


BEFORE_FILLS = datetime(2026, 11, 18, 17, 10, tzinfo=UTC)
"""Minutes before orders of the simulated customer fill."""


@pytest.fixture
def sim() -> Iterator[RunningSim]:
    with open_market(BEFORE_FILLS) as found:
        yield found


@pytest.fixture
def auth(sim: RunningSim, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    with schwab_py_auth(sim, monkeypatch) as found:
        yield found


def streaming(sim: RunningSim, auth: Any, play: Callable[[Any, Any], Awaitable[None]]) -> None:
    """Run ``play`` with a client that is logged in on its own loop."""

    async def run() -> None:
        from schwab.streaming import StreamClient

        client, _ = schwab_py_signed_in(sim, auth, asyncio=True)
        stream = StreamClient(client)
        try:
            await stream.login()
            async with asyncio.timeout(20):
                await play(stream, client)
            await stream.logout()
        finally:
            await ended(stream, client)

    asyncio.run(run())


async def ended(stream: Any, client: Any) -> None:
    """Leave nothing open, which the client itself does not see to."""
    if stream._socket is not None:
        await stream._socket.close()
    await client.close_async_session()


def exactly(value: float) -> Decimal:
    return Decimal(repr(value))


def test_level_one_of_shares(sim: RunningSim, auth: Any) -> None:
    async def play(stream: Any, client: Any) -> None:
        told: list[Any] = []
        stream.add_level_one_equity_handler(told.append)
        await stream.level_one_equity_subs(["AAPL", "SPY"])
        while not told:
            await stream.handle_message()
        first = told[0]
        assert (first["service"], first["command"]) == ("LEVELONE_EQUITIES", "SUBS")
        content = {one["key"]: one for one in first["content"]}
        assert set(content) == {"AAPL", "SPY"}
        rest = (await client.get_quotes(["AAPL", "SPY"])).json()
        for symbol, one in content.items():
            price = price_at(sim, symbol, first["timestamp"])
            assert exactly(one["LAST_PRICE"]) == price == exactly(one["MARK"])
            assert one["BID_PRICE"] < one["LAST_PRICE"] < one["ASK_PRICE"]
            quote, reference = rest[symbol]["quote"], rest[symbol]["reference"]
            assert one["CLOSE_PRICE"] == quote["closePrice"]
            assert one["OPEN_PRICE"] == quote["openPrice"]
            assert one["DESCRIPTION"] == reference["description"]
            assert one["QUOTE_TIME_MILLIS"] == first["timestamp"]
            assert one["delayed"] is False
        # Every number that the simulator sends has a name in the client's own table.
        assert not [name for one in content.values() for name in one if name.isdigit()]
        while len(told) < 3:
            await stream.handle_message()
        for later in told[1]["content"]:
            assert "DESCRIPTION" not in later
            assert later["QUOTE_TIME_MILLIS"] > content[later["key"]]["QUOTE_TIME_MILLIS"]
        await stream.level_one_equity_add(["KO"])
        await stream.level_one_equity_unsubs(["SPY"])
        told.clear()
        while not any(one["key"] == "KO" for message in told for one in message["content"]):
            await stream.handle_message()
        told.clear()
        while len(told) < 3:
            await stream.handle_message()
        assert {one["key"] for message in told for one in message["content"]} == {"AAPL", "KO"}

    streaming(sim, auth, play)


def test_level_one_of_options(sim: RunningSim, auth: Any) -> None:
    async def play(stream: Any, client: Any) -> None:
        told: list[Any] = []
        stream.add_level_one_option_handler(told.append)
        await stream.level_one_option_subs([OPTION])
        while not told:
            await stream.handle_message()
        (one,) = told[0]["content"]
        assert one["key"] == OPTION
        assert exactly(one["LAST_PRICE"]) == price_at(sim, OPTION, told[0]["timestamp"])
        assert exactly(one["UNDERLYING_PRICE"]) == price_at(sim, "AAPL", told[0]["timestamp"])
        quote = (await client.get_quotes([OPTION])).json()[OPTION]
        assert (one["STRIKE_TYPE"], one["CONTRACT_TYPE"]) == (190.0, "C")
        assert one["MULTIPLIER"] == quote["reference"]["multiplier"] == 100.0
        assert one["OPEN_INTEREST"] == quote["quote"]["openInterest"]
        assert one["DAYS_TO_EXPIRATION"] == quote["reference"]["daysToExpiration"]
        assert 0 < one["DELTA"] < 1
        assert not [name for name in one if name.isdigit()]

    streaming(sim, auth, play)


def test_account_activity(sim: RunningSim, auth: Any) -> None:
    async def play(stream: Any, client: Any) -> None:
        told: list[Any] = []
        stream.add_account_activity_handler(told.append)
        await stream.account_activity_sub()
        while not told:
            await stream.handle_message()
        (subscribed,) = told[0]["content"]
        assert subscribed["MESSAGE_TYPE"] == "SUBSCRIBED"
        # Under the number 0 nothing comes; the client's own key is echoed instead.
        assert subscribed["key"] == stream._stream_correl_id
        await asyncio.to_thread(sim.control, "POST", "clock", {"advance": 900})
        while len(told) < 2:
            await stream.handle_message()
        news = told[1]["content"]
        fills = [json.loads(one["MESSAGE_DATA"]) for one in news
                 if one["MESSAGE_TYPE"] == "OrderFillCompleted"]  # fmt: skip
        assert fills
        hashes = {
            pair["accountNumber"]: pair["hashValue"]
            for pair in (await client.get_account_numbers()).json()
        }
        for fill in fills[:5]:
            order = await client.get_order(fill["SchwabOrderID"], hashes[fill["AccountNumber"]])
            body = order.json()
            assert body["status"] == "FILLED"
            event = fill["BaseEvent"]["OrderFillCompletedEventOrderLegQuantityInfo"]
            assert scaled(event["QuantityInfo"]["CumulativeQuantity"]) == body["filledQuantity"]
            leg = body["orderActivityCollection"][0]["executionLegs"][0]
            assert scaled(event["ExecutionInfo"]["ExecutionPrice"]) == exactly(leg["price"])

    streaming(sim, auth, play)


def test_the_client_s_own_errors(sim: RunningSim, auth: Any) -> None:
    from schwab.streaming import UnexpectedResponseCode

    async def play(stream: Any, client: Any) -> None:
        with pytest.raises(UnexpectedResponseCode, match="11"):
            await stream.level_one_futures_subs(["/ESZ26"])
        await asyncio.to_thread(sim.control, "POST", "switches", {"stream_symbols": 1})
        with pytest.raises(UnexpectedResponseCode, match="19"):
            await stream.level_one_equity_subs(["AAPL", "KO"])

    streaming(sim, auth, play)


def test_a_token_that_has_ended_is_denied(sim: RunningSim, auth: Any) -> None:
    from schwab.streaming import StreamClient, UnexpectedResponseCode

    async def run() -> None:
        client, _ = schwab_py_signed_in(sim, auth, asyncio=True)
        stream = StreamClient(client)
        preferences = (await client.get_user_preferences()).json()
        await asyncio.to_thread(sim.control, "POST", "tokens/expire", {"kind": "access"})
        try:
            await stream._init_from_preferences(preferences, {})
            request, number = stream._make_request(
                service="ADMIN",
                command="LOGIN",
                parameters={"Authorization": client.token_metadata.token["access_token"]},
            )
            await stream._send({"requests": [request]})
            with pytest.raises(UnexpectedResponseCode, match="code: 3"):
                await stream._await_response(number, "ADMIN", "LOGIN")
        finally:
            await ended(stream, client)

    asyncio.run(run())


def scaled(value: dict[str, Any]) -> Decimal:
    """A decimal of the account messages, by the rule that the facts give."""
    sign = -1 if value["signScale"] % 2 else 1
    return sign * Decimal(value.get("lo", "0")).scaleb(-(value["signScale"] >> 1))
