"""alpaca-py's trading client, unchanged but for its address, orders at the practice exchange.

It sends amounts as JSON numbers and takes answers apart with models of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from support.clock import FakeClock
from support.peers import RunningSim, running_sim

pytestmark = pytest.mark.peers


class Trader:
    """The client, and the clock of the world that it trades in."""

    def __init__(self, sim: RunningSim) -> None:
        from alpaca.trading.client import TradingClient

        origin = sim.sim.origin("alpaca")
        self.sim = sim
        keys = (origin.secrets["live_key_id"], origin.secrets["live_secret_key"])
        self.client: Any = TradingClient(*keys, url_override=f"{origin.base_url}/alpaca/live")

    def wait(self, seconds: float = 2) -> None:
        self.sim.control("POST", "clock", {"advance": seconds})

    def truth(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.sim.control("GET", "truth")
        return found


@pytest.fixture
def trader() -> Iterator[Trader]:
    with running_sim(brokers=("schwab", "alpaca"), clock=FakeClock()) as sim:
        found = Trader(sim)
        yield found
        found.client._session.close()


def request(kind: str, **fields: Any) -> Any:
    """One of the client's own order requests: a purchase for the day unless told otherwise."""
    from alpaca.trading import requests
    from alpaca.trading.enums import OrderSide, TimeInForce

    usual = {"side": OrderSide.BUY, "time_in_force": TimeInForce.DAY}
    return getattr(requests, f"{kind}OrderRequest")(**{**usual, **fields})


def test_a_market_order_is_placed_and_fills(trader: Trader) -> None:
    order = trader.client.submit_order(request("Market", symbol="AAPL", qty=10))
    assert order.status.value == "pending_new"
    assert order.submitted_at.microsecond == 0
    trader.wait()
    done = trader.client.get_order_by_id(order.id)
    assert (done.status.value, done.filled_qty) == ("filled", "10")
    assert Decimal(trader.client.get_open_position("AAPL").avg_entry_price) == Decimal(
        done.filled_avg_price
    )
    assert trader.client.get_order_by_client_id(order.client_order_id) == done


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("Limit", {"limit_price": 123.45}),
        ("Stop", {"stop_price": 999.5}),
        ("StopLimit", {"stop_price": 999.5, "limit_price": 1000.25}),
        ("TrailingStop", {"trail_price": 5}),
        ("TrailingStop", {"trail_percent": 2.5}),
        ("Limit", {"limit_price": 123.45, "extended_hours": True}),
    ],
)
def test_every_kind_is_taken_and_waits(trader: Trader, kind: str, fields: dict[str, Any]) -> None:
    order = trader.client.submit_order(request(kind, symbol="AAPL", qty=1.0, **fields))
    trader.wait()
    found = trader.client.get_order_by_id(order.id)
    assert found.status.value == "new"
    for name, value in fields.items():
        told = getattr(found, name)
        assert told is True if value is True else Decimal(told) == Decimal(str(value))
    trader.client.cancel_order_by_id(order.id)
    trader.wait()
    assert trader.client.get_order_by_id(order.id).status.value == "canceled"


def test_an_order_is_replaced(trader: Trader) -> None:
    from alpaca.trading.requests import ReplaceOrderRequest

    old = trader.client.submit_order(request("Limit", symbol="AAPL", qty=5, limit_price=100))
    trader.wait()
    new = trader.client.replace_order_by_id(old.id, ReplaceOrderRequest(qty=6, limit_price=101))
    assert new.replaces == old.id
    trader.wait()
    before = trader.client.get_order_by_id(old.id)
    assert (before.status.value, before.replaced_by) == ("replaced", new.id)
    assert trader.client.get_order_by_id(new.id).limit_price == "101"


