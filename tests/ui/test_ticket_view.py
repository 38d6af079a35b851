"""The ticket on the screen: where it stands, its keys, what survives, what it says to readers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from support.desk import sample_figures
from support.shell import Make, desk_of, key
from support.shell import shell as shell
from support.tickets import AAPL, SCHWAB, FakeTicketPort, option, quote_of, rest
from support.ui import HOSTILE
from support.ui_widgets import clipped, shown_text, unnamed

from brokerdesk.domain.kinds import Environment, OrderSide
from brokerdesk.errors import InputError
from brokerdesk.services.trading_facts import TicketQuote
from brokerdesk.ui.privacy import DOTS, privacy
from brokerdesk.ui.shell.window import MainWindow
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.tickets import Tickets
from brokerdesk.ui.viewmodels.review import ReviewViewModel
from brokerdesk.ui.viewmodels.ticket_fields import Kind
from brokerdesk.ui.viewmodels.ticket_trades import target_of
from brokerdesk.ui.views.ticket.chain_sheet import ChainSheet
from brokerdesk.ui.views.ticket.pane import TicketPane

D = Decimal
ORDER = {"instrument": AAPL, "search": "AAPL", "quantity": "240", "limit": "268.50"}


class FakeReviewPort:
    """Keeps every review unanswered until it is told to fail."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.failed: Callable[[BaseException], object] = lambda _error: None

    def review(self, drafts: Any, replaces: str, done: Any, failed: Any) -> None:
        self.asked.append((drafts, replaces))
        self.failed = failed

    def void(self, review: str) -> None:
        pass


class Opened:
    def __init__(self, window: MainWindow, port: FakeTicketPort) -> None:
        self.window, self.port = window, port
        self.desk = desk_of(window)
        self.reviews = FakeReviewPort()
        review = ReviewViewModel(self.reviews, self.desk.clock)  # type: ignore[arg-type]
        self.tickets: Any = Tickets(window, self.desk, port, review)
        self.desk.wished.connect(self._on_wished)

    def _on_wished(self, action: str) -> None:
        verb, _, target = action.partition(":")
        if verb == "ticket":
            self.tickets.do(target)

    @property
    def pane(self) -> TicketPane:
        pane = self.tickets.pane
        assert isinstance(pane, TicketPane)
        return pane

    @property
    def side(self) -> str:
        """The side that the ticket has now."""
        return str(self.model.fields.side)

    @property
    def model(self) -> Any:
        return self.tickets.model

    def write(self, **fields: Any) -> None:
        self.model.edit(**(ORDER | fields))
        rest(self.model)


@pytest.fixture
def make(shell: Make) -> Iterator[Callable[..., Opened]]:
    made: list[Opened] = []

    def opened(port: FakeTicketPort | None = None, **more: Any) -> Opened:
        one = Opened(shell(sample_figures(), **more), port or FakeTicketPort())
        made.append(one)
        return one

    yield opened
    for one in made:
        if one.tickets.own is not None:
            one.tickets.own.close()


def held_key(target: QWidget, what: Qt.Key, text: str = "") -> None:
    """A key that is held down."""
    event = QKeyEvent(
        QEvent.Type.KeyPress, what, Qt.KeyboardModifier.NoModifier, text, autorep=True
    )
    QApplication.sendEvent(target, event)


# -- where it stands


def test_ctrl_n_and_the_button_open_it_beside_every_page(
    make: Callable[..., Opened], qtbot: QtBot
) -> None:
    one = make()
    key(qtbot, one.window, "Ctrl+N")
    assert one.pane.isVisible()
    assert one.pane.width() == 360
    assert one.pane.mapTo(one.window, one.pane.rect().topRight()).x() == one.window.width() - 1
    assert one.pane.body.symbol.hasFocus()
    one.desk.go("activity")
    assert one.pane.isVisible()
    key(qtbot, one.window, "Esc")
    assert one.tickets.pane is None
    one.window.top.order.click()
    assert one.pane.isVisible()


