"""What is said on one line after its login: commands out, events in. Nothing here waits.

The line as such is somebody else's (``stream``), who sends what ``next`` gives and hands every
message to ``heard``.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from brokerdesk.brokers.schwab import BROKER_ID, TITLE
from brokerdesk.brokers.schwab.stream_commands import FULL, Subscriptions
from brokerdesk.brokers.schwab.stream_ends import (
    code_of,
    decoded,
    not_understood,
    raise_if_over,
)
from brokerdesk.brokers.schwab.stream_news import News
from brokerdesk.brokers.schwab.stream_prices import Merging, SpoiltError
from brokerdesk.brokers.schwab.stream_symbols import Symbol, by_symbol
from brokerdesk.brokers.schwab.stream_wire import ACTIVITY, Command, Record, Response
from brokerdesk.brokers.streaming import NotTold, StreamEvent, Told
from brokerdesk.clock import Clock
from brokerdesk.domain.kinds import Environment
from brokerdesk.domain.quote import QuoteKey
from brokerdesk.errors import BrokerProtocolError, BrokerUnavailableError

_log = logging.getLogger(__name__)

MOST_SYMBOLS = 500
QUIET = 30.0
"""Seconds after which a subscribed symbol that nothing was said of counts as not told."""
UNANSWERED = 30.0

NOT_CARRIED = "Schwab's streamer does not carry this."
SPOILT = "What Schwab's streamer said of it could not be understood."
NOTHING_SAID = "Schwab's streamer says nothing of it."


class Talk:
    """One signed-in line: its subscriptions, the quotes merged so far, its account news."""

    def __init__(self, environment: Environment, clock: Clock) -> None:
        self._clock = clock
        self._subscriptions = Subscriptions()
        self._merging = Merging()
        self._news = News(environment)
        self._keys: dict[Symbol, tuple[QuoteKey, ...]] = {}
        self._not_told: set[QuoteKey] = set()
        self._waiting: dict[Symbol, float] = {}
        self._number = 0
        self._asked_at = 0.0

    @property
    def no_news(self) -> bool:
        """Whether the streamer has refused to tell of accounts."""
        return self._subscriptions.no_news

    def want(self, keys: frozenset[QuoteKey]) -> list[StreamEvent]:
        """What is wanted from now on, and what can be said of it at once."""
        before = {key for known in self._keys.values() for key in known} | self._not_told
        found, foreign = by_symbol(keys)
        over = dict(list(found.items())[MOST_SYMBOLS:])
        self._keys = {symbol: known for symbol, known in found.items() if symbol not in over}
        self._subscriptions.want(self._keys)
        self._not_told &= keys
        events = self._refusals(foreign, NOT_CARRIED)
        events += self._refusals((key for known in over.values() for key in known), FULL)
        for symbol, known in self._keys.items():
            why = self._subscriptions.refused(symbol)
            if why:
                events += self._refusals(known, why)
            elif self._merging.heard(symbol):
                events += [self._told(symbol, key) for key in known if key not in before]
        return events

    def next(self) -> tuple[Command, int] | None:
        """The next command and its number, if one is to be sent now."""
        command = self._subscriptions.next()
        if command is None:
            return None
        self._number += 1
        self._asked_at = now = self._clock.monotonic()
        for name in command.symbols:
            symbol = (command.service, name)
            if command.name == "UNSUBS":
                self._merging.end(symbol)
                self._waiting.pop(symbol, None)
            else:
                self._merging.begin(symbol)
                self._waiting[symbol] = now
        return command, self._number

    def heard(self, message: str | bytes) -> list[StreamEvent]:
        """What a message means.

        Raises:
            AuthExpiredError: the login is not taken (any more).
            LineTakenError: another program took the line.
            BrokerUnavailableError: the streamer ends the line, or leaves a command unanswered.
            BrokerProtocolError: it cannot be understood.
        """
        frame = decoded(message)
        events: list[StreamEvent] = []
        for notice in frame.notify:
            raise_if_over(code_of(notice))
        for response in frame.response:
            events += self._answered(response)
        try:
            for record in frame.data:
                news = record.service == ACTIVITY
                events += self._news_in(record) if news else self._prices(record)
        except BrokerProtocolError as error:
            raise not_understood() from error
        return events + self._overdue()

    def _answered(self, response: Response) -> list[StreamEvent]:
        code = response.content.code
        raise_if_over(code)
        if str(response.requestid) != str(self._number) or self._subscriptions.asked is None:
            return []
        events: list[StreamEvent] = []
        for symbol in self._subscriptions.answered(code):
            self._waiting.pop(symbol, None)
            events += self._refusals(
                self._keys.get(symbol, ()), self._subscriptions.refused(symbol)
            )
        return events

    def _news_in(self, record: Record) -> list[StreamEvent]:
        events: list[StreamEvent] = []
        for raw in record.content:
            events += self._news.taken(raw, self._clock.now())
        return events

    def _prices(self, record: Record) -> list[StreamEvent]:
        events: list[StreamEvent] = []
        for raw in record.content:
            try:
                symbol = self._merging.merge(record.service, raw)
            except SpoiltError as error:
                events += self._spoilt(error.symbol)
                continue
            if symbol is not None:
                self._waiting.pop(symbol, None)
                events += [self._told(symbol, key) for key in self._keys.get(symbol, ())]
        return events

    def _told(self, symbol: Symbol, key: QuoteKey) -> Told:
        self._not_told.discard(key)
        return Told(key=key, quote=self._merging.quote(symbol, key, self._clock.now()))

    def _spoilt(self, symbol: Symbol) -> list[StreamEvent]:
        """Whatever is merged after a message that was not understood would be wrong."""
        if symbol not in self._keys:
            return []
        _log.warning("a level one message could not be understood")
        self._merging.end(symbol)
        self._waiting.pop(symbol, None)
        self._subscriptions.give_up(symbol, SPOILT)
        return self._refusals(self._keys[symbol], SPOILT)

    def _overdue(self) -> list[StreamEvent]:
        now = self._clock.monotonic()
        if self._subscriptions.asked is not None and now - self._asked_at > UNANSWERED:
            raise BrokerUnavailableError(
                f"{TITLE} leaves a command on its line unanswered.",
                "BrokerDesk will connect again.",
                broker_id=BROKER_ID,
            )
        quiet = [symbol for symbol, since in self._waiting.items() if now - since > QUIET]
        events: list[StreamEvent] = []
        for symbol in quiet:
            del self._waiting[symbol]
            events += self._refusals(self._keys.get(symbol, ()), NOTHING_SAID)
        return events

    def _refusals(self, keys: Iterable[QuoteKey], why: str) -> list[StreamEvent]:
        fresh = frozenset(keys) - self._not_told
        self._not_told |= fresh
        return [NotTold(keys=fresh, why=why)] if fresh else []
