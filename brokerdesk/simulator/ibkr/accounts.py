"""Whose accounts the simulated TWS shows: two of one login, as an advisor or a family has them.

The first borrows, sells short, holds an option spread, shares in fractions and euros beside its
dollars; the second is a retirement account without margin. Account ids begin with ``DU``, as those
of paper trading do.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from brokerdesk.simulator.exchange.profiles import Profile
from brokerdesk.simulator.market import noise
from brokerdesk.simulator.market.listings import Kind, of_kind

MARGIN, RETIREMENT = "margin", "ira"
WELL_KNOWN = 120
COINS = ("BTC/USD", "ETH/USD")


@dataclass(frozen=True, slots=True)
class Foreign:
    """Cash in another currency than the base. The rate stands still: no market of currencies."""

    currency: str
    amount: Decimal
    rate: Decimal


FOREIGN = (
    (Foreign("EUR", Decimal("12480.55"), Decimal("1.0842")),),
    (),
)
"""Per account, in the order of ``make_profiles``."""
ACCOUNT_TYPES = ("INDIVIDUAL", "IRA-ROTH NEW")


def make_profiles(seed: int) -> tuple[Profile, ...]:
    """The accounts of a seed."""
    stocks = [listing.symbol for listing in of_kind(Kind.EQUITY)[:WELL_KNOWN]]
    funds = [x.symbol for x in of_kind(Kind.ETF) if x.sector != "Bonds"][:20]
    draw = noise.generator(seed, "ibkr")
    draw.shuffle(stocks)
    draw.shuffle(funds)
    margin = Profile(
        number=_number(seed, MARGIN),
        nickname="",
        margin=True,
        retirement=False,
        opening=Decimal(180_000),
        monthly=Decimal(1_000),
        picks=(*stocks[:12], *funds[:4], *COINS),
        reinvested=frozenset(stocks[:3]),
        shorts=tuple(stocks[12:15]),
        option_on="SPY",
        guests=tuple(stocks[15:18]),
        fractional=True,
    )
    retirement = Profile(
        number=_number(seed, RETIREMENT),
        nickname="",
        margin=False,
        retirement=True,
        opening=Decimal(70_000),
        monthly=Decimal(500),
        picks=(*stocks[18:24], *funds[4:8]),
        reinvested=frozenset(funds[4:6]),
        guests=tuple(stocks[24:26]),
    )
    return (margin, retirement)


def _number(seed: int, which: str) -> str:
    return f"DU{1_000_000 + noise.key(seed, 'ibkr', which) % 8_999_999}"