@pytest.mark.parametrize("size", [(1100, 700), (1280, 800), (1440, 900)])
@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_it_never_scrolls_sideways_nor_pushes_the_window(
    make: Callable[..., Opened], size: tuple[int, int], scale: float
) -> None:
    theme().set_scale(scale)
    one = make(size=size, real=True)
    one.tickets.open()
    one.write(kind=Kind.STOP_LIMIT, stop="270")
    QApplication.processEvents()
    assert (one.window.width(), one.window.height()) == size
    assert one.pane.width() == px(360)
    assert one.pane.body.minimumSizeHint().width() <= one.pane.area.viewport().width()
    assert abs(one.pane.review.height() - px(36)) <= 1


def test_what_is_typed_survives_closing_text_size_and_another_window(
    make: Callable[..., Opened], qtbot: QtBot
) -> None:
    one = make()
    one.tickets.open()
    one.write(quantity="1,5")  # wrong, and still the user's
    one.tickets.close()
    one.tickets.open()
    assert one.pane.body.quantity.text() == "1,5"
    theme().apply("dark")
    theme().set_scale(1.2)
    qtbot.waitUntil(lambda: one.pane.isVisible() and one.pane.width() == px(360))
    assert one.pane.body.quantity.text() == "1,5"
    assert one.pane.body.limit.field.text() == "268.50"
    one.tickets.pop()
    assert one.tickets.own
    assert not one.desk.beside.shows("ticket")
    assert one.pane.body.quantity.text() == "1,5"
    one.tickets.pop()
    assert not one.tickets.own
    assert one.desk.beside.shows("ticket")
    assert one.pane.body.quantity.text() == "1,5"


def test_typing_is_not_disturbed_by_answers_and_prices(
    make: Callable[..., Opened], qtbot: QtBot
) -> None:
    one = make()
    one.tickets.open()
    one.write(quantity="")
    field = one.pane.body.quantity
    field.setFocus()
    qtbot.keyClicks(field, "12")
    field.setCursorPosition(1)
    one.model._update()
    one.desk.changed.emit()
    assert (field.text(), field.cursorPosition(), one.model.fields.quantity) == ("12", 1, "12")


# -- keys


def test_letters_choose_the_side_outside_fields_only(
    make: Callable[..., Opened], qtbot: QtBot
) -> None:
    one = make()
    one.tickets.open()
    one.write()
    one.pane.body.kinds.piece("limit").setFocus()
    key(qtbot, one.window, "S")
    assert one.side == "sell"
    key(qtbot, one.window, "B")
    assert one.side == "buy"
    one.pane.body.quantity.setFocus()
    key(qtbot, one.window, "S")
    assert one.side == "buy"


def test_alt_and_a_number_choose_the_kind(make: Callable[..., Opened], qtbot: QtBot) -> None:
    one = make()
    one.tickets.open()
    one.write()
    found = []
    for number in range(1, 6):
        key(qtbot, one.window, f"Alt+{number}")
        found.append(one.model.fields.kind)
    assert found == list(Kind)


def test_a_held_key_repeats_nothing(make: Callable[..., Opened]) -> None:
    one = make()
    one.tickets.open()
    one.write(quantity="5")
    field = one.pane.body.quantity
    field.setFocus()
    held_key(field, Qt.Key.Key_0, "0")
    held_key(field, Qt.Key.Key_Up)
    held_key(one.pane, Qt.Key.Key_S, "s")
    assert (field.text(), one.model.fields.side) == ("5", OrderSide.BUY)


def test_up_and_down_step_a_tick_and_shift_ten(make: Callable[..., Opened], qtbot: QtBot) -> None:
    one = make()
    one.tickets.open()
    one.write()
    field = one.pane.body.limit.field
    field.setFocus()
    key(qtbot, one.window, "Up")
    assert field.text() == "268.51"
    key(qtbot, one.window, "Shift+Down")
    assert field.text() == "268.41"


