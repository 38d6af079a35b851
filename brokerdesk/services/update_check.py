"""Look for newer releases: only where the user turned it on, at most daily, and only to tell.

Nothing is downloaded but the signed list, nothing is installed, and nothing about the user or the
computer is sent. A list that is refused changes nothing of what is known.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from brokerdesk import __version__
from brokerdesk.brokers.base import Network
from brokerdesk.clock import Clock
from brokerdesk.domain.events import Publish, ReleasesChanged
from brokerdesk.domain.release import Release
from brokerdesk.errors import BrokerError, ReleaseListError, SettingsError
from brokerdesk.facts import dataclass
from brokerdesk.services.update_list import read_list
from brokerdesk.services.update_source import UpdateSource, own_source
from brokerdesk.services.update_store import Kept, UpdateStore
from brokerdesk.tasks import Policy, Supervisor, run_blocking

if TYPE_CHECKING:
    from brokerdesk.settings import Settings

_log = logging.getLogger(__name__)

LOOK_EVERY = 60
"""Seconds; while nothing is due, a look costs nothing."""
AT_MOST_EVERY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateNews:
    """What is known now. ``newer`` are the releases after this one, newest first.

    ``named`` False: this copy was built without a place to ask. ``answered`` None: no list that is
    still in force is known.
    """

    version: str
    named: bool
    newer: tuple[Release, ...] = ()
    answered: datetime | None = None
    skipped: str = ""

    @property
    def to_tell(self) -> Release | None:
        """The newest release, unless the user does not want to hear of it."""
        newest = self.newer[0] if self.newer else None
        return None if newest is None or newest.version == self.skipped else newest


class UpdateCheck:
    """All methods belong to one event loop."""

    def __init__(
        self,
        *,
        folder: Path,
        clock: Clock,
        publish: Publish,
        supervisor: Supervisor,
        settings: Callable[[], Settings],
        network: Callable[[], Network],
        source: UpdateSource | None = None,
        version: str = __version__,
    ) -> None:
        self._store = UpdateStore(folder)
        self._clock, self._publish, self._supervisor = clock, publish, supervisor
        self._settings, self._network = settings, network
        self._version = version
        self._source: UpdateSource | None = source
        self._kept: Kept | None = None
        self._one = asyncio.Lock()

    def start(self) -> None:
        """Begin to look; nothing is asked before the user wants it."""
        self._supervisor.spawn("schedule:updates", self._run(), policy=Policy.SKIP_IF_RUNNING)

    async def _run(self) -> None:
        while True:  # the first look waits, too: a start has better things to do
            await self._clock.sleep(LOOK_EVERY)
            await self.look()

    async def look(self) -> None:
        """Ask for the list where the user wants it and it is due."""
        if not self._settings().look_for_updates or self._network().offline:
            return
        source = await self._where()
        kept = await self._remembered()
        if not source.named or not _due(kept.tried, self._clock.now()):
            return
        try:
            await self.check()
        except ReleaseListError as error:
            _log.warning("the list of releases is refused: %s", error.reason)
        except (BrokerError, SettingsError) as error:
            _log.info("the list of releases cannot be read: %s", error.code)

    async def check(self) -> UpdateNews:
        """Ask for the list now, because the user says so.

        Raises:
            BrokerError: no usable answer came, or the program is offline.
            ReleaseListError: the answer is not believed.
            SettingsError: the proxy or the certificate file cannot be used.
        """
        async with self._one:
            source = await self._where()
            if not source.named:
                return await self.news()
            kept = await self._remembered()
            if not self._network().offline:
                await self._keep(replace(kept, tried=self._clock.now()))
            from brokerdesk.brokers.release_list import ReleaseListFile  # a network library

            asks = ReleaseListFile(source.address, network=self._network(), clock=self._clock)
            body = await asks.fetch()
            now, kept = self._clock.now(), await self._remembered()
            believed = read_list(body, source, now, kept.seen)
            await self._keep(replace(kept, answered=now, seen=believed.seen, body=body))
        self._publish(ReleasesChanged())
        return await self.news()

    async def news(self) -> UpdateNews:
        """What the last list says that is still in force. Asks nobody."""
        source, kept = await self._where(), await self._remembered()
        known = UpdateNews(version=self._version, named=source.named, skipped=kept.skipped)
        if not kept.body or not source.named:
            return known
        try:
            found = read_list(kept.body, source, self._clock.now(), kept.seen).found
        except ReleaseListError as error:
            _log.info("the list of releases that was kept no longer holds: %s", error.reason)
            return known
        return replace(known, newer=found.newer_than(self._version), answered=kept.answered)

    async def skip(self, version: str) -> UpdateNews:
        """Do not tell of this version again; a later one will be told of."""
        await self._keep(replace(await self._remembered(), skipped=version))
        self._publish(ReleasesChanged())
        return await self.news()

    async def page_of(self, version: str) -> str:
        """The page of a release of the list, "" when there is none that may be opened."""
        source = await self._where()
        pages = [one.page for one in (await self.news()).newer if one.version == version]
        return next((page for page in pages if source.is_page(page)), "")

    # inside

    async def _where(self) -> UpdateSource:
        if self._source is None:
            self._source = await run_blocking("brokerdesk-updates", own_source)
        return self._source

    async def _remembered(self) -> Kept:
        if self._kept is None:
            self._kept = await run_blocking("brokerdesk-updates", self._store.load)
        return self._kept

    async def _keep(self, kept: Kept) -> None:
        self._kept = kept
        await run_blocking("brokerdesk-updates", lambda: self._store.save(kept), to_the_end=True)


def _due(tried: datetime | None, now: datetime) -> bool:
    """A last time that lies ahead was written by another clock and says nothing."""
    return tried is None or tried > now or now - tried >= AT_MOST_EVERY
