"""A draft in SnapTrade's words, and what cannot be done through it, as sentences.

Shares go one way and options another, with other words for the same things. What one brokerage
takes is its own answer. An id of ours is not sent: SnapTrade only hands it on, where that is
enabled at all, and nothing says whether it is.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NoReturn

from brokerdesk.brokers import outgoing
from brokerdesk.brokers.draft_check import BUYS, SHARES, check, check_penny, whole
from brokerdesk.brokers.outgoing import Body, amount, decimals, number
from brokerdesk.brokers.snaptrade import BROKER_ID
from brokerdesk.brokers.trading import SentField
from brokerdesk.domain.account import Account
from brokerdesk.domain.draft import Draft, Link
from brokerdesk.domain.kinds import (
    AssetType,
    Environment,
    OrderSide,
    OrderType,
    TimeInForce,
    TradingSession,
)
from brokerdesk.errors import InputError, NotSupportedError

PLACE = "/trade/place"
OPTIONS = "/accounts/{account}/trading/options"
REPLACE = "/accounts/{account}/trading/replace"
CANCEL = "/accounts/{account}/trading/cancel"
IMPACT = "/trade/impact"
OPTIONS_IMPACT = "/accounts/{account}/trading/options/impact"
_T = OrderType
_SHARE_TYPE = {
    _T.MARKET: "Market",
    _T.LIMIT: "Limit",
    _T.STOP: "Stop",
    _T.STOP_LIMIT: "StopLimit",
}
_OPTION_TYPE = {
    _T.MARKET: "MARKET",
    _T.LIMIT: "LIMIT",
    _T.STOP: "STOP_LOSS_MARKET",
    _T.STOP_LIMIT: "STOP_LOSS_LIMIT",
}
_LASTS = {
    TimeInForce.DAY: "Day",
    TimeInForce.GTC: "GTC",
    TimeInForce.IOC: "IOC",
    TimeInForce.FOK: "FOK",
}
_COINS = ("crypto", "cryptocurrency", "crypto wallet")
_FINEST = 4
"""Decimals of a number: finer ones are written in more than one way, and the body is signed."""
WORDS = {
    "account_id": "SnapTrade's id of the account",
    "brokerage_order_id": "The order that is replaced",
    "action": "What to do",
    "symbol": "Symbol",
    "order_type": "Kind of order",
    "time_in_force": "Valid for",
    "trading_session": "When it may trade",
    "price": "Limit price",
    "limit_price": "Limit price",
    "stop": "Stop price",
    "stop_price": "Stop price",
    "units": "Quantity",
    "notional_value": "For this amount of money",
    "price_effect": "Costs or brings money",
    "instrument_type": "Kind of instrument",
}
GROUPS = {"legs": "Leg", "instrument": ""}


def request(draft: Draft, account: str, replaces: str = "") -> tuple[str, Body]:
    """The route, and the body that places ``draft`` or puts it in the place of another order.

    Raises:
        InputError: it contradicts itself.
        NotSupportedError: it cannot be done through SnapTrade.
    """
    check(draft)
    if draft.link is not Link.SINGLE:
        _cannot("BrokerDesk sends no linked orders through SnapTrade.", "link")
    if len(draft.legs) > 1:
        _cannot("BrokerDesk sends no orders with several legs through SnapTrade.", "legs")
    if draft.time_in_force not in _LASTS:
        _cannot("BrokerDesk sends SnapTrade no orders that are valid until a day.", "time_in_force")
    if draft.session not in (TradingSession.REGULAR, TradingSession.EXTENDED):
        _cannot("SnapTrade has one extended session, not one before and one after.", "session")
    if draft.session is TradingSession.EXTENDED and draft.type is not OrderType.LIMIT:
        _cannot("Outside regular hours, only limit orders go through SnapTrade.", "session")
    check_penny(draft)
    kind = draft.legs[0].instrument.asset_type
    if kind is AssetType.OPTION:
        if replaces:
            _cannot("Orders for options cannot be replaced through SnapTrade.", "type")
        return OPTIONS, _option(draft)
    if kind not in SHARES:
        _cannot("BrokerDesk orders shares, funds of an exchange and options there.", "symbol")
    if not replaces:
        return PLACE, {"account_id": account, **_share(draft)}
    body = _share(draft)
    if "notional_value" in body or body.pop("trading_session") != "REGULAR":
        _cannot("SnapTrade replaces orders for units in regular hours.", "session")
    return REPLACE, {"brokerage_order_id": replaces, **body}


def check_draft(draft: Draft, account: Account) -> None:
    """Refuse what would not be prepared for this account.

    Raises:
        InputError: the draft contradicts itself.
        NotSupportedError: the account is for reading only, or it cannot be done through SnapTrade.
    """
    if account.flags.read_only:
        _cannot("This brokerage is connected for reading only.", "trading")
    if account.environment is Environment.PAPER:
        _cannot("A brokerage's own paper account can only be read through SnapTrade.", "trading")
    if account.raw_type.casefold() in _COINS:
        _cannot("This account is for coins, which BrokerDesk does not order there.", "symbol")
    request(draft, account.id)


def fields_of(body: Body) -> tuple[SentField, ...]:
    """All fields of a body, with our words."""
    return outgoing.listed(body, WORDS, GROUPS)


def _share(draft: Draft) -> Body:
    (leg,) = draft.legs
    if draft.type not in _SHARE_TYPE:
        _cannot("SnapTrade has no such kind of order.", "type")
    if leg.side not in (OrderSide.BUY, OrderSide.SELL):
        _cannot("SnapTrade sells nothing short.", "side")
    body: Body = {
        "action": leg.side.value.upper(),
        "symbol": leg.instrument.symbol,
        "order_type": _SHARE_TYPE[draft.type],
        "time_in_force": _LASTS[draft.time_in_force],
        "trading_session": ("EXTENDED" if draft.session is TradingSession.EXTENDED else "REGULAR"),
    }
    if draft.limit_price is not None:
        body["price"] = number(draft.limit_price)
    if draft.stop_price is not None:
        body["stop"] = number(draft.stop_price)
    if draft.quantity is not None:
        body["units"] = _units(draft.quantity)
        return body
    assert draft.notional is not None
    if decimals(draft.notional) > 2:
        raise InputError("notional", "An amount of money has two decimals at most.")
    if draft.type is not OrderType.MARKET:
        _cannot("An amount of money goes with market orders only.", "notional")
    body["notional_value"] = amount(draft.notional, 2)
    return body


def _units(value: Decimal) -> int | Decimal:
    if decimals(value) > _FINEST or value >= 10**12:
        raise InputError("quantity", f"SnapTrade is sent {_FINEST} decimals of a unit at most.")
    return number(value)


def _option(draft: Draft) -> Body:
    (leg,) = draft.legs
    if draft.type not in _OPTION_TYPE:
        _cannot("SnapTrade has no such kind of order.", "type")
    if draft.quantity is None or not whole(draft.quantity):
        _cannot("Options are ordered in whole contracts.", "quantity")
    if draft.session is not TradingSession.REGULAR:
        _cannot("Options trade in regular hours only.", "session")
    body: Body = {
        "order_type": _OPTION_TYPE[draft.type],
        "time_in_force": _LASTS[draft.time_in_force],
    }
    if draft.limit_price is not None:
        body["limit_price"] = amount(draft.limit_price, 2)
    if draft.stop_price is not None:
        body["stop_price"] = amount(draft.stop_price, 2)
    body["price_effect"] = "DEBIT" if leg.side in BUYS else "CREDIT"
    body["legs"] = [
        {
            "instrument": {"symbol": leg.instrument.symbol, "instrument_type": "OPTION"},
            "action": leg.side.value.upper(),
            "units": int(draft.quantity),
        }
    ]
    return body


def _cannot(sentence: str, what: str) -> NoReturn:
    raise NotSupportedError(sentence, capability=what, broker_id=BROKER_ID)
