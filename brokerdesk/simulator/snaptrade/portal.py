"""Brokerage connections, and the portal page on which people make them."""

from __future__ import annotations

import html
import secrets
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from brokerdesk.simulator.snaptrade import words
from brokerdesk.simulator.snaptrade.accounts import UUID, account_body
from brokerdesk.simulator.snaptrade.cast import HOUSES, house_of
from brokerdesk.simulator.snaptrade.state import HOLDER, Connection, Portal, SnapTradeState
from brokerdesk.simulator.wire import html_answer, json_answer, new_id

LOCALES = ("en", "pt-BR")
KINDS = ("read", "trade", "trade-if-available")
PAGE = "/snapTrade/redeemToken"
DECIDE = "/snapTrade/portal"
DONE = "/snapTrade/portal/done"


class Portals:
    """``/authorizations`` and ``/snapTrade/login``."""

    def __init__(self, state: SnapTradeState) -> None:
        self._state = state

    def add_routes(self, router: web.UrlDispatcher, prefix: str) -> None:
        router.add_post(prefix + "/snapTrade/login", self.login)
        router.add_get(prefix + "/authorizations", self.list)
        router.add_get(f"{prefix}/authorizations/{UUID}", self.one)
        router.add_get(f"{prefix}/authorizations/{UUID}/accounts", self.accounts)
        router.add_post(f"{prefix}/authorizations/{UUID}/refresh", self.refresh)
        router.add_delete(f"{prefix}/connection/{UUID}", self.remove)

    def add_pages(self, router: web.UrlDispatcher) -> None:
        router.add_get(PAGE, self.page)
        router.add_post(DECIDE, self.decide)
        router.add_get(DONE, self.done)

    # -- the API -----------------------------------------------------------------------------------

    async def login(self, request: web.Request) -> web.Response:
        body = await request.json() if await request.read() else {}
        kind = body.get("connectionType", "read")
        if kind not in KINDS or body.get("locale", "en") not in LOCALES:
            return words.problem(400, "1012", "Invalid input")
        if body.get("connectionPortalVersion", "v4") != "v4":
            return words.problem(400, "1012", "Invalid input")
        holder = request[HOLDER]
        reconnect = str(body.get("reconnect") or "")
        if reconnect and self._state.connection(holder, reconnect) is None:
            return words.not_found()
        token, session = secrets.token_urlsafe(32), new_id()
        lives = timedelta(seconds=self._state.switches.portal_lives_seconds)
        self._state.portals[token] = Portal(
            holder=holder, reconnect=reconnect, kind=kind, ends=self._state.clock.now() + lives
        )
        query = urlencode({"token": token, "sessionId": session})
        url = f"{self._state.base_url}{PAGE}?{query}"
        return json_answer({"redirectURI": url, "sessionId": session})

    async def list(self, request: web.Request) -> web.Response:
        return json_answer([self._body(one) for one in self._state.of(request[HOLDER])])

    async def one(self, request: web.Request) -> web.Response:
        found = self._state.connection(request[HOLDER], request.match_info["id"])
        return words.not_found() if found is None else json_answer(self._body(found))

    async def accounts(self, request: web.Request) -> web.Response:
        wanted = request.match_info["id"]
        held = [h for h in self._state.held(request[HOLDER]) if h.connection.id == wanted]
        return json_answer([account_body(self._state, h, self._state.seen_at(h)) for h in held])

    async def refresh(self, request: web.Request) -> web.Response:
        found = self._state.connection(request[HOLDER], request.match_info["id"])
        if found is None:
            return words.not_found()
        if found.disabled_at is not None:
            return words.problem(402, "3003", "Unable to sync: the connection is disabled")
        self._state.refreshes.append(found.id)
        return json_answer({"detail": f"Connection {found.id} scheduled for refresh"})

    async def remove(self, request: web.Request) -> web.Response:
        found = self._state.connection(request[HOLDER], request.match_info["id"])
        if found is None:
            return words.not_found()
        found.deleted = True
        detail = "Connection queued for deletion; please wait for webhook for confirmation."
        return json_answer({"detail": detail, "connection_id": found.id})

    def _body(self, one: Connection) -> dict[str, Any]:
        created = words.moment(one.created)
        disabled = one.disabled_at
        mode = "realtime" if house_of(one.slug).live else "delayed"
        both = {"institution": "realtime", "snaptrade": mode}
        return {
            "id": one.id,
            "created_date": created,
            "updated_date": created,
            "name": f"Connection-{one.generation + 1}",
            "type": "read" if one.kind == "read" else "trade",
            "disabled": disabled is not None,
            "disabled_date": None if disabled is None else words.moment(disabled),
            "data_freshness_mode": mode if self._state.switches.freshness_as_word else both,
            "brokerage": brokerage_body(self._state, one.slug),
            "meta": {},
        }

    # -- the page --------------------------------------------------------------------------------

    async def page(self, request: web.Request) -> web.Response:
        """A plain page: which brokerage, and stop."""
        portal = self._open(request.query.get("token", ""))
        if portal is None:
            return html_answer("<h1>This link is no longer valid</h1>", 400)
        token = html.escape(request.query["token"], quote=True)
        choices = [(house.slug, house.name) for house in HOUSES]
        if portal.reconnect:
            one = self._state.connection(portal.holder, portal.reconnect)
            choices = [(one.slug, house_of(one.slug).name)] if one else []
        buttons = "".join(
            f'<p><button name="brokerage" value="{slug}">Sign in to {name}</button></p>'
            for slug, name in choices
        )
        return html_answer(
            '<!doctype html><html lang="en"><title>Connect a brokerage</title>'
            "<h1>Connect a brokerage</h1><p>Practice: any choice signs in at once.</p>"
            f'<form method="post" action="{DECIDE}"><input type="hidden" name="token" '
            f'value="{token}">{buttons}<p><button name="brokerage" value="">Stop</button></p>'
            "</form></html>"
        )

    async def decide(self, request: web.Request) -> web.Response:
        form = await request.post()
        slug = str(form.get("brokerage", ""))
        try:
            url = self.settle(str(form.get("token", "")), slug, allow=bool(slug))
        except ValueError:
            return html_answer("<h1>This link is no longer valid</h1>", 400)
        raise web.HTTPFound(url)

    async def done(self, request: web.Request) -> web.Response:
        fine = request.query.get("status") == "SUCCESS"
        words_shown = "Your brokerage is connected" if fine else "Nothing was connected"
        return html_answer(f"<h1>{words_shown}</h1><p>You can close this page.</p>")

    def settle(self, token: str, slug: str, *, allow: bool) -> str:
        """Decide in the person's place; the address on which the page ends.

        Raises:
            ValueError: the page would have shown an error.
        """
        portal = self._open(token)
        if portal is None:
            raise ValueError("the portal's address is no longer valid")
        portal.used = True
        address = f"{self._state.base_url}{DONE}"
        if not allow:
            return f"{address}?status=ABANDONED"
        if portal.reconnect:
            one = self._state.connection(portal.holder, portal.reconnect)
            if one is None:
                raise ValueError("there is no such connection")
            self._state.repair(one, portal.kind)
        else:
            chosen = slug or self._state.next_house(portal.holder)
            kind = "read" if portal.kind == "read" or not house_of(chosen).trades else "trade"
            one = self._state.connect(portal.holder, chosen, kind)
        return f"{address}?{urlencode({'status': 'SUCCESS', 'connection_id': one.id})}"

    def _open(self, token: str) -> Portal | None:
        portal = self._state.portals.get(token)
        if portal is None or portal.used or portal.ends < self._state.clock.now():
            return None
        return portal


def brokerage_body(state: SnapTradeState, slug: str) -> dict[str, Any]:
    house = house_of(slug)
    return {
        "id": state.uuid("brokerage", slug),
        "slug": slug,
        "name": house.name,
        "display_name": house.name,
        "description": f"{house.name}, simulated",
        "aws_s3_logo_url": f"https://logos.example/{slug.lower()}.png",
        "aws_s3_square_logo_url": None,
        "url": None,
        "enabled": True,
        "maintenance_mode": False,
        "is_degraded": False,
        "allows_trading": house.trades,
        "brokerage_type": {
            "id": state.uuid("brokerage type"),
            "name": "Traditional Brokerage",
        },
    }
