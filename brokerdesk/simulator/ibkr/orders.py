"""Orders as messages 5, 3 and 101 have them: a long row of fields, most of them unset.

Only what the accounts' own orders need is filled; the positions of the rest follow the wire dump.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from brokerdesk.simulator.exchange.book import ZERO
from brokerdesk.simulator.exchange.orders import Order, Status
from brokerdesk.simulator.ibkr.contracts import contract
from brokerdesk.simulator.ibkr.executions import perm_id, stamp
from brokerdesk.simulator.ibkr.frames import UNSET, Field, Message, double, message, plain

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
    limit = double(order.limit) if order.limit is not None else "0.0"
    stop = double(order.stop) if order.stop is not None else "0.0"
    if order.limit is not None and order.stop is not None:
        return "STP LMT", limit, stop
    if order.stop is not None:
        return "STP", "0.0", stop
    return ("LMT" if order.limit is not None else "MKT"), limit, "0.0"


def _side(order: Order) -> str:
    return "BUY" if order.instruction.startswith("BUY") else "SELL"


def _filled(order: Order, moment: datetime) -> tuple[Decimal, Decimal]:
    """Filled units and their average price."""
    fills = order.filled(moment)
    units = sum((fill.quantity for fill in fills), ZERO)
    if not units:
        return ZERO, ZERO
    worth = sum((fill.quantity * fill.price for fill in fills), ZERO)
    return units, (worth / units).quantize(Decimal("0.00000001"))


def open_messages(order: Order, number: str, moment: datetime) -> list[Message]:
    """Messages 5 and 3 of an order in the book, entered by hand in TWS (order id 0)."""
    known = contract(order.symbol)
    kind, limit, aux = _kind(order)
    status = _STATUS[order.status(moment)]
    head: tuple[Field, ...] = (
        *(5, 0, known.con_id, known.symbol, known.sec_type, known.last_trade, known.strike),
        *(known.right or "?", known.multiplier, "SMART", known.currency, known.local_symbol),
        *(known.trading_class, _side(order), plain(order.quantity), kind, limit, aux),
        *("GTC" if order.good_till_cancel else "DAY", "", number, "", 0, "", 0),
        *(perm_id(order.number), 0, 0, 0, "", "", "", "", ""),
    )
    middle: tuple[Field, ...] = (
        *("", "", "", "", "", 0, "", -1, 0, "", "", "", "", "", 0, 0, 0, 0, "", 0, 0, 0, ""),
        *(0, 0, "", "", "", ""),
        *(0, "", "", "", "", "", ""),
        *(0, 0, 0),
        *("", "", "", ""),
        *(0, "", "IB", 0, 0, ""),
        *(0, 0, status),
        *_UNSET_MARGINS,
        *("", "", "", "", "", 0, 0),
    )
    tail: tuple[Field, ...] = (
        0,
        *("None", UNSET, "", UNSET, UNSET, UNSET, UNSET, 0, "", "", "", "", 0, 0, 0, 0),
        *("", "", 0, "", "", "", "", ""),
    )
    units, average = _filled(order, moment)
    left = plain(order.quantity - units)
    return [
        message(*head, *middle, *tail),
        message(
            *(3, 0, status, plain(units), left, double(average), perm_id(order.number), 0),
            *(double(average), 0, "", 0),
        ),
    ]


def completed_message(order: Order, number: str, moment: datetime) -> Message:
    """Message 101 of an order that has left the book."""
    known = contract(order.symbol)
    kind, limit, aux = _kind(order)
    outcome = order.status(moment)
    units, _ = _filled(order, moment)
    words = _COMPLETED[outcome].format(filled=plain(units), reason=order.reason)
    head: tuple[Field, ...] = (
        *(101, known.con_id, known.symbol, known.sec_type, known.last_trade, known.strike),
        *(known.right or "?", known.multiplier, "SMART", known.currency, known.local_symbol),
        *(known.trading_class, _side(order), plain(order.quantity), kind, limit, aux),
        *("GTC" if order.good_till_cancel else "DAY", "", number, "", 0, ""),
        *(perm_id(order.number), 0, 0, 0, "", "", "", ""),
    )
    middle: tuple[Field, ...] = (
        *("", "", "", "", "", 0, "", -1, "", "", "", "", "", 0, 0, 0, "", 0, 0, "", "", "", ""),
        *(0, "", "", "", ""),
        *(0, 0, 0),
        *("", "", "", ""),
        *("", "IB", 0, 0, ""),
        *(0, _STATUS[outcome], 0, 0),
        0,
    )
    tail: tuple[Field, ...] = (
        *("", "", "", 0, 0, "", plain(units), 0, 0, "", 0, 0, 0, stamp(order.ends), words),
        *("", "", "", "", ""),
    )
    return message(*head, *middle, *tail)
