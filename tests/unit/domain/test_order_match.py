"""Whether an order is what a draft asked for: what has to be told, and what counts where it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from support.drafts import coin, draft, option, share

from brokerdesk.domain.draft import Draft, DraftLeg
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import (
    OrderSide,
    OrderStatus,
    OrderType,
    TimeInForce,
    TradingSession,
)
from brokerdesk.domain.order import Order, OrderLeg
from brokerdesk.domain.order_match import differences

ME = AccountId("acme:1")
T, S, D = OrderType, TradingSession, Decimal
BUY, SELL = OrderSide.BUY_TO_OPEN, OrderSide.SELL_TO_OPEN
PLAIN = draft(ME)
AMOUNT = draft(ME, kind=T.TRAILING_STOP)
PERCENT = draft(ME, kind=T.TRAILING_STOP, trail_percent=D("2.5"))
LASTING = draft(ME, time_in_force=TimeInForce.GTD, good_till=date(2027, 1, 4))
MONEY = draft(ME, kind=T.MARKET, quantity=None, notional=D(50))
SPREAD = draft(
    ME,
    legs=(
        DraftLeg(instrument=option("150"), side=BUY),
        DraftLeg(instrument=option("155"), side=SELL, ratio=D(2)),
    ),
    quantity=D(3),
)


def told(wish: Draft, **changes: Any) -> Order:
    """What a broker tells that tells only what every broker does."""
    units = wish.quantity if wish.quantity is not None else D("0.25")
    values: dict[str, Any] = {
        "id": "1",
        "account": wish.account,
        "status": OrderStatus.WORKING,
        "type": wish.type,
        "time_in_force": wish.time_in_force,
        "session": S.UNKNOWN,
        "legs": tuple(
            OrderLeg(instrument=leg.instrument, side=leg.side, quantity=units * leg.ratio)
            for leg in wish.legs
        ),
        "quantity": units,
        "filled_quantity": D(0),
        "limit_price": wish.limit_price,
        "stop_price": wish.stop_price,
    }
    return Order(**{**values, **changes})


def legs(wish: Draft, *changes: dict[str, Any]) -> dict[str, Any]:
    """Other legs than those of the draft."""
    same = told(wish).legs
    return {"legs": tuple(replace(leg, **one) for leg, one in zip(same, changes, strict=True))}


@pytest.mark.parametrize("wish", [PLAIN, AMOUNT, PERCENT, LASTING, MONEY, SPREAD])
def test_what_is_not_told_is_no_difference(wish: Draft) -> None:
    assert differences(wish, told(wish)) == ()


TELLS: list[tuple[Draft, dict[str, Any], str]] = [
    (PLAIN, {"session": S.EXTENDED}, "session"),
    (replace(PLAIN, session=S.EXTENDED), {"session": S.POST_MARKET}, "session"),
    (PLAIN, {"raw_session": "OVERNIGHT"}, "session"),
    (PLAIN, {"notional": D(50)}, "amount of money"),
    (PLAIN, {"all_or_none": True}, "all or none"),
    (PLAIN, legs(PLAIN, {"quantity": D(11)}), "quantity"),
    (PLAIN, {"quantity": D(11)}, "quantity"),
    (PLAIN, legs(PLAIN, {"side": OrderSide.BUY_TO_COVER, "as_entered": True}),
     "opening or closing"),
    (draft(ME, side=OrderSide.SELL_SHORT), legs(PLAIN, {"side": OrderSide.SELL, "opens": False}),
     "opening or closing"),
    (draft(ME, option(), BUY), legs(draft(ME, option()), {"opens": False}), "opening or closing"),
    (MONEY, {"notional": D(51)}, "amount of money"),
    (MONEY, {"notional": D(0)}, "amount of money"),
    (AMOUNT, {"trail_amount": D("1.6")}, "trailing distance"),
    (AMOUNT, {"trail_percent": D("1.5")}, "trailing distance"),
    (AMOUNT, {"raw_trail": "1.5 TICK"}, "trailing distance"),
    (PERCENT, {"trail_percent": D(25)}, "trailing distance"),
    (PERCENT, {"trail_amount": D("2.5")}, "trailing distance"),
    (LASTING, {"good_till": date(2027, 1, 5)}, "last day"),
    (SPREAD, legs(SPREAD, {}, {"ratio": D(3)}), "ratio of the legs"),
    (SPREAD, legs(SPREAD, {}, {"quantity": D(3)}), "ratio of the legs"),
    (SPREAD, legs(SPREAD, {"opens": False}, {}), "opening or closing"),
]  # fmt: skip


@pytest.mark.parametrize(("wish", "changes", "name"), TELLS)
def test_what_is_told_otherwise_is_named(wish: Draft, changes: dict[str, Any], name: str) -> None:
    assert differences(wish, told(wish, **changes)) == (name,)


SAYS: list[tuple[Draft, dict[str, Any]]] = [
    (PLAIN, {"session": S.REGULAR, "raw_session": "NORMAL"}),
    (replace(PLAIN, session=S.EXTENDED), {"session": S.EXTENDED}),
    (draft(ME, coin()), {"session": S.EXTENDED}),
    (PLAIN, {"notional": D(0), "all_or_none": False}),
    (PLAIN, legs(PLAIN, {"side": OrderSide.BUY_TO_COVER, "opens": False})),
    (PLAIN, {"good_till": date(2027, 1, 5), "trail_amount": D(1), "trail_percent": D(1)}),
    (draft(ME, side=OrderSide.SELL_SHORT), legs(PLAIN, {"side": OrderSide.SELL})),
    (draft(ME, option(), BUY), legs(draft(ME, option()), {"side": OrderSide.BUY, "opens": True})),
    (MONEY, {"notional": D("50.00"), "quantity": D("0.3")}),
    (AMOUNT, {"trail_amount": D("1.50"), "stop_price": D(190)}),
    (PERCENT, {"trail_percent": D("2.50")}),
    (LASTING, {"good_till": date(2027, 1, 4)}),
    (SPREAD, legs(SPREAD, {"ratio": D(1), "quantity": D(1)}, {"ratio": D(2), "quantity": D(2)})),
]  # fmt: skip


@pytest.mark.parametrize(("wish", "changes"), SAYS)
def test_what_is_told_in_other_words_is_the_same(wish: Draft, changes: dict[str, Any]) -> None:
    assert differences(wish, told(wish, **changes)) == ()


def test_legs_may_come_in_any_order() -> None:
    order = told(SPREAD)
    assert differences(SPREAD, replace(order, legs=order.legs[::-1])) == ()
    swapped = legs(SPREAD, {"quantity": D(6)}, {"quantity": D(3)})
    assert differences(SPREAD, told(SPREAD, **swapped)) == ("ratio of the legs",)


def test_other_instruments_are_named_as_before() -> None:
    other = replace(told(PLAIN).legs[0], instrument=share("MSFT"))
    assert differences(PLAIN, told(PLAIN, legs=(other,), quantity=D(9))) == (
        "instruments and sides",
        "quantity",
    )
    assert differences(PLAIN, told(PLAIN, legs=())) == ("instruments and sides",)
