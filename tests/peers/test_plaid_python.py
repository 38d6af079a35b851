"""plaid-python 46.0.0, unchanged but for its host, reads the simulated Plaid.

It checks every answer against its own models: a missing field or a wrong type raises.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from support.peers import RunningSim, running_sim
from support.plaid_peer import client, close

pytestmark = pytest.mark.peers


@pytest.fixture
def sim() -> Iterator[RunningSim]:
    with running_sim(brokers=("schwab", "plaid")) as found:
        yield found


@pytest.fixture
def api(sim: RunningSim) -> Iterator[Any]:
    made = client(sim)
    yield made
    close(made)


@pytest.fixture
def token(api: Any) -> str:
    from plaid.model.item_public_token_exchange_request import ItemPublicTokenExchangeRequest
    from plaid.model.products import Products
    from plaid.model.sandbox_public_token_create_request import SandboxPublicTokenCreateRequest

    made = api.sandbox_public_token_create(
        SandboxPublicTokenCreateRequest(
            institution_id="ins_109508", initial_products=[Products("investments")]
        )
    )
    exchanged = api.item_public_token_exchange(
        ItemPublicTokenExchangeRequest(public_token=made.public_token)
    )
    return str(exchanged.access_token)


def approve(sim: RunningSim, url: str, action: str = "allow") -> None:
    control = sim.sim.origin("plaid").control_url
    data = json.dumps({"url": url, "action": action}).encode()
    request = urllib.request.Request(f"{control}/approve", data=data, method="POST")  # noqa: S310
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        assert answer.status == 200


def create_link(api: Any, **more: Any) -> Any:
    from plaid.model.country_code import CountryCode
    from plaid.model.link_token_create_hosted_link import LinkTokenCreateHostedLink
    from plaid.model.link_token_create_request import LinkTokenCreateRequest
    from plaid.model.link_token_create_request_user import LinkTokenCreateRequestUser

    return api.link_token_create(
        LinkTokenCreateRequest(
            client_name="BrokerDesk",
            language="en",
            country_codes=[CountryCode("US")],
            user=LinkTokenCreateRequestUser(client_user_id="somebody"),
            hosted_link=LinkTokenCreateHostedLink(),
            **more,
        )
    )


def get_link(api: Any, token: str) -> Any:
    from plaid.model.link_token_get_request import LinkTokenGetRequest

    return api.link_token_get(LinkTokenGetRequest(link_token=token))


def error_of(call: Any) -> dict[str, Any]:
    import plaid

    with pytest.raises(plaid.ApiException) as caught:
        call()
    found: dict[str, Any] = {"status": caught.value.status, **json.loads(caught.value.body)}
    return found


def test_hosted_link_from_the_page_to_the_token(sim: RunningSim, api: Any) -> None:
    from plaid.model.item_public_token_exchange_request import ItemPublicTokenExchangeRequest
    from plaid.model.products import Products

    made = create_link(api, products=[Products("investments")])
    assert made.link_token.startswith("link-sandbox-")
    assert "link_sessions" not in get_link(api, made.link_token)
    approve(sim, made.hosted_link_url)
    (session,) = get_link(api, made.link_token).link_sessions
    (added,) = session.results.item_add_results
    assert added.institution.institution_id == "ins_109508"
    assert {one.subtype for one in added.accounts} == {"brokerage", "401k", "cash management"}
    request = ItemPublicTokenExchangeRequest(public_token=added.public_token)
    exchanged = api.item_public_token_exchange(request)
    assert exchanged.access_token.startswith("access-sandbox-")
    again = error_of(lambda: api.item_public_token_exchange(request))
    assert again["error_code"] == "INVALID_PUBLIC_TOKEN"


def test_leaving_the_page_and_coming_back(sim: RunningSim, api: Any) -> None:
    from plaid.model.products import Products

    made = create_link(api, products=[Products("investments")])
    approve(sim, made.hosted_link_url, "deny")
    approve(sim, made.hosted_link_url)
    left, done = get_link(api, made.link_token).link_sessions
    assert left.exit.metadata.status == "requires_credentials"
    assert len(done.results.item_add_results) == 1


def test_update_mode(sim: RunningSim, api: Any, token: str) -> None:
    from plaid.model.item_get_request import ItemGetRequest
    from plaid.model.sandbox_item_reset_login_request import SandboxItemResetLoginRequest

    assert api.sandbox_item_reset_login(
        SandboxItemResetLoginRequest(access_token=token)
    ).reset_login
    item = api.item_get(ItemGetRequest(access_token=token)).item
    assert item.error.error_code == "ITEM_LOGIN_REQUIRED"
    made = create_link(api, access_token=token)
    approve(sim, made.hosted_link_url)
    (session,) = get_link(api, made.link_token).link_sessions
    assert session.finished_at is not None
    assert session.results.item_add_results == []
    answer = api.item_get(ItemGetRequest(access_token=token))
    assert answer.item.error is None
    assert answer.status.investments.last_successful_update is not None


def test_holdings_join_and_add_up(api: Any, token: str) -> None:
    from plaid.model.accounts_get_request import AccountsGetRequest
    from plaid.model.investments_holdings_get_request import InvestmentsHoldingsGetRequest

    answer = api.investments_holdings_get(InvestmentsHoldingsGetRequest(access_token=token))
    securities = {one.security_id: one for one in answer.securities}
    # Its composed model of an investment account cannot give its own balances back.
    listed = api.accounts_get(AccountsGetRequest(access_token=token)).accounts
    accounts = {one.account_id: one for one in listed}
    assert {held.security_id for held in answer.holdings} == set(securities)
    kinds = {one.type for one in answer.securities}
    assert kinds >= {"equity", "etf", "mutual fund", "derivative", "fixed income", "cash"}
    plan = next(one for one in answer.accounts if str(one.subtype) == "401k")
    worth = sum(
        Decimal(str(held.institution_value))
        for held in answer.holdings
        if held.account_id == plan.account_id
    )
    assert worth == Decimal(str(accounts[plan.account_id].balances.current))
    option = next(one for one in answer.securities if one.type == "derivative")
    held = next(one for one in answer.holdings if one.security_id == option.security_id)
    assert abs(held.quantity) >= 100
    assert option.option_contract.underlying_security_ticker == "SPY"
    assert any(one.ticker_symbol is None and one.name for one in answer.securities)


def test_transactions_page_by_page(api: Any, token: str) -> None:
    from plaid.model.investments_transactions_get_request import (
        InvestmentsTransactionsGetRequest,
    )
    from plaid.model.investments_transactions_get_request_options import (
        InvestmentsTransactionsGetRequestOptions,
    )

    today = datetime.now(UTC).date()
    found: list[Any] = []
    while True:
        answer = api.investments_transactions_get(
            InvestmentsTransactionsGetRequest(
                access_token=token,
                start_date=today - timedelta(days=365),
                end_date=today,
                options=InvestmentsTransactionsGetRequestOptions(count=50, offset=len(found)),
            )
        )
        found += answer.investment_transactions
        if len(found) >= answer.total_investment_transactions:
            break
    assert len({one.investment_transaction_id for one in found}) == len(found) > 50
    days = [one.date for one in found]
    assert days == sorted(days, reverse=True)
    for one in found:
        if str(one.type) == "buy":
            assert one.amount > 0 < one.quantity
        if str(one.type) == "sell":
            assert one.amount < 0 > one.quantity


def test_accounts_balances_refresh_and_removal(api: Any, token: str) -> None:
    from plaid.model.accounts_balance_get_request import AccountsBalanceGetRequest
    from plaid.model.accounts_get_request import AccountsGetRequest
    from plaid.model.investments_refresh_request import InvestmentsRefreshRequest
    from plaid.model.item_remove_request import ItemRemoveRequest

    listed = api.accounts_get(AccountsGetRequest(access_token=token)).accounts
    live = api.accounts_balance_get(AccountsBalanceGetRequest(access_token=token)).accounts
    assert [one.account_id for one in listed] == [one.account_id for one in live]
    assert str(listed[2].type) == "depository"
    assert api.investments_refresh(InvestmentsRefreshRequest(access_token=token)).request_id
    assert api.item_remove(ItemRemoveRequest(access_token=token)).request_id
    gone = error_of(lambda: api.accounts_get(AccountsGetRequest(access_token=token)))
    assert (gone["status"], gone["error_code"]) == (400, "ITEM_NOT_FOUND")


def test_wrong_keys_and_tokens(sim: RunningSim, api: Any) -> None:
    from plaid.model.item_get_request import ItemGetRequest

    stranger = client(sim, secret="not-the-secret")
    request = ItemGetRequest(access_token="access-sandbox-unknown")
    assert error_of(lambda: stranger.item_get(request))["error_code"] == "INVALID_API_KEYS"
    close(stranger)
    refused = error_of(lambda: api.item_get(request))
    assert refused["error_type"] == "INVALID_INPUT"
    assert refused["error_code"] == "INVALID_ACCESS_TOKEN"
    assert refused["display_message"] is None
