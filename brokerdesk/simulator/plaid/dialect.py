"""Plaid on its paths: keys, bodies and ids around every route. All of them are POSTs."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from aiohttp import web

from brokerdesk.simulator.dialects import Handler
from brokerdesk.simulator.exchange.exchange import Account, Exchange
from brokerdesk.simulator.options import MovableClock, SimulatorOptions
from brokerdesk.simulator.plaid.errors import PlaidError
from brokerdesk.simulator.plaid.holdings import account_object, holdings_answer, item_object
from brokerdesk.simulator.plaid.link import PAGE, HostedLink
from brokerdesk.simulator.plaid.state import Item, PlaidState, stamp
from brokerdesk.simulator.plaid.transactions import transactions_answer
from brokerdesk.simulator.wire import json_answer, new_id

Body = dict[str, Any]
SMALLEST_COMPRESSED = 256


class PlaidDialect:
    """One simulated Plaid."""

    name = "plaid"
    token_kinds: tuple[str, ...] = ("login", "item")

    def __init__(self, options: SimulatorOptions, exchange: Exchange, clock: MovableClock) -> None:
        self.state = PlaidState(exchange, clock)
        self.exchange = exchange
        self.switches = self.state.switches
        self.callback_urls: list[str] = []
        self.link = HostedLink(self.state)
        self._routes: dict[str, Callable[[Body], Body]] = {
            "/link/token/create": self.link.create,
            "/link/token/get": self.link.get,
            "/item/public_token/exchange": self.link.exchange,
            "/item/get": self._item_get,
            "/item/remove": self._item_remove,
            "/accounts/get": self._accounts,
            "/accounts/balance/get": self._accounts,
            "/investments/holdings/get": self._holdings,
            "/investments/transactions/get": self._transactions,
            "/investments/refresh": self._refresh,
            "/sandbox/public_token/create": self.link.sandbox_token,
            "/sandbox/item/reset_login": self._reset_login,
        }

    @property
    def secrets(self) -> dict[str, str]:
        return {"client_id": self.state.client_id, "secret": self.state.secret}

    def owns(self, path: str) -> bool:
        return path in self._routes or path.startswith(PAGE)

    def add_routes(self, router: web.UrlDispatcher) -> None:
        for path in self._routes:
            router.add_post(path, self._answer)
        router.add_get(PAGE, self.link.page)
        router.add_post(PAGE, self.link.decide)
        router.add_get(PAGE + "/done", self.link.done)

    async def serve(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            answer = await handler(request)
        except PlaidError as error:
            answer = error.answer()
        except web.HTTPMethodNotAllowed:
            answer = PlaidError("NOT_FOUND").answer()
        body = answer.body if isinstance(answer, web.Response) else None
        packs = "gzip" in request.headers.get("Accept-Encoding", "")
        if packs and isinstance(body, bytes) and len(body) > SMALLEST_COMPRESSED:
            answer.enable_compression(web.ContentCoding.gzip)
        return answer

    def started(self, base_url: str) -> None:
        self.state.base_url = base_url

    def approve(self, query: dict[str, str], accounts: Sequence[str] | None, *, allow: bool) -> str:
        return self.link.approve(query, accounts, allow=allow)

    def expire(self, kind: str) -> None:
        """``login``: the institutions want a new sign-in; ``item``: the logins are gone."""
        for item in self.state.items.values():
            if kind == "login":
                item.login_required = True
            else:
                item.removed = True

    def recorded(self, account: Account, moment: datetime) -> Any:
        number = account.profile.number
        item = next(one for one in self.state.items.values() if number in one.accounts)
        return holdings_answer(self.state, item, [account], moment)

    async def _answer(self, request: web.Request) -> web.Response:
        try:
            body = json.loads(await request.read() or b"{}")
        except ConnectionError:
            return web.Response(status=499)  # the client has hung up meanwhile
        except ValueError:
            raise PlaidError("INVALID_BODY") from None
        if not isinstance(body, dict):
            raise PlaidError("INVALID_BODY")
        headers = request.headers
        given = (
            headers.get("PLAID-CLIENT-ID") or body.get("client_id"),
            headers.get("PLAID-SECRET") or body.get("secret"),
        )
        if given != (self.state.client_id, self.state.secret):
            raise PlaidError("INVALID_API_KEYS", status=self.switches.keys_status)
        code = self.switches.errors.get(request.path)
        if code:
            raise PlaidError(code)
        self.state.calls.append(request.path)
        return json_answer({**self._routes[request.path](body), "request_id": new_id()})

    def _item(self, body: Body) -> Item:
        if not body.get("access_token"):
            raise PlaidError("MISSING_FIELDS", "the following fields are missing: access_token")
        return self.state.find(body["access_token"])

    def _working(self, body: Body) -> Item:
        """The Item, if its institution still lets Plaid in."""
        item = self._item(body)
        if item.login_required:
            raise PlaidError("ITEM_LOGIN_REQUIRED")
        if item.institution in self.switches.down:
            raise PlaidError("INSTITUTION_DOWN")
        return item

    def _chosen(self, item: Item, body: Body) -> list[Account]:
        wanted = (body.get("options") or {}).get("account_ids")
        accounts = self.state.accounts(item)
        if not wanted:
            return accounts
        by_id = {item.account_id(one.profile.number): one for one in accounts}
        if set(wanted) - set(by_id):
            raise PlaidError("INVALID_ACCOUNT_ID")
        return [by_id[name] for name in wanted]

    def _item_get(self, body: Body) -> Body:
        item = self._item(body)
        updates = {
            "last_successful_update": stamp(self.state.updated()),
            "last_failed_update": None,
        }
        return {
            "item": item_object(self.state, item),
            "status": {"investments": updates, "last_webhook": None},
        }

    def _item_remove(self, body: Body) -> Body:
        self._item(body).removed = True
        return {}

    def _accounts(self, body: Body) -> Body:
        item = self._working(body)
        now = self.state.clock.now()
        accounts = [
            account_object(item, one, now, self.switches) for one in self._chosen(item, body)
        ]
        return {"accounts": accounts, "item": item_object(self.state, item)}

    def _holdings(self, body: Body) -> Body:
        item = self._working(body)
        now = self.state.clock.now()
        return holdings_answer(self.state, item, self._chosen(item, body), now)

    def _transactions(self, body: Body) -> Body:
        item = self._working(body)
        return transactions_answer(self.state, item, self._chosen(item, body), body)

    def _refresh(self, body: Body) -> Body:
        self._working(body)
        return {}

    def _reset_login(self, body: Body) -> Body:
        self._item(body).login_required = True
        return {"reset_login": True}
