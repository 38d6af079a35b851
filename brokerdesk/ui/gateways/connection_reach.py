"""``ReachPort`` over the services: limits, institutions and what is billed, on the I/O thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.tasks import Policy
from brokerdesk.ui.viewmodels.connection_limits import DailyFacts, LimitFacts, RateFacts
from brokerdesk.ui.viewmodels.connection_links import BalanceFacts, LinkFacts, ReachFacts
from brokerdesk.ui.viewmodels.desk import Desk

if TYPE_CHECKING:
    from brokerdesk.brokers.base import Link
    from brokerdesk.services.container import Services
    from brokerdesk.services.reaching import Limits

Failed = Callable[[BaseException], object]


class ConnectionReachGateway:
    """What the page asks, through the desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def look(self, connection: str, done: Callable[[ReachFacts | None], object]) -> None:
        async def look(services: Services) -> ReachFacts | None:
            limits = await services.reaching.limits(ConnectionId(connection))
            return None if limits is None else _facts(limits)

        self._desk.run("connections:limits", look, done, policy=Policy.NEWEST_WINS)

    def links(
        self, connection: str, done: Callable[[tuple[LinkFacts, ...]], object], failed: Failed
    ) -> None:
        async def read(services: Services) -> tuple[LinkFacts, ...]:
            found = await services.reaching.links(ConnectionId(connection))
            return tuple(_link(one) for one in found.items)

        self._desk.run("connections:links", read, done, failed)

    def ask_anew(
        self, connection: str, link: str, done: Callable[[], object], failed: Failed
    ) -> None:
        async def ask(services: Services) -> None:
            await services.reaching.ask_anew(ConnectionId(connection), link)

        self._desk.run("connections:anew", ask, lambda _: done(), failed)

    def remove(
        self, connection: str, link: str, done: Callable[[], object], failed: Failed
    ) -> None:
        async def remove(services: Services) -> None:
            await services.reaching.remove(ConnectionId(connection), link)

        self._desk.run("connections:unlink", remove, lambda _: done(), failed)

    def live(
        self, account: str, done: Callable[[tuple[BalanceFacts, ...]], object], failed: Failed
    ) -> None:
        async def ask(services: Services) -> tuple[BalanceFacts, ...]:
            told = await services.reaching.live_balances(AccountId(account))
            return tuple(
                BalanceFacts(currency=one.currency, total=one.net_liquidation, cash=one.cash)
                for one in told.balances
            )

        self._desk.run("connections:live", ask, done, failed)


def _facts(limits: Limits) -> ReachFacts:
    able, names = limits.able, dict(limits.names)
    return ReachFacts(
        broker=limits.broker,
        gathers=able.gathers,
        ends=able.signs_out,
        limits=LimitFacts(
            requests_per_minute=able.requests_per_minute,
            rates=tuple(
                RateFacts(
                    account=names.get(one.account, "An account") if one.account else "",
                    what=one.what,
                    free=one.free,
                    limit=one.limit,
                    seconds=one.seconds,
                    waiting=one.waiting,
                    paused_seconds=one.paused_seconds,
                )
                for one in limits.rates
            ),
            daily=tuple(
                DailyFacts(
                    account=account.name,
                    kind=one.kind,
                    read=one.read,
                    per_day=one.per_day,
                    next_at=one.next_at,
                )
                for account in limits.accounts
                for one in account.allowances
            ),
            billed=able.billed,
        ),
    )


def _link(one: Link) -> LinkFacts:
    return LinkFacts(
        key=one.id,
        institution=one.institution,
        working=one.working,
        since=one.since,
        trades=one.trades,
        live=one.live,
        notes=one.notes,
    )
