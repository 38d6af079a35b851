"""Orders to Alpaca: what goes out, what an answer proves, and that nothing goes twice."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.alpaca_payloads import ACCOUNT
from support.brokers import MemoryCredentials
from support.clock import FakeClock
from support.drafts import coin, draft, drafts, option, share
from support.order_checks import OWN, flat, many
from support.order_server import (
    KINDS,
    Answering,
    OrderServer,
    Seen,
    order_server,
    said,
)

from brokerdesk.brokers.alpaca import SPEC, order_wire
from brokerdesk.brokers.alpaca.session import AlpacaSession
from brokerdesk.brokers.base import Credentials, Network, SessionContext
from brokerdesk.brokers.once import send_once
from brokerdesk.brokers.trading import Answered, NotSent, Refused, Trades, Unproven
from brokerdesk.domain.draft import Draft, DraftLeg, Link
from brokerdesk.domain.ids import AccountId, account_id
from brokerdesk.domain.kinds import (
    AssetType,
    Environment,
    OrderSide,
    OrderType,
    TimeInForce,
    TradingSession,
)
from brokerdesk.domain.order_match import differences
from brokerdesk.errors import (
    BrokerProtocolError,
    BrokerUnavailableError,
    InputError,
    NotSupportedError,
)

UUID = "1d9eed04-be39-4e01-9b84-a48ac5bbafcf"
ORDER = "7b08df51-c1ac-453c-99f9-323a5f075f0d"
ME = account_id("alpaca", "practice", UUID)
KEY = {"key_id": "PKSIM", "secret_key": "quite-secret-key", "venues": "live"}
TOKEN = {"access_token": "token-of-browser", "venues": "live", "scope": "trading data"}
T = OrderType


@dataclass
class Stand:
    """A session in front of a small server that is one account."""

    server: OrderServer
    session: AlpacaSession
    writes: list[Answering] = field(default_factory=list)
    reads: dict[str, Answering] = field(default_factory=dict)
    account: dict[str, Any] = field(default_factory=dict)

    def answer(self, seen: Seen) -> Answering | None:
        if seen.method != "GET":
            return self.writes.pop(0) if self.writes else said(500)
        path = seen.target.partition("?")[0]
        if path == "/alpaca/live/v2/account":
            return self.reads.get("account") or said(200, json.dumps(self.account).encode())
        return self.reads.get(path) or said(404, b'{"code":40410000,"message":"order not found"}')


@asynccontextmanager
async def stand(
    patch: pytest.MonkeyPatch | None = None, credentials: Credentials = KEY
) -> AsyncIterator[Stand]:
    if patch is not None:
        quick = partial(send_once, deadline=0.4)
        patch.setattr("brokerdesk.brokers.alpaca.trading.send_once", quick)
    async with order_server() as server:
        session = SPEC.open_session(
            SessionContext(
                environment=Environment.PRACTICE,
                clock=FakeClock(auto=True),
                credentials=MemoryCredentials(credentials),
                practice_url=server.url,
            )
        )
        assert isinstance(session, AlpacaSession)
        told = Stand(server, session, account={**ACCOUNT, "id": UUID})
        server.answer = told.answer
        try:
            yield told
        finally:
            await session.aclose()


def prepared(wish: Draft, replaces: str = "") -> Any:
    return a_session().prepare(wish, OWN, replaces=replaces)


def a_session(environment: Environment = Environment.PRACTICE) -> AlpacaSession:
    context = SessionContext(
        environment=environment,
        clock=FakeClock(),
        credentials=MemoryCredentials(KEY),
        practice_url="http://127.0.0.1:1" if environment is Environment.PRACTICE else "",
    )
    return AlpacaSession(context)


def order_json(**changes: Any) -> bytes:
    told = {
        "id": ORDER,
        "client_order_id": OWN,
        "submitted_at": "2026-11-20T14:31:05.123456789Z",
        "symbol": "AAPL",
        "asset_class": "us_equity",
        "qty": "10",
        "filled_qty": "0",
        "type": "limit",
        "side": "buy",
        "time_in_force": "day",
        "limit_price": "189.5",
        "status": "accepted",
        "extended_hours": False,
        "order_class": "",
    }
    return json.dumps({**told, **changes}).encode()


# --- what goes out ---------------------------------------------------------------------------


def test_a_plain_order_is_what_alpaca_documents() -> None:
    found = prepared(draft(ME))
    assert found.route == "POST /v2/orders"
    assert json.loads(found.body) == {
        "symbol": "AAPL",
        "qty": "10",
        "side": "buy",
        "type": "limit",
        "time_in_force": "day",
        "limit_price": "189.5",
        "client_order_id": OWN,
    }
    assert {one.name: one.words for one in found.fields}["limit_price"] == "Limit price"


EXIT_LIMIT = draft(ME, side=OrderSide.SELL, limit_price=Decimal("301"))
EXIT_STOP = draft(
    ME,
    side=OrderSide.SELL,
    kind=T.STOP_LIMIT,
    stop_price=Decimal("299"),
    limit_price=Decimal("298.50"),
)
LEGS = (
    DraftLeg(instrument=option("150"), side=OrderSide.BUY_TO_OPEN),
    DraftLeg(instrument=option("155"), side=OrderSide.SELL_TO_OPEN, ratio=Decimal(2)),
)
SHAPES: list[tuple[Draft, dict[str, Any]]] = [
    (draft(ME, kind=T.MARKET, quantity=None, notional=Decimal("250.00")), {"notional": "250"}),
    (draft(ME, kind=T.MARKET, quantity=Decimal("0.123456789")), {"qty": "0.123456789"}),
    (draft(ME, side=OrderSide.SELL_SHORT), {"side": "sell", "position_intent": "sell_to_open"}),
    (draft(ME, kind=T.LIMIT_ON_CLOSE), {"type": "limit", "time_in_force": "cls"}),
    (draft(ME, kind=T.MARKET_ON_OPEN), {"type": "market", "time_in_force": "opg"}),
    (draft(ME, session=TradingSession.EXTENDED), {"extended_hours": True}),
    (draft(ME, kind=T.TRAILING_STOP), {"trail_price": "1.5"}),
    (draft(ME, kind=T.TRAILING_STOP, trail_percent=Decimal(5)), {"trail_percent": "5"}),
    (
        draft(ME, option(), OrderSide.SELL_TO_CLOSE),
        {"symbol": "AAPL270115C00150000", "position_intent": "sell_to_close", "side": "sell"},
    ),
    (
        draft(ME, coin(), time_in_force=TimeInForce.GTC),
        {"symbol": "BTC/USD", "time_in_force": "gtc"},
    ),
    (
        draft(ME, kind=T.MARKET, link=Link.BRACKET, children=(EXIT_LIMIT, EXIT_STOP)),
        {
            "order_class": "bracket",
            "take_profit": {"limit_price": "301"},
            "stop_loss": {"stop_price": "299", "limit_price": "298.5"},
        },
    ),
    (
        draft(ME, link=Link.TRIGGERS, children=(EXIT_STOP,)),
        {"order_class": "oto", "stop_loss": {"stop_price": "299", "limit_price": "298.5"}},
    ),
    (
        draft(ME, legs=(), link=Link.EITHER, children=(EXIT_LIMIT, EXIT_STOP)),
        {"order_class": "oco", "type": "limit", "side": "sell", "qty": "10"},
    ),
    (
        draft(ME, legs=LEGS, limit_price=Decimal("-1.20"), quantity=Decimal(3)),
        {"order_class": "mleg", "qty": "3", "limit_price": "-1.2", "type": "limit"},
    ),
]


@pytest.mark.parametrize(("wish", "expected"), SHAPES)
def test_each_kind_of_order_has_alpacas_words(wish: Draft, expected: dict[str, Any]) -> None:
    body = json.loads(prepared(wish).body)
    assert {name: body.get(name) for name in expected} == expected


def test_several_legs_carry_their_ratio_and_intent() -> None:
    body = json.loads(prepared(SHAPES[-1][0]).body)
    assert body["legs"][1] == {
        "symbol": "AAPL270115C00155000",
        "ratio_qty": "2",
        "side": "sell",
        "position_intent": "sell_to_open",
    }
    assert "symbol" not in body


GTC: dict[str, Any] = {"time_in_force": TimeInForce.GTC}
CANNOT: list[Draft] = [
    draft(ME, session=TradingSession.PRE_MARKET),
    draft(ME, kind=T.MARKET, session=TradingSession.EXTENDED),
    draft(ME, session=TradingSession.EXTENDED, time_in_force=TimeInForce.IOC),
    draft(ME, kind=T.MARKET, quantity=Decimal("0.5"), **GTC),
    draft(ME, quantity=Decimal("0.5"), side=OrderSide.SELL_SHORT),
    draft(ME, kind=T.TRAILING_STOP, quantity=Decimal("0.5")),
    draft(ME, quantity=None, notional=Decimal(100)),
    draft(ME, kind=T.MARKET_ON_CLOSE, **GTC),
    draft(ME, kind=T.STOP, time_in_force=TimeInForce.FOK),
    draft(ME, option(), OrderSide.BUY_TO_OPEN, **GTC),
    draft(ME, option(), OrderSide.BUY_TO_OPEN, quantity=Decimal("1.5")),
    draft(ME, option(), OrderSide.BUY_TO_OPEN, kind=T.TRAILING_STOP),
    draft(ME, option(), OrderSide.BUY_TO_OPEN, session=TradingSession.EXTENDED),
    draft(ME, coin()),
    draft(ME, coin(), kind=T.STOP, **GTC),
    draft(ME, coin(), OrderSide.SELL_SHORT, **GTC),
    draft(ME, share("VTSAX", AssetType.MUTUAL_FUND)),
    draft(ME, legs=LEGS, **GTC),
    draft(ME, legs=LEGS, kind=T.NET_DEBIT, limit_price=Decimal(1)),
    draft(ME, link=Link.BRACKET, children=(EXIT_LIMIT, EXIT_LIMIT)),
    draft(ME, link=Link.BRACKET, children=(EXIT_LIMIT, replace(EXIT_STOP, quantity=Decimal(9)))),
    draft(ME, link=Link.TRIGGERS, children=(replace(EXIT_LIMIT, legs=draft(ME).legs),)),
    draft(ME, kind=T.STOP, link=Link.TRIGGERS, children=(EXIT_LIMIT,)),
    draft(ME, legs=(), link=Link.EITHER, children=(EXIT_LIMIT, EXIT_LIMIT)),
    replace(draft(ME), environment=Environment.PAPER),
]


@pytest.mark.parametrize("wish", CANNOT)
def test_what_alpaca_cannot_do_is_said_in_a_sentence(wish: Draft) -> None:
    with pytest.raises(NotSupportedError) as caught:
        prepared(wish)
    assert caught.value.title.endswith(".")
    assert len(caught.value.title) > 20


@pytest.mark.parametrize(
    ("wish", "where"),
    [
        (draft(ME, limit_price=None), "limit_price"),
        (draft(ME, limit_price=Decimal(0)), "limit_price"),
        (draft(ME, limit_price=Decimal("189.505")), "limit_price"),
        (draft(ME, limit_price=Decimal("0.12345")), "limit_price"),
        (draft(ME, kind=T.MARKET, limit_price=Decimal(1)), "limit_price"),
        (draft(ME, kind=T.STOP, stop_price=Decimal(-1)), "stop_price"),
        (draft(ME, kind=T.TRAILING_STOP, trail_amount=None), "trail_amount"),
        (draft(ME, kind=T.TRAILING_STOP, trail_percent=Decimal(100)), "trail_percent"),
        (draft(ME, quantity=Decimal(0)), "quantity"),
        (draft(ME, quantity=Decimal(-5)), "quantity"),
        (draft(ME, quantity=Decimal("1E-12")), "quantity"),
        (draft(ME, quantity=Decimal("1E+60")), "quantity"),
        (draft(ME, kind=T.MARKET, quantity=None, notional=Decimal("1.005")), "notional"),
        (draft(ME, side=OrderSide.BUY_TO_OPEN), "side"),
        (draft(ME, option(), OrderSide.BUY), "side"),
        (draft(ME, side=OrderSide.UNKNOWN), "side"),
        (draft(ME, share("AÄPL")), "symbol"),
        (draft(ME, time_in_force=TimeInForce.GTD), "good_till"),
        (draft(ME, time_in_force=TimeInForce.UNKNOWN), "time_in_force"),
        (draft(ME, kind=T.UNKNOWN), "type"),
        (draft(ME, legs=(LEGS[0], LEGS[0])), "legs"),
    ],
)
def test_a_draft_that_contradicts_itself_is_refused_by_its_field(wish: Draft, where: str) -> None:
    with pytest.raises(InputError) as caught:
        prepared(wish)
    assert caught.value.field == where


@pytest.mark.parametrize("own", ["", "x" * 49, "a b", "ä", 'a"b', "a\n"])
def test_an_own_id_that_could_be_changed_on_the_way_is_refused(own: str) -> None:
    with pytest.raises(ValueError, match="own id"):
        a_session().prepare(draft(ME), own)


def test_the_review_lists_what_is_sent() -> None:
    assert many(a_session, drafts(ME), has_id=True, taken=60)["taken"] >= 60


@pytest.mark.deep
def test_the_review_lists_what_is_sent_for_5000_orders() -> None:
    seen = many(a_session, drafts(ME), has_id=True, taken=5000)
    assert seen["taken"] >= 5000
    assert len(seen) > 12, "kinds of orders"


# --- what an answer proves ---------------------------------------------------------------------

OWN_KINDS = {
    "id of another order": said(200, order_json(client_order_id="somebody-elses")),
    "no id": said(200, order_json(id=None)),
    "empty id": said(200, order_json(id="")),
    "id that is none": said(200, order_json(id="../../x")),
    "id that is a number": said(200, order_json(id=7)),
    "204": said(204),
    "own id is known already": said(
        422, b'{"code":40010001,"message":"client_order_id must be unique"}'
    ),
    "own id is known, in other words": said(
        422, b'{"code":40010001,"message":"client order id must be unique"}'
    ),
    "duplicate": said(422, b'{"code":42210000,"message":"duplicate order"}'),
    "422 without a code": said(422, b'{"message":"no"}'),
    "422 with a code of another class": said(422, b'{"code":50010000,"message":"no"}'),
    "403 without a code": said(403, b'{"message":"no"}'),
    "403 with a code of a failing server": said(403, b'{"code":50010000,"message":"internal"}'),
    "code as text": said(403, b'{"code":"40310000","message":"no"}'),
    "refusal twice": said(403, b'{"code":40310000,"message":"a","message":"b"}'),
    "timed out inside": said(422, b'{"code":42210000,"message":"request timed out"}'),
}
FINAL = {
    "no money": (
        403,
        b'{"buying_power":"1","code":40310000,"message":"insufficient buying power"}',
    ),
    "no shares": (
        403,
        b'{"code":40310000,"message":"insufficient qty available for order (requested: 5, '
        b'available: 0)"}',
    ),
    "unknown login": (401, b'{"message":"unauthorized"}'),
    "unknown login with a code": (401, b'{"code":40110000,"message":"request is not authorized"}'),
    "forbidden": (403, b'{"message":"forbidden."}'),
    "limit only": (
        422,
        b'{"code":40010001,"message":"only type=\\"limit\\" is allowed for extended hours orders"}',
    ),
    "sub-penny": (
        422,
        b'{"code":42210000,"message":"invalid limit_price 41.085. sub-penny increment does not '
        b'fulfill minimum pricing criteria"}',
    ),
    "wash trade": (403, b'{"code":40310000,"message":"potential wash trade detected"}'),
    "no asset": (404, b'{"code":40410000,"message":"asset not found for ZZZZQX"}'),
    "bad request": (400, b'{"code":40010000,"message":"request body format is invalid"}'),
}


@pytest.mark.parametrize("login", [KEY, TOKEN], ids=["key", "browser"])
@pytest.mark.parametrize("kind", [*KINDS, *OWN_KINDS])
async def test_an_ambiguous_answer_proves_nothing_and_is_not_asked_again(
    kind: str, login: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stand(monkeypatch, login) as told:
        told.writes = [{**KINDS, **OWN_KINDS}[kind]] + [said(200, order_json())] * 3
        outcome = await told.session.place(prepared(draft(ME)))
    assert isinstance(outcome, Unproven), outcome
    assert outcome.why.endswith(".")
    assert len(told.server.writes()) == 1


@pytest.mark.parametrize("kind", FINAL)
async def test_a_final_refusal_is_told_in_alpacas_words(kind: str) -> None:
    status, body = FINAL[kind]
    async with stand() as told:
        told.writes = [said(status, body)]
        outcome = await told.session.place(prepared(draft(ME)))
    assert outcome == Refused(
        words=json.loads(body)["message"], code=str(json.loads(body).get("code", status))
    )
    assert len(told.server.writes()) == 1


@pytest.mark.parametrize("status", [200, 201])
async def test_an_order_with_an_id_is_an_answer(status: int) -> None:
    async with stand() as told:
        told.writes = [said(status, order_json())]
        wish = prepared(draft(ME))
        assert await told.session.place(wish) == Answered(order_id=ORDER)
    (seen,) = told.server.writes()
    assert (seen.method, seen.target) == ("POST", "/alpaca/live/v2/orders")
    assert seen.body == wish.body
    assert seen.headers["content-type"] == "application/json"
    assert seen.headers["apca-api-secret-key"] == "quite-secret-key"
    assert "authorization" not in seen.headers


async def test_a_browser_login_sends_its_token() -> None:
    async with stand(credentials=TOKEN) as told:
        told.writes = [said(200, order_json())]
        await told.session.place(prepared(draft(ME)))
    (seen,) = told.server.writes()
    assert seen.headers["authorization"] == "Bearer token-of-browser"
    assert "apca-api-key-id" not in seen.headers


async def test_what_fails_before_the_first_byte_was_not_sent() -> None:
    async with stand() as told:
        told.session._context = replace(told.session._context, network=Network(offline=True))
        await told.session.accounts()
        assert isinstance(await told.session.place(prepared(draft(ME))), NotSent)
        assert isinstance(await told.session.cancel(ME, ORDER), NotSent)
    async with stand(credentials={"venues": "live"}) as told:
        assert isinstance(await told.session.place(prepared(draft(ME))), NotSent)
    async with stand() as told:
        elsewhere = replace(draft(ME), account=AccountId("alpaca:0000000000000000"))
        assert isinstance(await told.session.place(prepared(elsewhere)), NotSent)
    assert told.server.writes() == []


@settings(max_examples=60, deadline=None, suppress_health_check=[*HealthCheck])
@given(st.binary(max_size=80), st.sampled_from([200, 201, 400, 401, 403, 404, 422, 500]))
def test_no_bytes_are_taken_for_an_order_or_a_refusal(body: bytes, status: int) -> None:
    from brokerdesk.brokers.alpaca import order_answers
    from brokerdesk.brokers.once import Reply

    reply = Reply(status=status, body=body, is_json=body[:1] in (b"{", b"["))
    assert isinstance(order_answers.placed(reply, OWN), Unproven)


async def test_an_order_is_counted_among_the_requests_and_not_sent_into_a_pause() -> None:
    async with stand() as told:
        await told.session.ready(ME)
        http = told.session._hosts["live"]
        before = http.rate()
        told.writes = [said(200, order_json())]
        assert isinstance(await told.session.place(prepared(draft(ME))), Answered)
        after = http.rate()
        assert before is not None
        assert after is not None
        assert after.free == before.free - 1
        http._buckets.of("PKSIM").pause(60)
        refused = await told.session.place(prepared(draft(ME)))
        assert isinstance(refused, NotSent)
        assert "pause" in refused.why
        assert len(told.server.writes()) == 1


# --- before, after and instead -----------------------------------------------------------------


async def test_a_session_is_ready_when_its_account_answers() -> None:
    async with stand() as told:
        assert isinstance(told.session, Trades)
        await told.session.ready(ME)


@pytest.mark.parametrize("scope", [{"scope": "data"}, {"scope": ""}, {}])
async def test_a_browser_login_for_reading_alone_is_not_ready(scope: dict[str, str]) -> None:
    login = {name: value for name, value in TOKEN.items() if name != "scope"}
    async with stand(credentials={**login, **scope}) as told:
        with pytest.raises(NotSupportedError):
            await told.session.ready(ME)
    async with stand(credentials=TOKEN) as told:
        await told.session.ready(ME)


@pytest.mark.parametrize(
    "changes",
    [
        {"trading_blocked": True},
        {"account_blocked": True},
        {"trade_suspended_by_user": True},
        {"status": "ACCOUNT_CLOSED"},
    ],
)
async def test_a_blocked_account_sends_no_orders_and_can_still_cancel(
    changes: dict[str, Any],
) -> None:
    wish = draft(ME)
    async with stand() as told:
        told.account.update(changes)
        told.reads[f"/alpaca/live/v2/orders/{ORDER}"] = said(200, order_json())
        await told.session.ready(ME)
        assert isinstance(await told.session.place(prepared(wish)), NotSent)
        assert isinstance(await told.session.replace(prepared(wish, replaces=ORDER)), NotSent)
        assert told.server.writes() == []
        told.writes = [said(204), said(200, order_json())]
        assert await told.session.cancel(ME, ORDER) == Answered(order_id=ORDER)
        told.account = {**ACCOUNT, "id": UUID}
        await told.session.ready(ME)
        assert await told.session.place(prepared(wish)) == Answered(order_id=ORDER)


async def test_a_session_that_answers_for_another_account_is_not_ready() -> None:
    async with stand() as told:
        await told.session.accounts()
        told.account["id"] = "another"
        with pytest.raises(BrokerProtocolError):
            await told.session.ready(ME)


async def test_a_broker_that_does_not_answer_in_time_is_not_ready(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("brokerdesk.brokers.alpaca.trading.READY_WITHIN", 0.2)
    async with stand() as told:
        await told.session.accounts()
        told.reads["account"] = KINDS["silent"]
        with pytest.raises(BrokerUnavailableError):
            await told.session.ready(ME)


async def test_an_order_is_read_back_and_is_the_one_that_was_asked_for() -> None:
    path = f"/alpaca/live/v2/orders/{ORDER}"
    async with stand() as told:
        told.reads[path] = said(200, order_json())
        found = await told.session.order(ME, ORDER)
        assert found is not None
        assert differences(draft(ME), found) == ()
        assert await told.session.order(ME, "11111111-0000-0000-0000-000000000000") is None
        told.reads[path] = said(200, order_json(id="another-order"))
        with pytest.raises(BrokerProtocolError):
            await told.session.order(ME, ORDER)


async def test_an_order_is_found_by_our_own_id_and_no_other() -> None:
    path = "/alpaca/live/v2/orders:by_client_order_id"
    async with stand() as told:
        assert await told.session.by_client_id(ME, OWN) is None
        told.reads[path] = said(200, order_json())
        found = await told.session.by_client_id(ME, OWN)
        assert found is not None
        assert found.id == ORDER
        assert f"client_order_id={OWN}" in told.server.seen[-1].target
        told.reads[path] = said(200, order_json(client_order_id="another"))
        with pytest.raises(BrokerProtocolError):
            await told.session.by_client_id(ME, OWN)


async def test_all_orders_are_asked_for_closed_ones_too() -> None:
    async with stand() as told:
        told.reads["/alpaca/live/v2/orders"] = said(200, b"[" + order_json() + b"]")
        batch = await told.session.every_order(ME, FakeClock().now() - timedelta(days=2))
        assert [one.id for one in batch.items] == [ORDER]
        assert "status=all" in told.server.seen[-1].target
        many = b",".join(order_json(id=f"{n:036d}") for n in range(500))
        told.reads["/alpaca/live/v2/orders"] = said(200, b"[" + many + b"]")
        start = FakeClock().now()
        batch = await told.session.orders(ME, start, start)
        assert batch.unread, "a full list that cannot be halved any further is not whole"


async def test_a_replacement_sends_what_changes_and_is_a_new_order() -> None:
    wish = draft(ME, limit_price=Decimal("190"), quantity=Decimal(7))
    found = prepared(wish, replaces=ORDER)
    assert found.route == f"PATCH /v2/orders/{ORDER}"
    assert json.loads(found.body) == {
        "qty": "7",
        "time_in_force": "day",
        "limit_price": "190",
        "client_order_id": OWN,
    }
    assert flat(json.loads(found.body)) == {one.name: one.value for one in found.fields}
    path = f"/alpaca/live/v2/orders/{ORDER}"
    async with stand() as told:
        told.reads[path] = said(200, order_json(client_order_id="old"))
        told.writes = [said(200, order_json(id="new-order-0001", replaces=ORDER))]
        assert await told.session.replace(found) == Answered(order_id="new-order-0001")
        told.writes = [said(200, order_json(id=ORDER))]
        assert isinstance(await told.session.replace(found), Unproven), "the old one's id"
    assert [one.method for one in told.server.writes()] == ["PATCH", "PATCH"]


@pytest.mark.parametrize(
    "changes",
    [{"symbol": "MSFT"}, {"side": "sell"}, {"type": "market"}, {"extended_hours": True}],
)
async def test_what_alpaca_does_not_change_is_not_sent_as_a_replacement(
    changes: dict[str, Any],
) -> None:
    async with stand() as told:
        told.reads[f"/alpaca/live/v2/orders/{ORDER}"] = said(200, order_json(**changes))
        outcome = await told.session.replace(prepared(draft(ME), replaces=ORDER))
        assert isinstance(outcome, NotSent), outcome
        unknown = await told.session.replace(prepared(draft(ME), replaces="unknown-order"))
        assert isinstance(unknown, NotSent)
    assert told.server.writes() == []


@pytest.mark.parametrize(
    "wish",
    [
        draft(ME, kind=T.MARKET, quantity=Decimal("0.5")),
        draft(ME, link=Link.TRIGGERS, children=(EXIT_LIMIT,)),
    ],
)
def test_some_orders_cannot_be_replaced(wish: Draft) -> None:
    with pytest.raises(NotSupportedError):
        prepared(wish, replaces=ORDER)


async def test_a_cancel_is_asked_for_once() -> None:
    async with stand() as told:
        told.writes = [said(204)]
        assert await told.session.cancel(ME, ORDER) == Answered(order_id=ORDER)
        told.writes = [
            said(422, b'{"code":42210000,"message":"order is already in \\"filled\\" state"}')
        ]
        refused = await told.session.cancel(ME, ORDER)
        assert refused == Refused(words='order is already in "filled" state', code="42210000")
        told.writes = [said(404, b'{"code":40410000,"message":"order not found"}')]
        assert isinstance(await told.session.cancel(ME, ORDER), Refused)
    seen = told.server.writes()
    assert {(one.method, one.target) for one in seen} == {
        ("DELETE", f"/alpaca/live/v2/orders/{ORDER}")
    }
    assert len(seen) == 3


@pytest.mark.parametrize("kind", [one for one in KINDS if one != "200 and nothing"])
async def test_an_ambiguous_answer_to_a_cancel_proves_nothing(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stand(monkeypatch) as told:
        told.writes = [KINDS[kind]] + [said(204)] * 3
        assert isinstance(await told.session.cancel(ME, ORDER), Unproven)
    assert len(told.server.writes()) == 1


async def test_nothing_is_asked_and_nothing_previewed() -> None:
    async with stand() as told:
        assert isinstance(await told.session.answer(ME, "x", agreed=True), NotSent)
        assert await told.session.preview(prepared(draft(ME))) is None
    assert told.server.seen == []


@pytest.mark.parametrize(
    ("environment", "host"),
    [(Environment.LIVE, "api.alpaca.markets"), (Environment.PAPER, "paper-api.alpaca.markets")],
)
async def test_an_order_leaves_for_the_host_of_its_environment_alone(
    environment: Environment, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []

    async def seen(wire: Any, **more: Any) -> NotSent:
        asked.append(more)
        return NotSent(why="A test.")

    monkeypatch.setattr("brokerdesk.brokers.alpaca.trading.send_once", seen)
    session = a_session(environment)
    mine = account_id("alpaca", environment.value, UUID)
    session._venues[mine] = environment.value
    wish = replace(draft(mine), environment=environment)
    await session.place(session.prepare(wish, OWN))
    assert asked[0]["base_url"] == f"https://{host}"
    assert asked[0]["hosts"] == (host,)
    assert asked[0]["plain_loopback"] is False
    assert set(order_wire.WORDS) >= {one.name for one in session.prepare(wish, OWN).fields}
