"""Answers that come after the page that asked was built anew: nobody is there, nothing breaks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QObject
from shiboken6 import delete
from support.desk import FakeDesk, sample_figures
from support.ui import NOW, position

from brokerdesk.errors import StorageError
from brokerdesk.services.price_history import PriceAsk
from brokerdesk.ui.gateways.orders import OrdersGateway
from brokerdesk.ui.viewmodels.activity import ActivityViewModel
from brokerdesk.ui.viewmodels.orders import OrdersFound, OrdersViewModel
from brokerdesk.ui.viewmodels.past import Days, PastViewModel
from brokerdesk.ui.viewmodels.position_prices import PriceFeed
from brokerdesk.ui.viewmodels.state import WindowState
from brokerdesk.ui.views.registry import page as spec_of


class Late:
    """Keeps every question and answers none."""

    def __init__(self) -> None:
        self.calls: list[tuple[Callable[[Any], object], ...]] = []

    def load(self, _query: object, *answers: Callable[[Any], object]) -> None:
        self.calls.append(answers)

    def stored(self, _ask: PriceAsk, *answers: Callable[[Any], object]) -> None:
        self.calls.append(answers)

    fetch = stored


def window() -> WindowState:
    figures = sample_figures()
    return WindowState(figures=figures, everyone=figures.accounts, now=NOW, ready=True)


def activity(port: Late, page: QObject) -> object:
    model = ActivityViewModel(port, lambda: NOW, page)
    model.show(window())
    return model


def orders(port: Late, page: QObject) -> object:
    model = OrdersViewModel(port, lambda: NOW, page)
    model.show(window())
    return model


def prices(port: Late, page: QObject) -> object:
    model = PriceFeed(port, lambda: NOW, parent=page)
    model.show(position("ABC"), None)
    model.hurry()
    return model


def past(port: Late, page: QObject) -> object:
    model = PastViewModel(lambda: NOW, lambda _moment: None, port, page)
    model.look(())
    return model


@pytest.mark.parametrize("make", [activity, orders, prices, past])
@pytest.mark.parametrize("which", [0, 1])
def test_an_answer_for_a_page_that_is_gone_is_dropped(
    make: Callable[[Late, QObject], object], which: int
) -> None:
    port, page = Late(), QObject()
    model = make(port, page)
    (answers,) = port.calls
    if which >= len(answers):
        pytest.skip("it has no way to fail")
    delete(page)
    answer: Any = StorageError("Busy.", "") if which else ()
    if not which and make in (past, orders):
        answer = Days() if make is past else OrdersFound()
    answers[which](answer)
    assert model is not None


@pytest.mark.parametrize("name", ["activity", "orders"])
def test_a_profile_that_is_opened_again_is_read_again(
    qtbot: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """After a restore the accounts may be the same and what happened in them another."""
    asked: list[object] = []
    gateway = f"brokerdesk.ui.gateways.{name}.{name.capitalize()}Gateway.load"
    monkeypatch.setattr(gateway, lambda _self, query, *_answers: asked.append(query))
    monkeypatch.setattr(OrdersGateway, "attend", lambda _self, _on: None)
    desk = FakeDesk(sample_figures())
    page = spec_of(name).make(desk)
    qtbot.addWidget(page)
    page.enter()
    assert len(asked) == 1
    desk.detach()
    desk.attach(desk.backstage)
    assert len(asked) == 2
