"""Message 3 and 4 out of a prepared body, to the last field.

The wire library knows which fields there are at which version of TWS and in which order; it is
asked to write them down instead of sending them. Amounts are handed to it as texts, so that no
float comes between the review and the wire.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from ib_async.client import Client
from ib_async.contract import ComboLeg, Contract
from ib_async.order import Order

PLACE, CANCEL = 3, 4
_CONTRACT = ("symbol", "localSymbol", "secType", "exchange", "currency")
_ORDER = (
    *("action", "totalQuantity", "orderType", "lmtPrice", "auxPrice", "trailingPercent", "tif"),
    *("goodTillDate", "outsideRth", "ocaGroup", "cashQty", "orderRef", "transmit"),
)


class _Scribe:
    """Stands in for the library's client: what it would send is kept."""

    # The library's own way of writing fields.
    send = Client.send

    def __init__(self, version: int) -> None:
        self._version = version
        self.written = ""

    def serverVersion(self) -> int:  # noqa: N802
        return self._version

    def isConnected(self) -> bool:  # noqa: N802
        return True

    def sendMsg(self, text: str) -> None:  # noqa: N802
        self.written = text


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What the session puts into an order when it is sent."""

    number: int
    account: str
    parent: int = 0
    oca_group: str = ""
    oca_type: int = 0
    override: str = ""
    """Codes of what the user was asked and agreed to."""
    what_if: bool = False


def orders_in(body: bytes) -> list[dict[str, Any]]:
    """The orders of a prepared body, in the order in which they go out."""
    tree = msgspec.json.decode(body)
    found: list[dict[str, Any]] = tree.get("orders", [tree])
    return found


def placing(one: Mapping[str, Any], given: Given, version: int) -> str:
    """Message 3 for one order of a body."""
    scribe: Any = _Scribe(version)
    Client.placeOrder(scribe, given.number, _contract(one), _order(one, given))  # type: ignore[no-untyped-call]
    return str(scribe.written)


def cancelling(number: int, version: int) -> str:
    """Message 4."""
    scribe: Any = _Scribe(version)
    Client.cancelOrder(scribe, number)  # type: ignore[no-untyped-call]
    return str(scribe.written)


def _contract(one: Mapping[str, Any]) -> Any:
    found: Any = Contract(conId=int(one.get("conId", 0)))
    for name in _CONTRACT:
        setattr(found, name, one.get(name, ""))
    found.comboLegs = [_leg(leg) for leg in one.get("comboLegs", ())]
    return found


def _leg(one: Mapping[str, Any]) -> Any:
    return ComboLeg(
        conId=int(one["conId"]),
        ratio=int(one["ratio"]),
        action=one["action"],
        exchange=one["exchange"],
    )


def _order(one: Mapping[str, Any], given: Given) -> Any:
    found: Any = Order(account=given.account, parentId=given.parent, whatIf=given.what_if)
    for name in _ORDER:
        if name in one:
            setattr(found, name, one[name])
    found.ocaGroup = one.get("ocaGroup", given.oca_group)
    found.ocaType = int(one.get("ocaType", given.oca_type))
    found.advancedErrorOverride = given.override
    if given.what_if:
        # TWS computes only what would be sent on, and what hangs on nothing.
        found.transmit = True
    return found


def parents(orders: Sequence[Mapping[str, Any]], numbers: Sequence[int]) -> list[int]:
    """The number of each order's parent; 0: it has none."""
    return [numbers[one["parent"]] if "parent" in one else 0 for one in orders]
