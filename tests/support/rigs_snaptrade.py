"""SnapTrade in front of the contract suite: a personal key, and a brokerage more at the page."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any, ClassVar

from support.brokers import MemoryCredentials
from support.rigs_base import SEED, SimulatedRig, simulated

from brokerdesk.brokers.base import CredentialPort
from brokerdesk.brokers.flow import BrowserStep, ConnectFlow, Step
from brokerdesk.brokers.snaptrade.session import SnapTradeSession
from brokerdesk.simulator.snaptrade.dialect import SnapTradeDialect
from brokerdesk.simulator.snaptrade.state import SnapTradeState, SnapTradeSwitches

ID = "[0-9a-f-]{36}"
POSITIONS = rf"^/accounts/{ID}/positions/all$"
BALANCES = rf"^/accounts/{ID}/balances$"
ACCOUNT = rf"^/accounts/{ID}$"


class SnapTradeRig(SimulatedRig):
    """SnapTrade, as our own simulator plays it."""

    BROKER = "snaptrade"
    tries_keys_at_once = True
    ROUTES: ClassVar = {
        "portfolio": POSITIONS,
        "accounts": "^/accounts$",
        "token": "^/authorizations$",
    }
    FIELDS: ClassVar = {
        "liquidationValue": ("amount", ACCOUNT),
        "cashBalance": ("cash", BALANCES),
        "currentBalances": ("currency", BALANCES),
        "longQuantity": ("units", POSITIONS),
        "marketValue": ("price", POSITIONS),
        "assetType": ("kind", POSITIONS),
        "accountNumber": ("id", r"^/accounts"),
        "positions": ("results", POSITIONS),
    }

    @property
    def dialect(self) -> SnapTradeDialect:
        found = self.sim.dialect("snaptrade")
        assert isinstance(found, SnapTradeDialect)
        return found

    @property
    def state(self) -> SnapTradeState:
        return self.dialect.state

    @property
    def switches(self) -> SnapTradeSwitches:
        return self.dialect.switches

    @property
    def answers(self) -> dict[str, str]:
        names = ("client_id", "consumer_key")
        return {**{name: self.origin.secrets[name] for name in names}, "next": "add"}

    @property
    def commercial(self) -> dict[str, str]:
        """Good answers for a commercial key whose user does not exist yet."""
        secrets = self.origin.secrets
        return {
            "client_id": secrets["commercial_client_id"],
            "consumer_key": secrets["commercial_consumer_key"],
            "user_id": "desk-7f3a",
            "next": "add",
        }

    @property
    def wrong_answers(self) -> dict[str, str]:
        return {**self.answers, "consumer_key": "not-the-key"}

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.answers["consumer_key"], *self.numbers)

    async def go_through_browser(self, flow: ConnectFlow, step: BrowserStep) -> Step:
        return await self.decide(flow, step.url, "allow", paste=False)

    def opened(self, port: CredentialPort, **changes: Any) -> SnapTradeSession:
        return SnapTradeSession(self.context(port, **changes))

    def port(self, **changes: str) -> MemoryCredentials:
        """The personal key, as a sign-in would have stored it."""
        names = ("client_id", "consumer_key")
        keys = {name: self.origin.secrets[name] for name in names}
        stored = {**keys, "user_id": "", "user_secret": ""}
        return MemoryCredentials(
            {**stored, "signed_in_at": self.clock.now().isoformat(), **changes}
        )


def snaptrade_rig(seed: int = SEED, **options: Any) -> AbstractAsyncContextManager[SnapTradeRig]:
    return simulated(SnapTradeRig, seed, **options)
