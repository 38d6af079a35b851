"""Which instruments exist, with names, sectors and exchanges, out of ``resources/demo``.

The file holds public facts (symbol, name, sector, exchange) and a rough price level; identifiers
that are somebody's property are made up here with a valid check digit.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from brokerdesk.paths import resource
from brokerdesk.simulator.market import noise

CUSIP_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*@#"


class Kind(StrEnum):
    EQUITY = "equity"
    ETF = "etf"
    MUTUAL_FUND = "mutual_fund"
    MONEY_MARKET = "money_market"
    BOND = "bond"
    INDEX = "index"
    OPTION = "option"
    CRYPTO = "crypto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One instrument. ``price`` is its level in late 2026, ``rate`` its yearly yield in percent."""

    symbol: str
    name: str
    kind: Kind
    sector: str
    exchange: str
    price: Decimal
    rate: Decimal
    cusip: str
    number: int
    maturity: date | None = None

    @property
    def has_splits(self) -> bool:
        return self.kind is Kind.EQUITY


def cusip_check_digit(body: str) -> str:
    """The ninth character of a CUSIP, from its first eight."""
    total = 0
    for place, letter in enumerate(body):
        value = CUSIP_LETTERS.index(letter)
        if place % 2:
            value *= 2
        total += value // 10 + value % 10
    return str((10 - total % 10) % 10)


def made_up_cusip(symbol: str, *, issuer: str = "") -> str:
    number = noise.key("cusip", symbol)
    body = (issuer or f"{number % 1_000_000:06d}") + ("10" if not issuer else _tail(number))
    return body + cusip_check_digit(body)


def _tail(number: int) -> str:
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    return letters[number % 24] + letters[number // 24 % 24]


@lru_cache(maxsize=1)
def all_listings() -> dict[str, Listing]:
    """Every listed instrument by symbol, in the file's order."""
    found: dict[str, Listing] = {}
    with (resource("demo") / "instruments.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            kind = Kind(row["kind"])
            symbol = row["symbol"]
            cusip = made_up_cusip(symbol)
            if kind is Kind.BOND:
                cusip = symbol = made_up_cusip(row["symbol"], issuer="912810")
            found[symbol] = Listing(
                symbol=symbol,
                name=row["name"],
                kind=kind,
                sector=row["sector"],
                exchange=row["exchange"],
                price=Decimal(row["price"]),
                rate=Decimal(row["rate"]),
                cusip=cusip,
                number=noise.key("instrument", symbol) % 2_000_000_000 + 1,
                maturity=date.fromisoformat(row["maturity"]) if row["maturity"] else None,
            )
    return found


@lru_cache(maxsize=1)
def securities() -> dict[str, Listing]:
    """Everything listed but coins, which only some brokers know."""
    return {name: one for name, one in all_listings().items() if one.kind is not Kind.CRYPTO}


@lru_cache(maxsize=1)
def by_cusip() -> dict[str, Listing]:
    return {listing.cusip: listing for listing in securities().values()}


@lru_cache(maxsize=16)
def of_kind(kind: Kind) -> tuple[Listing, ...]:
    return tuple(listing for listing in all_listings().values() if listing.kind is kind)
