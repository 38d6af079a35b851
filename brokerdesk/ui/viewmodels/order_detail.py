"""What the pane below the list says of one order: steps, doubt, figures, the request. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from brokerdesk.ui import format as fmt
from brokerdesk.ui.models.option_words import shown_symbol
from brokerdesk.ui.models.order_columns import order_words, price_words, state_words, type_words
from brokerdesk.ui.plain import tame
from brokerdesk.ui.privacy import DOTS, privacy
from brokerdesk.ui.viewmodels.detail import Field, Section
from brokerdesk.ui.viewmodels.order_rows import LEG, OrderRow, row_of
from brokerdesk.ui.viewmodels.order_steps import Step, steps_of
from brokerdesk.ui.viewmodels.state import Action, Message

if TYPE_CHECKING:
    from brokerdesk.domain.order import Order
    from brokerdesk.services.trading_facts import Search

CHECK, SITE, MYSELF = "check", "site", "myself"
YES, NO = "answer:yes", "answer:no"
MINE, NOT_MINE = "mine", "not_mine"
NEEDED = 5
"""So many complete looks have to find nothing before the user may say that it is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """One booked execution."""

    time: datetime
    quantity: Decimal | None
    price: Decimal | None
    fees: Decimal | None
    amount: Decimal = Decimal(0)
    """What the account paid (negative) or received for it."""
    currency: str = "USD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What went out as ``(name, value, our words)``, and what came back in our words."""

    intent: str
    fields: tuple[tuple[str, str, str], ...] = ()
    answer: str = ""
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDetail:
    """One order as the pane shows it. ``doubt`` stands between the steps and the figures."""

    key: str
    title: str
    mode: str = ""
    caption: str = ""
    steps: tuple[Step, ...] = ()
    doubt: Message | None = None
    doubt_deeds: tuple[Action, ...] = ()
    line: str = ""
    sections: tuple[Section, ...] = ()
    links: tuple[Action, ...] = ()
    intent: str = ""


def detail_of(row: OrderRow, now: datetime, fills: tuple[Fill, ...] = ()) -> OrderDetail:
    """The whole order, its legs and the orders that it ties."""
    hidden = privacy().on
    price = type_words(row)
    title = order_words(row, private=hidden) or row.type
    if price and price != title:
        title = f"{title}, {price[:1].lower()}{price[1:]}"
    ids = row.number or row.client_id
    sections = (
        _section("Order", _figures(row, now)),
        *(_section(_title(one), _figures(one, now)) for one in row.children if one.part != LEG),
        *(_section(_title(one), _leg(one)) for one in row.children if one.part == LEG),
        _section("Fills", _fills(fills, row)),
        _section("At the broker", _broker(row)),
    )
    doubt, deeds = doubt_of(row, now)
    return OrderDetail(
        key=row.key,
        title=tame(title),
        mode=row.mode,
        caption=" · ".join(tame(part) for part in (row.title, ids) if part),
        steps=steps_of(row, now.astimezone(fmt.market_zone()).date()),
        doubt=doubt,
        doubt_deeds=deeds,
        line=paid_line(row, fills),
        sections=tuple(one for one in sections if one.fields),
        links=_links(row),
        intent=row.intent,
    )


# doubt


def doubt_of(row: OrderRow, now: datetime) -> tuple[Message | None, tuple[Action, ...]]:
    """What needs the user: an order that may be the lost one, an unknown outcome, a question of the
    broker's, a refusal.
    """
    broker = tame(row.broker) or "The broker"
    site = (Action(id=SITE, label=f"Open {broker} orders"),) if row.url else ()
    if row.proposed is not None or row.turned_up:
        asked = None if row.proposed is None else _proposed(row, row.proposed, broker)
        return asked or _turned_up(row, broker), (
            Action(id=CHECK, label="Check now"),
            *site,
            Action(id=MYSELF, label="I have checked myself…"),
        )
    if row.unknown:
        look = row.search
        if look is not None and look.can_be_absent and not _open_ones(look):
            title = f"Not found at {broker}."
            besides = f" besides {refused_words(look)}" if refused_words(look) else ""
            text = (
                f"{_number(look.checks)} full checks found no such order{besides}. "
                f"Look at {broker} yourself before you close this."
            )
            mine = Action(id=MYSELF, label="I looked: it was not placed…")
            return _doubt(row, title, text), (*site, mine)
        return _unknown(row, broker, now), (
            Action(id=CHECK, label="Check now"),
            *site,
            Action(id=MYSELF, label="I have checked myself…"),
        )
    if row.asked is not None:
        text = " ".join(f"“{tame(one)}”" for one in row.asked.questions)
        return _doubt(row, f"{broker} asks before it takes this order.", text), (
            Action(id=YES, label="Yes, send it"),
            Action(id=NO, label="No, do not send it"),
        )
    if row.state == "rejected":
        words = f"“{tame(row.status_text or row.intent_words)}” "
        text = f"{words if row.status_text or row.intent_words else ''}Nothing was placed."
        return Message(
            key=f"refused:{row.key}",
            kind="error",
            title=f"{broker} refused this order.",
            text=text,
        ), ()
    if row.state == "not_sent":
        text = f"{tame(row.intent_words)} Nothing was placed.".strip()
        return Message(key=f"not:{row.key}", kind="warn", title="Not sent.", text=text), ()
    if row.intent_state == "found" and row.number:
        state = state_words(row, private=privacy().on).lower()
        text = (
            f"{broker} has this order: {tame(row.number)}, {tame(state)}. Nothing was sent twice."
        )
        return Message(key=f"found:{row.key}", kind="info", title="Found.", text=text), ()
    return None, ()


