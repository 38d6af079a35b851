"""Leaves the first picture of the next start, made of what the window was just shown.

When the file has been quiet for a moment and no refresh runs: during one, figures are read many
times, and only the last of them are worth keeping. A program that is killed meanwhile leaves none,
because whatever is written takes the older picture away; its next start reads the snapshots.
"""

from __future__ import annotations

import contextlib
import logging
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from brokerdesk.errors import StorageError
from brokerdesk.tasks import Policy, StoppedError
from brokerdesk.ui.bulk import run_bulk
from brokerdesk.ui.start import pack_figures

if TYPE_CHECKING:
    from brokerdesk.db.repositories.start import Stamp
    from brokerdesk.services.container import Services
    from brokerdesk.ui.bus import IoRunner
    from brokerdesk.ui.viewmodels.state import Figures, Query

_log = logging.getLogger(__name__)
QUIET_SECONDS = 0.4
MOST_SECONDS = 60.0
"""A refresh that takes longer is not waited for: a broker may never answer."""


class StartKeeper:
    """``stamp`` before the figures are read, ``keep`` after."""

    def __init__(self, runner: IoRunner) -> None:
        self._runner = runner
        self._waits_since: float | None = None
        """Since when pictures are put off because a refresh runs."""

    async def stamp(self, services: Services, query: Query) -> Stamp | None:
        """The state of the file; None when these figures are not those of a start."""
        if query.as_of is not None:
            return None
        return await services.database.read(lambda work: work.start.stamp())

    def keep(self, services: Services, figures: Figures, stamp: Stamp | None) -> None:
        """Keep the picture of ``figures``, unless something changes first."""
        if stamp is None or (figures.scope and not figures.accounts):
            return
        # A picture has no positions, and must not keep them from being let go.
        lean = replace(figures, positions=(), complete=False)

        async def later() -> None:
            await self._quiet(services)
            try:
                await keep_now(services, lean, stamp)
            except StorageError as error:
                # The next start reads the snapshots themselves; nothing is lost by it.
                _log.info("the first picture was not kept: %s", error.code)

        with contextlib.suppress(StoppedError):  # the window is being closed
            self._runner.run("window:keep-start", later, policy=Policy.NEWEST_WINS)

    async def _quiet(self, services: Services) -> None:
        """Wait until nothing was read for a moment and no refresh runs, or one runs for long."""
        clock = services.clock
        while True:
            await clock.sleep(QUIET_SECONDS)
            if not services.refreshes:
                break
            if self._waits_since is None:
                self._waits_since = clock.monotonic()
            if clock.monotonic() - self._waits_since >= MOST_SECONDS:
                break
        self._waits_since = None


async def keep_now(services: Services, figures: Figures, stamp: Stamp) -> bool:
    """Pack and store. False: the file is no longer what the figures were read from.

    Raises:
        StorageError: it could not be written.
    """
    pack = partial(pack_figures, figures, services.clock.now())
    text = await run_bulk("window:keep-start", pack)
    return await services.database.run(lambda work: work.start.keep(text, stamp))
