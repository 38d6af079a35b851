"""The quote object of one symbol: its blocks by kind of instrument."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from brokerdesk.simulator.exchange.book import CENT
from brokerdesk.simulator.market import calendar, candles, noise
from brokerdesk.simulator.market.corporate import Dividend
from brokerdesk.simulator.market.listings import Kind, Listing
from brokerdesk.simulator.market.market import Market, money, phase
from brokerdesk.simulator.schwab.instruments import instrument_id
from brokerdesk.simulator.schwab.option_quotes import option_blocks, spread
from brokerdesk.simulator.schwab.times import milliseconds

MAIN_TYPES = {
    Kind.EQUITY: "EQUITY",
    Kind.ETF: "EQUITY",
    Kind.MUTUAL_FUND: "MUTUAL_FUND",
    Kind.MONEY_MARKET: "MUTUAL_FUND",
    Kind.BOND: "BOND",
    Kind.INDEX: "INDEX",
}
EXCHANGES = {"NASDAQ": "Q", "NYSE": "N", "NYSE Arca": "P", "Mutual Fund": "3", "Index": "0"}
YEAR = 252
HUNDRED = Decimal(100)


def quote_answer(
    market: Market,
    symbol: str,
    moment: datetime,
    blocks: frozenset[str],
    halted: Collection[str] = (),
) -> dict[str, Any] | None:
    """The quote object of a symbol, or None if nobody knows it. ``halted`` are symbols in which
    trading is stopped.
    """
    contract = market.option(symbol)
    listing = market.listing(symbol)
    if contract is not None:
        body: dict[str, Any] = {"assetMainType": "OPTION"}
        parts = option_blocks(market, contract, moment)
    elif listing is not None:
        body, parts = _listed(market, listing, moment)
    else:
        return None
    if symbol in halted:
        parts["quote"]["securityStatus"] = "Halted"
    body["ssid"] = instrument_id(symbol)
    body["symbol"] = symbol
    body["realtime"] = True
    body.update({name: part for name, part in parts.items() if name in blocks})
    return body


def _listed(
    market: Market, listing: Listing, moment: datetime
) -> tuple[dict[str, Any], dict[str, Any]]:
    kind = MAIN_TYPES[listing.kind]
    body: dict[str, Any] = {"assetMainType": kind}
    if listing.kind in (Kind.EQUITY, Kind.ETF):
        body["assetSubType"] = "ETF" if listing.kind is Kind.ETF else _sub_type(listing)
        body["quoteType"] = "NBBO"
    reference: dict[str, Any] = {
        "cusip": listing.cusip,
        "description": listing.name.upper(),
        "exchange": EXCHANGES.get(listing.exchange, "9"),
        "exchangeName": listing.exchange,
    }
    quote = _prices(market, listing, moment)
    parts: dict[str, Any] = {"reference": reference, "quote": quote}
    if listing.kind in (Kind.MUTUAL_FUND, Kind.MONEY_MARKET):
        parts["quote"] = {
            "52WeekHigh": quote["52WeekHigh"],
            "52WeekLow": quote["52WeekLow"],
            "closePrice": quote["closePrice"],
            "nAV": quote["lastPrice"],
            "netChange": quote["netChange"],
            "netPercentChange": quote["netPercentChange"],
            "securityStatus": "Normal",
            "totalVolume": 0,
            "tradeTime": quote["tradeTime"],
        }
        parts["fundamental"] = _fundamental(market, listing, moment, quote["lastPrice"])
    elif listing.kind in (Kind.EQUITY, Kind.ETF):
        reference |= {
            "isHardToBorrow": False,
            "isShortable": True,
            "htbQuantity": 9_188_513,
            "htbRate": Decimal("0.0"),
        }
        parts["fundamental"] = _fundamental(market, listing, moment, quote["lastPrice"])
        parts["regular"] = {
            "regularMarketLastPrice": quote["lastPrice"],
            "regularMarketLastSize": 100,
            "regularMarketNetChange": quote["netChange"],
            "regularMarketPercentChange": quote["netPercentChange"],
            "regularMarketTradeTime": quote["tradeTime"],
        }
        parts["extended"] = _extended(quote["lastPrice"])
    else:
        for name in [name for name in quote if name.startswith(("ask", "bid"))]:
            del quote[name]
    return body, parts


def _prices(market: Market, listing: Listing, moment: datetime) -> dict[str, Any]:
    at = phase(moment)
    last = market.price(listing.symbol, moment)
    span = market.day_range(listing, at.place)
    high, low, _ = candles.so_far(market, listing, at.place, at.part)
    if at.part >= 1.0:
        high, low = span.high, span.low
    if listing.kind is Kind.MUTUAL_FUND:
        earlier = market.price(listing.symbol, moment - timedelta(days=1))
        previous = earlier
    else:
        previous = money(span.previous)
    bid, ask = spread(market, listing.symbol, last)
    year = market.walks.closes(listing)[at.place - YEAR : at.place]
    factor = float(market.corporate.factors(listing)[at.place])
    change = last - previous
    percent = (change / previous * HUNDRED).quantize(Decimal("0.00000001"))
    sizes = noise.key(listing.symbol, int(moment.timestamp()))
    when = milliseconds(at.traded_at)
    mic = {"NASDAQ": "XNAS", "NYSE": "XNYS"}.get(listing.exchange, "ARCX")
    return {
        "52WeekHigh": max(money(round(float(year.max()) * factor * 100)), last),
        "52WeekLow": min(money(round(float(year.min()) * factor * 100)), last),
        "askMICId": mic,
        "askPrice": ask,
        "askSize": 1 + sizes % 9,
        "askTime": when,
        "bidMICId": mic,
        "bidPrice": bid,
        "bidSize": 1 + sizes // 9 % 9,
        "bidTime": when,
        "closePrice": previous,
        "highPrice": money(max(high, span.open)),
        "lastMICId": mic,
        "lastPrice": last,
        "lastSize": 1 + sizes // 81 % 100,
        "lowPrice": money(min(low, span.open)),
        "mark": last,
        "markChange": change,
        "markPercentChange": percent,
        "netChange": change,
        "netPercentChange": percent,
        "openPrice": money(span.open),
        "postMarketChange": Decimal("0.0"),
        "postMarketPercentChange": Decimal("0.0"),
        "quoteTime": when,
        "securityStatus": "Normal",
        "totalVolume": candles.volume(market, listing, at.place, at.part),
        "tradeTime": when,
    }


def _extended(last: Decimal) -> dict[str, Any]:
    none = Decimal("0.0")
    return {
        "askPrice": none,
        "askSize": 0,
        "bidPrice": none,
        "bidSize": 0,
        "lastPrice": last,
        "lastSize": 1,
        "mark": none,
        "quoteTime": 0,
        "totalVolume": 0,
        "tradeTime": 0,
    }


def _fundamental(
    market: Market, listing: Listing, moment: datetime, last: Decimal
) -> dict[str, Any]:
    usual = Decimal(candles.average_volume(market, listing))
    earned = Decimal(str(round(3 + 4 * noise.unit(noise.key("eps", listing.symbol), 0), 2)))
    body: dict[str, Any] = {
        "avg10DaysVolume": usual,
        "avg1YearVolume": usual,
        "divAmount": Decimal("0.0"),
        "divFreq": 0,
        "divPayAmount": Decimal("0.0"),
        "divYield": listing.rate,
        "eps": (last * earned / HUNDRED).quantize(CENT),
        "fundLeverageFactor": Decimal("0.0"),
        "lastEarningsDate": "2026-08-01T04:00:00Z",
        "peRatio": (HUNDRED / earned).quantize(Decimal("0.00001")),
    }
    today = calendar.new_york_day(moment)
    dividends = market.corporate.dividends(listing)
    past = [dividend for dividend in dividends if dividend.ex_day <= today]
    coming = [dividend for dividend in dividends if dividend.ex_day > today]
    if past:
        latest = past[-1]
        per_year = sum(1 for dividend in past[-12:] if _within_year(dividend, today))
        body |= {
            "declarationDate": _day(latest.ex_day - timedelta(days=14)),
            "divAmount": latest.amount * per_year,
            "divExDate": _day(latest.ex_day),
            "divFreq": per_year,
            "divPayAmount": latest.amount,
            "divPayDate": _day(latest.pays),
        }
    if coming and past:
        body["nextDivExDate"] = _day(coming[0].ex_day)
        body["nextDivPayDate"] = _day(coming[0].pays)
    return body


def _within_year(dividend: Dividend, today: date) -> bool:
    return (today - dividend.ex_day).days <= 365


def _day(day: date) -> str:
    """Midnight in New York, written in UTC."""
    local = datetime.combine(day, time(0), calendar.NEW_YORK)
    return f"{local.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _sub_type(listing: Listing) -> str:
    return "ADR" if listing.name.endswith(" ADR") else "COE"
