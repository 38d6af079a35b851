"""The band over a ticket and its review: whether money is real, in words that a reader hears too.

LIVE solid ink, PAPER amber with a hatched edge, PRACTICE violet with a dashed outline (``bands``).
"""

from __future__ import annotations

from brokerdesk.ui.viewmodels.mode_words import MEANING, band_text, spoken_mode
from brokerdesk.ui.widgets.bands import WORDS, ModeBand

__all__ = ["MEANING", "TAG_WORDS", "OrderBand", "band_text", "spoken_mode"]

TAG_WORDS = WORDS
"""LIVE, PAPER, PRACTICE: what the tag of an account says."""


class OrderBand(ModeBand):
    """The band of a ticket or a review; ``account`` is broker and ending."""

    def __init__(self, environment: str, account: str = "") -> None:
        super().__init__(environment, band_text(environment, account))

    def show_mode(self, environment: str, account: str = "") -> None:
        """Say the mode of another account."""
        self.show_band(environment, band_text(environment, account))
