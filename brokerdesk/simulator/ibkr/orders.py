"""Orders as messages 5, 3 and 101 have them: a long row of fields, most of them unset.

Only what the accounts' own orders need is filled; the positions of the rest follow the wire dump.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from brokerdesk.simulator.exchange.book import ZERO
from brokerdesk.simulator.exchange.orders import Order, Status
from brokerdesk.simulator.exchange.terms import Terms
from brokerdesk.simulator.exchange.valuation import Valuation
from brokerdesk.simulator.ibkr.contracts import Contract, contract
from brokerdesk.simulator.ibkr.executions import perm_id, stamp
from brokerdesk.simulator.ibkr.frames import UNSET, Field, Message, double, message, plain
from brokerdesk.simulator.ibkr.placing import Asked

COMBINATION = 28_812_380
"""The number under which every combination in dollars goes."""
OLDEST_ORDER = timedelta(days=120)
_STATUS = {
    Status.WORKING: "Submitted",
    Status.FILLED: "Filled",
    Status.CANCELED: "Cancelled",
    Status.REJECTED: "Inactive",
    Status.EXPIRED: "Cancelled",
}
_COMPLETED = {
    Status.FILLED: "Filled Size: {filled}",
    Status.CANCELED: "Cancelled by Trader",
    Status.REJECTED: "Order rejected - reason:{reason}",
    Status.EXPIRED: "Expired",
}

_UNSET_MARGINS: tuple[Field, ...] = (UNSET,) * 9


def _kind(order: Order) -> tuple[str, str, str]:
    """Type, limit price and auxiliary price."""
    price = _limit(order)
    limit = double(price) if price is not None else "0.0"
    stop = double(order.stop) if order.stop is not None else "0.0"
    if order.words.get("type"):
        trail = order.words.get("trail")
        return str(order.words["type"]), limit, stop if trail is None else double(trail)
    if order.limit is not None and order.stop is not None:
        return "STP LMT", limit, stop
    if order.stop is not None:
        return "STP", "0.0", stop
    return ("LMT" if order.limit is not None else "MKT"), limit, "0.0"


def _side(order: Order) -> str:
    if order.words.get("legs"):
        return str(order.words["action"])
    return "BUY" if order.instruction.startswith("BUY") else "SELL"


def _known(order: Order) -> Contract:
    """The contract that an order names: for several legs one that stands for all of them."""
    found = contract(order.symbol)
    if not order.words.get("legs"):
        return found
    return Contract(
        source=order.symbol, con_id=COMBINATION, symbol=found.symbol, sec_type="BAG",
        exchange="SMART", local_symbol=found.symbol, trading_class="COMB",
    )  # fmt: skip


def _legs(order: Order) -> tuple[Field, ...]:
    """How many legs there are and what they are, prices and routes of single ones left out."""
    legs = order.words.get("legs") or []
    found: list[Field] = [len(legs)]
    for number, ratio, action in legs:
        found += [number, ratio, action, "SMART", 0, 0, "", -1]
    return (*found, 0, 0)


def _limit(order: Order) -> Decimal | None:
    """As the client wrote it: a combination that was sold has the other sign."""
    sold = order.words.get("legs") and order.words.get("action") == "SELL"
    return -order.limit if sold and order.limit is not None else order.limit


def _filled(order: Order, moment: datetime) -> tuple[Decimal, Decimal]:
    """Filled units and their average price."""
    fills = order.filled(moment)
    units = sum((fill.quantity for fill in fills), ZERO)
    if not units:
        return ZERO, ZERO
    worth = sum((fill.quantity * fill.price for fill in fills), ZERO)
    return units, (worth / units).quantize(Decimal("0.00000001"))


def open_messages(order: Order, number: str, moment: datetime) -> list[Message]:
    """Messages 5 and 3 of an order in the book. Those of the story were entered by hand in TWS,
    which is order id 0.
    """
    status = status_word(order, moment)
    units, average = _filled(order, moment)
    left = plain(order.quantity - units)
    told = order.words
    return [
        _open_message(order, number, status, _UNSET_MARGINS, ("", "", "", "", "")),
        message(
            *(3, told.get("order_id", 0), status, plain(units), left, double(average)),
            *(perm_id(order.number), told.get("parent", 0)),
            *(double(order.fills[-1].price) if units else "0.0", told.get("client", 0), "", 0),
        ),
    ]


def status_word(order: Order, moment: datetime | None = None) -> str:
    """The status in TWS's word; of an own order more is known than of one of the story."""
    if order.words.get("pending") == "cancel":
        return "PendingCancel"
    if order.words.get("state") in ("held", "queued"):
        return "PreSubmitted"
    if order.words.get("state") == "working" and order.stop is not None and not order.fills:
        return "PreSubmitted"
    return _STATUS[order.status(moment) if moment is not None else order.outcome]


