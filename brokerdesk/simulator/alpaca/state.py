"""What Alpaca's routes share, and what about it is unsure."""

from __future__ import annotations

from dataclasses import dataclass, field

from aiohttp import web

from brokerdesk.simulator.alpaca.accounts import VENUES
from brokerdesk.simulator.alpaca.tokens import Grant, Tokens
from brokerdesk.simulator.exchange.exchange import Account, Exchange
from brokerdesk.simulator.exchange.floor import Floor
from brokerdesk.simulator.exchange.knobs import OrderKnobs
from brokerdesk.simulator.options import MovableClock

GRANT: web.RequestKey[Grant] = web.RequestKey("alpaca grant", Grant)
TRADING = "/alpaca/{venue:live|paper}"
DATA = "/alpaca/data"
APP = "/alpaca/app"


@dataclass(slots=True)
class AlpacaSwitches(OrderKnobs):
    """Behaviour that is unverified at the real broker, or that a test wants otherwise."""

    legacy_account: bool = False
    """Whether the account still has the day-trading fields that left the API in July 2026."""
    unauthorized: str = "plain"
    """How bad keys are told: ``plain`` (401), ``code`` (401), ``forbidden`` (403)."""
    wrong_secret_status: int = 401
    short_unsigned: bool = False
    """Whether a short position's quantity comes without its sign."""
    short_sales_named: bool = False
    """Whether a short sale's side is ``sell_short`` in activities."""
    coins_as_pairs: bool = False
    """Whether positions name coins as ``BTC/USD`` rather than ``BTCUSD``."""
    echo_state: bool = True
    denied_error: str = "access_denied"
    free_data: bool = True
    """Whether recent consolidated prices are refused, as without a data subscription."""
    options_page: int = 0
    """How many contracts a page has at most, whatever was asked for; 0: as asked for."""
    options_circle: bool = False
    """Whether the second page names itself as the next one."""
    history_gaps: bool = True
    """Whether portfolio history has a null now and then."""
    history_midnight: bool = False
    """Whether daily values are stamped with midnight UTC instead of the session's opening."""
    throttle_per_minute: int | None = 200
    retry_after: str = "20"
    rate_headers: bool = True
    omit_fields: list[str] = field(default_factory=list)
    stream_interval: float = 1.0
    """Seconds between two looks at the market; 0: only when control says so."""
    stream_symbols: int | None = 30
    """Trades and quotes that one connection may subscribe to."""
    stream_connections: int = 1
    """How many a login may have to each kind of endpoint; 0: somebody else has them all."""
    stream_login_seconds: float = 10.0
    """Within which the login must come, in real time."""
    stream_slow_seconds: float = 5.0
    stream_fault: str = ""
    """``silence``, ``slow``, ``duplicate``, ``old_times``, ``bad_record`` or ``garbage``."""


@dataclass(slots=True, kw_only=True)
class AlpacaState:
    """One simulated Alpaca."""

    exchange: Exchange
    clock: MovableClock
    tokens: Tokens
    switches: AlpacaSwitches
    callback_urls: list[str]
    floor: Floor

    def account(self, request: web.Request) -> Account:
        """The account of the host that was asked."""
        return self.exchange.accounts[VENUES.index(request.match_info["venue"])]
