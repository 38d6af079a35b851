"""Where Alpaca tells prices: one socket per kind of thing, and what each of them calls it.

A stock and a coin of the same letters are told at different places and never meet. What two brokers
call a share and a fund of one symbol is one thing here and told to both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from brokerdesk.brokers.alpaca.instruments import contract, pair, wire_symbol
from brokerdesk.domain.kinds import AssetType, PriceFeed
from brokerdesk.domain.quote import QuoteKey

_SHARE = re.compile(r"[A-Z][A-Z0-9]{0,4}(?:\.[A-Z]{1,3})?", re.ASCII)
_COIN = re.compile(r"[A-Z0-9]{2,10}/[A-Z]{3,5}", re.ASCII)
_SHARES = (AssetType.EQUITY, AssetType.ETF)


@dataclass(frozen=True, slots=True)
class Place:
    """One socket. ``most`` are its channels for trades and quotes together; None: not known.

    ``packed``: it speaks MessagePack and nothing else.
    """

    kind: str
    path: str
    feed: PriceFeed
    most: int | None = None
    packed: bool = False

    @property
    def tells_halts(self) -> bool:
        return self.kind == "us_equity"


IEX = Place("us_equity", "/v2/iex", PriceFeed.REAL_TIME, most=30)
"""One exchange: what a login gets without a data subscription."""
SIP = Place("us_equity", "/v2/sip", PriceFeed.REAL_TIME)
"""All exchanges."""
LATE_SIP = Place("us_equity", "/v2/delayed_sip", PriceFeed.DELAYED)
COINS = Place("crypto", "/v1beta3/crypto/us", PriceFeed.REAL_TIME)
OPTIONS = Place("us_option", "/v1beta1/indicative", PriceFeed.DELAYED, packed=True)
"""Quotes that are only indicative and trades a quarter of an hour late, without a subscription."""


def told_at(key: QuoteKey) -> tuple[str, str] | None:
    """The kind of place at which something is told, and its name there; None: nowhere."""
    if key.asset_type in _SHARES and key.currency == "USD" and _SHARE.fullmatch(key.symbol):
        return "us_equity", key.symbol
    if key.asset_type is AssetType.OPTION and key.currency == "USD" and contract(key.symbol):
        return "us_option", wire_symbol(key.symbol)
    if key.asset_type is AssetType.CRYPTO:
        name = pair(key.symbol)
        if _COIN.fullmatch(name) and name.rpartition("/")[2] == key.currency:
            return "crypto", name
    return None


def by_name(keys: frozenset[QuoteKey]) -> dict[str, dict[str, frozenset[QuoteKey]]]:
    """Keys by kind of place and by their name there; what is told nowhere is left out."""
    found: dict[str, dict[str, frozenset[QuoteKey]]] = {}
    for key in keys:
        at = told_at(key)
        if at is not None:
            kind, name = at
            names = found.setdefault(kind, {})
            names[name] = names.get(name, frozenset()) | {key}
    return found
