"""What Alpaca calls an instrument, as the domain knows it.

Option symbols come without the blanks that pad their root elsewhere, and coins with or without the
stroke of their pair. Both are brought to one form, so that the same thing held at two brokers goes
by one name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from brokerdesk.brokers.alpaca import BROKER_ID
from brokerdesk.brokers.text import clean, clean_name, clean_symbol
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import AssetType, OptionRight

_TYPES = {
    "us_equity": AssetType.EQUITY,
    "us_option": AssetType.OPTION,
    "crypto": AssetType.CRYPTO,
    "crypto_perp": AssetType.FUTURE,
}
_CONTRACT = Decimal(100)
_OPTION = re.compile(r"([A-Z0-9.]{1,6}?) *(\d{6})([CP])(\d{8})", re.ASCII)
_PAIR = re.compile(r"([A-Z0-9]{2,10})/?(USDT|USDC|USDG|USD|BTC)", re.ASCII)
_FUND = re.compile(r"\bETFs?\b|\bETNs?\b|\bExchange[- ]Traded\b|\bSPDR\b|\biShares\b")


@dataclass(slots=True)
class Names:
    """Names by symbol, as the asset list has them. None: Alpaca knows no such asset."""

    known: dict[str, str | None] = field(default_factory=dict)

    def __contains__(self, symbol: str) -> bool:
        return symbol in self.known

    def of(self, symbol: str) -> str:
        return self.known.get(symbol) or ""


@dataclass(frozen=True, slots=True)
class Contract:
    """What an option's symbol says."""

    root: str
    expiry: date | None
    right: OptionRight
    strike: Decimal
    symbol: str


def contract(symbol: str) -> Contract | None:
    """The option series that a symbol names, padded or not."""
    found = _OPTION.fullmatch(symbol)
    if found is None:
        return None
    root, day, letter, strike = found.groups()
    try:
        expiry = date(2000 + int(day[:2]), int(day[2:4]), int(day[4:]))
    except ValueError:
        expiry = None
    right = OptionRight.CALL if letter == "C" else OptionRight.PUT
    padded = f"{root:<6}{day}{letter}{strike}"
    return Contract(root, expiry, right, Decimal(strike) / 1000, padded)


def pair(symbol: str) -> str:
    """A coin's pair with its stroke: ``BTCUSD`` is ``BTC/USD``."""
    found = _PAIR.fullmatch(symbol)
    return f"{found[1]}/{found[2]}" if found else symbol


def wire_symbol(symbol: str) -> str:
    """A symbol as requests carry it."""
    return symbol.replace(" ", "")


def guessed_class(symbol: str) -> str:
    """The asset class that a symbol looks like, where an answer does not say: activities do not."""
    if contract(symbol) is not None:
        return "us_option"
    if "/" in symbol:
        return "crypto"
    # Tickers have five letters at most; a longer one that ends in a currency is a pair.
    return "crypto" if len(symbol) > 5 and _PAIR.fullmatch(symbol) else "us_equity"


def instrument(
    given_symbol: str | None, given_class: str | None, names: Names, asset_id: str | None = None
) -> Instrument:
    """The instrument in an answer.

    Raises:
        ValueError: it has no symbol.
    """
    symbol = clean_symbol(given_symbol)
    if not symbol:
        raise ValueError("no symbol")
    kind = _TYPES.get(given_class or "", AssetType.UNKNOWN)
    ids = ((BROKER_ID, clean(asset_id, 64)),) if asset_id else ()
    raw_type = clean(given_class, 64)
    if kind is AssetType.OPTION:
        series = contract(symbol)
        if series is not None:
            return Instrument(
                symbol=series.symbol,
                asset_type=kind,
                name=_describe(series),
                raw_type=raw_type,
                broker_ids=ids,
                multiplier=_CONTRACT,
                underlying=series.root,
                strike=series.strike,
                expiry=series.expiry,
                right=series.right,
            )
        return Instrument(
            symbol=symbol,
            asset_type=kind,
            raw_type=raw_type,
            broker_ids=ids,
            multiplier=_CONTRACT,
        )
    if kind is AssetType.CRYPTO:
        symbol = pair(symbol)
    name = clean_name(names.of(symbol))
    if kind is AssetType.EQUITY and _FUND.search(name):
        kind = AssetType.ETF
    return Instrument(symbol=symbol, asset_type=kind, name=name, raw_type=raw_type, broker_ids=ids)


def _describe(series: Contract) -> str:
    right = "Call" if series.right is OptionRight.CALL else "Put"
    day = f" {series.expiry:%m/%d/%Y}" if series.expiry else ""
    return f"{series.root}{day} ${series.strike:.2f} {right}"
