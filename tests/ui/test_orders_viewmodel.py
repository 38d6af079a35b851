"""Orders without a widget: rows, tied orders, views and words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from support.desk import sample_figures
from support.lists import HandPort, leg, order
from support.ui import HOSTILE, NOW

from brokerdesk.domain.kinds import (
    AssetType,
    OrderSide,
    OrderStatus,
    OrderType,
    TimeInForce,
    TradingSession,
)
from brokerdesk.errors import StorageError
from brokerdesk.ui import format as fmt
from brokerdesk.ui.models.columns import Cell
from brokerdesk.ui.models.order_columns import ORDER_COLUMNS, haystack, order_words, state_words
from brokerdesk.ui.models.table_export import TableExport
from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.viewmodels.order_detail import detail_of
from brokerdesk.ui.viewmodels.order_rows import CHILD, LEG, OrderRow, row_of
from brokerdesk.ui.viewmodels.orders import (
    ALL,
    APPEAR,
    TODAY,
    WORKING,
    OrdersFound,
    OrdersViewModel,
)
from brokerdesk.ui.viewmodels.state import WindowState

D = Decimal
TITLES = {"s1": "Schwab …4821 Individual"}
DAY = timedelta(days=1)


def made(*found: Any) -> tuple[OrderRow, ...]:
    return tuple(row_of(one, TITLES) for one in found)


def found(*orders: Any) -> OrdersFound:
    return OrdersFound(rows=made(*orders))


def one_row(**changes: Any) -> OrderRow:
    return row_of(order(**changes), TITLES)


def cells(row: OrderRow, *, child: bool = False) -> dict[str, Cell]:
    return {
        column.title: (column.child if child and column.child else column.cell)(row, NOW)
        for column in ORDER_COLUMNS
    }


OPTION = {"asset_type": AssetType.OPTION, "underlying": "AAPL"}
CALLS = (
    leg("AAPL  260116C00200000", OrderSide.BUY_TO_OPEN, **OPTION),
    leg("AAPL  260116C00220000", OrderSide.SELL_TO_OPEN, **OPTION),
)


def test_a_plain_order_has_no_children() -> None:
    row = one_row()
    assert (row.side, row.way, row.symbol, row.children) == ("Buy", "buy", "AAPL", ())
    assert (row.type, row.lasts, row.session, row.status) == ("Limit", "Day", "", "Working")


@pytest.mark.parametrize("side", list(OrderSide))
def test_every_side_has_words_and_a_direction(side: OrderSide) -> None:
    row = one_row(legs=(leg(side=side, raw_side="ODD"),))
    if side is OrderSide.UNKNOWN:
        assert (row.side, row.way) == ("UNKNOWN(ODD)", "")
    else:
        assert row.way == ("buy" if "buy" in side.value else "sell")


def test_what_nobody_has_seen_before_stays_in_the_broker_s_word() -> None:
    row = one_row(
        status=OrderStatus.UNKNOWN, raw_status="AWAITING_MOON", type=OrderType.UNKNOWN,
        raw_type="PEGGED", time_in_force=TimeInForce.UNKNOWN, session=TradingSession.UNKNOWN,
    )  # fmt: skip
    assert (row.status, row.type) == ("UNKNOWN(AWAITING_MOON)", "UNKNOWN(PEGGED)")
    assert row.live, "nobody knows that it is over"
    cell = cells(row)["State"]
    assert (cell.text, cell.icon, cell.tone) == ("UNKNOWN(AWAITING_MOON)", "unknown", "warn")


@pytest.mark.parametrize("status", list(OrderStatus))
def test_every_status_type_and_duration_has_words(status: OrderStatus) -> None:
    assert one_row(status=status).status
    for kind in OrderType:
        assert one_row(type=kind, raw_type="X").type
    for lasts in TimeInForce:
        one_row(time_in_force=lasts)


def test_legs_stand_below_their_order_under_the_common_underlying() -> None:
    row = one_row(legs=CALLS, type=OrderType.NET_DEBIT, strategy="VERTICAL")
    assert (row.side, row.symbol, row.type) == ("2 legs", "AAPL", "Net debit")
    assert [(one.part, one.side) for one in row.children] == [
        (LEG, "Buy to open"),
        (LEG, "Sell to open"),
    ]
    assert len({one.key for one in row.children}) == 2
    found = cells(row.children[0], child=True)
    assert (found["Order"].lead, found["Order"].text) == (
        "Buy to open",
        "10 AAPL 16 Jan 2026 200 C",
    )
    assert found["Price"].text == found["State"].text == ""
    mixed = one_row(legs=(leg("AAPL"), leg("VOO")))
    assert mixed.symbol == "AAPL +1"


def test_tied_orders_of_any_depth_stand_below_each_once() -> None:
    oco = order(2, id="group", legs=(), type=OrderType.UNKNOWN, raw_type="", strategy="OCO",
                children=(order(3, legs=(leg(side=OrderSide.SELL),)), order(4)))  # fmt: skip
    row = one_row(status=OrderStatus.FILLED, strategy="TRIGGER", children=(oco,))
    assert [(one.part, one.number) for one in row.children] == [
        (CHILD, order(3).id),
        (CHILD, order(4).id),
    ]
    assert len({one.key for one in row.children}) == 2
    assert row.live, "what it triggers still works"
    group = row_of(oco, TITLES)
    assert (group.side, group.type, group.symbol) == ("2 orders", "OCO", "AAPL")
    assert group.quantity is None
    assert "sell" in haystack(row).casefold()


def test_a_part_fill_is_said_and_hidden_with_the_amounts() -> None:
    row = one_row(filled_quantity=D(4))
    assert state_words(row, private=False) == "Partly filled 4 of 10"
    assert cells(row)["State"].text == "Partly filled 4 of 10"
    assert cells(row)["Order"].text == "10 AAPL"
    gone = one_row(filled_quantity=D(4), status=OrderStatus.CANCELLED)
    assert state_words(gone, private=False) == "Canceled, 4 of 10 filled"
    privacy().set(True)
    for found in (row, gone):
        cell = cells(found)["State"]
        assert not [one for one in (cell.text, cell.spoken, cell.hint) if "4" in one]
        assert "partly filled" in cell.spoken.casefold()
    cell = cells(row)["Order"]
    assert "10" not in cell.text + cell.hint + cell.spoken
    assert "AAPL" in cell.text
    shown = detail_of(row, NOW)
    assert "10" not in shown.title, "the pane hides it too"
    assert not [f for s in shown.sections for f in s.fields if f.text == "10" and not f.secret]


def test_what_is_copied_and_exported_of_a_partly_secret_cell_hides_the_amount() -> None:
    row = one_row(filled_quantity=D(4))
    columns = {column.title: column for column in ORDER_COLUMNS}
    assert columns["Order"].copy(row) == "Buy 10 AAPL"
    for title in ("Order", "State"):
        hidden = columns[title].private
        assert hidden is not None
        assert "10" not in hidden(row)
        export = TableExport(
            title="Orders", columns=(columns[title],), rows=[row], now=NOW, hide=True
        )
        assert "10" not in str(export.table().rows)
    open_ = TableExport(
        title="Orders", columns=(columns["Order"],), rows=[row], now=NOW, hide=False
    )
    assert list(open_.table().rows) == [("Buy 10 AAPL",)]


def test_a_broker_s_reason_is_quoted() -> None:
    text = "You do not have enough available cash."
    row = one_row(status=OrderStatus.REJECTED, status_text=text)
    assert cells(row)["State"].text == f"Rejected: {text}"
    doubt = detail_of(row, NOW).doubt
    assert doubt is not None
    assert (doubt.kind, doubt.title) == ("error", "Schwab refused this order.")
    assert doubt.text == f"“{text}” Nothing was placed."


def test_prices_stay_visible_and_quantities_are_secret() -> None:
    found = cells(one_row(stop_price=D(250)))
    assert {title for title, cell in found.items() if cell.secret} == {"Quantity", "Filled"}
    assert found["Price"].text == "268.42 stop 250.00"
    assert found["Type"].text == "Limit 268.42 stop 250.00"
    assert cells(one_row(limit_price=None))["Price"].text == "—"


def test_an_order_for_money_says_how_much() -> None:
    row = replace(one_row(), quantity=None, notional=D(500), currency="USD")
    assert order_words(row, private=False) == "Buy $500.00 AAPL"
    assert "500" not in order_words(row, private=True)


def test_an_order_that_the_broker_tells_is_shown_with_its_trail_amount_and_last_day() -> None:
    money = one_row(quantity=D(0), notional=D(500), type=OrderType.MARKET, limit_price=None)
    assert order_words(money, private=False) == "Buy $500.00 AAPL"
    fields = {f.label: f for one in detail_of(money, NOW).sections for f in one.fields}
    assert (fields["Amount"].text, fields["Amount"].secret) == ("$500.00", True)
    assert "Quantity" not in fields
    assert one_row(quantity=D(2), notional=D(0)).notional is None, "for units"
    trailing = {"type": OrderType.TRAILING_STOP, "limit_price": None}
    assert "by 2.5%" in cells(one_row(trail_percent=D("2.5"), **trailing))["Price"].text
    assert "by 1.50" in cells(one_row(trail_amount=D("1.5"), **trailing))["Price"].text
    lasting = one_row(time_in_force=TimeInForce.GTD, good_till=date(2027, 1, 15))
    shown = {f.label: f.text for one in detail_of(lasting, NOW).sections for f in one.fields}
    assert shown["Time in force"].endswith(fmt.day(date(2027, 1, 15)))


def test_the_pane_shows_what_is_stored_and_where_it_leads() -> None:
    row = one_row(filled_quantity=D(10), status=OrderStatus.FILLED, client_order_id="bd-1")
    found = detail_of(row, NOW)
    fields = {f.label: f.text for section in found.sections for f in section.fields}
    assert (fields["Order"], fields["Our id"]) == (row.number, "bd-1")
    assert fields["Time in force"] == "Day"
    assert [one.id for one in found.links] == [
        f"activity:order/s1/{row.number}",
        "positions:AAPL",
    ]
    legs = detail_of(one_row(legs=CALLS), NOW)
    assert [section.title for section in legs.sections][1:3] == [
        "Buy to open AAPL 16 Jan 2026 200 C",
        "Sell to open AAPL 16 Jan 2026 220 C",
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_stay_words(text: str) -> None:
    row = one_row(
        status_text=text, raw_status=text[:60], status=OrderStatus.UNKNOWN, strategy=text[:60],
        legs=(leg(text[:40], name=text),),
    )  # fmt: skip
    row = replace(row, title=text)
    for cell in cells(row).values():
        assert "\u202e" not in cell.text + cell.hint + cell.spoken
        assert "\n" not in cell.text + cell.hint + cell.spoken
    detail_of(row, NOW)


# the list


@pytest.fixture
def port() -> HandPort:
    return HandPort()


@pytest.fixture
def model(port: HandPort, qapp: Any) -> OrdersViewModel:
    return OrdersViewModel(port, lambda: NOW)


def window() -> WindowState:
    figures = sample_figures()
    return WindowState(figures=figures, everyone=figures.accounts, now=NOW, ready=True)


EVERY = (
    order(1, id="now", status=OrderStatus.FILLED),
    order(2, id="old-open", entered_at=NOW - 40 * DAY),
    order(3, id="old", status=OrderStatus.FILLED, entered_at=NOW - 40 * DAY,
          closed_at=NOW - 39 * DAY),
    order(4, id="closed-today", status=OrderStatus.EXPIRED, entered_at=NOW - 3 * DAY,
          closed_at=NOW),
    order(5, id="undated", status=OrderStatus.REJECTED, entered_at=None),
)  # fmt: skip


@pytest.mark.parametrize(
    ("view", "shown"),
    [
        (WORKING, ["old-open"]),
        (TODAY, ["now", "closed-today"]),
        (ALL, ["now", "old-open", "old", "closed-today", "undated"]),
    ],
)
def test_the_three_views(
    model: OrdersViewModel, port: HandPort, view: str, shown: list[str]
) -> None:
    model.start_with(view, "90d")
    model.show(window())
    port.answer(found(*EVERY))
    assert [row.number for row in model.state.rows] == shown


def test_a_range_counts_for_all_orders_only(model: OrdersViewModel, port: HandPort) -> None:
    model.show(window())
    assert port.queries[-1].since == datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
    port.answer(found(*EVERY))
    model.choose(ALL)
    assert port.queries[-1].since == datetime(2026, 8, 22, 4, 0, tzinfo=UTC)
    port.answer(found(*EVERY))
    model.choose_range("30d")
    port.answer(found(*EVERY))
    assert [row.number for row in model.state.rows] == ["now", "closed-today", "undated"]


@pytest.mark.parametrize(
    ("view", "words"),
    [
        (WORKING, "No working orders."),
        (TODAY, "No orders today."),
        (ALL, "No orders in this range."),
    ],
)
def test_empty_words_name_the_way_on(
    model: OrdersViewModel, port: HandPort, view: str, words: str
) -> None:
    model.start_with(view, "")
    model.show(window())
    port.answer(OrdersFound())
    assert model.state.nothing == f"{words}\n{APPEAR}"


def test_a_failure_is_said(model: OrdersViewModel, port: HandPort) -> None:
    model.show(window())
    port.fail(StorageError("The database is damaged.", ""))
    assert model.state.problem == "The database is damaged."
    assert not model.state.loading


def test_equal_rows_are_the_same_rows(model: OrdersViewModel, port: HandPort) -> None:
    model.show(window())
    port.answer(found(*EVERY))
    before = model.state.rows
    model.refresh()
    port.answer(found(*EVERY))
    assert model.state.rows is before
