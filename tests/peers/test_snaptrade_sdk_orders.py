"""snaptrade-python-sdk 13.0.49, unchanged, trades at the simulated SnapTrade.

It signs every request itself and checks what it is given before it sends it; answers are held
against the field names and types of its own models.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from typing import Any

import pytest
from support.clock import FakeClock
from support.peers import RunningSim, running_sim
from support.snaptrade_shapes import check

pytestmark = [
    pytest.mark.peers,
    pytest.mark.allow_warnings(r"snaptrade_client: .* is deprecated"),
]
ROOMY = 10**9


class Trader:
    """The SDK with the personal key, at the account that may be traded in."""

    def __init__(self, sim: RunningSim) -> None:
        from snaptrade_client.auth import SnapTradeAuth
        from snaptrade_client.client import SnapTrade

        self.sim = sim
        self.origin = sim.sim.origin("snaptrade")
        self.dialect: Any = sim.sim.dialect("snaptrade")
        # The SDK signs by this computer's time, the market has its own.
        self.dialect.switches.tolerance_seconds = ROOMY
        self.dialect.switches.account_per_minute = None
        self.dialect.switches.trade_pause_seconds = 0.0
        keys = self.origin.secrets
        auth = SnapTradeAuth.personal_api_key(
            client_id=keys["client_id"], consumer_key=keys["consumer_key"]
        )
        self.client: Any = SnapTrade(auth=auth, host=self.origin.base_url)
        listed = body(self.client.account_information.list_user_accounts())
        self.accounts = {one["name"]: one["id"] for one in listed}
        self.account = self.accounts["Robinhood Individual"]

    @property
    def trading(self) -> Any:
        return self.client.trading

    def wait(self, seconds: float = 2) -> None:
        self.sim.control("POST", "clock", {"advance": seconds})

    def truth(self) -> list[dict[str, Any]]:
        return list(self.sim.sim.truth.entries)

    def order(self, **changes: Any) -> dict[str, Any]:
        """What a purchase of one share of Ford far below the market wants to be said."""
        usual = {
            "account_id": self.account,
            "action": "BUY",
            "order_type": "Limit",
            "time_in_force": "Day",
            "symbol": "F",
            "price": 5.5,
            "units": 1.0,
        }
        return {name: one for name, one in {**usual, **changes}.items() if one is not None}

    def placed(self, **changes: Any) -> dict[str, Any]:
        found: dict[str, Any] = body(self.trading.place_force_order(**self.order(**changes)))
        check("account_order_record", [found])
        return found

    def listed(self) -> dict[str, dict[str, Any]]:
        told = body(
            self.client.account_information.get_user_account_recent_orders(
                self.account, only_executed=False
            )
        )
        check("recent_orders_response", [told])
        return {one["brokerage_order_id"]: one for one in told["orders"]}

    def detail(self, order_id: str) -> dict[str, Any]:
        found: dict[str, Any] = body(
            self.client.account_information.get_user_account_order_detail(
                account_id=self.account, brokerage_order_id=order_id
            )
        )
        check("account_order_record", [found])
        return found

    def close(self) -> None:
        for api in vars(self.client).values():
            if hasattr(api, "api_client"):
                api.api_client.rest_client.pool_manager.clear()
        gc.collect()


@pytest.fixture
def trader() -> Iterator[Trader]:
    with running_sim(brokers=("schwab", "snaptrade"), clock=FakeClock()) as sim:
        found = Trader(sim)
        yield found
        found.close()


def body(answer: Any) -> Any:
    """What came, as it came."""
    return json.loads(answer.response.data)


def refused(ask: Any, *args: Any, **given: Any) -> tuple[int, str, str]:
    """Status, code and words of a request that fails."""
    from snaptrade_client.exceptions import ApiException

    with pytest.raises(ApiException) as caught:
        ask(*args, **given)
    told = caught.value.body
    return caught.value.status, str(told.get("code", "")), told.get("detail", told.get("error"))


def test_an_order_is_placed_and_fills(trader: Trader) -> None:
    order = trader.placed(price=99.0)
    assert order["status"] == "PENDING"
    assert (order["total_quantity"], order["limit_price"]) == ("1", "99")
    trader.wait(60)
    done = trader.detail(order["brokerage_order_id"])
    assert (done["status"], done["filled_quantity"], done["open_quantity"]) == (
        "EXECUTED",
        "1",
        "0",
    )
    assert trader.listed()[order["brokerage_order_id"]] == done
    (entry,) = trader.truth()
    assert entry["orders"] == [order["brokerage_order_id"]]


@pytest.mark.parametrize(
    ("changes", "kind", "lasts"),
    [
        ({"order_type": "Market", "price": None}, "Market", "Day"),
        ({"order_type": "Stop", "price": None, "stop": 30.0}, "Stop", "Day"),
        ({"order_type": "StopLimit", "stop": 30.0, "price": 31.0}, "StopLimit", "Day"),
        ({"time_in_force": "GTC"}, "Limit", "GTC"),
        ({"time_in_force": "IOC"}, "Limit", "IOC"),
        ({"time_in_force": "FOK"}, "Limit", "FOK"),
        ({"trading_session": "EXTENDED"}, "Limit", "Day"),
        (
            {"order_type": "Market", "price": None, "units": None, "notional_value": 12.5},
            "Market",
            "Day",
        ),
        ({"symbol": "AAPL", "action": "SELL", "units": 0.25, "price": 900.0}, "Limit", "Day"),
    ],
)
def test_kinds_of_orders(trader: Trader, changes: dict[str, Any], kind: str, lasts: str) -> None:
    order = trader.placed(**changes)
    assert (order["order_type"], order["time_in_force"]) == (kind, lasts)
    trader.wait()
    again = trader.detail(order["brokerage_order_id"])
    assert (again["order_type"], again["time_in_force"]) == (kind, lasts)


def test_what_snaptrade_forwards_it_does_not_tell_apart(trader: Trader) -> None:
    own = "0f3c5a52-4a1e-4d0c-9a8e-5d1d7c1a2b3c"
    first, second = (trader.placed(client_order_id=own) for _ in range(2))
    assert first["brokerage_order_id"] != second["brokerage_order_id"]
    assert "client_order_id" not in first
    assert [one["client_order_id"] for one in trader.truth()] == [own, own]
    trader.dialect.switches.client_ids = "unique"
    ask = trader.trading.place_force_order
    assert refused(ask, **trader.order(client_order_id=own))[:2] == (400, "1063")
    trader.dialect.switches.client_ids = "refused"
    assert refused(ask, **trader.order(client_order_id=own))[:2] == (403, "1141")


def test_an_impact_makes_a_trade_that_is_placed_once_within_five_minutes(trader: Trader) -> None:
    (found,) = (
        one for one in body(trader.client.reference_data.get_symbols(substring="F"))
        if one["symbol"] == "F"
    )  # fmt: skip
    form = trader.order(symbol=None, universal_symbol_id=found["id"])
    told = body(trader.trading.get_order_impact(**form))
    check("manual_trade_and_impact", [told])
    trade = told["trade"]["id"]
    assert told["trade"]["symbol"]["universal_symbol_id"] == found["id"]
    assert trader.truth() == [], "an impact changes no order"
    order = body(trader.trading.place_order(trade_id=trade, wait_to_confirm=True))
    check("account_order_record", [order])
    assert order["universal_symbol"]["symbol"] == "F"
    again = refused(trader.trading.place_order, trade_id=trade)
    assert again == (400, "1063", "This trade was placed before")
    late = body(trader.trading.get_order_impact(**form))["trade"]["id"]
    trader.wait(301)
    told_late = refused(trader.trading.place_order, trade_id=late)
    assert told_late[:2] == (400, "1063")
    assert "expired" in told_late[2]
    nothing = "00000000-0000-4000-8000-000000000000"
    assert refused(trader.trading.place_order, trade_id=nothing)[0] == 404
    assert sum(one["executed"] for one in trader.truth()) == 1


def test_an_order_is_replaced_and_cancelled(trader: Trader) -> None:
    first = trader.placed()
    trader.wait()
    new = body(
        trader.trading.replace_order(
            brokerage_order_id=first["brokerage_order_id"], account_id=trader.account,
            action="BUY", order_type="Limit", time_in_force="Day", symbol="F", price=5.25,
            units=2.0,
        )
    )  # fmt: skip
    check("account_order_record", [new])
    assert new["brokerage_order_id"] != first["brokerage_order_id"]
    trader.wait()
    assert trader.detail(first["brokerage_order_id"])["status"] == "REPLACED"
    now = trader.detail(new["brokerage_order_id"])
    assert (now["status"], now["limit_price"], now["total_quantity"]) == ("ACCEPTED", "5.25", "2")
    asked = body(
        trader.trading.cancel_order(
            brokerage_order_id=new["brokerage_order_id"], account_id=trader.account
        )
    )
    check("cancel_order_response", [asked])
    assert trader.detail(new["brokerage_order_id"])["status"] == "CANCEL_PENDING"
    trader.wait()
    assert trader.detail(new["brokerage_order_id"])["status"] == "CANCELED"
    gone = refused(
        trader.trading.cancel_order,
        brokerage_order_id=new["brokerage_order_id"],
        account_id=trader.account,
    )
    assert gone[:2] == (400, "1063")


PUTS = ("F     270115P00010000", "F     270115P00009000")


def legs(*actions: str) -> list[dict[str, Any]]:
    return [
        {
            "instrument": {"symbol": symbol, "instrument_type": "OPTION"},
            "action": action,
            "units": 1,
        }
        for symbol, action in zip(PUTS, actions, strict=False)
    ]


@pytest.mark.parametrize("ids", ["own", "same"])
def test_options_of_one_leg_and_several(trader: Trader, ids: str) -> None:
    trader.dialect.switches.leg_ids = ids
    single = {"order_type": "LIMIT", "time_in_force": "Day", "limit_price": "0.01",
              "price_effect": "DEBIT", "legs": legs("BUY_TO_OPEN"),
              "account_id": trader.account}  # fmt: skip
    told = body(trader.trading.get_option_impact(**single))
    check("option_impact", [told])
    assert (told["estimated_cash_change"], told["cash_change_direction"]) == ("1", "DEBIT")
    one = body(trader.trading.place_mleg_order(**single))
    check("mleg_order_response", [one])
    assert [each["option_symbol"]["ticker"] for each in one["orders"]] == [PUTS[0]]
    both = body(
        trader.trading.place_mleg_order(**{**single, "legs": legs("BUY_TO_OPEN", "SELL_TO_OPEN")})
    )
    check("mleg_order_response", [both])
    named = {each["brokerage_order_id"] for each in both["orders"]}
    assert len(named) == (2 if ids == "own" else 1)
    assert {each["brokerage_group_order_id"] for each in both["orders"]} == {
        both["brokerage_order_id"]
    }
    newer = body(
        trader.client.experimental_endpoints.get_user_account_recent_orders_v2(
            account_id=trader.account
        )
    )
    check("account_orders_v2_response", [newer])
    (whole,) = [
        each for each in newer["orders"]
        if each["brokerage_order_id"] == both["brokerage_order_id"]
    ]  # fmt: skip
    assert [leg["instrument"]["symbol"] for leg in whole["legs"]] == list(PUTS)
    asked = body(
        trader.trading.cancel_order(
            brokerage_order_id=min(named), account_id=trader.account
        )
    )  # fmt: skip
    assert asked["brokerage_order_id"] == min(named)
    trader.wait()
    assert {trader.listed()[name]["status"] for name in named} == {"CANCELED"}


def part(role: str, action: str, kind: str, **prices: float) -> dict[str, Any]:
    return {
        "order_role": role,
        "action": action,
        "instrument": {"symbol": "F", "type": "EQUITY"},
        "order_type": kind,
        "units": 1,
        "time_in_force": "GTC",
        **prices,
    }


def test_complex_orders(trader: Trader) -> None:
    told = body(
        trader.trading.place_complex_order(
            account_id=trader.account,
            type="OTOCO",
            orders=[
                part("TRIGGER", "BUY", "Limit", price=99.0),
                part("PEER", "SELL", "Limit", price=150.0),
                part("PEER", "SELL", "Stop", stop=2.0),
            ],
        )
    )
    check("complex_order_response", [told])
    group = told["brokerage_group_order_id"]
    mine = [one for one in trader.listed().values() if one["brokerage_group_order_id"] == group]
    check("account_order_record", mine)
    assert sorted(one["order_role"] for one in mine) == ["PEER", "PEER", "TRIGGER"]
    waiting = {one["status"] for one in mine if one["order_role"] == "PEER"}
    assert waiting == {"CONTINGENT_ORDER"}
    trader.wait(120)
    after = [one for one in trader.listed().values() if one["brokerage_group_order_id"] == group]
    assert {one["status"] for one in after if one["order_role"] == "TRIGGER"} == {"EXECUTED"}
    assert {one["status"] for one in after if one["order_role"] == "PEER"} <= {"ACCEPTED", "QUEUED"}


def test_what_is_refused_and_how(trader: Trader) -> None:
    ask = trader.trading.place_force_order
    assert refused(ask, **trader.order(units=9e6))[:2] == (400, "1063")
    assert refused(ask, **trader.order(symbol="NOPE"))[:2] == (400, "1063")
    assert refused(ask, **trader.order(price=None))[:2] == (400, "1012")
    assert refused(ask, **trader.order(notional_value=5.0))[:2] == (400, "1012")
    assert refused(ask, **trader.order(action="SELL"))[:2] == (400, "1063"), "none is held"
    nobody = "00000000-0000-4000-8000-000000000000"
    assert refused(ask, **trader.order(account_id=nobody))[0] == 404
    for_reading = trader.accounts["Fidelity Rollover IRA"]
    assert refused(ask, **trader.order(account_id=for_reading))[:2] == (403, "1066")
    elsewhere = trader.accounts["Questrade Margin"]
    single = {"order_type": "MARKET", "time_in_force": "Day", "legs": legs("BUY_TO_OPEN")}
    assert refused(trader.trading.place_mleg_order, account_id=elsewhere, **single)[0] == 501
    trader.dialect.switches.impact_allowed = False
    form = trader.order(
        symbol=None, universal_symbol_id=trader.dialect.state.uuid("instrument", "F")
    )
    assert refused(trader.trading.get_order_impact, **form)[0] == 501
    trader.dialect.switches.disabled = ["ROBINHOOD"]
    assert refused(ask, **trader.order())[:2] == (402, "3003")
    assert not any(one["executed"] for one in trader.truth())


def test_trades_are_a_second_apart_and_are_not_counted_with_reads(trader: Trader) -> None:
    switches = trader.dialect.switches
    switches.trade_pause_seconds = 1.0
    switches.account_per_minute = 2
    trader.placed()
    assert refused(trader.trading.place_force_order, **trader.order())[:2] == (429, "0000")
    for _ in range(3):
        trader.wait(1)
        trader.placed()
    trader.listed()
    trader.detail(next(iter(trader.truth()))["orders"][0])
    asked = trader.client.account_information.get_user_account_recent_orders
    assert refused(asked, trader.account, only_executed=False)[0] == 429


def test_a_commercial_key_looks_for_symbols_without_a_user(trader: Trader) -> None:
    from snaptrade_client.auth import SnapTradeAuth
    from snaptrade_client.client import SnapTrade

    keys = trader.origin.secrets
    auth = SnapTradeAuth.commercial_api_key(
        client_id=keys["commercial_client_id"], consumer_key=keys["commercial_consumer_key"]
    )
    trader.close()
    trader.client = SnapTrade(auth=auth, host=trader.origin.base_url)
    found = body(trader.client.reference_data.get_symbols(substring="AAPL"))
    assert [one["symbol"] for one in found] == ["AAPL"]


def test_symbols_are_found(trader: Trader) -> None:
    everywhere = body(trader.client.reference_data.get_symbols(substring="apple"))
    check("universal_symbol", everywhere)
    assert [one["symbol"] for one in everywhere] == ["AAPL"]
    here = body(
        trader.client.reference_data.symbol_search_user_account(
            account_id=trader.account, substring="V"
        )
    )
    check("universal_symbol", here)
    assert here[0]["symbol"].startswith("V")
    one = body(trader.client.reference_data.get_symbols_by_ticker(query="VOO"))
    check("universal_symbol", [one])
    assert one["symbol"] == "VOO"
