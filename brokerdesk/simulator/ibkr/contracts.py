"""How TWS names what is held: a contract of twelve fields, found again by its number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from brokerdesk.simulator.ibkr.frames import Message, field, message
from brokerdesk.simulator.market import noise
from brokerdesk.simulator.market.listings import Kind, all_listings
from brokerdesk.simulator.market.market import Market
from brokerdesk.simulator.market.options import parse_option

_SEC_TYPES = {
    Kind.EQUITY: "STK",
    Kind.ETF: "STK",
    Kind.MUTUAL_FUND: "FUND",
    Kind.MONEY_MARKET: "FUND",
    Kind.INDEX: "IND",
    Kind.CRYPTO: "CRYPTO",
    Kind.BOND: "BOND",
}
_STOCK_TYPES = {Kind.EQUITY: "COMMON", Kind.ETF: "ETF"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """A contract as the wire carries it, and the ``source`` symbol that the market knows."""

    source: str
    con_id: int
    symbol: str
    sec_type: str
    last_trade: str = ""
    strike: str = "0.0"
    right: str = ""
    multiplier: str = ""
    exchange: str = "NASDAQ"
    currency: str = "USD"
    local_symbol: str = ""
    trading_class: str = ""

    def eleven(self, *, exchange: str | None = None) -> Message:
        """conId … tradingClass as positions have it: eleven fields, one exchange."""
        venue = self.exchange if exchange is None else exchange
        return message(
            self.con_id,
            self.symbol,
            self.sec_type,
            self.last_trade,
            self.strike,
            self.right,
            self.multiplier,
            venue,
            self.currency,
            self.local_symbol,
            self.trading_class,
        )


def con_id(symbol: str) -> int:
    listing = all_listings().get(symbol)
    return listing.number if listing else noise.key("contract", symbol) % 900_000_000 + 1


@lru_cache(maxsize=4096)
def contract(symbol: str) -> Contract:
    """The contract of a symbol that the market knows."""
    series = parse_option(symbol)
    if series is not None:
        return Contract(
            source=symbol,
            con_id=con_id(symbol),
            symbol=series.underlying,
            sec_type="OPT",
            last_trade=f"{series.expiration:%Y%m%d}",
            strike=field(series.strike),
            right="C" if series.call else "P",
            multiplier="100",
            exchange="AMEX",
            local_symbol=symbol,
            trading_class=series.underlying,
        )
    listing = all_listings()[symbol]
    if listing.kind is Kind.CRYPTO:
        coin = symbol.partition("/")[0]
        return Contract(
            source=symbol,
            con_id=listing.number,
            symbol=coin,
            sec_type="CRYPTO",
            exchange="PAXOS",
            local_symbol=coin + ".USD",
            trading_class=coin,
        )
    name = symbol.replace(".", " ")
    return Contract(
        source=symbol,
        con_id=listing.number,
        symbol=name,
        sec_type=_SEC_TYPES[listing.kind],
        exchange=_venue(listing.exchange),
        local_symbol=name,
        trading_class="NMS" if _venue(listing.exchange) == "NASDAQ" else name,
    )


def _venue(exchange: str) -> str:
    return {"NYSE ARCA": "ARCA", "NYSE Arca": "ARCA"}.get(exchange, exchange.upper())


class Directory:
    """Contracts by what a client knows of them."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._by_id: dict[int, str] = {x.number: name for name, x in all_listings().items()}

    def learn(self, found: Contract) -> Contract:
        """Remember an option series that was shown; listings are known from the start."""
        self._by_id.setdefault(found.con_id, found.source)
        return found

    def find(self, fields: Sequence[str]) -> Contract | None:
        """The contract that twelve fields of a request describe, or None.

        conId decides where it is given; else symbol and type, or the local symbol.
        """
        given = dict(zip(_TWELVE, (*fields, *[""] * 12), strict=False))
        if given["con_id"] not in ("", "0"):
            number = given["con_id"]
            source = self._by_id.get(int(number)) if number.isdecimal() else None
            return contract(source) if source else None
        if given["sec_type"] in ("OPT", "") and self._market.option(given["local_symbol"]):
            return self.learn(contract(given["local_symbol"]))
        name = given["symbol"] or given["local_symbol"]
        source = f"{name}/USD" if given["sec_type"] == "CRYPTO" else name.replace(" ", ".")
        if source not in all_listings() or given["currency"] not in ("", "USD"):
            return None
        found = contract(source)
        return found if given["sec_type"] in ("", found.sec_type) else None


_TWELVE = (
    "con_id", "symbol", "sec_type", "last_trade", "strike", "right", "multiplier", "exchange",
    "primary", "currency", "local_symbol", "trading_class",
)  # fmt: skip


def details(request: str, found: Contract) -> Message:
    """Message 10, as version 178 writes it."""
    listing = all_listings().get(found.source)
    series = parse_option(found.source)
    kind = listing.kind if listing else Kind.OPTION
    name = listing.name.upper() if listing else found.symbol
    under = contract(series.underlying) if series else None
    isin = () if listing is None or kind is Kind.CRYPTO else ("ISIN", _isin(listing.cusip))
    hours = _hours()
    return message(
        10,
        request,
        found.symbol,
        found.sec_type,
        found.last_trade,
        found.strike,
        found.right,
        "SMART" if found.sec_type in ("STK", "OPT") else found.exchange,
        found.currency,
        found.local_symbol,
        found.trading_class,
        found.trading_class,
        found.con_id,
        Decimal("0.01"),
        found.multiplier,
        "ACTIVETIM,LMT,MKT,STP,TRAIL,WHATIF",
        f"SMART,{found.exchange}",
        1,
        under.con_id if under else 0,
        name,
        found.exchange if found.sec_type == "STK" else "",
        found.last_trade[:6],
        listing.sector if listing else "",
        listing.sector if listing else "",
        listing.sector if listing else "",
        "US/Eastern",
        hours,
        hours,
        "",
        "0",
        len(isin) // 2,
        *isin,
        1,
        under.symbol if under else "",
        under.sec_type if under else "",
        "26,26",
        found.last_trade,
        _STOCK_TYPES.get(kind, ""),
        "0.0001",
        "0.0001",
        "100",
    )


def _hours() -> str:
    return "20261123:0930-20261123:1600"


def _isin(cusip: str) -> str:
    """US, the CUSIP, and a check digit by Luhn over letters as numbers."""
    body = "US" + cusip
    digits = "".join(str(int(letter, 36)) if letter.isalnum() else "0" for letter in body)
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value // 10 + value % 10
    return body + str(-total % 10)
