"""The Positions, Activity and Orders pages as widgets, over a real database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import shiboken6
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QWidget
from support.clock import FakeClock
from support.db import CONNECTION, make_account, make_connection, opened
from support.desk import FakeDesk, extreme_figures, sample_figures
from support.ledger import FakeTrading
from support.lists import cash, entry, instrument, leg, order
from support.services import capabilities
from support.ui import HOSTILE, NOW, position

from brokerdesk.brokers.base import Network
from brokerdesk.db.engine import Database
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import OrderSide, OrderStatus, TransactionType
from brokerdesk.domain.price import DailyPrice
from brokerdesk.domain.reading import Batch
from brokerdesk.errors import BrokerUnavailableError
from brokerdesk.settings import Settings
from brokerdesk.ui.models.columns import Cell
from brokerdesk.ui.privacy import DOTS, privacy
from brokerdesk.ui.theme import theme
from brokerdesk.ui.viewmodels.state import Figures, Message
from brokerdesk.ui.views.activity.page import ActivityPage
from brokerdesk.ui.views.orders.page import OrdersPage
from brokerdesk.ui.views.page import Page
from brokerdesk.ui.views.positions.page import PositionsPage
from brokerdesk.ui.views.registry import page as spec_of

D = Decimal
S1, S2 = AccountId("fake:s1"), AccountId("fake:s2")


def stored(figures: Figures) -> Figures:
    """The figures over accounts that are in the database."""

    def known(row: Any) -> Any:
        lots = tuple(replace(lot, account=f"fake:{lot.account}") for lot in row.lots)
        children = tuple(map(known, row.children))
        keys = tuple(f"fake:{key}" for key in row.accounts)
        return replace(row, accounts=keys, children=children, lots=lots)

    return replace(
        figures,
        accounts=tuple(replace(row, key=f"fake:{row.key}") for row in figures.accounts),
        positions=tuple(map(known, figures.positions)),
    )


@dataclass
class Told:
    """A broker that tells prices."""

    prices: list[DailyPrice] = field(default_factory=list)
    error: BaseException | None = None
    asked: list[str] = field(default_factory=list)

    async def daily_prices(self, symbol: str, since: date) -> Batch[DailyPrice]:
        self.asked.append(symbol)
        if self.error is not None:
            raise self.error
        return Batch(items=tuple(self.prices))


@dataclass
class World:
    """Real storage under the services that pages ask; a coroutine ends at once."""

    real: Database
    told: Told = field(default_factory=Told)
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOW))

    @property
    def services(self) -> Any:
        async def read(fn: Callable[[Any], Any]) -> Any:
            return self.real.read_sync(fn)

        async def run(fn: Callable[[Any], Any]) -> Any:
            return self.real.run_sync(fn)

        able = SimpleNamespace(capabilities=replace(capabilities(), daily_prices=True))
        pool = SimpleNamespace(
            network=Network(), spec=lambda _broker: able, session=lambda _row: self.told
        )
        database = SimpleNamespace(read=read, run=run)
        return SimpleNamespace(
            database=database, pool=pool, clock=self.clock, settings=Settings(),
            trading=FakeTrading(database),
        )  # fmt: skip


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with opened(tmp_path, clock=FakeClock(NOW)) as database:

        def fill(uow: Any) -> None:
            uow.connections.add(make_connection())
            for number, key in enumerate((S1, S2), 1):
                uow.accounts.save(CONNECTION, make_account(number, id=key), included=True)
            entries = [
                entry(1),
                entry(30, quantity=D(-4), amount=D("1000"), order_id=""),
                cash(50, TransactionType.DEPOSIT, "1200"),
                cash(24 * 60, TransactionType.DIVIDEND_OR_INTEREST, "12.34"),
                cash(24 * 200, TransactionType.FEE, "-5"),
            ]
            entries = [replace(one, account=S1) for one in entries]
            uow.transactions.upsert(S1, entries, fetched_at=NOW)
            uow.transactions.upsert(
                S2, [cash(2, TransactionType.UNKNOWN, "1", raw_type="ODD", account=S2)],
                fetched_at=NOW,
            )  # fmt: skip
            orders = [
                order(1, filled_quantity=D(4)),
                order(2, id="5550001", status=OrderStatus.FILLED, filled_quantity=D(10)),
                order(3, legs=(leg("AAPL"), leg("VOO", OrderSide.SELL))),
                order(4, id="top", children=(order(5, id="below"),)),
                order(6, status=OrderStatus.REJECTED, status_text="Not enough money.",
                      entered_at=NOW - timedelta(days=20)),
            ]  # fmt: skip
            below = tuple(replace(one, account=S1) for one in orders[3].children)
            orders = [replace(one, account=S1) for one in orders]
            orders[3] = replace(orders[3], children=below)
            uow.orders.upsert(S1, orders, fetched_at=NOW)

        database.run_sync(fill)
        yield World(database)


Make = Callable[..., Any]


@pytest.fixture
def make(world: World, qtbot: Any) -> Make:
    def made(name: str, figures: Figures | None = None, **more: Any) -> Any:
        size = more.pop("size", (1392, 784))
        given = sample_figures() if figures is None else figures
        desk = FakeDesk(stored(given), services=world.services)
        desk.memory = more.pop("memory", None)
        page = spec_of(name).make(desk)
        qtbot.addWidget(page)
        page.resize(*size)
        page.show()
        page.activateWindow()
        page.enter()
        page.focus_first()
        QApplication.processEvents()
        return page

    return made


def texts(page: Page) -> list[list[str]]:
    """The shown lines of the page's table."""
    rows = page.tables()[0].rows
    columns = page.tables()[0].columns.shown_in_order()
    return [
        [rows.cell_at(line, column).text for column in columns] for line in range(rows.rowCount())
    ]


