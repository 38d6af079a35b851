"""What a simulator run can be told. A plain record, so that the command line stays outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from brokerdesk.clock import Clock, SystemClock
from brokerdesk.simulator.exchange.knobs import OrderKnobs

DEFAULT_SEED = 301
DEFAULT_CALLBACK = "https://127.0.0.1:8182"
KNOWN_BROKERS = ("schwab", "alpaca", "ibkr", "snaptrade", "plaid")


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatorOptions:
    """``port`` 0 takes any free one; ``accounts`` and ``positions`` None mean the default set.

    ``throttle_per_minute`` None switches the overall limit off. With ``mirror`` an account of the
    broker at the root can be reached through an aggregator, too. With ``troubles`` there is a login
    more, and what a practice profile may switch on is told (see ``troubles``). ``callback_urls``
    are those the simulated app is registered with.
    """

    seed: int = DEFAULT_SEED
    brokers: Sequence[str] = KNOWN_BROKERS
    port: int = 0
    accounts: int | None = None
    positions: int | None = None
    clock: Clock = field(default_factory=SystemClock)
    faults: Sequence[dict[str, Any]] = ()
    faults_file: Path | None = None
    callback_urls: Sequence[str] = (DEFAULT_CALLBACK,)
    throttle_per_minute: int | None = 120
    exit_with_stdin: bool = False
    mirror: bool = False
    troubles: bool = False
    state_file: Path | None = None
    """Where the user's orders outlive this run; None: they do not."""
    state_kept: bool = True
    """Whether that file is written, and not only read."""


@dataclass(slots=True)
class Switches(OrderKnobs):
    """Behaviour that is unverified at the real broker, or that a test wants otherwise.

    Changed while running through the control API.
    """

    rotate_refresh_tokens: bool = False
    client_credentials: bool = True
    denied_as_html: bool = False
    refresh_error: str = "unsupported_token_type"
    refresh_survives_new_login: bool = False
    preference_as_array: bool = False
    transaction_as_array: bool = True
    cusip_as_object: bool = False
    closed_market_key: str = "equity"
    location_base: str = ""
    """What ``Location`` begins with; empty: the simulator's own address."""
    retry_after: str = "30"
    throttle_per_minute: int | None = 120
    wrong_secret_status: int = 401
    app_ready: bool = True
    echo_state: bool = True
    omit_fields: list[str] = field(default_factory=list)
    streamer_url: str = ""
    """Told instead of our own socket's address."""
    streamer_told: bool = True
    stream_interval: float = 1.0
    """Seconds between two looks at the market; 0: only when control says so, for good on the
    connections that there are."""
    stream_heartbeat: float = 10.0
    stream_snapshot_after: float = 0.5
    stream_idle: float = 30.0
    stream_symbols: int = 500
    stream_missing: list[str] = field(default_factory=list)
    """Services that are not available to this login."""
    stream_success: int = 0
    stream_delayed: bool = False
    stream_second_login: str = "first_out"
    stream_fault: str = ""
    """``silence``, ``slow``, ``duplicate``, ``old_times``, ``garbage``, ``nan`` or ``null``."""


class MovableClock:
    """The injected clock plus what control has added to it; the market moves with it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead = timedelta()

    def now(self) -> datetime:
        return self._clock.now() + self._ahead

    def monotonic(self) -> float:
        return self._clock.monotonic() + self._ahead.total_seconds()

    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds)

    def advance(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=seconds)
