"""What is subscribed and what is wanted, and the one command after the other that joins them.

The streamer takes one command at a time. It may refuse a whole service, or symbols because there
are too many: then smaller steps are tried until it is full. Nothing here touches the network.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from brokerdesk.brokers.schwab.stream_symbols import Symbol
from brokerdesk.brokers.schwab.stream_wire import (
    ACTIVITY,
    EQUITIES,
    FIELDS,
    NOT_AVAILABLE,
    OPTIONS,
    SUCCEEDED,
    TOO_MANY_SYMBOLS,
    Command,
)

AT_ONCE = 100
"""Symbols in one command."""

NO_SERVICE = "Schwab's streamer does not offer this kind of price to this login."
FULL = "Schwab's streamer carries no more symbols at once."
FAILED = "Schwab's streamer did not take this symbol."


@dataclass(slots=True)
class _Service:
    """One level one service. ``step`` is how many symbols the next command may have."""

    wanted: set[str] = field(default_factory=set)
    had: set[str] = field(default_factory=set)
    refused: dict[str, str] = field(default_factory=dict)
    begun: bool = False
    step: int = AT_ONCE
    tried_again: bool = False
    gone: bool = False

    @property
    def missing(self) -> list[str]:
        return sorted(self.wanted - self.had - self.refused.keys())


class Subscriptions:
    """The state of one line's subscriptions."""

    def __init__(self) -> None:
        self._services = {EQUITIES: _Service(), OPTIONS: _Service()}
        self._asked: Command | None = None
        self._news_asked = False
        self.no_news = False
        """Whether the streamer has refused to tell of accounts."""

    @property
    def asked(self) -> Command | None:
        """The command whose answer is waited for."""
        return self._asked

    def want(self, symbols: Iterable[Symbol]) -> None:
        """What is wanted from now on, instead of what was."""
        wanted: dict[str, set[str]] = {EQUITIES: set(), OPTIONS: set()}
        for service, symbol in symbols:
            wanted[service].add(symbol)
        for name, known in self._services.items():
            known.wanted = wanted[name]

    def refused(self, symbol: Symbol) -> str:
        """Why a wanted symbol is not told, as our sentence; "" while nothing speaks against it."""
        service = self._services[symbol[0]]
        return NO_SERVICE if service.gone else service.refused.get(symbol[1], "")

    def give_up(self, symbol: Symbol, why: str) -> None:
        """Do not subscribe this on the present line (again); it is taken off if it is there."""
        self._services[symbol[0]].refused[symbol[1]] = why

    def next(self) -> Command | None:
        """The next command to send; None: there is nothing to do, or an answer is awaited."""
        if self._asked is None:
            self._asked = self._news() or self._removal() or self._addition()
            return self._asked
        return None

    def answered(self, code: int) -> tuple[Symbol, ...]:
        """Take the answer to the command that was asked; the symbols that are refused by it."""
        command, self._asked = self._asked, None
        if command is None:
            return ()
        if command.service == ACTIVITY:
            self.no_news = code not in SUCCEEDED
            return ()
        service = self._services[command.service]
        if command.name == "UNSUBS":
            self._taken_off(command)
            return ()
        if code in SUCCEEDED:
            service.begun, service.tried_again = True, False
            service.had.update(command.symbols)
            return ()
        return tuple((command.service, symbol) for symbol in self._failed(service, command, code))

    def _news(self) -> Command | None:
        if self._news_asked:
            return None
        self._news_asked = True
        parameters = {"keys": "Account Activity", "fields": FIELDS[ACTIVITY]}
        return Command(ACTIVITY, "SUBS", parameters)

    def _removal(self) -> Command | None:
        for name, service in self._services.items():
            gone = sorted(service.had - (service.wanted - service.refused.keys()))[:AT_ONCE]
            if gone:
                return Command(name, "UNSUBS", {"keys": ",".join(gone)}, tuple(gone))
        return None

    def _addition(self) -> Command | None:
        for name, service in self._services.items():
            keys = [] if service.gone else service.missing[: service.step]
            if keys:
                verb = "ADD" if service.begun else "SUBS"
                parameters = {"keys": ",".join(keys), "fields": FIELDS[name]}
                return Command(name, verb, parameters, tuple(keys))
        return None

    def _taken_off(self, command: Command) -> None:
        """There is room again: whatever was refused for lack of it may be asked for."""
        self._services[command.service].had.difference_update(command.symbols)
        for service in self._services.values():
            service.step = AT_ONCE
            for symbol in [one for one, why in service.refused.items() if why == FULL]:
                del service.refused[symbol]

    def _failed(self, service: _Service, command: Command, code: int) -> Iterable[str]:
        if code == NOT_AVAILABLE:
            service.gone = True
            return service.missing
        if code == TOO_MANY_SYMBOLS:
            if len(command.symbols) > 1:
                service.step = len(command.symbols) // 2
                return ()
            why, refused = FULL, service.missing
        elif service.tried_again:
            why, refused = FAILED, list(command.symbols)
            service.tried_again = False
        else:
            service.tried_again = True
            return ()
        service.refused.update(dict.fromkeys(refused, why))
        return refused
