"""What the side pane says of one entry of activity: every field as it is stored. Pure."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from brokerdesk.domain.market_hours import new_york_day
from brokerdesk.services.amounts import EXACT
from brokerdesk.ui import format as fmt
from brokerdesk.ui.models.option_words import shown_symbol
from brokerdesk.ui.plain import tame
from brokerdesk.ui.viewmodels.activity_rows import ActivityRow
from brokerdesk.ui.viewmodels.base_words import rate_words
from brokerdesk.ui.viewmodels.detail import Detail, Field, Section
from brokerdesk.ui.viewmodels.state import Action


def detail_of(row: ActivityRow) -> Detail:
    """The whole entry."""
    symbol = shown_symbol(row.symbol)
    title = f"{row.words} {symbol}".strip() if symbol else row.words
    money = f"{fmt.change(row.amount)} {row.currency}"
    main = [
        Field(label="Time", text=fmt.stamp(row.time)),
        Field(label="Account", text=row.title or row.account),
        Field(label="Type", text=row.words),
        Field(label="Broker’s type", text=f"“{row.raw_type}”" if row.raw_type else ""),
        Field(label="Symbol", text=symbol),
        Field(label="Broker’s symbol", text=row.symbol if symbol != row.symbol else ""),
        Field(label="Name", text=row.name),
        *(Field(label=label, text=text) for label, text in row.identifiers),
    ]
    figures = [
        Field(label="Quantity", text=_given(row.quantity, fmt.quantity), secret=True),
        Field(label="Price", text=_given(row.price, fmt.price)),
        Field(label="Fees", text=_given(row.fees, fmt.amount), secret=True),
        Field(label="Amount", text=money, secret=True),
        *_in_base(row),
        Field(label="Settles", text=fmt.day(row.settles) if row.settles else ""),
    ]
    marks = [
        Field(label="Entry", text=row.number),
        Field(label="Order", text=row.order),
    ]
    sections = [_section("", main), _section("", figures), _section("At the broker", marks)]
    actions = [Action(id=f"order:{row.account}/{row.order}", label="Show order")]
    if row.symbol:
        actions.append(Action(id=f"symbol:{row.symbol}", label="Show position"))
    return Detail(
        title=tame(title),
        caption=" · ".join(part for part in (fmt.stamp(row.time), row.title) if part),
        figure=money,
        words=f"“{row.description}”" if row.description else "",
        sections=tuple(one for one in sections if one.fields),
        actions=tuple(actions if row.order else actions[1:]),
    )


def _in_base(row: ActivityRow) -> list[Field]:
    """The amount in the base currency, and by which rate."""
    if not row.base:
        return []
    if row.rate is None:
        return [Field(label=f"In {row.base}", text="no exchange rate")]
    amount = fmt.change(EXACT.multiply(row.amount, row.rate.value))
    return [
        Field(label=f"In {row.base}", text=amount, secret=True),
        Field(label="Exchange rate", text=rate_words(row.rate, new_york_day(row.time))),
    ]


def _given(value: Decimal | None, write: Callable[[Decimal], str]) -> str:
    return "" if value is None else write(value)


def _section(title: str, fields: list[Field]) -> Section:
    """Without the fields that the broker did not give."""
    return Section(title=title, fields=tuple(one for one in fields if one.text))
