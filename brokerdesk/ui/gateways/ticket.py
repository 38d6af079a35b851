"""``TicketPort`` over the trading service and the quote service, on the I/O thread."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from brokerdesk.domain.quote import QuoteKey
from brokerdesk.services.quoting_rules import Priced
from brokerdesk.tasks import Policy

if TYPE_CHECKING:
    from brokerdesk.brokers.finding import Chain
    from brokerdesk.domain.draft import Draft
    from brokerdesk.domain.ids import AccountId
    from brokerdesk.domain.instrument import Instrument
    from brokerdesk.domain.kinds import Environment
    from brokerdesk.services.container import Services
    from brokerdesk.services.routing import Wish
    from brokerdesk.services.trading_facts import (
        LedgerRow,
        Match,
        Offers,
        Routed,
        TicketQuote,
        TradingState,
    )
    from brokerdesk.ui.viewmodels.desk import Desk
    from brokerdesk.ui.viewmodels.ticket_ports import Failed

_LEASE = "ticket"


class TicketGateway:
    """What a ticket asks, through the desk. Of several questions of a kind only the newest is
    answered; whoever asks drops what it no longer wants to know.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def world(
        self, done: Callable[[tuple[Environment, ...], TradingState], object], failed: Failed
    ) -> None:
        async def look(services: Services) -> tuple[tuple[Environment, ...], TradingState]:
            return await services.trading.environments(), services.trading.state()

        self._desk.run(
            "ticket:world", look, lambda found: done(*found), failed, policy=Policy.NEWEST_WINS
        )

    def find(
        self, text: str, environment: Environment, done: Callable[[tuple[Match, ...]], object],
        failed: Failed,
    ) -> None:  # fmt: skip
        async def find(services: Services) -> tuple[Match, ...]:
            return await services.trading.find(text, environment)

        self._desk.run("ticket:find", find, done, failed, policy=Policy.NEWEST_WINS)

    def route(
        self, wish: Wish, draft: Draft | None, done: Callable[[Routed], object], failed: Failed
    ) -> None:
        async def route(services: Services) -> Routed:
            return await services.trading.route(wish, draft)

        self._desk.run("ticket:route", route, done, failed, policy=Policy.NEWEST_WINS)

    def offers(self, draft: Draft, done: Callable[[Offers], object], failed: Failed) -> None:
        async def offers(services: Services) -> Offers:
            return await services.trading.offers(draft)

        self._desk.run("ticket:offers", offers, done, failed, policy=Policy.NEWEST_WINS)

    def quote(
        self, instrument: Instrument, environment: Environment, account: AccountId | None,
        done: Callable[[TicketQuote], object], failed: Failed,
    ) -> None:  # fmt: skip
        async def ask(services: Services) -> TicketQuote:
            return await services.trading.quote(instrument, environment, account)

        name = f"ticket:quote:{instrument.symbol}"
        self._desk.run(name, ask, done, failed, policy=Policy.NEWEST_WINS)

    def follow(self, instruments: tuple[Instrument, ...], environment: Environment) -> None:
        keys = [
            Priced(environment, QuoteKey(one.symbol, one.asset_type, one.currency))
            for one in instruments
        ]

        async def follow(services: Services) -> None:
            if keys:
                services.quoting.want(_LEASE, keys)
            else:
                services.quoting.release(_LEASE)

        if self._desk.ready:
            self._desk.run("ticket:follow", follow)

    def attend(self, on: bool) -> None:
        async def attend(services: Services) -> None:
            services.trading.attend("ticket", on)

        if self._desk.ready:
            self._desk.run("ticket:attend", attend)

    def expiries(
        self, underlying: Instrument, account: AccountId,
        done: Callable[[tuple[date, ...]], object], failed: Failed,
    ) -> None:  # fmt: skip
        async def ask(services: Services) -> tuple[date, ...]:
            return await services.trading.expiries(underlying, account)

        self._desk.run("ticket:expiries", ask, done, failed, policy=Policy.NEWEST_WINS)

    def chain(
        self, underlying: Instrument, expiry: date, account: AccountId,
        done: Callable[[Chain], object], failed: Failed,
    ) -> None:  # fmt: skip
        async def ask(services: Services) -> Chain:
            return await services.trading.chain(underlying, expiry, account)

        self._desk.run("ticket:chain", ask, done, failed, policy=Policy.NEWEST_WINS)

    def set_default(self, account: AccountId | None, done: Callable[[], object]) -> None:
        async def choose(services: Services) -> None:
            await services.trading.set_default(account)

        self._desk.run("ticket:default", choose, lambda _: done())

    def order(self, key: str, done: Callable[[LedgerRow | None], object], failed: Failed) -> None:
        async def look(services: Services) -> LedgerRow | None:
            return await services.trading.detail(key)

        self._desk.run("ticket:order", look, done, failed, policy=Policy.NEWEST_WINS)
