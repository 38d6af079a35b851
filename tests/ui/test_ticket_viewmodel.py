"""The ticket's view-model: nothing typed is lost, drafts are what was said, off has a reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from support.desk import FakeDesk
from support.tickets import (
    AAPL,
    BTC,
    IBKR,
    NVDA,
    READS,
    SCHWAB,
    FakeTicketPort,
    account,
    offers,
    old,
    option,
    quote_of,
    rest,
    ticket,
)
from support.ui import NOW

from brokerdesk.domain.draft import Draft, DraftLeg, Link
from brokerdesk.domain.events import TradingChanged
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.intent import Intent, IntentKind, IntentState
from brokerdesk.domain.kinds import (
    AssetType,
    Environment,
    OrderSide,
    OrderStatus,
    OrderType,
    PriceFeed,
    TimeInForce,
    TradingSession,
)
from brokerdesk.domain.market_hours import end_of_day
from brokerdesk.domain.order import Order, OrderLeg
from brokerdesk.domain.quote import QuoteKey
from brokerdesk.errors import BrokerUnavailableError, InputError
from brokerdesk.services.quoting_book import LivePrice, PricesMoved, PriceState
from brokerdesk.services.quoting_rules import Priced
from brokerdesk.services.routing import Obstacle
from brokerdesk.services.trading_facts import LedgerRow, TicketQuote, TradingState
from brokerdesk.ui.gateways.ticket import TicketGateway
from brokerdesk.ui.viewmodels.order_sentence import plain
from brokerdesk.ui.viewmodels.ticket_draft import HOW_LONG
from brokerdesk.ui.viewmodels.ticket_fields import Kind, Lasts, TicketFields

D = Decimal


def handed(model: Any) -> list[tuple[tuple[Draft, ...], str]]:
    """What was handed to the review."""
    found: list[tuple[tuple[Draft, ...], str]] = []
    model.review_wanted.connect(lambda drafts, replaces: found.append((drafts, replaces)))
    return found


def written(**more: Any) -> dict[str, Any]:
    """An order that is whole."""
    return {"instrument": AAPL, "search": "AAPL", "quantity": "240", "limit": "268.50", **more}


# -- what is handed to the review


def test_a_limit_order_is_handed_over_as_it_was_written() -> None:
    model = ticket(**written())
    found = handed(model)
    model.review()
    ((drafts, replaces),) = found
    assert replaces == ""
    assert drafts == (
        Draft(
            account=SCHWAB.account,
            environment=Environment.LIVE,
            legs=(DraftLeg(instrument=AAPL, side=OrderSide.BUY),),
            type=OrderType.LIMIT,
            quantity=D(240),
            limit_price=D("268.50"),
        ),
    )
    assert plain(model.state.sentence) == (
        "Buy 240 shares of AAPL at $268.50 or less, today until 16:00 ET, "
        "in Schwab …4821 Individual."
    )


@pytest.mark.parametrize(
    ("fields", "kind", "prices"),
    [
        ({"kind": Kind.MARKET}, OrderType.MARKET, {}),
        ({"kind": Kind.STOP, "stop": "280"}, OrderType.STOP, {"stop_price": D(280)}),
        (
            {"kind": Kind.STOP_LIMIT, "stop": "280"},
            OrderType.STOP_LIMIT,
            {"stop_price": D(280), "limit_price": D("268.50")},
        ),
        (
            {"kind": Kind.TRAILING, "trail": "5"},
            OrderType.TRAILING_STOP,
            {"trail_percent": D(5)},
        ),
        (
            {"kind": Kind.TRAILING, "trail": "1.25", "trail_percent": False},
            OrderType.TRAILING_STOP,
            {"trail_amount": D("1.25")},
        ),
        ({"kind": Kind.MARKET, "lasts": Lasts.OPEN}, OrderType.MARKET_ON_OPEN, {}),
        (
            {"kind": Kind.LIMIT, "lasts": Lasts.CLOSE},
            OrderType.LIMIT_ON_CLOSE,
            {"limit_price": D("268.50")},
        ),
    ],
)
def test_each_kind_has_its_prices_and_no_others(
    fields: dict[str, Any], kind: OrderType, prices: dict[str, Decimal]
) -> None:
    model = ticket(**written(**fields))
    (draft,) = model.drafts()
    assert draft.type is kind
    names = ("limit_price", "stop_price", "trail_amount", "trail_percent")
    assert {name: getattr(draft, name) for name in names} == dict.fromkeys(names) | prices


def test_money_in_place_of_units() -> None:
    model = ticket(**written(quantity="1,000", dollars=True, kind=Kind.MARKET))
    (draft,) = model.drafts()
    assert (draft.quantity, draft.notional) == (None, D(1000))
    assert model.state.worth == "≈ 3.7252 at the ask"
    assert plain(model.state.sentence).startswith("Buy $1,000.00 of AAPL at market")


def test_a_bracket_and_what_hangs_on_it() -> None:
    model = ticket(**written(link=Link.BRACKET, profit="300", loss="250", loss_limit="249"))
    (draft,) = model.drafts()
    profit, stop = draft.children
    assert draft.link is Link.BRACKET
    assert (profit.type, profit.limit_price, profit.legs[0].side) == (
        OrderType.LIMIT, D(300), OrderSide.SELL,
    )  # fmt: skip
    assert (stop.type, stop.stop_price, stop.limit_price) == (
        OrderType.STOP_LIMIT, D(250), D(249),
    )  # fmt: skip
    assert {child.quantity for child in draft.children} == {D(240)}


def test_one_cancels_the_other() -> None:
    model = ticket(**written(side=OrderSide.SELL, quantity="100", link=Link.EITHER, loss="250"))
    (draft,) = model.drafts()
    assert (draft.legs, draft.quantity, draft.link) == ((), None, Link.EITHER)
    limit, stop = draft.children
    assert (limit.type, limit.limit_price) == (OrderType.LIMIT, D("268.50"))
    assert (stop.type, stop.stop_price, stop.legs[0].side) == (
        OrderType.STOP, D(250), OrderSide.SELL,
    )  # fmt: skip


def test_one_triggers_the_other() -> None:
    model = ticket(**written(link=Link.TRIGGERS, then_price="300"))
    (draft,) = model.drafts()
    (child,) = draft.children
    assert (child.type, child.limit_price, child.legs[0].side) == (
        OrderType.LIMIT, D(300), OrderSide.SELL,
    )  # fmt: skip


def test_several_legs_are_one_order_at_a_net_price() -> None:
    model = ticket(instrument=AAPL, search="AAPL", options=True, quantity="2", limit="1.25")
    model.add_leg(option(260), OrderSide.BUY_TO_OPEN)
    model.add_leg(option(270), OrderSide.SELL_TO_OPEN)
    rest(model)
    (debit,) = model.drafts()
    assert (debit.type, debit.limit_price, len(debit.legs)) == (OrderType.NET_DEBIT, D("1.25"), 2)
    model.edit(credit=True)
    rest(model)
    (credit,) = model.drafts()
    assert (credit.type, credit.limit_price) == (OrderType.NET_CREDIT, D("-1.25"))


def test_an_order_has_four_legs_at_most_and_a_contract_once() -> None:
    model = ticket(instrument=AAPL, search="AAPL")
    said: list[str] = []
    model.said.connect(said.append)
    for strike in (250, 255, 260, 265, 270):
        model.add_leg(option(strike), OrderSide.BUY_TO_OPEN)
    assert [leg.instrument.strike for leg in model.fields.legs] == [250, 255, 260, 265]
    assert said == ["An order has at most 4 legs."]
    model.add_leg(option(250), OrderSide.SELL_TO_OPEN)
    assert len(model.fields.legs) == 4
    assert model.fields.legs[0].side is OrderSide.SELL_TO_OPEN


def test_a_sale_that_no_account_holds_alone_becomes_a_basket() -> None:
    model = ticket(**written(side=OrderSide.SELL, quantity="150"))
    drafts = model.drafts()
    assert [(one.account, one.quantity) for one in drafts] == [
        (SCHWAB.account, D(120)), (IBKR.account, D(30)),
    ]  # fmt: skip
    assert plain(model.state.sentence).endswith("in Schwab …4821 (120) and IBKR …5508 (30).")
    assert model.state.routing == "No account holds enough: 2 accounts together do."


def test_whom_the_user_chooses_takes_it() -> None:
    model = ticket(**written())
    model.choose_account("i1")
    rest(model)
    (draft,) = model.drafts()
    assert draft.account == IBKR.account
    assert model.state.routing == "You chose this account."
    assert model.state.can_default
    model.choose_account("")
    rest(model)
    assert model.drafts()[0].account == SCHWAB.account


# -- off, with the reason


def test_what_is_missing_is_said_and_leads_to_its_field() -> None:
    model = ticket()
    wanted: list[str] = []
    model.focus_wanted.connect(wanted.append)
    found = handed(model)
    steps: list[tuple[dict[str, Any], str, str]] = [
        ({}, "Choose a symbol.", "symbol"),
        ({"instrument": AAPL, "search": "AAPL"}, "Enter a quantity.", "quantity"),
        ({"quantity": "5"}, "Enter a limit price.", "limit"),
    ]
    for change, why, field in steps:
        model.edit(**change)
        rest(model)
        model.review()
        assert (model.state.why_not, wanted[-1]) == (why, field)
    assert found == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1,5", "“1,5” cannot be read for certain. Decimals have a point here."),
        ("-5", "Enter an amount above zero."),
        ("0", "Enter an amount above zero."),
        ("0.00", "Enter an amount above zero."),
        ("1e5", "“1e5” is not a number."),
        ("５", "“５” is not a number."),
        ("NaN", "“NaN” is not a number."),
        ("1.000.000", "“1.000.000” is not a number."),
        ("1,00", "“1,00” cannot be read for certain. Decimals have a point here."),
        ("9" * 30, "This has more digits than any real amount."),
        ("<b>1</b>", "“<b>1</b>” is not a number."),
    ],
)
def test_what_cannot_be_read_is_never_guessed_at_and_stays(text: str, words: str) -> None:
    model = ticket(**written(quantity=text))
    assert model.state.problems["quantity"] == words
    assert model.fields.quantity == text
    assert model.drafts() == ()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,000", 1000), (" 5 ", 5), ("$12.50", "12.50"), (".5", "0.5"), ("5.", 5),
        ("1,234,567", 1234567),
    ],
)  # fmt: skip
def test_what_can_be_read(text: str, value: object) -> None:
    model = ticket(FakeTicketPort(replace(SCHWAB, power=D(10**12))), **written(limit=text))
    assert model.drafts()[0].limit_price == D(str(value))


def test_letters_that_are_not_the_chosen_symbol_are_not_traded() -> None:
    model = ticket(**written(search="AAP"))
    assert model.state.problems["symbol"] == "Still AAPL: choose in the list."
    assert model.drafts() == ()
    model.edit(search="aapl")
    assert "symbol" not in model.state.problems


def test_a_past_day_turns_orders_off_and_keeps_the_ticket() -> None:
    desk = FakeDesk()
    model = ticket(desk=desk, **written())
    desk.travel(NOW - timedelta(days=30))
    assert model.state.note.kind == "past"
    assert model.state.why_not.endswith("Orders are off.")
    found = handed(model)
    model.review()
    assert found == []
    assert model.fields.limit == "268.50"


def test_a_day_without_a_snapshot_is_not_called_one() -> None:
    desk = FakeDesk()
    model = ticket(desk=desk, **written())
    desk.travel(end_of_day(date(2026, 8, 11)))
    assert model.state.note.title == "Viewing the end of 11 Aug 2026."


def test_offline_turns_orders_off() -> None:
    model = ticket(desk=FakeDesk(offline=True), **written())
    assert model.state.note.title == "You are offline."
    assert model.state.why_not.startswith("You are offline. Orders are off")


@pytest.mark.parametrize(
    ("trading", "title"),
    [
        (TradingState(ready=True, halted=True), "New orders are halted."),
        (TradingState(ready=False), "Checking open orders first."),
        (TradingState(failure="The disk is full."), "The order journal cannot be used."),
    ],
)
def test_the_switches_turn_orders_off(trading: TradingState, title: str) -> None:
    port = FakeTicketPort()
    port.trading = trading
    model = ticket(port, **written())
    assert model.state.note.title == title
    assert model.drafts()  # it is whole, and yet
    found = handed(model)
    model.review()
    assert found == []


def test_a_journal_that_was_not_heard_of_allows_nothing() -> None:
    port = FakeTicketPort()
    port.held = []
    model = ticket(port, **written())
    assert model.state.why_not == "The order journal is not open yet."
    port.failing["world"] = BrokerUnavailableError("Nothing answers.")
    port.settle()
    assert model.state.note.title == "The order journal cannot be used."


def test_a_switch_that_is_off_says_so_and_leads_to_it() -> None:
    why = "Trading is off for this connection. Turn it on in Connections."
    off = replace(SCHWAB, obstacle=Obstacle.SWITCHED_OFF, why=why)
    port = FakeTicketPort(off)
    desk = FakeDesk()
    model = ticket(port, desk, **written())
    assert model.state.note.title == "Trading is off for Schwab."
    assert model.state.note.action.id == "trading:c-s1"
    assert model.drafts() == ()
    port.accounts = (SCHWAB,)
    desk.on_event(TradingChanged())
    rest(model)
    assert model.state.note is None
    assert model.state.why_not == ""


def test_no_account_says_why_and_what_would_help() -> None:
    port = FakeTicketPort(replace(SCHWAB, obstacle=Obstacle.READ_ONLY, why="It can only read."))
    model = ticket(port, **written())
    assert model.state.note.title == "No account for this order."
    assert model.state.note.text == "Your connections can only read."
    assert model.state.note.action.id == "go:connections"
    assert model.drafts() == ()


def test_an_account_that_was_chosen_and_cannot_is_never_used() -> None:
    stale = replace(IBKR, obstacle=Obstacle.STALE, why="Its figures are too old. Refresh first.")
    model = ticket(FakeTicketPort(SCHWAB, stale), **written())
    model.choose_account("i1")
    rest(model)
    assert model.state.account_why == "Its figures are too old. Refresh first."
    assert model.state.why_not == "Its figures are too old. Refresh first."
    found = handed(model)
    model.review()
    assert found == []


def test_an_order_at_market_waits_for_a_price_and_a_limit_does_not() -> None:
    port = FakeTicketPort()
    port.quotes["AAPL"] = TicketQuote(quote=old(quote_of(AAPL), 4), source="Schwab")
    model = ticket(port, **written(kind=Kind.MARKET))
    assert model.state.note.title == "This price is 4 min old."
    assert model.state.note.text == "Review is off until a newer one arrives or you type a limit."
    assert model.state.why_not
    model.choose_kind(Kind.LIMIT)
    rest(model)
    assert (model.state.note, model.state.why_not) == (None, "")
    port.quotes["AAPL"] = TicketQuote(quote=quote_of(AAPL), source="Schwab")
    model.choose_kind(Kind.MARKET)
    model.refresh_quote()
    rest(model)
    assert model.state.why_not == ""


def test_how_old_a_price_may_be_is_the_users_own_limit() -> None:
    port, desk = FakeTicketPort(), FakeDesk()
    at = NOW - timedelta(seconds=40)
    told = replace(quote_of(AAPL), as_of=at, fetched_at=at)
    port.quotes["AAPL"] = TicketQuote(quote=told, source="Schwab")
    model = ticket(port, desk, **written(kind=Kind.MARKET))
    assert (model.state.note, model.state.quote.tone) == (None, "text3")
    desk.change_settings({"order_quote_seconds": 30})
    model._update()
    assert model.state.note.title == "This price is 40 s old."
    assert model.state.quote.tone == "warn"


def test_no_price_at_all_is_no_zero() -> None:
    port = FakeTicketPort()
    port.quotes["AAPL"] = TicketQuote(failure="Schwab knows no price of this.")
    model = ticket(port, **written(kind=Kind.MARKET, limit=""))
    assert (model.state.quote.bid, model.state.quote.line) == ("", "Schwab knows no price of this.")
    assert model.state.note.title == "There is no price."
    assert model.state.costs == ()
    assert model.state.worth == ""


def test_what_the_account_cannot_do_stays_dimmed_with_the_reason() -> None:
    port = FakeTicketPort()
    port.offered = lambda draft: offers(
        draft.account,
        types=dict.fromkeys(OrderType, "") | {OrderType.TRAILING_STOP: "Schwab has none."},
        times=dict.fromkeys(TimeInForce, "") | {TimeInForce.FOK: "Not at Schwab."},
        sessions=dict.fromkeys(TradingSession, "") | {TradingSession.EXTENDED: "Limit only."},
        links=dict.fromkeys(Link, "") | {Link.BRACKET: "Schwab has no brackets."},
        dollars="Whole shares only.",
        fractions="Whole shares only.",
    )
    model = ticket(port, **written())
    state = model.state
    reasons = {
        one.key: one.why
        for group in (state.kinds, state.lasts, state.sessions, state.links)
        for one in group
        if one.why
    }
    assert reasons == {
        "trailing_stop": "Schwab has none.", "fok": "Not at Schwab.", "extended": "Limit only.",
        "bracket": "Schwab has no brackets.",
    }  # fmt: skip
    assert state.dollars_why == "Whole shares only."
    assert state.why_not == ""
    for change, field in (
        ({"kind": Kind.TRAILING, "trail": "5"}, "type"),
        ({"lasts": Lasts.FOK}, "time"),
        ({"session": TradingSession.EXTENDED}, "session"),
        ({"quantity": "1.5"}, "quantity"),
    ):
        other = ticket(port, **written(**change))
        assert other.state.problems[field], change
        assert other.state.why_not, change


def test_the_note_above_the_kinds_is_the_designs() -> None:
    port = FakeTicketPort()
    limit_only = {kind: "" if kind is OrderType.LIMIT else "After hours." for kind in OrderType}
    port.offered = lambda draft: offers(draft.account, types=limit_only)
    model = ticket(port, **written(session=TradingSession.POST_MARKET))
    assert model.state.kind_note == "after hours: limit only"


def test_another_accounts_rules_never_stand_for_this_one() -> None:
    port = FakeTicketPort()
    port.offered = lambda draft: offers(
        draft.account, dollars="Whole shares only." if draft.account == "s1" else ""
    )
    model = ticket(port, **written())
    assert model.state.dollars_why == "Whole shares only."
    port.failing["offers"] = BrokerUnavailableError("No answer.")
    model.choose_account("i1")
    rest(model)
    assert model.state.dollars_why == ""


# -- nothing is lost


def test_clear_can_be_undone_until_something_is_written() -> None:
    model = ticket(**written())
    before = model.fields
    model.clear()
    assert model.fields == TicketFields()
    assert model.state.undo
    model.undo()
    assert model.fields == before
    assert not model.state.undo
    model.clear()
    model.edit(quantity="1")
    assert not model.state.undo


def test_a_ticket_for_something_else_can_be_undone() -> None:
    model = ticket(**written())
    before = model.fields
    model.write(TicketFields(instrument=NVDA, search="NVDA"))
    assert model.state.undo
    model.undo()
    assert model.fields == before


def test_in_review_nothing_can_be_changed() -> None:
    model = ticket(**written())
    model.lock(True)
    before = model.fields
    model.edit(quantity="1")
    model.choose_side("sell")
    model.step("limit", 5)
    model.clear()
    model.write(TicketFields(instrument=NVDA))
    model.press_side(False)
    assert model.fields == before
    assert (model.state.review, model.state.locked) == ("In review", True)
    found = handed(model)
    model.review()
    assert found == []
    model.lock(False)
    model.review()
    assert len(found) == 1


def test_what_a_review_refuses_stands_at_the_field_until_it_is_changed() -> None:
    model = ticket(**written())
    wanted: list[str] = []
    model.focus_wanted.connect(wanted.append)
    model.refused("limit_price", "This price has too many decimals.")
    assert model.state.problems == {"limit": "This price has too many decimals."}
    assert wanted == ["limit"]
    model.edit(limit="268.51")
    assert model.state.problems == {}


def test_after_sending_the_ticket_is_empty() -> None:
    model = ticket(**written())
    model.sent()
    assert model.fields.empty
    assert not model.state.undo  # what was sent is not brought back to be sent again


def test_review_waits_for_what_was_typed_last_to_be_routed() -> None:
    port = FakeTicketPort()
    model = ticket(port, **written(side=OrderSide.SELL, quantity="100"))
    found = handed(model)
    port.held = []
    model.edit(quantity="150")
    model.review()
    assert found == []
    port.settle()
    ((drafts, _),) = found
    assert [one.quantity for one in drafts] == [D(120), D(30)]


def test_an_answer_that_comes_too_late_is_dropped() -> None:
    port = FakeTicketPort()
    model = ticket(port, **written(side=OrderSide.SELL, quantity="100"))
    port.held = []
    model.edit(quantity="150")
    rest(model)
    late, port.held = port.held, None
    model.edit(quantity="10")
    rest(model)
    for tell in late:
        tell()
    assert [(one.account, one.quantity) for one in model.drafts()] == [(SCHWAB.account, D(10))]


# -- prices


def test_price_line_has_time_age_source_and_feed() -> None:
    model = ticket(**written())
    assert model.state.quote.line == "11:42:17 ET · 3 s ago · Schwab, real-time"
    assert (model.state.quote.bid, model.state.quote.ask) == ("268.40", "268.44")


def test_a_streamed_price_takes_the_place_of_an_older_one() -> None:
    desk = FakeDesk()
    model = ticket(desk=desk, **written())
    of = Priced(Environment.LIVE, QuoteKey("AAPL", AssetType.EQUITY, "USD"))
    newer = quote_of(AAPL, bid=D("269.00"), ask=D("269.10"), as_of=NOW - timedelta(seconds=1))
    price = LivePrice(
        of=of, quote=newer, state=PriceState.LIVE, connection=ConnectionId("c1"), at=NOW
    )
    desk.on_event(PricesMoved(prices=(price,)))
    assert (model.state.quote.bid, model.state.quote.ask) == ("269.00", "269.10")
    last_only = quote_of(AAPL, bid=None, ask=None, last=D(270), as_of=NOW)
    desk.on_event(PricesMoved(prices=(replace(price, quote=last_only),)))
    assert model.state.quote.bid != ""  # three prices of one moment, not of two


def test_another_worlds_price_is_none() -> None:
    port = FakeTicketPort(SCHWAB, account("x1", "Alpaca …P7QX", environment=Environment.PAPER))
    port.environments = (Environment.LIVE, Environment.PAPER)
    model = ticket(port, **written())
    port.held = []
    model.choose_environment("paper")
    assert model.state.quote.bid == ""
    assert model.fields.quantity == "240"
    port.settle()
    rest(model)
    assert port.asked[-1][1] is Environment.PAPER
    assert model.drafts()[0].environment is Environment.PAPER
    assert model.drafts()[0].account == AccountId("x1")


@pytest.mark.parametrize(
    ("side", "key", "price"),
    [
        (OrderSide.BUY, "bid", "268.40"),
        (OrderSide.BUY, "ask", "268.44"),
        (OrderSide.BUY, "mid", "268.42"),
        (OrderSide.SELL, "mid", "268.42"),
    ],
)
def test_helpers_put_in_the_price_that_they_say(side: OrderSide, key: str, price: str) -> None:
    model = ticket(**written(side=side, limit=""))
    model.help_price("limit", key)
    assert model.fields.limit == price


def test_a_mid_between_ticks_is_rounded_in_favour_of_the_user() -> None:
    port = FakeTicketPort()
    port.quotes["AAPL"] = TicketQuote(quote=quote_of(AAPL, bid=D("1.00"), ask=D("1.01")))
    model = ticket(port, **written(limit=""))
    model.help_price("limit", "mid")
    assert model.fields.limit == "1.00"
    model.choose_side("sell")
    rest(model)
    model.help_price("limit", "mid")
    assert model.fields.limit == "1.01"


def test_the_nearest_helper_says_how_far_off_the_price_is() -> None:
    model = ticket(**written(limit="268.50"))
    labels = {one.key: (one.label, one.on) for one in model.state.helpers}
    assert labels == {"bid": ("Bid", False), "mid": ("Mid", False), "ask": ("Ask +6¢", True)}
    model.edit(limit="260")
    assert next(one.label for one in model.state.helpers) == "Bid −8.40"


@pytest.mark.parametrize(
    ("start", "steps", "end"),
    [
        ("268.50", 1, "268.51"),
        ("268.50", -10, "268.40"),
        ("268.505", 1, "268.51"),
        ("268.505", -1, "268.50"),
        ("0.01", -1, "0.01"),
        ("", 1, "268.44"),
        ("abc", 1, "abc"),
    ],
)
def test_steps_are_ticks(start: str, steps: int, end: str) -> None:
    model = ticket(**written(limit=start))
    model.step("limit", steps)
    assert model.fields.limit == end


def test_costs_are_led_by_about_unless_a_limit_fixes_them() -> None:
    exact = ticket(**written())
    assert [(one.label, one.value, one.secret) for one in exact.state.costs] == [
        ("Order value", "64,440.00", False), ("Buying power after", "≈ 18,174.56", True),
    ]  # fmt: skip
    about = ticket(**written(kind=Kind.MARKET, limit=""))
    assert about.state.costs[0].value == "≈ 64,425.60"
    sale = ticket(**written(side=OrderSide.SELL, quantity="20"))
    assert [(one.label, one.value) for one in sale.state.costs] == [
        ("Proceeds", "5,370.00"), ("Held after", "100"),
    ]  # fmt: skip


def test_options_cost_a_hundred_times_their_price() -> None:
    model = ticket(instrument=AAPL, search="AAPL", options=True, quantity="2", limit="3.20")
    model.add_leg(option(260), OrderSide.BUY_TO_OPEN)
    rest(model)
    assert model.state.costs[0].value == "640.00"
    assert [one.label for one in model.state.ways] == ["To open", "To close"]
    model.choose_side("buy_to_close")
    assert model.fields.legs[0].side is OrderSide.BUY_TO_CLOSE


def test_net_prices_of_several_legs() -> None:
    port = FakeTicketPort()
    low, high = option(260), option(270)
    port.quotes[low.symbol] = TicketQuote(quote=quote_of(low, bid=D("9.00"), ask=D("9.20")))
    port.quotes[high.symbol] = TicketQuote(quote=quote_of(high, bid=D("3.00"), ask=D("3.10")))
    model = ticket(port, instrument=AAPL, search="AAPL", options=True, quantity="1")
    model.add_leg(low, OrderSide.BUY_TO_OPEN)
    model.add_leg(high, OrderSide.SELL_TO_OPEN)
    rest(model)
    model.help_price("limit", "ask")
    assert model.fields.limit == "6.20"  # pay the ask, receive the bid
    model.help_price("limit", "bid")
    assert model.fields.limit == "5.90"


def test_where_a_trailing_stop_begins() -> None:
    model = ticket(**written(side=OrderSide.SELL, quantity="50", kind=Kind.TRAILING, trail="5"))
    assert "(trigger starts at $254.98)" in plain(model.state.sentence)


# -- sides


def test_short_and_cover_stand_where_the_position_says() -> None:
    held = ticket(**written(side=OrderSide.SELL))
    assert held.state.ways == ()
    none = ticket(FakeTicketPort(replace(SCHWAB, held=D(0))), **written(side=OrderSide.SELL))
    assert [one.label for one in none.state.ways] == ["Sell", "Sell short"]
    short = ticket(
        FakeTicketPort(replace(SCHWAB, held=D(-20))), **written(side=OrderSide.BUY_TO_COVER)
    )
    assert [one.key for one in short.state.sides] == ["buy_to_cover", "sell_short"]


def test_coins_have_no_options() -> None:
    model = ticket(instrument=BTC, search=BTC.symbol)
    assert model.state.can_option == "There are options of shares only."


def test_a_chosen_option_brings_its_underlying() -> None:
    model = ticket()
    model.take(option(260))
    assert model.fields.instrument is not None
    assert (model.fields.instrument.symbol, model.fields.options) == ("AAPL", True)
    model.take(NVDA)
    assert (model.fields.legs, model.fields.options) == ((), True)


# -- other orders


def ledger(order: Order | None = None, draft: Draft | None = None, **more: Any) -> LedgerRow:
    intent = None
    if draft is not None:
        intent = Intent(
            id="i1", kind=IntentKind.PLACE, connection=ConnectionId("c-s1"),
            account=draft.account, environment=draft.environment, symbol="AAPL",
            side=OrderSide.BUY, draft=draft, client_order_id="BD-1", request=b"", digest="",
            baseline=(), state=IntentState.ACCEPTED, created_at=NOW, changed_at=NOW,
            order_id="77",
        )  # fmt: skip
    return LedgerRow(
        key="k1", connection=ConnectionId("c-s1"), account=SCHWAB.account,
        account_name=SCHWAB.name, environment=Environment.LIVE, intent=intent, order=order, **more,
    )  # fmt: skip


def placed(**more: Any) -> Order:
    values: dict[str, Any] = {
        "id": "77", "account": SCHWAB.account, "status": OrderStatus.WORKING,
        "type": OrderType.LIMIT, "time_in_force": TimeInForce.GTC,
        "session": TradingSession.REGULAR, "quantity": D(30), "filled_quantity": D(0),
        "legs": (OrderLeg(instrument=AAPL, side=OrderSide.SELL, quantity=D(30)),),
        "limit_price": D(290),
    }  # fmt: skip
    return Order(**(values | more))


def test_a_copy_is_a_new_draft_and_a_change_replaces() -> None:
    port = FakeTicketPort()
    port.rows["k1"] = ledger(placed())
    model = ticket(port)
    model.take_order("k1", change=False)
    rest(model)
    assert (model.fields.quantity, model.fields.limit, model.fields.lasts) == (
        "30", "290", Lasts.GTC,
    )  # fmt: skip
    assert model.fields.replaces == ""
    model.take_order("k1", change=True)
    rest(model)
    found = handed(model)
    model.choose_side("buy")  # what is changed keeps its side, symbol and account
    model.take(NVDA)
    model.choose_account("i1")
    model.edit(limit="291")
    rest(model)
    model.review()
    (((draft,), replaces),) = found
    assert (replaces, draft.limit_price, draft.account) == ("77", D(291), SCHWAB.account)
    assert draft.legs[0] == DraftLeg(instrument=AAPL, side=OrderSide.SELL)
    assert model.state.review == "Review change"


def test_what_was_drafted_here_comes_back_whole() -> None:
    model = ticket(**written(link=Link.BRACKET, profit="300", loss="250", lasts=Lasts.GTC))
    (draft,) = model.drafts()
    port = FakeTicketPort()
    port.rows["k1"] = ledger(draft=draft)
    other = ticket(port)
    other.take_order("k1", change=False)
    rest(other)
    assert other.drafts() == (draft,)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (None, "That order is not known any more."),
        (
            ledger(placed(type=OrderType.UNKNOWN)),
            "A ticket cannot say this order: change it at the broker.",
        ),
        (ledger(placed(), cannot_replace="It takes no changes."), "It takes no changes."),
    ],
)  # fmt: skip
def test_an_order_that_a_ticket_cannot_say_leaves_it_as_it_is(
    row: LedgerRow | None, words: str
) -> None:
    port = FakeTicketPort()
    if row is not None:
        port.rows["k1"] = row
    model = ticket(port, **written())
    said: list[str] = []
    before = model.fields
    model.said.connect(said.append)
    model.take_order("k1", change=True)
    assert (said, model.fields) == ([words], before)


def test_how_long_a_copy_lasts_is_chosen_where_the_order_does_not_say() -> None:
    port = FakeTicketPort()
    port.rows["k1"] = ledger(placed(time_in_force=TimeInForce.UNKNOWN))
    model = ticket(port)
    model.take_order("k1", change=False)
    rest(model)
    assert model.state.problems == {"time": HOW_LONG}
    assert (model.state.why_not, model.drafts()) == (HOW_LONG, ())
    assert [one.label for one in model.state.lasts][:2] == ["Choose…", "Day"]
    assert port.sketches[-1].time_in_force is TimeInForce.DAY  # what the account can do is known
    model.choose_lasts("gtc")
    rest(model)
    assert "time" not in model.state.problems
    assert [one.time_in_force for one in model.drafts()] == [TimeInForce.GTC]
    assert "Choose…" not in [one.label for one in model.state.lasts]


def test_a_short_position_is_closed_in_every_account_that_is_short_of_it() -> None:
    less, more = (replace(one, held=-held, sellable=D(0)) for one, held in ((SCHWAB, D(5)),
                  (IBKR, D(20))))  # fmt: skip
    model = ticket(FakeTicketPort(less, more, replace(READS, held=D(-7))))
    model.write(
        TicketFields(
            instrument=AAPL, search="AAPL", side=OrderSide.BUY_TO_COVER, kind=Kind.MARKET,
            quantity="32",
        ),
        closing=True,
    )  # fmt: skip
    rest(model)
    assert model.fields.quantity == "25"  # not what an account that cannot trade owes
    assert [(one.account, one.quantity) for one in model.drafts()] == [
        (IBKR.account, D(20)), (SCHWAB.account, D(5)),
    ]  # fmt: skip


def test_failures_are_sentences_and_keep_what_is_known() -> None:
    port = FakeTicketPort()
    model = ticket(port, **written())
    port.failing["quote"] = BrokerUnavailableError("Schwab is not answering.")
    model.refresh_quote()
    assert model.state.quote.bid == "268.40"
    assert "Schwab is not answering" in model.state.quote.line
    port.failing["route"] = InputError("symbol", "This symbol cannot be ordered.")
    model.edit(quantity="241")
    rest(model)
    assert model.state.routing == "This symbol cannot be ordered."
    assert model.drafts() == ()


def test_a_ticket_that_nobody_sees_asks_nothing() -> None:
    port, desk = FakeTicketPort(), FakeDesk()
    model = ticket(port, desk, **written())
    model.hide("test")
    assert not port.followed[-1]
    asked = len(port.asked)
    desk.changed.emit()
    desk.on_event(TradingChanged())
    assert len(port.asked) == asked
    model.show("test")
    assert port.followed[-1] == ("AAPL",)
    assert model.fields.limit == "268.50"


def test_a_ticket_that_is_seen_says_so_once_however_many_show_it() -> None:
    port, desk = FakeTicketPort(), FakeDesk()
    model = ticket(port, desk)
    model.show("window")
    assert port.attended == [True]
    model.hide("test")
    model.hide("nobody")
    assert port.attended == [True]
    model.hide("window")
    model.hide("window")
    assert port.attended == [True, False]
    desk.opened.emit()
    assert port.attended == [True, False]
    model.show("test")
    desk.opened.emit()
    assert port.attended == [True, False, True, True], "who opens later hears of it"


def test_the_gateway_tells_the_service_that_a_ticket_is_seen() -> None:
    told: list[tuple[str, bool]] = []
    trading = SimpleNamespace(attend=lambda what, on: told.append((what, on)))
    desk = FakeDesk(services=SimpleNamespace(trading=trading))
    for on in (True, False):
        TicketGateway(desk).attend(on)
    assert told == [("ticket", True), ("ticket", False)]


def test_delayed_and_unknown_feeds_are_named() -> None:
    port = FakeTicketPort()
    late = quote_of(AAPL, feed=PriceFeed.DELAYED)
    port.quotes["AAPL"] = TicketQuote(quote=late, source="<b>Schwab</b>")
    model = ticket(port, **written())
    assert model.state.quote.line.endswith("<b>Schwab</b>, delayed")


def test_symbols_in_other_currencies() -> None:
    sap = Instrument(symbol="SAP", asset_type=AssetType.EQUITY, currency="EUR")
    euro = replace(SCHWAB, currency="EUR")
    model = ticket(FakeTicketPort(euro), **written(instrument=sap, search="SAP"))
    assert "at €268.50 or less" in plain(model.state.sentence)


def test_an_order_goes_by_the_price_of_its_own_broker() -> None:
    port = FakeTicketPort()
    model = ticket(port, **written())
    assert port.asked[-1] == ("AAPL", Environment.LIVE, SCHWAB.account)
    model.choose_account("i1")
    rest(model)
    assert port.asked[-1] == ("AAPL", Environment.LIVE, IBKR.account)


def test_routing_is_told_of_the_whole_order_from_the_first_time() -> None:
    port = FakeTicketPort()
    ticket(port, **written(kind=Kind.STOP, stop="300"))
    first = port.routed_with[0]
    assert first is not None
    assert first.type is OrderType.STOP


def test_options_are_priced_in_cents() -> None:
    port = FakeTicketPort()
    low = option(260)
    port.quotes[low.symbol] = TicketQuote(quote=quote_of(low, bid=D("0.05"), ask=D("0.06")))
    model = ticket(port, instrument=AAPL, search="AAPL", options=True, quantity="1")
    model.add_leg(low, OrderSide.BUY_TO_OPEN)
    rest(model)
    assert (model.state.quote.bid, model.state.quote.ask) == ("0.05", "0.06")
    assert model.state.quote.of == "AAPL 18 Dec 2026 260 call"


def test_somebody_can_be_asked_for_the_chain_before_an_option_is_chosen() -> None:
    model = ticket(instrument=AAPL, search="AAPL", options=True)
    assert model.target.looked_at == SCHWAB
    assert model.state.why_not == "Choose an option in the chain."
    assert model.drafts() == ()
