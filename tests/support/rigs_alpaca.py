"""Alpaca in front of the contract suite: signed in through the browser, both accounts at once."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any, ClassVar

from support.brokers import free_port
from support.rigs_base import SEED, SimulatedRig, simulated

POSITIONS = r"^/alpaca/(live|paper)/v2/positions$"
ACCOUNT = r"^/alpaca/(live|paper)/v2/account$"


class AlpacaRig(SimulatedRig):
    """Alpaca, as our own simulator plays it."""

    BROKER = "alpaca"
    ROUTES: ClassVar = {
        "portfolio": POSITIONS,
        "accounts": ACCOUNT,
        "token": r"^/alpaca/live/oauth/token$",
    }
    FIELDS: ClassVar = {
        "liquidationValue": ("equity", ACCOUNT),
        "cashBalance": ("cash", ACCOUNT),
        "currentBalances": ("cash", ACCOUNT),
        "longQuantity": ("qty", POSITIONS),
        "marketValue": ("market_value", POSITIONS),
        "assetType": ("asset_class", POSITIONS),
        "accountNumber": ("account_number", ACCOUNT),
    }

    @property
    def answers(self) -> dict[str, str]:
        names = ("client_id", "client_secret", "callback_url")
        return {name: self.origin.secrets[name] for name in names}

    def keys(self, venue: str = "live") -> dict[str, str]:
        """Good answers to the key's form."""
        secrets = self.origin.secrets
        return {
            "key_id": secrets[f"{venue}_key_id"],
            "secret_key": secrets[f"{venue}_secret_key"],
        }

    @property
    def wrong_answers(self) -> dict[str, str]:
        return {**self.answers, "client_secret": "not-the-secret"}

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.answers["client_secret"], self.keys()["secret_key"], *self.numbers)


def alpaca_rig(seed: int = SEED, **options: Any) -> AbstractAsyncContextManager[AlpacaRig]:
    callbacks = (f"https://127.0.0.1:{free_port()}",)
    return simulated(AlpacaRig, seed, **{"callback_urls": callbacks, **options})
