"""Windows with little room, and mirrored ones: nothing is cut through, no words change places."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot
from support.desk import FakeDesk
from support.tickets import AAPL, ticket
from support.ui import NOW

from brokerdesk.domain.reading import Unread
from brokerdesk.ui.mirrored_style import MirroredStyle, own_order
from brokerdesk.ui.shell.top_bar import ORDERS_PAST, TopBar
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.views.accounts.account_list import _said_in
from brokerdesk.ui.views.past.bar import PastBar
from brokerdesk.ui.views.ticket.pane import LOW, LOWER, WIDTH, TicketPane
from brokerdesk.ui.widgets.basics import button
from brokerdesk.ui.widgets.giving import Giving
from brokerdesk.ui.widgets.paragraph import Paragraph
from brokerdesk.ui.widgets.search_field import SearchField
from brokerdesk.ui.widgets.table_head import TableHead


@pytest.fixture
def mirrored(qapp: QApplication) -> Iterator[None]:
    qapp.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    yield
    qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)


def laid_out(qtbot: QtBot, made: QWidget, width: int, height: int) -> Any:
    """Shown in this size, with its layouts done."""
    if not made.isVisible():
        qtbot.addWidget(made)
        made.resize(width, height)
        with qtbot.waitExposed(made):
            made.show()
    made.resize(width, height)
    qtbot.waitUntil(lambda: (made.width(), made.height()) == (width, height))
    QApplication.processEvents()
    return made


# -- little height


def lines_under_a_list() -> tuple[QWidget, Giving, QWidget]:
    inner = QWidget()
    column = QVBoxLayout(inner)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    for _ in range(4):
        line = QWidget()
        line.setFixedHeight(px(31))
        column.addWidget(line)
    giving, listed, page = Giving(inner, 31), QWidget(), QWidget()
    listed.setMinimumHeight(px(96))
    rows = QVBoxLayout(page)
    rows.setContentsMargins(0, 0, 0, 0)
    rows.setSpacing(0)
    rows.addWidget(listed, 1)
    rows.addWidget(giving)
    return page, giving, inner


def test_what_stands_under_a_list_scrolls_where_there_is_no_room(qtbot: QtBot) -> None:
    page, giving, inner = lines_under_a_list()
    laid_out(qtbot, page, 300, 400)
    assert (giving.height(), giving.verticalScrollBar().maximum()) == (px(4 * 31), 0)
    laid_out(qtbot, page, 300, 150)
    assert giving.height() == 150 - px(96)
    assert inner.height() == px(4 * 31)  # no line is squeezed
    assert giving.verticalScrollBar().maximum() > 0
    inner.hide()
    laid_out(qtbot, page, 300, 151)
    assert giving.height() == 0


def whole(part: QWidget) -> bool:
    return part.height() >= part.heightForWidth(part.width())


def test_in_a_low_window_the_note_and_the_sentence_scroll_with_the_fields(qtbot: QtBot) -> None:
    desk = FakeDesk()
    model = ticket(desk=desk, instrument=AAPL, search="AAPL", quantity="240", limit="268.50")
    desk.travel(NOW - timedelta(days=30))
    pane = TicketPane(model, "here")
    laid_out(qtbot, pane, px(WIDTH), px(LOW + 100))
    assert not pane.body.isAncestorOf(pane.banner)
    assert not pane.body.isAncestorOf(pane.sentence)
    laid_out(qtbot, pane, px(WIDTH), px(LOW - 20))
    assert pane.body.isAncestorOf(pane.banner)
    assert not pane.body.isAncestorOf(pane.sentence)
    laid_out(qtbot, pane, px(WIDTH), px(LOWER - 60))
    assert pane.body.isAncestorOf(pane.sentence)
    for part in (pane.banner, pane.sentence):  # whole, and to be scrolled to
        assert part.isVisible()
        qtbot.waitUntil(partial(whole, part))
    assert pane.area.height() > px(120)
    laid_out(qtbot, pane, px(WIDTH), px(LOW + 100))
    assert not pane.body.isAncestorOf(pane.banner)
    assert pane.banner.isVisible()
    assert pane.sentence.isVisible()
    pane.done()


# -- little width


def test_the_ending_of_an_account_stays_in_one_line(qtbot: QtBot) -> None:
    made = Paragraph("It is left out of totals. Charles Schwab …4821 Individual", lead="Unread.")
    qtbot.addWidget(made)
    for width in range(60, 500, 7):
        lines = []
        for layout in made._lay_out(width)[0]:
            for number in range(layout.lineCount()):
                line = layout.lineAt(number)
                lines.append(layout.text()[line.textStart() :][: line.textLength()].strip())
        assert not any(line.endswith(("…", "…\N{WORD JOINER}")) for line in lines), width
    assert "\N{WORD JOINER}" not in made.text() + made.accessibleName()


def test_a_narrow_filter_keeps_its_word_and_not_the_key(qtbot: QtBot) -> None:
    field = SearchField("Filter", "Ctrl+F", picture="filter")
    laid_out(qtbot, field, px(236), px(30))
    assert field._hint is not None
    assert field._hint.isVisible()
    laid_out(qtbot, field, px(110), px(30))
    assert not field._hint.isVisible()
    room = field.width() - field.textMargins().left() - field.textMargins().right()
    assert room > field.fontMetrics().horizontalAdvance("Filter")


def test_the_count_beside_a_title_is_whole_or_not_there(qtbot: QtBot) -> None:
    field = SearchField("Filter", "Ctrl+F")
    field.setMinimumWidth(px(110))
    head = TableHead("Positions", field)
    head.add_button(button("Columns", lambda: None, small=True))
    head.count.show_text("109 symbols · 4 newer prices")
    seen = set()
    for width in range(px(340), px(900), 20):
        laid_out(qtbot, head, width, head.height())
        seen.add(head.count.isVisible())
        assert not head.count.isVisible() or head.count.text() == head.count.whole, width
    assert seen == {True, False}


@pytest.mark.parametrize(
    ("least", "shown"),
    [
        ("12 Nov 11:57 ET · sign in again", "12 Nov 11:57 ET · sign in again"),
        ("12 Nov 11:57 ET ·", "12 Nov 11:57 ET"),
        ("12 Nov 11:57", "12 Nov"),
    ],
)
def test_a_time_is_not_cut(least: str, shown: str) -> None:
    metrics = QFontMetricsF(theme().font("small", figures=True))
    room = metrics.horizontalAdvance(least) + 1
    assert _said_in("12 Nov 11:57 ET · sign in again", metrics, room) == shown


# -- mirrored


def test_each_line_keeps_its_own_order() -> None:
    assert own_order("Cancel order…\n\n90 days") == (
        "\N{FIRST STRONG ISOLATE}Cancel order…\N{POP DIRECTIONAL ISOLATE}\n\n"
        "\N{FIRST STRONG ISOLATE}90 days\N{POP DIRECTIONAL ISOLATE}"
    )


@pytest.mark.usefixtures("mirrored")
def test_a_button_ends_with_its_dots_in_a_mirrored_window(qtbot: QtBot) -> None:
    made = button("Cancel order…", lambda: None)
    qtbot.addWidget(made)
    made.setStyle(MirroredStyle())
    made.resize(200, 40)
    image, edge = made.grab().toImage(), 12  # the frame is no ink
    paper = image.pixelColor(edge, edge)

    def inked(column: int) -> list[int]:
        rows = range(edge // 2, image.height() - edge // 2)
        return [y for y in rows if image.pixelColor(column, y) != paper]

    columns = [x for x in range(edge, image.width() - edge) if inked(x)]
    middle = image.height() // 2
    assert min(inked(columns[-1])) > middle  # dots stand low, letters reach up
    assert min(inked(columns[1])) < middle


@pytest.mark.usefixtures("mirrored")
def test_time_runs_to_the_right_in_a_mirrored_window_too(qtbot: QtBot) -> None:
    desk = FakeDesk()
    bar = PastBar(desk)
    qtbot.addWidget(bar)
    bar.resize(1200, bar.sizeHint().height())
    bar.grab()
    assert bar.layoutDirection() == Qt.LayoutDirection.RightToLeft
    assert bar.earlier.mapTo(bar, bar.earlier.rect().topLeft()).x() < (
        bar.later.mapTo(bar, bar.later.rect().topLeft()).x()
    )


# -- what cannot be done, and what something is called


def test_new_order_is_off_on_a_past_day_and_says_why(qtbot: QtBot) -> None:
    desk, bar = FakeDesk(), TopBar()
    qtbot.addWidget(bar)
    bar.show_state(desk.state)
    assert bar.order.isEnabled()
    desk.travel(NOW - timedelta(days=30))
    bar.show_state(desk.state)
    assert not bar.order.isEnabled()
    assert ORDERS_PAST in bar.order.toolTip()


@pytest.mark.parametrize(
    ("where", "label", "words"),
    [
        ("positions[0]", "", "position 1"),
        ("positions[0]", "XYZ", "XYZ"),
        ("entries[11]", "", "entry 12"),
        ("accounts[2].positions[0]", "", "account 3, position 1"),
        ("currentBalances", "", "current balances"),
        ("account.cash", "", "account, cash"),
        ("account.day_trade_count", "", "account, day trade count"),
    ],
)
def test_what_cannot_be_read_is_named_as_a_person_would(where: str, label: str, words: str) -> None:
    assert Unread(where=where, reason="No quantity.", label=label).words == words
