"""Placing, replacing and cancelling at the simulated Alpaca."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

from aiohttp import web

from brokerdesk.simulator.alpaca.order_entry import (
    LASTS,
    LONGEST_ID,
    ORDER,
    OrderError,
    amount,
    read_strategy,
    refused,
)
from brokerdesk.simulator.alpaca.orders import is_bracket, own_ticket
from brokerdesk.simulator.alpaca.own_orders import flat, nested, order_id, tops, word
from brokerdesk.simulator.alpaca.state import GRANT, TRADING, AlpacaState
from brokerdesk.simulator.alpaca.words import own_symbol, problem
from brokerdesk.simulator.exchange.adopting import plain
from brokerdesk.simulator.exchange.book import CENT, ZERO
from brokerdesk.simulator.exchange.exchange import Account
from brokerdesk.simulator.exchange.orders import Order
from brokerdesk.simulator.exchange.profiles import START
from brokerdesk.simulator.exchange.rules import Rules, initial_margin
from brokerdesk.simulator.exchange.terms import Kind, Leg, Link, Strategy, Terms
from brokerdesk.simulator.exchange.tickets import Ticket
from brokerdesk.simulator.market.market import utc
from brokerdesk.simulator.truth import executed, not_executed
from brokerdesk.simulator.wire import json_answer

LEAST = Decimal(1)
"""Dollars that an order for money is about at the least."""


class Trading:
    """The routes that change something."""

    def __init__(self, state: AlpacaState) -> None:
        self._state = state
        self._floor = state.floor

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_post(TRADING + "/v2/orders", self._guarded(self.place))
        router.add_patch(TRADING + "/v2/orders/{id}", self._guarded(self.replace))
        router.add_delete(TRADING + "/v2/orders/{id}", self._guarded(self.cancel))
        router.add_delete(TRADING + "/v2/orders", self._guarded(self.cancel_all))
        router.add_delete(TRADING + "/v2/positions", self._guarded(self.close_all))
        router.add_delete(TRADING + "/v2/positions/{symbol:.+}", self._guarded(self.close))

    def _guarded(self, handler: Any) -> Any:
        async def guarded(request: web.Request) -> web.Response:
            grant = request[GRANT]
            if grant.scopes is not None and "trading" not in grant.scopes:
                not_executed(request, "no such scope")
                return json_answer(problem("insufficient scope", 40310000), 403)
            try:
                answer: web.Response = await handler(request, self._state.account(request))
            except OrderError as error:
                not_executed(request, str(error))
                return json_answer(error.body, error.status)
            return answer

        return guarded

    async def place(self, request: web.Request, account: Account) -> web.Response:
        body = await _json(request)
        strategy = read_strategy(account.market, body)
        ticket = self._placed(account, strategy)
        given = str(body.get("client_order_id") or "")
        executed(request, "placed", [order_id(ticket.number)], client_order_id=given)
        return json_answer(nested(self._floor, ticket))

    def _placed(self, account: Account, strategy: Strategy) -> Ticket:
        """Check and take it; the order that answers for it."""
        self._check_ids(account, strategy)
        for terms in strategy.all_terms():
            if terms.notional is not None and terms.notional < LEAST:
                raise OrderError("cost basis must be >= minimal amount of order 1", ORDER, 403)
        found = self._floor.check(account, strategy)
        if found is not None:
            raise refused(found)
        self._no_wash(account, strategy)
        ticket = self._floor.place(account, strategy)
        return self._floor.by_number[ticket.children[0]] if ticket.terms is None else ticket

    def _check_ids(self, account: Account, strategy: Strategy) -> None:
        given = strategy.all_terms()[0].client_id
        if given and own_ticket(self._floor, account, given, by_client_id=True, hidden=True):
            raise OrderError("client_order_id must be unique")

    def _no_wash(self, account: Account, strategy: Strategy) -> None:
        """An order that could meet another one of the same account is refused."""
        terms = strategy.all_terms()[0]
        if terms.several:
            return
        for other in self._floor.open_tickets(account):
            against = other.terms
            if against is None or against.several or other.pending == "cancel":
                continue
            if against.symbol != terms.symbol:
                continue
            if against.buys != terms.buys and _could_meet(terms, against):
                raise OrderError(
                    "potential wash trade detected. use complex orders",
                    40310000,
                    403,
                    reject_reason="opposite side market/stop order exists",
                    existing_order_id=order_id(other.number),
                )

    async def replace(self, request: web.Request, account: Account) -> web.Response:
        ticket = self._one(account, request.match_info["id"])
        body = await _json(request)
        floor = self._floor
        if ticket.over or ticket.pending:
            raise OrderError(f'order is already in "{word(floor, ticket)}" state', ORDER)
        terms = _changed(ticket, body)
        children = tuple(self._copied(number) for number in ticket.children)
        new = Strategy(terms=terms, link=ticket.link, children=children, words=dict(ticket.words))
        self._check_ids(account, new)
        found = floor.check_replacement(account, ticket, new)
        if found is not None:
            raise refused(found)
        made = floor.replace(ticket, new)
        executed(
            request, "replacing", [order_id(made.number)], client_order_id=terms.client_id,
            concerned=order_id(ticket.number),
        )  # fmt: skip
        return json_answer(flat(floor, made))

    def _copied(self, number: int) -> Strategy:
        ticket = self._floor.by_number[number]
        terms = replace(ticket.terms, client_id="") if ticket.terms is not None else None
        children = tuple(self._copied(one) for one in ticket.children)
        return Strategy(terms=terms, link=ticket.link, children=children, words=dict(ticket.words))

    async def cancel(self, request: web.Request, account: Account) -> web.Response:
        ticket = self._one(account, request.match_info["id"])
        if ticket.over or ticket.pending:
            state = word(self._floor, ticket)
            raise OrderError(f'order is already in "{state}" state', ORDER)
        self._cancel(ticket)
        executed(request, "cancelling", [order_id(ticket.number)])
        return web.Response(status=204)

    def _cancel(self, ticket: Ticket, wait: float | None = None) -> None:
        """With an entry goes what hangs on it; of two that cancel each other both go."""
        parent = self._floor.by_number.get(ticket.parent)
        whole = parent if parent is not None and parent.link is Link.OCO else ticket
        self._floor.cancel(whole, wait)

    async def cancel_all(self, request: web.Request, account: Account) -> web.Response:
        self._floor.adopt_all(account)
        found = []
        for ticket in tops(self._floor.open_tickets(account)):
            if not ticket.pending:
                self._cancel(ticket)
                found.append({"id": order_id(ticket.number), "status": 200})
        executed(request, "cancelling", [str(one["id"]) for one in found])
        return json_answer(found, 207)

    async def close(self, request: web.Request, account: Account) -> web.Response:
        name = request.match_info["symbol"]
        symbol = own_symbol(account.market, name)
        held = account.book_at(self._state.clock.now()).quantity(symbol) if symbol else ZERO
        if symbol is None or not held:
            raise OrderError("position does not exist", 40410000, 404)
        wanted, share = amount(request.query, "qty"), amount(request.query, "percentage")
        if share is not None:
            wanted = (abs(held) * share / 100).quantize(Decimal("0.000000001"))
        ticket = self._placed(account, _closing(symbol, held, wanted))
        executed(request, "placed", [order_id(ticket.number)])
        return json_answer(flat(self._floor, ticket))

    async def close_all(self, request: web.Request, account: Account) -> web.Response:
        floor = self._floor
        floor.adopt_all(account)
        if request.query.get("cancel_orders", "false").lower() == "true":
            for ticket in tops(floor.open_tickets(account)):
                # The positions are closed when this is done, not before.
                self._cancel(ticket, wait=0.0)
            floor.advance()
        answers, made = [], []
        for symbol, holding in list(account.book_at(floor.at).holdings.items()):
            try:
                ticket = self._placed(account, _closing(symbol, holding.quantity, None))
            except OrderError as error:
                answers.append({"symbol": symbol, "status": error.status, "body": error.body})
                continue
            made.append(order_id(ticket.number))
            answers.append({"symbol": symbol, "status": 200, "body": flat(floor, ticket)})
        executed(request, "placed", made)
        return json_answer(answers, 207)

    def _one(self, account: Account, wanted: str) -> Ticket:
        self._floor.adopt_all(account)
        found = own_ticket(self._floor, account, wanted)
        if found is not None:
            return found
        for order in account.story_orders(utc(START, 0), self._state.clock.now()):
            if order_id(order.number) == wanted:
                state = order.status(self._state.clock.now()).value.lower()
                raise OrderError(f'order is already in "{state}" state', ORDER)
        raise OrderError("order not found", 40410000, 404)


def _closing(symbol: str, held: Decimal, wanted: Decimal | None) -> Strategy:
    leg = Leg(symbol=symbol, buys=held < 0, opening=False)
    quantity = abs(held) if wanted is None else wanted
    return Strategy(terms=Terms(legs=(leg,), kind=Kind.MARKET, quantity=quantity))


def _changed(ticket: Ticket, body: dict[str, Any]) -> Terms:
    """The order's terms with what the request changes."""
    terms = ticket.terms
    assert terms is not None
    quantity = amount(body, "qty")
    if quantity is not None and (terms.notional is not None or quantity <= ticket.filled):
        raise OrderError("qty must be > filled_qty")
    limit, stop = amount(body, "limit_price"), amount(body, "stop_price")
    if limit is not None and terms.limit is None:
        raise OrderError(f"limit_price is not accepted for {terms.kind.value} orders")
    if stop is not None and terms.stop is None:
        raise OrderError(f"stop_price is not accepted for {terms.kind.value} orders")
    trail = amount(body, "trail")
    if trail is not None and terms.kind is not Kind.TRAILING_STOP:
        raise OrderError("trail is accepted for trailing_stop orders only")
    lasts = terms.lasts
    if body.get("time_in_force"):
        if body["time_in_force"] not in LASTS:
            raise OrderError("invalid time_in_force")
        lasts = LASTS[body["time_in_force"]]
    given = body.get("client_order_id") or ""
    if not isinstance(given, str) or len(given) > LONGEST_ID:
        raise OrderError(f"client_order_id must be no more than {LONGEST_ID} characters")
    in_percent = terms.trail_percent is not None
    return replace(
        terms,
        quantity=terms.quantity if quantity is None else quantity,
        limit=terms.limit if limit is None else limit,
        stop=terms.stop if stop is None else stop,
        trail=trail if trail is not None and not in_percent else terms.trail,
        trail_percent=trail if trail is not None and in_percent else terms.trail_percent,
        lasts=lasts,
        client_id=given,
    )


