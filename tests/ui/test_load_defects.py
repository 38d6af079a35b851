"""A defect while figures are read is reported, and does not keep them from being read again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from support.ui import NOW, FakePortfolio, some_figures

from brokerdesk.io_thread import IoThread
from brokerdesk.ui.bus import Bus, IoRunner
from brokerdesk.ui.error_presenter import ErrorPresenter
from brokerdesk.ui.gateway import PortfolioGateway
from brokerdesk.ui.viewmodels.portfolio import PortfolioViewModel


class Broken:
    """A database in which something nobody foresaw goes wrong."""

    def __init__(self) -> None:
        self.asked = 0

    async def read(self, _work: object) -> Any:
        self.asked += 1
        raise KeyError("a defect")


def test_after_a_defect_the_window_can_read_again(qtbot: Any) -> None:
    bugs: list[BaseException] = []
    io, bus = IoThread(lambda _name, error: bugs.append(error)), Bus()
    database = Broken()
    engine: Any = SimpleNamespace(services=SimpleNamespace(database=database))
    model = PortfolioViewModel(lambda: NOW)
    runner = IoRunner(io, bus, bugs.append)
    io.start()
    try:
        model.attach(PortfolioGateway(engine, runner, load_failed=model.reload_failed))
        qtbot.waitUntil(lambda: not model.loading)
        model.reload()
        qtbot.waitUntil(lambda: database.asked == 2 and not model.loading)
        assert {type(error) for error in bugs} == {KeyError}
    finally:
        io.stop()
        bus.close()


def test_who_asked_hears_of_a_defect_and_it_is_told_once(
    qtbot: Any, allow_warnings: Callable[[str], None]
) -> None:
    allow_warnings("a bug in")
    presenter = ErrorPresenter()
    io, bus = IoThread(presenter.on_bug), Bus()
    runner = IoRunner(io, bus, presenter.show)
    heard: list[BaseException] = []
    told: list[str] = []
    presenter.shown.connect(lambda title, _text: told.append(title))

    async def work() -> None:
        raise LookupError("a defect")

    def failed(error: BaseException) -> None:
        heard.append(error)
        presenter.show(error)

    io.start()
    try:
        runner.run("work", work, failed=failed)
        qtbot.waitUntil(lambda: bool(heard and told))
        qtbot.wait(50)
        assert len(heard) == len(told) == 1
    finally:
        io.stop()
        bus.close()
        presenter.close()


def test_a_day_that_cannot_be_read_leaves_nobody_in_the_past() -> None:
    model = PortfolioViewModel(lambda: NOW)
    port = FakePortfolio(some_figures())
    model.attach(port)
    port.hold = []
    model.travel(NOW - timedelta(days=9))
    assert port.queries[-1].as_of is not None
    model.reload_failed()
    assert model.query.as_of is None
    model.refresh()
    assert port.calls[-1] == "refresh:", "what is shown is of now, so it can be read anew"
