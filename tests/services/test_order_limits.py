"""Limits fail closed: compared with an oracle that was written apart from them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.clock import START
from support.trading import ACCOUNT, a_draft

from brokerdesk.domain.draft import Draft
from brokerdesk.domain.kinds import OrderSide, OrderType, PriceFeed, TradingSession
from brokerdesk.domain.quote import Quote
from brokerdesk.services.order_limits import Finding, Limits, SentBefore, Surroundings, findings

D = Decimal


def quote(price_: str | None = "10", age: float = 1, **changes: Any) -> Quote:
    price = None if price_ is None else D(price_)
    values: dict[str, Any] = {
        "symbol": "ABC",
        "source": "Acme",
        "feed": PriceFeed.REAL_TIME,
        "fetched_at": START - timedelta(seconds=age),
        "bid": price,
        "ask": price,
        "last": price,
    }
    return Quote(**{**values, **changes})


def codes(draft: Draft, *quotes: Quote, limits: Limits | None = None, **around: Any) -> set[str]:
    return {one.code for one in found(draft, *quotes, limits=limits, **around)}


def found(
    draft: Draft, *quotes: Quote, limits: Limits | None = None, **around: Any
) -> tuple[Finding, ...]:
    return findings(draft, limits or Limits(), Surroundings(now=START, quotes=quotes, **around))


def blocked(draft: Draft, *quotes: Quote, **around: Any) -> bool:
    return any(one.blocks for one in found(draft, *quotes, **around))


def test_an_ordinary_order_has_nothing_against_it() -> None:
    assert codes(a_draft(quantity="10"), quote("10.50")) == set()


@pytest.mark.parametrize(
    ("changes", "price", "code"),
    [
        ({"quantity": "0"}, "10.5", "quantity"),
        ({"quantity": "-1"}, "10.5", "quantity"),
        ({"limit_price": D(0)}, "10.5", "limit"),
        ({"limit_price": D(-1)}, "10.5", "limit"),
        ({"quantity": "1000"}, "10.5", "most value"),
        ({"quantity": "10001"}, "0.5", "most quantity"),
        ({"limit_price": D(13)}, "10.5", "collar"),
        ({}, None, "no price"),
        ({}, "0", "no price"),
    ],
)
def test_what_is_never_sent(changes: dict[str, Any], price: str | None, code: str) -> None:
    draft = a_draft(**{"quantity": "10", **changes})
    against = [one for one in found(draft, quote(price)) if one.code == code]
    assert against
    assert against[0].blocks


def test_without_any_price_nothing_is_sent() -> None:
    assert blocked(a_draft())
    assert blocked(a_draft(type=OrderType.MARKET, limit_price=None))


def test_an_order_at_market_waits_for_a_price_of_the_last_minute() -> None:
    draft = a_draft(type=OrderType.MARKET, limit_price=None)
    assert not blocked(draft, quote("10", 59))
    assert blocked(draft, quote("10", 61))
    assert blocked(draft, quote("10", -3600)), "a price from the future is no price"


def test_a_low_sale_is_beyond_the_market_and_a_high_one_is_only_far() -> None:
    low = a_draft(side=OrderSide.SELL, limit_price=D(5))
    high = a_draft(side=OrderSide.SELL, limit_price=D(15))
    assert "collar" in codes(low, quote("10"))
    assert "far limit" in codes(high, quote("10"))


def test_the_same_order_within_a_minute_is_told() -> None:
    sent = SentBefore(
        at=START - timedelta(seconds=30), account=ACCOUNT, symbol="ABC", side=OrderSide.BUY,
        quantity=D(10),
    )  # fmt: skip
    assert "duplicate" in codes(a_draft(), quote("10.5"), sent=[sent])
    assert "pace" in codes(a_draft(), quote("10.5"), sent=[sent] * 10)


def test_hints() -> None:
    draft = a_draft(quantity="90")
    sent = [
        SentBefore(at=START - timedelta(days=n), account=ACCOUNT, symbol="ABC", side=OrderSide.BUY,
                   quantity=D(10))
        for n in range(1, 5)
    ]  # fmt: skip
    told = codes(
        draft,
        quote("10.5", bid=D("10"), ask=D("11")),
        sent=sent,
        buying_power=D(1000),
        average_volume=D(1000),
        sold_at_a_loss=START - timedelta(days=3),
        day_trade_words="3 day trades in 5 days.",
        halted_symbols=frozenset({"ABC"}),
    )
    assert told == {
        *("wide spread", "usual size", "share of power", "volume", "wash sale", "day trade"),
        "halted symbol",
    }
    assert "hours" in codes(a_draft(session=TradingSession.EXTENDED), quote("10.5"))
    assert "buying power" in codes(a_draft(), quote("10.5"), buying_power=D(1))


prices = st.none() | st.decimals(-5, 500, places=2) | st.just(D(0))
quotes = st.builds(
    quote,
    st.just("1"),
    st.sampled_from([-7200.0, -30.0, 0.0, 30.0, 59.0, 61.0, 4000.0]),
    bid=prices, ask=prices, last=prices, mark=prices,
)  # fmt: skip
drafts = st.builds(
    a_draft,
    side=st.sampled_from([OrderSide.BUY, OrderSide.SELL, OrderSide.SELL_SHORT]),
    quantity=st.decimals(-5, 20_000, places=2).map(str),
    type=st.sampled_from([OrderType.MARKET, OrderType.LIMIT, OrderType.STOP, OrderType.STOP_LIMIT]),
    limit_price=prices,
    stop_price=prices,
)


def oracle(draft: Draft, quote_: Quote | None, limits: Limits) -> bool:
    """Whether it must not be sent, in other words than the rules are written in."""
    assert draft.quantity is not None
    if draft.quantity <= 0 or draft.quantity > limits.most_quantity:
        return True
    if any(price is not None and price <= 0 for price in (draft.limit_price, draft.stop_price)):
        return True
    buy = draft.legs[0].side is OrderSide.BUY
    market = None
    if quote_ is not None:
        far = quote_.ask if buy else quote_.bid
        market = next((p for p in (far, quote_.last, quote_.mark) if p is not None and p > 0), None)
        age = (START - quote_.fetched_at).total_seconds()
        old = abs(age) > 60
    else:
        old = True
    if draft.type in (OrderType.MARKET, OrderType.STOP) and (old or market is None):
        return True
    known = [p for p in (market, draft.limit_price, draft.stop_price) if p is not None]
    if not known or draft.quantity * max(known) > limits.most_value:
        return True
    if draft.limit_price is not None:
        if market is None:
            return True
        beyond = (draft.limit_price - market) / market * 100
        if (beyond if buy else -beyond) > limits.block_percent:
            return True
    return False


def agrees(draft: Draft, quote_: Quote | None, most: int) -> None:
    limits = Limits(most_value=D(most), most_quantity=D(most))
    given_ = () if quote_ is None else (quote_,)
    assert blocked(draft, *given_, limits=limits) == oracle(draft, quote_, limits)


@given(drafts, st.none() | quotes, st.sampled_from([100, 10_000, 1_000_000]))
def test_the_rules_agree_with_the_oracle(draft: Draft, quote_: Quote | None, most: int) -> None:
    agrees(draft, quote_, most)


@pytest.mark.deep
@settings(max_examples=20_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(drafts, st.none() | quotes, st.sampled_from([100, 10_000, 1_000_000]))
def test_twenty_thousand_tickets_agree_with_the_oracle(
    draft: Draft, quote_: Quote | None, most: int
) -> None:
    agrees(draft, quote_, most)
