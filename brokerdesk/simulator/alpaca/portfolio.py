"""``/v2/account`` and ``/v2/positions``: amounts are strings, shorts negative.

``cash + long_market_value + short_market_value = equity`` holds by construction.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from aiohttp import web

from brokerdesk.simulator.alpaca.state import TRADING, AlpacaState, AlpacaSwitches
from brokerdesk.simulator.alpaca.words import (
    asset_class,
    asset_id,
    exchange_of,
    identifier,
    maybe,
    own_symbol,
    problem,
    text,
    wire_symbol,
)
from brokerdesk.simulator.exchange.book import CENT, ZERO
from brokerdesk.simulator.exchange.events import What
from brokerdesk.simulator.exchange.exchange import Account
from brokerdesk.simulator.exchange.valuation import Valuation, Valued
from brokerdesk.simulator.market.listings import Kind
from brokerdesk.simulator.wire import json_answer

HALF = Decimal("0.5")
TEN_PLACES = Decimal("0.0000000001")
POWERS = (
    "buying_power",
    "effective_buying_power",
    "regt_buying_power",
    "non_marginable_buying_power",
    "options_buying_power",
)
OPENED = "2021-05-28T18:20:20.272275Z"


class Portfolio:
    """The routes about what there is."""

    def __init__(self, state: AlpacaState) -> None:
        self._state = state

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_get(TRADING + "/v2/account", self.account)
        router.add_get(TRADING + "/v2/account/configurations", self.configurations)
        router.add_get(TRADING + "/v2/positions", self.positions)
        router.add_get(TRADING + "/v2/positions/{symbol:.+}", self.position)

    async def account(self, request: web.Request) -> web.Response:
        now = self._state.clock.now()
        account = self._state.account(request)
        body = account_answer(account, now, self._state.switches)
        # Open orders of the user tie up money.
        tied = self._state.floor.reserved(account)
        for name in POWERS:
            if tied and name in body:
                body[name] = text(max(ZERO, Decimal(body[name]) - tied))
        return json_answer(body)

    async def configurations(self, request: web.Request) -> web.Response:
        margin = self._state.account(request).profile.margin
        return json_answer(
            {
                "disable_overnight_trading": False,
                "fractional_trading": True,
                "max_margin_multiplier": "2" if margin else "1",
                "max_options_trading_level": None,
                "no_shorting": not margin,
                "ptp_no_exception_entry": False,
                "suspend_trade": False,
                "trade_confirm_email": "all",
            }
        )

    async def positions(self, request: web.Request) -> web.Response:
        now = self._state.clock.now()
        account = self._state.account(request)
        return json_answer(
            self._free(account, positions_answer(account, now, self._state.switches))
        )

    def _free(self, account: Account, bodies: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """With what open orders have left of each."""
        for body in bodies:
            symbol = own_symbol(account.market, body["symbol"])
            if symbol is not None and "qty_available" in body:
                free = self._state.floor.free(account, symbol)
                unsigned = self._state.switches.short_unsigned
                body["qty_available"] = text(abs(free) if unsigned else free)
        return bodies

    async def position(self, request: web.Request) -> web.Response:
        account, name = self._state.account(request), request.match_info["symbol"]
        symbol = own_symbol(account.market, name)
        now = self._state.clock.now()
        for held in self._free(account, positions_answer(account, now, self._state.switches)):
            if held["asset_id"] == (asset_id(symbol) if symbol else name):
                return json_answer(held)
        return json_answer(problem("position does not exist", 40410000), 404)


def account_answer(account: Account, moment: datetime, switches: AlpacaSwitches) -> dict[str, Any]:
    """The account object at a moment, as since July 2026 (or as before, by a switch)."""
    now, before = account.value_at(moment), account.before_session(moment)
    margin = account.profile.margin
    long = sum((p.market_value for p in now.positions if p.quantity > 0), ZERO)
    short = sum((p.market_value for p in now.positions if p.quantity < 0), ZERO)
    equity = now.liquidation
    initial = sum(((abs(p.market_value) * HALF).quantize(CENT) for p in _stocks(now)), ZERO)
    spare = max(ZERO, equity - initial)
    cash = max(ZERO, now.cash)
    power = spare * 2 if margin else cash
    body: dict[str, Any] = {
        "id": identifier("account", account.profile.number),
        "account_number": account.profile.number,
        "status": "ACTIVE",
        "crypto_status": "ACTIVE",
        "crypto_tier": 1,
        "currency": "USD",
        "cash": text(now.cash),
        "equity": text(equity),
        "last_equity": text(before.liquidation),
        "portfolio_value": text(equity),
        "buying_power": text(power),
        "effective_buying_power": text(power),
        "regt_buying_power": text(power),
        "non_marginable_buying_power": text(min(spare, cash)),
        "options_buying_power": text(min(spare, cash)),
        "options_approved_level": 3 if margin else 1,
        "options_trading_level": 3 if margin else 1,
        "long_market_value": text(long),
        "short_market_value": text(short),
        "position_market_value": text(long + short),
        "initial_margin": text(initial),
        "maintenance_margin": text(now.requirement),
        "last_maintenance_margin": text(before.requirement),
        "sma": text(spare),
        "multiplier": "2" if margin else "1",
        "accrued_fees": "0",
        "pending_reg_taf_fees": "0",
        "pending_transfer_in": "0",
        "intraday_adjustments": "0",
        "shorting_enabled": margin,
        "trading_blocked": False,
        "transfers_blocked": False,
        "account_blocked": False,
        "trade_suspended_by_user": False,
        "balance_asof": account.market.day_before(moment).isoformat(),
        "created_at": OPENED,
        "admin_configurations": {},
        "user_configurations": None,
    }
    if switches.legacy_account:
        body["pattern_day_trader"] = False
        body["daytrade_count"] = 1
        body["daytrading_buying_power"] = text(spare * 4 if margin else ZERO)
    return {name: value for name, value in body.items() if name not in switches.omit_fields}


def positions_answer(
    account: Account, moment: datetime, switches: AlpacaSwitches
) -> list[dict[str, Any]]:
    """All positions at a moment."""
    now, before = account.value_at(moment), account.before_session(moment)
    earlier = {p.symbol: p for p in before.positions}
    bought: dict[str, Decimal] = {}
    ratios: dict[str, Decimal] = {}
    for event in account.events(before.at, moment):
        if event.what is What.SPLIT:
            ratios[event.symbol] = event.quantity
        elif event.what in (What.TRADE, What.EXPIRE):
            fees = sum((fee for _, fee in event.fees), ZERO)
            bought[event.symbol] = bought.get(event.symbol, ZERO) - event.amount - fees
    found = []
    for held in now.positions:
        was = earlier.get(held.symbol)
        last = was.price if was else account.market.price(held.symbol, before.at)
        last = (last / ratios.get(held.symbol, Decimal(1))).quantize(CENT)
        day = held.market_value - (was.market_value if was else ZERO)
        day -= bought.get(held.symbol, ZERO)
        found.append(_position(held, last, day, switches))
    return found


def _position(
    held: Valued, last: Decimal, day: Decimal, switches: AlpacaSwitches
) -> dict[str, Any]:
    kind = asset_class(held.symbol)
    long = held.quantity > 0
    quantity = held.quantity if long or not switches.short_unsigned else abs(held.quantity)
    cost = held.holding.cost
    symbol = wire_symbol(held.symbol)
    if kind == "crypto" and not switches.coins_as_pairs:
        symbol = symbol.replace("/", "")
    previous = held.market_value - day
    body = {
        "asset_id": asset_id(held.symbol),
        "symbol": symbol,
        "exchange": exchange_of(held.symbol),
        "asset_class": kind,
        "asset_marginable": kind == "us_equity",
        "qty": text(quantity),
        "qty_available": text(quantity),
        "side": "long" if long else "short",
        "avg_entry_price": text(held.average),
        "cost_basis": text(cost),
        "market_value": text(held.market_value),
        "current_price": text(held.price),
        "lastday_price": text(last),
        "change_today": _share(held.price - last, last),
        "unrealized_pl": text(held.open_profit),
        "unrealized_plpc": _share(held.open_profit, abs(cost)),
        "unrealized_intraday_pl": text(day),
        "unrealized_intraday_plpc": _share(day, abs(previous)),
    }
    return {name: value for name, value in body.items() if name not in switches.omit_fields}


def _stocks(value: Valuation) -> list[Valued]:
    return [p for p in value.positions if p.kind in (Kind.EQUITY, Kind.ETF)]


def _share(part: Decimal, whole: Decimal) -> str | None:
    """A factor: 0.01 is one percent."""
    return maybe((part / whole).quantize(TEN_PLACES) if whole else ZERO)
