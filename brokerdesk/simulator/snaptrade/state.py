"""What SnapTrade's routes share: keys, users, brokerage connections, switches."""

from __future__ import annotations

import base64
import hashlib
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aiohttp import web

from brokerdesk.simulator.exchange.exchange import Account, Exchange
from brokerdesk.simulator.exchange.floor import Floor
from brokerdesk.simulator.exchange.knobs import OrderKnobs
from brokerdesk.simulator.exchange.terms import Terms
from brokerdesk.simulator.options import MovableClock
from brokerdesk.simulator.snaptrade.cast import (
    HOUSES,
    MIRROR_HOUSE,
    ROLES,
    House,
    Role,
    house_of,
    role_of,
)

PERSONAL = ""
"""The one who owns a personal key: there is no user's name."""
OLD = timedelta(days=3)


@dataclass(slots=True, kw_only=True)
class SnapTradeSwitches(OrderKnobs):
    """Behaviour that is unverified at the real SnapTrade, or that a test wants otherwise.

    ``disabled`` names brokerages whose connections want a new sign-in.
    """

    throttle_per_minute: int | None = 250
    account_per_minute: int | None = 10
    retry_after: str = ""
    rate_headers: bool = True
    tolerance_seconds: int = 300
    disabled: list[str] = field(default_factory=list)
    syncing: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    emptied: list[str] = field(default_factory=list)
    """Accounts, by name, that answer as if they held nothing but their cash."""
    accounts_gone: bool = False
    positions_all_gone: bool = False
    holdings_gone: bool = True
    recent_orders_allowed: bool = True
    quotes_allowed: bool = True
    fee_inside: bool = True
    number_masked: bool = False
    freshness_as_word: bool = False
    personal_register_status: int = 400
    personal_user_refused: bool = True
    portal_lives_seconds: int = 300
    accounts_listed_after_seconds: float = 0.0
    trade_pause_seconds: float = 1.0
    """How soon an account may be traded in again; 0: at once."""
    trade_lives_seconds: int = 300
    trade_used_twice: bool = False
    """Whether a checked trade may be placed once more."""
    impact_allowed: bool = True
    client_ids: str = "taken"
    """What becomes of a client's id: ``taken`` and forwarded, ``unique`` where the brokerage takes
    it once only, ``refused`` where the key is not enabled for it."""
    leg_ids: str = "own"
    """Whether the records of several legs have ids of their ``own`` or the ``same`` one."""
    extended_as_word: bool = False
    replace_keeps_id: bool = False
    activity_ids: int = 0
    """Another number gives all activities other ids, as after a reprocessing."""


@dataclass(slots=True, kw_only=True)
class Connection:
    """One brokerage connection (an "authorization")."""

    id: str
    slug: str
    created: datetime
    kind: str = "read"
    generation: int = 0
    disabled_at: datetime | None = None
    deleted: bool = False


@dataclass(slots=True, kw_only=True)
class Portal:
    """One opened connection portal."""

    holder: str
    reconnect: str
    kind: str
    ends: datetime
    used: bool = False


@dataclass(slots=True, kw_only=True)
class Checked:
    """A trade whose impact was told: it can be placed for some minutes."""

    holder: str
    account: str
    terms: Terms
    ends: datetime
    used: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """An account in one connection."""

    id: str
    account: Account
    role: Role
    house: House
    connection: Connection


