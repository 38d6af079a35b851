"""What differs between the brokers that take orders, for everything that orders at all of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from support.brokers import MemoryCredentials
from support.rigs import sign_in

from brokerdesk.domain.account import Account
from brokerdesk.domain.intent import Intent, IntentKind
from brokerdesk.domain.kinds import AccountType
from brokerdesk.simulator.exchange.events import What

HOUSES = ("alpaca", "schwab", "ibkr", "snaptrade")
_ID = "[0-9a-f-]{36}"
PLACE = "^/trade/place$"
OPTIONS = f"^/accounts/{_ID}/trading/options$"
REPLACE = f"^/accounts/{_ID}/trading/replace$"
CANCEL = f"^/accounts/{_ID}/trading/cancel$"
MAY, MAY_NOT, BLIND = "Robinhood Individual", "Fidelity Rollover IRA", "Questrade Margin"
"""SnapTrade's accounts: to trade in, for reading only, and without its newest orders."""
_WRITES = {
    "alpaca": r"^/alpaca/(live|paper)/v2/orders",
    "schwab": r"^/trader/v1/accounts/[0-9A-F]{64}/orders",
}
_THROUGH_SNAPTRADE = {"place": PLACE, "replace": REPLACE, "cancel": CANCEL}
_VERBS = {"place": "POST", "replace": "PATCH", "cancel": "DELETE"}


async def credentials(rig: Any) -> MemoryCredentials:
    """As a sign-in would have stored them."""
    if rig.BROKER == "alpaca":
        return MemoryCredentials({**rig.keys("live"), "venues": "live"})
    if rig.BROKER == "snaptrade":
        found: MemoryCredentials = rig.port()
        return found
    return MemoryCredentials((await sign_in(rig)).credentials)


def account_of(rig: Any, accounts: Sequence[Account]) -> Account:
    """The one that orders are for; it has the money for them then."""
    if rig.BROKER == "snaptrade":
        fund(rig)
        return next(one for one in accounts if one.name == MAY)
    return next((one for one in accounts if one.type is AccountType.MARGIN), accounts[0])


def fund(rig: Any) -> None:
    """Money for several orders: most of it lies in what the account holds already."""
    (held,) = [one for one in rig.state.held("") if one.role.name == MAY]
    rig.state.floor.adopt_all(held.account)
    rig.state.floor.book(held.account, What.DEPOSIT, amount=Decimal(25_000))


def unlimited(rig: Any) -> None:
    """Programs that are killed do not know what others before them have asked."""
    if rig.BROKER == "snaptrade":
        rig.switches.account_per_minute = rig.switches.throttle_per_minute = None


def request(broker: str, what: str) -> dict[str, str]:
    """Method and path of ``place``, ``replace`` and ``cancel``, as faults are told of them."""
    if broker == "ibkr":
        return {"method": "TWS", "path": f"^/ibkr/tws/{'cancel' if what == 'cancel' else 'place'}$"}
    if broker == "snaptrade":
        return {"method": "POST", "path": _THROUGH_SNAPTRADE[what]}
    verb = "PUT" if (broker, what) == ("schwab", "replace") else _VERBS[what]
    return {"method": verb, "path": _WRITES[broker]}


def changes_an_order(entry: dict[str, Any]) -> bool:
    """Of the truth's entries."""
    if entry["broker"] == "snaptrade" or entry["method"] == "TWS":
        return True
    return entry["method"] in ("POST", "PATCH", "PUT", "DELETE") and "/orders" in entry["path"]


def is_of(intent: Intent, entry: dict[str, Any]) -> bool:
    """Whether this arrival can be this intent's."""
    path = entry["path"].partition("?")[0]
    if entry["method"] == "TWS":
        return _is_at_tws(intent, entry)
    if entry["broker"] == "snaptrade":
        if intent.kind is IntentKind.CANCEL:
            told = json.loads(entry["body"]).get("brokerage_order_id")
            return bool(path.endswith("/trading/cancel")) and told == intent.order_id
        ending = "/trade/place" if intent.kind is IntentKind.PLACE else "/trading/replace"
        return bool(path.endswith(ending)) and bool(entry["body"].encode() == intent.request)
    if intent.kind is IntentKind.CANCEL:
        return bool(entry["method"] == "DELETE") and bool(path.endswith(intent.order_id))
    same = bool(entry["body"].encode() == intent.request)
    return same and bool((entry["method"] == "POST") == (intent.kind is IntentKind.PLACE))


def _is_at_tws(intent: Intent, entry: dict[str, Any]) -> bool:
    """The label stands for the whole: the message has numbers that TWS gave, too."""
    if intent.kind is IntentKind.CANCEL:
        mine = not entry["executed"] or entry["orders"] == [intent.order_id]
        return mine and bool(entry["path"].endswith("/cancel"))
    label = entry["body"].split("|")[26] if entry["path"].endswith("/place") else ""
    return bool(label == intent.client_order_id)