def _proposed(row: OrderRow, order: Order, broker: str) -> Message:
    """One order is exactly what was asked for. The buttons stand in the message itself, away from
    those below: no press that was meant for another one says yes.
    """
    other = row_of(order, {row.account: row.title})
    told = [other.number, state_words(other, private=privacy().on).lower()]
    when = "and was not there before"
    if other.time is not None:
        told.insert(1, f"entered {fmt.time_of_day(other.time)}")
        when = "entered while yours was on its way"
    first = "" if row.unknown else "You said that it is not there. Since then, one has turned up. "
    text = (
        f"{first}One order at {broker} is exactly what you asked for, {when}: "
        f"{', '.join(tame(one) for one in told)}. BrokerDesk cannot tell it from one that another "
        f"program sent: only you can say. {_blocked(row)}"
    )
    return Message(
        key=f"proposed:{row.key}:{order.id}",
        kind="unknown",
        title="Is this order yours?",
        text=text.strip(),
        actions=(
            Action(id=NOT_MINE, label="No"),
            Action(id=MINE, label="Yes, it is mine", kind="primary"),
        ),
    )


def _turned_up(row: OrderRow, broker: str) -> Message:
    """Several could be it, of which the user said that it is not there."""
    number = len(row.search.refusable) if row.search is not None else 0
    text = (
        f"You said that this order is not there. Since then, {fmt.count(number, 'order')} at "
        f"{broker} turned up that could be it. Say which one it is, or that none of them is."
    )
    return Message(key=f"up:{row.key}", kind="unknown", title="Is one of them yours?", text=text)


def _open_ones(look: Search) -> int:
    """How many could be it of which the user has said nothing."""
    return sum(one.id not in look.aside for one in look.candidates)


def refused_words(look: Search) -> str:
    """Those of which the user said that they are not it: order 17, which is not yours."""
    ids = [tame(one.id) for one in look.candidates if one.id in look.aside]
    if not ids:
        return ""
    are = "which is not yours" if len(ids) == 1 else "which are not yours"
    return f"order{'s' if len(ids) > 1 else ''} {', '.join(ids)}, {are}"


def _unknown(row: OrderRow, broker: str, now: datetime) -> Message:
    title = f"Outcome unknown. Checking with {broker}; BrokerDesk will not resend."
    parts = []
    if row.intent_state == "unknown":
        parts.append("The order may be live.")
    else:
        parts.append("The cancel may have arrived. The order may still be live.")
    look = row.search
    if look is not None:
        parts.append(_next(look, now))
        if number := _open_ones(look):
            parts.append(f"{fmt.count(number, 'order')} at {broker} could be it.")
        if look.aside and not number:
            parts.append("Checks are counted anew since you said what is not yours.")
        if look.failure:
            parts.append(f"The last check failed: {tame(look.failure)}")
    parts.append(_blocked(row))
    return _doubt(row, title, " ".join(part for part in parts if part))


def _blocked(row: OrderRow) -> str:
    """What cannot be sent meanwhile."""
    if row.intent_state != "unknown" or not row.side or not row.symbol:
        return ""
    verb = "sells" if row.way == "sell" else "buys"
    what = f"New {shown_symbol(row.symbol)} {verb} in {_ending(row.title)}"
    return f"{tame(what)} are blocked until this is settled."


def _doubt(row: OrderRow, title: str, text: str) -> Message:
    return Message(key=f"doubt:{row.key}", kind="unknown", title=title, text=text)


def _next(look: Search, now: datetime) -> str:
    if look.next_at is None:
        return f"Checked {look.checks} times." if look.checks > 1 else ""
    left = (look.next_at - now).total_seconds()
    if left < 1:
        return f"Checking now (check {look.checks + 1})."
    return f"Next check in {int(left)} s (check {look.checks + 1})."


def counts_down(row: OrderRow | None) -> bool:
    """Whether what is said of it changes with every second."""
    return row is not None and row.unknown and row.search is not None and row.proposed is None


def _ending(title: str) -> str:
    """The part of an account's name by which people know it: …4821."""
    return next((word for word in title.split() if word.startswith("…")), title) or "this account"


def _number(count: int) -> str:
    words = {5: "Five", 6: "Six", 7: "Seven", 8: "Eight", 9: "Nine", 10: "Ten"}
    return words.get(count, fmt.whole(count))


# figures


