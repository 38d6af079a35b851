"""``/chains`` and ``/expirationchain``: which options there are, and what they cost.

Field names are those that were seen on the wire; several differ from the published ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from aiohttp import web

from brokerdesk.simulator.market import calendar, series
from brokerdesk.simulator.market.listings import Listing
from brokerdesk.simulator.market.market import Market
from brokerdesk.simulator.market.options import RISK_FREE, OptionContract, option_symbol
from brokerdesk.simulator.schwab import envelopes
from brokerdesk.simulator.schwab.chain_query import BadQueryError, Wanted
from brokerdesk.simulator.schwab.option_quotes import option_blocks
from brokerdesk.simulator.schwab.quote_blocks import quote_answer
from brokerdesk.simulator.schwab.quotes import BASE
from brokerdesk.simulator.schwab.state import SchwabState
from brokerdesk.simulator.wire import json_answer, number

HUNDRED = Decimal(100)


class Chains:
    """The routes about options."""

    def __init__(self, state: SchwabState) -> None:
        self._state = state

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_get(BASE + "/chains", self.chain)
        router.add_get(BASE + "/expirationchain", self.expirations)

    async def expirations(self, request: web.Request) -> web.Response:
        listing = self._listing(request)
        if listing is None:
            return self._unknown(request)
        today = calendar.new_york_day(self._state.clock.now())
        found = [
            {
                "expirationDate": day.isoformat(),
                "daysToExpiration": (day - today).days,
                "expirationType": "S" if monthly else "W",
                "settlementType": "P",
                "optionRoots": listing.symbol,
                "standard": True,
            }
            for day, monthly in series.expirations(today).items()
        ]
        return json_answer({"expirationList": found})

    async def chain(self, request: web.Request) -> web.Response:
        listing = self._listing(request)
        if listing is None:
            return self._unknown(request)
        try:
            wanted = Wanted(request.query, self._state, listing)
        except BadQueryError as error:
            name = str(error)
            return envelopes.market_error(400, "Bad Request", f"{name} is not valid", name)
        return json_answer(_chain(self._state.exchange.market, listing, wanted))

    def _listing(self, request: web.Request) -> Listing | None:
        listing = self._state.exchange.market.listing(request.query.get("symbol", ""))
        return listing if listing is not None and series.optionable(listing) else None

    def _unknown(self, request: web.Request) -> web.Response:
        if not request.query.get("symbol"):
            return envelopes.market_error(400, "Bad Request", "symbol is required", "symbol")
        return envelopes.market_error(404, "Not Found")


def _chain(market: Market, listing: Listing, wanted: Wanted) -> dict[str, Any]:
    maps: dict[bool, dict[str, Any]] = {True: {}, False: {}}
    count = 0
    for day in wanted.days:
        for call in wanted.sides:
            found = {
                str(number(contract.strike)): [_contract(market, contract, wanted)]
                for contract in _contracts(listing, day, call=call, strikes=wanted.strikes)
                if wanted.has(contract)
            }
            if found:
                maps[call][f"{day.isoformat()}:{(day - wanted.today).days}"] = found
                count += len(found)
    quote = quote_answer(market, listing.symbol, wanted.moment, frozenset({"quote"}))
    assert quote is not None
    body: dict[str, Any] = {
        "symbol": listing.symbol,
        "status": "SUCCESS",
        "strategy": wanted.strategy,
        "interval": Decimal("0.0"),
        "isDelayed": False,
        "isIndex": False,
        "interestRate": Decimal(str(RISK_FREE * 100)),
        "underlyingPrice": wanted.price,
        "volatility": _percent(market.volatility(listing.symbol)),
        "daysToExpiration": Decimal("0.0"),
        "numberOfContracts": count,
        "assetMainType": quote["assetMainType"],
        "assetSubType": quote["assetSubType"],
        "isChainTruncated": False,
        "callExpDateMap": maps[True],
        "putExpDateMap": maps[False],
    }
    if wanted.underlying:
        body["underlying"] = _underlying(listing, quote["quote"])
    return body


def _contracts(
    listing: Listing, day: date, *, call: bool, strikes: Iterable[Decimal]
) -> Iterable[OptionContract]:
    for strike in strikes:
        symbol = option_symbol(listing.symbol, day, call=call, strike=strike)
        yield OptionContract(symbol, listing.symbol, day, call, strike)


def _contract(market: Market, contract: OptionContract, wanted: Wanted) -> dict[str, Any]:
    blocks = option_blocks(market, contract, wanted.moment)
    quote, reference = blocks["quote"], blocks["reference"]
    gain = quote["moneyIntrinsicValue"]
    value = max(Decimal("0.0"), gain)
    right = "C" if contract.call else "P"
    return {
        "putCall": "CALL" if contract.call else "PUT",
        "symbol": contract.symbol,
        "description": f"{contract.underlying} {contract.expiration:%m/%d/%Y} "
        f"{contract.strike:.2f} {right}",
        "exchangeName": "OPR",
        "bid": quote["bidPrice"],
        "ask": quote["askPrice"],
        "last": quote["lastPrice"],
        "mark": quote["mark"],
        "bidSize": quote["bidSize"],
        "askSize": quote["askSize"],
        "bidAskSize": f"{quote['bidSize']}X{quote['askSize']}",
        "lastSize": quote["lastSize"],
        "highPrice": quote["highPrice"],
        "lowPrice": quote["lowPrice"],
        "openPrice": quote["openPrice"],
        "closePrice": quote["closePrice"],
        "totalVolume": quote["totalVolume"],
        "tradeTimeInLong": quote["tradeTime"],
        "quoteTimeInLong": quote["quoteTime"],
        "netChange": quote["netChange"],
        "percentChange": quote["netPercentChange"],
        "markChange": quote["markChange"],
        "markPercentChange": quote["markPercentChange"],
        **{name: quote[name] for name in ("volatility", "delta", "gamma", "theta", "vega", "rho")},
        "openInterest": quote["openInterest"],
        "timeValue": quote["timeValue"],
        "theoreticalOptionValue": quote["theoreticalOptionValue"],
        "theoreticalVolatility": Decimal("29.0"),
        "optionDeliverablesList": [
            {"symbol": contract.underlying, "assetType": "STOCK", "deliverableUnits": HUNDRED}
        ],
        "strikePrice": number(contract.strike),
        "expirationDate": f"{contract.expires:%Y-%m-%dT%H:%M:%S}.000+00:00",
        "daysToExpiration": reference["daysToExpiration"],
        "expirationType": "S" if wanted.monthly[contract.expiration] else "W",
        "lastTradingDay": reference["lastTradingDay"],
        "multiplier": reference["multiplier"],
        "settlementType": "P",
        "deliverableNote": reference["deliverables"],
        "intrinsicValue": value,
        "extrinsicValue": quote["timeValue"],
        "optionRoot": contract.underlying,
        "exerciseType": "A",
        "high52Week": quote["highPrice"],
        "low52Week": quote["lowPrice"],
        "nonStandard": False,
        "pennyPilot": True,
        "inTheMoney": gain > 0,
        "mini": False,
    }


def _underlying(listing: Listing, quote: dict[str, Any]) -> dict[str, Any]:
    return {
        "ask": quote["askPrice"],
        "askSize": quote["askSize"],
        "bid": quote["bidPrice"],
        "bidSize": quote["bidSize"],
        "change": quote["netChange"],
        "close": quote["closePrice"],
        "delayed": False,
        "description": listing.name.upper(),
        "exchangeName": listing.exchange,
        "fiftyTwoWeekHigh": quote["52WeekHigh"],
        "fiftyTwoWeekLow": quote["52WeekLow"],
        "highPrice": quote["highPrice"],
        "last": quote["lastPrice"],
        "lowPrice": quote["lowPrice"],
        "mark": quote["mark"],
        "markChange": quote["markChange"],
        "markPercentChange": quote["markPercentChange"],
        "openPrice": quote["openPrice"],
        "percentChange": quote["netPercentChange"],
        "quoteTime": quote["quoteTime"],
        "symbol": listing.symbol,
        "totalVolume": quote["totalVolume"],
        "tradeTime": quote["tradeTime"],
    }


def _percent(share: float) -> Decimal:
    return Decimal(repr(round(share * 100, 3)))
