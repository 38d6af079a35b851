"""The numbered fields of Schwab's level one services, out of the same quotes that REST gives.

The numbers are those of the streamer's guide and of a maintained client's tables. A quote that has
no such figure has no such field: an index has no bid.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from brokerdesk.simulator.market import noise
from brokerdesk.simulator.market.market import Market, phase
from brokerdesk.simulator.schwab.quote_blocks import quote_answer
from brokerdesk.simulator.schwab.times import milliseconds

EQUITIES, OPTIONS = "LEVELONE_EQUITIES", "LEVELONE_OPTIONS"
BLOCKS = frozenset({"quote", "reference", "fundamental", "regular"})
OLD = 3_600_000
"""How far back the fault ``old_times`` puts a moment, in milliseconds."""

_EQUITY_QUOTE = {
    1: "bidPrice",
    2: "askPrice",
    3: "lastPrice",
    4: "bidSize",
    5: "askSize",
    8: "totalVolume",
    9: "lastSize",
    10: "highPrice",
    11: "lowPrice",
    12: "closePrice",
    17: "openPrice",
    18: "netChange",
    19: "52WeekHigh",
    20: "52WeekLow",
    24: "nAV",
    32: "securityStatus",
    33: "mark",
    34: "quoteTime",
    35: "tradeTime",
    37: "bidTime",
    38: "askTime",
    39: "askMICId",
    40: "bidMICId",
    41: "lastMICId",
    42: "netPercentChange",
    44: "markChange",
    45: "markPercentChange",
    50: "postMarketChange",
    51: "postMarketPercentChange",
}
_EQUITY_REGULAR = {
    29: "regularMarketLastPrice",
    30: "regularMarketLastSize",
    31: "regularMarketNetChange",
    36: "regularMarketTradeTime",
    43: "regularMarketPercentChange",
}
_EQUITY_FUNDAMENTAL = {21: "peRatio", 22: "divAmount", 23: "divYield", 26: "divExDate"}
_EQUITY_REFERENCE = {
    13: "exchange",
    15: "description",
    25: "exchangeName",
    46: "htbQuantity",
    47: "htbRate",
}
_OPTION_QUOTE = {
    2: "bidPrice",
    3: "askPrice",
    4: "lastPrice",
    5: "highPrice",
    6: "lowPrice",
    7: "closePrice",
    8: "totalVolume",
    9: "openInterest",
    10: "volatility",
    11: "moneyIntrinsicValue",
    15: "openPrice",
    16: "bidSize",
    17: "askSize",
    18: "lastSize",
    19: "netChange",
    25: "timeValue",
    28: "delta",
    29: "gamma",
    30: "theta",
    31: "vega",
    32: "rho",
    33: "securityStatus",
    34: "theoreticalOptionValue",
    35: "underlyingPrice",
    37: "mark",
    38: "quoteTime",
    39: "tradeTime",
    44: "netPercentChange",
    45: "markChange",
    46: "markPercentChange",
    47: "impliedYield",
    52: "indAskPrice",
    53: "indBidPrice",
    54: "indQuoteTime",
}
_OPTION_REFERENCE = {
    1: "description",
    12: "expirationYear",
    13: "multiplier",
    20: "strikePrice",
    21: "contractType",
    22: "underlying",
    23: "expirationMonth",
    24: "deliverables",
    26: "expirationDay",
    27: "daysToExpiration",
    36: "expirationType",
    40: "exchange",
    41: "exchangeName",
    42: "lastTradingDay",
    43: "settlementType",
    48: "isPennyPilot",
    55: "exerciseType",
}
_MOVING_TIMES = {EQUITIES: (34, 37, 38), OPTIONS: (38,)}
_TIMES = {EQUITIES: (34, 35, 36, 37, 38), OPTIONS: (38, 39)}
_SIZES = {EQUITIES: (4, 5), OPTIONS: (16, 17)}
NUMBERS = {EQUITIES: frozenset(range(52)), OPTIONS: frozenset(range(56))}


def level_one(
    market: Market, service: str, symbol: str, moment: datetime, halted: Collection[str] = ()
) -> tuple[dict[str, Any], dict[int, Any]] | None:
    """What describes a symbol, and its numbered fields; None if the service has no such symbol."""
    if (market.option(symbol) is not None) != (service == OPTIONS):
        return None
    body = quote_answer(market, symbol, moment, BLOCKS, halted)
    if body is None or body["assetMainType"] == "BOND":
        return None
    found = _option(body, symbol) if service == OPTIONS else _equity(body)
    if phase(moment).part < 1.0:
        _stir(found, service, symbol, milliseconds(moment))
    about = {"assetMainType": body["assetMainType"]}
    if "assetSubType" in body:
        about["assetSubType"] = body["assetSubType"]
    about["cusip"] = body["reference"]["cusip"]
    return about, found


def aged(service: str, fields: Mapping[int, Any]) -> dict[int, Any]:
    """The same fields with the times of an hour before."""
    return {
        number: value - OLD if number in _TIMES[service] and value else value
        for number, value in fields.items()
    }


def _stir(fields: dict[int, Any], service: str, symbol: str, now: int) -> None:
    """In an open market the book changes all the time, even where prices stand still."""
    if _SIZES[service][0] not in fields:
        return
    sizes = noise.key(symbol, now)
    for place, number in enumerate(_SIZES[service]):
        fields[number] = 1 + sizes // 9**place % 9
    for number in _MOVING_TIMES[service]:
        fields[number] = now


def _equity(body: dict[str, Any]) -> dict[int, Any]:
    found = _taken(_EQUITY_QUOTE, body["quote"])
    found |= _taken(_EQUITY_REGULAR, body.get("regular", {}))
    found |= _taken(_EQUITY_FUNDAMENTAL, body.get("fundamental", {}))
    found |= _taken(_EQUITY_REFERENCE, body["reference"])
    if "isShortable" in body["reference"]:
        exchange = body["reference"]["exchange"]
        found |= {6: exchange, 7: exchange, 16: exchange, 14: True, 27: True, 28: True}
        found |= {48: int(body["reference"]["isHardToBorrow"]), 49: 1}
    return found


def _option(body: dict[str, Any], symbol: str) -> dict[int, Any]:
    found = _taken(_OPTION_QUOTE, body["quote"])
    found |= _taken(_OPTION_REFERENCE, body["reference"])
    return found | {14: 2, 49: symbol[:6].strip(), 50: found[5], 51: found[6]}


def _taken(numbers: Mapping[int, str], block: Mapping[str, Any]) -> dict[int, Any]:
    return {number: block[name] for number, name in numbers.items() if name in block}
