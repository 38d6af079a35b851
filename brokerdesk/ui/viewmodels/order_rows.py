"""One order as it is listed, with its legs and the orders it ties together below it. Pure.

A state, type or side that nobody has seen before stays visible in the broker's own word.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from brokerdesk.domain.kinds import OrderSide, OrderStatus, OrderType, shown
from brokerdesk.services.orders_list import is_open
from brokerdesk.ui import format as fmt

if TYPE_CHECKING:
    from brokerdesk.brokers.trading import Asked
    from brokerdesk.domain.draft import Draft
    from brokerdesk.domain.order import Order, OrderLeg
    from brokerdesk.services.trading_facts import Moment, Search

LEG, CHILD = "leg", "child"
_TYPES = {
    OrderType.NET_DEBIT: "Net debit",
    OrderType.NET_CREDIT: "Net credit",
    OrderType.NET_ZERO: "Even",
}
_TIMES = {
    "gtc": "Until canceled",
    "gtd": "Until a date",
    "ioc": "Immediate or cancel",
    "fok": "Fill or kill",
}
_STRATEGIES = {"OCO": "One cancels the other", "TRIGGER": "Triggers others", "BLAST_ALL": "Group"}
_SESSIONS = {"regular": "", "extended": "extended hours"}
_STATUS = {
    OrderStatus.CANCELLED: "Canceled",
    OrderStatus.CANCEL_PENDING: "Cancel pending",
    OrderStatus.REPLACE_PENDING: "Change pending",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    """A line of the list: an order, one leg of it, or an order that it ties.

    ``part`` is "" for an order of its own. ``way`` is buy, sell or "". ``live``: it may change.
    ``state`` is an ``OrderStatus`` value, or an ``IntentState`` value where the broker tells of no
    order (yet). ``intent`` is the id of what BrokerDesk wrote down, "" for orders made elsewhere.
    """

    key: str
    account: str
    title: str
    number: str
    part: str = ""
    time: datetime | None = None
    closed: datetime | None = None
    side: str = ""
    way: str = ""
    symbol: str = ""
    name: str = ""
    quantity: Decimal | None = None
    filled: Decimal | None = None
    type: str = ""
    limit: Decimal | None = None
    stop: Decimal | None = None
    average: Decimal | None = None
    lasts: str = ""
    session: str = ""
    status: str = ""
    state: str = ""
    live: bool = False
    status_text: str = ""
    raw_status: str = ""
    raw_type: str = ""
    raw_side: str = ""
    strategy: str = ""
    client_id: str = ""
    children: tuple[OrderRow, ...] = ()
    mode: str = ""
    broker: str = ""
    connection: str = ""
    intent: str = ""
    intent_state: str = ""
    intent_words: str = ""
    currency: str = ""
    notional: Decimal | None = None
    trail: str = ""
    moments: tuple[Moment, ...] = ()
    search: Search | None = None
    asked: Asked | None = None
    cannot_cancel: str = ""
    cannot_replace: str = ""
    url: str = ""
    cancel: str = ""
    cancel_state: str = ""
    """The id and the state of the last wish to cancel it."""
    replaces: str = ""
    replaced_by: str = ""

    @property
    def unknown(self) -> bool:
        """Whether nobody knows yet what became of it, or of the wish to cancel it."""
        return "unknown" in (self.intent_state, self.cancel_state)

    @property
    def proposed(self) -> Order | None:
        """The broker's order that may be this one: whose it is only the user can say."""
        return self.search.proposed if self.search is not None else None

    @property
    def turned_up(self) -> bool:
        """Whether the user said that it is not there, and now something could be it."""
        return not self.unknown and self.search is not None

    @property
    def open_intent(self) -> str:
        """What was written down and is of unknown fate."""
        if self.intent_state == "unknown":
            return self.intent
        return self.cancel if self.cancel_state == "unknown" else ""


def row_of(
    order: Order, titles: Mapping[str, str], modes: Mapping[str, str] | None = None
) -> OrderRow:
    """An order with everything below it; ``modes`` are the environments of the accounts."""
    row = _row(order, titles)
    mode = (modes or {}).get(order.account, "")
    return replace(row, mode=mode, children=tuple(_below(order, titles, row.key, 0)))


def _row(order: Order, titles: Mapping[str, str]) -> OrderRow:
    side, way = _side_of(order)
    state = OrderStatus(order.status)
    return OrderRow(
        key=f"{order.account}/{order.id}",
        account=order.account,
        title=titles.get(order.account, ""),
        number=order.id,
        time=order.entered_at,
        closed=order.closed_at,
        side=side,
        way=way,
        symbol=_symbol_of(order),
        name=order.legs[0].instrument.name if len(order.legs) == 1 else "",
        quantity=_units(order),
        filled=order.filled_quantity if order.legs else None,
        type=_type_words(order),
        limit=order.limit_price,
        stop=order.stop_price,
        average=order.average_price,
        notional=order.notional or None,
        trail=trail_words(order),
        lasts=_lasts_of(order) if order.legs else "",
        session=_word(order.session, _SESSIONS) if order.legs else "",
        status=status_words(order),
        state=state.value,
        live=is_open(order),
        status_text=order.status_text,
        raw_status=order.raw_status,
        raw_type=order.raw_type,
        raw_side=order.legs[0].raw_side if len(order.legs) == 1 else "",
        strategy=_STRATEGIES.get(order.strategy, order.strategy),
        client_id=order.client_order_id,
        currency=order.legs[0].instrument.currency if order.legs else "",
        broker=titles.get(order.account, "").partition(" ")[0],
    )


