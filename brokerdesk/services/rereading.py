"""Reads one account outside of a round, because something has just happened in it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from brokerdesk.clock import Clock
from brokerdesk.domain.events import AccountRefreshed, Publish
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.kinds import ConnectionState
from brokerdesk.errors import AuthError, BrokerError, RateLimitedError, SecretStoreError
from brokerdesk.services.refreshing import RefreshingService

if TYPE_CHECKING:
    from brokerdesk.db.engine import Database

_log = logging.getLogger(__name__)


class BusyError(Exception):
    """The connection is being read, or its broker asked for silence: come again later."""


class Rereader:
    """Single accounts, through the same checks as a round."""

    def __init__(
        self, *, database: Database, refreshing: RefreshingService, clock: Clock, publish: Publish
    ) -> None:
        self._database, self._refreshing = database, refreshing
        self._clock, self._publish = clock, publish

    async def read(
        self,
        connection: ConnectionId,
        account: AccountId,
        *,
        portfolio: bool,
        by_user: bool = False,
    ) -> None:
        """Read the account's orders, after a fill its portfolio and transactions, too.

        A round that runs goes first: what it has read of this account may be from before. What
        fails is noted, and the next round tries it again anyway. ``by_user``: what the user did
        wants it, so that what the broker limits by the day is read too.

        Raises:
            BusyError: not now.
            StorageError: what came could not be stored.
        """
        pace = self._refreshing.pace(connection)
        if self._refreshing.running(connection) or pace.pause_left(self._clock.monotonic()):
            raise BusyError
        row = await self._database.read(lambda uow: uow.connections.get(connection))
        if row is None or row.state is ConnectionState.NEEDS_SIGN_IN:
            return
        try:
            work = self._refreshing.work(row, by_user=by_user)
            known = await work.one(account, portfolio=portfolio)
        except (AuthError, SecretStoreError) as error:
            await self._refreshing.sign_in_refused(connection, error)
        except RateLimitedError as error:
            pace.failed(self._clock.monotonic(), retry_after=error.retry_after)
        except BrokerError as error:
            _log.info("an account of connection %s was not read: %s", connection, error.code)
        else:
            if known and account not in work.done.held:
                self._publish(AccountRefreshed(connection=connection, account=account))
