"""Signing in to the simulated Schwab, against the facts' rules and error texts."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, quote, urlsplit

import aiohttp
import pytest
from support.clock import FakeClock
from support.schwab_shapes import TOKENS, problems
from support.sim import Answer, SimClient, code_of, sim_client

NUMBERS = "/trader/v1/accounts/accountNumbers"
WEEK = 7 * 86400


@pytest.fixture
async def client() -> AsyncIterator[SimClient]:
    async with sim_client(signed_in=False) as found:
        yield found


async def _attempt(client: SimClient, url: str) -> str:
    page = (await client.send("GET", url)).body.decode()
    return str(re.search(r'name=attempt value="([^"]+)"', page)[1])  # type: ignore[index]


async def _click_through(
    client: SimClient, choice: str, accounts: list[str] | None = None
) -> Answer:
    """What a browser sends when a person fills the pages."""
    attempt = await _attempt(client, client.authorize_url())
    login = {"attempt": attempt, "user": "someone", "password": "something"}
    page = await client.send("POST", "/v1/oauth/authorize/login", data=login)
    text = page.body.decode()
    boxes = re.findall(r'id="consent-account-\d+" value="(\d+)"', text)
    assert len(boxes) == 4
    assert "id=consent-allow" in text
    assert "id=consent-deny" in text
    form = aiohttp.FormData({"attempt": attempt, "choice": choice})
    for number in accounts if accounts is not None else boxes:
        form.add_field("account", number)
    return await client.send("POST", "/v1/oauth/authorize/consent", data=form)


async def test_a_person_clicks_through_and_comes_back_with_a_code(client: SimClient) -> None:
    answer = await _click_through(client, "allow")
    assert answer.status == 303
    url = answer.headers["Location"]
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "127.0.0.1:8182", "/")
    pattern = r"code=C0\.b2F1dGgyLmJkYy5zY2h3YWIuY29t\.[A-Za-z0-9_-]{43}%40&session=[0-9a-f-]{36}"
    assert re.fullmatch(pattern + "&state=a-state", parts.query)
    tokens = await client.exchange(url)
    assert tokens.status == 200
    assert problems(tokens.json(), TOKENS) == []
    assert tokens.json()["expires_in"] == 1800
    assert tokens.json()["access_token"].startswith("I0.")


async def test_only_the_ticked_accounts_are_seen(client: SimClient) -> None:
    everything = [a.profile.number for a in client.sim.exchange.accounts]
    answer = await _click_through(client, "allow", everything[1:3])
    client.tokens = (await client.exchange(answer.headers["Location"])).json()
    assert list(await client.hashes()) == everything[1:3]
    assert len((await client.get("/trader/v1/accounts")).json()) == 2


async def test_a_wrong_password_and_an_empty_choice_stay_on_the_page(client: SimClient) -> None:
    attempt = await _attempt(client, client.authorize_url())
    for user, password in (("someone", "wrong"), ("", "x"), ("x", "")):
        login = {"attempt": attempt, "user": user, "password": password}
        page = await client.send("POST", "/v1/oauth/authorize/login", data=login)
        assert b"login-problem" in page.body
    consent = {"attempt": attempt, "choice": "allow"}
    assert (await client.send("POST", "/v1/oauth/authorize/consent", data=consent)).status == 400
    page = await _click_through(client, "allow", [])
    assert page.status == 200
    assert b"consent-problem" in page.body


async def test_denying_comes_back_as_an_error_or_as_a_page(client: SimClient) -> None:
    answer = await _click_through(client, "deny")
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert query == {"error": ["access_denied"], "state": ["a-state"]}
    await client.control("POST", "switches", {"denied_as_html": True})
    page = await _click_through(client, "deny")
    assert page.status == 200
    assert b"unable to complete" in page.body


@pytest.mark.parametrize(
    "redirect",
    [
        "https://127.0.0.1:8182/",
        "HTTPS://127.0.0.1:8182",
        "https://127.0.0.1",
        "https://localhost:8182",
        "",
    ],
)
async def test_the_callback_must_match_exactly(client: SimClient, redirect: str) -> None:
    url = client.authorize_url().replace(quote("https://127.0.0.1:8182", safe=""), quote(redirect))
    page = await client.send("GET", url)
    assert page.status == 403
    assert b"<TITLE>Access Denied</TITLE>" in page.body


async def test_an_unknown_app_and_an_app_that_is_not_ready_get_the_whitelabel_page(
    client: SimClient,
) -> None:
    url = client.authorize_url()
    wrong = await client.send("GET", url.replace(client.secrets["app_key"], "nobody"))
    assert (wrong.status, b"Whitelabel Error Page" in wrong.body) == (500, True)
    await client.control("POST", "switches", {"app_ready": False})
    assert (await client.send("GET", url)).status == 500


async def test_a_code_is_good_once(client: SimClient) -> None:
    url = await client.approve()
    assert (await client.exchange(url)).status == 200
    again = await client.exchange(url)
    assert again.status == 400
    assert again.json()["error"] == "unsupported_token_type"
    assert "Bad authorization code" in again.json()["error_description"]


async def test_a_code_lives_for_thirty_seconds(client: SimClient) -> None:
    url = await client.approve()
    await client.clock.advance(29.9)
    assert (await client.exchange(url)).status == 200
    url = await client.approve()
    await client.clock.advance(30)
    late = await client.exchange(url)
    assert late.status == 400
    text = late.json()["error_description"]
    assert re.search(r"AuthorizationCode has expired,expiration=\d{13},now=\d{13}", text)


async def test_a_code_encoded_twice_is_told_apart(client: SimClient) -> None:
    code = code_of(await client.approve())
    twice = await client.token(
        grant_type="authorization_code",
        code=quote(code, safe=""),
        redirect_uri=client.secrets["callback_url"],
    )
    assert twice.status == 400
    assert "Invalid authorization code header" in twice.json()["error_description"]


async def test_the_wrong_callback_at_the_exchange_is_refused(client: SimClient) -> None:
    code = code_of(await client.approve())
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": "https://127.0.0.1"}
    answer = await client.token(**form)
    assert (answer.status, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("header", ["", "Basic", "Basic !!!", "Basic YTpi", "Bearer x"])
async def test_a_wrong_secret_is_refused(client: SimClient, header: str) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": "x"}
    headers = {"Authorization": header} if header else {}
    answer = await client.send("POST", "/v1/oauth/token", data=form, headers=headers)
    assert (answer.status, answer.json()["error"]) == (401, "invalid_client")


async def test_a_refresh_keeps_the_refresh_token_and_its_seven_days(client: SimClient) -> None:
    await client.sign_in()
    first = client.tokens
    for _ in range(6):
        await client.clock.advance(86400)
        answer = await client.token(
            grant_type="refresh_token", refresh_token=first["refresh_token"]
        )
        assert answer.status == 200
        assert answer.json()["refresh_token"] == first["refresh_token"]
        assert answer.json()["access_token"] != first["access_token"]
    await client.clock.advance(WEEK - 6 * 86400)
    answer = await client.token(grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert answer.status == 400
    assert answer.json()["error"] == "unsupported_token_type"
    assert "refresh_token_authentication_error" in answer.json()["error_description"]
    await client.control("POST", "switches", {"refresh_error": "invalid_client"})
    answer = await client.token(grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert answer.json()["error"] == "invalid_client"


async def test_refresh_tokens_can_rotate_without_new_days(client: SimClient) -> None:
    await client.control("POST", "switches", {"rotate_refresh_tokens": True})
    await client.sign_in()
    token = client.tokens["refresh_token"]
    await client.clock.advance(WEEK - 1)
    rotated = await client.token(grant_type="refresh_token", refresh_token=token)
    assert rotated.json()["refresh_token"] != token
    await client.clock.advance(1)
    late = await client.token(
        grant_type="refresh_token", refresh_token=rotated.json()["refresh_token"]
    )
    assert late.status == 400


async def test_a_new_login_ends_earlier_refresh_tokens(client: SimClient) -> None:
    await client.sign_in()
    old = client.tokens["refresh_token"]
    await client.approve()
    assert (await client.token(grant_type="refresh_token", refresh_token=old)).status == 200
    await client.sign_in()
    assert (await client.token(grant_type="refresh_token", refresh_token=old)).status == 400
    new = client.tokens["refresh_token"]
    assert (await client.token(grant_type="refresh_token", refresh_token=new)).status == 200
    await client.control("POST", "switches", {"refresh_survives_new_login": True})
    assert (await client.token(grant_type="refresh_token", refresh_token=old)).status == 200


async def test_access_tokens_end_after_half_an_hour_and_on_command(client: SimClient) -> None:
    await client.sign_in()
    await client.clock.advance(1799)
    assert (await client.get(NUMBERS)).status == 200
    await client.clock.advance(1)
    late = await client.get(NUMBERS)
    assert late.status == 401
    assert late.json()["errors"][0]["status"] == 401
    assert late.json()["errors"][0]["detail"] == "Client not authorized"
    await client.sign_in()
    await client.control("POST", "tokens/expire", {"kind": "access"})
    assert (await client.get(NUMBERS)).status == 401
    refreshed = await client.token(
        grant_type="refresh_token", refresh_token=client.tokens["refresh_token"]
    )
    client.tokens = refreshed.json()
    assert (await client.get(NUMBERS)).status == 200
    await client.control("POST", "tokens/expire", {"kind": "refresh"})
    answer = await client.token(
        grant_type="refresh_token", refresh_token=client.tokens["refresh_token"]
    )
    assert answer.status == 400


async def test_tokens_survive_a_restart_with_the_same_seed_only() -> None:
    clock = FakeClock()
    async with sim_client(clock=clock) as first:
        tokens = first.tokens
    async with sim_client(clock=clock, signed_in=False) as second:
        second.tokens = tokens
        assert (await second.get(NUMBERS)).status == 200
        form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
        assert (await second.token(**form)).status == 200
        await second.sign_in()
        assert (await second.token(**form)).status == 400
    async with sim_client(clock=clock, signed_in=False, seed=8) as other:
        other.tokens = tokens
        assert (await other.get(NUMBERS)).status == 401


async def test_client_credentials_are_the_trap_that_they_are(client: SimClient) -> None:
    answer = await client.token(grant_type="client_credentials")
    assert answer.status == 200
    assert answer.json()["expires_in"] == 3600
    assert "refresh_token" not in answer.json()
    assert "id_token" not in answer.json()
    client.tokens = answer.json()
    assert (await client.get(NUMBERS)).json() == []
    await client.control("POST", "switches", {"client_credentials": False})
    assert (await client.token(grant_type="client_credentials")).status == 400


@pytest.mark.parametrize("token", ["", "I0.x.y@", "I0.e30.e30@", "\u00e9", "I0.a"])
async def test_made_up_access_tokens_are_refused(client: SimClient, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    assert (await client.send("GET", NUMBERS, headers=headers)).status == 401
