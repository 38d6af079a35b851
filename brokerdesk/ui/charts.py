"""The chart windows of a program's window: one of the total, one of each holding that is looked at.

A wish names the line: ``chart:value`` or ``chart:price:<position>``. Each window follows the
figures like the page that it was opened from: scope, past days, hidden amounts.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from brokerdesk.domain.market_hours import new_york_day
from brokerdesk.services.history_ranges import Range
from brokerdesk.ui.gateways.aside import beside_the_window
from brokerdesk.ui.gateways.overview import OverviewGateway
from brokerdesk.ui.gateways.positions import PriceGateway
from brokerdesk.ui.gateways.tables import csv_writer
from brokerdesk.ui.start import broker_titles
from brokerdesk.ui.theme import theme
from brokerdesk.ui.viewmodels import overview_notices as needs
from brokerdesk.ui.viewmodels.chart_window import ChartModel, Subject
from brokerdesk.ui.viewmodels.desk import Desk
from brokerdesk.ui.viewmodels.overview_history import HistoryFeed, HistoryPort
from brokerdesk.ui.viewmodels.position_prices import PriceFeed, PricePort
from brokerdesk.ui.viewmodels.state import PositionRow
from brokerdesk.ui.viewmodels.ticket_trades import row_of
from brokerdesk.ui.views.chart_window import library
from brokerdesk.ui.views.chart_window.window import ChartWindow
from brokerdesk.ui.widgets.charts.data import FlowMark, LineData
from brokerdesk.ui.widgets.charts.from_history import line_data

if TYPE_CHECKING:
    from brokerdesk.services.history import History

VALUE, PRICE = "value", "price:"


class ValueLineFeed(QObject):
    """Keeps a model on the history of the leading total."""

    def __init__(self, desk: Desk, model: ChartModel, port: HistoryPort | None) -> None:
        super().__init__(model)
        self._desk, self._model = desk, model
        self._feed = HistoryFeed(port or OverviewGateway(desk, "chart"), self)
        self._feed.shown.connect(self._on_history)
        self._feed.failed.connect(self._on_failed)
        desk.changed.connect(self._follow)
        desk.opened.connect(self._on_opened)
        self._follow()

    def _follow(self) -> None:
        state = self._desk.state
        self._feed.follow(state.figures, state.query, state.now or self._desk.clock())
        if self._feed.asked is None and self._model.empty:
            self._model.set_nothing(needs.NO_HISTORY)

    def _on_opened(self) -> None:
        self._feed.restart()
        self._follow()

    def _on_history(self, history: History, today: date) -> None:
        nothing = needs.NO_VALUES if len(history) else needs.NO_HISTORY
        self._model.show_line(line_data(history.over(Range.ALL, today)), today, nothing)

    def _on_failed(self, error: BaseException) -> None:
        self._model.set_nothing(needs.history_failed(error))


class PriceLineFeed(QObject):
    """Keeps a model on the prices of one holding; of one that was sold, on its last ones."""

    def __init__(self, desk: Desk, model: ChartModel, target: str, port: PricePort | None) -> None:
        super().__init__(model)
        self._desk, self._model, self._target = desk, model, target
        titles = broker_titles()
        self._feed = PriceFeed(
            port or PriceGateway(desk, f"chart:{target}"), desk.clock,
            lambda key: titles.get(key, key), self,
        )  # fmt: skip
        self._feed.choose(Range.FIVE_YEARS)  # the longest that a broker is asked for
        self._feed.changed.connect(self._on_prices)
        desk.changed.connect(self._follow)
        self._seen: tuple[PositionRow | None, datetime | None] = (None, None)
        self._follow()

    def _follow(self) -> None:
        row = row_of(self._target, self._desk.figures.positions)
        seen = (row, self._desk.past)
        if row is not None and seen != self._seen:
            self._seen = seen
            self._feed.show(row, self._desk.past)
            self._feed.hurry()  # nobody goes through a table here

    def _on_prices(self) -> None:
        state, currency = self._feed.state, self._target.split("\t")[3]
        line = state.line
        marks = tuple(FlowMark(x=mark.x, amount=mark.quantity) for mark in line.marks)
        data = LineData(
            xs=line.xs, units=line.units, exponent=line.exponent, currency=currency, marks=marks
        )
        today = new_york_day(self._desk.past or self._desk.clock())
        self._model.show_line(data, today, state.words)


class Charts(QObject):
    """The chart windows over one window."""

    def __init__(
        self,
        window: QWidget,
        desk: Desk,
        history: HistoryPort | None = None,
        prices: PricePort | None = None,
    ) -> None:
        super().__init__(window)
        self._window, self._desk = window, desk
        self._history, self._prices = history, prices
        self.windows: dict[str, ChartWindow] = {}
        theme().scaled.connect(self._on_scaled)

    def do(self, target: str) -> None:
        """``chart:<target>``."""
        if (there := self.windows.get(target)) is not None:
            there.raise_()
            there.activateWindow()
            return
        model = self._model(target)
        if model is None:
            self._desk.say("That position is not held now.")
            return
        self._open(target, model)

    def _model(self, target: str) -> ChartModel | None:
        desk = self._desk
        if not target.startswith(PRICE):
            model = ChartModel(Subject(title="Total value"), desk.clock, self)
            ValueLineFeed(desk, model, self._history)
            return model
        key = target.removeprefix(PRICE)
        row = row_of(key, desk.figures.positions)
        if row is None:
            return None
        subject = Subject(title=f"{row.symbol} price", priced=True, came="Bought", went="Sold")
        model = ChartModel(subject, desk.clock, self)
        PriceLineFeed(desk, model, key, self._prices)
        return model

    def _open(self, target: str, model: ChartModel) -> None:
        window = ChartWindow(model, self._window, self._desk.memory, csv_writer(self._desk))
        window.gone.connect(partial(self._on_gone, target))
        window.told.connect(self._desk.say)
        self.windows[target] = window
        window.show()
        if library.is_loaded():
            window.show_plot()
        else:
            beside_the_window(
                self._desk, "chart:library", library.load,
                lambda _: self._on_loaded(), lambda _error: self._on_not_loaded(),
            )  # fmt: skip

    def _on_loaded(self) -> None:
        for window in self.windows.values():
            window.show_plot()

    def _on_not_loaded(self) -> None:
        for window in self.windows.values():
            window.show_failure()

    def _on_gone(self, target: str) -> None:
        if (window := self.windows.pop(target, None)) is not None:
            window.model.deleteLater()

    def _on_scaled(self) -> None:
        """Windows are built anew for another text size; what is looked at in them stays."""
        for target, window in tuple(self.windows.items()):
            window.gone.disconnect()
            window.close()
            self._open(target, window.model)
