"""Limits fail closed: compared with an oracle that was written apart from them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.clock import START
from support.drafts import option
from support.trading import ACCOUNT, a_draft

from brokerdesk.domain.draft import Draft, DraftLeg, Link
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import AssetType, OrderSide, OrderType, PriceFeed, TradingSession
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


def test_what_is_just_at_a_limit_goes_and_a_cent_or_a_unit_more_does_not() -> None:
    at, over = Limits(most_value=D("105.00"), most_quantity=D(10)), D("104.99")
    draft = a_draft(quantity="10")
    assert codes(draft, quote("10.50"), limits=at) == set()
    assert codes(draft, quote("10.50"), limits=replace(at, most_value=over)) == {"most value"}
    less = replace(at, most_quantity=D("9.99"))
    assert codes(draft, quote("10.50"), limits=less) == {"most quantity"}


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


def test_what_waits_may_be_sent_overnight_and_says_how_old_the_price_is() -> None:
    night = quote("10", 12 * 3600)
    stop = a_draft(side=OrderSide.SELL, type=OrderType.STOP, limit_price=None, stop_price=D(9))
    opening = a_draft(type=OrderType.MARKET_ON_OPEN, limit_price=None)
    for draft in (stop, opening):
        assert not blocked(draft, night)
        assert "stale quote" in codes(draft, night)
        assert blocked(draft), "without any price its value is not known"


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
        quote("10.5", bid=D("10"), ask=D("11"), average_volume=D(1000), halted=True),
        sent=sent,
        buying_power=D(1000),
        sold_at_a_loss=START - timedelta(days=3),
        day_trade_words="3 day trades in 5 days.",
    )
    assert told == {
        *("wide spread", "usual size", "share of power", "volume", "wash sale", "day trade"),
        "halted symbol",
    }
    assert "hours" in codes(a_draft(session=TradingSession.EXTENDED), quote("10.5"))
    assert "buying power" in codes(a_draft(), quote("10.5"), buying_power=D(1))


def test_a_halted_symbol_blocks_at_market_and_warns_with_a_price() -> None:
    def told(draft: Draft, halted: bool | None = True) -> list[tuple[bool, str]]:
        all_ = found(draft, quote("10", halted=halted))
        return [(one.blocks, one.words) for one in all_ if one.code == "halted symbol"]

    market = a_draft(type=OrderType.MARKET, limit_price=None)
    assert told(market) == [(True, "Trading in ABC is halted. An order at market waits.")]
    warning = [(False, "Trading in ABC is halted. The broker may refuse the order.")]
    stop = a_draft(side=OrderSide.SELL, type=OrderType.STOP, limit_price=None, stop_price=D(9))
    opening = a_draft(type=OrderType.MARKET_ON_OPEN, limit_price=None)
    assert [told(draft) for draft in (a_draft(), stop, opening)] == [warning] * 3
    for draft in (market, a_draft()):
        assert told(draft, halted=False) == told(draft, halted=None) == []


def test_each_leg_is_looked_at_for_a_halt() -> None:
    near, far = (quote("5", symbol=what.symbol, halted=what is FAR) for what in (NEAR, FAR))
    several = spread(OrderSide.BUY_TO_OPEN, 1, 1, None, OrderType.MARKET)
    words = [one.words for one in found(several, near, far) if one.code == "halted symbol"]
    assert words == [f"Trading in {FAR.symbol} is halted. An order at market waits."]


@pytest.mark.parametrize(
    ("volume", "quantity", "share"),
    [
        ("1000", "10", ""),  # just at the limit
        ("1000", "10.6", "1.1"),
        ("999", "10", "1.0"),
        ("0", "10", ""),
        ("-5", "10", ""),
        (None, "10", ""),
    ],
)
def test_the_share_of_the_average_volume(volume: str | None, quantity: str, share: str) -> None:
    average = None if volume is None else D(volume)
    told = found(a_draft(quantity=quantity), quote("10", average_volume=average))
    words = [f"{share}% of the average volume of a day."] if share else []
    assert [one.words for one in told if one.code == "volume"] == words
    assert not any(one.blocks for one in told)


def test_an_amount_of_money_is_held_against_the_volume_as_well() -> None:
    draft = a_draft(type=OrderType.MARKET, limit_price=None)
    draft = replace(draft, quantity=None, notional=D(500))
    assert "volume" in codes(draft, quote("10", average_volume=D(1000)))  # 50 units of 1,000
    assert "volume" not in codes(draft, quote("10", average_volume=D(5000)))


def test_the_limit_of_the_volume_is_the_user_s() -> None:
    limits = Limits(volume_percent=D(5))
    at, over = (quote("10", average_volume=D(units)) for units in (200, 199))
    assert "volume" not in codes(a_draft(quantity="10"), at, limits=limits)
    assert "volume" in codes(a_draft(quantity="10"), over, limits=limits)


@pytest.mark.parametrize(
    ("now", "waits"),
    [
        ("2026-11-21T15:00Z", "Mon 23 Nov 09:30 ET"),  # a Saturday
        ("2026-11-25T22:00Z", "Fri 27 Nov 09:30 ET"),  # the eve of Thanksgiving
        ("2026-11-20T13:00Z", "Fri 20 Nov 09:30 ET"),  # the same day, before the opening
        ("2026-11-20T16:00Z", ""),
    ],
)
def test_an_order_for_the_session_says_how_long_it_waits(now: str, waits: str) -> None:
    around = Surroundings(now=datetime.fromisoformat(now), quotes=(quote("10.5"),))

    def hours(draft: Draft) -> list[str]:
        return [one.words for one in findings(draft, Limits(), around) if one.code == "hours"]

    closed = f"The market is closed. The order waits for {waits} and fills at the prices of then."
    assert hours(a_draft()) == ([closed] if waits else [])
    (early,) = hours(a_draft(session=TradingSession.EXTENDED))
    assert early == "Outside market hours. Trading is thin and may fill in part."
    coin = Instrument(symbol="BTC/USD", asset_type=AssetType.CRYPTO)
    leg = DraftLeg(instrument=coin, side=OrderSide.BUY)
    assert hours(a_draft(legs=(leg,))) == [], "it is never closed"


@pytest.mark.parametrize("link", [Link.TRIGGERS, Link.BRACKET, Link.EITHER])
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"quantity": "10001", "limit_price": D("0.5")}, "most quantity"),
        ({"quantity": "2000"}, "most value"),
        ({"limit_price": D("5")}, "collar"),
        ({"limit_price": D(0)}, "limit"),
        ({"type": OrderType.MARKET, "limit_price": None}, "stale quote"),
        ({"symbol": "XYZ"}, "no price"),
    ],
)
def test_linked_orders_are_held_to_each_limit_themselves(
    link: Link, changes: dict[str, Any], code: str
) -> None:
    """A child is sent by the broker without asking again: what it may not be is said before."""
    price = quote("10.5", age=61)
    good = a_draft(side=OrderSide.SELL, quantity="10")
    bad = a_draft(side=OrderSide.SELL, **{"quantity": "10", **changes})
    own: dict[str, Any] = {}
    if link is Link.EITHER:
        own = {"legs": (), "quantity": None, "limit_price": None}
    whole = replace(a_draft(quantity="10"), link=link, children=(good, good), **own)
    assert not blocked(whole, price)
    for children in ((bad, good), (good, bad)):
        against = {
            one.code for one in found(replace(whole, children=children), price) if one.blocks
        }
        assert code in against


def test_orders_dated_ahead_are_not_of_the_last_minute() -> None:
    """As after the clock was set back: they would stand in the way for as long as that was."""

    def sent(ago: float) -> list[SentBefore]:
        one = SentBefore(
            at=START - timedelta(seconds=ago),
            account=ACCOUNT,
            symbol="ABC",
            side=OrderSide.BUY,
            quantity=D(10),
        )
        return [one] * 10  # fmt: skip

    assert {"pace", "duplicate"} <= codes(a_draft(), quote("10.5"), sent=sent(0))
    assert {"pace", "duplicate"} <= codes(a_draft(), quote("10.5"), sent=sent(59.9))
    for ago in (-1, -3600, 60, 61):
        assert not {"pace", "duplicate"} & codes(a_draft(), quote("10.5"), sent=sent(ago))


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
    if limits.most_value is None or not limits.most_value > 0:
        return True
    buy = draft.legs[0].side is OrderSide.BUY
    market = None
    if quote_ is not None:
        far = quote_.ask if buy else quote_.bid
        market = next((p for p in (far, quote_.last, quote_.mark) if p is not None and p > 0), None)
        age = (START - quote_.fetched_at).total_seconds()
        old = abs(age) > limits.oldest_quote.total_seconds()
    else:
        old = True
    if draft.type is OrderType.MARKET and old:
        return True
    if draft.type in (OrderType.MARKET, OrderType.STOP) and market is None:
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


limits_ = st.builds(
    Limits,
    most_value=st.sampled_from([None, D(0), D(-5), D(100), D(10_000), D(1_000_000)]),
    most_quantity=st.sampled_from([D(100), D(10_000), D(1_000_000)]),
    block_percent=st.sampled_from([D(3), D(20), D(90)]),
    oldest_quote=st.sampled_from([15, 60, 900]).map(lambda n: timedelta(seconds=n)),
)


def agrees(draft: Draft, quote_: Quote | None, limits: Limits) -> None:
    given_ = () if quote_ is None else (quote_,)
    assert blocked(draft, *given_, limits=limits) == oracle(draft, quote_, limits)


@given(drafts, st.none() | quotes, limits_)
def test_the_rules_agree_with_the_oracle(
    draft: Draft, quote_: Quote | None, limits: Limits
) -> None:
    agrees(draft, quote_, limits)


@pytest.mark.deep
@settings(max_examples=20_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(drafts, st.none() | quotes, limits_)
def test_twenty_thousand_tickets_agree_with_the_oracle(
    draft: Draft, quote_: Quote | None, limits: Limits
) -> None:
    agrees(draft, quote_, limits)


# --- several legs ------------------------------------------------------------------------------

NEAR, FAR = option("150"), option("155")


def spread(first: OrderSide, ratio: int, units: int, limit: D | None, kind: OrderType) -> Draft:
    other = OrderSide.SELL_TO_OPEN if first is OrderSide.BUY_TO_OPEN else OrderSide.BUY_TO_OPEN
    legs = (DraftLeg(instrument=NEAR, side=first),
            DraftLeg(instrument=FAR, side=other, ratio=D(ratio)))  # fmt: skip
    return a_draft(legs=legs, quantity=str(units), type=kind, limit_price=limit)


sides_of = st.sampled_from([OrderSide.BUY_TO_OPEN, OrderSide.SELL_TO_OPEN])
nets = st.decimals(-20, 20, places=2)
spreads = st.one_of(
    st.builds(spread, sides_of, st.integers(1, 3), st.integers(1, 40), nets,
              st.sampled_from([OrderType.LIMIT, OrderType.NET_DEBIT, OrderType.NET_CREDIT])),
    st.builds(spread, sides_of, st.integers(1, 3), st.integers(1, 40), st.none(),
              st.just(OrderType.MARKET)),
)  # fmt: skip
legs_told = st.tuples(prices, prices, st.sampled_from([1.0, 61.0]))


def spread_oracle(draft: Draft, told: Any, limits: Limits) -> bool:
    """Blocked without both prices, above the gross value, or when the net is far too dear."""
    (near, far), old = told[:2], told[2] > limits.oldest_quote.total_seconds()
    if draft.quantity is None or draft.quantity > limits.most_quantity:
        return True
    if any(one is None or one <= 0 for one in (near, far)):
        return True
    if draft.type is OrderType.MARKET and old:
        return True
    ratio = draft.legs[1].ratio
    if limits.most_value is None or not limits.most_value > 0:
        return True
    if (near + ratio * far) * 100 * draft.quantity > limits.most_value:
        return True
    if draft.limit_price is None:
        return False
    bought = draft.legs[0].side is OrderSide.BUY_TO_OPEN
    natural = near - ratio * far if bought else ratio * far - near
    dearer = draft.limit_price - natural
    return bool(dearer > D("0.05") and dearer * 100 > limits.block_percent * abs(natural))


def spread_agrees(draft: Draft, told: Any, limits: Limits) -> None:
    given_ = [
        quote("1", told[2], symbol=what.symbol, bid=at, ask=at, last=at)
        for what, at in zip((NEAR, FAR), told[:2], strict=True)
    ]
    assert blocked(draft, *given_, limits=limits) == spread_oracle(draft, told, limits)


@given(spreads, legs_told, limits_)
def test_several_legs_agree_with_their_oracle(draft: Draft, told: Any, limits: Limits) -> None:
    spread_agrees(draft, told, limits)


@pytest.mark.deep
@settings(max_examples=20_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(spreads, legs_told, limits_)
def test_twenty_thousand_spreads_agree_with_their_oracle(
    draft: Draft, told: Any, limits: Limits
) -> None:
    spread_agrees(draft, told, limits)


def test_a_net_price_far_beyond_the_market_is_blocked_and_a_good_one_is_not() -> None:
    near, far = (quote("1", symbol=what.symbol, bid=D(at), ask=D(at), last=D(at))
                 for what, at in ((NEAR, "5"), (FAR, "3")))  # fmt: skip
    limits = Limits(most_value=D(10**6))

    def told(limit: str, side: OrderSide = OrderSide.BUY_TO_OPEN) -> set[str]:
        draft = spread(side, 1, 1, D(limit), OrderType.LIMIT)
        return codes(draft, near, far, limits=limits)

    assert told("2") == told("1") == told("2.05") == set()
    assert told("2.2") == {"far limit"}
    assert told("2.5") == {"collar"}
    assert told("-2", OrderSide.SELL_TO_OPEN) == set()
    assert told("-1.5", OrderSide.SELL_TO_OPEN) == {"collar"}