def what_if_message(
    asked: Asked,
    terms: Terms,
    number: str,
    margin: Decimal,
    commission: Decimal,
    value: Valuation,
) -> Message:
    """Message 5 that answers what an order would need; no message 3 follows."""
    order = Order(
        number=0,
        symbol=terms.symbol,
        instruction=asked.action,
        opening=True,
        quantity=terms.quantity or ZERO,
        entered=value.at,
        ends=value.at,
        outcome=Status.WORKING,
        limit=terms.limit,
        stop=terms.stop,
        words=terms.words,
    )
    before = (value.requirement, value.requirement, value.liquidation)
    change = (margin, margin, -commission)
    margins = (*before, *change, *(one + more for one, more in zip(before, change, strict=True)))
    state = tuple(double(one) for one in margins)
    costs = (double(commission), "", "", "USD", "")
    return _open_message(order, number, "PreSubmitted", state, costs, what_if=True)


def _open_message(
    order: Order,
    number: str,
    status: str,
    margins: tuple[Field, ...],
    costs: tuple[Field, ...],
    *,
    what_if: bool = False,
) -> Message:
    known, told = _known(order), order.words
    kind, limit, aux = _kind(order)
    percent = told.get("trail_percent")
    trails = told.get("type") == "TRAIL"
    head: tuple[Field, ...] = (
        *(5, told.get("order_id", 0), known.con_id, known.symbol, known.sec_type),
        *(known.last_trade, known.strike),
        *(known.right or "?", known.multiplier, "SMART", known.currency, known.local_symbol),
        *(known.trading_class, _side(order), plain(order.quantity), kind, limit, aux),
        *(_tif(order), told.get("oca", ""), number, "", 0, told.get("ref", "")),
        told.get("client", 0),
        *(perm_id(order.number), told.get("outside", False), 0, 0, "", "", "", "", ""),
    )
    middle: tuple[Field, ...] = (
        *("", told.get("good_till", ""), "", "", "", 0, "", -1, 0, "", "", "", "", "", 0, 0, 0),
        *(0, "", 0, 0, 0, ""),
        *(told.get("parent", 0), 0, "", "", "", ""),
        *(0, "", order.stop if trails else "", percent or "", "", "", ""),
        *_legs(order),
        *("", "", "", ""),
        *(0, "", "IB", 0, 0, ""),
        *(0, what_if, status),
        *margins,
        *costs,
        *(0, 0),
    )
    tail: tuple[Field, ...] = (
        0,
        *("None", UNSET, "", UNSET, UNSET, UNSET, UNSET, 0, "", "", "", told.get("cash", "")),
        *(0, 0, 0, 0),
        *("", "", 0, "", "", "", "", ""),
    )
    return message(*head, *middle, *tail)


def _tif(order: Order) -> str:
    return str(order.words.get("tif") or ("GTC" if order.good_till_cancel else "DAY"))


def completed_message(order: Order, number: str, moment: datetime) -> Message:
    """Message 101 of an order that has left the book."""
    known = _known(order)
    kind, limit, aux = _kind(order)
    outcome = order.status(moment)
    units, _ = _filled(order, moment)
    told = order.words
    stop = order.stop if told.get("type") == "TRAIL" else ""
    words = _COMPLETED[outcome].format(filled=plain(units), reason=order.reason)
    head: tuple[Field, ...] = (
        *(101, known.con_id, known.symbol, known.sec_type, known.last_trade, known.strike),
        *(known.right or "?", known.multiplier, "SMART", known.currency, known.local_symbol),
        *(known.trading_class, _side(order), plain(order.quantity), kind, limit, aux),
        *(_tif(order), "", number, "", 0, told.get("ref", "")),
        *(perm_id(order.number), told.get("outside", False), 0, 0, "", "", "", ""),
    )
    middle: tuple[Field, ...] = (
        *("", told.get("good_till", ""), "", "", "", 0, "", -1, "", "", "", "", "", 0, 0, 0),
        *("", 0, 0, "", "", "", ""),
        *(0, "", stop, told.get("trail_percent") or "", ""),
        *_legs(order),
        *("", "", "", ""),
        *("", "IB", 0, 0, ""),
        *(0, _STATUS[outcome], 0, 0),
        0,
    )
    tail: tuple[Field, ...] = (
        *(stop, "", told.get("cash", ""), 0, 0, "", plain(units), 0, 0, "", 0, 0, 0),
        *(stamp(order.ends), words),
        *("", "", "", "", ""),
    )
    return message(*head, *middle, *tail)
