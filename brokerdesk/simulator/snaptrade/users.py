"""Users of a commercial key, and what a key is."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from brokerdesk.simulator.snaptrade import words
from brokerdesk.simulator.snaptrade.cast import HOUSES
from brokerdesk.simulator.snaptrade.portal import brokerage_body
from brokerdesk.simulator.snaptrade.state import SnapTradeState
from brokerdesk.simulator.wire import json_answer


class Users:
    """``/snapTrade/…`` but for the portal, and reference data."""

    def __init__(self, state: SnapTradeState) -> None:
        self._state = state

    def add_routes(self, router: web.UrlDispatcher, prefix: str) -> None:
        router.add_post(prefix + "/snapTrade/registerUser", self.register)
        router.add_post(prefix + "/snapTrade/resetUserSecret", self.reset)
        router.add_delete(prefix + "/snapTrade/deleteUser", self.delete)
        router.add_get(prefix + "/snapTrade/listUsers", self.list)
        router.add_get(prefix + "/snapTrade/partners", self.partners)
        router.add_get(prefix + "/brokerages", self.brokerages)

    def _refused(self, request: web.Request) -> web.Response | None:
        if request.query.get("clientId") == self._state.personal_id:
            status = self._state.switches.personal_register_status
            return words.problem(status, "1012", "Personal keys have no users")
        return None

    async def register(self, request: web.Request) -> web.Response:
        refused = self._refused(request)
        if refused is not None:
            return refused
        name = str((await request.json()).get("userId", ""))
        if not name:
            return words.problem(400, "1012", "Invalid input")
        if name in self._state.users:
            return words.problem(400, "1010", "User with the given userId already exists")
        return self._with_secret(name)

    async def reset(self, request: web.Request) -> web.Response:
        refused = self._refused(request)
        if refused is not None:
            return refused
        body = await request.json()
        name = str(body.get("userId", ""))
        known = self._state.users.get(name)
        if known is None or known != body.get("userSecret"):
            return words.user_invalid()
        return self._with_secret(name)

    async def delete(self, request: web.Request) -> web.Response:
        refused = self._refused(request)
        if refused is not None:
            return refused
        name = request.query.get("userId", "")
        if self._state.users.pop(name, None) is None:
            return words.not_found()
        self._state.connections.pop(name, None)
        detail = "User queued for deletion; please wait for webhook for confirmation."
        return json_answer({"status": "deleted", "detail": detail, "userId": name})

    async def list(self, request: web.Request) -> web.Response:
        return self._refused(request) or json_answer(list(self._state.users))

    async def partners(self, request: web.Request) -> web.Response:
        personal = request.query.get("clientId") == self._state.personal_id
        body: dict[str, Any] = {
            "slug": "personal" if personal else "brokerdesk",
            "name": "Personal" if personal else "BrokerDesk",
            "logo_url": None,
            "allowed_brokerages": [brokerage_body(self._state, h.slug) for h in HOUSES],
            "can_access_trades": True,
            "can_access_holdings": True,
            "can_access_account_history": True,
            "can_access_reference_data": True,
            "can_access_portfolio_management": False,
            "can_access_orders": self._state.switches.recent_orders_allowed,
            "redirect_uri": None,
            "pin_required": False,
        }
        return json_answer(body)

    async def brokerages(self, _: web.Request) -> web.Response:
        return json_answer([brokerage_body(self._state, house.slug) for house in HOUSES])

    def _with_secret(self, name: str) -> web.Response:
        self._state.rotations += 1
        secret = self._state.secret("user", name, self._state.rotations)
        self._state.users[name] = secret
        return json_answer({"userId": name, "userSecret": secret})
