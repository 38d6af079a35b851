"""schwab-py 1.5.1 and schwabdev 4.0.0, unchanged but for where their requests go, place orders.

schwab-py builds them with its own builders and finds the id only in a ``Location`` at the real
host, so the simulator is told to name that one.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from support import schwab_shapes as shapes
from support.clock import FakeClock
from support.peers import BROKER, RunningSim, running_sim
from support.peers_schwab import (
    open_market,
    schwab_py_auth,
    schwab_py_signed_in,
    schwabdev_clients,
)

pytestmark = [pytest.mark.peers, pytest.mark.allow_warnings("Schwabdev: ")]

CALLS = ("AAPL  261218C00270000", "AAPL  261218C00280000")
CHEAP = "100.00"


@pytest.fixture
def sim() -> Iterator[RunningSim]:
    with running_sim(clock=FakeClock(), brokers=("schwab",)) as found:
        found.control("POST", "switches", {"location_base": BROKER})
        yield found


class Trader:
    """schwab-py with its helper for ids, in one account."""

    def __init__(self, sim: RunningSim, client: Any, account: str) -> None:
        from schwab.utils import Utils

        self.sim, self.client, self.account = sim, client, account
        self.utils: Any = Utils(client, account)

    def place(self, order: Any) -> int:
        answer = self.client.place_order(self.account, order)
        assert (answer.status_code, answer.content) == (201, b"")
        return int(self.utils.extract_order_id(answer))

    def order(self, id_: int) -> dict[str, Any]:
        answer = self.client.get_order(id_, self.account)
        assert answer.status_code == 200
        found: dict[str, Any] = answer.json()
        return found

    def wait(self, seconds: float = 2) -> None:
        self.sim.control("POST", "clock", {"advance": seconds})

    def held(self, symbol: str) -> float:
        body = self.client.get_account(
            self.account, fields=[self.client.Account.Fields.POSITIONS]
        ).json()
        for one in body["securitiesAccount"]["positions"]:
            if one["instrument"]["symbol"] == symbol:
                return float(one["longQuantity"] - one["shortQuantity"])
        return 0.0


@pytest.fixture
def trader(sim: RunningSim, monkeypatch: pytest.MonkeyPatch) -> Iterator[Trader]:
    with schwab_py_auth(sim, monkeypatch) as auth:
        client = schwab_py_signed_in(sim, auth)[0]
        pairs = client.get_account_numbers().json()
        yield Trader(sim, client, pairs[0]["hashValue"])


def test_equity_orders_of_its_builders_fill_and_read_as_the_shape_says(trader: Trader) -> None:
    from schwab.orders import equities

    for build, symbol, change in (
        (equities.equity_buy_market("AAPL", 10), "AAPL", 10),
        (equities.equity_buy_limit("MSFT", 3, "900.00"), "MSFT", 3),
        (equities.equity_sell_market("AAPL", 4), "AAPL", -4),
        (equities.equity_sell_short_market("NVDA", 2), "NVDA", -2),
        (equities.equity_buy_to_cover_market("NVDA", 2), "NVDA", 2),
    ):
        before = trader.held(symbol)
        id_ = trader.place(build)
        trader.wait()
        found = trader.order(id_)
        assert shapes.problems(found, shapes.ORDER) == []
        assert (found["status"], found["orderId"]) == ("FILLED", id_)
        assert found["orderLegCollection"][0]["instruction"] in str(build.build())
        assert trader.held(symbol) - before == change


def test_an_order_is_replaced_and_cancelled(trader: Trader) -> None:
    from schwab.orders.equities import equity_buy_limit

    first = trader.place(equity_buy_limit("AAPL", 5, CHEAP))
    trader.wait()
    answer = trader.client.replace_order(
        trader.account, first, equity_buy_limit("AAPL", 6, "101.00")
    )
    assert answer.status_code == 201
    second = int(trader.utils.extract_order_id(answer))
    assert second != first
    trader.wait()
    assert [trader.order(id_)["status"] for id_ in (first, second)] == ["REPLACED", "WORKING"]
    answer = trader.client.cancel_order(second, trader.account)
    assert (answer.status_code, answer.content) == (200, b"")
    trader.wait()
    gone = trader.order(second)
    assert (gone["status"], gone["remainingQuantity"]) == ("CANCELED", 0.0)
    assert trader.client.cancel_order(second, trader.account).status_code == 400


def test_strategies_of_its_builders(trader: Trader) -> None:
    from schwab.orders.common import first_triggers_second, one_cancels_other
    from schwab.orders.equities import equity_buy_market, equity_sell_limit, equity_sell_market
    from schwab.orders.generic import OrderBuilder

    stop: OrderBuilder = equity_sell_market("AAPL", 10)
    from schwab.orders.common import OrderType

    stop.set_order_type(OrderType.STOP).set_stop_price("100.00")
    exits = one_cancels_other(equity_sell_limit("AAPL", 10, "900.00"), stop)
    id_ = trader.place(first_triggers_second(equity_buy_market("AAPL", 10), exits))
    waiting = trader.order(id_)["childOrderStrategies"][0]
    assert waiting["orderStrategyType"] == "OCO"
    assert {one["status"] for one in waiting["childOrderStrategies"]} == {"AWAITING_PARENT_ORDER"}
    trader.wait()
    found = trader.order(id_)
    (tie,) = found["childOrderStrategies"]
    assert (found["orderStrategyType"], found["status"]) == ("TRIGGER", "FILLED")
    told = [one["status"] for one in tie["childOrderStrategies"]]
    assert told == ["WORKING", "AWAITING_STOP_CONDITION"]
    trader.client.cancel_order(tie["orderId"], trader.account)
    trader.wait()
    (tie,) = trader.order(id_)["childOrderStrategies"]
    assert {one["status"] for one in (tie, *tie["childOrderStrategies"])} == {"CANCELED"}


def test_options_alone_and_as_a_spread(trader: Trader) -> None:
    from schwab.orders.options import (
        bull_call_vertical_close,
        bull_call_vertical_open,
        option_buy_to_open_market,
    )

    one = trader.place(option_buy_to_open_market(CALLS[0], 1))
    spread = trader.place(bull_call_vertical_open(*CALLS, 2, "9.00"))
    trader.wait(5)
    assert trader.order(one)["status"] == "FILLED"
    found = trader.order(spread)
    assert (found["status"], found["orderType"], found["price"]) == ("FILLED", "NET_DEBIT", 9.0)
    assert len(found["orderActivityCollection"][0]["executionLegs"]) == 2
    assert [trader.held(name) for name in CALLS] == [3, -2]
    back = trader.place(bull_call_vertical_close(*CALLS, 2, "1.00"))
    trader.wait(5)
    assert trader.order(back)["status"] == "FILLED"
    assert [trader.held(name) for name in CALLS] == [1, 0]


def test_it_asks_for_a_preview(trader: Trader) -> None:
    from schwab.orders.equities import equity_buy_limit, equity_sell_limit

    answer = trader.client.preview_order(trader.account, equity_buy_limit("AAPL", 10, "189.50"))
    body = answer.json()
    assert (answer.status_code, body["orderStrategy"]["status"]) == (200, "ACCEPTED")
    assert body["orderStrategy"]["orderBalance"]["orderValue"] == 1895.0
    assert body["orderValidationResult"]["rejects"] == []
    answer = trader.client.preview_order(
        trader.account, equity_sell_limit("AAPL", 99_999, "189.50")
    )
    assert answer.status_code == 200
    (refused,) = answer.json()["orderValidationResult"]["rejects"]
    assert refused["originalSeverity"] == "REJECT"


def test_what_its_own_checks_call_an_error(trader: Trader) -> None:
    from schwab.orders.equities import equity_buy_limit, equity_sell_market
    from schwab.utils import UnsuccessfulOrderException

    answer = trader.client.place_order(trader.account, equity_buy_limit("ZZZZ", 1, "1.00"))
    assert (answer.status_code, set(answer.json())) == (400, {"message", "errors"})
    with pytest.raises(UnsuccessfulOrderException):
        trader.utils.extract_order_id(answer)
    # What the account does not allow is taken, and rejected afterwards.
    id_ = trader.place(equity_sell_market("AAPL", 99_999))
    found = trader.order(id_)
    assert found["status"] == "REJECTED"
    assert "Position_Sys_0001" in found["statusDescription"]
    rule = {"kind": "location", "method": "POST", "path": "/orders$", "times": 1}
    trader.sim.control("POST", "faults", {**rule, "args": {"is": "missing"}})
    answer = trader.client.place_order(trader.account, equity_buy_limit("AAPL", 1, CHEAP))
    assert answer.status_code == 201
    assert trader.utils.extract_order_id(answer) is None


def test_account_activity_tells_of_own_orders(monkeypatch: pytest.MonkeyPatch) -> None:
    from schwab.orders.equities import equity_buy_limit, equity_buy_market
    from schwab.streaming import StreamClient

    with open_market(brokers=("schwab",)) as sim, schwab_py_auth(sim, monkeypatch) as auth:

        async def run() -> None:
            client, _ = schwab_py_signed_in(sim, auth, asyncio=True)
            account = (await client.get_account_numbers()).json()[0]["hashValue"]
            stream, told = StreamClient(client), list[dict[str, Any]]()
            await stream.login()
            stream.add_account_activity_handler(lambda one: told.extend(one["content"]))
            await stream.account_activity_sub()
            placed = [
                await client.place_order(account, order)
                for order in (equity_buy_market("AAPL", 2), equity_buy_limit("MSFT", 1, CHEAP))
            ]
            bought, waits = (one.headers["Location"].rpartition("/")[2] for one in placed)
            await client.cancel_order(waits, account)

            def kinds(id_: str) -> list[str]:
                return [
                    str(one["MESSAGE_TYPE"])
                    for one in told
                    if one["MESSAGE_DATA"]
                    and json.loads(one["MESSAGE_DATA"])["SchwabOrderID"] == id_
                ]

            async with asyncio.timeout(20):
                while not (
                    "OrderFillCompleted" in kinds(bought) and "OrderUROutCompleted" in kinds(waits)
                ):
                    await stream.handle_message()
            routing = ["ExecutionRequested", "ExecutionRequestCreated", "ExecutionRequestCompleted"]
            begun = ["OrderCreated", "OrderAccepted", *routing]
            assert kinds(bought) == [*begun, "ExecutionCreated", "OrderFillCompleted"]
            assert kinds(waits) == [
                *begun,
                *("CancelAccepted", "ExecutionRequested", "ExecutionRequestCompleted"),
                *("ExecutionCreated", "OrderUROutCompleted"),
            ]
            await stream.logout()
            await stream._socket.close()
            await client.close_async_session()

        asyncio.run(run())


@pytest.fixture
def other(sim: RunningSim, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    with schwabdev_clients(sim, monkeypatch, tmp_path) as make:
        yield make()


def plain(instruction: str, quantity: int, **more: Any) -> dict[str, Any]:
    leg = {
        "instruction": instruction,
        "quantity": quantity,
        "instrument": {"symbol": "AAPL", "assetType": "EQUITY"},
    }
    return {
        "orderType": "LIMIT",
        "session": "NORMAL",
        "duration": "DAY",
        "orderStrategyType": "SINGLE",
        "orderLegCollection": [leg],
        **more,
    }


def test_the_other_client_places_replaces_cancels_and_previews(sim: RunningSim, other: Any) -> None:
    account = other.linked_accounts().json()[0]["hashValue"]
    answer = other.place_order(account, plain("BUY", 5, price=CHEAP))
    assert answer.status_code == 201
    first = answer.headers["Location"].rpartition("/")[2]
    sim.control("POST", "clock", {"advance": 1})
    answer = other.replace_order(account, first, plain("BUY", 6, price="101.00"))
    second = answer.headers["Location"].rpartition("/")[2]
    sim.control("POST", "clock", {"advance": 1})
    assert other.order_details(account, first).json()["status"] == "REPLACED"
    assert other.cancel_order(account, second).status_code == 200
    sim.control("POST", "clock", {"advance": 1})
    assert other.order_details(account, second).json()["status"] == "CANCELED"
    preview = other.preview_order(account, plain("BUY", 5, price=CHEAP)).json()
    assert Decimal(str(preview["orderStrategy"]["orderValue"])) == 500
    outcomes = [one["outcome"] for one in sim.control("GET", "truth")]
    assert outcomes == ["placed", "replacing", "cancelling"]
