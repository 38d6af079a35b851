"""Closing the window while an order is on its way."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot
from support.ui_widgets import press, shown_text

from brokerdesk.ui.closing import ASKED, CLOSE, STAY, TITLE, Closing


class Orders:
    """Orders that a test holds in its hand."""

    def __init__(self, in_flight: int) -> None:
        self.in_flight = in_flight
        self.waiting: list[Callable[[bool], object]] = []
        self.went_on = 0

    def finish(self, seconds: float, done: Callable[[bool], object]) -> None:
        assert seconds > 37.5, "an order may be on its way, and be read back, for so long"
        self.waiting.append(done)

    def go_on(self) -> None:
        self.went_on += 1


def begun(qtbot: QtBot, in_flight: int = 1) -> tuple[QWidget, Orders, Closing, list[bool]]:
    window = QWidget()
    window.resize(800, 600)
    qtbot.addWidget(window)
    window.show()
    orders = Orders(in_flight)
    closing = Closing(window, orders)
    closed: list[bool] = []
    closing.may_now.connect(lambda: closed.append(closing.allowed()))
    return window, orders, closing, closed


def test_the_window_stays_while_an_order_is_on_its_way(qtbot: QtBot) -> None:
    window, orders, closing, _ = begun(qtbot)
    closing.may_now.connect(window.close)
    assert not window.close()
    assert window.isVisible()
    orders.waiting[0](True)
    assert not window.isVisible()


def test_without_orders_it_closes_at_once(qtbot: QtBot) -> None:
    _, orders, closing, _ = begun(qtbot, in_flight=0)
    assert closing.allowed()
    assert orders.waiting == []


def test_it_waits_for_the_outcome_and_closes_then(qtbot: QtBot) -> None:
    window, orders, closing, closed = begun(qtbot)
    assert not closing.allowed()
    assert not closing.allowed(), "a second try asks nothing more"
    assert TITLE in shown_text(window)
    assert len(orders.waiting) == 1
    orders.waiting[0](True)
    assert closed == [True]
    assert TITLE not in shown_text(window)


def test_the_user_may_close_anyway(qtbot: QtBot) -> None:
    window, orders, closing, closed = begun(qtbot)
    assert not closing.allowed()
    press(window, CLOSE)
    qtbot.waitUntil(lambda: closed == [True])
    orders.waiting[0](True)  # too late to matter
    assert closed == [True]


def test_the_user_may_stay_and_send_again(qtbot: QtBot) -> None:
    window, orders, closing, closed = begun(qtbot)
    assert not closing.allowed()
    press(window, STAY)
    assert orders.went_on == 1
    orders.waiting[0](True)
    assert closed == []
    assert not closing.allowed(), "it asks again"


def test_a_question_that_waits_for_the_user_is_named(qtbot: QtBot) -> None:
    window, orders, closing, closed = begun(qtbot)
    assert not closing.allowed()
    orders.waiting[0](False)
    assert closed == []
    assert ASKED in shown_text(window)
    press(window, STAY)
    assert orders.went_on == 1


def test_the_end_of_the_session_asks_nobody(qtbot: QtBot) -> None:
    _, orders, closing, _ = begun(qtbot)
    closing.force()
    assert closing.allowed()
    assert orders.waiting == []