def spoken(widget: QWidget) -> str:
    found = QAccessible.queryAccessibleInterface(widget)
    return found.text(QAccessible.Text.Name)


# positions


def test_the_inspector_shows_the_selected_holding_and_asks_for_its_prices(
    make: Make, world: World
) -> None:
    world.told.prices = [DailyPrice(day=date(2026, 11, n), close=D(600 + n)) for n in range(2, 19)]
    page: PositionsPage = make("positions")
    page.prices.hurry()
    assert page.inspector.chart.line.value(len(page.inspector.chart.line) - 1) == D("618.90")
    assert world.told.asked == ["VOO"]
    page.table.select_row("aapl")
    page.prices.hurry()
    assert world.told.asked == ["VOO", "AAPL"]
    assert "price" in page.inspector.chart.accessibleName().lower()
    assert page.inspector.values.value("Quantity") == "185 in 3 accounts"
    page.table.select_row("voo")
    page.prices.hurry()
    assert world.told.asked == ["VOO", "AAPL"], "what was told is kept"


def test_a_broker_without_an_answer_is_quiet_words(make: Make, world: World) -> None:
    world.told.error = BrokerUnavailableError("Acme cannot be reached.")
    page: PositionsPage = make("positions")
    page.prices.hurry()
    said = page.inspector.chart.accessibleDescription()
    assert said == "No price history yet. Acme cannot be reached."
    assert not page.desk.runner.problems  # type: ignore[attr-defined]


def test_a_hidden_inspector_asks_nobody(make: Make, world: World) -> None:
    page: PositionsPage = make("positions")
    page.toggle_side()
    page.table.select_row("aapl")
    page.prices.hurry()
    assert world.told.asked == []
    assert not page.side_is_shown()
    QTest.keyClick(page.table, Qt.Key.Key_Return)
    assert page.side_is_shown()
    QTest.mouseClick(page.inspector.close_button, Qt.MouseButton.LeftButton)
    assert not page.side_is_shown()
    assert page.table.hasFocus()


def test_below_a_width_the_inspector_waits_to_be_asked_for(make: Make) -> None:
    page: PositionsPage = make("positions", size=(920, 600))
    assert not page.side_is_shown()
    page.toggle_side()
    assert page.side_is_shown()
    page.resize(1392, 784)
    QApplication.processEvents()
    assert page.side_is_shown()