def test_ctrl_enter_reviews_and_locks_and_enter_alone_does_not(
    make: Callable[..., Opened], qtbot: QtBot
) -> None:
    one = make()
    one.tickets.open()
    one.write()
    one.pane.body.quantity.setFocus()
    key(qtbot, one.window, "Return")
    assert one.reviews.asked == []
    key(qtbot, one.window, "Ctrl+Return")
    ((drafts, replaces),) = one.reviews.asked
    assert (drafts[0].quantity, replaces) == (D(240), "")
    assert one.pane.review.text() == "In review"
    assert "locked in review" in shown_text(one.pane)
    assert one.pane.body.quantity.isReadOnly()
    key(qtbot, one.window, "Ctrl+Return")
    assert len(one.reviews.asked) == 1
    review = one.window.beside.pane("review")
    assert review is not None
    assert (
        review.mapTo(one.window, review.rect().topRight()).x()
        < one.pane.mapTo(one.window, one.pane.rect().topLeft()).x() + 2
    )


def test_a_refused_review_leads_back_to_the_field(make: Callable[..., Opened]) -> None:
    one = make()
    one.tickets.open()
    one.write()
    one.model.review()
    one.reviews.failed(InputError("limit_price", "This price has too many decimals."))
    one.tickets.review.closed.emit("back")
    assert not one.model.state.locked
    assert one.model.fields.limit == "268.50"
    assert one.model.state.problems["limit"].startswith("This price has too many decimals.")


# -- the symbol


def test_a_symbol_is_found_marked_and_taken_by_keys(
    make: Callable[..., Opened], qtbot: QtBot
) -> None:
    one = make()
    one.tickets.open()
    field = one.pane.body.symbol
    qtbot.keyClicks(field, "nv")
    qtbot.waitUntil(lambda: field.is_open)
    assert [row.spoken for row in field.search.state.rows] == ["NVDA, NVIDIA Corp., Schwab"]
    key(qtbot, one.window, "Down")
    key(qtbot, one.window, "Return")
    assert one.model.fields.instrument is not None
    assert one.model.fields.instrument.symbol == "NVDA"
    assert not field.is_open
    assert one.pane.body.quantity.hasFocus()


def test_symbols_are_looked_up_in_the_mode_of_the_ticket(
    make: Callable[..., Opened], qtbot: QtBot
) -> None:
    port = FakeTicketPort()
    port.environments = (Environment.PRACTICE,)
    one = make(port)
    one.tickets.open()
    key(qtbot, one.window, "Down")  # nothing typed: what is held and what was traded lately
    qtbot.waitUntil(lambda: bool(port.found))
    assert port.found == [("", Environment.PRACTICE)]


def test_enter_never_takes_what_only_resembles(make: Callable[..., Opened], qtbot: QtBot) -> None:
    one = make()
    one.tickets.open()
    field = one.pane.body.symbol
    qtbot.keyClicks(field, "n")
    key(qtbot, one.window, "Return")
    assert not one.model.fields.traded
    assert one.model.state.problems["symbol"] == "Choose it in the list."
    qtbot.keyClicks(field, "vda")
    key(qtbot, one.window, "Return")
    assert one.model.fields.instrument is not None
    assert field.text() == "NVDA"


def test_esc_closes_the_list_before_the_ticket(make: Callable[..., Opened], qtbot: QtBot) -> None:
    one = make()
    one.tickets.open()
    field = one.pane.body.symbol
    qtbot.keyClicks(field, "a")
    qtbot.waitUntil(lambda: field.is_open)
    key(qtbot, one.window, "Esc")
    assert not field.is_open
    assert one.tickets.pane is not None


# -- positions


