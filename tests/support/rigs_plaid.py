"""Plaid in front of the contract suite: one login with three accounts, Hosted Link by the control
API in the person's place.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any, ClassVar

from support.rigs_base import SEED, SimulatedRig, simulated

from brokerdesk.brokers.flow import BrowserStep, ConnectFlow, Step

HOLDINGS = r"^/investments/holdings/get$"
ACCOUNTS = r"^/accounts/get$"


class PlaidRig(SimulatedRig):
    """Plaid, as our own simulator plays it."""

    BROKER = "plaid"
    tries_keys_at_once = True
    ROUTES: ClassVar = {
        "portfolio": HOLDINGS,
        "accounts": ACCOUNTS,
        "token": r"^/item/public_token/exchange$",
    }
    FIELDS: ClassVar = {
        "liquidationValue": ("current", None),
        "cashBalance": ("current", None),
        "currentBalances": ("balances", None),
        "longQuantity": ("quantity", None),
        "marketValue": ("institution_value", None),
        "symbol": ("security_id", None),
        "assetType": ("type", None),
        "accountNumber": ("account_id", None),
        "positions": ("holdings", None),
    }

    @property
    def institution(self) -> str:
        """What the person chooses. Another seed stands for somebody at another institution."""
        return "ins_109508" if self.sim.options.seed == SEED else "ins_109512"

    @property
    def wrong_answers(self) -> dict[str, str]:
        return {**self.answers, "secret": "not-the-secret"}

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.answers["secret"], *self.numbers)

    async def go_through_browser(self, flow: ConnectFlow, step: BrowserStep) -> Step:
        url = f"{step.url}&institution={self.institution}"
        return await self.decide(flow, url, "allow", paste=False)

    async def decline(self, flow: ConnectFlow, step: BrowserStep) -> Step:
        return await self.decide(flow, step.url, "deny", paste=False)

    async def fault(self, kind: str, route: str, **args: Any) -> None:
        if args.get("edit") == "bad_record":
            # The first list of the answer is that of accounts; a holding is what is meant.
            args = {"edit": "wrong_type", "field": "quantity", "first": True}
        await super().fault(kind, route, **args)

    async def expire(self, kind: str) -> None:
        await self.control("tokens/expire", {"kind": "login"})


def plaid_rig(seed: int = SEED, **options: Any) -> AbstractAsyncContextManager[PlaidRig]:
    return simulated(PlaidRig, seed, **options)
