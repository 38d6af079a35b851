"""snaptrade-python-sdk 13.0.49, unchanged, reads the simulated SnapTrade.

Its own code signs every request, so a request that gets an answer proves the signature both ways.
It validates no answer: shapes are checked against the field names and types of its own models.
"""

from __future__ import annotations

import gc
import json
import urllib.parse
from collections.abc import Iterator
from typing import Any

import pytest
from support.peers import RunningSim, running_sim
from support.snaptrade_shapes import check

from brokerdesk.brokers.snaptrade.signing import signature

pytestmark = [
    pytest.mark.peers,
    pytest.mark.allow_warnings(r"snaptrade_client: .* is deprecated"),
]


@pytest.fixture
def sim() -> Iterator[RunningSim]:
    with running_sim(brokers=("schwab", "snaptrade")) as found:
        yield found


def dialect(sim: RunningSim) -> Any:
    return sim.sim.dialect("snaptrade")


def origin(sim: RunningSim) -> Any:
    return sim.sim.origin("snaptrade")


@pytest.fixture
def made() -> Iterator[list[Any]]:
    """SDKs made by a test; their connections are closed behind it."""
    found: list[Any] = []
    yield found
    for sdk in found:
        for api in vars(sdk).values():
            if hasattr(api, "api_client"):
                api.api_client.rest_client.pool_manager.clear()
    gc.collect()


def sdk_with(sim: RunningSim, made: list[Any], auth: Any) -> Any:
    from snaptrade_client.client import SnapTrade

    made.append(SnapTrade(auth=auth, host=origin(sim).base_url))
    return made[-1]


@pytest.fixture
def client(sim: RunningSim, made: list[Any]) -> Any:
    """The SDK with the personal key."""
    from snaptrade_client.auth import SnapTradeAuth

    keys = origin(sim).secrets
    auth = SnapTradeAuth.personal_api_key(
        client_id=keys["client_id"], consumer_key=keys["consumer_key"]
    )
    return sdk_with(sim, made, auth)


@pytest.fixture
def commercial(sim: RunningSim, made: list[Any]) -> Any:
    """The SDK with the commercial key."""
    from snaptrade_client.auth import SnapTradeAuth

    keys = origin(sim).secrets
    auth = SnapTradeAuth.commercial_api_key(
        client_id=keys["commercial_client_id"], consumer_key=keys["commercial_consumer_key"]
    )
    return sdk_with(sim, made, auth)


def body(answer: Any) -> Any:
    """What came, as it came."""
    return json.loads(answer.response.data)


def account_ids(client: Any) -> dict[str, str]:
    listed = body(client.account_information.list_user_accounts())
    return {one["name"]: one["id"] for one in listed}


# -- the signature ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("target", "content"),
    [
        ("/accounts?clientId=A&timestamp=1", None),
        ("/snapTrade/login?clientId=A&timestamp=1", {}),
        ("/snapTrade/login?clientId=A&timestamp=1", {"reconnect": "x", "showCloseButton": True}),
        ("/a?userId=u%20%C3%A9/1&userSecret=a%2Bb/c%3D&clientId=A&timestamp=1", {"b": {"a": [1]}}),
    ],
)
def test_our_signature_is_the_sdks_own(target: str, content: Any) -> None:
    from snaptrade_client import schemas
    from snaptrade_client.request_after_hook import compute_request_signature

    theirs = compute_request_signature(
        target, "a consumer key", schemas.unset if content is None else content
    )
    path, _, query = target.partition("?")
    assert signature("a consumer key", path, query, content) == theirs


def test_a_key_that_is_wrong_is_refused(sim: RunningSim, made: list[Any]) -> None:
    from snaptrade_client.auth import SnapTradeAuth
    from snaptrade_client.exceptions import ApiException

    auth = SnapTradeAuth.personal_api_key(
        client_id=origin(sim).secrets["client_id"], consumer_key="another"
    )
    wrong = sdk_with(sim, made, auth)
    with pytest.raises(ApiException) as caught:
        wrong.connections.list_brokerage_authorizations()
    assert caught.value.status == 401
    assert caught.value.body["code"] == "1076"


