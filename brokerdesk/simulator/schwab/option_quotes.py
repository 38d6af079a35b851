"""Quotes of option series, with greeks from the pricing model."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from brokerdesk.simulator.exchange.book import CENT
from brokerdesk.simulator.market import calendar, noise
from brokerdesk.simulator.market.market import Market, phase
from brokerdesk.simulator.market.options import OptionContract
from brokerdesk.simulator.schwab.times import milliseconds

HUNDRED = Decimal(100)


def spread(market: Market, symbol: str, last: Decimal) -> tuple[Decimal, Decimal]:
    """Bid and ask around a last price: a cent, or some hundredths of a percent."""
    half = max(CENT, (last / 10_000).quantize(CENT)) if last > CENT else CENT
    return max(CENT, last - half), last + half


def option_blocks(market: Market, contract: OptionContract, moment: datetime) -> dict[str, Any]:
    """``quote`` and ``reference`` of an option series."""
    value = market.option_value(contract, moment)
    spot = market.price(contract.underlying, moment)
    previous = market.price(contract.symbol, _previous_close(market, moment))
    bid, ask = spread(market, contract.symbol, value.price)
    sign = 1 if contract.call else -1
    intrinsic = max(Decimal(0), (spot - contract.strike) * sign)
    change = value.price - previous
    percent = (change / previous * HUNDRED).quantize(CENT)
    when = milliseconds(phase(moment).traded_at)
    volatility = _rounded(market.volatility(contract.underlying) * 100)
    days = max(0, (contract.expiration - calendar.new_york_day(moment)).days)
    quote = {
        "askPrice": ask,
        "askSize": 10,
        "bidPrice": bid,
        "bidSize": 12,
        "closePrice": previous,
        "delta": _rounded(value.delta),
        "gamma": _rounded(value.gamma),
        "highPrice": max(value.price, previous),
        "impliedYield": Decimal("0.0"),
        "indAskPrice": Decimal("0.0"),
        "indBidPrice": Decimal("0.0"),
        "indQuoteTime": 0,
        "lastPrice": value.price,
        "lastSize": 1,
        "lowPrice": min(value.price, previous),
        "mark": value.price,
        "markChange": change,
        "markPercentChange": percent,
        "moneyIntrinsicValue": (spot - contract.strike) * sign,
        "netChange": change,
        "netPercentChange": percent,
        "openInterest": noise.key("open interest", contract.symbol) % 5000,
        "openPrice": previous,
        "quoteTime": when,
        "rho": _rounded(value.rho),
        "securityStatus": "Normal",
        "theoreticalOptionValue": value.price,
        "theta": _rounded(value.theta),
        "timeValue": value.price - intrinsic,
        "totalVolume": noise.key("traded", contract.symbol) % 900,
        "tradeTime": when,
        "underlyingPrice": spot,
        "vega": _rounded(value.vega),
        "volatility": volatility,
    }
    reference = {
        "contractType": "C" if contract.call else "P",
        "cusip": "0" + contract.symbol.replace(" ", "")[:8],
        "daysToExpiration": days,
        "deliverables": f"100 {contract.underlying}",
        "description": contract.description,
        "exchange": "o",
        "exchangeName": "OPR",
        "exerciseType": "A",
        "expirationDay": contract.expiration.day,
        "expirationMonth": contract.expiration.month,
        "expirationType": "S",
        "expirationYear": contract.expiration.year,
        "isPennyPilot": True,
        "lastTradingDay": milliseconds(contract.expires),
        "multiplier": Decimal("100.0"),
        "settlementType": "P",
        "strikePrice": contract.strike,
        "underlying": contract.underlying,
    }
    return {"quote": quote, "reference": reference}


def _previous_close(market: Market, moment: datetime) -> datetime:
    session = calendar.session(market.day_before(moment))
    assert session is not None
    return session.closes


def _rounded(number: float) -> Decimal:
    """A greek, which is an estimate and no money."""
    return Decimal(repr(round(number, 6)))
