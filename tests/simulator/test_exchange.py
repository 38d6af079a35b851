"""Accounts over their whole history: everything adds up, on any day, for any seed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from hypothesis import given, settings
from hypothesis import strategies as st

from brokerdesk.simulator.exchange.book import Book
from brokerdesk.simulator.exchange.events import What
from brokerdesk.simulator.exchange.exchange import Exchange, end_of_day
from brokerdesk.simulator.exchange.orders import Status
from brokerdesk.simulator.exchange.profiles import START
from brokerdesk.simulator.market import calendar
from brokerdesk.simulator.market.listings import Kind

NOW = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
SEEDS = st.sampled_from([1, 2, 3, 301])
DAYS = st.sampled_from(calendar.trading_days(START, NOW.date()))


@lru_cache(maxsize=8)
def exchange(seed: int) -> Exchange:
    return Exchange(seed)


@given(seed=SEEDS, day=DAYS, hours=st.integers(0, 23))
@settings(max_examples=40, deadline=None)
def test_cash_and_positions_make_the_liquidation_value(seed: int, day: date, hours: int) -> None:
    moment = end_of_day(day) - timedelta(hours=hours)
    for account in exchange(seed).accounts:
        value = account.value_at(moment)
        worth = sum((p.market_value for p in value.positions), Decimal(0))
        assert value.cash + worth == value.liquidation
        for p in value.positions:
            assert p.quantity != 0
            assert p.market_value == (p.quantity * p.price * p.factor).quantize(Decimal("0.01"))
            assert sum(lot.quantity for lot in p.holding.lots) == p.quantity


@given(seed=SEEDS, day=DAYS)
@settings(max_examples=25, deadline=None)
def test_a_book_is_the_sum_of_its_events_however_it_is_reached(seed: int, day: date) -> None:
    moment = end_of_day(day)
    warm, cold = exchange(seed), Exchange(seed)
    for one, two in zip(warm.accounts, cold.accounts, strict=True):
        events = one.events(datetime(2021, 1, 1, tzinfo=UTC), moment)
        assert events == two.events(datetime(2021, 1, 1, tzinfo=UTC), moment)
        assert [e.at for e in events] == sorted(e.at for e in events)
        book = Book()
        for event in events:
            book.apply(event)
        assert one.book_at(moment) == book == two.book_at(moment)
        assert book.cash == sum((e.amount for e in events), Decimal(0))


@given(seed=SEEDS, moments=st.lists(DAYS, min_size=3, max_size=5))
@settings(max_examples=15, deadline=None)
def test_asking_for_one_day_changes_no_other(seed: int, moments: list[date]) -> None:
    account = exchange(seed).accounts[0]
    there = [account.book_at(end_of_day(day)).copy() for day in moments]
    back = [account.book_at(end_of_day(day)).copy() for day in reversed(moments)]
    assert there == back[::-1]


def test_the_past_does_not_change_when_time_goes_on() -> None:
    early, late = Exchange(301), Exchange(301)
    before = early.accounts[0].events(datetime(2021, 1, 1, tzinfo=UTC), NOW)
    late.accounts[0].value_at(NOW + timedelta(days=900))
    assert late.accounts[0].events(datetime(2021, 1, 1, tzinfo=UTC), NOW) == before


def test_another_seed_is_another_world() -> None:
    one, two = (exchange(seed).accounts[0] for seed in (1, 2))
    assert one.profile.number != two.profile.number
    assert one.value_at(NOW).liquidation != two.value_at(NOW).liquidation


def test_a_split_keeps_the_cost_and_the_value_of_what_is_held() -> None:
    seen = 0
    for seed in (1, 2, 3, 301):
        for account in exchange(seed).accounts:
            for event in account.events(datetime(2021, 1, 1, tzinfo=UTC), NOW):
                if event.what is not What.SPLIT:
                    continue
                seen += 1
                just_before = event.at - timedelta(microseconds=1)
                before = account.book_at(just_before).holdings[event.symbol]
                after = account.book_at(event.at).holdings[event.symbol]
                assert after.cost == before.cost
                assert after.quantity == before.quantity * event.quantity
                listing = account.market.listing(event.symbol)
                assert listing is not None
                place = calendar.place_of(event.at.date())
                reference = account.market.day_range(listing, place).previous
                old = before.quantity * account.market.price(event.symbol, just_before)
                new = after.quantity * Decimal(reference) / 100
                rounding = abs(after.quantity) / 200 + abs(before.quantity) / 200
                assert abs(new - old) <= rounding + Decimal("0.01")
    assert seen >= 3


def test_the_default_set_shows_what_a_portfolio_app_must_show() -> None:
    for when in (NOW, NOW - timedelta(days=200), NOW + timedelta(days=400)):
        accounts = exchange(301).accounts
        assert [a.profile.nickname for a in accounts] == [
            "Individual",
            "Roth IRA",
            "House fund",
            "Trading",
        ]
        positions = accounts[0].value_at(when).positions
        assert any(p.quantity < 0 and p.kind is Kind.EQUITY for p in positions)
        assert any(p.quantity > 0 and p.kind is Kind.OPTION for p in positions)
        assert any(p.quantity < 0 and p.kind is Kind.OPTION for p in positions)
        assert any(p.quantity % 1 and p.kind is Kind.EQUITY for p in positions)
        assert any(p.kind is Kind.MUTUAL_FUND for p in positions)
        kinds = {p.kind for p in accounts[2].value_at(when).positions}
        assert {Kind.BOND, Kind.MONEY_MARKET, Kind.ETF} <= kinds
        assert accounts[3].value_at(when).cash < 0


@given(seed=SEEDS, day=DAYS)
@settings(max_examples=20, deadline=None)
def test_only_a_margin_loan_lets_cash_go_below_zero(seed: int, day: date) -> None:
    for account in exchange(seed).accounts:
        if not account.profile.borrows:
            assert account.book_at(end_of_day(day)).cash >= 0
        if not account.profile.margin:
            holdings = account.book_at(end_of_day(day)).holdings.values()
            assert all(holding.quantity > 0 for holding in holdings)


def test_sizes_are_what_was_asked_for() -> None:
    big = Exchange(3, accounts=5, positions=120)
    assert len(big.accounts) == 5
    assert len({a.profile.number for a in big.accounts}) == 5
    for account in big.accounts:
        assert len(account.value_at(NOW).positions) >= 120 - 1


def test_every_trade_has_its_filled_order_and_an_order_is_always_working() -> None:
    account = exchange(301).accounts[0]
    since = NOW - timedelta(days=300)
    orders = {order.number: order for order in account.orders(since - timedelta(days=30), NOW)}
    trades = [e for e in account.events(since, NOW) if e.what is What.TRADE]
    assert trades
    for trade in trades:
        order = orders[trade.order]
        filled = sum((fill.quantity for fill in order.filled(NOW)), Decimal(0))
        assert filled == abs(trade.quantity)
        assert order.fills[0].price == trade.price
        assert order.entered <= trade.at <= order.ends
    statuses = {order.status(NOW) for order in orders.values()}
    assert statuses >= {Status.FILLED, Status.CANCELED, Status.REJECTED, Status.EXPIRED}
    for days in range(0, 60, 7):
        moment = NOW - timedelta(days=days)
        assert any(
            order.status(moment) is Status.WORKING
            for order in account.orders(moment - timedelta(days=30), moment)
        )


def test_trades_happen_in_a_session_at_that_moments_price() -> None:
    account = exchange(301).accounts[0]
    for event in account.events(NOW - timedelta(days=400), NOW):
        if event.what is What.TRADE:
            session = calendar.session(calendar.new_york_day(event.at))
            assert session is not None
            assert session.opens <= event.at < session.closes
            assert event.price == account.market.price(event.symbol, event.at)
