"""Whose accounts the simulated SnapTrade shows, and at which brokerages.

A retirement account with funds and a cash fund, a cash account in fractions with coins beside it,
and a margin account in two currencies with options and a short sale.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from brokerdesk.simulator.exchange.profiles import Profile
from brokerdesk.simulator.market import noise


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """One brokerage. ``flags`` are what SnapTrade says of it."""

    slug: str
    name: str
    trades: bool
    live: bool
    quotes: bool
    recent_orders: bool = True
    replaces: bool = False
    options: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """What an account holds besides, in another currency: cash, and one fund on it."""

    currency: str
    cash: Decimal
    rate: Decimal
    symbol: str
    follows: str
    share: Decimal
    units: Decimal
    cost: Decimal


HOUSES = (
    House(
        slug="ROBINHOOD",
        name="Robinhood",
        trades=True,
        live=True,
        quotes=True,
        replaces=True,
        options=True,
    ),
    House(slug="FIDELITY", name="Fidelity", trades=False, live=False, quotes=False),
    House(
        slug="QUESTRADE",
        name="Questrade",
        trades=True,
        live=True,
        quotes=True,
        recent_orders=False,
    ),
)
MIRROR_HOUSE = House(slug="SCHWAB", name="Schwab", trades=False, live=False, quotes=False)
"""A brokerage that is connected directly as well."""
CANADIAN = Foreign(
    currency="CAD",
    cash=Decimal("2415.37"),
    rate=Decimal("0.71"),
    symbol="VFV.TO",
    follows="VOO",
    share=Decimal("0.26"),
    units=Decimal(40),
    cost=Decimal("118.25"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """What an account is to SnapTrade. ``number`` is how its brokerage writes numbers."""

    house: str
    name: str
    raw_type: str
    cash_or_margin: str
    number: str
    foreign: Foreign | None = None


ROLES = (
    Role(
        house="FIDELITY",
        name="Fidelity Rollover IRA",
        raw_type="Rollover IRA",
        cash_or_margin="unknown",
        number="Z{:08d}",
    ),
    Role(
        house="ROBINHOOD",
        name="Robinhood Individual",
        raw_type="Cash",
        cash_or_margin="cash",
        number="{:09d}",
    ),
    Role(
        house="ROBINHOOD",
        name="Robinhood Crypto",
        raw_type="Crypto",
        cash_or_margin="unknown",
        number="C{:08d}",
    ),
    Role(
        house="QUESTRADE",
        name="Questrade Margin",
        raw_type="Margin",
        cash_or_margin="margin",
        number="5{:07d}",
        foreign=CANADIAN,
    ),
)
MIRROR_ROLE = Role(
    house="SCHWAB",
    name="Schwab Roth IRA",
    raw_type="Roth IRA",
    cash_or_margin="cash",
    number="{}",
)
"""The account that is somebody else's and comes after all others, where there is one."""


def profiles(seed: int) -> tuple[Profile, ...]:
    """The accounts, in the order of ``ROLES``."""
    ira, individual, coins, margin = (_number(seed, role) for role in ROLES)
    return (
        Profile(
            number=ira,
            nickname="Rollover IRA",
            margin=False,
            retirement=True,
            opening=Decimal(145_000),
            monthly=Decimal(0),
            picks=("FXAIX", "VBTLX", "VTI", "VXUS", "AGG", "SCHD", "BRK.B", "JNJ", "SGOV"),
            reinvested=frozenset({"FXAIX", "VBTLX", "SCHD"}),
            sweep="SWGXX",
        ),
        Profile(
            number=individual,
            nickname="Individual",
            margin=False,
            retirement=False,
            opening=Decimal(18_000),
            monthly=Decimal(250),
            picks=("AAPL", "NVDA", "TSLA", "AMZN", "VOO", "QQQ", "ARKK", "DIS"),
            reinvested=frozenset({"AAPL", "VOO"}),
            fractional=True,
        ),
        Profile(
            number=coins,
            nickname="Crypto",
            margin=False,
            retirement=False,
            opening=Decimal(9_000),
            monthly=Decimal(0),
            picks=("BTC/USD", "ETH/USD", "SOL/USD"),
        ),
        Profile(
            number=margin,
            nickname="Margin",
            margin=True,
            retirement=False,
            opening=Decimal(85_000),
            monthly=Decimal(0),
            picks=("MSFT", "COST", "XOM", "JPM", "VEA", "GLD", "XLK"),
            shorts=("INTC",),
            option_on="QQQ",
            guests=("KO",),
        ),
    )


def role_of(place: int) -> Role:
    return (*ROLES, MIRROR_ROLE)[place]


def house_of(slug: str) -> House:
    return next(house for house in (*HOUSES, MIRROR_HOUSE) if house.slug == slug)


def slugs(houses: Iterable[House] = HOUSES) -> tuple[str, ...]:
    return tuple(house.slug for house in houses)


def _number(seed: int, role: Role) -> str:
    return role.number.format(noise.key(seed, "snaptrade", role.name) % 9_999_999)