def test_groups_are_open_and_their_sums_stand_above(make: Make) -> None:
    page: PositionsPage = make("positions")
    QTest.mouseClick(page.groups.piece("account"), Qt.MouseButton.LeftButton)
    found = texts(page)
    first = found[0]
    assert "Schwab …4821 Individual" in first[0]
    assert any(line[0] == "VOO" for line in found)
    page.table.select_row(page.rows.shown_rows[0].key)
    page.table.setExpanded(page.rows.index(0, 0), False)
    assert len(texts(page)) < len(found)
    QTest.mouseClick(page.groups.piece("class"), Qt.MouseButton.LeftButton)
    assert any(line[0] == "US stocks" for line in texts(page))
    child = next(n for n in range(page.rows.rowCount()) if page.rows.line_kind(n) == "child")
    page.table.go_to(child)
    shown = page.rows.row_at(page.rows.index(child, 0))
    assert shown is not None
    assert page.inspector._symbol.whole == shown.symbol


def test_the_filter_of_a_grouping_finds_what_is_inside(make: Make) -> None:
    page: PositionsPage = make("positions")
    page.model.group("class")
    assert page.pane.filter_field is not None
    page.pane.filter_field.setText("ibit")
    page.pane.apply_filter()
    assert [line[0] for line in texts(page) if line[0] in ("IBIT", "Bitcoin trust")]
    page.pane.filter_field.setText("nothing like it")
    page.pane.apply_filter()
    assert texts(page) == []
    assert not page.totals.isVisible()


def test_totals_of_each_currency_stand_apart(make: Make) -> None:
    page: PositionsPage = make("positions", extreme_figures(40))
    lines = [line for line in page.totals.lines if line.isVisible()]
    assert [line.cells()[0].text for line in lines] == ["Total EUR", "Total JPY", "Total USD"]
    page.desk.show(stored(sample_figures()))  # type: ignore[attr-defined]
    lines = [line for line in page.totals.lines if line.isVisible()]
    assert [line.cells()[0].text for line in lines] == ["Total"]
    value = next(n for n, c in enumerate(page.rows.columns) if c.title == "Value")
    assert lines[0].cells()[value].text == "943,561.17"
    assert "Total" in lines[0].accessibleName()


def test_a_target_is_found_wherever_it_stands(make: Make) -> None:
    page: PositionsPage = make("positions", size=(920, 600))
    page.show_target("TSLA")
    assert page.side_is_shown()
    assert page.table.current_row().symbol == "TSLA"
    page.model.group("account")
    page.show_target("JPM")
    assert page.table.current_row().symbol == "JPM"
    page.show_target("NOPE")
    assert page.desk.sentences == ["That position is not held now."]  # type: ignore[attr-defined]


def test_a_target_waits_for_the_positions_to_be_read(make: Make) -> None:
    figures = sample_figures()
    page: PositionsPage = make("positions", replace(figures, positions=(), complete=False))
    page.show_target("TSLA")
    assert page.desk.sentences == []  # type: ignore[attr-defined]
    page.desk.show(stored(figures))  # type: ignore[attr-defined]
    assert page.table.current_row().symbol == "TSLA"
    page.table.select_row("voo")
    page.desk.show(stored(sample_figures(messages=())))  # type: ignore[attr-defined]
    assert page.table.current_row().symbol == "VOO", "it was shown once"


def test_new_figures_move_the_inspector_along(make: Make) -> None:
    page: PositionsPage = make("positions")
    page.table.select_row("aapl")
    figures = sample_figures()
    changed = tuple(
        replace(row, mark_price=D("300")) if row.key == "aapl" else row for row in figures.positions
    )
    page.desk.show(stored(replace(figures, positions=changed)))  # type: ignore[attr-defined]
    assert page.inspector._price.value == "300.00"
    gone = tuple(row for row in figures.positions if row.key != "aapl")
    page.desk.show(stored(replace(figures, positions=gone)))  # type: ignore[attr-defined]
    assert page.inspector._symbol.whole not in ("", "AAPL")
    page.desk.show(stored(replace(figures, positions=())))  # type: ignore[attr-defined]
    assert page.inspector._symbol.whole == ""


def test_unread_records_are_told_above_the_table(make: Make) -> None:
    message = Message(key="unread:s1", kind="warn", title="Schwab …4821: 1 record unread.",
                      text="Left out of the totals: XYZ.")  # fmt: skip
    page: PositionsPage = make("positions", sample_figures(messages=(message,)))
    assert page.banner.isVisible()
    page.desk.show(stored(sample_figures(messages=())))  # type: ignore[attr-defined]
    assert not page.banner.isVisible()


