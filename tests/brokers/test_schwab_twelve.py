"""The twelve things about Schwab that are most likely built wrong, one test each.

Where one of them speaks of placing orders or of streaming, the part that concerns reading is tested
here; the rest belongs to those features and is named in the test.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from support import schwab_payloads as payloads
from support.brokers import (
    CannedSchwab,
    MemoryCredentials,
    RawServer,
    json_reply,
    signed_in,
)
from support.clock import FakeClock

from brokerdesk.brokers.answers import Answer
from brokerdesk.brokers.base import SessionContext
from brokerdesk.brokers.decode import JsonDecoder
from brokerdesk.brokers.schwab import problems, wire
from brokerdesk.brokers.schwab.client import LIVE_URL, build_http
from brokerdesk.brokers.schwab.loose import decode_account
from brokerdesk.brokers.schwab.mapping import replay
from brokerdesk.brokers.schwab.orders import order
from brokerdesk.brokers.schwab.quotes import quotes
from brokerdesk.brokers.schwab.session import SchwabSession
from brokerdesk.brokers.schwab.times import from_millis, from_wire, to_wire
from brokerdesk.brokers.schwab.tokens import TokenEndpoint
from brokerdesk.domain.ids import account_id
from brokerdesk.domain.kinds import Environment, OrderStatus
from brokerdesk.errors import AuthExpiredError, AuthRejectedError, BrokerRefusedError

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
ACCOUNT = account_id("schwab", "practice", payloads.NUMBER)


@pytest.fixture
def schwab() -> CannedSchwab:
    return CannedSchwab()


@pytest.fixture
async def server(schwab: CannedSchwab) -> AsyncIterator[RawServer]:
    async with RawServer(schwab) as running:
        yield running


def open_session(server: RawServer, clock: FakeClock, port: MemoryCredentials) -> SchwabSession:
    return SchwabSession(
        SessionContext(
            environment=Environment.PRACTICE,
            clock=clock,
            credentials=port,
            practice_url=server.url,
        )
    )


async def test_01_the_code_is_sent_decoded_and_form_encoded_once(
    server: RawServer, schwab: CannedSchwab
) -> None:
    from brokerdesk.brokers.base import Network
    from brokerdesk.brokers.paste import read_query

    code = read_query("code=C0.b2F1.x_y-z%40&session=1&state=s", "s").code
    assert code == "C0.b2F1.x_y-z@"
    schwab.code = code
    clock = FakeClock()
    http = build_http(Environment.PRACTICE, server.url, network=Network(), clock=clock)
    await TokenEndpoint(http, clock).exchange(
        {"app_key": "key", "app_secret": "secret", "callback_url": "https://127.0.0.1:8182"}, code
    )
    await http.aclose()
    body = server.seen[0].body
    assert "code=C0.b2F1.x_y-z%40&" in body
    assert "%25" not in body
    assert "redirect_uri=https%3A%2F%2F127.0.0.1%3A8182" in body
    assert server.seen[0].headers["content-type"] == "application/x-www-form-urlencoded"


async def test_02_a_refresh_neither_changes_nor_prolongs_the_login(
    server: RawServer, schwab: CannedSchwab
) -> None:
    clock = FakeClock(auto=True)
    port = MemoryCredentials(signed_in(clock.now()))
    session = open_session(server, clock, port)
    began = clock.now()
    for _ in range(3):
        await clock.advance(1795)
        await session.portfolio(ACCOUNT)
    sign_in = await session.sign_in()
    await session.aclose()
    assert schwab.refreshes == 3
    assert port.credentials["refresh_token"] == "refresh-1@"
    assert sign_in.signed_in_at == began
    assert sign_in.ends == began + timedelta(days=7)


@pytest.mark.parametrize("wrapped", [False, True])
async def test_03_user_preference_is_an_object_and_a_list_is_read_too(
    server: RawServer, schwab: CannedSchwab, *, wrapped: bool
) -> None:
    payload = [payloads.PREFERENCE] if wrapped else payloads.PREFERENCE
    schwab.routes["/trader/v1/userPreference"] = json_reply(payload)
    clock = FakeClock(auto=True)
    session = open_session(server, clock, MemoryCredentials(signed_in(clock.now())))
    batch = await session.accounts()
    await session.aclose()
    assert [account.name for account in batch] == ["Individual", "Roth IRA"]


def test_04_option_figures_have_the_real_names() -> None:
    # Chains belong to the order ticket; the quote of an option uses the same real names here.
    raw = payloads.raw(
        {
            "AAPL  261218C00190000": {
                "assetMainType": "OPTION",
                "realtime": True,
                "quote": {"bidPrice": 5.1, "askPrice": 5.2, "lastPrice": 5.15, "mark": 5.15},
                "reference": {"description": "AAPL 12/18/2026 190.00 C", "multiplier": 100.0},
            }
        }
    )
    quote = quotes(raw, NOW).items[0]
    assert (quote.bid, quote.ask, quote.mark) == (Decimal("5.1"), Decimal("5.2"), Decimal("5.15"))


def test_05_is_in_call_is_a_boolean_and_further_balances_are_kept() -> None:
    payload = payloads.margin_account()
    current = payload["securitiesAccount"]["currentBalances"]
    current["isInCall"] = True
    current["somethingNew"] = 12.34
    reading = replay(payloads.raw(payload), Environment.PRACTICE, NOW)
    assert dict(reading.balances[0].others)["somethingNew"] == Decimal("12.34")
    assert not reading.unread
    from brokerdesk.brokers.schwab.mapping import account

    decoded = decode_account(payloads.raw(payload))
    assert account(decoded.answer, Environment.PRACTICE, None).flags.in_call is True


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"message": "Invalid account number", "errors": ["accountNumber"]}, "Invalid account"),
        ({"message": "no list"}, "no list"),
        ({"errors": [{"id": "1", "status": "400", "detail": "valid fields are"}]}, "valid fields"),
        ({"errors": [{"id": "1", "status": 404, "title": "Not Found"}]}, "Not Found"),
        ({"fault": {"faultstring": "Body buffer overflow", "detail": {}}}, "Body buffer"),
        ({"errors": "unexpected"}, ""),
    ],
)
def test_06_every_error_envelope_is_understood(body: payloads.Json, words: str) -> None:
    answer = Answer(status=400, content_type="application/json", body=payloads.raw(body))
    assert words in problems.said(answer)
    assert isinstance(problems.refusal(answer), BrokerRefusedError)


@pytest.mark.parametrize(
    ("body", "refreshing", "kind"),
    [
        (payloads.REFRESH_TOKEN_DEAD, True, AuthExpiredError),
        (
            {"error": "invalid_client", "error_description": "refresh token invalid"},
            True,
            AuthExpiredError,
        ),
        (payloads.CODE_EXPIRED, False, problems.CodeRefusedError),
        (
            {
                "error": "unsupported_token_type",
                "error_description": "Bad authorization code: Invalid authorization code header: x",
            },
            False,
            problems.CodeRefusedError,
        ),
        ({"error": "invalid_client"}, False, problems.KeysRefusedError),
        ({"error": "invalid_request"}, False, AuthRejectedError),
    ],
)
def test_07_oauth_errors_are_told_apart_by_substrings(
    body: payloads.Json, refreshing: bool, kind: type[Exception]
) -> None:
    answer = Answer(status=400, content_type="application/json", body=payloads.raw(body))
    error = problems.token_refusal(answer, refreshing=refreshing)
    assert isinstance(error, kind)
    assert "tokenDigest" not in error.sentences(), "Schwab's inner text is not for the user"


def test_08_an_accepted_order_can_turn_out_rejected() -> None:
    # Placing, and the missing Location header, belong to the order ticket.
    accepted = {**payloads.ORDER, "status": "ACCEPTED", "filledQuantity": 0.0}
    rejected = {
        **accepted,
        "status": "REJECTED",
        "statusDescription": "You do not have enough funds",
    }
    decoder = JsonDecoder(wire.Order)
    before = order(decoder.decode(payloads.raw(accepted)), ACCOUNT)
    after = order(decoder.decode(payloads.raw(rejected)), ACCOUNT)
    assert (before.status, after.status) == (OrderStatus.PENDING, OrderStatus.REJECTED)
    assert after.status_text == "You do not have enough funds"
    assert before.id == after.id


async def test_09_addresses_carry_hashes_and_orders_whole_numbers(server: RawServer) -> None:
    clock = FakeClock(auto=True)
    session = open_session(server, clock, MemoryCredentials(signed_in(clock.now())))
    batch = await session.orders(ACCOUNT, clock.now() - timedelta(days=1), clock.now())
    await session.aclose()
    assert len(batch) == 1
    assert all(payloads.NUMBER not in seen.path for seen in server.seen)
    from brokerdesk.brokers.schwab.orders import belongs

    given = JsonDecoder(wire.Order).decode(payloads.raw({**payloads.ORDER, "accountNumber": 4711}))
    assert belongs(given, "00004711"), "an integer has lost its leading zeros"
    assert not belongs(given, "14711")


def test_10_every_way_of_writing_a_time() -> None:
    assert from_wire("2026-11-20T14:31:05+0000") == datetime(2026, 11, 20, 14, 31, 5, tzinfo=UTC)
    assert from_wire("2026-11-20T14:31:05.123Z") == datetime(
        2026, 11, 20, 14, 31, 5, 123000, tzinfo=UTC
    )
    assert to_wire(datetime(2026, 11, 20, 14, 31, 5, 123456, tzinfo=UTC)) == (
        "2026-11-20T14:31:05.123Z"
    )
    assert from_millis(1795183265436) == datetime(2026, 11, 20, 14, 1, 5, 436000, tzinfo=UTC)
    assert from_millis(0) is None
    for text in ("2026-11-20 09:31:06.120", "2026-11-20T14:31:05", "20261120", "", "2026-13-01"):
        # The first is the stream's form: New York time without a zone. It is not guessed here.
        with pytest.raises(ValueError):
            from_wire(text)


async def test_11_reading_never_needs_the_streamer(server: RawServer, schwab: CannedSchwab) -> None:
    # Login before subscriptions, and one streamer per user: tests/brokers/test_schwab_stream.py.
    schwab.routes["/trader/v1/userPreference"] = json_reply(
        {**payloads.PREFERENCE, "streamerInfo": []}
    )
    clock = FakeClock(auto=True)
    session = open_session(server, clock, MemoryCredentials(signed_in(clock.now())))
    assert len(await session.accounts()) == 2
    await session.aclose()
    assert not any("ws" in path for path in server.paths())


def test_12_a_quote_that_leaves_fields_out_leaves_them_empty() -> None:
    # Changes are merged on the line (test_schwab_stream_talk.py); over REST what is missing is not
    # known.
    raw = payloads.raw({"AAPL": {"quote": {"bidPrice": 1.5}}})
    quote = quotes(raw, NOW).items[0]
    assert quote.bid == Decimal("1.5")
    assert quote.ask is quote.last is quote.mark is None


def test_the_live_host_is_schwabs() -> None:
    assert LIVE_URL == "https://api.schwabapi.com"
