"""Smoothness: gaps of the GUI thread while all brokers are read anew at once.

As ``gaps``, with every broker of the registry in one practice profile and one round of all their
connections side by side. Each broker shows the accounts that practice mode has.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from benchmarks.gaps import Conductor, played
from brokerdesk.brokers.registry import all_specs
from brokerdesk.services.practice_host import PracticeHost

if TYPE_CHECKING:
    from brokerdesk.domain.connection import Connection
    from brokerdesk.services.container import Services

BROKERS = tuple(spec.id for spec in all_specs())
SIMULATOR = (
    "from brokerdesk.simulator.main import run\n"
    "from brokerdesk.simulator.options import SimulatorOptions\n"
    f"run(SimulatorOptions(brokers={BROKERS}, seed=7, throttle_per_minute=None,"
    " exit_with_stdin=True))\n"
)
TITLE = "Gaps of the window during a refresh of all brokers at once"


class Everybody(Conductor):
    """Connects every simulated broker, and refreshes all of them together."""

    async def _prepare(self, services: Services) -> Connection:
        store: Any = services.secrets
        await store.use_session_only()
        self._host = PracticeHost(7, command=(sys.executable, "-c", SIMULATOR))
        connections = await services.practice.open_market(await self._host.start())
        if {one.broker for one in connections} != set(BROKERS):
            raise RuntimeError("a broker is missing")
        await self._round(services)
        return connections[0]

    async def _round(self, services: Services) -> object:
        outcomes = await services.refreshing.refresh_all()
        for outcome in outcomes:
            if len(outcomes) != len(BROKERS) or outcome.failed or outcome.skipped:
                raise RuntimeError(f"{len(outcomes)} connections, {outcome.text or 'skipped'}")
        return outcomes

    def _all_is_shown(self) -> bool:
        shown = self._window.desk.figures
        return shown.held > 50 and (self._page != "positions" or len(shown.positions) > 20)


def main() -> int:
    return played(TITLE, f"{len(BROKERS)} brokers", Everybody)


if __name__ == "__main__":
    sys.exit(main())