def test_a_bracket_and_its_legs(trader: Trader) -> None:
    from alpaca.trading.enums import OrderClass
    from alpaca.trading.requests import GetOrderByIdRequest, StopLossRequest, TakeProfitRequest

    order = trader.client.submit_order(
        request(
            "Market",
            symbol="AAPL",
            qty=10,
            order_class=OrderClass.BRACKET,
            take_profit=TakeProfitRequest(limit_price=900),
            stop_loss=StopLossRequest(stop_price=100),
        )
    )
    assert [leg.status.value for leg in order.legs] == ["held", "held"]
    trader.wait()
    found = trader.client.get_order_by_id(order.id, GetOrderByIdRequest(nested=True))
    assert found.status.value == "filled"
    assert {leg.order_class.value for leg in found.legs} == {"bracket"}
    assert [leg.status.value for leg in found.legs] == ["new", "new"]


def test_legs_of_options(trader: Trader) -> None:
    from alpaca.trading.enums import OrderClass, OrderSide, PositionIntent
    from alpaca.trading.requests import OptionLegRequest

    legs = [
        OptionLegRequest(
            symbol="AAPL261218C00270000",
            ratio_qty=1,
            side=OrderSide.BUY,
            position_intent=PositionIntent.BUY_TO_OPEN,
        ),
        OptionLegRequest(
            symbol="AAPL261218C00280000",
            ratio_qty=1,
            side=OrderSide.SELL,
            position_intent=PositionIntent.SELL_TO_OPEN,
        ),
    ]
    asked = request("Limit", qty=1, limit_price=9, order_class=OrderClass.MLEG, legs=legs)
    asked.side = None
    order = trader.client.submit_order(asked)
    trader.wait(5)
    found = trader.client.get_order_by_id(order.id)
    assert found.status.value == "filled"
    assert [leg.symbol for leg in found.legs] == [leg.symbol for leg in legs]
    assert Decimal(trader.client.get_open_position(legs[1].symbol).qty) == -1


def test_refusals_are_the_clients_errors(trader: Trader) -> None:
    from alpaca.common.exceptions import APIError

    trader.client.submit_order(request("Market", symbol="AAPL", qty=1, client_order_id="once"))
    asked = [
        (request("Market", symbol="AAPL", qty=1, client_order_id="once"), 422, 40010001),
        (request("Market", symbol="AAPL", qty=1e6), 403, 40310000),
        (request("Limit", symbol="AAPL", qty=1, limit_price=41.085), 422, 42210000),
    ]
    for one, status, code in asked:
        with pytest.raises(APIError) as caught:
            trader.client.submit_order(one)
        assert (caught.value.status_code, caught.value.code) == (status, code)


def test_all_are_cancelled_and_positions_closed(trader: Trader) -> None:
    from alpaca.trading.requests import ClosePositionRequest

    trader.client.submit_order(request("Limit", symbol="AAPL", qty=5, limit_price=100))
    answers = trader.client.cancel_orders()
    assert {one.status for one in answers} == {200}
    trader.wait()
    assert trader.client.get_orders() == []
    order = trader.client.close_position("META", ClosePositionRequest(percentage="50"))
    assert order.side.value == "sell"
    closed = trader.client.close_all_positions(cancel_orders=True)
    assert {one.status for one in closed} == {200}
    trader.wait(60)
    assert trader.client.get_all_positions() == []


def test_this_client_sends_an_order_again_after_a_504_and_the_id_keeps_it_from_doubling(
    trader: Trader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Why the product has no such client: it tries again, whatever became of the first."""
    from alpaca.common.exceptions import APIError

    monkeypatch.setattr("alpaca.common.rest.time.sleep", lambda _: None)
    rule = {"kind": "status", "method": "POST", "path": "/v2/orders", "times": 1}
    args = {"status": 504, "executed": True, "text": "{}"}
    trader.sim.control("POST", "faults", {**rule, "args": args})
    with pytest.raises(APIError) as caught:
        trader.client.submit_order(request("Market", symbol="AAPL", qty=1, client_order_id="one"))
    assert caught.value.status_code == 422
    assert [one["executed"] for one in trader.truth()] == [True, False]
    trader.sim.control("POST", "faults", {**rule, "args": args})
    trader.client.submit_order(request("Market", symbol="AAPL", qty=1))
    assert [one["executed"] for one in trader.truth()][2:] == [True, True], "doubled"
