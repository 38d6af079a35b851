"""One connection as a teller of prices: its line, what is wanted of it, how its line stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from datetime import timedelta

from brokerdesk.brokers.base import BrokerSession, Capabilities
from brokerdesk.brokers.streaming import LineState, QuoteStream, StreamsQuotes
from brokerdesk.domain.connection import Connection
from brokerdesk.domain.ids import ConnectionId
from brokerdesk.domain.kinds import PriceFeed
from brokerdesk.domain.quote import QuoteKey
from brokerdesk.facts import dataclass
from brokerdesk.services.keeping_lines import Patience
from brokerdesk.services.quoting_rules import Source


@dataclass(slots=True, eq=False)
class Teller:
    """``keys`` are told on its line, ``asked`` are those that it is asked for.

    ``failed``: the line was lost and has not been made again. ``halted``: it is not tried again.
    ``refused`` will not be told on this line, ``unknown`` are not known when asked.
    """

    row: Connection
    session: BrokerSession
    capabilities: Capabilities
    holds: frozenset[QuoteKey] = frozenset()
    stream: QuoteStream | None = None
    state: LineState | None = None
    failed: bool = False
    halted: bool = False
    askable: bool = True
    keys: frozenset[QuoteKey] = frozenset()
    asked: tuple[QuoteKey, ...] = ()
    refused: set[QuoteKey] = field(default_factory=set)
    unknown: set[QuoteKey] = field(default_factory=set)
    feeds: dict[QuoteKey, PriceFeed] = field(default_factory=dict)
    patience: Patience = field(default_factory=Patience)

    @property
    def id(self) -> ConnectionId:
        return self.row.id

    @property
    def streams(self) -> bool:
        """Whether it has a line that may be tried."""
        return (
            self.capabilities.streaming
            and not self.halted
            and isinstance(self.session, StreamsQuotes)
        )

    @property
    def up(self) -> bool:
        """Whether its line stands, or is being made for the first time."""
        return self.streams and not self.failed and self.state is not LineState.SILENT

    @property
    def every(self) -> timedelta | None:
        """How often it may be asked; None: never."""
        return self.capabilities.quotes_every if self.askable else None

    def renew(self) -> QuoteStream:
        """A new line, not made yet; what the one before refused may be told on this one."""
        assert isinstance(self.session, StreamsQuotes)
        self.stream = self.session.quote_stream()
        self.state = None
        self.refused.clear()
        self.stream.want(self.keys)
        return self.stream

    def want(self, keys: Iterable[QuoteKey]) -> None:
        """What its line is to tell from now on."""
        keys = frozenset(keys)
        if keys != self.keys:
            self.keys = keys
            if self.stream is not None:
                self.stream.want(keys)

    def lost(self) -> None:
        """Its line is no more."""
        self.failed, self.state = True, None

    def line(self) -> Source:
        """What its line can tell."""
        if self.stream is None:
            assert isinstance(self.session, StreamsQuotes)
            self.stream = self.session.quote_stream()
        return Source(
            id=self.id,
            environment=self.row.environment,
            carries=self.stream.carries,
            most=self.stream.most,
            holds=self.holds,
            refuses=frozenset(self.refused),
            feeds=self.feeds,
        )

    def desk(self) -> Source:
        """What it can be asked for."""
        return Source(
            id=self.id,
            environment=self.row.environment,
            carries=lambda _: True,
            holds=self.holds,
            refuses=frozenset(self.unknown),
            feeds=self.feeds,
        )
