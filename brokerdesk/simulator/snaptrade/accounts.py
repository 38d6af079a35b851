"""``/accounts``: accounts, balances and positions."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from aiohttp import web

from brokerdesk.simulator.exchange.book import CENT, ZERO
from brokerdesk.simulator.exchange.valuation import Valuation, Valued
from brokerdesk.simulator.market.listings import Kind
from brokerdesk.simulator.snaptrade import words
from brokerdesk.simulator.snaptrade.cast import Foreign
from brokerdesk.simulator.snaptrade.state import HOLDER, Held, SnapTradeState
from brokerdesk.simulator.wire import json_answer, number

UUID = "{id:[0-9a-fA-F-]{36}}"
Answering = Callable[[web.Request, Held], Awaitable[web.Response]]


class Accounts:
    """Reads of accounts."""

    def __init__(self, state: SnapTradeState) -> None:
        self._state = state

    def add_routes(self, router: web.UrlDispatcher, prefix: str) -> None:
        about = f"{prefix}/accounts/{UUID}"
        router.add_get(prefix + "/accounts", self.accounts)
        router.add_get(prefix + "/accounts/all", self.all_accounts)
        router.add_get(about, of_account(self._state, self.account))
        router.add_get(about + "/details", of_account(self._state, self.details))
        router.add_get(about + "/balances", of_account(self._state, self.balances))
        router.add_get(about + "/positions/all", of_account(self._state, self.positions))
        router.add_get(about + "/holdings", of_account(self._state, self.holdings))
        router.add_get(about + "/positions", of_account(self._state, self.gone))
        router.add_get(about + "/options", of_account(self._state, self.gone))

    async def accounts(self, request: web.Request) -> web.Response:
        if self._state.switches.accounts_gone:
            return words.problem(410, "0000", "This endpoint is no longer available")
        bodies = []
        for held in self._state.held(request[HOLDER]):
            bodies.append(self._account(held))
            # The first answer about an account tells its whole history: let others in between.
            await asyncio.sleep(0)
        return json_answer(bodies)

    async def all_accounts(self, request: web.Request) -> web.Response:
        found = [_newer(self._state, held) for held in self._state.held(request[HOLDER])]
        return json_answer({"results": found})

    async def details(self, _: web.Request, held: Held) -> web.Response:
        return json_answer(_newer(self._state, held))

    async def account(self, _: web.Request, held: Held) -> web.Response:
        if self._state.switches.accounts_gone:
            return words.problem(410, "0000", "This endpoint is no longer available")
        return json_answer(self._account(held))

    async def balances(self, _: web.Request, held: Held) -> web.Response:
        if held.connection.slug in self._state.switches.hidden:
            return json_answer([])
        return json_answer(balances_body(self._state, held, self._state.seen_at(held)))

    async def positions(self, _: web.Request, held: Held) -> web.Response:
        if self._state.switches.positions_all_gone:
            return words.problem(410, "0000", "This endpoint is no longer available")
        moment = self._state.seen_at(held)
        switches = self._state.switches
        if held.connection.slug in switches.hidden or held.role.name in switches.emptied:
            return json_answer(_with_age([], moment))
        return json_answer(positions_body(self._state, held, moment))

    async def holdings(self, request: web.Request, held: Held) -> web.Response:
        if self._state.switches.holdings_gone:
            return await self.gone(request, held)
        return json_answer(holdings_body(self._state, held, self._state.seen_at(held)))

    def _account(self, held: Held) -> dict[str, Any]:
        moment = self._state.seen_at(held)
        body = account_body(self._state, held, moment)
        if held.role.name in self._state.switches.emptied:
            body["balance"]["total"]["amount"] = number(held.account.value_at(moment).cash)
        return body

    async def gone(self, _: web.Request, __: Held) -> web.Response:
        return words.problem(410, "0000", "This endpoint is not available for new customers")


def of_account(
    state: SnapTradeState, answer: Answering
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """A handler that looks the account up first, among those that the caller may see."""

    async def handler(request: web.Request) -> web.Response:
        wanted = request.match_info["id"].lower()
        for held in state.held(request[HOLDER]):
            if held.id == wanted:
                if held.connection.slug in state.switches.syncing:
                    return words.problem(425, "3012", "Account is being populated, try again later")
                return await answer(request, held)
        return words.not_found()

    return handler


def account_body(state: SnapTradeState, held: Held, moment: datetime) -> dict[str, Any]:
    """One account, as the older list has it."""
    hidden = held.connection.slug in state.switches.hidden
    number_text = held.account.profile.number
    return {
        "id": held.id,
        "brokerage_authorization": held.connection.id,
        "portfolio_group": state.uuid("group", held.id),
        "name": held.role.name,
        "number": f"****{number_text[-4:]}" if state.switches.number_masked else number_text,
        "institution_account_id": state.uuid("institution account", number_text),
        "institution_name": held.house.name,
        "created_date": words.moment(held.connection.created),
        "funding_date": None,
        "opening_date": None,
        "sync_status": _sync(held, moment, hidden=hidden),
        "balance": {"total": {"amount": total(held, moment), "currency": "USD"}},
        "status": "open",
        "raw_type": held.role.raw_type,
        "account_category": "INVESTMENT",
        "is_paper": False,
        "meta": {},
        "cash_restrictions": [],
    }


def _newer(state: SnapTradeState, held: Held) -> dict[str, Any]:
    moment = state.seen_at(held)
    return {
        "kind": "investment",
        "id": held.id,
        "connection_id": held.connection.id,
        "display_name": held.role.name,
        "masked_account_number": f"****{held.account.profile.number[-4:]}",
        "institution_account_id": None,
        "institution_id": state.uuid("institution", held.house.slug),
        "opening_date": None,
        "funding_date": None,
        "sync_status": {
            "transactions": _sync(held, moment, hidden=False)["transactions"],
            **dict.fromkeys(("orders", "positions", "balances"), words.moment(moment)),
        },
        "raw_type": held.role.raw_type,
        "cash_or_margin": held.role.cash_or_margin,
        "is_paper": False,
        "net_value": {"amount": total(held, moment), "currency": "USD"},
    }


def _sync(held: Held, moment: datetime, *, hidden: bool) -> dict[str, Any]:
    # With a blank instead of the T: both forms are seen.
    synced = words.moment(moment).replace("T", " ").replace("Z", "+00:00")
    return {
        "transactions": {
            "initial_sync_completed": True,
            "last_successful_sync": (moment - timedelta(days=1)).date().isoformat(),
            "first_transaction_date": "2021-06-01",
        },
        "holdings": {
            "initial_sync_completed": True,
            "last_successful_sync": synced,
            "holdings_unavailable": hidden,
        },
    }


def balances_body(state: SnapTradeState, held: Held, moment: datetime) -> list[dict[str, Any]]:
    """One row a currency."""
    value = held.account.value_at(moment)
    cash = _cash(value)
    power = cash
    if held.account.profile.margin:
        power = max(ZERO, value.liquidation - value.requirement) * 2
    rows = [_row(state, "USD", cash, power)]
    foreign = held.role.foreign
    if foreign is not None:
        rows.append(_row(state, foreign.currency, foreign.cash, foreign.cash))
    return rows


def positions_body(state: SnapTradeState, held: Held, moment: datetime) -> dict[str, Any]:
    """All positions in the newer form."""
    value = held.account.value_at(moment)
    rows = [_position(state, held, one) for one in value.positions]
    if held.role.foreign is not None:
        rows.append(_foreign_position(state, held, held.role.foreign, moment))
    return _with_age(rows, moment)


def holdings_body(state: SnapTradeState, held: Held, moment: datetime) -> dict[str, Any]:
    """The old answer with everything in it: an option's cost is per contract here."""
    value = held.account.value_at(moment)
    shares: list[dict[str, Any]] = []
    options: list[dict[str, Any]] = []
    for one in value.positions:
        row = {
            "units": one.quantity,
            "price": one.price,
            "average_purchase_price": one.average,
            "currency": words.currency(state, "USD"),
        }
        if one.kind is Kind.OPTION:
            symbol = words.option(state, held.account.market, one.symbol)
            row["average_purchase_price"] = one.average * one.factor
            options.append({"symbol": {"id": symbol["id"], "option_symbol": symbol}, **row})
            continue
        symbol = words.universal(state, one.symbol)
        swept = one.kind is Kind.MONEY_MARKET
        shares.append(
            {
                "symbol": {"id": symbol["id"], "symbol": symbol, "local_id": one.symbol},
                "open_pnl": one.open_profit,
                "cash_equivalent": swept,
                **row,
            }
        )
    return {
        "account": account_body(state, held, moment),
        "balances": balances_body(state, held, moment),
        "positions": shares,
        "option_positions": options,
        "orders": [],
        "total_value": {"value": total(held, moment), "currency": "USD"},
    }


