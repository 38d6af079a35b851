"""The simulator as a server: one origin on loopback for a broker's own paths, and control.

Usable in-process on a running loop, or through ``main`` as a program of its own. It binds
127.0.0.1 and nothing else.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from aiohttp import web

from brokerdesk.simulator.alpaca.accounts import make_profiles
from brokerdesk.simulator.alpaca.dialect import AlpacaDialect
from brokerdesk.simulator.control import Control
from brokerdesk.simulator.dialects import Dialect, Handler, HasLines, Listens, TakesOrders
from brokerdesk.simulator.exchange.exchange import Account, Exchange
from brokerdesk.simulator.exchange.keeping import Keeper
from brokerdesk.simulator.exchange.profiles import Profile
from brokerdesk.simulator.faults.act import act
from brokerdesk.simulator.faults.resets import reset
from brokerdesk.simulator.faults.rules import Script
from brokerdesk.simulator.ibkr.accounts import make_profiles as ibkr_profiles
from brokerdesk.simulator.ibkr.dialect import IbkrDialect
from brokerdesk.simulator.options import KNOWN_BROKERS, MovableClock, SimulatorOptions, Switches
from brokerdesk.simulator.plaid.accounts import joint_profile
from brokerdesk.simulator.plaid.accounts import make_profiles as plaid_profiles
from brokerdesk.simulator.plaid.dialect import PlaidDialect
from brokerdesk.simulator.rates import ReferenceRates
from brokerdesk.simulator.schwab.dialect import SchwabDialect
from brokerdesk.simulator.snaptrade.cast import profiles as snaptrade_profiles
from brokerdesk.simulator.snaptrade.dialect import SnapTradeDialect
from brokerdesk.simulator.troubles import JOINT_AT, TROUBLES
from brokerdesk.simulator.truth import TRUTH, Entry, Truth

HOST = "127.0.0.1"
MOST_LOGGED = 10_000
LARGEST_BODY = 1024 * 1024
OTHERS: dict[
    str,
    tuple[
        Callable[[int], tuple[Profile, ...]],
        Callable[[SimulatorOptions, Exchange, MovableClock], Dialect],
    ],
] = {
    "alpaca": (make_profiles, AlpacaDialect),
    "ibkr": (ibkr_profiles, IbkrDialect),
    "plaid": (plaid_profiles, PlaidDialect),
    "snaptrade": (snaptrade_profiles, SnapTradeDialect),
}
"""Brokers beside the one at the root: whose accounts they show, and how they speak."""

MIRRORS, MIRRORED = "snaptrade", 1
"""Who shows an account of the broker at the root besides its own, and which of them."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one simulated broker is reached, and the secrets of its simulated app."""

    base_url: str
    control_url: str
    secrets: dict[str, str]