def test_choices_come_back(make: Make, tmp_path: Path) -> None:
    memory = QSettings(str(tmp_path / "m.ini"), QSettings.Format.IniFormat)
    page: PositionsPage = make("positions", memory=memory)
    QTest.mouseClick(page.groups.piece("class"), Qt.MouseButton.LeftButton)
    QTest.mouseClick(page.inspector.ranges.piece("5Y"), Qt.MouseButton.LeftButton)
    page.toggle_side()
    page.table.sort_by("symbol", Qt.SortOrder.AscendingOrder)
    page.remember()
    again: PositionsPage = make("positions", memory=memory)
    assert again.model.state.by == "class"
    assert again.prices.state.range.value == "5Y"
    assert not again.side_is_shown()
    assert again.table.header().sortIndicatorSection() == 0


@pytest.mark.parametrize("name", ["positions", "activity", "orders"])
def test_a_page_gets_as_narrow_as_the_window_may(make: Make, name: str) -> None:
    page = make(name, size=(1392, 784))
    for width in range(1380, 900, -20):
        page.resize(width, 600)
        QApplication.processEvents()
    assert page.width() <= 920
    assert page.side_is_shown() == (name == "orders"), "it stands below the list"


def test_the_chart_is_read_with_the_keys_and_never_hides_prices(make: Make, world: World) -> None:
    world.told.prices = [DailyPrice(day=date(2026, 11, n), close=D(600 + n)) for n in range(2, 19)]
    bought = entry(24 * 10, id="b", account=S1, instrument=instrument("VOO"), quantity=D("2.5"))
    world.real.run_sync(lambda uow: uow.transactions.upsert(S1, [bought], fetched_at=NOW))
    page: PositionsPage = make("positions")
    page.prices.hurry()
    chart = page.inspector.chart
    assert [mark.letter for mark in chart.line.marks] == ["B"]
    chart.setFocus()
    QTest.keyClick(chart, Qt.Key.Key_Home)
    assert chart.readout(chart.current) == ["2 Nov 2026", "602.00"]
    QTest.keyClick(chart, Qt.Key.Key_End)
    assert chart.current == len(chart.line) - 1
    place = list(chart.line.xs).index(chart.line.marks[0].x)
    assert chart.readout(place)[2] == "Bought 2.5"
    privacy().set(True)
    assert chart.readout(place)[1:] == [f"{600 + 10}.00", f"Bought {DOTS}"]
    QTest.keyClick(chart, Qt.Key.Key_Escape)
    assert chart.current == -1


# activity


def test_entries_of_the_range_with_their_sums(make: Make) -> None:
    page: ActivityPage = make("activity")
    assert [line[1] for line in texts(page)] == [
        "Buy", "UNKNOWN(ODD)", "Sell", "Deposit", "Dividend or interest",
    ]  # fmt: skip
    assert {one.label: one.amount for one in page.sums.sums}["Deposits"] == D(1200)
    QTest.mouseClick(page.bar.ranges.piece("all"), Qt.MouseButton.LeftButton)
    assert len(texts(page)) == 6
    QTest.mouseClick(page.bar.kinds.piece("fees"), Qt.MouseButton.LeftButton)
    assert [line[1] for line in texts(page)] == ["Fee"]
    assert [one.label for one in page.sums.sums] == ["Fees", "Net"]
    assert page.pane.filter_field is not None
    page.pane.filter_field.setText("nothing like it")
    page.pane.apply_filter()
    assert page.sums.sums == ()


def test_the_scope_narrows_the_list(make: Make) -> None:
    page: ActivityPage = make("activity")
    figures = sample_figures()
    one = tuple(row for row in figures.accounts if row.key == "s2")
    page.desk.show(stored(replace(figures, accounts=one)))  # type: ignore[attr-defined]
    assert [line[1] for line in texts(page)] == ["UNKNOWN(ODD)"]


