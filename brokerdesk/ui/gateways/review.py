"""``ReviewPort`` over the trading service, on the I/O thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from brokerdesk.tasks import Policy

if TYPE_CHECKING:
    from brokerdesk.domain.draft import Draft
    from brokerdesk.services.container import Services
    from brokerdesk.services.trading_facts import LedgerRow, Review, Sent
    from brokerdesk.ui.viewmodels.desk import Desk

Failed = Callable[[BaseException], object]


class ReviewGateway:
    """What a review asks, through the desk. Nothing here ever tries again."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def review(
        self,
        drafts: tuple[Draft, ...],
        replaces: str,
        done: Callable[[Review], object],
        failed: Failed,
    ) -> None:
        async def make(services: Services) -> Review:
            return await services.trading.review(drafts, replaces=replaces)

        self._desk.run("review:make", make, done, failed)

    def void(self, review: str) -> None:
        async def void(services: Services) -> None:
            services.trading.void(review)

        self._desk.run("review:void", void)

    def send(
        self,
        review: str,
        read: frozenset[str],
        done: Callable[[tuple[Sent, ...]], object],
        failed: Failed,
    ) -> None:
        async def send(services: Services) -> tuple[Sent, ...]:
            return await services.trading.send(review, read)

        name = f"review:send:{review}"
        self._desk.run(name, send, done, failed, policy=Policy.SKIP_IF_RUNNING)

    def answer(
        self, intent: str, agreed: bool, done: Callable[[Sent], object], failed: Failed
    ) -> None:
        async def answer(services: Services) -> Sent:
            return await services.trading.answer(intent, agreed=agreed)

        name = f"review:answer:{intent}"
        self._desk.run(name, answer, done, failed, policy=Policy.SKIP_IF_RUNNING)

    def follow(self, intent: str, done: Callable[[LedgerRow | None], object]) -> None:
        async def look(services: Services) -> LedgerRow | None:
            return await services.trading.detail(intent)

        name = f"review:follow:{intent}"
        self._desk.run(name, look, done, policy=Policy.NEWEST_WINS)

    def check_now(self, intent: str, done: Callable[[], object], failed: Failed) -> None:
        async def check(services: Services) -> None:
            await services.trading.check_now(intent)

        name = f"review:check:{intent}"
        self._desk.run(name, check, lambda _: done(), failed, policy=Policy.SKIP_IF_RUNNING)

    def confirm_absent(self, intent: str, done: Callable[[], object], failed: Failed) -> None:
        async def confirm(services: Services) -> None:
            await services.trading.confirm_absent(intent)

        self._desk.run(f"review:absent:{intent}", confirm, lambda _: done(), failed)

    def choose(self, intent: str, order: str, done: Callable[[], object], failed: Failed) -> None:
        async def choose(services: Services) -> None:
            await services.trading.choose(intent, order)

        self._desk.run(f"review:choose:{intent}", choose, lambda _: done(), failed)

    def set_aside(
        self, intent: str, orders: tuple[str, ...], done: Callable[[], object], failed: Failed
    ) -> None:
        async def refuse(services: Services) -> None:
            await services.trading.set_aside(intent, orders)

        self._desk.run(f"review:aside:{intent}", refuse, lambda _: done(), failed)
