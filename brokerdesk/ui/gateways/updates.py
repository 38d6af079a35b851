"""``UpdatesPort`` over the services: what is asked runs on the I/O thread, text comes back tame."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from brokerdesk.errors import BrokerDeskError
from brokerdesk.ui import format as fmt
from brokerdesk.ui.browser import open_in_browser
from brokerdesk.ui.plain import tame
from brokerdesk.ui.viewmodels.desk import Desk
from brokerdesk.ui.viewmodels.updates import (
    LONGEST_CHANGE,
    MOST_CHANGES,
    MOST_RELEASES,
    NewsFacts,
    ReleaseFacts,
)

if TYPE_CHECKING:
    from brokerdesk.domain.release import Release
    from brokerdesk.services.container import Services
    from brokerdesk.services.update_check import UpdateNews


class UpdatesGateway:
    """Asks the desk's services."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def news(self, done: Callable[[NewsFacts], object]) -> None:
        async def known(services: Services) -> NewsFacts:
            return facts(await services.updates.news())

        self._desk.run("updates:news", known, done)

    def check(self, done: Callable[[NewsFacts], object], failed: Callable[[str], object]) -> None:
        """``failed`` is told in sentences; what is no known failure goes the way of bugs."""

        async def check(services: Services) -> NewsFacts | str:
            try:
                return facts(await services.updates.check())
            except BrokerDeskError as error:
                return error.sentences()

        def told(found: NewsFacts | str) -> None:
            if isinstance(found, str):
                failed(found)
            else:
                done(found)

        self._desk.run("updates:check", check, told)

    def skip(self, version: str, done: Callable[[NewsFacts], object]) -> None:
        async def skip(services: Services) -> NewsFacts:
            return facts(await services.updates.skip(version))

        self._desk.run("updates:skip", skip, done)

    def open_page(self, version: str, done: Callable[[bool], object]) -> None:
        async def open_it(services: Services) -> bool:
            page = await services.updates.page_of(version)
            return bool(page) and await open_in_browser(page)

        self._desk.run("updates:page", open_it, done)


def facts(news: UpdateNews) -> NewsFacts:
    """Rows for the window."""
    return NewsFacts(
        version=tame(news.version),
        named=news.named,
        newer=tuple(_release(one) for one in news.newer[:MOST_RELEASES]),
        tell="" if news.to_tell is None else news.to_tell.version,
        skipped=news.skipped,
    )


def _release(one: Release) -> ReleaseFacts:
    changes = tuple(_short(tame(each)) for each in one.changes[:MOST_CHANGES])
    more = len(one.changes) - MOST_CHANGES
    if more > 0:
        changes += (f"{fmt.count(more, 'further change')} on its page.",)
    return ReleaseFacts(one.version, fmt.day(one.day), urlsplit(one.page).hostname or "", changes)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_CHANGE else f"{text[: LONGEST_CHANGE - 1].rstrip()}…"
