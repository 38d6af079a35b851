"""Prices and account news as Schwab tells them unasked. Both come on the one line of a session."""

from __future__ import annotations

from brokerdesk.brokers.schwab.stream_symbols import symbol_of
from brokerdesk.brokers.schwab.stream_talk import MOST_SYMBOLS
from brokerdesk.brokers.schwab.streamer import NEWS, QUOTES, Streamer
from brokerdesk.brokers.streaming import Tell
from brokerdesk.domain.quote import QuoteKey


class SchwabQuoteStream:
    """Prices of shares and options. Implements ``streaming.QuoteStream``."""

    def __init__(self, streamer: Streamer) -> None:
        self._streamer = streamer
        self._wanted: frozenset[QuoteKey] = frozenset()
        self._running = False

    @property
    def most(self) -> int | None:
        return MOST_SYMBOLS

    def carries(self, key: QuoteKey) -> bool:
        return symbol_of(key) is not None

    def want(self, keys: frozenset[QuoteKey]) -> None:
        self._wanted = keys
        if self._running:
            self._streamer.want(keys)

    async def run(self, tell: Tell) -> None:
        self._running = True
        try:
            self._streamer.want(self._wanted)
            await self._streamer.run(QUOTES, tell)
        finally:
            self._running = False


class SchwabAccountStream:
    """What happens in all accounts of the login. Implements ``streaming.AccountStream``."""

    def __init__(self, streamer: Streamer) -> None:
        self._streamer = streamer

    async def run(self, tell: Tell) -> None:
        await self._streamer.run(NEWS, tell)