def _could_meet(one: Terms, other: Terms) -> bool:
    if one.limit is None or other.limit is None:
        return True
    buy, sell = (one, other) if one.buys else (other, one)
    assert buy.limit is not None
    assert sell.limit is not None
    return buy.limit >= sell.limit


async def _json(request: web.Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.read(), parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise OrderError("request body format is invalid", 40010000, 400) from error
    if not isinstance(body, dict):
        raise OrderError("request body format is invalid", 40010000, 400)
    return body


def adopted(order: Order) -> Strategy:
    """An order of the story as it goes on: a bracket with the legs it was told to have."""
    whole = plain(order)
    if not is_bracket(order) or order.limit is None:
        return whole
    leg = Leg(symbol=order.symbol, buys=False, opening=False)
    exits = []
    for place, (kind, name, factor) in enumerate(EXITS, 1):
        price = (order.limit * factor).quantize(CENT)
        assert whole.terms is not None
        terms = Terms(
            legs=(leg,),
            kind=kind,
            lasts=whole.terms.lasts,
            quantity=order.quantity,
            limit=price if name == "limit" else None,
            stop=price if name == "stop" else None,
        )
        exits.append(Strategy(terms=terms, number=order.number * 10 + place))
    tie = Strategy(terms=None, link=Link.OCO, children=tuple(exits), number=order.number * 10 + 9)
    return replace(whole, link=Link.TRIGGER, children=(tie,), words={"class": "bracket"})


EXITS = (
    (Kind.LIMIT, "limit", Decimal("1.2")),
    (Kind.STOP, "stop", Decimal("0.9")),
)
RULES = Rules(
    half_spread=Decimal("0.0002"),
    power=initial_margin,
    fractions=True,
    shorts_named=False,
    adopt=adopted,
)