def _below(order: Order, titles: Mapping[str, str], key: str, depth: int) -> Iterable[OrderRow]:
    """Legs of an order with several, then the orders it ties, deep ones after their parents."""
    if len(order.legs) > 1:
        for number, leg in enumerate(order.legs):
            yield _leg(leg, order, titles, f"{key}/leg{number}")
    for number, child in enumerate(order.children):
        inner = f"{key}/{number}"
        row = _row(child, titles)
        if child.legs or not child.children:
            yield replace(row, key=inner, part=CHILD)
        yield from _below(child, titles, inner, depth + 1)


def _leg(leg: OrderLeg, order: Order, titles: Mapping[str, str], key: str) -> OrderRow:
    side, way = side_words(leg)
    return OrderRow(
        key=key,
        account=order.account,
        title=titles.get(order.account, ""),
        number=order.id,
        part=LEG,
        side=side,
        way=way,
        symbol=leg.instrument.symbol,
        name=leg.instrument.name,
        quantity=leg.quantity,
        raw_side=leg.raw_side,
    )


def side_words(leg: OrderLeg) -> tuple[str, str]:
    """The side in words, and whether it buys or sells."""
    if leg.side is OrderSide.UNKNOWN:
        return shown(leg.side, leg.raw_side), ""
    words = leg.side.value.replace("_", " ").capitalize()
    return words, "buy" if leg.side.value.startswith("buy") else "sell"


def _side_of(order: Order) -> tuple[str, str]:
    if len(order.legs) == 1:
        return side_words(order.legs[0])
    if order.legs:
        return fmt.count(len(order.legs), "leg"), ""
    return (fmt.count(len(order.children), "order"), "") if order.children else ("", "")


def _symbol_of(order: Order) -> str:
    """The one symbol, or the one that all legs stand for, or the first with how many more."""
    legs = list(_all_legs(order))
    symbols = list(dict.fromkeys(leg.instrument.symbol for leg in legs))
    if len(symbols) <= 1:
        return "".join(symbols)
    roots = {leg.instrument.underlying or leg.instrument.symbol for leg in legs}
    if len(roots) == 1:
        return roots.pop()
    return f"{symbols[0]} +{len(symbols) - 1}"


def _all_legs(order: Order) -> Iterable[OrderLeg]:
    yield from order.legs
    if not order.legs:
        for child in order.children:
            yield from _all_legs(child)


def type_words(kind: OrderType, raw: str = "") -> str:
    """The type in words; one that nobody has seen before in the broker's own."""
    if kind is OrderType.UNKNOWN:
        return shown(kind, raw)
    return _TYPES.get(kind) or kind.value.replace("_", " ").capitalize()


def _type_words(order: Order) -> str:
    if not order.legs and order.type is OrderType.UNKNOWN and not order.raw_type:
        return order.strategy
    return type_words(order.type, order.raw_type)


def trail_words(one: Order | Draft) -> str:
    """By how much it trails, in percent or in money."""
    if one.trail_percent is not None:
        return f"{fmt.quantity(one.trail_percent)}%"
    return fmt.price(one.trail_amount) if one.trail_amount is not None else ""


def _units(order: Order) -> Decimal | None:
    """How many; of an order for money nobody knows that before something of it is filled."""
    return order.quantity if order.legs and (order.quantity or not order.notional) else None


def _lasts_of(order: Order) -> str:
    words = _word(order.time_in_force, _TIMES)
    return words if order.good_till is None else f"{words}, {fmt.day(order.good_till)}"


def lasts_words(force: StrEnum, hours: StrEnum) -> tuple[str, str]:
    """How long an order holds, and in which hours."""
    return _word(force, _TIMES), _word(hours, _SESSIONS)


def _word(kind: StrEnum, words: Mapping[str, str]) -> str:
    if kind.value == "unknown":
        return ""
    found = words.get(kind.value)
    return kind.value.replace("_", " ").capitalize() if found is None else found


def status_words(order: Order) -> str:
    """The state in words."""
    if order.status is OrderStatus.UNKNOWN:
        return shown(order.status, order.raw_status)
    known = _STATUS.get(order.status)
    return known or order.status.value.replace("_", " ").capitalize()


def part_filled(row: OrderRow) -> bool:
    """Whether some, and not all, was filled."""
    return bool(row.filled) and row.quantity is not None and row.filled != row.quantity