# -- each route that the adapter uses --------------------------------------------------------------
def test_connections(sim: RunningSim, client: Any) -> None:
    dialect(sim).switches.disabled = ["FIDELITY"]
    listed = body(client.connections.list_brokerage_authorizations())
    check("brokerage_authorization", listed)
    assert [one["disabled"] for one in listed] == [False, True, False]
    assert [one["brokerage"]["slug"] for one in listed] == ["ROBINHOOD", "FIDELITY", "QUESTRADE"]
    one = body(client.connections.detail_brokerage_authorization(listed[0]["id"]))
    assert one == listed[0]
    told = body(client.connections.refresh_brokerage_authorization(listed[0]["id"]))
    check("brokerage_authorization_refresh_confirmation", [told])
    gone = body(client.connections.delete_connection(listed[2]["id"]))
    check("delete_connection_confirmation", [gone])
    assert len(body(client.connections.list_brokerage_authorizations())) == 2


def test_the_portal_is_opened_and_makes_a_connection(sim: RunningSim, client: Any) -> None:
    opened = body(
        client.authentication.login_snap_trade_user(
            connection_type="trade-if-available", show_close_button=True
        )
    )
    check("login_redirect_uri", [opened])
    control = origin(sim).control_url
    answer = sim_post(f"{control}/approve", {"url": opened["redirectURI"], "action": "allow"})
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(answer["redirect"]).query)
    listed = body(client.connections.list_brokerage_authorizations())
    assert query["connection_id"] == [listed[-1]["id"]]
    assert len(listed) == 4


def test_a_portal_without_arguments_is_signed_as_without_a_body(client: Any) -> None:
    assert body(client.authentication.login_snap_trade_user())["redirectURI"]


def test_accounts(client: Any) -> None:
    listed = body(client.account_information.list_user_accounts())
    check("account", listed)
    for one in listed:
        found = body(client.account_information.get_user_account_details(one["id"]))
        check("account", [found])
        assert found["id"] == one["id"]
        newer = body(client.account_information.get_account_details(one["id"]))
        check("investment_account", [newer])
    newer = body(client.account_information.list_all_user_accounts())
    check("investment_account", newer["results"])
    assert [one["id"] for one in newer["results"]] == [one["id"] for one in listed]


def test_balances_and_positions(client: Any) -> None:
    kinds = set()
    for name, account in account_ids(client).items():
        rows = body(client.account_information.get_user_account_balance(account))
        check("balance", rows)
        held = body(client.account_information.get_all_account_positions(account))
        check("all_account_positions_response", [held])
        assert held["results"], name
        for one in held["results"]:
            kinds.add(one["instrument"]["kind"])
            check("account_position", [one])
            assert all(isinstance(one[part], str) for part in ("units", "price", "cost_basis"))
    assert kinds == {"stock", "etf", "mutualfund", "crypto", "option"}


def test_the_old_answer_is_gone_or_there_by_switch(sim: RunningSim, client: Any) -> None:
    from snaptrade_client.exceptions import ApiException

    account = account_ids(client)["Questrade Margin"]
    with pytest.raises(ApiException) as caught:
        client.account_information.get_user_holdings(account)
    assert caught.value.status == 410
    dialect(sim).switches.holdings_gone = False
    found = body(client.account_information.get_user_holdings(account))
    check("account_holdings_account", [found])
    check("position", found["positions"])
    check("options_position", found["option_positions"])


def test_activities_in_pages(client: Any) -> None:
    account = account_ids(client)["Questrade Margin"]
    ask = client.account_information.get_account_activities
    whole = body(ask(account, start_date="2026-01-01", end_date="2026-11-19"))
    check("paginated_universal_activity", [whole])
    check("account_universal_activity", whole["data"])
    first = body(ask(account, start_date="2026-01-01", end_date="2026-11-19", limit=5))
    second = body(ask(account, start_date="2026-01-01", end_date="2026-11-19", limit=5, offset=5))
    assert first["data"] + second["data"] == whole["data"][:10]
    assert first["pagination"]["total"] == len(whole["data"])
    dates = [one["trade_date"][:10] for one in whole["data"]]
    assert dates == sorted(dates, reverse=True)
    sales = body(ask(account, start_date="2026-01-01", end_date="2026-11-19", type="SELL"))
    assert {one["type"] for one in sales["data"]} == {"SELL"}
    for one in whole["data"]:
        if one["type"] in ("BUY", "SELL"):
            assert (one["units"] > 0) == (one["type"] == "BUY") == (one["amount"] < 0)