class SimulatorServer:
    """``async with SimulatorServer(options) as sim: sim.origin("schwab").base_url``."""

    def __init__(self, options: SimulatorOptions | None = None) -> None:
        self.options = options or SimulatorOptions()
        unknown = set(self.options.brokers) - set(KNOWN_BROKERS) - set(OTHERS)
        if unknown:
            raise ValueError(f"no such simulated broker: {', '.join(sorted(unknown))}")
        self.clock = MovableClock(self.options.clock)
        self.switches = Switches(throttle_per_minute=self.options.throttle_per_minute)
        self.exchange = Exchange(self.options.seed, self.options.accounts, self.options.positions)
        self.schwab = SchwabDialect(self.options, self.exchange, self.clock, self.switches)
        self.others: dict[str, Dialect] = {
            name: self._made(name) for name in OTHERS if name in self.options.brokers
        }
        named = {"schwab": self.schwab, **self.others}
        floors = {name: one.floor for name, one in named.items() if isinstance(one, TakesOrders)}
        if self.options.state_file is not None:
            kept = self.options.state_kept
            Keeper(self.options.state_file, self.options.seed, floors, kept=kept)
        self.rates = ReferenceRates(self.options.seed, self.clock)
        self.faults = Script()
        self.faults.add(list(self.options.faults))
        self.truth = Truth(self.clock.now)
        for one in self.others.values():
            if isinstance(one, IbkrDialect):
                one.state.truth = self.truth
        self.log: deque[dict[str, Any]] = deque(maxlen=MOST_LOGGED)
        self._prefix = "/" + secrets.token_urlsafe(24)
        self._runner: web.AppRunner | None = None
        self._port = 0
        self._listener: asyncio.Server | None = None

    def origin(self, broker: str) -> Origin:
        """One broker's address; only after the server has started."""
        if broker not in self.options.brokers:
            raise KeyError(broker)
        base = f"http://{HOST}:{self._port}"
        if broker in self.others:
            control = f"{base}{self._prefix}/{broker}"
            found = self.others[broker]
            where = found.address if isinstance(found, Listens) else base
            return Origin(where, control, found.secrets)
        return Origin(base, base + self._prefix, self.schwab.secrets)

    def dialect(self, broker: str) -> Dialect:
        """One simulated broker."""
        return self.others.get(broker, self.schwab)

    def _made(self, name: str) -> Dialect:
        profiles, dialect = OTHERS[name]
        shared: tuple[Account, ...] = ()
        if self.options.mirror and name == MIRRORS:
            shared = self.exchange.accounts[MIRRORED : MIRRORED + 1]
        seed = self.options.seed
        shown = profiles(seed)
        if self.options.troubles and name == JOINT_AT:
            shown = (*shown, joint_profile(seed))
        exchange = Exchange(seed, profiles=shown, shared=shared)
        return dialect(self.options, exchange, self.clock)

    def _dialect_of(self, path: str) -> Dialect | ReferenceRates:
        if self.rates.owns(path):
            return self.rates
        for dialect in self.others.values():
            if dialect.owns(path):
                return dialect
        return self.schwab

    def describe(self) -> dict[str, Any]:
        """What is printed as the first line: addresses and secrets per broker."""
        found: dict[str, dict[str, Any]] = {}
        for broker in self.options.brokers:
            origin = self.origin(broker)
            found[broker] = {
                "base_url": origin.base_url,
                "control_url": origin.control_url,
                "secrets": origin.secrets,
            }
            if self.options.troubles and broker in TROUBLES:
                found[broker]["logins"] = TROUBLES[broker]
        return {"brokers": found}

    async def start(self) -> None:
        app = web.Application(middlewares=[self._around], client_max_size=LARGEST_BODY)
        self.schwab.add_routes(app.router)
        self.rates.add_routes(app.router)
        Control(self, self.schwab).add_routes(app.router, self._prefix)
        self.schwab.streamer.control_routes(app.router, self._prefix)
        for name, dialect in self.others.items():
            dialect.add_routes(app.router)
            Control(self, dialect).add_routes(app.router, f"{self._prefix}/{name}")
            if isinstance(dialect, HasLines):
                dialect.control_routes(app.router, f"{self._prefix}/{name}")
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        self._port = self.options.port
        await self.open_listener()
        everybody: tuple[Dialect, ...] = (self.schwab, *self.others.values())
        for one in everybody:
            one.started(f"http://{HOST}:{self._port}")
            if isinstance(one, Listens):
                await one.listen(self.faults.for_request, self.faults.refuses, self.log.append)

    async def stop(self) -> None:
        for one in self.others.values():
            if isinstance(one, HasLines):
                await one.close()
        await self.schwab.streamer.close()
        await self.close_listener()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> SimulatorServer:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    @web.middleware
    async def _around(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(self._prefix + "/"):
            return await handler(request)
        entry: dict[str, Any] = {"method": request.method, "path": request.path, "status": 0}
        self.log.append(entry)
        truth = await self._arrived(request)
        rule = self.faults.for_request(request.method, request.path)

        async def proceed() -> web.StreamResponse:
            return await self._dialect_of(request.path).serve(request, handler)

        if rule is None:
            answer = await proceed()
        else:
            entry["fault"] = truth["fault"] = rule.kind
            answer = await act(rule, request, proceed, self.clock)
        entry["status"] = truth["status"] = answer.status
        return answer

    async def _arrived(self, request: web.Request) -> Entry:
        """Write down a request that would change an order, before anything is done about it."""
        dialect = self._dialect_of(request.path)
        if not isinstance(dialect, TakesOrders):
            return {}
        if not dialect.orders_path(request.method, request.path):
            return {}
        broker = next((name for name, one in self.others.items() if one is dialect), "schwab")
        body = await request.read()
        truth = self.truth.arrived(broker, request.method, request.path_qs, body)
        request[TRUTH] = truth
        return truth

    async def close_listener(self) -> None:
        """Stop listening, so that connecting is refused; open connections live on."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    async def open_listener(self) -> None:
        """Listen (again, on the same port)."""
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(self._accept, HOST, self._port)
        self._port = self._listener.sockets[0].getsockname()[1]

    def _accept(self) -> asyncio.Protocol:
        """A protocol for a new connection; a refusing one while a fault says so."""
        assert self._runner is not None
        assert self._runner.server is not None
        return _Refusal() if self.faults.refuses() else self._runner.server()


class _Refusal(asyncio.Protocol):
    """Resets whoever connects."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        reset(transport)
