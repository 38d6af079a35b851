"""What an independent look at the window found: names, counts and the mark of the focus."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, QSettings, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QStackedWidget, QWidget
from pytestqt.qtbot import QtBot
from support.desk import FakeDesk, sample_figures
from support.tables import line, rows_model
from support.ui import NOW, account

from brokerdesk.ui import format as fmt
from brokerdesk.ui.models.names import shortened
from brokerdesk.ui.shell.scope_popover import ScopePanel
from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.viewmodels.accounts_detail import Fact, Section
from brokerdesk.ui.viewmodels.palette import Entries, Entry, Index, Kind
from brokerdesk.ui.viewmodels.scope import scope_words
from brokerdesk.ui.viewmodels.state import Figures, Pill
from brokerdesk.ui.views.accounts.facts import FactsView
from brokerdesk.ui.views.connections.page import build as build_connections
from brokerdesk.ui.widgets.basics import button, icon_button
from brokerdesk.ui.widgets.charts.panel import HistoryPanel
from brokerdesk.ui.widgets.figures import KeyValues
from brokerdesk.ui.widgets.paragraph import Paragraph
from brokerdesk.ui.widgets.pill import StatePill
from brokerdesk.ui.widgets.splitter import Splitter
from brokerdesk.ui.widgets.table import Table


@pytest.mark.parametrize("kind", ["", "ghost", "icon", "primary"])
def test_keyboard_focus_on_a_button_is_the_ring_alone(qtbot: QtBot, kind: str) -> None:
    window = QWidget()
    row = QHBoxLayout(window)
    field = QLineEdit()
    made = (
        icon_button("cross", "Close", "", lambda: None)
        if kind == "icon"
        else button("Words", lambda: None, kind=kind)
    )
    row.addWidget(field)
    row.addWidget(made)
    qtbot.addWidget(window)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    field.setFocus()
    before = made.grab().toImage()
    QTest.keyClick(field, Qt.Key.Key_Tab)
    assert made.hasFocus()
    assert made.grab().toImage() == before


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("Individual", "Broker …4821 Individual"),
        ("Broker Paper …4821", "Broker Paper …4821"),
        ("Mine …4821", "Broker Mine …4821"),
        ("", "Broker …4821"),
    ],
)
def test_an_account_is_named_by_its_ending_once(name: str, title: str) -> None:
    assert account(name=name).title == title


def test_a_cut_name_has_one_ellipsis_at_its_end() -> None:
    for room in range(14, 24):
        cut = shortened("Alpaca …8149 Alpaca …8149 and more", room, len)
        assert "……" not in cut
        assert "… …" not in cut


def test_paper_beside_real_money_is_not_counted_among_all_accounts() -> None:
    figures = sample_figures()
    desk = FakeDesk(figures)
    papers = [row for row in desk.state.everyone if row.environment != "live"]
    real = [row for row in desk.state.everyone if row.environment == "live" and not row.closed]
    assert papers
    assert scope_words(desk.state) == ("All accounts", len(real))


def some_sections() -> tuple[Section, ...]:
    money = tuple(Fact(label=f"Balance number {n}", value="9,876,543,210.99") for n in range(5))
    hostile = Fact(label="<b>bold</b> & <img src=x", value="x" * 60)
    return (
        Section(title="Balances, USD", facts=(*money, hostile)),
        Section(title="Flags", facts=money),
    )


def test_details_that_were_hidden_while_the_window_shrank_are_not_cut(qtbot: QtBot) -> None:
    stack, facts = QStackedWidget(), FactsView()
    stack.addWidget(facts)
    stack.addWidget(QWidget())
    facts.show_sections(some_sections())
    qtbot.addWidget(stack)
    stack.resize(1100, 500)
    stack.show()
    QTest.qWait(50)
    stack.setCurrentIndex(1)
    stack.resize(700, 400)
    QTest.qWait(50)
    stack.setCurrentIndex(0)
    QTest.qWait(100)
    for view in facts.views:
        right = view.mapTo(facts, view.rect().topRight()).x()
        assert right <= facts.viewport().width(), view.section.title


def test_an_ampersand_in_a_label_is_an_ampersand(qtbot: QtBot) -> None:
    values = KeyValues()
    qtbot.addWidget(values)
    values.set_value("A & B", "1.00")
    values.set_value("A  B", "1.00")
    plain = PlainLabel("A & B", "body", "text2")
    qtbot.addWidget(plain)
    labels = [one for one in values.findChildren(PlainLabel) if one.buddy() is not None]
    assert labels[0].sizeHint().width() == plain.sizeHint().width()


def test_panes_grow_with_the_text(qtbot: QtBot, tmp_path: Path) -> None:
    memory = QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)

    def shown() -> Splitter:
        split = Splitter()
        qtbot.addWidget(split)
        for stretch in (0, 1):
            split.addWidget(QWidget())
            split.setStretchFactor(split.count() - 1, stretch)
        split.recall(memory, "page/split")
        split.resize(1200, 300)
        split.show()
        QTest.qWait(20)
        return split

    try:
        first = shown()
        first.setSizes([300, 899])
        first.keep(memory, "page/split")
        theme().set_scale(1.5)
        assert abs(shown().sizes()[0] - 450) <= 2
        theme().set_scale(1)
        assert abs(shown().sizes()[0] - 300) <= 1
        memory.setValue("page/split", QByteArray(b"\x00\x01broken"))
        memory.setValue("page/split-text", "much")
        assert sum(shown().sizes()) > 1000
    finally:
        theme().set_scale(1)


def test_a_chart_that_is_still_read_does_not_say_that_there_is_nothing(qtbot: QtBot) -> None:
    panel = HistoryPanel()
    qtbot.addWidget(panel)
    assert panel.chart.accessibleDescription() == "Reading the history…"


def test_the_palette_finds_what_is_typed_as_one_word() -> None:
    entries = Entries(Kind.COMMAND, [Entry(Kind.COMMAND, "Back up profile", "backup")])
    assert [one.title for one in Index([entries]).find("backup")[0]] == ["Back up profile"]


def test_only_this_is_seen_whole_beside_a_long_name(qtbot: QtBot) -> None:
    rows = tuple(
        account(f"a{n}", name="Roth IRA of somebody", environment="practice") for n in range(30)
    )
    desk = FakeDesk(replace(sample_figures(), accounts=rows, everyone=()))
    panel = ScopePanel(desk.state, ())
    qtbot.addWidget(panel)
    panel.show()
    QTest.qWait(50)
    alone = [one for one in panel.findChildren(QPushButton) if one.text() == "Only this"]
    assert len(alone) >= 30
    for one in alone:
        assert one.mapTo(panel, one.rect().topRight()).x() < panel.width() - 10


def test_a_quotient_is_copied_without_the_digits_of_the_division() -> None:
    assert fmt.plain(Decimal(100) / Decimal(3)) == "33.33333333"
    assert fmt.plain(Decimal("-1063.30")) == "-1063.30"
    assert fmt.plain(Decimal("0.000000000000000001")) == "0.000000000000000001"
    assert fmt.plain(Decimal(10**40) / Decimal(8)) == f"{10**40 // 8}"
    assert fmt.plain(Decimal("1e-30")) == "0"


def mirrored(pixels: QImage) -> list[int]:
    """Where ink stands, as columns from the left."""
    ground = pixels.pixel(pixels.width() // 2, 3)
    return [
        x
        for x in range(pixels.width())
        if any(pixels.pixel(x, y) != ground for y in range(6, pixels.height() - 6))
    ]


def test_figures_in_a_pill_keep_their_order_from_right_to_left(qtbot: QtBot) -> None:
    pictures = []
    for way in (Qt.LayoutDirection.LeftToRight, Qt.LayoutDirection.RightToLeft):
        pill = StatePill()
        qtbot.addWidget(pill)
        pill.setLayoutDirection(way)
        pill.show_state(Pill.STALE, "2 of 7 older")
        pill.resize(pill.sizeHint())
        image = pill.grab().toImage()
        wide = image.width()
        text = (
            image.copy(px(25), 0, wide - px(35), image.height())
            if way == Qt.LayoutDirection.LeftToRight
            else image.copy(px(10), 0, wide - px(35), image.height())
        )
        ink = mirrored(text)
        pictures.append([x - ink[0] for x in ink])
    assert pictures[0] == pictures[1]


def test_a_table_at_its_top_stays_there_when_its_first_rows_go_and_come_back(qtbot: QtBot) -> None:
    rows = tuple(line(f"R{n:05}", str(9_000 - n)) for n in range(300))
    model = rows_model()
    table = Table(model, name="Lines")
    qtbot.addWidget(table)
    model.set_rows(rows, NOW)
    table.resize(700, 400)
    with qtbot.waitActive(table):
        table.show()
        table.activateWindow()
    table.go_to(0)
    model.set_rows(rows[120:], NOW)
    assert table.current_row() == rows[120]
    assert table.verticalScrollBar().value() == 0
    assert table.rowAt(5) == 0


def test_nothing_connected_has_a_focus_that_is_seen(qtbot: QtBot) -> None:
    page = build_connections(FakeDesk(Figures()))
    qtbot.addWidget(page)
    page.resize(900, 600)
    with qtbot.waitActive(page):
        page.show()
        page.activateWindow()
    page.focus_first()
    focus = page.focusWidget()
    assert isinstance(focus, QPushButton)
    assert focus.text() == "Connect a broker"


@pytest.mark.parametrize("kind", ["label", "paragraph", "figure"])
def test_words_begin_at_the_side_where_reading_does(qtbot: QtBot, kind: str) -> None:
    sides = []
    for way in (Qt.LayoutDirection.LeftToRight, Qt.LayoutDirection.RightToLeft):
        made = Paragraph("Words", "body") if kind == "paragraph" else PlainLabel("Words")
        if kind == "figure":
            assert isinstance(made, PlainLabel)
            made.setAlignment(Qt.AlignmentFlag.AlignRight)
        qtbot.addWidget(made)
        made.setLayoutDirection(way)
        made.resize(300, 24)
        made.setAutoFillBackground(True)
        image = made.grab().toImage()
        back = image.pixelColor(150, 0)
        ink = [
            x for x in range(image.width())
            if any(image.pixelColor(x, y) != back for y in range(image.height()))
        ]  # fmt: skip
        sides.append("left" if max(ink) < 150 else "right" if min(ink) > 150 else "both")
    assert sides == (["right", "right"] if kind == "figure" else ["left", "right"])