def paid_line(row: OrderRow, fills: tuple[Fill, ...]) -> str:
    """What was paid or received for what is filled, in one sentence; "" when it is not known."""
    if not fills or not row.filled or not row.way or len({one.currency for one in fills}) > 1:
        return ""
    counted = sum((abs(one.quantity) for one in fills if one.quantity is not None), Decimal(0))
    if counted != row.filled:
        return ""  # not everything is booked yet
    currency = fills[0].currency
    total = sum((one.amount for one in fills), Decimal(0))
    words = f"{'Paid' if total < 0 else 'Received'} {_money(abs(total), currency)}."
    if any(one.fees is None for one in fills):
        return f"{words} {row.broker or 'The broker'} told no fees."
    fees = sum((one.fees for one in fills if one.fees is not None), Decimal(0))
    return f"{words} Fees {_money(fees, currency)}."


def _money(value: Decimal, currency: str) -> str:
    return DOTS if privacy().on else fmt.total(value, currency)


def _title(row: OrderRow) -> str:
    return " ".join(part for part in (row.side, shown_symbol(row.symbol)) if part) or row.type


def _figures(row: OrderRow, now: datetime) -> list[Field]:
    return [
        Field(label="State", text=state_words(row, private=privacy().on)),
        Field(label="Entered", text=_moment(row.time)),
        Field(label="Closed", text=_moment(row.closed)),
        Field(label="Type", text=row.type),
        Field(label="Price", text=price_words(row)),
        Field(label="Quantity", text=_given(row.quantity, fmt.quantity), secret=True),
        Field(
            label="Amount",
            text=_given(row.notional, lambda v: fmt.total(v, row.currency or "USD")),
            secret=True,
        ),
        Field(label="Filled", text=_given(row.filled, fmt.quantity), secret=True),
        Field(label="Average price", text=_given(row.average, fmt.price)),
        Field(label="Time in force", text=row.lasts),
        Field(label="Session", text=row.session),
        Field(label="Name", text=row.name),
        Field(label="Strategy", text=row.strategy),
        Field(label="Broker’s words", text=f"“{row.status_text}”" if row.status_text else ""),
    ]


def _moment(at: datetime | None) -> str:
    if at is None:
        return ""
    return f"{fmt.day(at.astimezone(fmt.market_zone()).date())} {fmt.time_of_day(at)}"


def _leg(row: OrderRow) -> list[Field]:
    return [
        Field(label="Quantity", text=_given(row.quantity, fmt.quantity), secret=True),
        Field(label="Name", text=row.name),
        Field(label="Broker’s side", text=f"“{row.raw_side}”" if row.raw_side else ""),
    ]


def _fills(fills: tuple[Fill, ...], row: OrderRow) -> list[Field]:
    found = []
    for one in fills:
        parts = [
            f"{fmt.quantity(abs(one.quantity))} at" if one.quantity is not None else "",
            fmt.price(one.price) if one.price is not None else "",
        ]
        text = " ".join(part for part in parts if part)
        if one.fees is not None:
            text += f" · fees {fmt.total(one.fees, one.currency)}"
        local = one.time.astimezone(fmt.market_zone())
        label = f"{local:%H:%M:%S}" if row.time is None or _same_day(one.time, row.time) else (
            fmt.short_stamp(one.time, one.time).removesuffix(" ET")
        )  # fmt: skip
        found.append(Field(label=label, text=text or "no figures told", secret=True))
    return found


def _same_day(one: datetime, other: datetime) -> bool:
    zone = fmt.market_zone()
    return one.astimezone(zone).date() == other.astimezone(zone).date()


def _broker(row: OrderRow) -> list[Field]:
    return [
        Field(label="Order", text=row.number),
        Field(label="Our id", text=row.client_id),
        Field(label="Status", text=f"“{row.raw_status}”" if row.raw_status else ""),
        Field(label="Type", text=f"“{row.raw_type}”" if row.raw_type else ""),
        Field(label="Side", text=f"“{row.raw_side}”" if row.raw_side else ""),
        Field(label="Symbol", text=row.symbol if shown_symbol(row.symbol) != row.symbol else ""),
    ]


def _links(row: OrderRow) -> tuple[Action, ...]:
    found = []
    if row.replaces:
        found.append(Action(id=f"orders:{row.replaces}", label="Show the order before the change"))
    if row.replaced_by:
        found.append(
            Action(id=f"orders:{row.replaced_by}", label="Show the order after the change")
        )
    if row.filled:
        ids = f"activity:order/{row.account}/{row.number}"
        found.append(Action(id=ids, label="Show transactions"))
    if row.symbol and "+" not in row.symbol:
        found.append(Action(id=f"positions:{row.symbol}", label="Show position"))
    return tuple(found)


def _given(value: Decimal | None, write: Callable[[Decimal], str]) -> str:
    return "" if value is None else write(value)


def _section(title: str, fields: list[Field]) -> Section:
    """Without the fields that nobody gave."""
    return Section(title=title, fields=tuple(one for one in fields if one.text))
