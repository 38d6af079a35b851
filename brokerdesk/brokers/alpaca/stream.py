"""Alpaca's prices as they move: up to three sockets, one for each kind of thing, told as one line.

A place that is not for the login, or has been taken by another program, is no reason to lose the
others: its keys are ``NotTold``.
"""

from __future__ import annotations

from brokerdesk.brokers.alpaca import market
from brokerdesk.brokers.alpaca.stream_kind import KindOnLine, Tools
from brokerdesk.brokers.alpaca.stream_places import COINS, IEX, OPTIONS, by_name, told_at
from brokerdesk.brokers.alpaca.stream_problems import NOT_TOLD, LoginDoubtedError, taken
from brokerdesk.brokers.streaming import Line, LineState, NotTold, Tell
from brokerdesk.brokers.together import together
from brokerdesk.domain.quote import QuoteKey

_PLACES = (IEX, COINS, OPTIONS)


class AlpacaQuotes:
    """Implements ``streaming.QuoteStream``."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._keys: frozenset[QuoteKey] = frozenset()
        self._tell: Tell | None = None
        self._kinds: dict[str, KindOnLine] = {}
        self._live = False

    @property
    def most(self) -> int | None:
        """With a subscription to all exchanges there is no limit that is known."""
        return None if self._tools.entitled.every_exchange else IEX.most

    def carries(self, key: QuoteKey) -> bool:
        return told_at(key) is not None

    def want(self, keys: frozenset[QuoteKey]) -> None:
        self._keys = keys
        self._pass_on()

    async def run(self, tell: Tell) -> None:
        """Tell until cancelled; what is not wanted is not connected to."""
        self._live = False
        self._tell = tell
        self._kinds = {
            place.kind: KindOnLine(place, self._tools, tell, self._moved) for place in _PLACES
        }
        try:
            self._state(LineState.CONNECTING)
            self._pass_on()
            await together(*(kind.run() for kind in self._kinds.values()))
        except LoginDoubtedError:
            # REST says whether the login has ended; if it has not, this line is not for it.
            await self._tools.data.snapshots(market.STOCK_SNAPSHOTS, ["SPY"], "iex")
            raise
        finally:
            self._tell, self._kinds = None, {}

    def _pass_on(self) -> None:
        wanted = by_name(self._keys)
        for name, kind in self._kinds.items():
            kind.want(wanted.get(name, {}))
        odd = frozenset(key for key in self._keys if not self.carries(key))
        if odd and self._tell is not None:
            self._tell(NotTold(keys=odd, why=NOT_TOLD))

    def _moved(self) -> None:
        """A socket is up, or was refused.

        Raises:
            RateLimitedError: every one that is wanted has been taken by another program.
        """
        busy = [kind for kind in self._kinds.values() if kind.busy]
        refusals = [kind.refusal for kind in busy if kind.refusal is not None]
        if busy and len(refusals) == len(busy) and all(one.taken for one in refusals):
            raise taken()
        if not self._live and any(kind.up for kind in busy) and not any(k.pending for k in busy):
            self._live = True
            self._state(LineState.LIVE)

    def _state(self, state: LineState) -> None:
        if self._tell is not None:
            self._tell(Line(state=state, at=self._tools.clock.now()))
