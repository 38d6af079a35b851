"""Whose accounts the simulated institutions show: taxable, retirement, and plain cash."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from brokerdesk.simulator.exchange.profiles import Profile
from brokerdesk.simulator.market import noise
from brokerdesk.simulator.market.listings import Kind, of_kind

TAXABLE, RETIREMENT, CASH = "Brokerage Account", "401(k) Savings Plan", "Cash Management"
JOINT = "Joint Brokerage"
"""At an institution of its own, where it is shown at all."""


@dataclass(frozen=True, slots=True)
class Shown:
    """How Plaid words an account. ``foreign`` is money in another currency that it holds."""

    official_name: str
    type: str
    subtype: str
    foreign: tuple[tuple[str, Decimal], ...] = ()
    vested: Decimal | None = None


WORDS = {
    TAXABLE: Shown(
        "Individual Brokerage Account", "investment", "brokerage", (("EUR", Decimal("1250.40")),)
    ),
    RETIREMENT: Shown("Employees' 401(k) Plan", "investment", "401k", vested=Decimal("0.80")),
    CASH: Shown("Cash Management Account", "depository", "cash management"),
    JOINT: Shown("Joint Tenants Brokerage Account", "investment", "brokerage"),
}
RATES = {"EUR": Decimal("1.16")}
"""Dollars for one unit, as the institution counts foreign money into an account's total."""


def make_profiles(seed: int) -> tuple[Profile, ...]:
    """The accounts of one login, the same at every institution."""
    draw = noise.generator(seed, "plaid")
    etfs = [one.symbol for one in of_kind(Kind.ETF) if one.sector != "Bonds"]
    stocks = [one.symbol for one in of_kind(Kind.EQUITY)]
    funds = [one.symbol for one in of_kind(Kind.MUTUAL_FUND)]
    bonds = [one.symbol for one in of_kind(Kind.BOND)]
    taxable = (*draw.sample(etfs[:20], 3), *draw.sample(stocks[:60], 4), funds[0], bonds[0])
    return (
        Profile(
            number=_number(seed, TAXABLE),
            nickname=TAXABLE,
            margin=False,
            retirement=False,
            opening=Decimal(150_000),
            monthly=Decimal(800),
            picks=taxable,
            reinvested=frozenset(taxable[:2]),
            option_on="SPY",
            fractional=True,
        ),
        Profile(
            number=_number(seed, RETIREMENT),
            nickname=RETIREMENT,
            margin=False,
            retirement=True,
            opening=Decimal(48_000),
            monthly=Decimal(950),
            picks=tuple(draw.sample(funds, 3)),
            reinvested=frozenset(funds),
        ),
        Profile(
            number=_number(seed, CASH),
            nickname=CASH,
            margin=False,
            retirement=False,
            opening=Decimal(9_000),
            monthly=Decimal(150),
            picks=(),
        ),
    )


def joint_profile(seed: int) -> Profile:
    """The account of another login, at another institution."""
    draw = noise.generator(seed, "plaid joint")
    etfs = [one.symbol for one in of_kind(Kind.ETF) if one.sector != "Bonds"]
    picks = (*draw.sample(etfs[:20], 2), *draw.sample([x.symbol for x in of_kind(Kind.EQUITY)], 3))
    return Profile(
        number=_number(seed, JOINT),
        nickname=JOINT,
        margin=False,
        retirement=False,
        opening=Decimal(42_000),
        monthly=Decimal(300),
        picks=picks,
        reinvested=frozenset(picks[:1]),
    )


def _number(seed: int, name: str) -> str:
    return str(100_000_000 + noise.key(seed, "plaid", name) % 899_999_999)
