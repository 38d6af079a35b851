"""The two accounts of a question over the services, and the answer to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from brokerdesk.domain.ids import AccountId

if TYPE_CHECKING:
    from brokerdesk.services.container import Services
    from brokerdesk.services.same_accounts import Before, Comparison
    from brokerdesk.ui.viewmodels.desk import Desk


class SameAccountGateway:
    """What the sheet asks for, on the desk's I/O thread."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def compare(self, one: str, other: str, done: Callable[[Comparison], object]) -> None:
        """Both accounts side by side."""

        async def work(services: Services) -> Comparison:
            return await services.same_accounts.compare(AccountId(one), AccountId(other))

        self._desk.run("source:compare", work, done)

    def choose(self, chosen: str, other: str, done: Callable[[Before], object]) -> None:
        """They are one account, counted through ``chosen``."""

        async def work(services: Services) -> Before:
            return await services.same_accounts.choose(AccountId(chosen), AccountId(other))

        self._desk.run("source:choose", work, done)

    def keep_apart(self, one: str, other: str, done: Callable[[Before], object]) -> None:
        """They are two accounts."""

        async def work(services: Services) -> Before:
            return await services.same_accounts.keep_apart(AccountId(one), AccountId(other))

        self._desk.run("source:apart", work, done)

    def undo(self, before: Before, done: Callable[[], object]) -> None:
        """Take an answer back."""

        async def work(services: Services) -> None:
            await services.same_accounts.undo(before)

        self._desk.run("source:undo", work, lambda _: done())
