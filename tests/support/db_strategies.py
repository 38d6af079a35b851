"""Hypothesis strategies for whole domain objects, with the awkward values that brokers send."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from support.db import ACCOUNT

from brokerdesk.domain.account import AccountFlags
from brokerdesk.domain.balance import Balance
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import (
    AssetType,
    OptionRight,
    OrderSide,
    OrderStatus,
    OrderType,
    PriceFeed,
    TimeInForce,
    TradingSession,
    TransactionType,
)
from brokerdesk.domain.order import Order, OrderLeg
from brokerdesk.domain.position import Lot, Position
from brokerdesk.domain.quote import Quote
from brokerdesk.domain.reading import Reading, Unread
from brokerdesk.domain.transaction import Transaction


def _decimal(sign: int, number: int, exponent: int) -> Decimal:
    return Decimal((sign, tuple(map(int, str(number))), exponent))


amounts = st.one_of(
    st.builds(
        _decimal,
        st.integers(0, 1),
        st.integers(0, 10**38 - 1),
        st.integers(-24, 24),
    ),
    st.sampled_from(
        [Decimal(text) for text in ("-0", "0E-8", "-0.00", "1E+3", "100.00", "1E-24", "7E+20")]
    ),
)
maybe_amounts = st.none() | amounts
texts = st.text(max_size=12)
names = st.text(min_size=1, max_size=12)
currencies = st.sampled_from(["USD", "EUR", "JPY"])
moments = st.datetimes(
    min_value=datetime(1971, 1, 1),  # noqa: DTZ001 - hypothesis wants naive bounds
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
).map(lambda moment: moment.replace(fold=0))  # means nothing in UTC
maybe_days = st.none() | st.dates()


def _build(target: Any, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(fields).map(lambda values: target(**values))


pairs = st.lists(st.tuples(texts, texts), max_size=2).map(tuple)
named_amounts = st.lists(st.tuples(texts, amounts), max_size=3).map(tuple)
flags = _build(
    AccountFlags,
    margin=st.none() | st.booleans(),
    day_trades=st.none() | st.integers(0, 3),
    in_call=st.none() | st.booleans(),
    read_only=st.none() | st.booleans(),
)
instruments = _build(
    Instrument,
    symbol=names,
    asset_type=st.sampled_from(AssetType),
    currency=currencies,
    name=texts,
    cusip=texts,
    isin=texts,
    figi=texts,
    raw_type=texts,
    broker_ids=pairs,
    multiplier=amounts,
    underlying=texts,
    strike=maybe_amounts,
    expiry=maybe_days,
    right=st.none() | st.sampled_from(OptionRight),
)
lots = _build(Lot, quantity=amounts, acquired=maybe_days, cost=maybe_amounts)
positions = _build(
    Position,
    instrument=instruments,
    quantity=amounts,
    average_cost=maybe_amounts,
    cost_basis=maybe_amounts,
    mark=maybe_amounts,
    market_value=maybe_amounts,
    day_pl=maybe_amounts,
    open_pl=maybe_amounts,
    lots=st.lists(lots, max_size=2).map(tuple),
)
balances = _build(
    Balance,
    currency=currencies,
    **dict.fromkeys(
        (
            "cash",
            "settled_cash",
            "unsettled_cash",
            "equity",
            "net_liquidation",
            "initial_margin",
            "maintenance_margin",
            "long_market_value",
            "short_market_value",
        ),
        maybe_amounts,
    ),
    buying_power=named_amounts,
    others=named_amounts,
)
readings: st.SearchStrategy[Reading] = _build(
    Reading,
    account=st.just(ACCOUNT),
    fetched_at=moments,
    as_of=moments,
    balances=st.lists(balances, min_size=1, max_size=2).map(tuple),
    positions=st.lists(positions, max_size=4).map(tuple),
    unread=st.lists(_build(Unread, where=texts, reason=texts, label=texts), max_size=2).map(tuple),
)
transactions: st.SearchStrategy[Transaction] = _build(
    Transaction,
    id=names,
    account=st.just(ACCOUNT),
    type=st.sampled_from(TransactionType),
    time=moments,
    amount=amounts,
    currency=currencies,
    raw_type=texts,
    description=texts,
    settlement_date=maybe_days,
    instrument=st.none() | instruments,
    quantity=maybe_amounts,
    price=maybe_amounts,
    fees=maybe_amounts,
    order_id=texts,
)


def _orders(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Order]:
    return _build(
        Order,
        id=names,
        account=st.just(ACCOUNT),
        status=st.sampled_from(OrderStatus),
        type=st.sampled_from(OrderType),
        time_in_force=st.sampled_from(TimeInForce),
        session=st.sampled_from(TradingSession),
        legs=st.lists(
            _build(
                OrderLeg,
                instrument=instruments,
                side=st.sampled_from(OrderSide),
                quantity=amounts,
                raw_side=texts,
                ratio=maybe_amounts,
                opens=st.none() | st.booleans(),
                as_entered=st.booleans(),
            ),
            max_size=2,
        ).map(tuple),
        quantity=amounts,
        filled_quantity=amounts,
        entered_at=st.none() | moments,
        closed_at=st.none() | moments,
        limit_price=maybe_amounts,
        stop_price=maybe_amounts,
        average_price=maybe_amounts,
        strategy=texts,
        status_text=texts,
        client_order_id=texts,
        raw_status=texts,
        raw_type=texts,
        children=children,
        notional=maybe_amounts,
        trail_amount=maybe_amounts,
        trail_percent=maybe_amounts,
        good_till=st.none() | st.dates(),
        all_or_none=st.none() | st.booleans(),
        raw_session=texts,
        raw_trail=texts,
    )


orders: st.SearchStrategy[Order] = _orders(
    st.lists(_orders(st.just(())), max_size=2).map(tuple),
)
quotes: st.SearchStrategy[Quote] = _build(
    Quote,
    symbol=names,
    source=names,
    feed=st.sampled_from(PriceFeed),
    fetched_at=moments,
    as_of=st.none() | moments,
    bid=maybe_amounts,
    ask=maybe_amounts,
    last=maybe_amounts,
    mark=maybe_amounts,
    previous_close=maybe_amounts,
    name=texts,
)
