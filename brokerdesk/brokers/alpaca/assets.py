"""The names of what is held. Positions come without; the asset list has them.

A name is an ornament: without it the figures still stand, so a failure is not passed on and the
asset list is left alone for a while. Names hold for as long as the session.
"""

from __future__ import annotations

from collections.abc import Iterable

from brokerdesk.brokers.alpaca.client import TradingClient
from brokerdesk.brokers.alpaca.instruments import Names, contract, guessed_class, pair
from brokerdesk.brokers.alpaca.problems import UnknownHereError
from brokerdesk.clock import Clock
from brokerdesk.errors import AuthError, BrokerError

_ONE_BY_ONE = 40
"""So many names are asked for singly; for more, the whole list is cheaper."""
_PAUSE = 600.0


class AssetNames:
    """Learns names as they are needed."""

    def __init__(self, clock: Clock) -> None:
        self.names = Names()
        self._clock = clock
        self._not_before = 0.0

    async def learn(self, client: TradingClient, symbols: Iterable[str]) -> None:
        """Look up what is not known yet.

        Raises:
            AuthError: the login has ended.
        """
        wanted = []
        for symbol in dict.fromkeys(symbols):
            name = pair(symbol) if guessed_class(symbol) == "crypto" else symbol
            if name and contract(name) is None and name not in self.names:
                wanted.append(name)
        if not wanted or self._clock.monotonic() < self._not_before:
            return
        try:
            if len(wanted) > _ONE_BY_ONE:
                await self._learn_all(client)
            else:
                for symbol in wanted:
                    await self._learn_one(client, symbol)
        except AuthError:
            raise
        except BrokerError:
            self._not_before = self._clock.monotonic() + _PAUSE

    async def _learn_one(self, client: TradingClient, symbol: str) -> None:
        try:
            self.names.known[symbol] = (await client.asset(symbol)).name
        except UnknownHereError:
            self.names.known[symbol] = None

    async def _learn_all(self, client: TradingClient) -> None:
        found, _ = await client.assets()
        for _, asset in found:
            self.names.known.setdefault(asset.symbol, asset.name)
        # What is missing here (a delisted share, a coin) is not worth the list again.
        self._not_before = self._clock.monotonic() + _PAUSE
