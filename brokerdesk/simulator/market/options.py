"""Listed options: their 21-character symbols and a Black-Scholes price with its greeks.

A model price is all that a practice account needs; there is no volatility surface, no early
exercise and no dividend adjustment.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache

from brokerdesk.simulator.market.calendar import NEW_YORK

SYMBOL = re.compile(r"([A-Z.]{1,6}) *(\d{6})([CP])(\d{8})", re.ASCII)
MULTIPLIER = 100
RISK_FREE = 0.04
SECONDS_PER_YEAR = 365.25 * 86400
SYMBOL_LENGTH = 21
LOWEST = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class OptionContract:
    """One series; ``expires`` is the end of its last session."""

    symbol: str
    underlying: str
    expiration: date
    call: bool
    strike: Decimal

    @property
    def expires(self) -> datetime:
        return datetime.combine(self.expiration, time(16), NEW_YORK).astimezone(UTC)

    @property
    def description(self) -> str:
        right = "Call" if self.call else "Put"
        return f"{self.underlying} {self.expiration:%m/%d/%Y} ${self.strike:.2f} {right}"


@dataclass(frozen=True, slots=True)
class OptionValue:
    """A theoretical price per unit of the underlying, and its greeks."""

    price: Decimal
    delta: float
    gamma: float
    theta: float
    vega: float
    rho: float


def option_symbol(underlying: str, expiration: date, *, call: bool, strike: Decimal) -> str:
    right = "C" if call else "P"
    return f"{underlying:<6}{expiration:%y%m%d}{right}{int(strike * 1000):08d}"


@lru_cache(maxsize=4096)
def parse_option(symbol: str) -> OptionContract | None:
    """The series a symbol names, or None."""
    found = SYMBOL.fullmatch(symbol)
    if found is None or len(symbol) != SYMBOL_LENGTH:
        return None
    digits = found[2]
    try:
        expiration = date(2000 + int(digits[:2]), int(digits[2:4]), int(digits[4:]))
    except ValueError:
        return None
    strike = Decimal(int(found[4])) / 1000
    return OptionContract(symbol, found[1], expiration, found[3] == "C", strike)


def _cumulative(x: float) -> float:
    return 0.5 * (1 + math.erf(x / math.sqrt(2)))


def value(contract: OptionContract, spot: Decimal, sigma: float, moment: datetime) -> OptionValue:
    """What a series is worth at a moment, for a yearly volatility ``sigma``."""
    sign = 1 if contract.call else -1
    intrinsic = max(Decimal(0), (spot - contract.strike) * sign)
    years = (contract.expires - moment).total_seconds() / SECONDS_PER_YEAR
    if years <= 0:
        return OptionValue(intrinsic.quantize(LOWEST), float(sign if intrinsic else 0), 0, 0, 0, 0)
    s, k = float(spot), float(contract.strike)
    root = sigma * math.sqrt(years)
    d1 = (math.log(s / k) + (RISK_FREE + sigma * sigma / 2) * years) / root
    d2 = d1 - root
    discount = math.exp(-RISK_FREE * years)
    density = math.exp(-d1 * d1 / 2) / math.sqrt(2 * math.pi)
    theory = sign * (s * _cumulative(sign * d1) - k * discount * _cumulative(sign * d2))
    price = max(LOWEST, Decimal(round(theory * 100)) / 100)
    decay = -s * density * sigma / (2 * math.sqrt(years))
    carry = -sign * RISK_FREE * k * discount * _cumulative(sign * d2)
    return OptionValue(
        price=price,
        delta=sign * _cumulative(sign * d1),
        gamma=density / (s * root),
        theta=(decay + carry) / 365,
        vega=s * density * math.sqrt(years) / 100,
        rho=sign * k * years * discount * _cumulative(sign * d2) / 100,
    )
