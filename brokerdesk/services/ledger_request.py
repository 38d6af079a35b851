"""What went out with an order, read back from the journal's exact bytes.

By whitelist: a value is shown only where its field is known to hold no secret and no name of an
account. Everything else keeps its place and loses its value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from brokerdesk.brokers.trading import SentField
from brokerdesk.domain.intent import Intent, IntentKind

HIDDEN = "•••"
_MOST = 200
_decode = msgspec.json.Decoder(Any, float_hook=str).decode
WORDS: Mapping[str, str] = {
    "action": "What to do",
    "assettype": "Kind of instrument",
    "auxprice": "Stop price, or the distance that it trails by",
    "cashqty": "For this amount of money",
    "clientorderid": "BrokerDesk's own id of the order",
    "complexorderstrategytype": "How the legs go together",
    "conid": "The broker's number of the contract",
    "currency": "Currency",
    "duration": "Valid for",
    "exchange": "Where it is sent",
    "extendedhours": "Also before and after regular hours",
    "goodtilldate": "Valid until",
    "instruction": "What to do",
    "instrumenttype": "Kind of instrument",
    "limitprice": "Limit price",
    "lmtprice": "Limit price",
    "localsymbol": "Symbol of the series",
    "notional": "For this amount of money",
    "notionalvalue": "For this amount of money",
    "ocagroup": "Group of orders that cancel each other",
    "ocatype": "How the others of the group are cancelled",
    "orderclass": "How orders hang together",
    "orderref": "BrokerDesk's own id of the order",
    "orderstrategytype": "How orders hang together",
    "ordertype": "Kind of order",
    "outsiderth": "Also before and after regular hours",
    "parent": "Starts when this order of the list is filled",
    "positionintent": "Opens or closes",
    "price": "Limit price",
    "priceeffect": "Costs or brings money",
    "qty": "Quantity",
    "quantity": "Quantity",
    "ratio": "Units for each unit of the order",
    "ratioqty": "Units for each unit of the order",
    "sectype": "Kind of security",
    "session": "When it may trade",
    "side": "Buy or sell",
    "stop": "Stop price",
    "stopprice": "Stop price",
    "stoppricelinkbasis": "Trails behind",
    "stoppricelinktype": "Distance in",
    "stoppriceoffset": "Distance",
    "symbol": "Symbol",
    "tif": "Valid for",
    "timeinforce": "Valid for",
    "totalquantity": "Quantity",
    "tradingsession": "When it may trade",
    "trail": "Trails by",
    "trailingpercent": "Trails by percent",
    "trailpercent": "Trails by percent",
    "trailprice": "Trails by",
    "transmit": "Sent on at once, not only kept",
    "type": "Kind of order",
    "units": "Quantity",
}


def request_fields(intent: Intent) -> tuple[SentField, ...]:
    """The fields of an intent's request, in their order."""
    if intent.kind is IntentKind.CANCEL:
        return (SentField(name="order", value=intent.order_id, words="The order to cancel"),)
    try:
        tree = _decode(intent.request)
    except (msgspec.DecodeError, RecursionError):
        return (SentField(name="", value=HIDDEN, words="The request cannot be shown"),)
    return tuple(_fields(tree, ""))[:_MOST]


def _fields(tree: Any, path: str) -> Iterator[SentField]:
    if isinstance(tree, Mapping):
        for name, value in tree.items():
            yield from _fields(value, f"{path}.{name}" if path else str(name))
    elif isinstance(tree, Sequence) and not isinstance(tree, str):
        for index, each in enumerate(tree):
            yield from _fields(each, f"{path}[{index}]")
    else:
        words = WORDS.get(_leaf(path))
        shown = HIDDEN if words is None else _shown(tree)
        yield SentField(name=path, value=shown, words=words or "Not shown")


def _leaf(path: str) -> str:
    return path.rpartition(".")[2].partition("[")[0].replace("_", "").lower()


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
