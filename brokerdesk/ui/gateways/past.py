"""Saved days over the services, with the total value on each for the line behind them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import Environment
from brokerdesk.tasks import Policy
from brokerdesk.ui.viewmodels.past import Days

if TYPE_CHECKING:
    from brokerdesk.services.container import Services
    from brokerdesk.services.history import History
    from brokerdesk.ui.viewmodels.desk import Desk


class PastGateway:
    """``DaysPort`` over the desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def load(self, scope: tuple[str, ...], done: Callable[[Days], object]) -> None:
        """Read the saved days of these accounts (none named: of all)."""
        leading = self._leading(scope)

        async def work(services: Services) -> Days:
            chosen = frozenset(map(AccountId, scope)) or None
            saved = await services.days.saved(chosen)
            if leading is None:
                return Days(saved, (None,) * len(saved))
            environment, currency, together = leading
            history = await services.history.daily(
                Environment(environment), currency, chosen, together=together
            )
            values = _values(history)
            return Days(
                saved, tuple(values.get(one.day.toordinal()) for one in saved.days), currency
            )

        self._desk.run("past:days", work, done, policy=Policy.NEWEST_WINS)

    def _leading(self, scope: tuple[str, ...]) -> tuple[str, str, bool] | None:
        """The environment and currency of the line: real money first, then most accounts. True: of
        all currencies, in the base currency.
        """
        rows = [row for row in self._desk.state.everyone if not scope or row.key in scope]
        order = [one.value for one in Environment]
        counted = Counter((row.environment, row.currency) for row in rows)
        if not counted:
            return None
        first = min(counted, key=lambda pair: (order.index(pair[0]), -counted[pair], pair[1]))
        worths = (row.worth for row in rows if row.environment == first[0])
        base = next((one.currency for one in worths if one and one.value is not None), "")
        return (first[0], base, True) if base else (*first, False)


def _values(history: History) -> dict[int, Decimal]:
    scale = history.exponent
    return {
        day: Decimal(units).scaleb(scale)
        for day, units in zip(history.days, history.units, strict=True)
    }
