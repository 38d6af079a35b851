"""Where Alpaca is: a host for live accounts, one for paper, two for market data.

A credential is sent to the host it was made for and to the data hosts, and to no other. In practice
all of them are prefixes of one origin on this computer, and one sign-in may cover both accounts.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from brokerdesk.brokers.alpaca import BROKER_ID, REQUESTS_PER_MINUTE, TITLE
from brokerdesk.brokers.base import Network
from brokerdesk.brokers.http import BrokerHttp
from brokerdesk.brokers.practice import origin
from brokerdesk.brokers.rate import Buckets
from brokerdesk.brokers.rate_book import Book
from brokerdesk.clock import Clock
from brokerdesk.domain.kinds import Environment

LIVE, PAPER = "live", "paper"
_HOSTS = {
    LIVE: "https://api.alpaca.markets",
    PAPER: "https://paper-api.alpaca.markets",
    "data": "https://data.alpaca.markets",
    "stream": "https://stream.data.alpaca.markets",
    "app": "https://app.alpaca.markets",
}


def venues(environment: Environment) -> tuple[str, ...]:
    """The trading hosts that an environment's credentials may be for."""
    if environment is Environment.PRACTICE:
        return (LIVE, PAPER)
    return (PAPER,) if environment is Environment.PAPER else (LIVE,)


class Addresses:
    """The base addresses of one environment.

    Raises:
        InputError: the practice address is not a loopback origin.
    """

    def __init__(self, environment: Environment, practice_url: str) -> None:
        self._practice = origin(practice_url) if environment is Environment.PRACTICE else ""

    def of(self, name: str) -> str:
        """``live``, ``paper``, ``data``, ``stream`` or ``app`` (which only browsers visit)."""
        return f"{self._practice}/alpaca/{name}" if self._practice else _HOSTS[name]

    def http(
        self,
        name: str,
        *,
        network: Network,
        clock: Clock,
        on_clock_skew: Callable[[float], None] | None = None,
        book: Book | None = None,
    ) -> BrokerHttp:
        """HTTP to one of the hosts and no other, in one queue with all that ask with one key.

        Nothing is opened before the first request.
        """
        base = self.of(name)
        return BrokerHttp(
            broker_id=BROKER_ID,
            title=TITLE,
            base_url=base,
            hosts=(urlsplit(base).hostname or "",),
            network=network,
            clock=clock,
            limiter=Buckets(clock, base, REQUESTS_PER_MINUTE, book=book),
            on_clock_skew=on_clock_skew,
            plain_loopback=bool(self._practice),
        )