def test_days_by_hand_with_their_problem(make: Make) -> None:
    page: ActivityPage = make("activity")
    QTest.mouseClick(page.bar.ranges.piece("custom"), Qt.MouseButton.LeftButton)
    assert page.bar.first.isVisible()
    page.bar.first.setDate(page.bar.last.date().addDays(1))
    assert page.bar.problem.isVisible()
    assert page.bar.problem.text() == "The first day is after the last one."
    assert len(texts(page)) == 5, "what was shown stays"
    page.bar.first.setDate(page.bar.last.date().addDays(-1))
    assert not page.bar.problem.isVisible()
    assert len(texts(page)) == 3


def test_an_entry_leads_to_its_order_and_position(make: Make) -> None:
    page: ActivityPage = make("activity")
    page.table.select_row("fake:s1/1")
    assert page.detail.detail is not None
    assert page.detail.detail.title == "Buy AAPL"
    for action in page.detail.detail.actions:
        page.detail.acted.emit(action.id)
    ways = page.desk.ways  # type: ignore[attr-defined]
    assert ways == [("orders", "fake:s1/5550001"), ("positions", "AAPL")]


def test_what_an_order_led_to_is_found(make: Make) -> None:
    page: ActivityPage = make("activity")
    page.show_target("order/fake:s1/5550001")
    assert [line[1] for line in texts(page)] == ["Buy"]
    assert page.side_is_shown()


def test_entries_that_were_stored_meanwhile_appear(make: Make, world: World) -> None:
    page: ActivityPage = make("activity")
    new = cash(3, TransactionType.FEE, "-7", id="new", account=S1)
    world.real.run_sync(lambda uow: uow.transactions.upsert(S1, [new], fetched_at=NOW))
    page.desk.happened.emit(object())
    assert page._later.isActive()
    page._later.timeout.emit()
    assert "Fee" in [line[1] for line in texts(page)]


# orders


def test_the_views_of_orders(make: Make) -> None:
    page: OrdersPage = make("orders")
    assert page.model.state.view == "today"
    assert not page.bar.ranges.isVisible()
    assert len(texts(page)) == 4
    QTest.mouseClick(page.bar.kinds.piece("all"), Qt.MouseButton.LeftButton)
    assert page.bar.ranges.isVisible()
    assert len(texts(page)) == 5
    QTest.mouseClick(page.bar.kinds.piece("working"), Qt.MouseButton.LeftButton)
    assert {page.rows.row_at(page.rows.index(n, 0)).live for n in range(3)} == {True}  # type: ignore[union-attr]


def test_a_line_below_an_order_shows_the_whole_order(make: Make) -> None:
    page: OrdersPage = make("orders")
    page.show_target("fake:s1/below")
    assert page.table.current_row().number == "below"
    assert page.detail.detail is not None
    fields = [f.text for s in page.detail.detail.sections for f in s.fields if f.label == "Order"]
    assert fields == ["top"]
    page.show_target("fake:s1/none")
    assert page.desk.sentences == ["That order is not stored here."]  # type: ignore[attr-defined]


def test_an_order_leads_to_its_entries(make: Make) -> None:
    page: OrdersPage = make("orders")
    page.show_target("fake:s1/5550001")
    assert page.detail.detail is not None
    page.detail.acted.emit(page.detail.detail.links[0].id)
    assert page.desk.ways == [("activity", "order/fake:s1/5550001")]  # type: ignore[attr-defined]


def test_hiding_amounts_hides_them_in_the_side_pane_too(make: Make) -> None:
    page: OrdersPage = make("orders")
    page.table.go_to(0)
    names = [spoken(one) for one in page.detail.findChildren(QWidget)]
    assert any("4 of 10" in name for name in names)
    privacy().set(True)
    QApplication.processEvents()
    names = [spoken(one) for one in page.detail.findChildren(QWidget) if one.isVisible()]
    assert not any("4 of 10" in name or name == "Quantity, 10" for name in names)
    assert "Quantity, hidden" in names


# all of them

