"""Prices: repeatable, random access, inside their day, and sane around splits and options."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brokerdesk.simulator.market import calendar, candles
from brokerdesk.simulator.market.listings import (
    Kind,
    all_listings,
    by_cusip,
    cusip_check_digit,
    of_kind,
    securities,
)
from brokerdesk.simulator.market.market import Market, phase
from brokerdesk.simulator.market.options import option_symbol, parse_option

NOON = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
SYMBOLS = st.sampled_from([x.symbol for x in of_kind(Kind.EQUITY)[:40]])
MOMENTS = st.datetimes(datetime(2016, 1, 4), datetime(2034, 12, 1), timezones=st.just(UTC))  # noqa: DTZ001


def test_there_are_about_five_hundred_real_tickers_and_the_other_kinds() -> None:
    assert len(of_kind(Kind.EQUITY)) >= 500
    assert len(of_kind(Kind.ETF)) >= 40
    assert len(of_kind(Kind.MUTUAL_FUND)) >= 10
    assert {"$SPX", "$DJI", "$COMPX"} <= all_listings().keys()
    assert all(x.name and x.sector and x.exchange for x in all_listings().values())


def test_made_up_cusips_have_the_right_check_digit_and_are_distinct() -> None:
    assert cusip_check_digit("03783310") == "0"  # Apple's own, as a known good one
    assert cusip_check_digit("17275R10") == "2"  # Cisco's: letters count too
    assert len(by_cusip()) == len(securities())
    for listing in all_listings().values():
        assert len(listing.cusip) == 9
        assert listing.cusip[8] == cusip_check_digit(listing.cusip[:8])


@given(
    seed=st.integers(0, 2**32), symbol=SYMBOLS, moments=st.lists(MOMENTS, min_size=2, max_size=6)
)
@settings(max_examples=15, deadline=None)
def test_a_price_depends_on_nothing_asked_before(
    seed: int, symbol: str, moments: list[datetime]
) -> None:
    forward, backward = Market(seed), Market(seed)
    there = [forward.price(symbol, moment) for moment in moments]
    back = [backward.price(symbol, moment) for moment in reversed(moments)]
    assert there == back[::-1]
    assert all(price > 0 and price == price.quantize(Decimal("0.01")) for price in there)


@given(symbol=SYMBOLS, day=st.sampled_from(calendar.all_trading_days()[10:5000]))
@settings(max_examples=25, deadline=None)
def test_a_session_stays_inside_its_range_and_ends_at_its_close(symbol: str, day: date) -> None:
    market = Market(5)
    listing = all_listings()[symbol]
    session = calendar.session(day)
    assert session is not None
    span = market.day_range(listing, calendar.place_of(day))
    assert span.low <= min(span.open, span.close) <= max(span.open, span.close) <= span.high
    for hour in range(8):
        at = min(session.opens + timedelta(hours=hour), session.closes)
        assert span.low <= market.price(symbol, at) * 100 <= span.high
    assert market.price(symbol, session.closes) * 100 == span.close
    assert market.price(symbol, session.opens) * 100 == span.open
    assert market.price(symbol, session.opens - timedelta(seconds=1)) == market.close(
        symbol, calendar.previous_trading_day(day)
    )


def test_prices_move_during_the_session_and_rest_outside_it() -> None:
    market = Market(5)
    open_prices = {market.price("AAPL", NOON + timedelta(minutes=m)) for m in range(60)}
    assert len(open_prices) > 15
    saturday = NOON + timedelta(days=1)
    closed = {market.price("AAPL", saturday + timedelta(hours=h)) for h in range(24)}
    assert len(closed) == 1


def test_a_split_changes_the_price_by_its_ratio_and_nothing_else() -> None:
    market = Market(5)
    seen = 0
    for listing in of_kind(Kind.EQUITY):
        for split in market.corporate.splits(listing):
            place = calendar.place_of(split.day)
            span = market.day_range(listing, place)
            before = market.close(listing.symbol, calendar.all_trading_days()[place - 1])
            if span.previous < 500:
                continue  # a cent's rounding is too much of such a price
            seen += 1
            assert float(before) == pytest.approx(
                span.previous / 100 * float(split.ratio), rel=0.01
            )
            assert abs(span.close / span.previous - 1) < 0.2
    assert seen > 100


def test_dividends_fall_on_trading_days_and_add_up_to_about_the_yield() -> None:
    market = Market(5)
    listing = all_listings()["KO"]
    paid = [x for x in market.corporate.dividends(listing) if x.ex_day.year == 2025]
    assert len(paid) == 4
    assert all(calendar.is_trading_day(x.ex_day) and x.pays > x.ex_day for x in paid)
    level = float(market.close("KO", date(2025, 7, 1)))
    assert float(sum(x.amount for x in paid)) == pytest.approx(level * 0.028, rel=0.4)


def test_funds_are_priced_once_a_day_after_the_close() -> None:
    market = Market(5)
    day = datetime(2026, 11, 19, tzinfo=UTC)
    during = {market.price("SWPPX", day + timedelta(hours=h)) for h in range(4, 22)}
    assert len(during) == 1
    after = market.price("SWPPX", day + timedelta(hours=23, minutes=30))
    assert after == market.price("SWPPX", day + timedelta(days=1, hours=20))


def test_option_symbols_are_read_and_written_and_expire_at_their_intrinsic_value() -> None:
    text = option_symbol("SPY", date(2026, 11, 20), call=True, strike=Decimal("600"))
    assert text == "SPY   261120C00600000"
    contract = parse_option(text)
    assert contract is not None
    assert (contract.underlying, contract.strike, contract.call) == ("SPY", Decimal(600), True)
    market = Market(5)
    spot = market.price("SPY", contract.expires)
    assert market.price(text, contract.expires) == max(Decimal(0), spot - 600)
    assert market.price(text, NOON - timedelta(days=30)) >= Decimal("0.01")
    assert parse_option("SPY   269920C00600000") is None
    assert market.option("NOSUCH261120C00600000") is None


def test_a_call_is_worth_more_than_a_further_one_and_put_call_parity_holds() -> None:
    market = Market(5)
    expiry = date(2027, 1, 15)
    prices = [
        market.price(option_symbol("SPY", expiry, call=True, strike=Decimal(k)), NOON)
        for k in (600, 650, 700)
    ]
    assert prices == sorted(prices, reverse=True)
    call = market.price(option_symbol("SPY", expiry, call=True, strike=Decimal(650)), NOON)
    put = market.price(option_symbol("SPY", expiry, call=False, strike=Decimal(650)), NOON)
    years = 56 / 365
    forward = float(market.price("SPY", NOON)) - 650 * (1 - 0.04 * years)
    assert float(call - put) == pytest.approx(forward, abs=0.3)


def test_daily_candles_are_adjusted_for_splits_and_hold_open_and_close() -> None:
    market = Market(5)
    listing = next(
        x
        for x in of_kind(Kind.EQUITY)
        if any(date(2022, 1, 1) < s.day < date(2026, 1, 1) for s in market.corporate.splits(x))
    )
    found = list(candles.daily(market, listing, date(2021, 6, 1), NOON))
    assert found[-1].day == date(2026, 11, 20)
    for one, two in itertools.pairwise(found):
        assert one.low <= min(one.open, one.close) <= max(one.open, one.close) <= one.high
        assert 0.75 < two.close / one.close < 1.33
    assert found[-1].close == market.price(listing.symbol, NOON)


def test_the_phase_of_a_moment_counts_whole_seconds_of_its_session() -> None:
    assert phase(datetime(2026, 11, 20, 14, 30, tzinfo=UTC)).part == 0
    assert phase(datetime(2026, 11, 20, 21, 0, tzinfo=UTC)).part == 1
    friday, sunday = phase(NOON + timedelta(hours=9)), phase(NOON + timedelta(days=2))
    assert friday == sunday
