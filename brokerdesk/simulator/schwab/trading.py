"""Placing, replacing, cancelling and previewing at the simulated Schwab.

An order's id is told in ``Location`` and nowhere else; the body is empty.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from aiohttp import web

from brokerdesk.simulator.exchange.exchange import Account
from brokerdesk.simulator.exchange.profiles import START
from brokerdesk.simulator.exchange.rules import Rules, maintenance_margin
from brokerdesk.simulator.exchange.terms import Strategy
from brokerdesk.simulator.exchange.tickets import Ticket
from brokerdesk.simulator.market.market import utc
from brokerdesk.simulator.schwab import envelopes
from brokerdesk.simulator.schwab.order_entry import (
    OrderError,
    malformed,
    read_body,
    read_strategy,
    rejected,
)
from brokerdesk.simulator.schwab.preview import preview_answer
from brokerdesk.simulator.schwab.state import SchwabState
from brokerdesk.simulator.schwab.trader import BASE, account_of
from brokerdesk.simulator.truth import executed, not_executed
from brokerdesk.simulator.wire import json_answer

RULES = Rules(half_spread=Decimal("0.0001"), power=maintenance_margin)


class Trading:
    """The routes that change something, and the preview."""

    def __init__(self, state: SchwabState) -> None:
        self._state = state
        self._floor = state.floor

    def add_routes(self, router: web.UrlDispatcher) -> None:
        orders = BASE + "/accounts/{hash}/orders"
        router.add_post(orders, self._guarded(self.place))
        router.add_put(orders + "/{id}", self._guarded(self.replace))
        router.add_delete(orders + "/{id}", self._guarded(self.cancel))
        router.add_post(BASE + "/accounts/{hash}/previewOrder", self._guarded(self.preview))

    def _guarded(self, handler: Any) -> Any:
        async def guarded(request: web.Request) -> web.Response:
            account = account_of(self._state, request)
            try:
                answer: web.Response = await handler(request, account)
            except OrderError as error:
                not_executed(request, error.message, account=account.profile.number)
                return envelopes.trader_error(error.status, error.message, *error.errors)
            return answer

        return guarded

    async def place(self, request: web.Request, account: Account) -> web.Response:
        strategy, reason = await self._read(request, account)
        ticket = self._floor.place(account, strategy, refused=reason)
        what = "rejected" if reason else "placed"
        number = account.profile.number
        executed(request, what, [str(ticket.number)], account=number, reason=reason)
        return self._created(request, ticket)

    async def replace(self, request: web.Request, account: Account) -> web.Response:
        ticket = self._one(account, request.match_info["id"])
        if ticket.over or ticket.pending:
            raise OrderError("Order cannot be replaced in its current state")
        strategy, reason = await self._read(request, account, instead_of=ticket)
        if reason:
            made = self._floor.place(account, strategy, refused=reason)
        else:
            made = self._floor.replace(ticket, strategy)
        executed(
            request, "rejected" if reason else "replacing", [str(made.number)],
            account=account.profile.number, concerned=str(ticket.number), reason=reason,
        )  # fmt: skip
        return self._created(request, made)

    async def cancel(self, request: web.Request, account: Account) -> web.Response:
        ticket = self._one(account, request.match_info["id"])
        if ticket.over or ticket.pending:
            raise OrderError("Order cannot be canceled in its current state")
        self._floor.cancel(ticket)
        number = account.profile.number
        executed(request, "cancelling", [str(ticket.number)], account=number)
        return web.Response(status=200)

    async def preview(self, request: web.Request, account: Account) -> web.Response:
        strategy, reason = await self._read(request, account)
        return json_answer(preview_answer(self._floor, account, strategy, reason))

    async def _read(
        self, request: web.Request, account: Account, instead_of: Ticket | None = None
    ) -> tuple[Strategy, str]:
        """The order, and why it will be rejected, if it will."""
        strategy = read_strategy(account.market, read_body(await request.read()))
        floor = self._floor
        if instead_of is not None:
            found = floor.check_replacement(account, instead_of, strategy)
        else:
            found = floor.check(account, strategy)
        if found is None:
            return strategy, ""
        wrong = malformed(found)
        if wrong is not None:
            raise wrong
        return strategy, rejected(found)

    def _created(self, request: web.Request, ticket: Ticket) -> web.Response:
        base = self._state.switches.location_base or self._state.base_url
        path = f"{BASE}/accounts/{request.match_info['hash']}/orders/{ticket.number}"
        return web.Response(status=201, headers={"Location": base + path})

    def _one(self, account: Account, wanted: str) -> Ticket:
        if not wanted.isdigit():
            raise OrderError("Invalid order id", "orderId")
        self._floor.adopt_all(account)
        found = self._floor.find(account, int(wanted))
        if found is not None:
            return found
        now = self._state.clock.now()
        if any(one.number == int(wanted) for one in account.story_orders(utc(START, 0), now)):
            raise OrderError("Order cannot be canceled in its current state")
        raise OrderError("Order not found", status=404)
