"""Own orders meet the simulated market: every kind, every duration, every session."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.small_exchange import OPEN, SmallExchange

from brokerdesk.simulator.exchange.events import What
from brokerdesk.simulator.exchange.terms import Hours, Kind, Lasts, Leg, Link, Strategy, Terms
from brokerdesk.simulator.exchange.tickets import State, Ticket
from brokerdesk.simulator.market.options import option_symbol

CLOSE = datetime(2026, 11, 19, 21, 0, tzinfo=UTC)
EVENING = datetime(2026, 11, 19, 22, 0, tzinfo=UTC)
NEXT_OPEN = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
CENT = Decimal("0.01")


@pytest.fixture
def sim() -> SmallExchange:
    return SmallExchange()


def state(ticket: Ticket) -> State:
    """Where it stands now; read afresh each time."""
    return ticket.state


def whats(ticket: Ticket) -> list[str]:
    return [change.what for change in ticket.changes]


def test_a_market_order_pays_the_ask_and_books_it(sim: SmallExchange) -> None:
    order = sim.order(units="10")
    assert (state(order), order.filled) == (State.WORKING, Decimal(0))
    before = sim.cash
    sim.wait()
    assert state(order) is State.FILLED
    fill = order.fills[0]
    assert fill.at == OPEN + timedelta(seconds=0.4)
    last = sim.market.price("AAPL", fill.at)
    assert fill.price == last + max(CENT, (last * Decimal("0.0002")).quantize(CENT))
    assert sim.held() == 10
    assert sim.cash == before - 10 * fill.price
    event = sim.account.events(OPEN, sim.clock.at)[-1]
    assert (event.what, event.order, event.quantity) == (What.TRADE, order.number, Decimal(10))


def test_a_sale_gets_the_bid_less_the_fee(sim: SmallExchange) -> None:
    sim.order(units="10")
    sim.wait(2)
    before = sim.cash
    order = sim.order(units="10", buys=False)
    sim.wait()
    fill = order.fills[0]
    assert fill.price < sim.market.price("AAPL", fill.at)
    event = sim.account.events(OPEN, sim.clock.at)[-1]
    assert dict(event.fees)["SEC_FEE"] > 0
    assert sim.cash == before + 10 * fill.price - dict(event.fees)["SEC_FEE"]
    assert sim.held() == 0


def test_a_large_order_fills_over_several_seconds(sim: SmallExchange) -> None:
    sim.knobs.depth = "40"
    order = sim.order(units="100")
    sim.wait(0.5)
    assert order.filled == 40
    sim.wait(3)
    assert state(order) is State.FILLED
    assert [fill.quantity for fill in order.fills] == [40, 40, 20]
    assert sorted({fill.at for fill in order.fills}) == [fill.at for fill in order.fills]
    worth = sum((fill.quantity * fill.price for fill in order.fills), Decimal(0))
    assert order.average() == (worth / 100).quantize(Decimal("0.000001"))


def test_what_meets_in_one_second_shares_what_there_is_by_price_then_time(
    sim: SmallExchange,
) -> None:
    sim.knobs.depth = "10"
    level = sim.last() + 5
    low = sim.order(units="8", kind=Kind.LIMIT, limit=level)
    early = sim.order(units="8", kind=Kind.LIMIT, limit=level + 1)
    late = sim.order(units="8", kind=Kind.LIMIT, limit=level + 1)
    market = sim.order(units="4")
    sim.wait(0.5)
    assert [one.filled for one in (market, early, late, low)] == [4, 6, 0, 0]


def test_a_limit_waits_for_its_price_and_gets_it(sim: SmallExchange) -> None:
    lowest = min(sim.prices())
    limit = (lowest + CENT * 10).quantize(CENT)
    assert limit < sim.last() - CENT * 10, "the day has room below"
    order = sim.order(kind=Kind.LIMIT, limit=limit)
    sim.go_to(CLOSE)
    assert state(order) is State.FILLED
    assert order.fills[0].price == limit, "a resting order trades at its own price"
    assert sim.market.price("AAPL", order.fills[0].at) < limit


def test_a_limit_out_of_reach_expires_at_the_close(sim: SmallExchange) -> None:
    order = sim.order(kind=Kind.LIMIT, limit=Decimal("1.00"))
    sim.go_to(CLOSE - timedelta(seconds=1))
    assert state(order) is State.WORKING
    sim.go_to(CLOSE)
    assert (state(order), order.ended) == (State.EXPIRED, CLOSE)


def test_a_good_till_cancelled_one_goes_on(sim: SmallExchange) -> None:
    order = sim.order(kind=Kind.LIMIT, limit=Decimal("1.00"), lasts=Lasts.GTC)
    sim.go_to(NEXT_OPEN + timedelta(days=10))
    assert state(order) is State.WORKING
    assert whats(order) == ["entered"]
    sim.go_to(OPEN + timedelta(days=91))
    assert state(order) is State.EXPIRED


@pytest.mark.parametrize("buys", [True, False])
def test_a_stop_starts_when_it_is_touched(sim: SmallExchange, buys: bool) -> None:
    if not buys:
        sim.order(units="10")
        sim.wait(2)
    prices = sim.prices()
    stop = max(prices) - CENT * 5 if buys else min(prices) + CENT * 5
    order = sim.order(units="10", kind=Kind.STOP, stop=stop, buys=buys)
    sim.go_to(CLOSE)
    assert state(order) is State.FILLED
    at = order.fills[0].at
    last = sim.market.price("AAPL", at)
    assert last >= stop if buys else last <= stop
    earlier = sim.market.price("AAPL", at - timedelta(seconds=30))
    assert earlier < stop if buys else earlier > stop


def test_a_stop_limit_does_not_run_away(sim: SmallExchange) -> None:
    stop = max(sim.prices()) - CENT * 5
    order = sim.order(kind=Kind.STOP_LIMIT, stop=stop, limit=Decimal("1.00"))
    sim.go_to(CLOSE)
    assert state(order) is State.EXPIRED
    assert "triggered" in whats(order)
    assert order.filled == 0


@pytest.mark.parametrize(
    ("field", "distance"), [("trail", Decimal("1.00")), ("trail_percent", Decimal("0.4"))]
)
def test_a_trailing_stop_follows_the_best_price(
    sim: SmallExchange, field: str, distance: Decimal
) -> None:
    sim.order(units="10")
    sim.wait(2)
    given: dict[str, Any] = {field: distance}
    order = sim.order(units="10", kind=Kind.TRAILING_STOP, buys=False, **given)
    sim.go_to(CLOSE)
    assert state(order) is State.FILLED, "a day moves more than that"
    at = order.fills[0].at
    step = timedelta(seconds=1)
    seen = []
    moment = order.entered + step
    while moment <= at:
        seen.append(sim.market.price("AAPL", moment))
        moment += step
    assert order.peak is not None
    assert order.peak <= max(seen)
    room = distance if field == "trail" else order.peak * distance / 100
    assert sim.market.price("AAPL", at) <= order.peak - room + CENT


def test_an_auction_order_trades_there_or_not_at_all(sim: SmallExchange) -> None:
    close = sim.order(units="3", lasts=Lasts.CLOSE)
    high = sim.order(units="3", lasts=Lasts.CLOSE, kind=Kind.LIMIT, limit=Decimal("1.00"))
    sim.go_to(CLOSE - timedelta(seconds=1))
    assert close.filled == 0
    sim.go_to(CLOSE)
    assert (state(close), close.fills[0].at) == (State.FILLED, CLOSE)
    assert close.fills[0].price == sim.market.close("AAPL", CLOSE.date())
    assert state(high) is State.EXPIRED
    sim.go_to(EVENING + timedelta(hours=3))
    opening = sim.order(units="3", lasts=Lasts.OPEN)
    sim.go_to(NEXT_OPEN - timedelta(seconds=1))
    assert state(opening) is State.QUEUED
    sim.wait(2)
    assert (state(opening), opening.fills[0].at) == (State.FILLED, NEXT_OPEN)


def test_auctions_are_closed_to_late_comers(sim: SmallExchange) -> None:
    sim.go_to(CLOSE - timedelta(minutes=5))
    assert sim.refused(lasts=Lasts.CLOSE) == "window"
    assert sim.refused(lasts=Lasts.OPEN) == "window"


@pytest.mark.parametrize("lasts", [Lasts.IOC, Lasts.FOK])
def test_at_once_or_not(sim: SmallExchange, lasts: Lasts) -> None:
    sim.knobs.depth = "4"
    order = sim.order(units="10", lasts=lasts)
    sim.wait()
    assert state(order) is State.CANCELED
    assert order.filled == (4 if lasts is Lasts.IOC else 0)
    whole = sim.order(units="4", lasts=lasts)
    sim.wait()
    assert state(whole) is State.FILLED


def test_an_order_of_the_evening_waits_for_the_morning() -> None:
    sim = SmallExchange(at=EVENING)
    order = sim.order()
    assert state(order) is State.QUEUED
    sim.go_to(NEXT_OPEN - timedelta(seconds=1))
    assert order.filled == 0
    sim.wait(2)
    assert state(order) is State.FILLED
    assert order.fills[0].at == NEXT_OPEN


def test_extended_hours_trade_in_the_evening() -> None:
    sim = SmallExchange(at=EVENING)
    good = sim.last() + 1
    order = sim.order(kind=Kind.LIMIT, limit=good, hours=Hours.ALL)
    low = sim.order(kind=Kind.LIMIT, limit=Decimal("1.00"), hours=Hours.ALL)
    before = sim.order(kind=Kind.LIMIT, limit=good, hours=Hours.BEFORE)
    sim.wait(2)
    assert state(order) is State.FILLED
    sim.go_to(datetime(2026, 11, 20, 1, 0, tzinfo=UTC))
    assert state(low) is State.EXPIRED, "at eight in the evening"
    assert state(before) is State.QUEUED
    sim.go_to(datetime(2026, 11, 20, 9, 0, 1, tzinfo=UTC))
    assert state(before) is State.FILLED


def test_a_halt_stops_everything_until_it_ends(sim: SmallExchange) -> None:
    order = sim.order()
    sim.knobs.halted = ["AAPL"]
    assert sim.refused() == "halted"
    call = option_symbol("AAPL", date(2026, 12, 18), call=True, strike=Decimal(280))
    assert sim.refused(call, units="1") == "halted"
    sim.wait(600)
    assert order.filled == 0
    sim.knobs.halted = []
    sim.wait(10)
    assert state(order) is State.FILLED


def test_money_and_units_are_counted_with_open_orders(sim: SmallExchange) -> None:
    price = sim.last()
    assert sim.refused(units=str(int(200_000 / price) + 5)) == "power"
    sim.order(units=str(int(150_000 / price)), kind=Kind.LIMIT, limit=price - 20)
    assert sim.refused(units=str(int(100_000 / price))) == "power"
    assert sim.refused(units=str(int(40_000 / price))) == ""


def test_no_more_is_sold_than_is_held_and_not_tied_up() -> None:
    sim = SmallExchange(margin=False)
    assert sim.refused(units="1", buys=False) == "units"
    sim.order(units="10")
    sim.wait(2)
    sim.order(units="6", buys=False, kind=Kind.LIMIT, limit=sim.last() + 50)
    assert sim.refused(units="5", buys=False) == "units"
    assert sim.refused(units="4", buys=False) == ""
    assert sim.floor.free(sim.account, "AAPL") == 4


def test_shorts_need_margin_and_whole_shares() -> None:
    sim = SmallExchange()
    assert sim.refused(units="1.5", buys=False) == "fraction"
    order = sim.order(units="5", buys=False)
    sim.wait(2)
    assert sim.held() == -5
    assert order.as_order().instruction == "SELL_SHORT"
    assert sim.refused(units="6") == "units", "never through zero"
    sim.order(units="5")
    sim.wait(2)
    assert sim.held() == 0


@pytest.mark.parametrize(
    ("terms", "why"),
    [
        ({"symbol": "ZZZZ"}, "symbol"),
        ({"symbol": "VFIAX"}, "symbol"),
        ({"units": "0"}, "quantity"),
        ({"units": "-3"}, "quantity"),
        ({"units": "0.0000000001"}, "fraction"),
        ({"kind": Kind.LIMIT}, "price"),
        ({"kind": Kind.LIMIT, "limit": Decimal("10.005")}, "sub_penny"),
        ({"kind": Kind.LIMIT, "limit": Decimal("0.12345")}, "sub_penny"),
        ({"kind": Kind.LIMIT, "limit": Decimal("0.1234")}, ""),
        ({"kind": Kind.LIMIT, "limit": Decimal(0)}, "price"),
        ({"kind": Kind.STOP}, "price"),
        ({"kind": Kind.STOP, "stop": Decimal("1.00")}, "stop_side"),
        ({"kind": Kind.TRAILING_STOP}, "price"),
        ({"kind": Kind.TRAILING_STOP, "trail": Decimal(0)}, "price"),
    ],
)
def test_what_makes_no_sense_is_refused(
    sim: SmallExchange, terms: dict[str, Any], why: str
) -> None:
    assert sim.refused(**terms) == why


def test_a_money_amount_buys_parts_of_shares(sim: SmallExchange) -> None:
    before = sim.cash
    order = sim.order(units=None, notional=Decimal("100.00"))
    sim.wait()
    assert state(order) is State.FILLED
    assert order.filled % 1
    assert abs(before - sim.cash - 100) <= CENT
    assert sim.held() == order.filled


def test_a_cancel_may_come_too_late(sim: SmallExchange) -> None:
    order = sim.order()
    sim.knobs.cancel_after = 0.5
    sim.floor.cancel(order)
    sim.wait()
    assert state(order) is State.FILLED
    assert whats(order) == ["entered", "cancel", "fill", "cancel refused"]


def test_a_cancel_in_time_keeps_what_was_filled(sim: SmallExchange) -> None:
    sim.knobs.depth = "4"
    order = sim.order(units="10")
    sim.wait(0.5)
    sim.floor.cancel(order)
    sim.wait()
    assert state(order) is State.CANCELED
    assert order.filled == sim.held() == 4


def test_a_replacement_takes_over_what_is_left(sim: SmallExchange) -> None:
    sim.knobs.depth = "4"
    old = sim.order(units="10", kind=Kind.LIMIT, limit=sim.last() + 5)
    sim.wait(0.5)
    new = sim.floor.replace(old, sim.strategy(units="6", kind=Kind.LIMIT, limit=Decimal("1.00")))
    assert (state(new), new.replaces, old.replaced_by) == (State.HELD, old.number, new.number)
    sim.wait(0.4)
    assert (state(old), state(new)) == (State.REPLACED, State.WORKING)
    assert (old.filled, new.quantity) == (Decimal(4), Decimal(2))


def test_a_replacement_may_come_too_late(sim: SmallExchange) -> None:
    old = sim.order()
    sim.knobs.replace_after = 0.5
    new = sim.floor.replace(old, sim.strategy(units="20"))
    sim.wait()
    assert (state(old), state(new)) == (State.FILLED, State.REJECTED)
    assert old.replaced_by == 0
    assert whats(old) == ["entered", "replace", "fill", "replace refused"]
    assert sim.held() == 10


def bracket(sim: SmallExchange, take: Decimal, stop: Decimal, units: str = "10") -> Ticket:
    leg = Leg(symbol="AAPL", buys=False, opening=False)
    quantity = Decimal(units)
    exits = (
        Strategy(terms=Terms(legs=(leg,), kind=Kind.LIMIT, quantity=quantity, limit=take)),
        Strategy(terms=Terms(legs=(leg,), kind=Kind.STOP, quantity=quantity, stop=stop)),
    )
    entry = sim.strategy(units=units)
    tie = Strategy(terms=None, link=Link.OCO, children=exits)
    whole = Strategy(terms=entry.terms, link=Link.TRIGGER, children=(tie,))
    assert sim.floor.check(sim.account, whole) is None
    return sim.floor.place(sim.account, whole)


def family(sim: SmallExchange, parent: Ticket) -> list[Ticket]:
    tie = sim.floor.by_number[parent.children[0]]
    return [tie, *(sim.floor.by_number[number] for number in tie.children)]


def test_a_bracket_starts_with_the_fill_and_one_exit_ends_the_other(sim: SmallExchange) -> None:
    take = max(sim.prices()) - CENT * 10
    parent = bracket(sim, take, Decimal("1.00"))
    tie, profit, loss = family(sim, parent)
    assert {state(one) for one in (tie, profit, loss)} == {State.HELD}
    sim.wait()
    assert (state(parent), state(profit), state(loss)) == (
        State.FILLED,
        State.WORKING,
        State.WORKING,
    )
    sim.go_to(CLOSE)
    assert (state(profit), state(loss), state(tie)) == (State.FILLED, State.CANCELED, State.FILLED)
    assert sim.held() == 0


def test_a_bracket_cancelled_before_its_entry_is_gone(sim: SmallExchange) -> None:
    sim.knobs.cancel_after = 0.1
    parent = bracket(sim, sim.last() + 100, Decimal("1.00"))
    sim.floor.cancel(parent)
    sim.wait()
    assert {state(one) for one in (parent, *family(sim, parent))} == {State.CANCELED}


def test_exits_never_sell_more_than_the_entry_bought(sim: SmallExchange) -> None:
    sim.knobs.depth = "4"
    parent = bracket(sim, sim.last() - 5, Decimal("1.00"))
    sim.go_to(CLOSE)
    _, profit, loss = family(sim, parent)
    assert profit.filled + loss.filled <= 10
    assert sim.held() >= 0


CALLS = [
    option_symbol("AAPL", date(2026, 12, 18), call=True, strike=Decimal(strike))
    for strike in (270, 280)
]


def test_several_legs_trade_together_at_a_net_price(sim: SmallExchange) -> None:
    legs = (Leg(symbol=CALLS[0], buys=True, opening=True),
            Leg(symbol=CALLS[1], buys=False, opening=True))  # fmt: skip
    limit = Decimal("9.00")
    terms = Terms(legs=legs, kind=Kind.LIMIT, quantity=Decimal(2), limit=limit)
    before = sim.cash
    assert sim.floor.check(sim.account, Strategy(terms=terms)) is None
    order = sim.floor.place(sim.account, Strategy(terms=terms))
    sim.wait(5)
    assert state(order) is State.FILLED
    assert [sim.held(one) for one in CALLS] == [2, -2]
    fill = order.fills[0]
    assert fill.price == fill.legs[0].price - fill.legs[1].price <= limit
    spent = sum(one.quantity * one.price * 100 for fill in order.fills for one in fill.legs)
    fees = sum(f for e in sim.account.events(OPEN, sim.clock.at) for _, f in e.fees)
    assert before - sim.cash == spent + fees


def test_an_option_that_expires_is_settled_in_cash(sim: SmallExchange) -> None:
    today = option_symbol("AAPL", OPEN.date(), call=True, strike=Decimal(250))
    order = sim.order(today, units="2")
    sim.wait(5)
    assert state(order) is State.FILLED
    before = sim.cash
    sim.go_to(EVENING + timedelta(hours=1))
    spot = sim.market.close("AAPL", OPEN.date())
    assert sim.held(today) == 0
    assert sim.cash - before == max(Decimal(0), spot - 250) * 200


def test_positions_get_their_dividends_after_the_story_has_ended(sim: SmallExchange) -> None:
    day, dividend = next(
        (day, one)
        for day, found in sorted(sim.account.days.ex.items())
        for one in found
        if day > OPEN.date() + timedelta(days=5) and one.symbol != "AAPL"
    )
    sim.order(dividend.symbol, units="10")
    sim.wait(5)
    held = sim.held(dividend.symbol)
    assert held == 10
    sim.go_to(datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=30))
    paid = [e for e in sim.account.events(OPEN, sim.clock.at) if e.what is What.DIVIDEND]
    assert [(e.symbol, e.amount) for e in paid if e.symbol == dividend.symbol][:1] == [
        (dividend.symbol, (10 * dividend.amount).quantize(CENT))
    ]


STEPS = st.lists(st.sampled_from([0.3, 1.0, 7.0, 61.0, 600.0, 7200.0]), min_size=1, max_size=12)


def play(sim: SmallExchange, *, often: list[float] | None) -> list[object]:
    """A fixed afternoon; looked at in the end only, or in between."""
    price = sim.last()
    sim.order(units="30")
    sim.wait(10, looking=False)
    exits: dict[str, Any] = {"buys": False, "units": "10"}
    tickets = [
        sim.order(kind=Kind.LIMIT, limit=price - 1, units="7"),
        sim.order("MSFT", kind=Kind.TRAILING_STOP, trail=Decimal("0.50")),
        sim.order(kind=Kind.LIMIT, limit=price + Decimal("1.50"), **exits),
        sim.order(kind=Kind.STOP, stop=price - 2, **exits),
    ]
    for step in often or []:
        if sim.clock.at + timedelta(seconds=step) < CLOSE:
            sim.wait(step)
    sim.go_to(CLOSE)
    seen = [(state(one), one.fills, [(c.at, c.what) for c in one.changes]) for one in tickets]
    return [*seen, sim.cash, sim.account.book_at(CLOSE).holdings]


@given(often=STEPS)
@settings(max_examples=15, deadline=None)
def test_what_happens_does_not_depend_on_who_looks_when(often: list[float]) -> None:
    once = play(SmallExchange(depth="5"), often=None)
    assert play(SmallExchange(depth="5"), often=often) == once


ORDERS = st.lists(
    st.tuples(
        st.sampled_from(["AAPL", "MSFT"]),
        st.booleans(),
        st.integers(1, 60),
        st.sampled_from([None, Decimal("-1.00"), Decimal("0.05"), Decimal("1.00")]),
        st.sampled_from(list(Lasts)),
        st.sampled_from([0.2, 0.5, 2.0, 90.0, 3000.0]),
        st.sampled_from(["", "cancel", "replace"]),
    ),
    min_size=1,
    max_size=12,
)


@given(orders=ORDERS, depth=st.sampled_from(["", "3", "25"]))
@settings(max_examples=25, deadline=None)
def test_whatever_is_ordered_the_books_balance(
    orders: list[tuple[str, bool, int, Decimal | None, Lasts, float, str]], depth: str
) -> None:
    sim = SmallExchange(depth=depth)
    start = sim.cash
    for symbol, buys, units, off, lasts, wait, then in orders:
        kind = Kind.MARKET if off is None else Kind.LIMIT
        limit = None if off is None else sim.last(symbol) + off
        strategy = sim.strategy(symbol, str(units), buys=buys, kind=kind, limit=limit, lasts=lasts)
        if sim.floor.check(sim.account, strategy) is not None:
            continue
        ticket = sim.floor.place(sim.account, strategy)
        if then == "cancel":
            sim.floor.cancel(ticket)
        elif then == "replace":
            sim.floor.replace(ticket, sim.strategy(symbol, str(units + 1), buys=buys))
        sim.wait(wait)
    sim.go_to(max(sim.clock.at, CLOSE) + timedelta(hours=1))
    units_by = dict.fromkeys(("AAPL", "MSFT"), Decimal(0))
    cash = start
    for ticket in sim.floor.by_number.values():
        assert ticket.filled <= ticket.quantity
        assert (state(ticket) is State.FILLED) == (ticket.filled == ticket.quantity)
        assert [c.place for c in ticket.changes] == sorted(c.place for c in ticket.changes)
        assert ticket.over or (ticket.terms and ticket.terms.lasts is Lasts.GTC)
        assert ticket.terms is not None
        for fill in ticket.fills:
            if ticket.terms.limit is not None:
                good = fill.price <= ticket.terms.limit
                assert good if ticket.terms.buys else fill.price >= ticket.terms.limit
            for leg in fill.legs:
                units_by[leg.symbol] += leg.quantity
                cash -= (leg.quantity * leg.price).quantize(CENT)
    fees = sum(f for e in sim.account.events(OPEN, sim.clock.at) for _, f in e.fees)
    assert sim.cash == cash - fees
    for symbol, units_held in units_by.items():
        assert sim.held(symbol) == units_held
