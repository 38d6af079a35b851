"""Whose accounts the simulated Alpaca shows: one with money, and one on paper.

The first is a margin account with shares in fractions, coins, an option spread, a short position
and closed positions in its past; the second trades funds and coins without borrowing.
"""

from __future__ import annotations

from decimal import Decimal

from brokerdesk.simulator.exchange.profiles import Profile
from brokerdesk.simulator.market import noise
from brokerdesk.simulator.market.listings import Kind, of_kind

LIVE, PAPER = "live", "paper"
VENUES = (LIVE, PAPER)
LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
WELL_KNOWN = 120
COINS = ("BTC/USD", "ETH/USD", "SOL/USD", "LTC/USD")


def make_profiles(seed: int) -> tuple[Profile, ...]:
    """The accounts of a seed, in the order of ``VENUES``."""
    stocks = [listing.symbol for listing in of_kind(Kind.EQUITY)[:WELL_KNOWN]]
    funds = [x.symbol for x in of_kind(Kind.ETF) if x.sector != "Bonds"][:20]
    draw = noise.generator(seed, "alpaca")
    draw.shuffle(stocks)
    draw.shuffle(funds)
    live = Profile(
        number=str(100_000_000 + noise.key(seed, "alpaca", LIVE) % 899_999_999),
        nickname="Live",
        margin=True,
        retirement=False,
        opening=Decimal(85_000),
        monthly=Decimal(750),
        picks=(*stocks[:9], *funds[:3], *COINS[:3]),
        reinvested=frozenset(stocks[:3]),
        shorts=tuple(stocks[9:12]),
        option_on="SPY",
        guests=tuple(stocks[12:15]),
        fractional=True,
        option_fee=Decimal(0),
    )
    paper = Profile(
        number="PA" + _letters(noise.key(seed, "alpaca", PAPER)),
        nickname="Paper",
        margin=False,
        retirement=True,  # no withdrawals: paper money stays
        opening=Decimal(100_000),
        monthly=Decimal(0),
        picks=(*stocks[15:20], *funds[3:6], COINS[0], COINS[3]),
        guests=tuple(stocks[20:22]),
        fractional=True,
        option_fee=Decimal(0),
    )
    return (live, paper)


def _letters(number: int) -> str:
    return "".join(LETTERS[number // 36**place % 36] for place in range(10))
