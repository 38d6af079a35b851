"""Signing in: the pages in the browser and the token endpoint.

The rules are Schwab's, including those that surprise: a refresh gives back the same refresh token,
codes end in ``@`` and live for 30 seconds, and errors wrap a second document in a string.
"""

from __future__ import annotations

import base64
import binascii
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from aiohttp import web

from brokerdesk.simulator.schwab import envelopes
from brokerdesk.simulator.schwab.pages import consent_page, login_page, unable_page
from brokerdesk.simulator.schwab.state import SchwabState
from brokerdesk.simulator.schwab.tokens import CLIENT_CREDENTIALS_LIFE, CODE_HEAD, Grant, TokenSet
from brokerdesk.simulator.wire import html_answer, json_answer

AUTHORIZE = "/v1/oauth/authorize"
TOKEN = "/v1/oauth/token"  # noqa: S105 - a path
WRONG_PASSWORD = "wrong"  # noqa: S105 - what the page tells the person to type
MOST_ATTEMPTS = 1000


@dataclass(slots=True)
class Attempt:
    """One browser's way through the pages."""

    redirect_uri: str
    state: str | None
    signed_in: bool = False


class OAuth:
    """The sign-in routes of one simulated Schwab."""

    def __init__(self, state: SchwabState) -> None:
        self._state = state
        self._attempts: dict[str, Attempt] = {}

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_get(AUTHORIZE, self.authorize)
        router.add_post(AUTHORIZE + "/login", self.login)
        router.add_post(AUTHORIZE + "/consent", self.consent)
        router.add_post(TOKEN, self.token)

    async def authorize(self, request: web.Request) -> web.Response:
        attempt = self._begin(dict(request.query))
        if isinstance(attempt, web.Response):
            return attempt
        return html_answer(login_page(AUTHORIZE + "/login", attempt))

    async def login(self, request: web.Request) -> web.Response:
        form = await request.post()
        key = str(form.get("attempt", ""))
        attempt = self._attempts.get(key)
        if attempt is None:
            return html_answer(unable_page(), 400)
        user, password = str(form.get("user", "")), str(form.get("password", ""))
        if not user or not password or password == WRONG_PASSWORD:
            problem = "The Login ID or Password you entered does not match our records."
            return html_answer(login_page(AUTHORIZE + "/login", key, problem))
        attempt.signed_in = True
        return html_answer(self._consent(key))

    async def consent(self, request: web.Request) -> web.Response:
        form = await request.post()
        key = str(form.get("attempt", ""))
        attempt = self._attempts.get(key)
        if attempt is None or not attempt.signed_in:
            return html_answer(unable_page(), 400)
        chosen = [str(value) for value in form.getall("account", [])]
        allowed = form.get("choice") == "allow"
        if allowed and not chosen:
            return html_answer(self._consent(key, "Choose at least one account."))
        del self._attempts[key]
        if not allowed and self._state.switches.denied_as_html:
            return html_answer(unable_page())
        url = self._finish(attempt, chosen if allowed else None)
        return web.Response(status=303, headers={"Location": url})

    def approve(self, query: dict[str, str], chosen: Sequence[str] | None, *, allow: bool) -> str:
        """Do at once what a person would do by clicking; the callback URL, or a reason why not.

        Raises:
            ValueError: the real pages would have shown an error.
        """
        key = self._begin(query)
        if isinstance(key, web.Response):
            raise ValueError(f"the sign-in page answers {key.status}")  # noqa: TRY004
        attempt = self._attempts.pop(key)
        everything = [a.profile.number for a in self._state.exchange.accounts]
        return self._finish(attempt, (chosen or everything) if allow else None)

    async def token(self, request: web.Request) -> web.Response:
        text = (await request.read()).decode("utf-8", "replace")
        form = dict(parse_qsl(text, keep_blank_values=True))
        if not self._is_app(request.headers.get("Authorization", "")):
            status = self._state.switches.wrong_secret_status
            return envelopes.token_error("invalid_client", "Unauthorized", status)
        grant = form.get("grant_type", "")
        if grant == "authorization_code":
            return self._exchange(form)
        if grant == "refresh_token":
            return self._refresh(form.get("refresh_token", ""))
        if grant == "client_credentials" and self._state.switches.client_credentials:
            return self._client_credentials()
        return envelopes.token_error("unsupported_grant_type", "Unsupported grant type")

    def _begin(self, query: dict[str, str]) -> str | web.Response:
        """Check an authorize request; the key of a new attempt, or the error page."""
        if not self._state.switches.app_ready:
            return envelopes.whitelabel()
        if query.get("client_id") != self._state.tokens.app_key:
            return envelopes.whitelabel()
        redirect = query.get("redirect_uri", "")
        if redirect not in self._state.callback_urls:
            return envelopes.access_denied(self._state.base_url + AUTHORIZE)
        if query.get("response_type", "code") != "code":
            return html_answer(unable_page(), 400)
        while len(self._attempts) >= MOST_ATTEMPTS:
            self._attempts.pop(next(iter(self._attempts)))
        key = secrets.token_urlsafe(18)
        self._attempts[key] = Attempt(redirect, query.get("state"))
        return key

    def _consent(self, key: str, problem: str = "") -> str:
        profiles = (account.profile for account in self._state.exchange.accounts)
        pairs = [(profile.number, profile.nickname) for profile in profiles]
        return consent_page(AUTHORIZE + "/consent", key, pairs, problem)

    def _finish(self, attempt: Attempt, accounts: Sequence[str] | None) -> str:
        """The callback URL: with a code, or with ``error=access_denied`` when refused."""
        known = {a.profile.number for a in self._state.exchange.accounts}
        if accounts is None:
            query = "error=access_denied"
        else:
            chosen = tuple(number for number in accounts if number in known)
            now = self._state.clock.now()
            code = self._state.tokens.new_code(chosen, attempt.redirect_uri, now)
            query = f"code={quote(code, safe='')}&session={uuid.uuid4()}"
        if attempt.state is not None and self._state.switches.echo_state:
            query += "&" + urlencode({"state": attempt.state})
        parts = urlsplit(attempt.redirect_uri)
        return urlunsplit((parts.scheme, parts.netloc, parts.path or "/", query, ""))

    def _is_app(self, header: str) -> bool:
        scheme, _, text = header.partition(" ")
        if scheme.lower() != "basic":
            return False
        try:
            key, _, secret = base64.b64decode(text, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return False
        tokens = self._state.tokens
        return secrets.compare_digest(
            f"{key}:{secret}".encode(), f"{tokens.app_key}:{tokens.app_secret}".encode()
        )

    def _exchange(self, form: dict[str, str]) -> web.Response:
        state, code = self._state, form.get("code", "")
        if not code.startswith(CODE_HEAD) or not code.endswith("@"):
            return envelopes.code_refused(f"Invalid authorization code header: {code[:8]}")
        found = state.tokens.take_code(code)
        now = state.clock.now()
        if found is None:
            return envelopes.code_refused("Invalid authorization code header: unknown code")
        if now >= found.expires:
            expired, asked = (int(at.timestamp() * 1000) for at in (found.expires, now))
            reason = f"AuthorizationCode has expired,expiration={expired},now={asked}"
            return envelopes.code_refused(reason)
        if form.get("redirect_uri") != found.redirect_uri:
            return envelopes.token_error("invalid_request", "redirect_uri does not match")
        state.tokens.begin_login(found.grant)
        return _tokens(state.tokens.issue(found.grant, now))

    def _refresh(self, token: str) -> web.Response:
        state = self._state
        now = state.clock.now()
        survives = state.switches.refresh_survives_new_login
        found = state.tokens.check_refresh(token, now, superseded_ok=survives)
        if found is None:
            digest = state.tokens.digest(token)
            return envelopes.refresh_refused(digest, state.switches.refresh_error)
        grant, began = found
        fresh = state.tokens.issue(grant, now, began)
        if state.switches.rotate_refresh_tokens:
            return _tokens(fresh)
        same = TokenSet(
            access=fresh.access,
            refresh=token,
            expires_in=fresh.expires_in,
            id_token=fresh.id_token,
        )
        return _tokens(same)

    def _client_credentials(self) -> web.Response:
        tokens, now = self._state.tokens, self._state.clock.now()
        access = tokens.access_token(Grant(0, ()), now, CLIENT_CREDENTIALS_LIFE)
        return json_answer(
            {
                "expires_in": int(CLIENT_CREDENTIALS_LIFE.total_seconds()),
                "token_type": "Bearer",
                "scope": "api",
                "access_token": access,
            }
        )


def _tokens(issued: TokenSet) -> web.Response:
    return json_answer(
        {
            "expires_in": issued.expires_in,
            "token_type": "Bearer",
            "scope": "api",
            "refresh_token": issued.refresh,
            "access_token": issued.access,
            "id_token": issued.id_token,
        }
    )
