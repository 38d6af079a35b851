"""``ConnectionsPort`` over the services: what the page asks runs on the I/O thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.ui.viewmodels.account_words import account_kind
from brokerdesk.ui.viewmodels.connections_state import (
    AccountFacts,
    ConnectionFacts,
    FailureFacts,
    RemovalFacts,
)
from brokerdesk.ui.viewmodels.desk import Desk

if TYPE_CHECKING:
    from brokerdesk.services.connection_care import Care, KeptAccount
    from brokerdesk.services.container import Services

Failed = Callable[[BaseException], object]


class ConnectionsGateway:
    """What the page asks, through the desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def look(self, connection: str, done: Callable[[ConnectionFacts | None], object]) -> None:
        async def look(services: Services) -> ConnectionFacts | None:
            care = await services.care.look(ConnectionId(connection))
            return None if care is None else _facts(care)

        self._desk.run("connections:look", look, done)

    def stakes(self, connection: str, done: Callable[[RemovalFacts | None], object]) -> None:
        async def count(services: Services) -> RemovalFacts | None:
            stakes = await services.care.stakes(ConnectionId(connection))
            if stakes is None:
                return None
            return RemovalFacts(
                name=stakes.name,
                accounts=stakes.accounts,
                days=stakes.days,
                first=stakes.first,
                snapshots=stakes.snapshots,
                transactions=stakes.transactions,
                orders=stakes.orders,
            )

        self._desk.run("connections:stakes", count, done)

    def rename(
        self, connection: str, name: str, done: Callable[[], object], failed: Failed
    ) -> None:
        async def rename(services: Services) -> None:
            await services.connecting.rename(ConnectionId(connection), name)

        self._desk.run("connections:rename", rename, lambda _: done(), failed)

    def include(self, account: str, included: bool, done: Callable[[], object]) -> None:
        async def include(services: Services) -> None:
            await services.care.include(AccountId(account), included)

        self._desk.run("connections:include", include, lambda _: done())

    def remove(
        self, connection: str, keep_history: bool, done: Callable[[], object], failed: Failed
    ) -> None:
        async def remove(services: Services) -> None:
            await services.connecting.remove(ConnectionId(connection), keep_history=keep_history)

        self._desk.run("connections:remove", remove, lambda _: done(), failed)


def _facts(care: Care) -> ConnectionFacts:
    row = care.connection
    return ConnectionFacts(
        key=row.id,
        name=row.name,
        broker=care.broker_title,
        environment=row.environment.value,
        since=row.created_at,
        signed_in_at=row.signed_in_at,
        sign_in_ends=row.sign_in_ends,
        sign_in_days=care.sign_in_lasts.days if care.sign_in_lasts is not None else None,
        renewals=care.renewals,
        last_attempt=row.last_attempt,
        accounts=tuple(_account(one) for one in care.accounts),
        sign_ins=care.sign_ins,
        failures=tuple(
            FailureFacts(at=one.at, code=one.code, text=one.text) for one in care.failures
        ),
        strip=care.strip,
        today=care.today,
    )


def _account(one: KeptAccount) -> AccountFacts:
    account = one.stored.account
    return AccountFacts(
        key=account.id,
        mask=account.number_mask,
        name=one.stored.shown_name,
        type=account_kind(account),
        included=one.stored.included,
        closed=one.stored.closed_at is not None,
        days=one.days,
        newest=one.newest,
    )