def test_a_position_writes_its_ticket(make: Callable[..., Opened]) -> None:
    one = make()
    rows = {row.symbol: row for row in one.desk.figures.positions}
    one.desk.wish(f"ticket:buy:{target_of(rows['AAPL'])}")
    fields = one.model.fields
    assert fields.instrument is not None
    assert (fields.instrument.symbol, fields.side) == ("AAPL", OrderSide.BUY)
    child = rows["AAPL"].children[0]
    one.desk.wish(f"ticket:close:{target_of(child)}")
    fields = one.model.fields
    assert (fields.side, fields.kind, D(fields.quantity), fields.account) == (
        OrderSide.SELL, Kind.MARKET, child.quantity, child.accounts[0],
    )  # fmt: skip
    assert one.model.state.undo  # what stood there before can be brought back


def test_close_in_all_accounts_is_a_basket_of_what_can_be_sold(
    make: Callable[..., Opened],
) -> None:
    one = make()
    row = next(row for row in one.desk.figures.positions if row.symbol == "AAPL")
    one.desk.wish(f"ticket:closeall:{target_of(row)}")
    rest(one.model)
    assert one.model.fields.quantity == "160"
    assert [(draft.account, draft.quantity) for draft in one.model.drafts()] == [
        ("s1", D(120)), ("i1", D(40)),
    ]  # fmt: skip


def test_t_on_a_row_trades_it_and_in_a_word_does_not(
    make: Callable[..., Opened], qtbot: QtBot
) -> None:
    one = make(real=True)
    one.desk.go("positions")
    page = one.window.page
    assert page is not None
    (table,) = page.tables()
    table.setFocus()
    table.go_to(0)
    row = table.current_row()
    key(qtbot, one.window, "T")
    assert one.model.fields.instrument is not None
    assert one.model.fields.instrument.symbol == row.symbol
    one.tickets.close()
    table.setFocus()
    wishes = len(one.desk.wishes)
    key(qtbot, one.window, "V")
    key(qtbot, one.window, "T")
    assert len(one.desk.wishes) == wishes
    assert table.current_row().symbol == "VTI"


# -- options


