"""The ledger: what we wished and what brokers have, as one list without doubles.

An intent and an order are the same when the journal knows the order's id, or the order carries the
intent's own id. Looking alike is not enough: an order of unknown fate stays a question of its own.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from brokerdesk.brokers.trading import SentField
from brokerdesk.clock import Clock
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.order import Order
from brokerdesk.errors import InputError, StorageError
from brokerdesk.services.ledger_merge import Around, Known, merged
from brokerdesk.services.ledger_request import request_fields
from brokerdesk.services.opening import Specs
from brokerdesk.services.orders_list import shown_orders
from brokerdesk.services.trading_after import AfterSending
from brokerdesk.services.trading_desk import TradingDesk
from brokerdesk.services.trading_facts import LedgerRow
from brokerdesk.services.trading_state import Standing

if TYPE_CHECKING:
    from brokerdesk.db.engine import Database
    from brokerdesk.db.journal.history import History, Sighting
    from brokerdesk.db.records import StoredAccount
    from brokerdesk.db.unit_of_work import UnitOfWork
    from brokerdesk.domain.connection import Connection

REACH = timedelta(days=90)
"""How far back the journal is read for orders without a beginning of their own."""
_EVER = datetime(2000, 1, 1, tzinfo=UTC)


class LedgerService:
    """All methods belong to one event loop. A journal that cannot be used leaves the brokers' own
    orders.
    """

    def __init__(
        self,
        *,
        standing: Standing,
        desk: TradingDesk,
        after: AfterSending,
        database: Database,
        specs: Specs,
        clock: Clock,
    ) -> None:
        self._standing, self._desk, self._after = standing, desk, after
        self._database, self._specs, self._clock = database, specs, clock

    async def rows(
        self, accounts: Collection[AccountId], since: datetime | None
    ) -> tuple[LedgerRow, ...]:
        """Orders since then, newest first; open ones and open questions whenever they began."""
        wanted = frozenset(accounts)
        histories, sightings = await self._journaled(since)
        around, stored = await self._database.read(lambda uow: self._read(uow, wanted, since))
        orders = {key: self._after.with_fresh(key, found) for key, found in stored.items()}
        known = Known(
            histories=tuple(one for one in histories if one.intent.account in wanted),
            orders=orders,
            sightings=sightings,
        )
        return merged(known, around)

    async def row(self, key: str) -> LedgerRow | None:
        """One row as it is now."""
        accounts = await self._database.read(
            lambda uow: [one.account.id for one in uow.accounts.list()]
        )
        found = await self.rows(accounts, self._clock.now() - REACH)
        known = next((one for one in found if one.key == key), None)
        if known is None:
            found = await self.rows(accounts, None)
            known = next((one for one in found if one.key == key), None)
        return known

    async def request_of(self, intent: str) -> tuple[tuple[SentField, ...], str]:
        """The fields that went out, and what came back in our words.

        Raises:
            InputError: there is no such intent.
            StorageError: the journal cannot be read.
        """
        journal = await self._standing.keeper.open()
        found = await journal.get(intent)
        if found is None:
            raise InputError("intent", "There is no such order in the journal.")
        steps = await journal.steps(intent)
        return request_fields(found), " ".join(
            dict.fromkeys(_sentence(step.words) for step in steps if step.words)
        )

    async def _journaled(
        self, since: datetime | None
    ) -> tuple[tuple[History, ...], tuple[Sighting, ...]]:
        journal = self._standing.keeper.opened
        if journal is None:
            return (), ()
        # What made an order that still works may be older than what is asked for.
        start = _EVER if since is None else min(since, self._clock.now() - REACH)
        try:
            return await journal.histories(start), await journal.sightings(start)
        except StorageError:
            return (), ()

    def _read(
        self, uow: UnitOfWork, wanted: frozenset[AccountId], since: datetime | None
    ) -> tuple[Around, dict[AccountId, tuple[Order, ...]]]:
        connections: dict[str, Connection] = {row.id: row for row in uow.connections.list()}
        stored: dict[AccountId, StoredAccount] = {
            one.account.id: one for one in uow.accounts.list() if one.account.id in wanted
        }
        shown = shown_orders(uow)
        orders = {
            account: tuple(
                one for one in uow.orders.list(account) if shown.at(one.account, one.entered_at)
            )
            for account in wanted
        }
        settling = self._standing.settling
        around = Around(
            now=self._clock.now(),
            since=since,
            connections=connections,
            accounts=stored,
            specs=self._specs,
            looks={} if settling is None else dict(settling.looks),
            asked=self._desk.asked,
        )
        return around, orders


def _sentence(words: str) -> str:
    return words if words.endswith((".", "!", "?")) else f"{words}."
