"""Orders to Schwab: what goes out, what an answer proves, and that nothing goes twice."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import schwab_payloads as payloads
from support.brokers import MemoryCredentials, signed_in
from support.clock import FakeClock
from support.drafts import coin, draft, drafts, option, share
from support.order_checks import OWN, flat, many
from support.order_server import KINDS, Answering, OrderServer, Seen, order_server, raw, said

from brokerdesk.brokers.base import Network, SessionContext
from brokerdesk.brokers.once import Reply, send_once
from brokerdesk.brokers.schwab import SPEC, order_answers
from brokerdesk.brokers.schwab.session import SchwabSession
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
    AuthExpiredError,
    BrokerProtocolError,
    BrokerRefusedError,
    BrokerUnavailableError,
    InputError,
    NotSupportedError,
)

ME = account_id("schwab", "practice", payloads.NUMBER)
HASH = payloads.HASH
ORDERS = f"/trader/v1/accounts/{HASH}/orders"
ID = "1004712345678"
T = OrderType


@dataclass
class Stand:
    """A session in front of a small server that is one login."""

    server: OrderServer
    session: SchwabSession
    clock: FakeClock
    credentials: MemoryCredentials
    writes: list[Answering] = field(default_factory=list)
    reads: dict[str, Answering] = field(default_factory=dict)
    expires_in: int = 1800
    refreshes: int = 0

    def answer(self, seen: Seen) -> Answering | None:
        path = seen.target.partition("?")[0]
        if path == "/v1/oauth/token":
            self.refreshes += 1
            told = {
                "access_token": f"I0.renewed-{self.refreshes}@",
                "refresh_token": "refresh-1@",
                "expires_in": self.expires_in,
            }
            return self.reads.get(path) or said(200, json.dumps(told).encode())
        if seen.method != "GET":
            return self.writes.pop(0) if self.writes else said(500)
        if path == "/trader/v1/accounts/accountNumbers":
            return self.reads.get(path) or said(200, json.dumps(payloads.NUMBERS).encode())
        return self.reads.get(path) or said(404, b'{"message":"Order not found"}')

    def sent(self) -> list[Seen]:
        return [one for one in self.server.writes() if one.target != "/v1/oauth/token"]

    def location(self, **changes: str) -> str:
        values = {"base": self.server.url, "hash": HASH, "id": ID, **changes}
        return "{base}/trader/v1/accounts/{hash}/orders/{id}".format(**values)


@asynccontextmanager
async def stand(patch: pytest.MonkeyPatch | None = None) -> AsyncIterator[Stand]:
    if patch is not None:
        quick = partial(send_once, deadline=0.4)
        patch.setattr("brokerdesk.brokers.schwab.trading.send_once", quick)
    clock = FakeClock(auto=True)
    credentials = MemoryCredentials(signed_in(clock.now()))
    async with order_server() as server:
        session = SPEC.open_session(
            SessionContext(
                environment=Environment.PRACTICE,
                clock=clock,
                credentials=credentials,
                practice_url=server.url,
            )
        )
        assert isinstance(session, SchwabSession)
        told = Stand(server, session, clock, credentials)
        server.answer = told.answer
        try:
            yield told
        finally:
            await session.aclose()


def a_session() -> SchwabSession:
    clock = FakeClock()
    return SchwabSession(
        SessionContext(
            environment=Environment.PRACTICE,
            clock=clock,
            credentials=MemoryCredentials(signed_in(clock.now())),
            practice_url="http://127.0.0.1:1",
        )
    )


def prepared(wish: Draft, replaces: str = "") -> Any:
    return a_session().prepare(wish, OWN, replaces=replaces)


def body(wish: Draft) -> Any:
    return json.loads(prepared(wish).body)


# --- what goes out ---------------------------------------------------------------------------


def test_a_plain_order_is_what_schwab_documents() -> None:
    assert prepared(draft(ME)).body == (
        b'{"orderType":"LIMIT","session":"NORMAL","duration":"DAY","price":"189.50",'
        b'"orderStrategyType":"SINGLE","orderLegCollection":[{"instruction":"BUY","quantity":10,'
        b'"instrument":{"symbol":"AAPL","assetType":"EQUITY"}}]}'
    )


EXIT = draft(ME, side=OrderSide.SELL, limit_price=Decimal(201), time_in_force=TimeInForce.GTC)
STOP = draft(
    ME,
    side=OrderSide.SELL,
    kind=T.STOP,
    stop_price=Decimal("180.5"),
    time_in_force=TimeInForce.GTC,
)
BUY, SOLD = OrderSide.BUY_TO_OPEN, OrderSide.SELL_TO_OPEN


def legs(*given: tuple[Any, OrderSide]) -> tuple[DraftLeg, ...]:
    return tuple(DraftLeg(instrument=what, side=side) for what, side in given)


VERTICAL = legs((option("150"), BUY), (option("155"), SOLD))
TWICE = tuple(replace(leg, ratio=Decimal(2)) for leg in VERTICAL)
HALF = (VERTICAL[0], replace(VERTICAL[1], ratio=Decimal("0.5")))
LATER = date(2027, 6, 18)
SHAPES: list[tuple[Draft, dict[str, str]]] = [
    (draft(ME, kind=T.MARKET), {"orderType": "MARKET"}),
    (draft(ME, kind=T.STOP_LIMIT), {"price": "189.50", "stopPrice": "187.25"}),
    (draft(ME, limit_price=Decimal("0.1234")), {"price": "0.1234"}),
    (draft(ME, limit_price=Decimal("0.5")), {"price": "0.50"}),
    (
        draft(ME, kind=T.TRAILING_STOP, side=OrderSide.SELL),
        {"stopPriceLinkBasis": "BID", "stopPriceLinkType": "VALUE", "stopPriceOffset": "1.5"},
    ),
    (
        draft(ME, kind=T.TRAILING_STOP, trail_percent=Decimal("5.0")),
        {"stopPriceLinkBasis": "ASK", "stopPriceLinkType": "PERCENT", "stopPriceOffset": "5"},
    ),
    (draft(ME, kind=T.MARKET_ON_CLOSE), {"orderType": "MARKET_ON_CLOSE"}),
    (draft(ME, session=TradingSession.PRE_MARKET), {"session": "AM"}),
    (draft(ME, session=TradingSession.POST_MARKET), {"session": "PM"}),
    (
        draft(ME, session=TradingSession.EXTENDED, time_in_force=TimeInForce.GTC),
        {"session": "SEAMLESS", "duration": "GOOD_TILL_CANCEL"},
    ),
    (draft(ME, time_in_force=TimeInForce.FOK), {"duration": "FILL_OR_KILL"}),
    (draft(ME, time_in_force=TimeInForce.IOC), {"duration": "IMMEDIATE_OR_CANCEL"}),
    (
        draft(ME, side=OrderSide.SELL_SHORT),
        {"orderLegCollection[0].instruction": "SELL_SHORT"},
    ),
    (
        draft(ME, option(), OrderSide.SELL_TO_CLOSE),
        {
            "complexOrderStrategyType": "NONE",
            "orderLegCollection[0].instrument.symbol": "AAPL  270115C00150000",
            "orderLegCollection[0].instrument.assetType": "OPTION",
        },
    ),
    (
        draft(ME, legs=VERTICAL, kind=T.NET_DEBIT, limit_price=Decimal("1.2")),
        {"complexOrderStrategyType": "VERTICAL", "price": "1.20", "orderType": "NET_DEBIT"},
    ),
    (
        draft(ME, legs=VERTICAL, kind=T.NET_CREDIT, limit_price=Decimal("-1.2")),
        {"price": "1.20", "orderType": "NET_CREDIT"},
    ),
    (
        draft(ME, legs=legs((option("150"), BUY), (option("150", "P"), BUY)), kind=T.NET_ZERO),
        {"complexOrderStrategyType": "STRADDLE"},
    ),
    (
        draft(ME, link=Link.TRIGGERS, children=(EXIT,)),
        {"orderStrategyType": "TRIGGER", "childOrderStrategies[0].orderStrategyType": "SINGLE"},
    ),
    (
        draft(ME, link=Link.BRACKET, children=(EXIT, STOP)),
        {
            "orderStrategyType": "TRIGGER",
            "childOrderStrategies[0].orderStrategyType": "OCO",
            "childOrderStrategies[0].childOrderStrategies[1].stopPrice": "180.50",
        },
    ),
    (
        draft(ME, legs=(), link=Link.EITHER, children=(EXIT, STOP)),
        {"orderStrategyType": "OCO", "childOrderStrategies[0].price": "201.00"},
    ),
]


@pytest.mark.parametrize(("wish", "expected"), SHAPES)
def test_each_kind_of_order_has_schwabs_words(wish: Draft, expected: dict[str, str]) -> None:
    found = flat(body(wish))
    assert {name: found.get(name) for name in expected} == expected
    assert not any("requestedDestination" in name for name in found)


@pytest.mark.parametrize(
    ("given_legs", "name"),
    [
        (legs((option("150"), BUY), (option("150", day=LATER), SOLD)), "CALENDAR"),
        (legs((option("150"), BUY), (option("155", day=LATER), SOLD)), "DIAGONAL"),
        (legs((option("150"), BUY), (option("145", "P"), BUY)), "STRANGLE"),
        (legs((option("150"), BUY), (option("145", "P"), SOLD)), "CUSTOM"),
        (legs((option("150"), BUY), (option("155"), BUY)), "CUSTOM"),
        (
            legs(
                (option("140", "P"), BUY),
                (option("145", "P"), SOLD),
                (option("155"), SOLD),
                (option("160"), BUY),
            ),
            "IRON_CONDOR",
        ),
        (legs((option("140"), BUY), (option("145"), SOLD), (option("150"), BUY)), "CUSTOM"),
    ],
)
def test_several_options_have_their_name(given_legs: tuple[DraftLeg, ...], name: str) -> None:
    wish = draft(ME, legs=given_legs, kind=T.NET_DEBIT, limit_price=Decimal(1))
    assert body(wish)["complexOrderStrategyType"] == name


def test_a_leg_counts_as_often_as_its_ratio() -> None:
    twice = (VERTICAL[0], replace(VERTICAL[1], ratio=Decimal(2)))
    wish = draft(ME, legs=twice, kind=T.NET_DEBIT, limit_price=Decimal(1), quantity=Decimal(3))
    assert [one["quantity"] for one in body(wish)["orderLegCollection"]] == [3, 6]


@pytest.mark.parametrize(
    "wish",
    [
        draft(ME, quantity=Decimal("0.5")),
        draft(ME, kind=T.MARKET, quantity=None, notional=Decimal(100)),
        draft(ME, kind=T.MARKET_ON_OPEN),
        draft(ME, coin()),
        draft(ME, share("VTSAX", AssetType.MUTUAL_FUND)),
        draft(ME, kind=T.MARKET, session=TradingSession.PRE_MARKET),
        draft(ME, session=TradingSession.EXTENDED, time_in_force=TimeInForce.FOK),
        draft(ME, option(), BUY, session=TradingSession.EXTENDED),
        draft(ME, kind=T.MARKET, time_in_force=TimeInForce.IOC),
        draft(ME, kind=T.MARKET_ON_CLOSE, time_in_force=TimeInForce.GTC),
        draft(ME, time_in_force=TimeInForce.GTD, good_till=date(2027, 1, 4)),
        draft(ME, legs=VERTICAL, limit_price=Decimal(1)),
        draft(ME, kind=T.NET_DEBIT, legs=HALF, limit_price=Decimal(1)),
        draft(ME, legs=(), link=Link.EITHER, children=(EXIT, STOP, STOP)),
        replace(draft(ME), environment=Environment.LIVE),
    ],
)
def test_what_schwab_cannot_do_is_said_in_a_sentence(wish: Draft) -> None:
    with pytest.raises(NotSupportedError) as caught:
        prepared(wish)
    assert caught.value.title.endswith(".")
    assert len(caught.value.title) > 20


@pytest.mark.parametrize(
    ("wish", "where"),
    [
        (draft(ME, limit_price=Decimal("189.505")), "limit_price"),
        (draft(ME, kind=T.NET_DEBIT, legs=VERTICAL, limit_price=Decimal(-1)), "limit_price"),
        (draft(ME, kind=T.NET_CREDIT, legs=VERTICAL, limit_price=Decimal(1)), "limit_price"),
        (draft(ME, kind=T.TRAILING_STOP, trail_percent=Decimal("1.005")), "trail_percent"),
        (draft(ME, option(), OrderSide.SELL), "side"),
        (draft(ME, kind=T.NET_DEBIT, legs=TWICE, limit_price=Decimal(1)), "legs"),
    ],
)
def test_a_draft_that_contradicts_itself_is_refused_by_its_field(wish: Draft, where: str) -> None:
    with pytest.raises(InputError) as caught:
        prepared(wish)
    assert caught.value.field == where


def test_the_review_lists_what_is_sent() -> None:
    assert many(a_session, drafts(ME), has_id=False, taken=60)["taken"] >= 60


@pytest.mark.deep
def test_the_review_lists_what_is_sent_for_5000_orders() -> None:
    seen = many(a_session, drafts(ME), has_id=False, taken=5000)
    assert seen["taken"] >= 5000
    assert len(seen) > 12, "kinds of orders"


# --- what an answer proves ---------------------------------------------------------------------

FINAL = {
    "bad order": (400, b'{"message":"Invalid order: price is required for LIMIT","errors":["p"]}'),
    "no errors": (400, b'{"message":"Too many shares"}'),
    "login": (
        401,
        b'{"errors":[{"id":"x","status":401,"title":"Unauthorized","detail":"Client not '
        b'authorized"}]}',
    ),
    "forbidden": (403, b'{"message":"Account not permitted to trade options"}'),
    "not there": (404, b'{"message":"Account not found"}'),
}
OWN_KINDS: dict[str, Answering] = {
    "201 without a place": said(201),
    "200 without a place": said(200),
    "201 with a body alone": said(201, b'{"orderId": 1004712345678}'),
    "fault": said(400, b'{"fault":{"faultstring":"x","detail":{"errorcode":"y"}}}'),
    "gateway 400": said(400, b'{"errors":[{"id":"x","status":"400","title":"Bad Request"}]}'),
    "gateway 404": said(404, b'{"errors":[{"id":"x","status":"404","title":"Not Found"}]}'),
    "timed out": said(400, b'{"message":"Request timed out"}'),
    "try again": said(403, b'{"message":"Service unavailable, try again"}'),
    "422": said(422, b'{"message":"no"}'),
    "404 list": said(404, b"[]"),
}
PLACES = {
    "another account": {"hash": payloads.CASH_HASH},
    "account number": {"hash": payloads.NUMBER},
    "no number": {"id": "abc"},
    "zero": {"id": "0"},
    "nothing": {"id": ""},
    "too long": {"id": "1" * 30},
    "more path": {"id": f"{ID}/legs/2"},
    "query": {"id": f"{ID}?x=1"},
    "fragment": {"id": f"{ID}#x"},
    "other host": {"base": "https://elsewhere.example"},
    "other port": {"base": "http://127.0.0.1:9"},
    "host in the name": {"base": "https://api.schwabapi.com.elsewhere.example"},
    "login in the address": {"base": "https://me@api.schwabapi.com"},
    "other scheme": {"base": "ftp://api.schwabapi.com"},
    "full-width digits": {"id": "\uff11\uff12"},
}


@pytest.mark.parametrize("kind", [*KINDS, *OWN_KINDS])
async def test_an_ambiguous_answer_proves_nothing_and_is_not_asked_again(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stand(monkeypatch) as told:
        good = said(201, Location=told.location())
        told.writes = [{**KINDS, **OWN_KINDS}[kind], good, good, good]
        outcome = await told.session.place(prepared(draft(ME)))
        assert isinstance(outcome, Unproven), outcome
        assert outcome.why.endswith(".")
        assert len(told.sent()) == 1
        assert told.refreshes == 0


@pytest.mark.parametrize("place", PLACES)
async def test_an_address_that_is_not_one_of_the_account_is_not_believed(place: str) -> None:
    async with stand() as told:
        line = told.location(**PLACES[place]).encode("utf-8", "replace")
        told.writes = [
            raw(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\nLocation: " + line + b"\r\n\r\n")
        ]
        outcome = await told.session.place(prepared(draft(ME)))
        assert isinstance(outcome, Unproven), outcome


@pytest.mark.parametrize(
    "base", ["", None, "https://api.schwabapi.com"], ids=["path", "own", "documented"]
)
async def test_an_order_is_named_by_its_address(base: str | None) -> None:
    async with stand() as told:
        where = told.location() if base is None else told.location(base=base)
        told.writes = [said(201, Location=where)]
        wish = prepared(draft(ME))
        assert await told.session.place(wish) == Answered(order_id=ID)
        (seen,) = told.sent()
        assert (seen.method, seen.target, seen.body) == ("POST", ORDERS, wish.body)
        assert seen.headers["authorization"] == "Bearer I0.stored@"
        assert seen.headers["content-type"] == "application/json"


@pytest.mark.parametrize("kind", FINAL)
async def test_a_final_refusal_is_told_in_schwabs_words(kind: str) -> None:
    status, told_body = FINAL[kind]
    async with stand() as told:
        told.writes = [said(status, told_body)]
        outcome = await told.session.place(prepared(draft(ME)))
        assert isinstance(outcome, Refused)
        assert outcome.code == str(status)
        assert outcome.words.split(" · ")[0].encode() in told_body
        assert len(told.sent()) == 1
        assert told.refreshes == 0, "a refused login is not renewed behind an order"


@settings(max_examples=60, deadline=None, suppress_health_check=[*HealthCheck])
@given(st.binary(max_size=80), st.sampled_from([200, 201, 400, 401, 403, 404, 500]), st.text())
def test_no_bytes_are_taken_for_an_order_or_a_refusal(told: bytes, status: int, at: str) -> None:
    reply = Reply(status=status, body=told, is_json=told[:1] in (b"{", b"["), location=at)
    assert isinstance(order_answers.placed(reply, HASH, ("127.0.0.1",)), Unproven)


async def test_what_fails_before_the_first_byte_was_not_sent() -> None:
    async with stand() as told:
        await told.session._read_handles()
        told.session._context = replace(told.session._context, network=Network(offline=True))
        assert isinstance(await told.session.place(prepared(draft(ME))), NotSent)
        elsewhere = replace(draft(ME), account=AccountId("schwab:0000000000000000"))
        assert isinstance(await told.session.place(prepared(elsewhere)), NotSent)
        assert isinstance(await told.session.cancel(ME, "group-1"), NotSent)
        replaced = replace(prepared(draft(ME), replaces=ID), replaces="group-1")
        assert isinstance(await told.session.replace(replaced), NotSent)
        assert told.sent() == []


async def test_an_order_is_counted_among_the_requests_and_not_sent_into_a_pause() -> None:
    async with stand() as told:
        await told.session.ready(ME)
        http = told.session._http
        before = http.rate()
        told.writes = [said(201, Location=told.location())]
        assert isinstance(await told.session.place(prepared(draft(ME))), Answered)
        after = http.rate()
        assert before is not None
        assert after is not None
        assert after.free == before.free - 1
        http._buckets.of("key").pause(60)
        refused = await told.session.place(prepared(draft(ME)))
        assert isinstance(refused, NotSent)
        assert "pause" in refused.why
        assert len(told.sent()) == 1


# --- before, after and instead -----------------------------------------------------------------


@pytest.mark.parametrize(("left", "renewed"), [(119, 1), (120, 1), (121, 0), (1700, 0)])
async def test_a_token_is_renewed_before_an_order_and_never_after(left: int, renewed: int) -> None:
    async with stand() as told:
        ends = told.clock.now() + timedelta(seconds=left)
        told.credentials.credentials["access_expires_at"] = ends.isoformat()
        told.writes = [said(201, Location=told.location())]
        assert await told.session.place(prepared(draft(ME))) == Answered(order_id=ID)
        assert told.refreshes == renewed
        assert (
            told.sent()[0]
            .headers["authorization"]
            .endswith("I0.renewed-1@" if renewed else "I0.stored@")
        )


async def test_a_login_whose_tokens_last_too_short_sends_nothing() -> None:
    async with stand() as told:
        told.credentials.credentials["access_expires_at"] = told.clock.now().isoformat()
        told.expires_in = 100
        assert isinstance(await told.session.place(prepared(draft(ME))), NotSent)
        with pytest.raises(BrokerProtocolError):
            await told.session.ready(ME)
        assert told.sent() == []


async def test_an_ended_login_sends_nothing() -> None:
    async with stand() as told:
        told.credentials.credentials["access_expires_at"] = told.clock.now().isoformat()
        told.reads["/v1/oauth/token"] = said(
            400, b'{"error":"unsupported_token_type","error_description":"refresh_token"}'
        )
        with pytest.raises(AuthExpiredError):
            await told.session.ready(ME)
        assert isinstance(await told.session.place(prepared(draft(ME))), NotSent)
        assert told.sent() == []


async def test_a_session_is_ready_when_the_login_may_use_the_account(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("brokerdesk.brokers.schwab.trading.READY_WITHIN", 0.3)
    async with stand() as told:
        assert isinstance(told.session, Trades)
        await told.session.ready(ME)
        with pytest.raises(BrokerRefusedError):
            await told.session.ready(AccountId("schwab:0000000000000000"))
        told.reads["/trader/v1/accounts/accountNumbers"] = KINDS["silent"]
        with pytest.raises(BrokerUnavailableError):
            await told.session.ready(ME)


async def test_an_order_is_read_back_and_compared() -> None:
    order = {**payloads.ORDER, "orderId": int(ID), "status": "WORKING"}
    async with stand() as told:
        told.reads[f"{ORDERS}/{ID}"] = said(200, json.dumps(order).encode())
        found = await told.session.order(ME, ID)
        assert found is not None
        assert differences(draft(ME), found) == ()
        assert await told.session.order(ME, "1") is None
        assert await told.session.order(ME, "group-1") is None
        for changes in ({"orderId": 5}, {"accountNumber": 99999999}):
            other = json.dumps({**order, **changes}).encode()
            told.reads[f"{ORDERS}/{ID}"] = said(200, other)
            with pytest.raises(BrokerProtocolError):
                await told.session.order(ME, ID)
        with pytest.raises(NotSupportedError):
            await told.session.by_client_id(ME, OWN)


async def test_all_orders_are_asked_for_and_a_list_that_is_full_is_not_whole() -> None:
    start = FakeClock().now()
    async with stand() as told:
        told.reads[ORDERS] = said(200, json.dumps([payloads.ORDER]).encode())
        batch = await told.session.every_order(ME, start - timedelta(days=2))
        assert len(batch.items) == 1
        many_orders = [{**payloads.ORDER, "orderId": n + 1} for n in range(3000)]
        told.reads[ORDERS] = said(200, json.dumps(many_orders).encode())
        batch = await told.session.orders(ME, start, start + timedelta(seconds=30))
        assert batch.unread


async def test_a_replacement_is_the_whole_order_and_has_an_id_of_its_own() -> None:
    wish = prepared(draft(ME), replaces=ID)
    async with stand() as told:
        told.writes = [
            said(201, Location=told.location(id="1004712345679")),
            said(201, Location=told.location()),
        ]
        assert await told.session.replace(wish) == Answered(order_id="1004712345679")
        assert isinstance(await told.session.replace(wish), Unproven), "the old one's id"
        seen = told.sent()
        assert [(one.method, one.target) for one in seen] == [("PUT", f"{ORDERS}/{ID}")] * 2
        assert seen[0].body == wish.body == prepared(draft(ME)).body
        assert isinstance(await told.session.place(wish), NotSent)


async def test_a_cancel_is_asked_for_once() -> None:
    async with stand() as told:
        told.writes = [said(200), said(400, b'{"message":"Order cannot be canceled"}')]
        assert await told.session.cancel(ME, ID) == Answered(order_id=ID)
        assert await told.session.cancel(ME, ID) == Refused(
            words="Order cannot be canceled", code="400"
        )
        assert [one.method for one in told.sent()] == ["DELETE", "DELETE"]


@pytest.mark.parametrize("kind", [one for one in KINDS if one != "200 and nothing"])
async def test_an_ambiguous_answer_to_a_cancel_proves_nothing(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stand(monkeypatch) as told:
        told.writes = [KINDS[kind]] + [said(200)] * 3
        assert isinstance(await told.session.cancel(ME, ID), Unproven)
        assert len(told.sent()) == 1


# --- Schwab's own preview ----------------------------------------------------------------------

CHARGES = {
    "commission": {"commissionLegs": [{"commissionValues": [{"value": 0.65, "type": "BASE"}]}]},
    "fee": {"feeLegs": [{"feeValues": [{"value": 0.01, "type": "SEC_FEE"}, {"value": 0.02}]}]},
}
PREVIEW: dict[str, Any] = {
    "orderId": 0,
    "orderStrategy": {
        "status": "ACCEPTED",
        "orderBalance": {"orderValue": 1895.0, "projectedBuyingPower": 46210.0},
    },
    "orderValidationResult": {
        "rejects": [],
        "warns": [{"activityMessage": "Prices can change quickly", "originalSeverity": "REVIEW"}],
        "alerts": [{"validationRuleName": "ETB_WARNING"}],
    },
    "commissionAndFee": CHARGES,
}


async def test_schwabs_preview_is_told_as_it_is() -> None:
    async with stand() as told:
        told.writes = [said(200, json.dumps(PREVIEW).encode())]
        wish = prepared(draft(ME))
        found = await told.session.preview(wish)
        assert found is not None
        assert (found.commission, found.fees) == (Decimal("0.65"), Decimal("0.03"))
        assert (found.total, found.buying_power_after) == (Decimal(1895), Decimal(46210))
        assert found.warnings == ("Prices can change quickly", "ETB_WARNING")
        assert found.refusals == ()
        (seen,) = told.sent()
        assert seen.target == f"/trader/v1/accounts/{HASH}/previewOrder"
        assert seen.body == wish.body


async def test_a_refused_preview_is_an_answer_and_what_is_not_said_is_not_zero() -> None:
    refused = {
        "orderStrategy": {"status": "REJECTED"},
        "orderValidationResult": {"rejects": [{"activityMessage": "Oversold"}]},
    }
    async with stand() as told:
        told.writes = [
            said(200, json.dumps(refused).encode()),
            said(200, b'{"orderStrategy":{"status":"REJECTED"}}'),
            said(400, b'{"message":"Invalid order"}'),
            said(503),
        ]
        first = await told.session.preview(prepared(draft(ME)))
        second = await told.session.preview(prepared(draft(ME)))
        assert first is not None
        assert second is not None
        assert first.refusals == ("Oversold",)
        assert (first.commission, first.fees, first.total) == (None, None, None)
        assert len(second.refusals) == 1
        with pytest.raises(BrokerRefusedError):
            await told.session.preview(prepared(draft(ME)))
        with pytest.raises(BrokerUnavailableError):
            await told.session.preview(prepared(draft(ME)))
        assert len(told.sent()) == 4
