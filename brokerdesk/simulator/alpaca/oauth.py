"""Signing in with an app: the page and the token endpoint.

The secret travels in the form. There is no refresh token and no lifetime in the answer. The token
endpoint is on the live host only, also for paper.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from aiohttp import web

from brokerdesk.simulator.alpaca.accounts import VENUES
from brokerdesk.simulator.alpaca.pages import consent_page, failure_page
from brokerdesk.simulator.alpaca.state import APP, AlpacaState
from brokerdesk.simulator.alpaca.tokens import SCOPES, Grant
from brokerdesk.simulator.wire import html_answer, json_answer

AUTHORIZE = APP + "/oauth/authorize"
TOKEN = "/alpaca/live/oauth/token"  # noqa: S105 - a path
MOST_ATTEMPTS = 1000


@dataclass(frozen=True, slots=True)
class Attempt:
    """One browser's way through the page."""

    redirect_uri: str
    state: str | None
    scopes: tuple[str, ...]
    venues: tuple[str, ...]


class OAuth:
    """The sign-in routes of one simulated Alpaca."""

    def __init__(self, state: AlpacaState) -> None:
        self._state = state
        self._attempts: dict[str, Attempt] = {}

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_get(AUTHORIZE, self.authorize)
        router.add_post(AUTHORIZE, self.consent)
        router.add_post(TOKEN, self.token)

    async def authorize(self, request: web.Request) -> web.Response:
        try:
            key = self._begin(dict(request.query))
        except ValueError as error:
            return html_answer(failure_page(str(error)), 400)
        venues = self._attempts[key].venues
        profiles = {
            v: a.profile for v, a in zip(VENUES, self._state.exchange.accounts, strict=True)
        }
        pairs = [(v, f"{profiles[v].nickname} …{profiles[v].number[-4:]}") for v in venues]
        return html_answer(consent_page(AUTHORIZE, key, pairs))

    async def consent(self, request: web.Request) -> web.Response:
        form = await request.post()
        attempt = self._attempts.pop(str(form.get("attempt", "")), None)
        if attempt is None:
            return html_answer(failure_page("This sign-in is over."), 400)
        chosen = [str(value) for value in form.getall("account", [])]
        allowed = form.get("choice") == "allow" and bool(chosen)
        url = self._finish(attempt, chosen if allowed else None)
        return web.Response(status=303, headers={"Location": url})

    def approve(self, query: dict[str, str], chosen: Sequence[str] | None, *, allow: bool) -> str:
        """Do at once what a person would do by clicking.

        Raises:
            ValueError: the real page would have shown an error.
        """
        attempt = self._attempts.pop(self._begin(query))
        return self._finish(attempt, (chosen or attempt.venues) if allow else None)

    async def token(self, request: web.Request) -> web.Response:
        raw = (await request.read()).decode("utf-8", "replace")
        form = dict(parse_qsl(raw, keep_blank_values=True))
        tokens = self._state.tokens
        given = f"{form.get('client_id', '')}:{form.get('client_secret', '')}".encode()
        own = f"{tokens.client_id}:{tokens.client_secret}".encode()
        if not hmac.compare_digest(given, own):
            status = self._state.switches.wrong_secret_status
            return json_answer({"code": 40110000, "message": "invalid client"}, status)
        if form.get("grant_type") != "authorization_code":
            return json_answer({"code": 40010001, "message": "invalid grant_type"}, 422)
        found = tokens.take_code(form.get("code", ""), self._state.clock.now())
        if found is None or form.get("redirect_uri") != found.redirect_uri:
            return json_answer({"code": 40010001, "message": "invalid code"}, 422)
        return json_answer(
            {
                "access_token": tokens.issue(found.grant),
                "token_type": "bearer",
                "scope": " ".join(found.grant.scopes or ()),
            }
        )

    def _begin(self, query: dict[str, str]) -> str:
        """Check an authorize request; the key of a new attempt.

        Raises:
            ValueError: what the page would say.
        """
        if query.get("response_type") != "code":
            raise ValueError("Unsupported response type.")
        if query.get("client_id") != self._state.tokens.client_id:
            raise ValueError("Unknown client.")
        if query.get("redirect_uri", "") not in self._state.callback_urls:
            raise ValueError("The redirect URI is not one of this app's.")
        scopes = tuple(query.get("scope", "").split())
        if set(scopes) - set(SCOPES):
            raise ValueError("Unknown scope.")
        wanted = query.get("env")
        if wanted not in (None, *VENUES):
            raise ValueError("Unknown environment.")
        while len(self._attempts) >= MOST_ATTEMPTS:
            self._attempts.pop(next(iter(self._attempts)))
        key = secrets.token_urlsafe(18)
        venues = VENUES if wanted is None else (wanted,)
        self._attempts[key] = Attempt(query["redirect_uri"], query.get("state"), scopes, venues)
        return key

    def _finish(self, attempt: Attempt, chosen: Sequence[str] | None) -> str:
        """The callback URL: with a code, or with an error when refused."""
        if chosen is None:
            query = {
                "error": self._state.switches.denied_error,
                "error_description": "The user denied the request.",
            }
        else:
            venues = tuple(venue for venue in attempt.venues if venue in chosen)
            grant = Grant(venues, attempt.scopes)
            now = self._state.clock.now()
            query = {"code": self._state.tokens.new_code(grant, attempt.redirect_uri, now)}
        if attempt.state is not None and self._state.switches.echo_state:
            query["state"] = attempt.state
        parts = urlsplit(attempt.redirect_uri)
        return urlunsplit((parts.scheme, parts.netloc, parts.path or "/", urlencode(query), ""))
