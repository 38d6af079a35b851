"""A session's lines: where they go, with what login, and what they remember of one another."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from brokerdesk.brokers.alpaca import BROKER_ID, TITLE, problems, wire
from brokerdesk.brokers.alpaca.client import DataClient, TradingClient
from brokerdesk.brokers.alpaca.instruments import Names
from brokerdesk.brokers.alpaca.login import Login
from brokerdesk.brokers.alpaca.stream import AlpacaQuotes
from brokerdesk.brokers.alpaca.stream_kind import Entitled, Tools
from brokerdesk.brokers.alpaca.stream_places import Place
from brokerdesk.brokers.alpaca.stream_problems import LoginDoubtedError
from brokerdesk.brokers.alpaca.stream_socket import SILENCE, Open
from brokerdesk.brokers.alpaca.trade_updates import AccountLine, Heard
from brokerdesk.brokers.alpaca.venues import Addresses
from brokerdesk.brokers.base import SessionContext
from brokerdesk.brokers.lines import address, open_line
from brokerdesk.brokers.streaming import Line, LineState, Tell
from brokerdesk.brokers.together import together
from brokerdesk.domain.ids import AccountId

_PACKED = {"Content-Type": "application/msgpack"}

Venues = Callable[[], Awaitable[Mapping[AccountId, str]]]
"""The accounts of the login, each with the trading host it is at."""


class Streams:
    """Makes the lines of one session."""

    def __init__(
        self,
        context: SessionContext,
        addresses: Addresses,
        login: Login,
        data: DataClient,
        trading: Mapping[str, TradingClient],
        names: Names,
        venues: Venues,
        halts: dict[str, bool],
    ) -> None:
        self._context = context
        self._addresses = addresses
        self._login = login
        self._data = data
        self._entitled = Entitled()
        self._halts = halts
        self.trading = trading
        self.names = names
        self.venues = venues
        self.clock = context.clock
        self.heard: dict[AccountId, Heard] = {}

    def quotes(self) -> AlpacaQuotes:
        return AlpacaQuotes(
            Tools(
                open_at=self._price_line,
                login=self._key_pair,
                data=self._data,
                names=self.names,
                clock=self.clock,
                entitled=self._entitled,
                halts=self._halts,
            )
        )

    def news(self) -> AlpacaNews:
        return AlpacaNews(self)

    def at_host(self, name: str, path: str, headers: Mapping[str, str] | None = None) -> Open:
        """A line to one of the hosts and no other."""
        base = self._addresses.of(name)
        return lambda: open_line(
            address(base, path),
            context=self._context,
            broker_id=BROKER_ID,
            title=TITLE,
            hosts=(urlsplit(base).hostname or "",),
            silence=SILENCE,
            headers=headers,
        )

    async def key_data(self) -> dict[str, str]:
        """The login as the first message of an account's line carries it."""
        key, secret = await self._key_pair()
        if key == "oauth":
            return {"oauth_token": secret}
        return {"key_id": key, "secret_key": secret}

    def _price_line(self, place: Place) -> Open:
        return self.at_host("stream", place.path, _PACKED if place.packed else None)

    async def _key_pair(self) -> tuple[str, str]:
        given = await self._login.credentials()
        if token := given.get("access_token", ""):
            return "oauth", token
        key, secret = given.get("key_id", ""), given.get("secret_key", "")
        if not key or not secret:
            raise problems.login_ended()
        return key, secret


class AlpacaNews:
    """Implements ``streaming.AccountStream``: one socket per account, told as one line."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams

    async def run(self, tell: Tell) -> None:
        """Tell until cancelled."""
        streams = self._streams
        tell(Line(state=LineState.CONNECTING, at=streams.clock.now()))
        venues = await streams.venues()
        missing = set(venues)

        def entered(account: AccountId) -> None:
            missing.discard(account)
            if not missing:
                tell(Line(state=LineState.LIVE, at=streams.clock.now()))

        try:
            await together(
                *(
                    self._line(account, venue, entered, tell).run()
                    for account, venue in venues.items()
                )
            )
        except LoginDoubtedError:
            # REST says whether the login has ended; if it has not, this line is not for it.
            for venue in venues.values():
                await streams.trading[venue].account()
            raise

    def _line(
        self, account: AccountId, venue: str, entered: Callable[[AccountId], None], tell: Tell
    ) -> AccountLine:
        streams = self._streams
        client = streams.trading[venue]

        async def missed(since: datetime) -> list[wire.Order]:
            found, _ = await client.newest_orders(since - timedelta(days=90))
            return [record for _, record in found]

        return AccountLine(
            account,
            streams.at_host(venue, "/stream"),
            streams.key_data,
            missed,
            streams.names,
            streams.clock,
            streams.heard.setdefault(account, Heard()),
            entered=lambda: entered(account),
            tell=tell,
        )
