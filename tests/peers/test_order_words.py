"""What we send for an order, beside what the brokers' own libraries send for the same one."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from support.drafts import draft, option
from support.order_checks import OWN

from brokerdesk.brokers.alpaca import order_wire as alpaca_wire
from brokerdesk.brokers.draft_check import BUYS
from brokerdesk.brokers.outgoing import encoded
from brokerdesk.brokers.schwab import order_wire as schwab_wire
from brokerdesk.domain.draft import Draft, DraftLeg, Link
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import OrderSide, OrderType, TimeInForce, TradingSession

pytestmark = pytest.mark.peers

ME = AccountId("any:0000000000000000")
T = OrderType
GTC = TimeInForce.GTC
SELL = OrderSide.SELL
LEGS = (
    DraftLeg(instrument=option("150"), side=OrderSide.BUY_TO_OPEN),
    DraftLeg(instrument=option("155"), side=OrderSide.SELL_TO_OPEN),
)
TAKE = draft(ME, side=SELL, limit_price=Decimal(301), time_in_force=GTC)
STOP = draft(
    ME,
    side=SELL,
    kind=T.STOP_LIMIT,
    stop_price=Decimal(299),
    limit_price=Decimal("298.5"),
    time_in_force=GTC,
)


def numbers(tree: Any) -> Any:
    """Numbers in texts, and floats, as the one and only decimal."""
    if isinstance(tree, dict):
        return {name: numbers(each) for name, each in tree.items()}
    if isinstance(tree, list):
        return [numbers(each) for each in tree]
    if isinstance(tree, bool) or tree is None:
        return tree
    try:
        return Decimal(str(tree)).normalize()
    except ArithmeticError:
        return tree


def ours(body: dict[str, Any]) -> Any:
    return numbers(json.loads(encoded(body)))


ALPACA: list[tuple[str, Draft, dict[str, Any]]] = [
    ("MarketOrderRequest", draft(ME, kind=T.MARKET), {}),
    (
        "MarketOrderRequest",
        draft(ME, kind=T.MARKET, quantity=None, notional=Decimal("12.5")),
        {"notional": 12.5, "qty": None},
    ),
    ("LimitOrderRequest", draft(ME), {"limit_price": 189.5}),
    ("LimitOrderRequest", draft(ME, kind=T.LIMIT_ON_OPEN), {"limit_price": 189.5}),
    (
        "LimitOrderRequest",
        draft(ME, session=TradingSession.EXTENDED, time_in_force=GTC),
        {"limit_price": 189.5, "extended_hours": True},
    ),
    ("StopOrderRequest", draft(ME, kind=T.STOP, side=SELL), {"stop_price": 187.25}),
    (
        "StopLimitOrderRequest",
        draft(ME, kind=T.STOP_LIMIT),
        {"stop_price": 187.25, "limit_price": 189.5},
    ),
    (
        "TrailingStopOrderRequest",
        draft(ME, kind=T.TRAILING_STOP, trail_percent=Decimal(5)),
        {"trail_percent": 5},
    ),
    (
        "MarketOrderRequest",
        draft(ME, kind=T.MARKET, time_in_force=GTC, link=Link.BRACKET, children=(TAKE, STOP)),
        {
            "order_class": "bracket",
            "take_profit": {"limit_price": 301},
            "stop_loss": {"stop_price": 299, "limit_price": 298.5},
        },
    ),
    (
        "LimitOrderRequest",
        draft(ME, legs=(), link=Link.EITHER, children=(TAKE, STOP)),
        {
            "order_class": "oco",
            "take_profit": {"limit_price": 301},
            "stop_loss": {"stop_price": 299, "limit_price": 298.5},
        },
    ),
]


@pytest.mark.parametrize(("kind", "wish", "more"), ALPACA)
def test_alpaca_is_sent_what_its_own_library_sends(
    kind: str, wish: Draft, more: dict[str, Any]
) -> None:
    requests = pytest.importorskip("alpaca.trading.requests")
    sent = alpaca_wire.request(wish, OWN)
    first = wish.legs[0] if wish.legs else wish.children[0].legs[0]
    given = {
        "symbol": "AAPL",
        "qty": 10,
        "side": "buy" if first.side in BUYS else "sell",
        "time_in_force": sent["time_in_force"],
        "client_order_id": OWN,
        **more,
    }
    theirs = getattr(requests, kind)(**given).to_request_fields()
    assert ours(sent) == numbers(json.loads(json.dumps(theirs)))


def test_several_legs_go_to_alpaca_as_its_own_library_sends_them() -> None:
    requests = pytest.importorskip("alpaca.trading.requests")
    wish = draft(ME, legs=LEGS, limit_price=Decimal("-1.2"), quantity=Decimal(2))
    legs = [
        requests.OptionLegRequest(
            symbol=leg.instrument.symbol.replace(" ", ""),
            ratio_qty=1,
            side="buy" if leg.side in BUYS else "sell",
            position_intent=leg.side.value,
        )
        for leg in LEGS
    ]
    theirs = requests.LimitOrderRequest(
        qty=2,
        time_in_force="day",
        order_class="mleg",
        limit_price=-1.2,
        client_order_id=OWN,
        legs=legs,
    ).to_request_fields()
    assert ours(alpaca_wire.request(wish, OWN)) == numbers(json.loads(json.dumps(theirs)))


def test_a_change_goes_to_alpaca_as_its_own_library_sends_it() -> None:
    requests = pytest.importorskip("alpaca.trading.requests")
    theirs = requests.ReplaceOrderRequest(
        qty=7, limit_price=190.25, time_in_force="gtc", client_order_id=OWN
    ).to_request_fields()
    wish = draft(ME, limit_price=Decimal("190.25"), quantity=Decimal(7), time_in_force=GTC)
    assert ours(alpaca_wire.change(wish, OWN)) == numbers(json.loads(json.dumps(theirs)))


def schwab_cases() -> list[tuple[Draft, Any]]:
    """The same orders by the community's library."""
    equities = pytest.importorskip("schwab.orders.equities")
    options = pytest.importorskip("schwab.orders.options")
    common = pytest.importorskip("schwab.orders.common")
    call = LEGS[0].instrument.symbol
    gtc = common.Duration.GOOD_TILL_CANCEL
    take = equities.equity_sell_limit("AAPL", 10, "301.00").set_duration(gtc)
    stop = (
        equities.equity_sell_limit("AAPL", 10, "298.50")
        .set_order_type(common.OrderType.STOP_LIMIT)
        .set_stop_price("299.00")
        .set_duration(gtc)
    )
    return [
        (draft(ME, kind=T.MARKET), equities.equity_buy_market("AAPL", 10)),
        (draft(ME), equities.equity_buy_limit("AAPL", 10, "189.50")),
        (
            draft(ME, side=OrderSide.SELL_SHORT),
            equities.equity_sell_short_limit("AAPL", 10, "189.50"),
        ),
        (
            draft(ME, side=OrderSide.BUY_TO_COVER, kind=T.MARKET),
            equities.equity_buy_to_cover_market("AAPL", 10),
        ),
        (
            draft(ME, session=TradingSession.EXTENDED),
            equities.equity_buy_limit("AAPL", 10, "189.50").set_session(common.Session.SEAMLESS),
        ),
        (
            draft(ME, option(), OrderSide.SELL_TO_CLOSE, limit_price=Decimal("1.5")),
            options.option_sell_to_close_limit(call, 10, "1.50"),
        ),
        (
            draft(ME, legs=LEGS, kind=T.NET_DEBIT, limit_price=Decimal("1.2")),
            options.bull_call_vertical_open(*(leg.instrument.symbol for leg in LEGS), 10, "1.20"),
        ),
        (
            draft(ME, legs=(), link=Link.EITHER, children=(TAKE, STOP)),
            common.one_cancels_other(take, stop),
        ),
        (
            draft(ME, link=Link.TRIGGERS, children=(TAKE,)),
            common.first_triggers_second(equities.equity_buy_limit("AAPL", 10, "189.50"), take),
        ),
        (
            draft(ME, link=Link.BRACKET, children=(TAKE, STOP)),
            common.first_triggers_second(
                equities.equity_buy_limit("AAPL", 10, "189.50"),
                common.one_cancels_other(take, stop),
            ),
        ),
    ]


def without_total(tree: Any) -> Any:
    """That library adds the number of spreads, which Schwab's own samples leave out."""
    if isinstance(tree, list):
        return [without_total(each) for each in tree]
    if isinstance(tree, dict):
        left = "quantity" if "orderLegCollection" in tree else ""
        return {name: without_total(each) for name, each in tree.items() if name != left}
    return tree


def without_none(tree: Any) -> Any:
    """A single option is ``NONE`` in Schwab's samples and nothing in that library."""
    if isinstance(tree, list):
        return [without_none(each) for each in tree]
    if isinstance(tree, dict):
        return {
            name: without_none(each)
            for name, each in tree.items()
            if (name, each) != ("complexOrderStrategyType", "NONE")
        }
    return tree


def test_schwab_is_sent_what_the_communitys_library_sends() -> None:
    for wish, theirs in schwab_cases():
        sent = json.loads(encoded(schwab_wire.request(wish)))
        expected = without_total(json.loads(json.dumps(theirs.build())))
        assert without_none(sent) == without_none(expected)
