"""What Schwab's routes share: the exchange, the clock, the tokens, the switches."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from brokerdesk.simulator.exchange.exchange import Account, Exchange
from brokerdesk.simulator.exchange.floor import Floor
from brokerdesk.simulator.options import MovableClock, Switches
from brokerdesk.simulator.schwab.tokens import Grant, Tokens


@dataclass(slots=True, kw_only=True)
class SchwabState:
    """One simulated Schwab."""

    exchange: Exchange
    clock: MovableClock
    tokens: Tokens
    switches: Switches
    callback_urls: list[str]
    floor: Floor
    base_url: str = ""

    def hash_of(self, number: str) -> str:
        """The account's name in URLs: 64 upper-case hexadecimal digits."""
        text = f"{self.exchange.seed}:{number}"
        return hashlib.sha256(text.encode()).hexdigest().upper()

    def granted(self, grant: Grant) -> list[Account]:
        """The accounts that a login covers, in the customer's order."""
        return [a for a in self.exchange.accounts if a.profile.number in grant.accounts]

    def by_hash(self, grant: Grant, hashed: str) -> Account | None:
        for account in self.granted(grant):
            if self.hash_of(account.profile.number) == hashed:
                return account
        return None
