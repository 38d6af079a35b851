"""What the review asks of the program. Answers come back on the GUI thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from brokerdesk.domain.draft import Draft
from brokerdesk.services.trading_facts import LedgerRow, Review, Sent

Failed = Callable[[BaseException], object]


class ReviewPort(Protocol):
    """``services.trading`` as far as a review needs it."""

    def review(
        self,
        drafts: tuple[Draft, ...],
        replaces: str,
        done: Callable[[Review], object],
        failed: Failed,
    ) -> None: ...

    def void(self, review: str) -> None: ...

    def send(
        self,
        review: str,
        read: frozenset[str],
        done: Callable[[tuple[Sent, ...]], object],
        failed: Failed,
    ) -> None: ...

    def answer(
        self, intent: str, agreed: bool, done: Callable[[Sent], object], failed: Failed
    ) -> None: ...

    def follow(self, intent: str, done: Callable[[LedgerRow | None], object]) -> None: ...

    def check_now(self, intent: str, done: Callable[[], object], failed: Failed) -> None: ...

    def confirm_absent(self, intent: str, done: Callable[[], object], failed: Failed) -> None: ...

    def choose(
        self, intent: str, order: str, done: Callable[[], object], failed: Failed
    ) -> None: ...

    def set_aside(
        self, intent: str, orders: tuple[str, ...], done: Callable[[], object], failed: Failed
    ) -> None: ...
