"""The contract by which something's price is asked for on a line.

What was held or traded here is known by its number. Of the rest only those are asked for that a
symbol describes beyond doubt: US shares and funds, options by their series, coins by their pair.
"""

from __future__ import annotations

import re
from typing import Any

from brokerdesk.brokers.ibkr.names import Names
from brokerdesk.domain.kinds import AssetType
from brokerdesk.domain.quote import QuoteKey

_TICKER = re.compile(r"[A-Z][A-Z0-9]{0,6}(\.[A-Z]{1,3})?", re.ASCII)
_SERIES = re.compile(r"([A-Z0-9.]{1,6}) {0,5}\d{6}[CP]\d{8}", re.ASCII)
_PAIR = re.compile(r"([A-Z0-9]{2,10})/USD", re.ASCII)
_SMART = frozenset({"STK", "OPT"})
_SHARES = (AssetType.EQUITY, AssetType.ETF)


def carried(key: QuoteKey, names: Names) -> bool:
    """Whether there is such a contract, as far as can be said without asking."""
    return names.seen(key) is not None or _described(key) is not None


def contract(key: QuoteKey, names: Names) -> Any:
    """The contract to ask for; None where there is none."""
    from ib_async.contract import Contract

    seen = names.seen(key)
    if seen is not None:
        exchange = "SMART" if seen.secType in _SMART else seen.exchange or seen.primaryExchange
        return Contract(conId=seen.conId, exchange=exchange)
    fields = _described(key)
    return None if fields is None else Contract(currency="USD", **fields)


def _described(key: QuoteKey) -> dict[str, Any] | None:
    """The fields of a contract that a symbol alone describes."""
    if key.currency != "USD":
        return None
    if key.asset_type in _SHARES and _TICKER.fullmatch(key.symbol):
        # TWS writes classes of shares with a space.
        return {"secType": "STK", "symbol": key.symbol.replace(".", " "), "exchange": "SMART"}
    if key.asset_type is AssetType.OPTION and _SERIES.fullmatch(key.symbol):
        return {"secType": "OPT", "localSymbol": key.symbol, "exchange": "SMART"}
    if key.asset_type is AssetType.CRYPTO and (found := _PAIR.fullmatch(key.symbol)):
        return {"secType": "CRYPTO", "symbol": found[1], "exchange": "PAXOS"}
    return None