def test_orders(client: Any) -> None:
    account = account_ids(client)["Robinhood Individual"]
    everything = body(client.account_information.get_user_account_orders(account, days=60))
    check("account_order_record", everything)
    assert {one["status"] for one in everything} >= {"EXECUTED"}
    done = body(
        client.account_information.get_user_account_orders(account, state="executed", days=60)
    )
    assert {one["status"] for one in done} == {"EXECUTED"}
    recent = body(
        client.account_information.get_user_account_recent_orders(account, only_executed=False)
    )
    check("recent_orders_response", [recent])


def test_quotes(client: Any) -> None:
    account = account_ids(client)["Robinhood Individual"]
    found = body(
        client.trading.get_user_account_quotes(
            symbols="AAPL,VOO,NOPE", account_id=account, use_ticker=True
        )
    )
    assert [one["symbol"]["symbol"] for one in found] == ["AAPL", "VOO"]
    check("symbols_quotes_item", found)


# -- a commercial key ------------------------------------------------------------------------------
def test_a_users_life(sim: RunningSim, commercial: Any) -> None:
    made = body(commercial.authentication.register_snap_trade_user(user_id="desk-7f3a"))
    check("user_i_dand_secret", [made])
    secret = made["userSecret"]
    user = {"user_id": "desk-7f3a", "user_secret": secret}
    assert body(commercial.connections.list_brokerage_authorizations(**user)) == []
    opened = body(commercial.authentication.login_snap_trade_user(**user))
    control = origin(sim).control_url
    sim_post(f"{control}/approve", {"url": opened["redirectURI"], "action": "allow"})
    assert len(body(commercial.connections.list_brokerage_authorizations(**user))) == 1
    renewed = body(commercial.authentication.reset_snap_trade_user_secret(**user))
    assert renewed["userSecret"] != secret
    from snaptrade_client.exceptions import ApiException

    with pytest.raises(ApiException) as caught:
        commercial.connections.list_brokerage_authorizations(**user)
    assert caught.value.body["code"] == "1083"
    assert body(commercial.authentication.list_snap_trade_users()) == ["desk-7f3a"]
    deleted = body(commercial.authentication.delete_snap_trade_user(user_id="desk-7f3a"))
    check("delete_user_response", [deleted])
    assert body(commercial.authentication.list_snap_trade_users()) == []


def test_what_a_key_is(client: Any) -> None:
    check("partner_data", [body(client.reference_data.get_partner_info())])
    assert body(client.api_status.check())["online"] is True


# -- faults as the SDK sees them -------------------------------------------------------------------
def test_errors_and_limits_as_the_sdk_sees_them(sim: RunningSim, client: Any) -> None:
    from snaptrade_client.exceptions import ApiException

    account = account_ids(client)["Robinhood Individual"]
    switches = dialect(sim).switches
    switches.account_per_minute = 2
    for _ in range(2):
        client.account_information.get_user_account_balance(account)
    with pytest.raises(ApiException) as caught:
        client.account_information.get_all_account_positions(account)
    assert caught.value.status == 429
    headers = {name.lower(): value for name, value in caught.value.headers.items()}
    assert headers["x-ratelimit-account-remaining"] == "0"
    assert int(headers["x-ratelimit-account-reset"]) <= 60
    switches.account_per_minute = None
    switches.syncing = ["ROBINHOOD"]
    with pytest.raises(ApiException) as caught:
        client.account_information.get_user_account_balance(account)
    assert (caught.value.status, caught.value.body["code"]) == (425, "3012")


def sim_post(url: str, content: Any) -> Any:
    import urllib.request

    request = urllib.request.Request(  # noqa: S310
        url, data=json.dumps(content).encode(), method="POST"
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        return json.load(answer)
