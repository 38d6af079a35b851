"""Orders over HTTP in Alpaca's words: what is taken, what is refused and how, and what is told."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import aiohttp
import pytest
from support.alpaca_shapes import ORDER, unlike
from support.clock import FakeClock
from support.exchange_desk import CLOSED, Desk, alpaca_desk

LATE = 422, 42210000
BAD = 422, 40010001
NO = 403, 40310000


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with alpaca_desk() as found:
        yield found


async def test_an_order_is_taken_told_and_filled(desk: Desk) -> None:
    cash = Decimal((await desk.get("/v2/account"))["cash"])
    held = await desk.position("AAPL")
    order = await desk.placed(symbol="AAPL", qty="10", type="market", client_order_id="mine")
    assert (order["status"], order["filled_qty"]) == ("pending_new", "0")
    assert unlike(order, ORDER) == []
    await desk.clock.advance(1)
    done = await desk.order(order["id"])
    assert (done["status"], done["filled_qty"]) == ("filled", "10")
    assert unlike(done, ORDER) == []
    assert done["created_at"] <= done["filled_at"] <= done["updated_at"]
    by_id = await desk.get("/v2/orders:by_client_order_id?client_order_id=mine")
    assert by_id["id"] == order["id"]
    assert await desk.position("AAPL") == held + 10
    fills = await desk.get("/v2/account/activities/FILL?page_size=100")
    mine = [one for one in fills if one["order_id"] == order["id"]]
    assert [(one["qty"], one["leaves_qty"], one["cum_qty"]) for one in mine] == [("10", "0", "10")]
    assert mine[0]["price"] == done["filled_avg_price"]
    spent = cash - Decimal((await desk.get("/v2/account"))["cash"])
    others = [Decimal(o["price"]) * Decimal(o["qty"]) for o in fills if o not in mine]
    assert spent >= 10 * Decimal(done["filled_avg_price"])
    assert others, "the story had its own"


async def test_partial_fills_add_up_in_activities(desk: Desk) -> None:
    await desk.switch(depth="4")
    order = await desk.placed(symbol="MSFT", qty="10", type="market")
    await desk.clock.advance(0.5)
    assert (await desk.order(order["id"]))["status"] == "partially_filled"
    await desk.clock.advance(3)
    fills = await desk.get("/v2/account/activities/FILL?direction=asc&after=2026-11-20")
    mine = [one for one in fills if one["order_id"] == order["id"]]
    told = [(x["type"], x["qty"], x["cum_qty"], x["leaves_qty"]) for x in mine]
    assert told == [
        ("partial_fill", "4", "4", "6"),
        ("partial_fill", "4", "8", "2"),
        ("fill", "2", "10", "0"),
    ]


async def test_an_id_is_used_once_for_ever(desk: Desk) -> None:
    order = await desk.placed(symbol="AAPL", qty="1", type="market", client_order_id="once")
    again = await desk.refused(symbol="MSFT", qty="2", type="market", client_order_id="once")
    assert again == (*BAD, "client_order_id must be unique")
    await desk.clock.advance(1)
    await desk.send("DELETE", f"/v2/orders/{order['id']}")
    late = await desk.refused(symbol="MSFT", qty="2", type="market", client_order_id="once")
    assert late == again
    story = (await desk.get("/v2/orders?status=closed&limit=1&until=2026-11-01"))[0]
    assert story["client_order_id"], "the story's orders have ids too"


@pytest.mark.parametrize(
    ("fields", "kind", "words"),
    [
        ({"symbol": None}, BAD, "symbol is required"),
        ({"symbol": "ZZZZ"}, LATE, 'asset "ZZZZ" not found'),
        ({"side": "hold"}, BAD, "side must be buy or sell"),
        ({"type": "iceberg"}, BAD, "invalid order type"),
        ({"time_in_force": "forever"}, BAD, "invalid time_in_force"),
        ({"qty": None}, BAD, "qty or notional is required"),
        ({"notional": "5"}, BAD, "only one of qty or notional is accepted"),
        ({"qty": "ten"}, BAD, "invalid qty"),
        ({"qty": "NaN"}, BAD, "invalid qty"),
        ({"qty": True}, BAD, "invalid qty"),
        ({"qty": "0"}, BAD, "invalid qty"),
        ({"qty": "-1"}, BAD, "invalid qty"),
        ({"type": "limit"}, BAD, "limit orders require limit price"),
        ({"type": "stop"}, BAD, "stop orders require stop price"),
        ({"limit_price": "5"}, BAD, "market orders must not have limit_price"),
        ({"type": "limit", "limit_price": "41.085"}, LATE, "sub-penny increment"),
        ({"type": "trailing_stop"}, BAD, "require one of trail_price or trail_percent"),
        ({"extended_hours": True}, BAD, 'only type="limit" is allowed for extended hours orders'),
        ({"qty": "1.5", "time_in_force": "gtc"}, LATE, "fractional orders must be DAY orders"),
        ({"client_order_id": "x" * 129}, BAD, "no more than 128 characters"),
        ({"order_class": "bracket"}, LATE, "bracket orders require take_profit and stop_loss"),
        ({"order_class": "spiral"}, BAD, "invalid order_class"),
        ({"qty": "100000"}, NO, "insufficient buying power"),
        ({"side": "sell", "symbol": "SBUX", "qty": "900"}, NO, "insufficient qty available"),
        ({"time_in_force": "opg"}, LATE, "not accepted at this time"),
        ({"type": "stop", "stop_price": "1"}, LATE, "invalid stop_price"),
    ],
)
async def test_a_refusal_says_why(
    desk: Desk, fields: dict[str, Any], kind: tuple[int, int], words: str
) -> None:
    before = await desk.get("/v2/orders?status=all&limit=500")
    body = {"symbol": "AAPL", "qty": "1", "type": "market", **fields}
    status, code, message = await desk.refused(**body)
    assert (status, code) == kind
    assert words in message
    assert await desk.get("/v2/orders?status=all&limit=500") == before
    assert [one["executed"] for one in await desk.truth()] == [False]


async def test_what_is_no_json_is_a_400(desk: Desk) -> None:
    for body in (b"{", b"[]", b"", b"[" * 100_000):
        answer = await desk.send("POST", "/v2/orders", data=body)
        assert (answer.status, answer.json()["code"]) == (400, 40010000)


async def test_power_and_units_are_told_with_figures(desk: Desk) -> None:
    answer = await desk.send(
        "POST", "/v2/orders", desk.body(symbol="AAPL", qty="100000", type="market")
    )
    told, account = answer.json(), await desk.get("/v2/account")
    assert told["buying_power"] == account["buying_power"]
    assert Decimal(told["cost_basis"]) > Decimal(told["buying_power"])


async def test_the_paper_account_is_another_one(desk: Desk) -> None:
    order = await desk.placed(symbol="AAPL", qty="1", type="market", client_order_id="both")
    desk.venue = "paper"
    assert (await desk.send("GET", f"/v2/orders/{order['id']}")).status == 404
    assert (await desk.send("DELETE", f"/v2/orders/{order['id']}")).status == 404
    await desk.placed(symbol="AAPL", qty="1", type="market", client_order_id="both")
    told = await desk.refused(symbol="NVDA", qty="1", type="market", side="sell")
    assert told[:2] == NO


async def test_open_orders_tie_up_money_and_units(desk: Desk) -> None:
    await desk.placed(symbol="MSFT", qty="1", type="limit", limit_price="1.00")
    power = Decimal((await desk.get("/v2/account"))["buying_power"])
    await desk.placed(symbol="AAPL", qty="10", type="limit", limit_price="100.00")
    assert Decimal((await desk.get("/v2/account"))["buying_power"]) == power - 1000
    held = (await desk.get("/v2/positions/META"))["qty"]
    await desk.placed(symbol="META", qty="9", type="limit", limit_price="9000.00", side="sell")
    found = await desk.get("/v2/positions/META")
    assert Decimal(found["qty_available"]) == Decimal(held) - 9
    assert found["qty"] == held


async def test_an_order_that_could_meet_ones_own_is_refused(desk: Desk) -> None:
    await desk.placed(symbol="META", qty="5", type="limit", limit_price="9000.00", side="sell")
    fine = await desk.placed(symbol="META", qty="1", type="limit", limit_price="10.00")
    assert fine["status"] == "pending_new"
    status, code, message = await desk.refused(symbol="META", qty="1", type="market")
    assert (status, code) == NO
    assert message == "potential wash trade detected. use complex orders"


async def test_a_replacement_is_a_new_order_and_both_say_so(desk: Desk) -> None:
    old = await desk.placed(symbol="AAPL", qty="5", type="limit", limit_price="100.00")
    await desk.clock.advance(1)
    answer = await desk.send("PATCH", f"/v2/orders/{old['id']}", {"qty": 6, "limit_price": "101"})
    new = answer.json()
    assert (answer.status, new["replaces"], new["qty"]) == (200, old["id"], "6")
    assert (await desk.order(old["id"]))["status"] == "pending_replace"
    again = await desk.send("PATCH", f"/v2/orders/{old['id']}", {"qty": "7"})
    assert again.status == 422
    await desk.clock.advance(1)
    gone = await desk.order(old["id"])
    assert (gone["status"], gone["replaced_by"]) == ("replaced", new["id"])
    assert gone["replaced_at"]
    assert (await desk.order(new["id"]))["status"] == "new"
    assert [one["id"] for one in await desk.get("/v2/orders?symbols=AAPL")] == [new["id"]]


async def test_a_200_does_not_mean_that_it_was_replaced(desk: Desk) -> None:
    await desk.switch(replace_after=0.5)
    old = await desk.placed(symbol="AAPL", qty="5", type="market")
    answer = await desk.send("PATCH", f"/v2/orders/{old['id']}", {"qty": "6"})
    assert answer.status == 200
    await desk.clock.advance(1)
    assert (await desk.order(old["id"]))["status"] == "filled"
    assert (await desk.order(answer.json()["id"]))["status"] == "rejected"


async def test_a_cancel_is_asked_for_and_may_come_too_late(desk: Desk) -> None:
    waits = await desk.placed(symbol="AAPL", qty="5", type="limit", limit_price="100.00")
    answer = await desk.send("DELETE", f"/v2/orders/{waits['id']}")
    assert (answer.status, answer.body) == (204, b"")
    assert (await desk.order(waits["id"]))["status"] == "pending_cancel"
    await desk.clock.advance(1)
    assert (await desk.order(waits["id"]))["status"] == "canceled"
    await desk.switch(cancel_after=0.5)
    fast = await desk.placed(symbol="MSFT", qty="5", type="market")
    assert (await desk.send("DELETE", f"/v2/orders/{fast['id']}")).status == 204
    await desk.clock.advance(1)
    assert (await desk.order(fast["id"]))["status"] == "filled"
    late = await desk.send("DELETE", f"/v2/orders/{fast['id']}")
    assert late.status == 422
    told = {"code": 42210000, "message": 'order is already in "filled" state'}
    assert late.json() == told
    assert (await desk.send("DELETE", "/v2/orders/nobody")).status == 404


async def test_all_are_cancelled_at_once(desk: Desk) -> None:
    mine = [
        (await desk.placed(symbol=name, qty="5", type="limit", limit_price="10.00"))["id"]
        for name in ("AAPL", "MSFT")
    ]
    answer = await desk.send("DELETE", "/v2/orders")
    assert answer.status == 207
    assert {one["id"] for one in answer.json()} >= set(mine)
    await desk.clock.advance(1)
    assert await desk.get("/v2/orders") == []


async def test_a_working_order_of_the_story_can_be_cancelled(desk: Desk) -> None:
    story = (await desk.get("/v2/orders?nested=true"))[0]
    assert (await desk.send("DELETE", f"/v2/orders/{story['id']}")).status == 204
    await desk.clock.advance(1)
    gone = await desk.order(story["id"])
    changed = {name for name in story if story[name] != gone[name]}
    assert gone["status"] in ("canceled", "filled")
    assert changed <= {
        *("status", "canceled_at", "updated_at", "legs", "filled_qty", "filled_at"),
        *("filled_avg_price", "created_at", "submitted_at", "expires_at"),
    }


async def test_a_bracket_is_one_order_with_legs(desk: Desk) -> None:
    order = await desk.placed(
        symbol="AAPL", qty="10", type="market", order_class="bracket",
        take_profit={"limit_price": "900.00"},
        stop_loss={"stop_price": "100.00", "limit_price": "99.00"},
    )  # fmt: skip
    assert [leg["status"] for leg in order["legs"]] == ["held", "held"]
    assert [leg["type"] for leg in order["legs"]] == ["limit", "stop_limit"]
    assert {leg["order_class"] for leg in (order, *order["legs"])} == {"bracket"}
    await desk.clock.advance(2)
    found = await desk.order(order["id"])
    assert (found["status"], [leg["status"] for leg in found["legs"]]) == ("filled", ["new"] * 2)
    leg = found["legs"][0]
    answer = await desk.send("PATCH", f"/v2/orders/{leg['id']}", {"limit_price": "901.00"})
    assert answer.status == 200
    await desk.clock.advance(1)
    found = await desk.order(order["id"])
    assert [one["limit_price"] for one in found["legs"]] == ["901", "99"]
    assert found["legs"][0]["id"] == answer.json()["id"]
    flat = await desk.get("/v2/orders?symbols=AAPL")
    assert {one["id"] for one in flat} == {one["id"] for one in found["legs"]}


async def test_one_cancels_the_other(desk: Desk) -> None:
    order = await desk.placed(
        symbol="META", qty="10", side="sell", type="limit", order_class="oco",
        take_profit={"limit_price": "9000.00"}, stop_loss={"stop_price": "10.00"},
        client_order_id="tied",
    )  # fmt: skip
    assert (order["client_order_id"], order["type"]) == ("tied", "limit")
    assert [(leg["type"], leg["order_class"]) for leg in order["legs"]] == [("stop", "oco")]
    listed = await desk.get("/v2/orders?nested=true&symbols=META")
    assert [one["id"] for one in listed] == [order["id"]]
    assert (await desk.send("DELETE", f"/v2/orders/{order['id']}")).status == 204
    await desk.clock.advance(1)
    found = await desk.order(order["id"])
    assert [found["status"], found["legs"][0]["status"]] == ["canceled", "canceled"]


async def test_exits_must_lie_on_their_own_side(desk: Desk) -> None:
    told = await desk.refused(
        symbol="AAPL", qty="10", type="market", order_class="bracket",
        take_profit={"limit_price": "100.00"}, stop_loss={"stop_price": "200.00"},
    )  # fmt: skip
    assert told == (*LATE, "take_profit.limit_price must be >= stop_loss.stop_price + 0.01")


async def test_one_triggers_the_other(desk: Desk) -> None:
    order = await desk.placed(
        symbol="AAPL", qty="10", type="market", order_class="oto",
        stop_loss={"stop_price": "100.00"},
    )  # fmt: skip
    await desk.clock.advance(2)
    found = await desk.order(order["id"])
    assert [leg["status"] for leg in found["legs"]] == ["new"]


async def test_legs_of_options_are_one_order(desk: Desk) -> None:
    legs = [
        {"symbol": "AAPL261218C00270000", "ratio_qty": "1", "side": "buy",
         "position_intent": "buy_to_open"},
        {"symbol": "AAPL261218C00280000", "ratio_qty": "1", "side": "sell",
         "position_intent": "sell_to_open"},
    ]  # fmt: skip
    order = await desk.placed(
        qty="2", type="limit", limit_price="9.00", order_class="mleg", legs=legs, side=None
    )
    assert [leg["qty"] for leg in order["legs"]] == ["2", "2"]
    await desk.clock.advance(5)
    found = await desk.order(order["id"])
    assert (found["status"], found["filled_qty"]) == ("filled", "2")
    paid = [Decimal(leg["filled_avg_price"]) for leg in found["legs"]]
    assert paid[0] - paid[1] == Decimal(found["filled_avg_price"])
    assert await desk.position("AAPL261218C00280000") == -2
    told = await desk.refused(
        qty="2", type="limit", limit_price="9", order_class="mleg", legs=legs[:1], side=None
    )
    assert told[:2] == BAD


async def test_money_coins_and_options(desk: Desk) -> None:
    parts = await desk.placed(symbol="AAPL", qty=None, notional="250.50", type="market")
    coin = await desk.placed(symbol="BTC/USD", qty="0.01", type="market", time_in_force="gtc")
    call = await desk.placed(symbol="AAPL261218C00270000", qty="1", type="market")
    await desk.clock.advance(3)
    found = [await desk.order(one["id"]) for one in (parts, coin, call)]
    assert [one["status"] for one in found] == ["filled"] * 3
    assert (found[0]["notional"], found[0]["qty"]) == ("250.5", None)
    assert Decimal(found[0]["filled_qty"]) % 1
    told = await desk.refused(symbol="AAPL261218C00270000", qty="1", type="market",
                              time_in_force="gtc")  # fmt: skip
    assert told == (*LATE, "options orders must be day orders")
    told = await desk.refused(symbol="BTC/USD", qty="1", type="market")
    assert told == (*LATE, "invalid crypto time_in_force")


async def test_positions_are_closed(desk: Desk) -> None:
    answer = await desk.send("DELETE", "/v2/positions/META?percentage=50")
    assert answer.status == 200
    await desk.clock.advance(1)
    answer = await desk.send("DELETE", "/v2/positions?cancel_orders=true")
    assert answer.status == 207
    assert [one["body"] for one in answer.json() if one["status"] != 200] == []
    await desk.clock.advance(60)
    assert await desk.get("/v2/positions") == []
    assert (await desk.send("DELETE", "/v2/positions/META")).status == 404


async def test_after_hours_orders_wait_and_say_so() -> None:
    async with alpaca_desk(clock=FakeClock(CLOSED)) as desk:
        order = await desk.placed(symbol="AAPL", qty="1", type="market")
        assert order["status"] == "accepted"
        now = await desk.placed(
            symbol="AAPL", qty="1", type="limit", limit_price="400", extended_hours=True
        )
        await desk.clock.advance(2)
        assert (await desk.order(order["id"]))["status"] == "accepted"
        assert (await desk.order(now["id"]))["status"] == "filled"
        await desk.clock.advance(3 * 86400)
        assert (await desk.order(order["id"]))["status"] == "filled"


async def test_halted_symbols(desk: Desk) -> None:
    await desk.switch(halted=["AAPL"])
    told = await desk.refused(symbol="AAPL", qty="1", type="market")
    assert told == (*LATE, "asset AAPL is halted")


# -- the truth, and what faults make of it --------------------------------------------------------


async def test_the_truth_has_every_arrival(desk: Desk) -> None:
    body = json.dumps(desk.body(symbol="AAPL", qty="1", type="market")).encode()
    answer = await desk.send("POST", "/v2/orders", data=body)
    await desk.send("DELETE", f"/v2/orders/{answer.json()['id']}")
    placed, cancelled = await desk.truth()
    assert placed["digest"] == hashlib.sha256(body).hexdigest()
    assert (placed["client_order_id"], placed["orders"]) == ("order-1", [answer.json()["id"]])
    assert (placed["executed"], placed["outcome"], placed["status"]) == (True, "placed", 200)
    assert placed["at"] == desk.clock.now().isoformat()
    assert (cancelled["method"], cancelled["outcome"]) == ("DELETE", "cancelling")
    assert await desk.control("GET", "truth?after=1") == [cancelled]


EXECUTED: list[tuple[str, dict[str, Any]]] = [
    ("reset_after", {}),
    ("reset_mid_body", {}),
    ("truncate", {}),
    ("drip", {"bytes_per_second": 10_000}),
    ("delay", {"seconds": 0}),
    ("wrong_clock", {}),
    *((kind, {"executed": True}) for kind in ("html", "garbage", "redirect")),
    ("body", {"executed": True, "is": "empty"}),
    *(("status", {"executed": True, "status": n}) for n in (401, 403, 408, 409, 422, 429, 500)),
    *(("edit", {"edit": "value", "field": "id", "value": "other"}),),
    *(("edit", {"edit": "missing_field", "field": "id"}), ("edit", {"edit": "half"})),
]
NOT_EXECUTED: list[tuple[str, dict[str, Any]]] = [
    ("reset_before", {}),
    *((kind, {}) for kind in ("html", "garbage", "redirect")),
    ("body", {"is": "empty_object"}),
    *(("status", {"status": n}) for n in (401, 403, 408, 409, 422, 429, 500, 502, 503, 504)),
]
CASES = [(*one, True) for one in EXECUTED] + [(*one, False) for one in NOT_EXECUTED]


@pytest.mark.parametrize(("kind", "args", "executed"), CASES)
async def test_a_fault_says_in_the_truth_whether_it_let_the_order_through(
    desk: Desk, kind: str, args: dict[str, Any], executed: bool
) -> None:
    desk.clock.auto = True
    await desk.fault(kind, args=args)
    body = desk.body(symbol="AAPL", qty="1", type="market")
    with contextlib.suppress(aiohttp.ClientError, OSError):
        await desk.send("POST", "/v2/orders", body)
    (entry,) = await desk.truth()
    assert (entry["executed"], entry["fault"]) == (executed, kind)
    found = await desk.send("GET", "/v2/orders:by_client_order_id?client_order_id=order-1")
    assert found.status == (200 if executed else 404)


async def test_an_order_can_be_late_in_lists_and_by_its_id(desk: Desk) -> None:
    await desk.switch(listed_after=30, found_after=10)
    order = await desk.placed(symbol="AAPL", qty="1", type="market")
    path = f"/v2/orders/{order['id']}"

    async def seen() -> tuple[int, int]:
        listed = await desk.get("/v2/orders?status=all&symbols=AAPL&after=2026-11-20")
        return (await desk.send("GET", path)).status, len(listed)

    assert await seen() == (404, 0)
    again = await desk.refused(symbol="AAPL", qty="1", type="market", client_order_id="order-1")
    assert again == (*BAD, "client_order_id must be unique")
    await desk.clock.advance(10)
    assert await seen() == (200, 0)
    await desk.clock.advance(20)
    assert await seen() == (200, 1)


async def test_the_order_systems_clock_can_be_off(desk: Desk) -> None:
    await desk.switch(order_clock_off=-90)
    order = await desk.placed(symbol="AAPL", qty="1", type="market")
    assert order["created_at"].startswith("2026-11-20T14:58:30")