@dataclass(slots=True, kw_only=True)
class SnapTradeState:
    """One simulated SnapTrade, with one personal and one commercial key."""

    exchange: Exchange
    clock: MovableClock
    floor: Floor
    switches: SnapTradeSwitches
    seed: int
    base_url: str = ""
    revoked: bool = False
    users: dict[str, str] = field(default_factory=dict)
    connections: dict[str, list[Connection]] = field(default_factory=dict)
    portals: dict[str, Portal] = field(default_factory=dict)
    refreshes: list[str] = field(default_factory=list)
    checked: dict[str, Checked] = field(default_factory=dict)
    traded: dict[str, float] = field(default_factory=dict)
    """When an account was last traded in, by the clock that only goes on."""
    rotations: int = 0

    def __post_init__(self) -> None:
        opened = self.clock.now() - timedelta(days=400)
        self.connections[PERSONAL] = [
            Connection(
                id=self.uuid("connection", house.slug, 0),
                slug=house.slug,
                created=opened,
                kind="trade" if house.trades else "read",
            )
            for house in (*HOUSES, *((MIRROR_HOUSE,) if self.mirrors else ()))
        ]

    @property
    def mirrors(self) -> bool:
        """Whether an account of a broker that is connected directly is among those here."""
        return len(self.exchange.accounts) > len(ROLES)

    # -- names -----------------------------------------------------------------------------------

    def uuid(self, *parts: object) -> str:
        """The same id for the same parts and seed."""
        text = "\x00".join(str(part) for part in (self.seed, *parts))
        return str(uuid.UUID(bytes=hashlib.sha256(text.encode()).digest()[:16], version=4))

    def secret(self, *parts: object) -> str:
        text = "\x00".join(str(part) for part in (self.seed, "secret", *parts))
        return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()[:40]

    @property
    def personal_id(self) -> str:
        return "PERS-" + self.uuid("personal")[:18].upper()

    @property
    def commercial_id(self) -> str:
        return "BROKERDESK-" + self.uuid("commercial")[:8].upper()

    def consumer_key(self, client_id: str) -> str | None:
        known = {
            self.personal_id: self.secret("personal"),
            self.commercial_id: self.secret("commercial"),
        }
        return None if self.revoked else known.get(client_id)

    # -- connections -------------------------------------------------------------------------------

    def of(self, holder: str) -> list[Connection]:
        """The connections of a user, those that are gone left out."""
        found = [one for one in self.connections.get(holder, []) if not one.deleted]
        for one in found:
            self._settle(one)
        return found

    def _settle(self, one: Connection) -> None:
        """Bring a connection in line with the switch."""
        wanted = one.slug in self.switches.disabled
        if wanted and one.disabled_at is None:
            one.disabled_at = self.clock.now() - OLD
        elif not wanted:
            one.disabled_at = None

    def connection(self, holder: str, name: str) -> Connection | None:
        return next((one for one in self.of(holder) if one.id == name), None)

    def connect(self, holder: str, slug: str, kind: str) -> Connection:
        """Another connection, even where there is one already: with ids of its own."""
        mine = self.connections.setdefault(holder, [])
        generation = sum(one.slug == slug for one in mine)
        made = Connection(
            id=self.uuid("connection", holder, slug, generation)
            if holder or generation
            else self.uuid("connection", slug, 0),
            slug=slug,
            created=self.clock.now(),
            kind=kind,
            generation=generation,
        )
        mine.append(made)
        return made

    def next_house(self, holder: str) -> str:
        """The first brokerage that is not connected yet, else the first of all."""
        there = {one.slug for one in self.of(holder)}
        return next((h.slug for h in HOUSES if h.slug not in there), HOUSES[0].slug)

    def repair(self, one: Connection, kind: str) -> None:
        one.disabled_at = None
        one.kind = kind if house_of(one.slug).trades else "read"
        if one.slug in self.switches.disabled:
            self.switches.disabled.remove(one.slug)

    # -- accounts --------------------------------------------------------------------------------

    def held(self, holder: str) -> list[Held]:
        """All accounts of a user, in the order of the connections."""
        found = []
        since = timedelta(seconds=self.switches.accounts_listed_after_seconds)
        for one in self.of(holder):
            if one.created + since > self.clock.now():
                continue
            for place, account in enumerate(self.exchange.accounts):
                role = role_of(place)
                if role.house == one.slug:
                    found.append(self._held(account, role, one))
        return found

    def _held(self, account: Account, role: Role, one: Connection) -> Held:
        name = self.uuid("account", one.id, account.profile.number)
        return Held(name, account, role, house_of(one.slug), one)

    def first_held(self, account: Account) -> Held:
        """The account as the personal key has had it from the start."""
        role = role_of(self.exchange.accounts.index(account))
        one = next(c for c in self.connections[PERSONAL] if c.slug == role.house)
        return self._held(account, role, one)

    def seen_at(self, held: Held) -> datetime:
        """Until when the figures of an account are known."""
        return held.connection.disabled_at or self.clock.now()


HOLDER: web.RequestKey[str] = web.RequestKey("holder", str)
"""Whose request it is: "" for the personal key, else the user's name."""
