"""What an order would do to an account, told before it is placed.

The impact of a share's order makes a trade that can be placed for five minutes; that of options
makes nothing. Both change no order.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from aiohttp import web

from brokerdesk.simulator.exchange.book import CENT, ZERO
from brokerdesk.simulator.exchange.exchange import Account
from brokerdesk.simulator.exchange.fees import fees_of
from brokerdesk.simulator.exchange.matching import net, sides
from brokerdesk.simulator.exchange.story import multiplier
from brokerdesk.simulator.exchange.terms import Strategy, Terms
from brokerdesk.simulator.snaptrade import words
from brokerdesk.simulator.snaptrade.accounts import UUID, account_body, of_account
from brokerdesk.simulator.snaptrade.order_entry import (
    OrderError,
    read_options,
    read_order,
    refused,
)
from brokerdesk.simulator.snaptrade.state import HOLDER, Checked, Held, SnapTradeState
from brokerdesk.simulator.snaptrade.trading import body_of
from brokerdesk.simulator.wire import json_answer, new_id, number

SHORT_WORDS = {"day": "Day", "gtc": "GTC", "ioc": "IOC", "fok": "FOK"}


class Impacts:
    """``/trade/impact`` and ``/trading/options/impact``."""

    def __init__(self, state: SnapTradeState) -> None:
        self._state = state

    def add_routes(self, router: web.UrlDispatcher, prefix: str) -> None:
        router.add_post(prefix + "/trade/impact", self.impact)
        about = f"{prefix}/accounts/{UUID}/trading/options/impact"
        router.add_post(about, of_account(self._state, self.options))

    async def impact(self, request: web.Request) -> web.Response:
        try:
            body = await body_of(request)
            known = self._state.held(request[HOLDER])
            held = next((one for one in known if one.id == body.get("account_id")), None)
            if held is None:
                return words.not_found()
            refusal = self._may(held)
            if refusal is not None:
                return refusal
            terms = self._checked(held, read_order(self._state, body, checked=True))
        except OrderError as error:
            return words.problem(error.status, error.code, error.detail)
        trade = new_id()
        lives = timedelta(seconds=self._state.switches.trade_lives_seconds)
        self._state.checked[trade] = Checked(
            holder=request[HOLDER], account=held.id, terms=terms,
            ends=self._state.clock.now() + lives,
        )  # fmt: skip
        return json_answer(self._told(held, terms, trade, body))

    async def options(self, request: web.Request, held: Held) -> web.Response:
        refusal = self._may(held)
        if refusal is not None:
            return refusal
        try:
            terms = self._checked(held, read_options(self._state, await body_of(request)))
        except OrderError as error:
            return words.problem(error.status, error.code, error.detail)
        change, fees = self._cost(held.account, terms)
        way = "EVEN" if not change else "DEBIT" if change < 0 else "CREDIT"
        return json_answer(
            {
                "estimated_cash_change": words.text(abs(change)),
                "cash_change_direction": way,
                "estimated_fee_total": words.text(fees),
            }
        )

    def _may(self, held: Held) -> web.Response | None:
        if held.connection.disabled_at is not None:
            return words.problem(402, "3003", "Unable to trade: the connection is disabled")
        if held.connection.kind != "trade" or not held.house.trades:
            return words.problem(403, "1066", "You do not have permission to trade in this account")
        if not self._state.switches.impact_allowed:
            return json_answer({"error": "Not implemented for this brokerage"}, 501)
        return None

    def _checked(self, held: Held, terms: Terms) -> Terms:
        found = self._state.floor.check(held.account, Strategy(terms=terms))
        if found is not None:
            raise refused(found)
        return terms

    def _cost(self, account: Account, terms: Terms) -> tuple[Decimal, Decimal]:
        """What it changes the cash by before fees, and the fees."""
        now = self._state.clock.now()
        half = self._state.floor.rules.half_spread
        quotes = {leg.symbol: sides(account.market, leg.symbol, now, half) for leg in terms.legs}
        price = terms.limit if terms.limit is not None else net(terms, quotes)
        units = terms.quantity
        if units is None:
            assert terms.notional is not None
            units = (terms.notional / price).quantize(Decimal("0.000001"))
        factor = multiplier(account.market, terms.symbol)
        sign = -1 if terms.several or terms.buys else 1
        fees = ZERO
        for leg in terms.legs:
            quantity = leg.sign * units * leg.ratio
            quote = quotes[leg.symbol]
            gross = (quantity * quote.last * factor).quantize(CENT)
            fees += sum((fee for _, fee in fees_of(account.profile, leg.symbol, quantity, gross)))
        return (sign * units * price * factor).quantize(CENT), fees

    def _told(self, held: Held, terms: Terms, trade: str, body: dict[str, Any]) -> dict[str, Any]:
        state, now = self._state, self._state.clock.now()
        change, fees = self._cost(held.account, terms)
        left = number(held.account.value_at(now).cash + change - fees)
        account = account_body(state, held, now)
        simple = ("id", "name", "number", "institution_account_id", "sync_status")
        currency = words.currency(state, "USD")
        return {
            "trade": {
                "id": trade,
                "account": held.id,
                "order_type": body["order_type"],
                "time_in_force": SHORT_WORDS[terms.lasts.value],
                "symbol": {
                    "universal_symbol_id": state.uuid("instrument", terms.symbol),
                    "currency": currency,
                    "brokerage_symbol_id": state.uuid("local symbol", terms.symbol),
                },
                "action": "BUY" if terms.buys else "SELL",
                "units": number(terms.quantity) if terms.quantity is not None else None,
                "price": None if terms.limit is None else number(terms.limit),
            },
            "trade_impacts": [
                {
                    "account": held.id,
                    "currency": currency["id"],
                    "remaining_cash": left,
                    "estimated_commission": number(fees),
                    "forex_fees": number(ZERO),
                }
            ],
            "combined_remaining_balance": {
                "account": {name: account[name] for name in simple},
                "currency": currency,
                "cash": left,
            },
        }
