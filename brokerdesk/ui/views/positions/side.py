"""What the inspector says of one holding. It is asked for every second, so what does not depend
on the clock is made once for the same figures.
"""

from __future__ import annotations

from datetime import datetime

from brokerdesk.ui import format as fmt
from brokerdesk.ui.viewmodels import position_detail as detail
from brokerdesk.ui.viewmodels.once import Once
from brokerdesk.ui.viewmodels.position_prices import PriceState
from brokerdesk.ui.viewmodels.positions import PositionsViewModel
from brokerdesk.ui.viewmodels.state import PositionRow, WindowState
from brokerdesk.ui.views.positions.inspector import Inspector


class Side:
    """Tells the inspector of a holding as it is now."""

    def __init__(self, inspector: Inspector, model: PositionsViewModel) -> None:
        self._inspector, self._model = inspector, model
        self._brokers = Once(lambda row, *_: detail.brokers_of(row, model.account))
        self._lots = Once(lambda row, today, *_: detail.lots(row, model.account, today))
        self._parts = Once(detail.parts)

    def show(self, row: PositionRow, state: WindowState, now: datetime) -> None:
        """Its head, its accounts and its lots."""
        accounts = (state.figures.accounts, state.everyone)
        today = (state.past or now).astimezone(fmt.market_zone()).date()
        self._inspector.show_head(detail.head(row, now, self._brokers(row, *accounts)))
        self._inspector.show_parts(self._parts(row), self._lots(row, today, *accounts), now)

    def show_prices(self, row: PositionRow, prices: PriceState, at: datetime) -> None:
        """Its chart and its figures; rates have to be of the moment ``at``."""
        self._inspector.show_prices(prices, row.symbol)
        self._inspector.show_values(detail.values(row, prices.instrument, at))
