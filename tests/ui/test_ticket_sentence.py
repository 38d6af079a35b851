"""The order in one sentence: every kind of order, what is missing, and hours as they are."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise

import pytest

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
from brokerdesk.ui.viewmodels.order_sentence import Told, plain, sentence, sentence_of

D = Decimal
AFTER_HOURS = datetime(2026, 11, 20, 21, 21, tzinfo=UTC)
MIDDAY = datetime(2026, 11, 20, 16, 42, tzinfo=UTC)
SATURDAY = datetime(2026, 11, 21, 16, 0, tzinfo=UTC)
AAPL = Instrument(symbol="AAPL", asset_type=AssetType.EQUITY)


def option(strike: int, right: OptionRight = OptionRight.CALL) -> Instrument:
    return Instrument(
        symbol=f"AAPL  270115{right.value[0].upper()}{strike * 1000:08d}",
        asset_type=AssetType.OPTION,
        multiplier=D(100),
        underlying="AAPL",
        strike=D(strike),
        expiry=date(2027, 1, 15),
        right=right,
    )


def draft(kind: OrderType, side: OrderSide = OrderSide.BUY, **more: object) -> Draft:
    values: dict[str, object] = {
        "account": AccountId("a:1"),
        "environment": Environment.LIVE,
        "legs": (DraftLeg(instrument=AAPL, side=side),),
        "type": kind,
        "quantity": D(240),
    }
    return Draft(**(values | more))  # type: ignore[arg-type]


def said(one: Draft, now: datetime | None = MIDDAY, **more: D) -> str:
    return plain(sentence_of(one, "Schwab …4821 Individual", now=now, **more))


def test_the_sentence_of_the_design() -> None:
    order = draft(OrderType.LIMIT, limit_price=D("268.50"), session=TradingSession.EXTENDED)
    found = sentence_of(order, "Schwab …4821 Individual", now=AFTER_HOURS)
    assert plain(found) == (
        "Buy 240 shares of AAPL at $268.50 or less, today until 20:00 ET including after hours, "
        "in Schwab …4821 Individual."
    )
    assert [piece.text for piece in found if piece.strong] == [
        "Buy 240 shares of AAPL",
        "$268.50 or less",
        "Schwab\u00a0…\u20604821 Individual",
    ]


def test_a_trailing_stop_says_from_where_and_where_it_begins() -> None:
    order = draft(
        OrderType.TRAILING_STOP, OrderSide.SELL, quantity=D(50), trail_percent=D(5),
        time_in_force=TimeInForce.GTC,
    )  # fmt: skip
    assert said(order, trigger=D("177.79")) == (
        "Sell 50 shares of AAPL at market if it falls 5.00% from its high after now "
        "(trigger starts at $177.79), until canceled, in Schwab …4821 Individual."
    )


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (draft(OrderType.MARKET, quantity=D(1)), "Buy 1 share of AAPL at market, today until"),
        (draft(OrderType.MARKET, quantity=None, notional=D(500)), "Buy $500.00 of AAPL at market"),
        (draft(OrderType.STOP, stop_price=D(300)), "at market once it rises to $300.00,"),
        (
            draft(OrderType.STOP_LIMIT, OrderSide.SELL, stop_price=D(90), limit_price=D(89)),
            "Sell 240 shares of AAPL at $89.00 or more once it falls to $90.00,",
        ),
        (
            draft(OrderType.TRAILING_STOP, trail_amount=D("1.5")),
            "at market if it rises $1.50 from its low,",
        ),
        (draft(OrderType.MARKET_ON_CLOSE), "at market at the close, for the day, in"),
        (draft(OrderType.LIMIT_ON_OPEN, limit_price=D(9)), "at $9.00 or less at the open, for"),
        (draft(OrderType.MARKET, OrderSide.SELL_SHORT), "Sell short 240 shares"),
        (draft(OrderType.MARKET, time_in_force=TimeInForce.IOC), "what is left is canceled, in"),
        (draft(OrderType.MARKET, time_in_force=TimeInForce.FOK), "in full or not at all, in"),
        (
            draft(
                OrderType.LIMIT, limit_price=D("0.4137"), time_in_force=TimeInForce.GTD,
                good_till=date(2026, 12, 5),
            ),
            "at $0.4137 or less, until 5 Dec 2026, in",
        ),
        (
            draft(
                OrderType.LIMIT, limit_price=D(2), quantity=D(2),
                legs=(DraftLeg(instrument=option(200), side=OrderSide.BUY_TO_OPEN),),
            ),
            "Buy to open 2 contracts of AAPL 15 Jan 2027 200 call at $2.00 or less",
        ),
        (
            draft(
                OrderType.NET_CREDIT, limit_price=D("-1.25"), quantity=D(3),
                legs=(
                    DraftLeg(instrument=option(200), side=OrderSide.SELL_TO_OPEN),
                    DraftLeg(instrument=option(210), side=OrderSide.BUY_TO_OPEN),
                ),
            ),
            "3 × Sell to open 1 AAPL 15 Jan 2027 200 call and buy to open 1 AAPL 15 Jan 2027 "
            "210 call for a net credit of $1.25 or more,",
        ),
    ],
)  # fmt: skip
def test_each_kind(order: Draft, words: str) -> None:
    assert words in said(order)


@pytest.mark.parametrize(
    ("now", "hours", "words"),
    [
        (MIDDAY, TradingSession.REGULAR, "today until 16:00 ET,"),
        (AFTER_HOURS, TradingSession.REGULAR, "on Mon 23 Nov until 16:00 ET,"),
        (SATURDAY, TradingSession.REGULAR, "on Mon 23 Nov until 16:00 ET,"),
        (SATURDAY, TradingSession.EXTENDED, "on Mon 23 Nov until 20:00 ET including extended"),
        (MIDDAY, TradingSession.PRE_MARKET, "on Mon 23 Nov until 09:30 ET before the open,"),
        (datetime(2026, 11, 27, 17, 0, tzinfo=UTC), TradingSession.REGULAR, "today until 13:00"),
        (None, TradingSession.REGULAR, "for the day,"),
    ],
)
def test_a_day_ends_when_that_days_market_does(
    now: datetime | None, hours: TradingSession, words: str
) -> None:
    assert words in said(draft(OrderType.MARKET, session=hours), now)


def test_a_bracket_says_its_ways_out() -> None:
    def out(kind: OrderType, **more: object) -> Draft:
        return draft(kind, OrderSide.SELL, **more)

    order = draft(
        OrderType.LIMIT, limit_price=D(268), link=Link.BRACKET,
        children=(
            out(OrderType.LIMIT, limit_price=D(300)),
            out(OrderType.STOP, stop_price=D(250)),
        ),
    )  # fmt: skip
    assert said(order).endswith(
        " Once filled: sell at $300.00 or more, or sell at market once it falls to $250.00; "
        "one cancels the other."
    )


def test_one_of_two_and_one_after_another() -> None:
    high = draft(OrderType.LIMIT, OrderSide.SELL, limit_price=D(300))
    low = draft(OrderType.STOP, OrderSide.SELL, stop_price=D(250))
    either = draft(OrderType.MARKET, legs=(), quantity=None, link=Link.EITHER, children=(high, low))
    assert said(either).startswith(
        "One of two orders; one cancels the other: Sell 240 shares of AAPL at $300.00 or more, "
        "today until 16:00 ET; or sell 240 shares of AAPL at market once it falls to $250.00,"
    )
    then = draft(OrderType.MARKET, link=Link.TRIGGERS, children=(high,))
    assert " Once filled: sell 240 shares of AAPL at $300.00 or more, today" in said(then)


def test_what_is_missing_is_a_gap() -> None:
    empty = plain(sentence(Told(), ""))
    assert empty == "Trade … at market, for the day, in …"
    leg = (DraftLeg(instrument=AAPL, side=OrderSide.BUY),)
    half = plain(sentence(Told(legs=leg, type=OrderType.LIMIT), "A …1"))
    assert half == "Buy … shares of AAPL at $… or less, for the day, in A …1."
    money = plain(sentence(Told(legs=leg, dollars=True), "A …1"))
    assert money.startswith("Buy $… of AAPL at market")


def test_other_currencies_stand_after_the_figure() -> None:
    sap = Instrument(symbol="SAP", asset_type=AssetType.EQUITY, currency="CHF")
    order = draft(
        OrderType.LIMIT, limit_price=D(120), legs=(DraftLeg(instrument=sap, side=OrderSide.BUY),)
    )
    assert "at 120.00 CHF or less, for the day, in" in said(order)


def test_coins_are_counted_by_name() -> None:
    coin = Instrument(symbol="BTC", asset_type=AssetType.CRYPTO)
    order = draft(
        OrderType.MARKET, quantity=D("0.25"), legs=(DraftLeg(instrument=coin, side=OrderSide.BUY),)
    )
    assert said(order).startswith("Buy 0.25 BTC at market, for the day, in")


def test_neighbours_of_one_weight_are_one_piece() -> None:
    found = sentence_of(draft(OrderType.MARKET), "A …1", now=MIDDAY)
    assert all(one.strong != other.strong for one, other in pairwise(found))
    assert all(piece.text for piece in found)
