"""Open broker sessions, one per connection, kept while they are of use.

A session holds a connection pool and the pace of its requests, so it outlives one refresh. It is
closed when its connection signs in anew, changes its keys or goes. This module knows credentials
only as a port; it never reads one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from brokerdesk.brokers.base import (
    BrokerSession,
    BrokerSpec,
    CredentialPort,
    Network,
    SessionContext,
)
from brokerdesk.brokers.rate_book import Book
from brokerdesk.clock import Clock
from brokerdesk.domain.connection import Connection
from brokerdesk.domain.events import ClockSkewed, Publish
from brokerdesk.domain.ids import ConnectionId
from brokerdesk.domain.kinds import Environment
from brokerdesk.errors import BrokerDeskError, BrokerUnavailableError, SecretStoreError

SKEW_LIMIT = 30.0
"""Seconds that this computer's clock may differ from a broker's before the user is told."""


class Specs(Protocol):
    """Where brokers are looked up: ``brokers.registry`` in the product."""

    def __call__(self, broker_id: str) -> BrokerSpec: ...


class SessionPool:
    """Sessions by connection. All methods belong to one event loop."""

    def __init__(
        self,
        *,
        specs: Specs,
        clock: Clock,
        credentials: Callable[[ConnectionId], CredentialPort],
        network: Network,
        token_buffer: timedelta,
        practice_urls: Mapping[str, str],
        publish: Publish,
        book: Book | None = None,
    ) -> None:
        self._specs = specs
        self._clock = clock
        self._credentials = credentials
        self._network = network
        self._token_buffer = token_buffer
        self._practice_urls = practice_urls
        self._publish = publish
        self.book = book
        self._sessions: dict[ConnectionId, BrokerSession] = {}
        self._renewals: Counter[ConnectionId] = Counter()
        self._shut: dict[ConnectionId, datetime | None] = {}
        self._skew_told = False
        self.before_close: list[Callable[[ConnectionId], Awaitable[None]]] = []
        """Awaited before a connection's session is closed: whoever uses it lets go of it."""

    @property
    def network(self) -> Network:
        return self._network

    def adopt(self, network: Network, token_buffer: timedelta) -> tuple[ConnectionId, ...]:
        """Open sessions this way from now on; the connections whose session is still of old."""
        if (network, token_buffer) == (self._network, self._token_buffer):
            return ()
        self._network, self._token_buffer = network, token_buffer
        return tuple(self._sessions)

    def opened(self, connection: ConnectionId) -> BrokerSession | None:
        """The session of this connection if it is open."""
        return self._sessions.get(connection)

    def renewals(self, connection: ConnectionId) -> int:
        """How often the access was renewed since this was asked last."""
        return self._renewals.pop(connection, 0)

    def shut(self, row: Connection) -> None:
        """Its sign-in could not be taken out of where it is kept.

        A locked keychain asks for its password whenever it is asked for something: who closed that
        window is not asked again by lines that begin by themselves.
        """
        self._shut[row.id] = row.last_success

    def is_shut(self, row: Connection) -> bool:
        """Whether that was so, and no refresh has succeeded since."""
        return row.id in self._shut and self._shut[row.id] == row.last_success

    def spec(self, broker_id: str) -> BrokerSpec:
        """The broker's record.

        Raises:
            InputError: no such broker.
        """
        return self._specs(broker_id)

    def session(self, connection: Connection) -> BrokerSession:
        """The open session of this connection, opened on first use.

        Raises:
            BrokerUnavailableError: offline, or the practice market does not run.
        """
        opened = self._sessions.get(connection.id)
        if opened is None:
            opened = self.open(
                connection.broker,
                connection.environment,
                self._credentials(connection.id),
                connection.practice_url,
                on_renewed=lambda: self._renewals.update([connection.id]),
            )
            self._sessions[connection.id] = opened
        return opened

    def open(
        self,
        broker_id: str,
        environment: Environment,
        credentials: CredentialPort,
        practice_url: str = "",
        *,
        on_renewed: Callable[[], None] | None = None,
    ) -> BrokerSession:
        """A session of the caller's own, not kept here; the caller closes it."""
        self.refuse_offline(broker_id)
        return self._specs(broker_id).open_session(
            SessionContext(
                environment=environment,
                clock=self._clock,
                credentials=credentials,
                network=self._network,
                practice_url=self.practice_url(broker_id, environment, practice_url),
                token_buffer=self._token_buffer,
                on_clock_skew=self._on_clock_skew,
                on_renewed=on_renewed,
                book=self.book,
            )
        )

    def refuse_offline(self, broker_id: str) -> None:
        """Refuse in words what needs the network.

        Raises:
            BrokerUnavailableError: the program was started offline.
        """
        if self._network.offline:
            raise BrokerUnavailableError(
                "BrokerDesk is offline.",
                "The figures shown are the last ones stored.",
                "Start it without --offline to refresh.",
                broker_id=broker_id,
            )

    def practice_url(self, broker_id: str, environment: Environment, given: str = "") -> str:
        """Where practice requests of this broker go: ``given``, else the built-in simulator.

        Raises:
            BrokerUnavailableError: the built-in simulator does not run.
        """
        if environment is not Environment.PRACTICE:
            return ""
        url = given or self._practice_urls.get(broker_id, "")
        if not url:
            raise BrokerUnavailableError(
                "The practice market is not running.",
                "The figures shown are the last ones stored.",
                "Start BrokerDesk with --practice.",
                broker_id=broker_id,
            )
        return url

    async def close(self, connection: ConnectionId) -> None:
        """Close this connection's session; the next use opens a new one."""
        for let_go in self.before_close:
            await let_go(connection)
        session = self._sessions.pop(connection, None)
        if session is not None:
            await session.aclose()

    async def refused(self, row: Connection, error: BrokerDeskError) -> None:
        """A round ended because nobody let it in: close the session, and let nothing knock again
        where the keychain was what did not open.
        """
        if isinstance(error, SecretStoreError):
            self.shut(row)
        await self.close(row.id)

    async def aclose(self) -> None:
        """Close all sessions. May be called twice."""
        while self._sessions:
            _, session = self._sessions.popitem()
            await session.aclose()

    def _on_clock_skew(self, seconds: float) -> None:
        # Told once per excursion: each answer carries a date, and one sentence is enough.
        if abs(seconds) <= SKEW_LIMIT:
            self._skew_told = False
        elif not self._skew_told:
            self._skew_told = True
            self._publish(ClockSkewed(seconds=round(seconds)))