NAMES = ("positions", "activity", "orders")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("look", "size", "scale"),
    [("light", (1392, 784), 1.0), ("dark", (920, 600), 1.0), ("dark", (1392, 784), 1.5)],
)
def test_every_look_is_painted_without_a_word_from_qt(
    make: Make, name: str, look: str, size: tuple[int, int], scale: float
) -> None:
    theme().apply(look)
    theme().set_scale(scale)
    try:
        for figures in (sample_figures(), extreme_figures(60), Figures()):
            page = make(name, figures, size=size)
            if name == "positions":
                page.prices.hurry()
            picture = page.grab().toImage()
            assert picture.width() >= size[0]
            page.close()
    finally:
        theme().set_scale(1.0)


@pytest.mark.parametrize("name", NAMES)
def test_every_control_has_a_name(make: Make, name: str) -> None:
    page = make(name)
    controls = [
        one
        for one in page.findChildren(QWidget)
        if isinstance(one, QAbstractButton | QLineEdit)
        or one.focusPolicy() != Qt.FocusPolicy.NoFocus
    ]
    shown = [one for one in controls if one.isVisible()]
    assert len(shown) > 8
    own = [one for one in shown if not one.objectName().startswith("qt_")]
    nameless = [type(one).__name__ for one in own if not spoken(one)]
    assert nameless == []


@pytest.mark.parametrize("name", NAMES)
def test_hidden_amounts_are_nowhere(make: Make, name: str) -> None:
    page = make(name)
    if name == "positions":
        page.prices.hurry()
    privacy().set(True)
    QApplication.processEvents()
    hidden = {
        "positions": ("154,725.00", "52,570", "250"),
        "activity": ("2,684.85", "1,200.00", "0.65"),
        "orders": ("10",),
    }[name]
    rows = page.tables()[0].rows
    for line in range(rows.rowCount()):
        for column in range(rows.columnCount()):
            cell: Cell = rows.cell_at(line, column)
            for secret in hidden:
                assert secret not in (cell.text, cell.spoken), rows.columns[column].title
    said = [spoken(one) for one in page.findChildren(QWidget) if one.isVisible()]
    tips = [one.toolTip() for one in page.findChildren(QWidget)]
    for secret in (one for one in hidden if len(one) > 3):
        assert not [text for text in (*said, *tips) if secret in text]
    page.tables()[0].selectAll()
    page.tables()[0].copy_rows(headers=True)
    copied = QApplication.clipboard().text()
    for secret in (one for one in hidden if len(one) > 3):
        assert secret.replace(",", "") not in copied


@pytest.mark.parametrize("name", NAMES)
def test_a_page_can_be_thrown_away_and_built_anew(make: Make, name: str, qtbot: Any) -> None:
    desk = make(name).desk
    page = spec_of(name).make(desk)
    page.resize(1392, 784)
    page.show()
    page.enter()
    page.remember()
    shiboken6.delete(page)
    desk.show(stored(extreme_figures(20)))
    privacy().set(True)
    theme().apply("dark")
    again = spec_of(name).make(desk)
    qtbot.addWidget(again)
    again.enter()
    assert again.help_text().count(".") >= 2


@pytest.mark.parametrize("name", NAMES)
def test_keys_lead_from_filter_to_table_and_a_page_has_panes(make: Make, name: str) -> None:
    page: Page = make(name)
    assert page.focus_filter()
    field = QApplication.focusWidget()
    assert isinstance(field, QLineEdit)
    QTest.keyClick(field, Qt.Key.Key_Down)
    assert QApplication.focusWidget() is page.tables()[0]
    assert len(page.panes()) == 2
    page.toggle_side()
    assert len(page.panes()) == 1
    assert not page.side_is_shown()


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_holdings_in_the_inspector(make: Make, text: str) -> None:
    row = position(
        "bad", symbol=text[:40], name=text, asset_type=f"UNKNOWN({text})", asset_class=text,
        quantity=D("-1234567890.123456789"), value=D("-9876543210.99"), holders=text,
        accounts=("s1",), account=text, average_cost=D("0.00000001"),
    )  # fmt: skip
    page: PositionsPage = make("positions", sample_figures(positions=(row,)))
    page.prices.hurry()
    assert page.inspector.values.value("Market value") == "−9,876,543,210.99"
    assert page.inspector.width() <= 400
    area = page.inspector._area
    inner = area.widget()
    assert inner is not None
    assert inner.width() <= area.viewport().width() + 1, "nothing runs out of the pane"
