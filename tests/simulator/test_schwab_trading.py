"""Orders over HTTP in Schwab's words: an id in a header, strategies in one another, refusals."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from support import schwab_shapes as shapes
from support.clock import FakeClock
from support.sim import Answer, SimClient, sim_client

EVENING = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)
DAY = {"fromEnteredTime": "2026-11-20T00:00:00.000Z", "toEnteredTime": "2026-11-24T00:00:00.000Z"}


@dataclass
class Desk:
    """One account of the simulated Schwab."""

    client: SimClient
    hashed: str

    @property
    def path(self) -> str:
        return f"/trader/v1/accounts/{self.hashed}"

    async def send(self, method: str, path: str, body: Any = None, **more: Any) -> Answer:
        given = {"json": body} if body is not None else {}
        return await self.client.send(
            method, self.path + path, headers=self.client.bearer, **given, **more
        )

    async def placed(self, body: dict[str, Any]) -> str:
        answer = await self.send("POST", "/orders", body)
        assert (answer.status, answer.body) == (201, b""), answer.body
        return answer.headers["Location"].rpartition("/")[2]

    async def order(self, id_: str) -> dict[str, Any]:
        answer = await self.send("GET", f"/orders/{id_}")
        assert answer.status == 200, answer.body
        found: dict[str, Any] = answer.json()
        return found

    async def wait(self, seconds: float = 1) -> None:
        await self.client.clock.advance(seconds)


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with sim_client(brokers=("schwab",)) as client:
        yield await opened(client)


async def opened(client: SimClient) -> Desk:
    hashes = await client.hashes()
    return Desk(client, next(iter(hashes.values())))


def an_order(**fields: Any) -> dict[str, Any]:
    """A limit purchase of ten shares; None leaves a field out."""
    leg = {
        "instruction": fields.pop("instruction", "BUY"),
        "quantity": fields.pop("quantity", 10),
        "instrument": {
            "symbol": fields.pop("symbol", "AAPL"),
            "assetType": fields.pop("assetType", "EQUITY"),
        },
    }
    usual = {
        "orderType": "LIMIT",
        "session": "NORMAL",
        "duration": "DAY",
        "orderStrategyType": "SINGLE",
        "price": "100.00",
        "orderLegCollection": [leg],
    }
    whole = {**usual, **fields}
    return {name: value for name, value in whole.items() if value is not None}


MARKET: dict[str, Any] = {"orderType": "MARKET", "price": None}


async def test_the_id_is_in_the_header_and_nowhere_else(desk: Desk) -> None:
    answer = await desk.send("POST", "/orders", an_order())
    location = answer.headers["Location"]
    assert location.startswith(f"{desk.client.base}{desk.path}/orders/")
    found = await desk.order(location.rpartition("/")[2])
    assert (found["status"], found["price"]) == ("WORKING", 100.0)
    assert shapes.problems(found, shapes.ORDER) == []
    listed = (await desk.send("GET", "/orders", params=DAY)).json()
    assert listed[0] == found


async def test_a_fill_is_in_orders_positions_and_transactions(desk: Desk) -> None:
    id_ = await desk.placed(an_order(**MARKET))
    await desk.wait()
    found = await desk.order(id_)
    assert (found["status"], found["filledQuantity"]) == ("FILLED", 10.0)
    fill = found["orderActivityCollection"][0]["executionLegs"][0]
    body = (await desk.send("GET", "?fields=positions")).json()["securitiesAccount"]
    held = next(p for p in body["positions"] if p["instrument"]["symbol"] == "AAPL")
    assert held["averagePrice"] == fill["price"]
    booked = await desk.send(
        "GET", "/transactions",
        params={"startDate": DAY["fromEnteredTime"], "endDate": DAY["toEnteredTime"],
                "types": "TRADE"},
    )  # fmt: skip
    mine = [one for one in booked.json() if one.get("orderId") == int(id_)]
    assert [one["netAmount"] for one in mine] == [round(-10 * fill["price"], 2)]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"orderType": None}, "orderType"),
        ({"orderType": "ICEBERG"}, "orderType"),
        ({"session": None}, "session"),
        ({"duration": "FOREVER"}, "duration"),
        ({"orderStrategyType": "PAIR"}, "orderStrategyType"),
        ({"orderLegCollection": []}, "orderLegCollection"),
        ({"price": None}, "price is required"),
        ({"price": "1.005"}, "two decimals"),
        ({"price": "NaN"}, "price"),
        ({"orderType": "MARKET"}, "price is not allowed"),
        ({"quantity": 0}, "quantity"),
        ({"quantity": 1.5}, "Fractional"),
        ({"quantity": "many"}, "quantity"),
        ({"symbol": "ZZZZ"}, "symbol"),
        ({"instruction": "BUY_TO_OPEN"}, "instruction"),
        ({"assetType": "FUTURE"}, "assetType"),
        ({"requestedDestination": "NYSE"}, "requestedDestination"),
        ({"orderId": 7}, "orderId"),
        ({"session": "AM", "orderType": "MARKET", "price": None}, "limit orders"),
        ({"orderType": "TRAILING_STOP", "price": None}, "stopPriceOffset"),
        ({"orderStrategyType": "TRIGGER"}, "children"),
        ({"childOrderStrategies": [an_order()]}, "children"),
    ],
)
async def test_what_is_wrong_in_itself_is_a_400(
    desk: Desk, fields: dict[str, Any], words: str
) -> None:
    answer = await desk.send("POST", "/orders", an_order(**fields))
    assert answer.status == 400
    assert words in answer.json()["message"]
    assert "Location" not in answer.headers
    (entry,) = await desk.client.control("GET", "truth")
    assert not entry["executed"]


async def test_a_key_that_comes_twice_breaks_the_server(desk: Desk) -> None:
    text = b'{"orderType":"LIMIT","orderType":"LIMIT"}'
    assert (await desk.send("POST", "/orders", data=text)).status == 500
    assert (await desk.send("POST", "/orders", data=b"[")).status == 400


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"quantity": 100_000}, "buying power"),
        ({"instruction": "SELL", "quantity": 9_999, "price": "900.00"}, "Position_Sys_0001"),
        ({"instruction": "BUY_TO_COVER"}, "Position_Sys_0001"),
        ({"orderType": "STOP", "price": None, "stopPrice": "1.00"}, "Order_Sys_0002"),
    ],
)
async def test_what_the_account_does_not_allow_is_taken_and_rejected(
    desk: Desk, fields: dict[str, Any], words: str
) -> None:
    found = await desk.order(await desk.placed(an_order(**fields)))
    assert found["status"] == "REJECTED"
    assert words in found["statusDescription"]
    preview = (await desk.send("POST", "/previewOrder", an_order(**fields))).json()
    assert preview["orderStrategy"]["status"] == "REJECTED"
    (told,) = preview["orderValidationResult"]["rejects"]
    assert told["activityMessage"] == found["statusDescription"]


async def test_a_preview_changes_nothing(desk: Desk) -> None:
    before = (await desk.send("GET", "/orders", params=DAY)).body
    body = (await desk.send("POST", "/previewOrder", an_order())).json()
    assert body["orderStrategy"]["orderBalance"]["orderValue"] == 1000.0
    assert (await desk.send("GET", "/orders", params=DAY)).body == before
    assert await desk.client.control("GET", "truth") == []


async def test_an_option_costs_a_commission_and_the_preview_says_it(desk: Desk) -> None:
    order = an_order(
        symbol="AAPL  261218C00270000", assetType="OPTION", instruction="BUY_TO_OPEN", quantity=2,
        complexOrderStrategyType="NONE", price="20.00",
    )  # fmt: skip
    body = (await desk.send("POST", "/previewOrder", order)).json()
    assert body["orderStrategy"]["orderBalance"]["projectedCommission"] == 1.3
    id_ = await desk.placed(order)
    await desk.wait(3)
    assert (await desk.order(id_))["status"] == "FILLED"


async def test_replace_and_cancel(desk: Desk) -> None:
    old = await desk.placed(an_order())
    await desk.wait()
    answer = await desk.send("PUT", f"/orders/{old}", an_order(price="101.00"))
    assert (answer.status, answer.body) == (201, b"")
    new = answer.headers["Location"].rpartition("/")[2]
    assert [(await desk.order(one))["status"] for one in (old, new)] == ["PENDING_REPLACE", "NEW"]
    assert (await desk.send("DELETE", f"/orders/{old}")).status == 400
    await desk.wait()
    assert [(await desk.order(one))["status"] for one in (old, new)] == ["REPLACED", "WORKING"]
    answer = await desk.send("DELETE", f"/orders/{new}")
    assert (answer.status, answer.body) == (200, b"")
    assert (await desk.order(new))["status"] == "PENDING_CANCEL"
    await desk.wait()
    gone = await desk.order(new)
    assert gone["status"] == "CANCELED"
    assert gone["orderActivityCollection"][0]["executionType"] == "CANCELED"
    assert shapes.problems(gone, shapes.ORDER) == []
    for method in ("PUT", "DELETE"):
        body = an_order() if method == "PUT" else None
        assert (await desk.send(method, f"/orders/{new}", body)).status == 400
    assert (await desk.send("DELETE", "/orders/123")).status == 404
    assert (await desk.send("DELETE", "/orders/abc")).status == 400


async def test_a_fill_during_a_cancel_is_a_fill(desk: Desk) -> None:
    await desk.client.control("POST", "switches", {"cancel_after": 0.5})
    id_ = await desk.placed(an_order(**MARKET))
    assert (await desk.send("DELETE", f"/orders/{id_}")).status == 200
    await desk.wait()
    assert (await desk.order(id_))["status"] == "FILLED"


async def test_one_cancels_the_other_without_an_order_of_its_own(desk: Desk) -> None:
    await desk.placed(an_order(**MARKET))
    await desk.wait()
    exits = [
        an_order(instruction="SELL", price="900.00"),
        an_order(instruction="SELL", orderType="STOP", price=None, stopPrice="100.00"),
    ]
    id_ = await desk.placed({"orderStrategyType": "OCO", "childOrderStrategies": exits})
    await desk.wait()
    found = await desk.order(id_)
    assert "orderLegCollection" not in found
    first, second = found["childOrderStrategies"]
    assert [first["status"], second["status"]] == ["WORKING", "AWAITING_STOP_CONDITION"]
    assert (await desk.send("DELETE", f"/orders/{first['orderId']}")).status == 200
    await desk.wait()
    assert (await desk.order(str(second["orderId"])))["status"] == "AWAITING_STOP_CONDITION"
    listed = (await desk.send("GET", "/orders", params=DAY)).json()
    assert [one["orderId"] for one in listed].count(int(id_)) == 1
    assert first["orderId"] not in [one["orderId"] for one in listed], "it is inside the other"


async def test_evening_orders_wait_for_their_session() -> None:
    async with sim_client(brokers=("schwab",), clock=FakeClock(EVENING)) as client:
        desk = await opened(client)
        id_ = await desk.placed(an_order(price="900.00"))
        late = await desk.placed(an_order(price="900.00", session="SEAMLESS", quantity=1))
        await desk.wait(2)
        assert (await desk.order(id_))["status"] == "PENDING_ACTIVATION"
        assert (await desk.order(late))["status"] == "FILLED"
        preview = (await desk.send("POST", "/previewOrder", an_order())).json()
        told = [one["validationRuleName"] for one in preview["orderValidationResult"]["warns"]]
        assert told == ["SCHW_DO0989"]


@pytest.mark.parametrize(
    ("how", "good"),
    [("missing", None), ("other", False), ("garbage", False), ("host", False), ("empty", False),
     ("relative", True), ("twice", True)],
)  # fmt: skip
async def test_a_location_can_be_wrong(desk: Desk, how: str, good: bool | None) -> None:
    rule = {"kind": "location", "method": "POST", "path": "/orders$", "times": 1}
    await desk.client.control("POST", "faults", {**rule, "args": {"is": how}})
    answer = await desk.send("POST", "/orders", an_order())
    assert answer.status == 201
    (entry,) = await desk.client.control("GET", "truth")
    assert (entry["executed"], entry["fault"]) == (True, "location")
    told = answer.headers.getall("Location", [])  # type: ignore[attr-defined]
    (id_,) = entry["orders"]
    known = [one for one in told if one.endswith(f"{desk.path}/orders/{id_}")]
    assert bool(known) == bool(good)
    assert len(told) == {"missing": 0, "twice": 2}.get(how, 1)


async def test_late_orders_are_neither_listed_nor_found(desk: Desk) -> None:
    await desk.client.control("POST", "switches", {"listed_after": 20, "found_after": 5})
    id_ = await desk.placed(an_order())

    async def seen() -> tuple[int, bool]:
        listed = (await desk.send("GET", "/orders", params=DAY)).json()
        status = (await desk.send("GET", f"/orders/{id_}")).status
        return status, int(id_) in [one["orderId"] for one in listed]

    assert await seen() == (404, False)
    await desk.wait(5)
    assert await seen() == (200, False)
    await desk.wait(15)
    assert await seen() == (200, True)


async def test_another_brokers_view_of_an_account_sees_the_same_trade() -> None:
    async with sim_client(brokers=("schwab", "snaptrade"), mirror=True) as client:
        mirrored = client.sim.exchange.accounts[1]
        hashes = await client.hashes()
        desk = Desk(client, hashes[mirrored.profile.number])
        before = mirrored.book_at(client.clock.now()).quantity("AAPL")
        id_ = await desk.placed(an_order(**MARKET, quantity=3))
        await desk.wait()
        assert (await desk.order(id_))["status"] == "FILLED"
        shown = client.sim.dialect("snaptrade").exchange.accounts[-1]
        assert shown.book_at(client.clock.now()).quantity("AAPL") == before + 3
