"""The line for prices: one subscription per thing, at most a hundred, delayed where none is paid.

It shares the socket of the questions, since TWS takes a client id once. What came since the last
look is told as one quote per thing, however many ticks it were. After “data lost” (1101) everything
is asked for anew; what was carried on until then is forgotten with it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from brokerdesk.brokers.ibkr import lookup, problems
from brokerdesk.brokers.ibkr.border import known
from brokerdesk.brokers.ibkr.gateway import Gateway
from brokerdesk.brokers.ibkr.listening import RESTORED_WITHOUT, Health, Listening
from brokerdesk.brokers.ibkr.names import Names
from brokerdesk.brokers.ibkr.ticks import Ticks
from brokerdesk.brokers.streaming import Line, LineState, NotTold, Tell, Told
from brokerdesk.clock import Clock
from brokerdesk.domain.kinds import AssetType
from brokerdesk.domain.quote import QuoteKey

MOST_LINES = 100
"""Market data lines of a login without extra ones; windows of TWS take from the same hundred."""
DELAYED_WILL_DO = 3
STATISTICS = "165"
"""Asks for ticks that do not come by themselves, the average volume among them. TWS refuses this
with a snapshot, and for things other than shares.
"""
_TOO_MANY_WANTED = "TWS tells at most 100 prices at once."
_REFUSED = "TWS refused this price."
_GOES_ON = frozenset({10090, 10091})
"""Part of what was asked for needs a subscription; the rest, delayed, comes all the same."""


@dataclass(slots=True)
class _Subscription:
    """One thing that TWS tells about."""

    key: QuoteKey
    number: int
    name: str
    ticks: Ticks = field(default_factory=Ticks)
    told: bool = False


class IbkrQuoteStream:
    """Implements ``streaming.QuoteStream``."""

    def __init__(
        self,
        reach: Callable[[], Awaitable[Gateway]],
        names: Names,
        clock: Clock,
        volumes: dict[QuoteKey, Decimal],
    ) -> None:
        self._reach = reach
        self._volumes = volumes
        self._names = names
        self._clock = clock
        self._wanted: frozenset[QuoteKey] = frozenset()
        self._by_key: dict[QuoteKey, _Subscription] = {}
        self._by_number: dict[int, _Subscription] = {}
        self._refused: set[QuoteKey] = set()
        self._listening: Listening | None = None

    @property
    def most(self) -> int | None:
        return MOST_LINES

    def carries(self, key: QuoteKey) -> bool:
        """Whether TWS is likely to know it; without asking."""
        return lookup.carried(key, self._names)

    def want(self, keys: frozenset[QuoteKey]) -> None:
        """What is wanted from now on, instead of what was."""
        self._wanted = frozenset(keys)
        if self._listening is not None:
            self._listening.wake()

    async def run(self, tell: Tell) -> None:
        """One attempt: subscribe what is wanted and tell until cancelled.

        Raises:
            BrokerError: TWS cannot be reached, or the connection was lost.
        """
        tell(Line(state=LineState.CONNECTING, at=self._clock.now()))
        gateway = await self._reach()
        async with Listening(gateway) as line:
            self._listening = line
            try:
                await self._told(line, tell)
            finally:
                self._listening = None
                self._unsubscribe(line)

    async def _told(self, line: Listening, tell: Tell) -> None:
        health = Health(lost=line.broker_lost)
        line.wire.reqMarketDataType(DELAYED_WILL_DO)
        note: str | None = None
        while True:
            if health.note != note:
                note = health.note
                state = LineState.SILENT if note else LineState.LIVE
                tell(Line(state=state, at=self._clock.now(), note=note))
            if not health.lost:
                self._arrange(line, tell)
            moved: dict[int, _Subscription] = {}
            for kind, values in await line.heard():
                if kind == "error":
                    self._trouble(line, health, values, tell)
                elif kind == "size" and (one := self._by_number.get(values[0])) is not None:
                    self._volume(one.key, values[2])
                elif kind in _TICKS and (one := self._by_number.get(values[0])) is not None:
                    _TICKS[kind](one.ticks, *values[1:])
                    moved[one.number] = one
            for one in moved.values():
                self._tell_quote(one, tell)

    def _tell_quote(self, one: _Subscription, tell: Tell) -> None:
        """A quote, once there ever was a price; that there is none any more is told as well."""
        if self._by_number.get(one.number) is not one or (one.ticks.empty and not one.told):
            return
        one.told = True
        quote = one.ticks.quote(one.key.symbol, self._clock.now(), one.name)
        tell(Told(key=one.key, quote=quote))

    # -- what is subscribed -------------------------------------------------------------------
    def _arrange(self, line: Listening, tell: Tell) -> None:
        """Subscribe what is wanted and is not yet, end what is wanted no more."""
        self._refused &= self._wanted
        for key in [key for key in self._by_key if key not in self._wanted]:
            line.wire.cancelMktData(self._by_key[key].number)
            self._forget(self._by_key[key])
        unknown, beyond = set(), set()
        for key in sorted(self._wanted - set(self._by_key) - self._refused):
            if len(self._by_key) >= MOST_LINES:
                beyond.add(key)
                continue
            asked = lookup.contract(key, self._names)
            if asked is None:
                unknown.add(key)
            else:
                self._subscribe(line.wire, key, asked)
        self._refuse(unknown, problems.NO_PRICES[problems.NO_CONTRACT], tell)
        self._refuse(beyond, _TOO_MANY_WANTED, tell)

    def _subscribe(self, wire: Any, key: QuoteKey, asked: Any) -> None:
        number = wire.getReqId()
        more = STATISTICS if _is_us_share(key) else ""
        wire.reqMktData(number, asked, more, False, False, [])
        one = _Subscription(key, number, self._names.name(asked.conId))
        self._by_key[key] = self._by_number[number] = one

    def _volume(self, key: QuoteKey, hundreds: Any) -> None:
        """Keep what trades on a usual day; TWS tells it of US shares in hundreds."""
        try:
            found = known(hundreds)
        except ValueError:
            return
        if found is not None and found > 0 and _is_us_share(key):
            self._volumes[key] = found.scaleb(2)

    def _refuse(self, keys: set[QuoteKey], why: str, tell: Tell) -> None:
        if keys:
            self._refused |= keys
            tell(NotTold(keys=frozenset(keys), why=why))

    def _forget(self, one: _Subscription) -> None:
        self._by_key.pop(one.key, None)
        self._by_number.pop(one.number, None)

    def _unsubscribe(self, line: Listening) -> None:
        """Give the lines back, if there is still a connection to do so."""
        if line.live:
            wire = line.wire
            for number in self._by_number:
                wire.cancelMktData(number)
        self._by_key.clear()
        self._by_number.clear()
        self._refused.clear()

    # -- errors and news ----------------------------------------------------------------------
    def _trouble(
        self, line: Listening, health: Health, values: tuple[Any, ...], tell: Tell
    ) -> None:
        number, code, text = values
        if number < 0:
            health.hear(code, text)
            if code == RESTORED_WITHOUT:
                # TWS has forgotten what was subscribed, and what stood still meanwhile is old.
                self._by_key.clear()
                self._by_number.clear()
                self._refused.clear()
            elif code == problems.COMPETING:
                self._refuse(set(self._by_key), problems.NO_PRICES[code], tell)
                self._unsubscribe_all(line)
            return
        one = self._by_number.get(number)
        if one is None or code in _GOES_ON or problems.is_information(code):
            return
        self._forget(one)
        self._refuse({one.key}, problems.NO_PRICES.get(code, _REFUSED), tell)

    def _unsubscribe_all(self, line: Listening) -> None:
        for one in list(self._by_key.values()):
            line.wire.cancelMktData(one.number)
            self._forget(one)


def _is_us_share(key: QuoteKey) -> bool:
    return key.asset_type in (AssetType.EQUITY, AssetType.ETF) and key.currency == "USD"


_TICKS: dict[str, Callable[..., None]] = {
    "price": Ticks.price,
    "text": Ticks.text,
    "feed": Ticks.feed,
    "state": Ticks.state,
}