def total(held: Held, moment: datetime) -> Decimal:
    """What the account is worth in dollars: exactly the sum of what the other routes tell."""
    value = held.account.value_at(moment)
    found = value.cash + sum((p.quantity * p.price * p.factor for p in value.positions), ZERO)
    foreign = held.role.foreign
    if foreign is not None:
        price = _foreign_price(held, foreign, moment)
        abroad = foreign.cash + foreign.units * price
        found += (abroad * foreign.rate).quantize(CENT)
    return number(found)


def _cash(value: Valuation) -> Decimal:
    """Spendable money, with the fund that it lies in."""
    swept = sum((p.market_value for p in value.positions if p.kind is Kind.MONEY_MARKET), ZERO)
    return value.cash + swept


def _row(state: SnapTradeState, code: str, cash: Decimal, power: Decimal) -> dict[str, Any]:
    return {
        "currency": words.currency(state, code),
        "cash": number(cash),
        "buying_power": number(power),
    }


def _position(state: SnapTradeState, held: Held, one: Valued) -> dict[str, Any]:
    row: dict[str, Any] = {
        "instrument": words.instrument(state, held.account.market, one.symbol),
        "units": words.text(one.quantity),
        "price": words.text(one.price),
        "cost_basis": words.text(one.average),
        "currency": "USD",
    }
    if one.kind is Kind.MUTUAL_FUND or one.kind is Kind.MONEY_MARKET:
        row["cash_equivalent"] = one.kind is Kind.MONEY_MARKET
    return row


def _foreign_position(
    state: SnapTradeState, held: Held, foreign: Foreign, moment: datetime
) -> dict[str, Any]:
    return {
        "instrument": {
            "kind": "etf",
            "id": state.uuid("instrument", foreign.symbol),
            "symbol": foreign.symbol,
            "raw_symbol": foreign.symbol.split(".")[0],
            "description": "Vanguard S&P 500 Index ETF",
            "currency": foreign.currency,
            "exchange": "XTSE",
            "figi_instrument": words.figi(state, foreign.symbol),
        },
        "units": words.text(foreign.units),
        "price": words.text(_foreign_price(held, foreign, moment)),
        "cost_basis": words.text(foreign.cost),
        "currency": foreign.currency,
    }


def _foreign_price(held: Held, foreign: Foreign, moment: datetime) -> Decimal:
    return (held.account.market.price(foreign.follows, moment) * foreign.share).quantize(CENT)


def _with_age(rows: list[dict[str, Any]], moment: datetime) -> dict[str, Any]:
    return {"results": rows, "data_freshness": {"as_of": words.moment(moment)}}
