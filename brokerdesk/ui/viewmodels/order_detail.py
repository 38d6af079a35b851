"""What the side pane says of one order: every field as it is stored. Pure."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from brokerdesk.ui import format as fmt
from brokerdesk.ui.models.option_words import shown_symbol
from brokerdesk.ui.models.order_columns import status_text
from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.viewmodels.detail import Detail, Field, Section
from brokerdesk.ui.viewmodels.order_rows import LEG, OrderRow
from brokerdesk.ui.viewmodels.state import Action

TONES = {"rejected": "loss", "unknown": "warn", "filled": "gain"}


def detail_of(row: OrderRow) -> Detail:
    """The whole order, its legs and the orders that it ties."""
    sections = [
        _section("", _main(row)),
        _section("", _figures(row)),
        *(
            _section(_title(child), _figures(child) if child.part != LEG else _leg(child))
            for child in row.children
        ),
        _section("At the broker", _broker(row)),
    ]
    actions = []
    if row.filled:
        ids = f"activity:order/{row.account}/{row.number}"
        actions.append(Action(id=ids, label="Show transactions"))
    if row.symbol and "+" not in row.symbol:
        actions.append(Action(id=f"positions:{row.symbol}", label="Show position"))
    return Detail(
        title=_title(row),
        caption=" · ".join(part for part in (_time(row), row.title) if part),
        figure=status_text(row, private=privacy().on) if row.status else "",
        figure_tone=TONES.get(row.state, "text"),
        figure_secret=False,
        words=f"“{row.status_text}”" if row.status_text else "",
        words_tone=TONES.get(row.state, "text2") if row.state == "rejected" else "text2",
        sections=tuple(one for one in sections if one.fields),
        actions=tuple(actions),
    )


def _title(row: OrderRow) -> str:
    return " ".join(part for part in (row.side, shown_symbol(row.symbol)) if part) or row.type


def _time(row: OrderRow) -> str:
    return fmt.stamp(row.time) if row.time is not None else ""


def _main(row: OrderRow) -> list[Field]:
    return [
        Field(label="Entered", text=_time(row) or "not told"),
        Field(label="Closed", text=fmt.stamp(row.closed) if row.closed is not None else ""),
        Field(label="Account", text=row.title or row.account),
        Field(label="Name", text=row.name),
        Field(label="Strategy", text=row.strategy),
    ]


def _figures(row: OrderRow) -> list[Field]:
    return [
        Field(label="Status", text=row.status if row.part else ""),
        Field(label="Type", text=row.type),
        Field(label="Quantity", text=_given(row.quantity, fmt.quantity), secret=True),
        Field(label="Filled", text=_given(row.filled, fmt.quantity), secret=True),
        Field(label="Limit", text=_given(row.limit, fmt.price)),
        Field(label="Stop", text=_given(row.stop, fmt.price)),
        Field(label="Average price", text=_given(row.average, fmt.price)),
        Field(label="Time in force", text=row.lasts),
        Field(label="Session", text=row.session),
        Field(label="Broker’s words", text=f"“{row.status_text}”"
              if row.part and row.status_text else ""),
    ]  # fmt: skip


def _leg(row: OrderRow) -> list[Field]:
    return [
        Field(label="Quantity", text=_given(row.quantity, fmt.quantity), secret=True),
        Field(label="Name", text=row.name),
        Field(label="Broker’s side", text=f"“{row.raw_side}”" if row.raw_side else ""),
    ]


def _broker(row: OrderRow) -> list[Field]:
    return [
        Field(label="Order", text=row.number),
        Field(label="Our id", text=row.client_id),
        Field(label="Status", text=f"“{row.raw_status}”" if row.raw_status else ""),
        Field(label="Type", text=f"“{row.raw_type}”" if row.raw_type else ""),
        Field(label="Side", text=f"“{row.raw_side}”" if row.raw_side else ""),
        Field(label="Symbol", text=row.symbol if shown_symbol(row.symbol) != row.symbol else ""),
    ]


def _given(value: Decimal | None, write: Callable[[Decimal], str]) -> str:
    return "" if value is None else write(value)


def _section(title: str, fields: list[Field]) -> Section:
    """Without the fields that the broker did not give."""
    return Section(title=title, fields=tuple(one for one in fields if one.text))
