"""Drafts of all sorts, most of them such that some broker takes them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from brokerdesk.domain.draft import Draft, DraftLeg, Link
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import (
    AssetType,
    Environment,
    OptionRight,
    OrderSide,
    OrderType,
    TimeInForce,
    TradingSession,
)

T = OrderType
LIMITED = (T.LIMIT, T.STOP_LIMIT, T.LIMIT_ON_OPEN, T.LIMIT_ON_CLOSE)
EXIT = {
    OrderSide.BUY: OrderSide.SELL,
    OrderSide.SELL_SHORT: OrderSide.BUY_TO_COVER,
    OrderSide.SELL: OrderSide.BUY,
    OrderSide.BUY_TO_COVER: OrderSide.SELL_SHORT,
}


def share(symbol: str = "AAPL", kind: AssetType = AssetType.EQUITY) -> Instrument:
    return Instrument(symbol=symbol, asset_type=kind)


def coin(symbol: str = "BTC/USD") -> Instrument:
    return Instrument(symbol=symbol, asset_type=AssetType.CRYPTO)


def option(strike: str = "150", right: str = "C", day: date = date(2027, 1, 15)) -> Instrument:
    number = int(Decimal(strike) * 1000)
    return Instrument(
        symbol=f"{'AAPL':<6}{day:%y%m%d}{right}{number:08d}",
        asset_type=AssetType.OPTION,
        multiplier=Decimal(100),
        underlying="AAPL",
        strike=Decimal(strike),
        expiry=day,
        right=OptionRight.CALL if right == "C" else OptionRight.PUT,
    )


def draft(
    account: AccountId,
    instrument: Instrument | None = None,
    side: OrderSide = OrderSide.BUY,
    kind: OrderType = OrderType.LIMIT,
    **changes: Any,
) -> Draft:
    """An order for practice, with the prices that its kind needs unless they are given."""
    values: dict[str, Any] = {
        "account": account,
        "environment": Environment.PRACTICE,
        "legs": (DraftLeg(instrument=instrument or share(), side=side),),
        "type": kind,
    }
    if "notional" not in changes:
        values["quantity"] = Decimal(10)
    if kind in LIMITED:
        values["limit_price"] = Decimal("189.5")
    if kind in (T.STOP, T.STOP_LIMIT):
        values["stop_price"] = Decimal("187.25")
    if kind is T.TRAILING_STOP and "trail_percent" not in changes:
        values["trail_amount"] = Decimal("1.5")
    return Draft(**{**values, **changes})


cents = st.integers(1, 5_000_000).map(lambda n: Decimal(n) / 100)
prices = st.one_of(
    cents, st.integers(1, 9999).map(lambda n: Decimal(n) / 10_000), st.just(Decimal("10.50"))
)
units = st.integers(1, 100_000).map(Decimal)
fractions = st.integers(1, 10**13).map(lambda n: Decimal(n) / 10**9)
symbols = st.sampled_from(["AAPL", "BRK.B", "F", "SPY", "BF/A"])
lasts = st.sampled_from([*TimeInForce])
sessions = st.sampled_from(
    [*[TradingSession.REGULAR] * 4, TradingSession.EXTENDED, TradingSession.PRE_MARKET]
)


@st.composite
def singles(draw: Any, account: AccountId, instrument: Instrument | None = None) -> Draft:
    """One leg of anything, with prices that fit its kind."""
    what = instrument or draw(
        st.one_of(
            symbols.map(share),
            symbols.map(lambda name: share(name, AssetType.ETF)),
            st.just(option()),
            st.just(coin()),
        )
    )
    kind = draw(st.sampled_from([one for one in T if one is not T.UNKNOWN]))
    if what.asset_type is AssetType.OPTION:
        side = draw(
            st.sampled_from([one for one in OrderSide if "_to_" in one and "cover" not in one])
        )
    else:
        side = draw(st.sampled_from([*EXIT]))
    how: dict[str, Any] = {}
    chosen = draw(st.sampled_from(["units", "units", "units", "fraction", "money"]))
    if chosen == "money":
        how = {"quantity": None, "notional": draw(cents)}
    else:
        how = {"quantity": draw(units if chosen == "units" else fractions)}
    if kind in LIMITED or kind in (T.NET_DEBIT, T.NET_CREDIT):
        how["limit_price"] = draw(prices)
    if kind in (T.STOP, T.STOP_LIMIT):
        how["stop_price"] = draw(prices)
    if kind is T.TRAILING_STOP:
        percent = draw(st.booleans())
        how["trail_percent" if percent else "trail_amount"] = draw(
            st.integers(1, 9000).map(lambda n: Decimal(n) / 100)
        )
        how["trail_amount"] = None if percent else how["trail_amount"]
    time = draw(lasts)
    if time is TimeInForce.GTD:
        how["good_till"] = date(2027, 1, 4)
    return draft(account, what, side, kind, time_in_force=time, session=draw(sessions), **how)


@st.composite
def spreads(draw: Any, account: AccountId) -> Draft:
    """Two to four options at a net price."""
    strikes = draw(
        st.lists(st.sampled_from(["140", "145", "150", "155"]), min_size=2, max_size=4, unique=True)
    )
    sides = [one for one in OrderSide if "_to_" in one and "cover" not in one]
    legs = tuple(
        DraftLeg(
            instrument=option(strike, draw(st.sampled_from("CP"))),
            side=draw(st.sampled_from(sides)),
            ratio=Decimal(draw(st.integers(1, 3))),
        )
        for strike in strikes
    )
    kind = draw(st.sampled_from([T.LIMIT, T.MARKET, T.NET_DEBIT, T.NET_CREDIT, T.NET_ZERO]))
    price = draw(cents)
    if kind is T.NET_CREDIT or (kind is T.LIMIT and draw(st.booleans())):
        price = -price
    return draft(
        account,
        legs=legs,
        kind=kind,
        quantity=draw(st.integers(1, 50).map(Decimal)),
        limit_price=None if kind in (T.MARKET, T.NET_ZERO) else price,
        time_in_force=draw(st.sampled_from([TimeInForce.DAY, TimeInForce.DAY, TimeInForce.GTC])),
    )


@st.composite
def linked(draw: Any, account: AccountId) -> Draft:
    """An entry with exits, or two exits that cancel each other."""
    what, quantity = share(draw(symbols)), draw(units)
    side = draw(st.sampled_from([*EXIT]))
    time = draw(st.sampled_from([TimeInForce.DAY, TimeInForce.GTC]))
    same: dict[str, Any] = {"quantity": quantity, "time_in_force": time}

    def exit_of(kind: OrderType) -> Draft:
        given = dict(same)
        if kind in (T.LIMIT, T.STOP_LIMIT):
            given["limit_price"] = draw(prices)
        if kind in (T.STOP, T.STOP_LIMIT):
            given["stop_price"] = draw(prices)
        return draft(account, what, EXIT[side], kind, **given)

    exits = (exit_of(T.LIMIT), exit_of(draw(st.sampled_from([T.STOP, T.STOP_LIMIT]))))
    link = draw(st.sampled_from([Link.EITHER, Link.BRACKET, Link.TRIGGERS]))
    if link is Link.EITHER:
        return draft(account, kind=T.LIMIT, legs=(), link=link, children=exits, **same)
    kind = draw(st.sampled_from([T.LIMIT, T.MARKET]))
    children = exits if link is Link.BRACKET else draw(st.sampled_from([exits[:1], exits[1:]]))
    price = {"limit_price": draw(prices)} if kind is T.LIMIT else {}
    return draft(account, what, side, kind, link=link, children=children, **same, **price)


def drafts(account: AccountId) -> st.SearchStrategy[Draft]:
    return st.one_of(singles(account), spreads(account), linked(account))
