"""What a simulated broker is to the server that carries it, whatever it speaks.

All brokers share one origin and are told apart by their paths. One of them may be at home at the
root and own what nobody else does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from aiohttp import web

from brokerdesk.simulator.exchange.exchange import Account, Exchange
from brokerdesk.simulator.exchange.floor import Floor
from brokerdesk.simulator.faults.rules import Rule

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Dialect(Protocol):
    """One simulated broker.

    ``switches`` is a dataclass whose fields control may set; ``token_kinds`` what it can end.
    """

    exchange: Exchange
    switches: Any
    callback_urls: list[str]
    token_kinds: tuple[str, ...]

    @property
    def secrets(self) -> dict[str, str]:
        """What a client needs to sign in."""
        ...

    def owns(self, path: str) -> bool:
        """Whether a request to this path is for this broker."""
        ...

    def add_routes(self, router: web.UrlDispatcher) -> None: ...

    async def serve(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer one request of this broker; ``handler`` is the route's."""
        ...

    def started(self, base_url: str) -> None:
        """Told once the origin is known."""
        ...

    def approve(self, query: dict[str, str], accounts: Sequence[str] | None, *, allow: bool) -> str:
        """Decide at the consent page in the person's place; where the browser ends.

        Raises:
            ValueError: the real pages would have shown an error.
        """
        ...

    def expire(self, kind: str) -> None:
        """End all of a kind that were issued so far."""
        ...

    def recorded(self, account: Account, moment: datetime) -> Any:
        """The portfolio answer that the broker would have given at a moment."""
        ...


@runtime_checkable
class HasLines(Protocol):
    """What a broker is besides that keeps connections open: it has levers for them."""

    async def close(self) -> None:
        """Close what is connected to it."""
        ...

    def control_routes(self, router: web.UrlDispatcher, prefix: str) -> None:
        """Levers of its own, under control."""
        ...


@runtime_checkable
class TakesOrders(Protocol):
    """What a broker is besides at which orders can be placed."""

    floor: Floor

    def orders_path(self, method: str, path: str) -> bool:
        """Whether a request would change an order: those are written down as they arrive."""
        ...


@runtime_checkable
class Listens(HasLines, Protocol):
    """What a broker is besides that is not reached over HTTP: it has a port of its own."""

    @property
    def address(self) -> str:
        """Where it is, as ``tcp://host:port``; only after ``listen``."""
        ...

    async def listen(
        self,
        faults: Callable[[str, str], Rule | None],
        refuses: Callable[[], bool],
        log: Callable[[dict[str, Any]], None],
    ) -> None:
        """Open the port. Faults and the log are the server's own."""
        ...

    async def close(self) -> None:
        """Close the port and what is connected to it."""
        ...
