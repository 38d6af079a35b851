"""What a mode means, in the words of bands, tags and screen readers. Pure."""

from __future__ import annotations

from brokerdesk.ui.plain import tame

MEANING = {
    "live": "real money",
    "paper": "simulated, no real money",
    "practice": "made-up data on this computer",
}


def band_text(environment: str, account: str = "") -> str:
    """What stands beside the mode: ``real money, Granite …4821``. Only real money is named where it
    would be moved.
    """
    meaning = MEANING[environment]
    return f"{meaning}, {tame(account)}" if account and environment == "live" else meaning


def spoken_mode(environment: str, what: str = "order ticket") -> str:
    """What is said first: ``Live order ticket, real money``."""
    return f"{environment.capitalize()} {what}, {MEANING[environment]}"
