"""Leaves the first picture of the next start, made of what the window was just shown.

On the I/O thread, when the file has been quiet for a moment: during a refresh figures are read
many times, and only the last of them are worth keeping.
"""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING

from brokerdesk.errors import StorageError
from brokerdesk.tasks import Policy, StoppedError
from brokerdesk.ui.start import pack_figures

if TYPE_CHECKING:
    from brokerdesk.db.repositories.start import Stamp
    from brokerdesk.services.container import Services
    from brokerdesk.ui.bus import IoRunner
    from brokerdesk.ui.viewmodels.state import Figures, Query

_log = logging.getLogger(__name__)
QUIET_SECONDS = 0.4


class StartKeeper:
    """``stamp`` before the figures are read, ``keep`` after."""

    def __init__(self, runner: IoRunner) -> None:
        self._runner = runner

    async def stamp(self, services: Services, query: Query) -> Stamp | None:
        """The state of the file; None when these figures are not those of a start."""
        if query.as_of is not None:
            return None
        return await services.database.read(lambda work: work.start.stamp())

    def keep(self, services: Services, figures: Figures, stamp: Stamp | None) -> None:
        """Keep the picture of ``figures``, unless something changes first."""
        if stamp is None or (figures.scope and not figures.accounts):
            return

        async def later() -> None:
            await services.clock.sleep(QUIET_SECONDS)
            try:
                await keep_now(services, figures, stamp)
            except StorageError as error:
                # The next start reads the snapshots themselves; nothing is lost by it.
                _log.info("the first picture was not kept: %s", error.code)

        with contextlib.suppress(StoppedError):  # the window is being closed
            self._runner.run("window:keep-start", later, policy=Policy.NEWEST_WINS)


async def keep_now(services: Services, figures: Figures, stamp: Stamp) -> bool:
    """Pack and store. False: the file is no longer what the figures were read from.

    Raises:
        StorageError: it could not be written.
    """
    text = pack_figures(figures, services.clock.now())
    return await services.database.run(lambda work: work.start.keep(text, stamp))
