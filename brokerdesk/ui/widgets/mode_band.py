"""The band over a ticket and its review: whether money is real, in words that a reader hears too.

LIVE solid ink, PAPER amber with a hatched edge, PRACTICE violet with a dashed outline (``bands``).
"""

from __future__ import annotations

from brokerdesk.ui.plain import tame
from brokerdesk.ui.widgets.bands import WORDS, ModeBand

MEANING = {
    "live": "real money",
    "paper": "simulated, no real money",
    "practice": "made-up data on this computer",
}
TAG_WORDS = WORDS
"""LIVE, PAPER, PRACTICE: what the tag of an account says."""


def band_text(environment: str, account: str = "") -> str:
    """What stands beside the mode: ``real money, Schwab …4821``. Only real money is named where it
    would be moved.
    """
    meaning = MEANING[environment]
    return f"{meaning}, {tame(account)}" if account and environment == "live" else meaning


def spoken_mode(environment: str, what: str = "order ticket") -> str:
    """What is said first: ``Live order ticket, real money``."""
    return f"{environment.capitalize()} {what}, {MEANING[environment]}"


class OrderBand(ModeBand):
    """The band of a ticket or a review; ``account`` is broker and ending."""

    def __init__(self, environment: str, account: str = "") -> None:
        super().__init__(environment, band_text(environment, account))

    def show_mode(self, environment: str, account: str = "") -> None:
        """Say the mode of another account."""
        self.show_band(environment, band_text(environment, account))