def test_the_chain_picks_legs_by_keys(make: Callable[..., Opened], qtbot: QtBot) -> None:
    one = make()
    one.tickets.open()
    one.write()
    one.pane.body.kinds_of.piece("option").click()
    (sheet,) = one.window.findChildren(ChainSheet)
    assert sheet.view.hasFocus()
    assert sheet.table.rowCount() == 4
    assert sheet.table.data(sheet.table.index(3, 6)) == ""  # there is no such put
    spoken = sheet.table.data(sheet.table.index(2, 3), Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "call 270, Call ask 3.20"
    sheet.view.setCurrentIndex(sheet.table.index(2, 3))
    key(qtbot, one.window, "Return")
    sheet.view.setCurrentIndex(sheet.table.index(3, 2))
    key(qtbot, one.window, "Return")
    sheet.view.setCurrentIndex(sheet.table.index(3, 6))
    key(qtbot, one.window, "Return")
    assert [(leg.instrument.strike, leg.side) for leg in one.model.fields.legs] == [
        (D(270), OrderSide.BUY_TO_OPEN), (D(280), OrderSide.SELL_TO_OPEN),
    ]  # fmt: skip
    sheet.close_sheet()
    rest(one.model)
    assert "AAPL 18 Dec 2026 270 call" in one.pane.body.legs[0]._words.whole
    assert one.pane.body.nets.isVisible()
    assert not one.pane.body.sides.isVisible()


# -- what it says


def test_everything_has_a_name_and_the_mode_is_said_first(make: Callable[..., Opened]) -> None:
    one = make()
    one.tickets.open()
    one.write(options=True)
    one.model.add_leg(option(260), OrderSide.BUY_TO_OPEN)
    one.model.add_leg(option(270), OrderSide.SELL_TO_OPEN)
    rest(one.model)
    assert unnamed(one.pane) == []
    assert one.pane.accessibleName() == "Live order ticket, real money"
    assert one.pane.band.accessibleName() == "LIVE: real money, Schwab …4821"


def test_another_mode_is_another_band(make: Callable[..., Opened]) -> None:
    port = FakeTicketPort(SCHWAB, replace(SCHWAB, environment=Environment.PAPER))
    port.environments = (Environment.LIVE, Environment.PAPER)
    one = make(port)
    one.tickets.open()
    one.write()
    one.pane.modes.piece("paper").click()
    assert one.pane.band.kind == "paper"
    assert one.pane.accessibleName() == "Paper order ticket, simulated, no real money"
    assert not one.pane.modes.piece("practice").isEnabled()


def test_hidden_amounts_hide_the_account_and_not_the_order(make: Callable[..., Opened]) -> None:
    one = make()
    one.tickets.open()
    one.write(side=OrderSide.SELL, quantity="20")
    privacy().set(True)
    words = shown_text(one.pane)
    assert "120" not in words
    assert DOTS in words
    assert one.pane.body.quantity.text() == "20"
    listed = one.pane.body.accounts.combo
    texts = [listed.itemText(n) for n in range(listed.count())]
    assert not [text for text in texts if "120" in text or "40" in text.replace("…", "")]


@pytest.mark.parametrize("text", HOSTILE)
def test_words_of_others_change_nothing(make: Callable[..., Opened], text: str) -> None:
    port = FakeTicketPort(replace(SCHWAB, name=f"Schwab …4821 {text}", why=text))
    port.quotes["AAPL"] = TicketQuote(quote=quote_of(AAPL), source=text, failure=text)
    one = make(port)
    one.tickets.open()
    one.write(instrument=replace(AAPL, name=text))
    QApplication.processEvents()
    assert one.pane.width() == 360
    assert one.pane.body.minimumSizeHint().width() <= one.pane.area.viewport().width()
    assert clipped(one.pane) == []
    for widget in one.pane.findChildren(QWidget):
        assert "\u202e" not in widget.accessibleName()


def test_notes_lead_where_they_say(make: Callable[..., Opened], qtbot: QtBot) -> None:
    from brokerdesk.services.routing import Obstacle

    why = "Trading is off for this connection."
    one = make(FakeTicketPort(replace(SCHWAB, obstacle=Obstacle.SWITCHED_OFF, why=why)))
    one.tickets.open()
    one.write()
    (button,) = one.pane.banner.buttons
    button.click()
    assert one.desk.wishes[-1] == "trading:c-s1"
    assert not one.pane.review.isEnabled()
    assert one.pane.review.accessibleDescription()


def test_after_a_review_the_ticket_is_open_again_or_empty(make: Callable[..., Opened]) -> None:
    one = make()
    one.tickets.open()
    one.write()
    one.model.review()
    one.tickets.close()  # not while it is in review
    assert one.desk.beside.shows("ticket")
    one.tickets.review.closed.emit("back")
    assert one.pane.body.quantity.text() == "240"
    assert not one.desk.beside.shows("review")
    one.model.review()
    one.tickets.review.closed.emit("done")
    assert one.pane.body.quantity.text() == ""
    assert one.model.fields.empty
    assert not one.model.state.locked


@pytest.mark.parametrize(("scale", "page_stays"), [(1.0, True), (1.5, False)])
def test_the_page_gives_way_before_ticket_and_review_do(
    make: Callable[..., Opened], scale: float, page_stays: bool
) -> None:
    theme().set_scale(scale)
    one = make(size=(1100, 700), real=True)
    one.tickets.open()
    one.write()
    one.model.review()
    QApplication.processEvents()
    assert (one.window.width(), one.window.height()) == (1100, 700)
    assert one.window.stack.isVisible() is page_stays
    assert one.pane.visibleRegion().boundingRect().width() >= px(340)
    one.tickets.review.closed.emit("back")
    QApplication.processEvents()
    assert one.window.stack.isVisible()
