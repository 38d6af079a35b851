"""What single brokerages allow through SnapTrade, as data, where it is less than their flags say.

A brokerage that is not listed here is taken at the word of its own flags.
"""

from __future__ import annotations

from dataclasses import dataclass

CHECKED_ON = "2026-11-21"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ability:
    """``slug`` is how SnapTrade's names of this brokerage begin; ``trades`` None: as it says."""

    slug: str
    trades: bool | None = None
    notes: tuple[str, ...] = ()


ABILITIES = (
    Ability(
        slug="INTERACTIVE-BROKERS",
        trades=False,
        notes=(
            "Through SnapTrade this brokerage can only be read.",
            "Connected on its own, BrokerDesk reads it live.",
        ),
    ),
    Ability(slug="VANGUARD", notes=("Plans of employers show their total only.",)),
    Ability(slug="SANDBOX", trades=False, notes=("A brokerage for trying out; nothing is real.",)),
)


def ability(slug: str) -> Ability | None:
    """What is known of a brokerage; None when nothing is."""
    name = slug.upper()
    return next((one for one in ABILITIES if name.startswith(one.slug)), None)
