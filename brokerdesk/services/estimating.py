"""What an order would come to by our own reckoning. Pure; never mixed with a broker's figures.

``None`` is "not known": an estimate that leans on a price that is missing is none. Purchases take
their whole value from the buying power, which is how brokers count it in margin accounts as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from brokerdesk.domain.draft import Draft, DraftLeg
from brokerdesk.domain.identity import same_as
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import AccountType, OrderSide
from brokerdesk.domain.order import Order
from brokerdesk.domain.quote import Quote
from brokerdesk.services.amounts import EXACT, ZERO, percent, sum_all
from brokerdesk.services.order_limits import BUYS, usable
from brokerdesk.services.orders_list import is_open
from brokerdesk.services.trading_facts import Estimate

_OPENS_LONG = frozenset({OrderSide.BUY, OrderSide.BUY_TO_OPEN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Backdrop:
    """What is known around an order.

    ``quotes`` by symbol. ``power`` is of the order's currency. ``held`` are the units of the
    order's one instrument over all counted accounts, ``total`` their value and ``rate`` the worth
    of the order's currency, both in the base currency. ``open_purchases`` is what working and
    unsettled purchases of the account would still take, None when it cannot be told.
    """

    quotes: Mapping[str, Quote]
    kind: AccountType = AccountType.UNKNOWN
    power: Decimal | None = None
    open_purchases: Decimal | None = ZERO
    held: Decimal | None = None
    total: Decimal | None = None
    rate: Decimal | None = None


def estimate(draft: Draft, around: Backdrop) -> Estimate:
    """Value, buying power and holding after the order, as far as they are known."""
    first = draft if draft.legs else draft.children[0]
    value, exact = _value(first, around.quotes)
    after = _power_after(first, value, around)
    open_after = None
    if after is not None and around.open_purchases is not None:
        open_after = EXACT.subtract(after, around.open_purchases)
    held, weight = _holding(first, around)
    return Estimate(
        currency=draft.currency,
        value=value,
        power_before=around.power,
        power_after=after,
        power_if_open_fill=open_after,
        held_after=held,
        weight_after=weight,
        exact=exact,
    )


def far_side(leg: DraftLeg, quotes: Mapping[str, Quote]) -> Decimal | None:
    """The price at which a leg would go now; None: no usable one is known."""
    quote = quotes.get(leg.instrument.symbol)
    if quote is None:
        return None
    far = quote.ask if leg.side in BUYS else quote.bid
    return next((one for one in (far, quote.last, quote.mark) if usable(one)), None)


def _value(draft: Draft, quotes: Mapping[str, Quote]) -> tuple[Decimal | None, bool]:
    """What the order costs or brings, and whether that leans on no price that moves.

    A credit of several legs counts as what it brings.
    """
    if draft.notional is not None:
        return draft.notional, True
    if draft.quantity is None:
        return None, False
    if draft.limit_price is not None:
        unit: Decimal | None = abs(draft.limit_price)
    elif len(draft.legs) == 1:
        unit = draft.stop_price
        unit = far_side(draft.legs[0], quotes) if unit is None else unit
    else:
        unit = net_price(draft.legs, quotes)
        unit = None if unit is None else abs(unit)
    if unit is None:
        return None, False
    units = EXACT.multiply(draft.quantity, draft.legs[0].instrument.multiplier)
    return EXACT.multiply(units, unit), draft.limit_price is not None


def net_price(legs: Sequence[DraftLeg], quotes: Mapping[str, Quote]) -> Decimal | None:
    """What one unit of several legs costs now at their far sides, below zero where it brings money;
    None when a price is missing.
    """
    total = ZERO
    for leg in legs:
        price = far_side(leg, quotes)
        if price is None:
            return None
        part = EXACT.multiply(leg.ratio, price)
        total = EXACT.add(total, part if leg.side in BUYS else -part)
    return total


def _power_after(draft: Draft, value: Decimal | None, around: Backdrop) -> Decimal | None:
    """What is left after a purchase, or after a sale of a cash account. What a sale frees in a
    margin account, and what a short sale takes, is for the broker to say.
    """
    if around.power is None or value is None:
        return None
    if len(draft.legs) == 1 and draft.legs[0].side in BUYS:
        return EXACT.subtract(around.power, value)
    sells = draft.legs[0].side in (OrderSide.SELL, OrderSide.SELL_TO_CLOSE)
    if len(draft.legs) == 1 and sells and around.kind is AccountType.CASH:
        return EXACT.add(around.power, value)
    return None


def _holding(draft: Draft, around: Backdrop) -> tuple[Decimal | None, Decimal | None]:
    """Units of the instrument afterwards over all accounts, and their share in percent."""
    if len(draft.legs) != 1 or around.held is None or draft.quantity is None:
        return None, None
    leg = draft.legs[0]
    change = draft.quantity if leg.side in BUYS else -draft.quantity
    held = EXACT.add(around.held, change)
    price = far_side(leg, around.quotes)
    if price is None:
        price = draft.limit_price
    if price is None or around.rate is None:
        return held, None
    worth = EXACT.multiply(EXACT.multiply(held, leg.instrument.multiplier), price)
    return held, percent(EXACT.multiply(worth, around.rate), around.total)


def open_purchases(
    orders: Iterable[Order],
    drafts: Iterable[Draft],
    currency: str,
    quotes: Mapping[str, Quote],
    leaving_out: str = "",
) -> Decimal | None:
    """What working orders and unsettled drafts would still take; None when one has no price."""
    parts: list[Decimal | None] = [
        _left(one, currency) for one in orders if one.id != leaving_out and is_open(one)
    ]
    for draft in drafts:
        legs = draft.legs
        if len(legs) == 1 and legs[0].side in _OPENS_LONG and draft.currency == currency:
            parts.append(_value(draft, quotes)[0])
    return sum_all(parts)


def _left(order: Order, currency: str) -> Decimal | None:
    """What is still to be paid for an order; zero for what is no purchase in this currency."""
    if len(order.legs) != 1:
        return ZERO
    leg = order.legs[0]
    if leg.side not in _OPENS_LONG or leg.instrument.currency != currency:
        return ZERO
    price = order.limit_price if order.limit_price is not None else order.stop_price
    if price is None:
        return None
    left = max(ZERO, EXACT.subtract(order.quantity, order.filled_quantity))
    return EXACT.multiply(EXACT.multiply(left, leg.instrument.multiplier), abs(price))


def held_units(what: Instrument, positions: Iterable[tuple[Instrument, Decimal]]) -> Decimal:
    """How much of a thing these positions hold together."""
    is_it = same_as(what)
    return sum_all(units for one, units in positions if is_it(one)) or ZERO
