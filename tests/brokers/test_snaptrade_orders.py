"""Orders through SnapTrade: what goes out and how it is signed, what an answer proves."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import snaptrade_payloads as payloads
from support.brokers import MemoryCredentials
from support.clock import FakeClock
from support.drafts import cents, coin, draft, drafts, option, share, units
from support.order_checks import OWN, flat, many
from support.order_server import KINDS, Answering, OrderServer, Seen, order_server, said

from brokerdesk.brokers.base import Network, SessionContext
from brokerdesk.brokers.draft_check import OPTION_SIDES
from brokerdesk.brokers.once import Reply, send_once
from brokerdesk.brokers.snaptrade import SPEC, order_answers, signing, wire
from brokerdesk.brokers.snaptrade.session import SnapTradeSession
from brokerdesk.brokers.trading import Answered, NotSent, Refused, Trades, Unproven
from brokerdesk.domain.draft import Draft, Link
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
    BrokerRefusedError,
    BrokerUnavailableError,
    InputError,
    NotSupportedError,
)

ME = account_id("snaptrade", "practice", payloads.ID)
T = OrderType
KEYS = {"client_id": "DESK", "consumer_key": "consumer-key-1"}
USER = {**KEYS, "user_id": "me", "user_secret": "users/secret+1"}
LINK: dict[str, Any] = {
    "id": payloads.CONNECTION,
    "type": "trade",
    "disabled": False,
    "brokerage": {"slug": "SOME-BROKER", "name": "Some Broker", "allows_trading": True},
}
RECORD: dict[str, Any] = {
    "brokerage_order_id": "ord-1",
    "status": "ACCEPTED",
    "universal_symbol": {
        "id": "u",
        "symbol": "AAPL",
        "raw_symbol": "AAPL",
        "currency": {"code": "USD"},
        "type": {"code": "cs"},
    },
    "action": "BUY",
    "total_quantity": "10",
    "open_quantity": "10",
    "filled_quantity": "0",
    "limit_price": "189.5",
    "order_type": "Limit",
    "time_in_force": "Day",
    "time_placed": "2026-11-20T15:00:00Z",
}


@dataclass
class Stand:
    """A session in front of a small server that is one key."""

    server: OrderServer
    session: SnapTradeSession
    writes: list[Answering] = field(default_factory=list)
    reads: dict[str, Any] = field(default_factory=dict)
    detail: Answering | None = None

    def answer(self, seen: Seen) -> Answering | None:
        if seen.target.partition("?")[0].endswith("/orders/details"):
            return self.detail or said(404, b'{"detail":"Object not found","code":"1011"}')
        if seen.method != "GET":
            return self.writes.pop(0) if self.writes else said(500)
        path = seen.target.partition("?")[0]
        found = self.reads.get(path)
        if found is None or callable(found):
            return found
        return said(200, json.dumps(found).encode())


@asynccontextmanager
async def stand(
    patch: pytest.MonkeyPatch | None = None, keys: dict[str, str] = KEYS
) -> AsyncIterator[Stand]:
    if patch is not None:
        quick = partial(send_once, deadline=0.4)
        patch.setattr("brokerdesk.brokers.snaptrade.trading.send_once", quick)
    async with order_server() as server:
        session = SPEC.open_session(
            SessionContext(
                environment=Environment.PRACTICE,
                clock=FakeClock(auto=True),
                credentials=MemoryCredentials(keys),
                practice_url=server.url,
            )
        )
        assert isinstance(session, SnapTradeSession)
        told = Stand(server, session)
        told.reads = {
            "/authorizations": [LINK],
            "/accounts": [payloads.ACCOUNT],
            f"/accounts/{payloads.ID}/orders": [],
            f"/accounts/{payloads.ID}/recentOrders": {"orders": [RECORD]},
        }
        server.answer = told.answer
        try:
            await session.accounts()
            yield told
        finally:
            await session.aclose()


def a_session() -> SnapTradeSession:
    session = SnapTradeSession(
        SessionContext(
            environment=Environment.PRACTICE,
            clock=FakeClock(),
            credentials=MemoryCredentials(KEYS),
            practice_url="http://127.0.0.1:1",
        )
    )
    session._known[ME] = wire.Account(id=payloads.ID, brokerage_authorization=payloads.CONNECTION)
    return session


def prepared(wish: Draft, replaces: str = "") -> Any:
    return a_session().prepare(wish, OWN, replaces=replaces)


# --- what goes out ---------------------------------------------------------------------------


def test_a_plain_order_is_what_snaptrade_documents() -> None:
    found = prepared(draft(ME))
    assert found.route == "POST /trade/place"
    assert found.body == (
        b'{"account_id":"917c8734-8470-4a3e-a18f-57c3f2ee6631","action":"BUY","symbol":"AAPL",'
        b'"order_type":"Limit","time_in_force":"Day","trading_session":"REGULAR","price":189.5,'
        b'"units":10}'
    )


SHAPES: list[tuple[Draft, str, dict[str, str]]] = [
    (draft(ME, kind=T.STOP), "/trade/place", {"order_type": "Stop", "stop": "187.25"}),
    (draft(ME, kind=T.STOP_LIMIT), "/trade/place", {"order_type": "StopLimit"}),
    (draft(ME, quantity=Decimal("0.125")), "/trade/place", {"units": "0.125"}),
    (
        draft(ME, kind=T.MARKET, quantity=None, notional=Decimal(50)),
        "/trade/place",
        {"notional_value": "50.00", "order_type": "Market"},
    ),
    (
        draft(ME, session=TradingSession.EXTENDED, time_in_force=TimeInForce.GTC),
        "/trade/place",
        {"trading_session": "EXTENDED", "time_in_force": "GTC"},
    ),
    (
        draft(ME, option(), OrderSide.SELL_TO_OPEN, limit_price=Decimal("1.2")),
        f"/accounts/{payloads.ID}/trading/options",
        {
            "order_type": "LIMIT",
            "limit_price": "1.20",
            "price_effect": "CREDIT",
            "legs[0].instrument.symbol": "AAPL  270115C00150000",
            "legs[0].units": "10",
            "legs[0].action": "SELL_TO_OPEN",
        },
    ),
]


@pytest.mark.parametrize(("wish", "path", "expected"), SHAPES)
def test_each_kind_of_order_has_snaptrades_words(
    wish: Draft, path: str, expected: dict[str, str]
) -> None:
    found = prepared(wish)
    body = flat(json.loads(found.body, parse_float=Decimal))
    assert {name: body.get(name) for name in expected} == expected
    assert found.route == f"POST {path}"
    assert not any(value == "None" for value in body.values())


@pytest.mark.parametrize(
    "wish",
    [
        draft(ME, kind=T.TRAILING_STOP),
        draft(ME, kind=T.MARKET_ON_CLOSE),
        draft(ME, side=OrderSide.SELL_SHORT),
        draft(ME, session=TradingSession.PRE_MARKET),
        draft(ME, kind=T.MARKET, session=TradingSession.EXTENDED),
        draft(ME, quantity=None, notional=Decimal(50)),
        draft(ME, coin()),
        draft(ME, link=Link.TRIGGERS, children=(draft(ME, side=OrderSide.SELL),)),
        draft(ME, option(), OrderSide.BUY_TO_OPEN, quantity=Decimal("0.5")),
        replace(draft(ME), environment=Environment.LIVE),
        replace(draft(ME), account=AccountId("snaptrade:0000000000000000")),
    ],
)
def test_what_cannot_be_done_through_it_is_said_in_a_sentence(wish: Draft) -> None:
    with pytest.raises(NotSupportedError) as caught:
        prepared(wish)
    assert caught.value.title.endswith(".")


def test_quantities_that_are_written_in_several_ways_are_refused() -> None:
    with pytest.raises(InputError):
        prepared(draft(ME, quantity=Decimal("0.00001")))


@st.composite
def plain_drafts(draw: Any) -> Draft:
    """Single orders, most of which go through SnapTrade."""
    kind = draw(st.sampled_from([T.MARKET, T.LIMIT, T.STOP, T.STOP_LIMIT]))
    what = draw(st.sampled_from([share("AAPL"), share("BRK.B"), share("VAB.TO"), option()]))
    contract = what.asset_type is AssetType.OPTION
    sides = OPTION_SIDES if contract else (OrderSide.BUY, OrderSide.SELL)
    given: dict[str, Any] = {"quantity": draw(units)}
    if not contract and draw(st.booleans()):
        given["quantity"] = Decimal(draw(st.integers(1, 10**9))) / 10_000
    if kind in (T.LIMIT, T.STOP_LIMIT):
        given["limit_price"] = draw(cents)
    if kind in (T.STOP, T.STOP_LIMIT):
        given["stop_price"] = draw(cents)
    lasts = draw(st.sampled_from([one for one in TimeInForce if one not in ("gtd", "unknown")]))
    return draft(ME, what, draw(st.sampled_from(sides)), kind, time_in_force=lasts, **given)


def test_the_review_lists_what_is_sent() -> None:
    assert many(a_session, drafts(ME), has_id=False, taken=60)["taken"] >= 60


@pytest.mark.deep
def test_the_review_lists_what_is_sent_for_5000_orders() -> None:
    assert many(a_session, plain_drafts(), has_id=False, taken=5000)["taken"] >= 5000


@settings(max_examples=150, deadline=None, suppress_health_check=[*HealthCheck])
@given(st.data())
def test_what_is_signed_is_what_others_read_out_of_the_bytes(data: Any) -> None:
    try:
        body = prepared(data.draw(drafts(ME))).body
    except (InputError, NotSupportedError):
        return
    keys = signing.Keys.of(KEYS)
    found = signing.exact(keys, "/trade/place", 1763650800, body)
    query = urlsplit(found.target).query
    # As the documented rule does it, numbers as floats and all.
    canonical = json.dumps(
        {"content": json.loads(body), "path": "/trade/place", "query": query},
        separators=(",", ":"),
        sort_keys=True,
    )
    digest = hmac.new(b"consumer-key-1", canonical.encode(), hashlib.sha256).digest()
    assert found.headers["Signature"] == base64.b64encode(digest).decode()
    assert found.content == body


# --- what an answer proves ---------------------------------------------------------------------

FINAL = {
    "brokerage": (400, b'{"detail":"Not enough buying power","status_code":400,"code":"1019"}'),
    "number": (400, b'{"detail":"Market is closed","code":1063}'),
    "other envelope": (400, b'{"default_detail":"Bad symbol","default_code":"1012"}'),
    "key": (401, b'{"detail":"Unable to verify signature sent","status_code":401,"code":"1076"}'),
    "disabled": (402, b'{"detail":"connection is disabled","code":"3003"}'),
    "read": (403, b'{"detail":"no permission","code":"1066"}'),
    "account": (404, b'{"detail":"does not exist","code":"1011"}'),
}
OWN_KINDS: dict[str, Answering] = {
    "no id": said(200, json.dumps({**RECORD, "brokerage_order_id": None}).encode()),
    "empty id": said(200, json.dumps({**RECORD, "brokerage_order_id": ""}).encode()),
    "id that is none": said(200, json.dumps({**RECORD, "brokerage_order_id": "a\nb"}).encode()),
    "no code": said(400, b'{"detail":"no"}'),
    "brokerage's failure": said(503, b'{"detail":"Invalid response","code":"3002"}'),
    "its own failure": said(500, b'{"detail":"unexpected","code":"1000"}'),
    "brokerage timed out": said(400, b'{"detail":"Request timed out","code":"1000"}'),
    "invalid response": said(400, b'{"detail":"Invalid response from brokerage","code":"3002"}'),
    "first sync": said(425, b'{"detail":"try later","code":"3012"}'),
    "throttled": said(429, b'{"detail":"Request was throttled.","code":"throttled"}'),
    "duplicate": said(400, b'{"detail":"Duplicate order","code":"1"}'),
    "501": said(501, b'{"error":"not implemented"}'),
}


@pytest.mark.parametrize("kind", [*KINDS, *OWN_KINDS])
async def test_an_ambiguous_answer_proves_nothing_and_is_not_asked_again(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stand(monkeypatch) as told:
        good = said(200, json.dumps(RECORD).encode())
        told.writes = [{**KINDS, **OWN_KINDS}[kind], good, good, good]
        outcome = await told.session.place(prepared(draft(ME)))
        assert isinstance(outcome, Unproven), outcome
        assert len(told.server.writes()) == 1


@pytest.mark.parametrize("kind", FINAL)
async def test_a_final_refusal_is_told_in_its_words(kind: str) -> None:
    status, body = FINAL[kind]
    async with stand() as told:
        told.writes = [said(status, body)]
        outcome = await told.session.place(prepared(draft(ME)))
        assert isinstance(outcome, Refused)
        assert outcome.words.encode() in body
        assert len(told.server.writes()) == 1


@settings(max_examples=60, deadline=None, suppress_health_check=[*HealthCheck])
@given(st.binary(max_size=80), st.sampled_from([200, 201, 400, 401, 403, 404, 500]))
def test_no_bytes_are_taken_for_an_order_or_a_refusal(told: bytes, status: int) -> None:
    reply = Reply(status=status, body=told, is_json=told[:1] in (b"{", b"["))
    assert isinstance(order_answers.placed(reply), Unproven)


@pytest.mark.parametrize("keys", [KEYS, USER], ids=["personal", "commercial"])
async def test_an_order_is_signed_as_it_is_sent(keys: dict[str, str]) -> None:
    async with stand(keys=keys) as told:
        told.writes = [said(200, json.dumps(RECORD).encode())]
        wish = prepared(draft(ME))
        assert await told.session.place(wish) == Answered(order_id="ord-1")
        (seen,) = told.server.writes()
        path, _, query = seen.target.partition("?")
        assert (path, seen.body) == ("/trade/place", wish.body)
        assert ("userSecret=users%2Fsecret%2B1" in query) == (keys is USER)
        expected = signing.signature("consumer-key-1", path, query, json.loads(seen.body))
        assert seen.headers["signature"] == expected


async def test_what_fails_before_the_first_byte_was_not_sent() -> None:
    async with stand() as told:
        told.session._context = replace(told.session._context, network=Network(offline=True))
        assert isinstance(await told.session.place(prepared(draft(ME))), NotSent)
        unknown = AccountId("snaptrade:0000000000000000")
        assert isinstance(await told.session.cancel(unknown, "ord-1"), NotSent)
        assert told.server.writes() == []


# --- before, after and instead -----------------------------------------------------------------


async def test_a_session_is_ready_when_the_brokerage_may_be_traded_at() -> None:
    async with stand() as told:
        assert isinstance(told.session, Trades)
        await told.session.ready(ME)
        told.reads["/authorizations"] = [{**LINK, "type": "read"}]
        with pytest.raises(NotSupportedError):
            await told.session.ready(ME)
        told.reads["/authorizations"] = [{**LINK, "disabled": True}]
        with pytest.raises(BrokerRefusedError):
            await told.session.ready(ME)
        with pytest.raises(BrokerRefusedError):
            await told.session.ready(AccountId("snaptrade:0000000000000000"))


async def test_a_broker_that_does_not_answer_in_time_is_not_ready(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("brokerdesk.brokers.snaptrade.trading.READY_WITHIN", 0.2)
    async with stand() as told:
        told.reads["/authorizations"] = KINDS["silent"]
        with pytest.raises(BrokerUnavailableError):
            await told.session.ready(ME)


async def test_an_order_is_read_back_and_compared() -> None:
    async with stand() as told:
        found = await told.session.order(ME, "ord-1")
        assert found is not None
        assert differences(draft(ME), found) == ()
        assert await told.session.order(ME, "ord-2") is None
        another = json.dumps({**RECORD, "brokerage_order_id": "ord-3"}).encode()
        told.detail = said(200, another)
        assert await told.session.order(ME, "ord-2") is None, "it is another order's"
        single = await told.session.order(ME, "ord-3")
        assert single is not None
        assert single.id == "ord-3"
        told.detail = said(500)
        with pytest.raises(BrokerUnavailableError):
            await told.session.order(ME, "ord-4")
        with pytest.raises(NotSupportedError):
            await told.session.by_client_id(ME, OWN)


async def test_without_the_newest_orders_nothing_can_be_looked_for() -> None:
    async with stand() as told:
        told.reads[f"/accounts/{payloads.ID}/recentOrders"] = said(
            403, b'{"detail":"not enabled","code":"1141"}'
        )
        since = FakeClock().now() - timedelta(days=2)
        with pytest.raises(NotSupportedError):
            await told.session.every_order(ME, since)
        told.reads[f"/accounts/{payloads.ID}/recentOrders"] = {"orders": [RECORD]}
        assert len((await told.session.every_order(ME, since)).items) == 1


async def test_a_replacement_names_the_old_order() -> None:
    wish = prepared(draft(ME), replaces="ord-1")
    assert json.loads(wish.body)["brokerage_order_id"] == "ord-1"
    assert flat(json.loads(wish.body)) == {one.name: one.value for one in wish.fields}
    async with stand() as told:
        new = json.dumps({**RECORD, "brokerage_order_id": "ord-2"}).encode()
        told.writes = [said(200, new), said(200, json.dumps(RECORD).encode())]
        assert await told.session.replace(wish) == Answered(order_id="ord-2")
        assert isinstance(await told.session.replace(wish), Unproven)
        path = told.server.writes()[0].target.partition("?")[0]
        assert path == f"/accounts/{payloads.ID}/trading/replace"
        assert isinstance(await told.session.place(wish), NotSent)


async def test_a_cancel_is_asked_for_once() -> None:
    async with stand() as told:
        told.writes = [
            said(200, b'{"brokerage_order_id":"ord-1","raw_response":null}'),
            said(200, b'{"brokerage_order_id":"ord-2"}'),
            said(400, b'{"detail":"Order is filled","code":"1063"}'),
        ]
        assert await told.session.cancel(ME, "ord-1") == Answered(order_id="ord-1")
        assert isinstance(await told.session.cancel(ME, "ord-1"), Unproven)
        assert isinstance(await told.session.cancel(ME, "ord-1"), Refused)
        seen = told.server.writes()
        assert [one.body for one in seen] == [b'{"brokerage_order_id":"ord-1"}'] * 3
