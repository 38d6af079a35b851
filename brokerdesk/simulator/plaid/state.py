"""What Plaid's routes share: links that are open, Items that exist, and behaviour to switch.

Tokens follow from the seed, so that a login outlives a restart of the simulator; what was removed
or has to sign in again is kept in memory.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from brokerdesk.simulator.exchange.exchange import Account, Exchange
from brokerdesk.simulator.options import MovableClock
from brokerdesk.simulator.plaid.accounts import JOINT
from brokerdesk.simulator.plaid.errors import PlaidError

LINK_LIFE = timedelta(minutes=30)
PUBLIC_LIFE = timedelta(minutes=30)
OLD_LOGINS = 8
"""How many logins per institution are known from before the start."""

INSTITUTIONS = {"ins_109508": "First Platypus Bank", "ins_109512": "Houndstooth Bank"}
OWN_ACCOUNTS = "ins_109512"
"""Whose login shows the joint account, and it alone, where there is that account."""


@dataclass(slots=True)
class PlaidSwitches:
    """Behaviour that is unverified at Plaid, or that a test wants otherwise."""

    errors: dict[str, str] = field(default_factory=dict)
    """A route to the code that it answers with."""
    keys_status: int = 400
    item_error: str = ""
    """A code that the Item carries beside figures that still come."""
    stale_hours: float = 0.0
    consent_days: int | None = None
    cash_as: str = "holding"
    """Where dollars stand: holding, available, or both."""
    options_in_contracts: bool = False
    deprecated_results: bool = False
    institution_told: bool = True
    exchange_twice: bool = False
    largest_page: int = 500
    total_grows: bool = False
    short_sign: str = "negative"
    down: list[str] = field(default_factory=list)
    """Institutions that do not answer. A new sign-in at one mends it."""


@dataclass(slots=True)
class Item:
    """One login at one institution."""

    institution: str
    token: str
    item_id: str
    accounts: tuple[str, ...]
    login_required: bool = False
    removed: bool = False

    def account_id(self, number: str) -> str:
        """Plaid's name for an account: another one in each login."""
        return uuid.uuid5(uuid.NAMESPACE_OID, f"{self.token}:{number}").hex + "Plaid"


@dataclass(slots=True)
class LinkRun:
    """One opening of a Hosted Link page."""

    id: str
    started: datetime
    finished: datetime | None = None
    public_token: str = ""
    institution: str = ""
    exited: bool = False


@dataclass(slots=True)
class Link:
    """One link token. ``repairs`` is the Item of update mode."""

    token: str
    created: datetime
    expires: datetime
    body: dict[str, Any]
    hosted: str
    repairs: Item | None = None
    runs: list[LinkRun] = field(default_factory=list)


@dataclass(slots=True)
class Offer:
    """A public token that waits to be exchanged."""

    item: Item
    expires: datetime
    used: bool = False


class PlaidState:
    """One simulated Plaid."""

    def __init__(self, exchange: Exchange, clock: MovableClock) -> None:
        self.exchange = exchange
        self.clock = clock
        self.switches = PlaidSwitches()
        self.base_url = ""
        self.client_id = uuid.uuid5(uuid.NAMESPACE_OID, f"client {exchange.seed}").hex[:24]
        self.secret = uuid.uuid5(uuid.NAMESPACE_OID, f"secret {exchange.seed}").hex[:30]
        self.links: dict[str, Link] = {}
        self.offers: dict[str, Offer] = {}
        self.items: dict[str, Item] = {}
        self.calls: list[str] = []
        self._made: dict[str, int] = {}
        for institution in INSTITUTIONS:
            for number in range(OLD_LOGINS):
                item = self._item(institution, number, None)
                self.items[item.token] = item

    def new_item(self, institution: str, accounts: tuple[str, ...] | None) -> Item:
        """A login that has just been made on the page."""
        number = self._made.get(institution, 0)
        self._made[institution] = number + 1
        item = self._item(institution, number, accounts)
        self.items[item.token] = item
        return item

    def find(self, token: object) -> Item:
        """The Item of an access token.

        Raises:
            PlaidError: there is none.
        """
        item = self.items.get(token) if isinstance(token, str) else None
        if item is None:
            raise PlaidError("INVALID_ACCESS_TOKEN")
        if item.removed:
            raise PlaidError("ITEM_NOT_FOUND")
        return item

    def accounts(self, item: Item) -> list[Account]:
        return [a for a in self.exchange.accounts if a.profile.number in item.accounts]

    def updated(self) -> datetime:
        """When the institution last gave figures."""
        return self.clock.now() - timedelta(hours=self.switches.stale_hours)

    def _item(self, institution: str, number: int, accounts: tuple[str, ...] | None) -> Item:
        name = f"{self.exchange.seed} {institution} {number}"
        return Item(
            institution=institution,
            token=f"access-sandbox-{uuid.uuid5(uuid.NAMESPACE_OID, name)}",
            item_id=uuid.uuid5(uuid.NAMESPACE_URL, name).hex + "Item",
            accounts=accounts or self._shown_at(institution),
        )

    def _shown_at(self, institution: str) -> tuple[str, ...]:
        """What a login shows when nobody chose among its accounts."""
        everybody = [one.profile for one in self.exchange.accounts]
        if not any(one.nickname == JOINT for one in everybody):
            return tuple(one.number for one in everybody)
        joint = institution == OWN_ACCOUNTS
        return tuple(one.number for one in everybody if (one.nickname == JOINT) == joint)


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
