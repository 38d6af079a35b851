"""Fields of a new ticket out of something that is there: a draft, a broker's order, a position."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from brokerdesk.domain.draft import Draft, Link
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import (
    AssetType,
    Environment,
    OptionRight,
    OrderSide,
    OrderType,
    TimeInForce,
    TradingSession,
)
from brokerdesk.domain.order import Order, OrderLeg
from brokerdesk.services.trading_facts import LedgerRow
from brokerdesk.ui.models.option_words import option_parts
from brokerdesk.ui.viewmodels.order_sentence import instrument_words
from brokerdesk.ui.viewmodels.state import PositionRow
from brokerdesk.ui.viewmodels.ticket_fields import Kind, Lasts, LegFields, TicketFields
from brokerdesk.ui.viewmodels.ticket_numbers import written

_T = OrderType
_KINDS = {
    _T.MARKET: Kind.MARKET,
    _T.MARKET_ON_OPEN: Kind.MARKET,
    _T.MARKET_ON_CLOSE: Kind.MARKET,
    _T.LIMIT: Kind.LIMIT,
    _T.LIMIT_ON_OPEN: Kind.LIMIT,
    _T.LIMIT_ON_CLOSE: Kind.LIMIT,
    _T.NET_DEBIT: Kind.LIMIT,
    _T.NET_CREDIT: Kind.LIMIT,
    _T.STOP: Kind.STOP,
    _T.STOP_LIMIT: Kind.STOP_LIMIT,
    _T.TRAILING_STOP: Kind.TRAILING,
}
_AUCTIONS = {
    _T.MARKET_ON_OPEN: Lasts.OPEN,
    _T.LIMIT_ON_OPEN: Lasts.OPEN,
    _T.MARKET_ON_CLOSE: Lasts.CLOSE,
    _T.LIMIT_ON_CLOSE: Lasts.CLOSE,
}
_LASTS = {
    TimeInForce.DAY: Lasts.DAY,
    TimeInForce.GTC: Lasts.GTC,
    TimeInForce.GTD: Lasts.GTD,
    TimeInForce.IOC: Lasts.IOC,
    TimeInForce.FOK: Lasts.FOK,
}
_HUNDRED = Decimal(100)


def of_row(row: LedgerRow, *, change: bool) -> TicketFields | None:
    """The fields of an order that is at its broker or was written here; None: it is not one that a
    ticket can say. ``change``: it is to take that order's place.
    """
    draft = row.intent.draft if row.intent is not None else None
    fields = None
    if draft is not None:
        fields = of_draft(draft)
    elif row.order is not None:
        fields = of_order(row.order, row.environment)
    if fields is None:
        return None
    fields = replace(fields, environment=row.environment, account=row.account)
    if not change:
        return fields
    number = row.order.id if row.order is not None else (row.intent.order_id if row.intent else "")
    if not number:
        return None
    left = _left(row, fields)
    return replace(left, replaces=number, replaces_words=f"{row.account_name}, order {number}")


def _left(row: LedgerRow, fields: TicketFields) -> TicketFields:
    """What the broker says that it is now goes before what was once sent."""
    order = row.order
    if order is None or len(order.legs) != 1:
        return fields
    now = of_order(order, row.environment)
    if now is None:
        return fields
    return replace(fields, quantity=now.quantity, limit=now.limit, stop=now.stop)


def of_draft(draft: Draft) -> TicketFields | None:
    """A draft as typed."""
    main = draft.children[0] if draft.link is Link.EITHER and draft.children else draft
    kind = _KINDS.get(main.type)
    if kind is None or not main.legs:
        return None
    amount = main.notional if main.notional is not None else main.quantity
    fields = TicketFields(
        environment=main.environment,
        quantity=_text(amount),
        dollars=main.notional is not None,
        kind=kind,
        limit=_text(abs(main.limit_price) if main.limit_price is not None else None),
        credit=main.type is _T.NET_CREDIT,
        stop=_text(main.stop_price),
        trail=_text(main.trail_percent if main.trail_percent is not None else main.trail_amount),
        trail_percent=main.trail_amount is None,
        lasts=_AUCTIONS.get(main.type, _LASTS.get(main.time_in_force, Lasts.UNSAID)),
        good_till=main.good_till,
        session=main.session,
        account=main.account,
    )
    fields = _with_legs(
        fields, [(leg.instrument, leg.side, leg.ratio) for leg in main.legs]
    )  # fmt: skip
    return _with_children(fields, draft)


def _with_children(fields: TicketFields, draft: Draft) -> TicketFields:
    children = draft.children
    if draft.link is Link.EITHER and len(children) == 2:
        other = children[1]
        return replace(
            fields, link=draft.link, loss=_text(other.stop_price),
            loss_limit=_text(other.limit_price),
        )  # fmt: skip
    if draft.link is Link.BRACKET and len(children) == 2:
        stop = next((one for one in children if one.stop_price is not None), children[1])
        profit = next((one for one in children if one is not stop), children[0])
        return replace(
            fields, link=draft.link, profit=_text(profit.limit_price), loss=_text(stop.stop_price),
            loss_limit=_text(stop.limit_price),
        )  # fmt: skip
    if draft.link is Link.TRIGGERS and len(children) == 1:
        child = children[0]
        kind = _KINDS.get(child.type, Kind.LIMIT)
        price = child.stop_price if kind is Kind.STOP else child.limit_price
        side = child.legs[0].side if child.legs else None
        return replace(
            fields, link=draft.link, then_side=side, then_kind=kind, then_price=_text(price)
        )
    return fields


def of_order(order: Order, environment: Environment) -> TicketFields | None:
    """What a broker reports, as far as a ticket can say it."""
    kind = _KINDS.get(order.type)
    sides = all(leg.side is not OrderSide.UNKNOWN for leg in order.legs)
    if kind is None or kind is Kind.TRAILING or not order.legs or not sides or order.children:
        return None
    session = order.session
    limit = abs(order.limit_price) if order.limit_price is not None else None
    fields = TicketFields(
        environment=environment,
        quantity=_text(order.quantity),
        kind=kind,
        limit=_text(limit),
        credit=order.type is _T.NET_CREDIT,
        stop=_text(order.stop_price),
        lasts=_AUCTIONS.get(order.type, _LASTS.get(order.time_in_force, Lasts.UNSAID)),
        session=TradingSession.REGULAR if session is TradingSession.UNKNOWN else session,
        account=order.account,
    )
    return _with_legs(fields, [_leg(leg, order) for leg in order.legs])


def _leg(leg: OrderLeg, order: Order) -> tuple[Instrument, OrderSide, Decimal]:
    whole = len(order.legs) > 1 and order.quantity > 0 and leg.quantity % order.quantity == 0
    return leg.instrument, leg.side, leg.quantity / order.quantity if whole else Decimal(1)


def _with_legs(
    fields: TicketFields, legs: list[tuple[Instrument, OrderSide, Decimal]]
) -> TicketFields:
    first, side, _ = legs[0]
    if first.asset_type is not AssetType.OPTION:
        return replace(fields, instrument=first, side=side, search=first.symbol)
    under = underlying_of(first)
    return replace(
        fields,
        instrument=under,
        search=under.symbol,
        options=True,
        legs=tuple(LegFields(instrument=i, side=s, ratio=written(r)) for i, s, r in legs),
    )


def underlying_of(option: Instrument) -> Instrument:
    """What an option is of, as far as the option tells."""
    symbol = option.underlying or option.symbol.split(" ")[0]
    return Instrument(symbol=symbol, asset_type=AssetType.EQUITY, currency=option.currency)


def instrument_of(row: PositionRow) -> Instrument:
    """What a position is of; the symbol of an option tells expiry, strike and right."""
    kind = AssetType(row.asset_type) if row.asset_type in set(AssetType) else AssetType.UNKNOWN
    parts = option_parts(row.symbol) if kind is AssetType.OPTION else None
    strike: Decimal | None = None
    expiry: date | None = None
    right: OptionRight | None = None
    if parts is not None:
        _root, expiry, letter, strike = parts
        right = OptionRight.CALL if letter == "C" else OptionRight.PUT
    return Instrument(
        symbol=row.symbol,
        asset_type=kind,
        currency=row.currency,
        name=row.name,
        multiplier=row.multiplier if row.multiplier != 1 or parts is None else _HUNDRED,
        underlying=row.underlying or (parts[0] if parts is not None else ""),
        strike=strike,
        expiry=expiry,
        right=right,
    )


def of_position(row: PositionRow, side: str) -> TicketFields:
    """A ticket for a position: ``buy`` more of it, ``sell`` some, or ``close`` it."""
    instrument = instrument_of(row)
    short = row.quantity is not None and row.quantity < 0
    option = instrument.asset_type is AssetType.OPTION
    if side == "buy":
        way = OrderSide.BUY_TO_OPEN if option else OrderSide.BUY
        if short:
            way = OrderSide.SELL_TO_OPEN if option else OrderSide.SELL_SHORT
    elif short:
        way = OrderSide.BUY_TO_CLOSE if option else OrderSide.BUY_TO_COVER
    else:
        way = OrderSide.SELL_TO_CLOSE if option else OrderSide.SELL
    try:
        environment = Environment(row.environment)
    except ValueError:
        environment = Environment.LIVE
    fields = _with_legs(TicketFields(environment=environment), [(instrument, way, Decimal(1))])
    if side == "close" and row.quantity is not None:
        fields = replace(fields, quantity=written(abs(row.quantity)), kind=Kind.MARKET)
    return fields


def name_of(fields: TicketFields) -> str:
    """What a ticket is about, for titles and toasts."""
    traded = fields.traded
    return instrument_words(traded[0]) if traded else ""


def _text(value: Decimal | None) -> str:
    return "" if value is None else written(value)
