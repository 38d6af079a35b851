"""The points of a line as a table to be written into a file: day, value, what came or went."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from brokerdesk.facts import dataclass
from brokerdesk.ui import format as fmt
from brokerdesk.ui.models.columns import Cell, Column
from brokerdesk.ui.models.table_export import TableExport
from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.viewmodels.chart_window import ChartModel


@dataclass(frozen=True, slots=True)
class ChartRow:
    """One point. ``flow`` is None where nothing came or went."""

    day: date
    value: Decimal
    flow: Decimal | None


def chart_rows(model: ChartModel) -> tuple[ChartRow, ...]:
    """The points in sight."""
    if model.empty:
        return ()
    data = model.data
    begin, end = model.begin, model.last + 1
    flows: dict[int, Decimal] = {}
    for mark in data.marks:
        at = data.nearest_after(mark.x)
        if begin <= at < end:
            flows[at] = flows.get(at, Decimal(0)) + mark.amount
    return tuple(
        ChartRow(date.fromordinal(data.xs[at]), data.value(at), flows.get(at))
        for at in range(begin, end)
    )


def chart_export(model: ChartModel, now: datetime) -> TableExport[ChartRow]:
    """The points in sight as they are written; hidden amounts stay hidden in the file."""
    subject = model.subject
    columns: tuple[Column[ChartRow], ...] = (
        Column("Date", lambda row, _now: Cell(fmt.day(row.day)), lambda row: row.day,
               lambda row: row.day.isoformat(), 96, time=True),
        Column(subject.column,
               lambda row, _now: Cell(fmt.plain(row.value), secret=not subject.priced),
               lambda row: row.value, lambda row: fmt.plain(row.value), 96, number=True),
        Column("Currency", lambda _row, _now: Cell(model.data.currency),
               lambda _row: model.data.currency, lambda _row: model.data.currency, 64),
        Column(subject.flows,
               lambda row, _now: Cell("" if row.flow is None else fmt.plain(row.flow), secret=True),
               lambda row: row.flow, lambda row: "" if row.flow is None else fmt.plain(row.flow),
               96, number=True),
    )  # fmt: skip
    return TableExport(
        title=f"{subject.title} chart", columns=columns, rows=chart_rows(model), now=now,
        hide=privacy().on,
    )  # fmt: skip
