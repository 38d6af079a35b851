"""What the ticket asks of the program. Every answer comes back on the GUI thread, later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Protocol

from brokerdesk.brokers.finding import Chain
from brokerdesk.domain.draft import Draft
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import Environment
from brokerdesk.services.routing import Wish
from brokerdesk.services.trading_facts import (
    LedgerRow,
    Match,
    Offers,
    Routed,
    TicketQuote,
    TradingState,
)

Failed = Callable[[BaseException], object]


class TicketPort(Protocol):
    """``services.trading`` as far as a ticket needs it, and the live prices of what is in it."""

    def world(
        self, done: Callable[[tuple[Environment, ...], TradingState], object], failed: Failed
    ) -> None:
        """Which environments have an account, and how the switches stand."""
        ...

    def find(
        self, text: str, environment: Environment, done: Callable[[tuple[Match, ...]], object],
        failed: Failed,
    ) -> None: ...  # fmt: skip

    def route(
        self, wish: Wish, draft: Draft | None, done: Callable[[Routed], object], failed: Failed
    ) -> None: ...

    def offers(self, draft: Draft, done: Callable[[Offers], object], failed: Failed) -> None: ...

    def quote(
        self, instrument: Instrument, environment: Environment, account: AccountId | None,
        done: Callable[[TicketQuote], object], failed: Failed,
    ) -> None: ...  # fmt: skip

    def follow(self, instruments: tuple[Instrument, ...], environment: Environment) -> None:
        """Have their prices streamed, instead of those before; none: of nothing any more."""
        ...

    def attend(self, on: bool) -> None:
        """A ticket is seen, or no longer: orders that may move unheard are asked for meanwhile."""
        ...

    def expiries(
        self, underlying: Instrument, account: AccountId,
        done: Callable[[tuple[date, ...]], object], failed: Failed,
    ) -> None: ...  # fmt: skip

    def chain(
        self, underlying: Instrument, expiry: date, account: AccountId,
        done: Callable[[Chain], object], failed: Failed,
    ) -> None: ...  # fmt: skip

    def set_default(self, account: AccountId | None, done: Callable[[], object]) -> None: ...

    def order(
        self, key: str, done: Callable[[LedgerRow | None], object], failed: Failed
    ) -> None: ...
