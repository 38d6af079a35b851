"""What opens over a window only when somebody wishes for it: imported and made with the first wish.

Most windows never open most of it, and each of these modules stays in memory once it is imported: a
window that shows figures does not hold what writes and sends an order
(``tests/ui/test_idle_memory.py``).
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

if TYPE_CHECKING:
    from brokerdesk.ui.charts import Charts
    from brokerdesk.ui.comparisons import Comparisons
    from brokerdesk.ui.shell.window import MainWindow
    from brokerdesk.ui.sources import Sources
    from brokerdesk.ui.tickets import Tickets
    from brokerdesk.ui.views.trading.switching import TradingSwitching


class Occasional(QObject):
    """One of each for one window, which owns what was made."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self.__window = window

    @cached_property
    def tickets(self) -> Tickets:
        """The ticket and its review."""
        from brokerdesk.ui.tickets import Tickets

        return Tickets(self.__window, self.__window.desk)

    @cached_property
    def switching(self) -> TradingSwitching:
        """The questions about trading: a connection's switch, and lifting the halt."""
        from brokerdesk.ui.views.trading.switching import TradingSwitching

        return TradingSwitching(self.__window, self.__window.desk)

    @cached_property
    def comparisons(self) -> Comparisons:
        """The last figures beside those of a past day."""
        from brokerdesk.ui.comparisons import Comparisons

        return Comparisons(self.__window, self.__window.desk)

    @cached_property
    def charts(self) -> Charts:
        """Windows in which a line is explored."""
        from brokerdesk.ui.charts import Charts

        return Charts(self.__window, self.__window.desk)

    @cached_property
    def sources(self) -> Sources:
        """Which source of an account is counted."""
        from brokerdesk.ui.sources import Sources

        return Sources(self.__window, self.__window.desk)
