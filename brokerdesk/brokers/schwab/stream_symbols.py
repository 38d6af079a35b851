"""What of a desk's instruments the streamer carries, under which service and symbol.

An option is asked for in Schwab's 21 characters, whatever spelling the key has; a share never looks
like one. The same letters in another currency or of another kind are another thing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from brokerdesk.brokers.schwab.stream_wire import EQUITIES, OPTIONS
from brokerdesk.domain.kinds import AssetType
from brokerdesk.domain.quote import QuoteKey

Symbol = tuple[str, str]
"""A service, and how it names something."""

_SHARE = re.compile(r"[A-Z][A-Z0-9./-]{0,11}", re.ASCII)
_OPTION = re.compile(r"([A-Z][A-Z0-9.]{0,5}) *(\d{6}[CP]\d{8})", re.ASCII)
_ROOT = 6


def symbol_of(key: QuoteKey) -> Symbol | None:
    """How the streamer names what the key means; None: it has no such thing."""
    if key.currency != "USD":
        return None
    if key.asset_type in (AssetType.EQUITY, AssetType.ETF):
        return (EQUITIES, key.symbol) if _SHARE.fullmatch(key.symbol) else None
    if key.asset_type is AssetType.OPTION:
        found = _OPTION.fullmatch(key.symbol)
        return (OPTIONS, f"{found[1]:<{_ROOT}}{found[2]}") if found else None
    return None


def by_symbol(keys: Iterable[QuoteKey]) -> tuple[dict[Symbol, tuple[QuoteKey, ...]], set[QuoteKey]]:
    """Keys by what they are asked for as, in a fixed order; and those that cannot be had."""
    found: dict[Symbol, tuple[QuoteKey, ...]] = {}
    foreign: set[QuoteKey] = set()
    for key in sorted(keys):
        symbol = symbol_of(key)
        if symbol is None:
            foreign.add(key)
        else:
            found[symbol] = (*found.get(symbol, ()), key)
    return found, foreign
