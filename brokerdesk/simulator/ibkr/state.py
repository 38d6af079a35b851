"""What connections to the simulated TWS share, and what about it is unsure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

from brokerdesk.simulator.exchange.exchange import Account, Exchange
from brokerdesk.simulator.exchange.floor import Floor
from brokerdesk.simulator.exchange.knobs import OrderKnobs
from brokerdesk.simulator.exchange.orders import Order
from brokerdesk.simulator.ibkr.accounts import ACCOUNT_TYPES, FOREIGN
from brokerdesk.simulator.ibkr.contracts import Directory
from brokerdesk.simulator.ibkr.portfolio import Value, values
from brokerdesk.simulator.options import MovableClock
from brokerdesk.simulator.truth import Truth

MOST_ASKED = 100_000


@dataclass(slots=True)
class IbkrSwitches(OrderKnobs):
    """Behaviour that a user of TWS sets, that is unverified, or that a test wants otherwise."""

    read_only: bool = False
    """“Read-Only API” in TWS: questions about orders are refused with 321."""
    market_data: str = "delayed"
    """``live``, ``delayed`` (no subscription), ``none``, or ``competing`` (10197)."""
    plain_option_cost: bool = False
    """Whether an option's average cost comes per unit rather than per contract."""
    closed_rows: bool = False
    """Whether what was sold today is still listed, with a position of zero."""
    execution_days: int = 1
    """How many days of executions TWS shows: 1, or 7 by its trade log."""
    corrected: bool = False
    """Whether the newest execution is told a second time, corrected."""
    commissions: bool = True
    account_ready: bool = True
    by_currency: bool = True
    """Whether account values have a ledger per currency."""
    endless: list[str] = field(default_factory=list)
    """Symbols whose price snapshots never end."""
    silent: list[int] = field(default_factory=list)
    """Numbers of requests that are never answered."""
    accounts: list[str] = field(default_factory=list)
    """Account ids to show instead of the accounts' own, in their order."""
    question: str = ""
    """What TWS asks before it takes an order: the order is refused with these words, and taken
    when it comes again with the answer."""
    warnings: list[int] = field(default_factory=list)
    """Codes that are told with every order that is taken, before it is shown."""
    connected_to_broker: bool = True
    """False between 1100 and 1102."""
    stream_interval: float = 1.0
    """Seconds between two looks at the market and the accounts; 0: only when control says so."""
    stream_lines: int = 100
    """Market data lines of one client; one more is refused with 101."""
    server_version: int = 0
    """Said in the greeting instead of the one agreed on; 0: none."""
    master_client: bool = True
    """Whether clients hear of all orders and executions, as the master client id does."""
    throttle_per_minute: int | None = None
    """Present because every broker has it; TWS counts 50 messages a second instead."""


@dataclass(slots=True, kw_only=True)
class IbkrState:
    """One simulated TWS with its login."""

    exchange: Exchange
    clock: MovableClock
    switches: IbkrSwitches
    directory: Directory
    floor: Floor
    truth: Truth | None = None
    clients: dict[int, object] = field(default_factory=dict)
    """Client ids in use."""
    asked: deque[int] = field(default_factory=lambda: deque(maxlen=MOST_ASKED))
    """The numbers of all requests, newest last."""

    def own_order(self, number: int) -> Order | None:
        """The order of a client with that number."""
        ticket = self.floor.by_number.get(number)
        return ticket.as_order() if ticket is not None and ticket.terms is not None else None

    def now(self) -> datetime:
        return self.clock.now()

    def number(self, account: Account) -> str:
        """The id under which an account is shown."""
        place = self.exchange.accounts.index(account)
        given = self.switches.accounts
        return given[place] if place < len(given) else account.profile.number

    def account(self, number: str) -> Account | None:
        return next((a for a in self.exchange.accounts if self.number(a) == number), None)

    def values(self, account: Account, moment: datetime) -> list[Value]:
        """The account's values, with what the switches change about them."""
        place = self.exchange.accounts.index(account)
        foreign = FOREIGN[place % len(FOREIGN)]
        kind = ACCOUNT_TYPES[place % len(ACCOUNT_TYPES)]
        found = values(account, moment, kind, foreign)
        number = self.number(account)
        ready = "true" if self.switches.account_ready else "false"
        named = {"AccountCode": number, "AccountOrGroup": number, "AccountReady": ready}
        found = [(key, named.get(key, value), currency) for key, value, currency in found]
        if not self.switches.by_currency:
            end = next(i for i, one in enumerate(found) if one[0] == "Currency")
            found = found[:end]
        return found
