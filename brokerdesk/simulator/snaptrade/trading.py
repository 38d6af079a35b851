"""Placing, replacing and cancelling at the simulated SnapTrade.

SnapTrade hands everything on and removes no doubles: the same body placed twice is two orders,
whatever id a client gave them.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from aiohttp import web

from brokerdesk.simulator.exchange.exchange import Account
from brokerdesk.simulator.exchange.rules import Rules, initial_margin
from brokerdesk.simulator.exchange.terms import Strategy, Terms
from brokerdesk.simulator.exchange.tickets import Ticket
from brokerdesk.simulator.snaptrade import words
from brokerdesk.simulator.snaptrade.accounts import UUID, of_account
from brokerdesk.simulator.snaptrade.order_entry import (
    INVALID,
    REFUSED,
    OrderError,
    number,
    read_complex,
    read_options,
    read_order,
    refused,
)
from brokerdesk.simulator.snaptrade.own_orders import (
    numbered,
    order_id,
    own_records,
    together,
)
from brokerdesk.simulator.snaptrade.state import HOLDER, Held, SnapTradeState
from brokerdesk.simulator.truth import executed, not_executed
from brokerdesk.simulator.wire import json_answer

RULES = Rules(half_spread=Decimal("0.0002"), power=initial_margin, fractions=True)
CRYPTO = "Crypto"
Answering = Callable[[web.Request, Held, dict[str, Any]], Awaitable[web.Response]]


class Trading:
    """The routes that change something."""

    def __init__(self, state: SnapTradeState) -> None:
        self._state = state
        self._floor = state.floor

    def add_routes(self, router: web.UrlDispatcher, prefix: str) -> None:
        about = f"{prefix}/accounts/{UUID}"
        # Before the one that takes any id for that of a checked trade.
        router.add_post(prefix + "/trade/place", self.place)
        router.add_post(prefix + "/trade/{trade}", self.place_checked)
        for name, answer in (
            ("options", self.place_options),
            ("complex", self.place_complex),
            ("replace", self.replace),
            ("cancel", self.cancel),
        ):
            handler = of_account(self._state, self._guarded(answer))
            router.add_post(f"{about}/trading/{name}", handler)
        router.add_post(f"{about}/orders/details", of_account(self._state, self.detail))

    def _guarded(self, answer: Answering) -> Callable[[web.Request, Held], Any]:
        async def guarded(request: web.Request, held: Held) -> web.Response:
            return await self._done(request, held, answer)

        return guarded

    async def _done(self, request: web.Request, held: Held, answer: Answering) -> web.Response:
        """Whether the account may be traded in at all, then the order's own way."""
        try:
            self._allowed(held)
            return await answer(request, held, await body_of(request))
        except OrderError as error:
            not_executed(request, error.detail)
            return words.problem(error.status, error.code, error.detail)

    def _allowed(self, held: Held) -> None:
        if held.connection.disabled_at is not None:
            raise OrderError("Unable to trade: the connection is disabled", "3003", 402)
        if held.connection.kind != "trade" or not held.house.trades:
            raise OrderError("You do not have permission to trade in this account", "1066", 403)
        pause, now = self._state.switches.trade_pause_seconds, self._state.clock.monotonic()
        last = self._state.traded.get(held.id)
        if pause and last is not None and now - last < pause:
            detail = "Request was throttled. Expected available in 1 second."
            raise OrderError(detail, "0000", 429)
        self._state.traded[held.id] = now

    # -- placing -----------------------------------------------------------------------------------

    async def place(self, request: web.Request) -> web.Response:
        """Directly: the account is named in the body."""
        held = await self._named(request)
        return words.not_found() if held is None else await self._done(request, held, self._place)

    async def _named(self, request: web.Request) -> Held | None:
        try:
            body = await body_of(request)
        except OrderError:
            return None
        known = self._state.held(request[HOLDER])
        return next((one for one in known if one.id == body.get("account_id")), None)

    async def _place(self, request: web.Request, held: Held, body: dict[str, Any]) -> web.Response:
        terms = read_order(self._state, body)
        self._check_client_id(held, terms)
        ticket = self._take(held, Strategy(terms=terms, words=_words(terms)))
        return self._answer(request, held, ticket)

    async def place_checked(self, request: web.Request) -> web.Response:
        """A trade whose impact was told before."""
        found = self._state.checked.get(request.match_info["trade"])
        known = self._state.held(request[HOLDER])
        held = next((one for one in known if found and one.id == found.account), None)
        if found is None or held is None or found.holder != request[HOLDER]:
            not_executed(request, "no such trade")
            return words.not_found()
        if found.ends < self._state.clock.now():
            not_executed(request, "the trade has expired")
            return words.problem(400, REFUSED, "This trade has expired, check its impact again")
        if found.used and not self._state.switches.trade_used_twice:
            not_executed(request, "the trade was placed before")
            return words.problem(400, REFUSED, "This trade was placed before")
        trade = found

        async def answer(request: web.Request, held: Held, body: dict[str, Any]) -> web.Response:
            wait = body.get("wait_to_confirm", True)
            if wait not in (True, False, None):
                raise OrderError("wait_to_confirm must be a boolean")
            ticket = self._take(held, Strategy(terms=trade.terms))
            trade.used = True
            return self._answer(request, held, ticket)

        return await self._done(request, held, answer)

    async def place_options(
        self, request: web.Request, held: Held, body: dict[str, Any]
    ) -> web.Response:
        if not held.house.options:
            not_executed(request, "no options here")
            return json_answer({"error": "Not implemented for this brokerage"}, 501)
        ticket = self._take(held, Strategy(terms=read_options(self._state, body)))
        assert ticket.terms is not None
        found = own_records(self._state, held.account, ticket, self._floor.at)
        executed(request, "placed", [str(ticket.number)], account=held.id)
        whole = str(ticket.number) if ticket.terms.several else found[0]["brokerage_order_id"]
        return json_answer({"brokerage_order_id": whole, "orders": found})

    async def place_complex(
        self, request: web.Request, held: Held, body: dict[str, Any]
    ) -> web.Response:
        if not held.house.options:
            not_executed(request, "no complex orders here")
            return json_answer({"error": "Not implemented for this brokerage"}, 501)
        ticket = self._take(held, read_complex(self._state, body))
        executed(request, "placed", [str(ticket.number)], account=held.id)
        return json_answer({"type": body["type"], "brokerage_group_order_id": f"G{ticket.number}"})

    def _take(self, held: Held, strategy: Strategy) -> Ticket:
        if held.role.raw_type == CRYPTO:
            raise OrderError("This account trades coins only", REFUSED)
        found = self._floor.check(held.account, strategy)
        if found is not None:
            raise refused(found)
        return self._floor.place(held.account, strategy)

    def _check_client_id(self, held: Held, terms: Terms) -> None:
        """SnapTrade only forwards it; what comes of that is the brokerage's."""
        wanted = terms.client_id
        if not wanted or self._state.switches.client_ids == "taken":
            return
        if self._state.switches.client_ids == "refused":
            raise OrderError("Feature is not enabled for this customer or connection", "1141", 403)
        number = held.account.profile.number
        for ticket in self._floor.by_number.values():
            if ticket.account == number and ticket.words.get("client_id") == wanted:
                raise OrderError("Duplicate client_order_id", REFUSED)

    def _answer(self, request: web.Request, held: Held, ticket: Ticket) -> web.Response:
        assert ticket.terms is not None
        executed(
            request,
            "placed",
            [order_id(self._state, ticket)],
            account=held.id,
            client_order_id=ticket.terms.client_id,
        )
        (record,) = own_records(self._state, held.account, ticket, self._floor.at)
        return json_answer(record)

    # -- afterwards --------------------------------------------------------------------------------

    async def replace(self, request: web.Request, held: Held, body: dict[str, Any]) -> web.Response:
        """Other terms for an order. The id usually becomes another."""
        if not held.house.replaces:
            not_executed(request, "no replacements here")
            return json_answer({"error": "Not implemented for this brokerage"}, 501)
        ticket = self._one(held.account, body)
        if ticket.over or ticket.pending:
            raise OrderError("The order can no longer be replaced", REFUSED)
        old = ticket.terms
        assert old is not None
        if old.several:
            raise OrderError("Orders with several legs cannot be replaced", REFUSED)
        given = {"symbol": old.symbol, **{name: one for name, one in body.items() if one}}
        if number(body, "units") is None:
            given["units"] = old.quantity
        terms = read_order(self._state, given)
        if terms.legs[0].symbol != old.symbol or terms.buys != old.buys:
            raise OrderError("Symbol and action cannot be changed", REFUSED)
        new = Strategy(terms=replace(terms, hours=old.hours), words=dict(ticket.words))
        found = self._floor.check_replacement(held.account, ticket, new)
        if found is not None:
            raise refused(found)
        if self._state.switches.replace_keeps_id:
            assert new.terms is not None
            self._floor.amend(ticket, replace(new.terms, legs=old.legs))
            made = ticket
        else:
            made = self._floor.replace(ticket, new)
        executed(
            request,
            "replacing",
            [order_id(self._state, made)],
            account=held.id,
            concerned=order_id(self._state, ticket),
        )
        (record,) = own_records(self._state, held.account, made, self._floor.at)
        return json_answer(record)

    async def cancel(self, request: web.Request, held: Held, body: dict[str, Any]) -> web.Response:
        """Asked for: it holds a little later, if it is not too late then."""
        ticket = self._one(held.account, body)
        if ticket.over or ticket.pending:
            raise OrderError("The order can no longer be cancelled", REFUSED)
        self._floor.cancel(together(self._floor, ticket))
        named = str(body["brokerage_order_id"])
        executed(request, "cancelling", [named], account=held.id)
        return json_answer({"brokerage_order_id": named, "raw_response": None})

    async def detail(self, request: web.Request, held: Held) -> web.Response:
        """One order of now. Only those that were placed through here, of one instrument."""
        try:
            wanted = _wanted(await body_of(request))
        except OrderError as error:
            return words.problem(error.status, error.code, error.detail)
        ticket = self._floor.find(held.account, numbered(wanted))
        if ticket is None or ticket.terms is None or ticket.changes[0].what == "adopted":
            return words.not_found()
        if ticket.terms.several:
            return words.problem(400, REFUSED, "Orders with several legs are not supported")
        (record,) = own_records(self._state, held.account, ticket, self._floor.at)
        return json_answer(record)

    def _one(self, account: Account, body: dict[str, Any]) -> Ticket:
        wanted = _wanted(body)
        self._floor.adopt_all(account)
        found = self._floor.find(account, numbered(wanted))
        if found is None or found.terms is None:
            raise OrderError("Order does not exist", "1011", 404)
        return found


def _wanted(body: dict[str, Any]) -> str:
    wanted = body.get("brokerage_order_id")
    if not isinstance(wanted, str) or not wanted:
        raise OrderError("brokerage_order_id is required", INVALID)
    return wanted


def _words(terms: Terms) -> dict[str, Any]:
    return {"client_id": terms.client_id} if terms.client_id else {}


async def body_of(request: web.Request) -> dict[str, Any]:
    """The JSON object that came.

    Raises:
        OrderError: something else came.
    """
    try:
        body = json.loads(await request.read() or b"{}", parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise OrderError("The body is not valid JSON") from error
    if not isinstance(body, dict):
        raise OrderError("The body must be an object")
    return body
