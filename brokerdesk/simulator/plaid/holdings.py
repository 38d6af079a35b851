"""Accounts and ``/investments/holdings/get``: what an Item's accounts hold at a moment.

Holdings add up: their values, with foreign money at the institution's rate, are the account's
``current``. Options count units of the underlying, as Plaid mostly has them.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from brokerdesk.simulator.exchange.book import CENT, ZERO, Lot
from brokerdesk.simulator.exchange.exchange import Account
from brokerdesk.simulator.exchange.valuation import Valued
from brokerdesk.simulator.market.calendar import new_york_day
from brokerdesk.simulator.market.listings import Kind
from brokerdesk.simulator.plaid import errors
from brokerdesk.simulator.plaid.accounts import RATES, RETIREMENT, WORDS
from brokerdesk.simulator.plaid.securities import money, security, security_id
from brokerdesk.simulator.plaid.state import INSTITUTIONS, Item, PlaidState, PlaidSwitches, stamp
from brokerdesk.simulator.wire import number

HUNDRED = Decimal(100)
MOST_LOTS = 3


def item_object(state: PlaidState, item: Item) -> dict[str, Any]:
    """The Item as every data answer carries it."""
    switches = state.switches
    code = switches.item_error or ("ITEM_LOGIN_REQUIRED" if item.login_required else "")
    consent = None
    if switches.consent_days is not None:
        consent = stamp(state.clock.now() + timedelta(days=switches.consent_days))
    return {
        "item_id": item.item_id,
        "institution_id": item.institution,
        "institution_name": INSTITUTIONS[item.institution],
        "webhook": None,
        "error": errors.body(code) if code else None,
        "available_products": ["balance"],
        "billed_products": ["investments"],
        "products": ["investments"],
        "consent_expiration_time": consent,
        "update_type": "background",
    }


def account_object(
    item: Item, account: Account, moment: datetime, switches: PlaidSwitches
) -> dict[str, Any]:
    """One account with its balances."""
    words = WORDS[account.profile.nickname]
    value = account.value_at(moment)
    foreign = sum(((amount * RATES[code]).quantize(CENT) for code, amount in words.foreign), ZERO)
    bank = words.type == "depository"
    available = value.cash if bank or switches.cash_as in ("available", "both") else None
    # Plaid's own client insists on the loan in answers about investments, whatever the account.
    balances = {
        "available": available,
        "current": value.cash if bank else value.liquidation + foreign,
        "limit": None,
        "iso_currency_code": "USD",
        "unofficial_currency_code": None,
        "margin_loan_amount": None,
    }
    return {
        "account_id": item.account_id(account.profile.number),
        "balances": balances,
        "mask": account.profile.number[-4:],
        "name": account.profile.nickname,
        "official_name": words.official_name,
        "type": words.type,
        "subtype": words.subtype,
    }


def holdings_answer(
    state: PlaidState, item: Item, accounts: list[Account], moment: datetime
) -> dict[str, Any]:
    """The whole answer, without the request's id."""
    held: list[dict[str, Any]] = []
    securities: dict[str, dict[str, Any]] = {}
    for account in accounts:
        if WORDS[account.profile.nickname].type != "investment":
            continue
        for holding, what in _holdings(item, account, moment, state.switches):
            held.append(holding)
            securities.setdefault(what["security_id"], what)
    return {
        "accounts": [account_object(item, one, moment, state.switches) for one in accounts],
        "holdings": held,
        "securities": list(securities.values()),
        "item": item_object(state, item),
        "is_investments_fallback_item": False,
    }


def has_ticker(account: Account, symbol: str) -> bool:
    """A retirement plan's first fund is one of its own that no exchange knows."""
    picks = account.profile.picks
    return account.profile.nickname != RETIREMENT or not picks or symbol != picks[0]


def shown_id(account: Account, symbol: str) -> str:
    return security_id(symbol if has_ticker(account, symbol) else f"plan {symbol}")


def shown_security(account: Account, symbol: str, moment: datetime) -> dict[str, Any]:
    ticker = has_ticker(account, symbol)
    found = security(account.market, symbol, moment, ticker=ticker)
    if not ticker:
        found["security_id"] = shown_id(account, symbol)
    return found


def _holdings(
    item: Item, account: Account, moment: datetime, switches: PlaidSwitches
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    words, value = WORDS[account.profile.nickname], account.value_at(moment)
    found = []
    for one in value.positions:
        holding = _holding(item, account, one, moment, switches)
        if words.vested is not None:
            holding["vested_quantity"] = number(one.quantity * words.vested)
            holding["vested_value"] = (one.market_value * words.vested).quantize(CENT)
        found.append((holding, shown_security(account, one.symbol, moment)))
    cash = [("USD", value.cash)] if switches.cash_as in ("holding", "both") else []
    for code, amount in (*cash, *words.foreign):
        found.append((_cash(item, account, code, amount, moment), money(code, moment)))
    return found


def _holding(
    item: Item, account: Account, one: Valued, moment: datetime, switches: PlaidSwitches
) -> dict[str, Any]:
    units = one.quantity
    if one.kind is Kind.OPTION and not switches.options_in_contracts:
        units *= HUNDRED
    worth = one.market_value
    if units < 0 and switches.short_sign == "positive_value":
        worth = -worth
    lots = [_lot(lot, one) for lot in one.holding.lots[:MOST_LOTS]]
    return {
        "account_id": item.account_id(account.profile.number),
        "security_id": shown_id(account, one.symbol),
        "institution_price": number(one.price),
        "institution_price_as_of": new_york_day(moment).isoformat(),
        "institution_price_datetime": None,
        "institution_value": worth,
        "cost_basis": one.holding.cost,
        "quantity": number(units),
        "iso_currency_code": "USD",
        "unofficial_currency_code": None,
        "vested_quantity": None,
        "vested_value": None,
        "tax_lots": lots if len(one.holding.lots) <= MOST_LOTS else [],
    }


def _lot(lot: Lot, one: Valued) -> dict[str, Any]:
    return {
        "institution_lot_id": None,
        "original_purchase_datetime": stamp(lot.opened),
        "quantity": number(lot.quantity),
        "purchase_price": number((lot.cost / lot.quantity / one.factor).quantize(CENT)),
        "cost_basis": lot.cost,
        "current_value": (lot.quantity * one.price * one.factor).quantize(CENT),
        "position_type": "LONG" if lot.quantity > 0 else "SHORT",
    }


def _cash(
    item: Item, account: Account, code: str, amount: Decimal, moment: datetime
) -> dict[str, Any]:
    return {
        "account_id": item.account_id(account.profile.number),
        "security_id": security_id(f"CUR:{code}"),
        "institution_price": Decimal(1),
        "institution_price_as_of": new_york_day(moment).isoformat(),
        "institution_price_datetime": None,
        "institution_value": amount,
        "cost_basis": amount,
        "quantity": amount,
        "iso_currency_code": code,
        "unofficial_currency_code": None,
        "vested_quantity": None,
        "vested_value": None,
        "tax_lots": [],
    }
