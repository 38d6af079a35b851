"""From what stands in the fields to an order: said in words, drafted, or told what is wrong. Pure.

Only what can be known without a broker is judged here; what one account cannot do comes from its
offers, what forbids sending from the review.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal

from brokerdesk.domain.draft import Draft, DraftLeg, Link
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import OrderSide, OrderType, TimeInForce
from brokerdesk.ui.viewmodels.order_sentence import Told
from brokerdesk.ui.viewmodels.ticket_fields import (
    OPPOSITE,
    WITH_LIMIT,
    WITH_STOP,
    Kind,
    Lasts,
    TicketFields,
    is_option,
)
from brokerdesk.ui.viewmodels.ticket_numbers import UnreadableError, read

_ONE = Decimal(1)
_HUNDRED = Decimal(100)
HOW_LONG = "Choose how long the order lasts: the one it is copied from does not say."


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """An order as far as it is there.

    ``problems`` are sentences by field, about what was typed; ``missing`` what is still to be
    filled in, in the order of the ticket: (field, sentence).
    """

    told: Told = field(default_factory=Told)
    problems: dict[str, str] = field(default_factory=dict)
    missing: tuple[tuple[str, str], ...] = ()

    @property
    def whole(self) -> bool:
        """Whether a draft can be made of it."""
        return not self.problems and not self.missing

    @property
    def first(self) -> tuple[str, str]:
        """The first field that stands against a draft, and why; ("", "") for none."""
        if self.problems:
            return next(iter(self.problems.items()))
        return self.missing[0] if self.missing else ("", "")


class _Reader:
    """Reads fields and collects what is wrong with them."""

    def __init__(self) -> None:
        self.problems: dict[str, str] = {}
        self.missing: list[tuple[str, str]] = []

    def number(self, name: str, text: str, wanted: str) -> Decimal | None:
        """A number that is needed."""
        try:
            value = read(text)
        except UnreadableError as error:
            self.problems[name] = str(error)
            return None
        if value is None and wanted:
            self.missing.append((name, wanted))
        return value


def built(fields: TicketFields) -> Built:
    """The order of these fields."""
    reader = _Reader()
    told = _main(fields, reader)
    children = _children(fields, told, reader)
    if children:
        if fields.link is Link.EITHER:
            told = Told(
                type=OrderType.MARKET, link=Link.EITHER, children=(told, *children),
                time_in_force=told.time_in_force, session=told.session,
            )  # fmt: skip
        else:
            told = replace(told, link=fields.link, children=children)
    return Built(told=told, problems=reader.problems, missing=tuple(reader.missing))


def draft_of(told: Told, fields: TicketFields, account: AccountId) -> Draft:
    """The draft of an order that is whole.

    Raises:
        ValueError: it is not.
    """
    either = told.link is Link.EITHER
    return Draft(
        account=account,
        environment=fields.environment,
        legs=told.legs,
        type=told.type,
        quantity=None if either else told.quantity,
        notional=None if either else told.notional,
        time_in_force=told.time_in_force,
        session=told.session,
        limit_price=told.limit_price,
        stop_price=told.stop_price,
        trail_amount=told.trail_amount,
        trail_percent=told.trail_percent,
        good_till=told.good_till,
        link=told.link,
        children=tuple(draft_of(child, fields, account) for child in told.children),
    )


def sketch_of(told: Told, fields: TicketFields, account: AccountId) -> Draft | None:
    """A draft of what is there, for asking what an account could do with it; None: nothing is."""
    filled = _filled(told)
    return None if filled is None else draft_of(filled, fields, account)


def _filled(told: Told) -> Told | None:
    """One unit, or a hundred of money, stands for a size that is not typed yet, the day for a time
    that is not chosen yet.
    """
    children = tuple(filter(None, (_filled(child) for child in told.children)))
    if told.link is Link.EITHER:
        return replace(told, children=children) if children else None
    if not told.legs:
        return None
    size = told
    if told.time_in_force is TimeInForce.UNKNOWN:
        told = size = replace(told, time_in_force=TimeInForce.DAY)
    if told.quantity is None and told.notional is None:
        size = replace(told, notional=_HUNDRED) if told.dollars else replace(told, quantity=_ONE)
    return replace(size, children=children, link=told.link if children else Link.SINGLE)


def _main(fields: TicketFields, reader: _Reader) -> Told:
    legs = _legs(fields, reader)
    amount = reader.number("quantity", fields.quantity, _how_many(fields))
    kind = fields.kind
    told = Told(
        legs=legs,
        type=fields.type,
        quantity=None if fields.dollars else amount,
        notional=amount if fields.dollars else None,
        dollars=fields.dollars,
        time_in_force=fields.force,
        session=fields.session,
        good_till=fields.good_till if fields.lasts is Lasts.GTD else None,
    )
    if kind in WITH_STOP and not fields.several:
        told = replace(told, stop_price=reader.number("stop", fields.stop, "Enter a stop price."))
    if kind in WITH_LIMIT or (fields.several and kind is not Kind.MARKET):
        words = "Enter a net price." if fields.several else "Enter a limit price."
        limit = reader.number("limit", fields.limit, words)
        if limit is not None and fields.several and fields.credit:
            limit = -limit
        told = replace(told, limit_price=limit)
    if kind is Kind.TRAILING and not fields.several:
        told = _trailing(fields, told, reader)
    if fields.lasts is Lasts.UNSAID:
        reader.problems["time"] = HOW_LONG
    if fields.lasts is Lasts.GTD and fields.good_till is None:
        reader.missing.append(("good_till", "Choose the last day."))
    return told


def _trailing(fields: TicketFields, told: Told, reader: _Reader) -> Told:
    by = reader.number("trail", fields.trail, "Enter how far it trails.")
    if not fields.trail_percent:
        return replace(told, trail_amount=by)
    if by is not None and by >= _HUNDRED:
        reader.problems["trail"] = "The distance is less than 100 percent."
    return replace(told, trail_percent=by)


def _how_many(fields: TicketFields) -> str:
    if fields.dollars:
        return "Enter an amount of money."
    if fields.options:
        return "Enter how many contracts."
    return "Enter a quantity."


def _legs(fields: TicketFields, reader: _Reader) -> tuple[DraftLeg, ...]:
    typed, one = fields.search.strip().casefold(), fields.instrument
    if typed and one is None:
        reader.problems["symbol"] = "Choose it in the list."
    elif typed and one is not None and typed != one.symbol.casefold():
        reader.problems["symbol"] = f"Still {one.symbol}: choose in the list."
    if not fields.options:
        if fields.instrument is None:
            reader.missing.append(("symbol", "Choose a symbol."))
            return ()
        return (DraftLeg(instrument=fields.instrument, side=fields.side),)
    if not fields.legs:
        name, words = ("symbol", "Choose a symbol.")
        if fields.instrument is not None:
            name, words = ("legs", "Choose an option in the chain.")
        reader.missing.append((name, words))
        return ()
    if len(fields.legs) == 1:
        only = fields.legs[0]
        return (DraftLeg(instrument=only.instrument, side=only.side),)
    found = []
    for place, leg in enumerate(fields.legs):
        ratio = reader.number(f"ratio{place}", leg.ratio, "Enter how many of this leg.")
        if ratio is not None and ratio != ratio.to_integral_value():
            reader.problems[f"ratio{place}"] = "A leg counts in whole contracts."
            ratio = None
        found.append(DraftLeg(instrument=leg.instrument, side=leg.side, ratio=ratio or _ONE))
    return tuple(found)


def _children(fields: TicketFields, told: Told, reader: _Reader) -> tuple[Told, ...]:
    if fields.link is Link.SINGLE or not told.legs or fields.several:
        return ()
    leg = told.legs[0]
    out = DraftLeg(instrument=leg.instrument, side=OPPOSITE.get(leg.side, OrderSide.SELL))
    force = TimeInForce.GTC if told.time_in_force is TimeInForce.GTC else TimeInForce.DAY
    plain = Told(
        legs=(out,), quantity=told.quantity, notional=told.notional, dollars=told.dollars,
        time_in_force=force, session=told.session,
    )  # fmt: skip
    if fields.link is Link.BRACKET:
        profit = reader.number("profit", fields.profit, "Enter the price of the profit taker.")
        return (
            replace(plain, type=OrderType.LIMIT, limit_price=profit),
            _stop(fields, plain, reader),
        )
    if fields.link is Link.EITHER:
        same = replace(plain, legs=told.legs, time_in_force=told.time_in_force)
        return (_stop(fields, same, reader),)
    side = fields.then_side or out.side
    then = replace(plain, legs=(DraftLeg(instrument=leg.instrument, side=side),))
    if fields.then_kind is Kind.MARKET:
        return (replace(then, type=OrderType.MARKET),)
    price = reader.number("then_price", fields.then_price, "Enter the price of the order after it.")
    if fields.then_kind is Kind.STOP:
        return (replace(then, type=OrderType.STOP, stop_price=price),)
    return (replace(then, type=OrderType.LIMIT, limit_price=price),)


def _stop(fields: TicketFields, plain: Told, reader: _Reader) -> Told:
    stop = reader.number("loss", fields.loss, "Enter a stop price.")
    limit = reader.number("loss_limit", fields.loss_limit, "")
    if limit is None and "loss_limit" not in reader.problems:
        return replace(plain, type=OrderType.STOP, stop_price=stop)
    return replace(plain, type=OrderType.STOP_LIMIT, stop_price=stop, limit_price=limit)


def sides_of(fields: TicketFields, held: Decimal | None) -> tuple[OrderSide, OrderSide]:
    """What the two big segments mean: buy and sell, or for a short position cover and short."""
    if is_option(fields.traded[0] if fields.traded else None):
        return OrderSide.BUY_TO_OPEN, OrderSide.SELL_TO_CLOSE
    if held is not None and held < 0:
        return OrderSide.BUY_TO_COVER, OrderSide.SELL_SHORT
    return OrderSide.BUY, OrderSide.SELL
