"""Alpaca's answers as facts, case by case."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from support import alpaca_payloads as payloads
from support.alpaca_payloads import fresh

from brokerdesk.brokers.alpaca import balances, mapping, problems, wire
from brokerdesk.brokers.alpaca.activities import transaction
from brokerdesk.brokers.alpaca.history import daily_values
from brokerdesk.brokers.alpaca.instruments import (
    Names,
    contract,
    guessed_class,
    instrument,
    pair,
    wire_symbol,
)
from brokerdesk.brokers.alpaca.orders import order
from brokerdesk.brokers.alpaca.prices import Closes
from brokerdesk.brokers.alpaca.quotes import quotes
from brokerdesk.brokers.alpaca.reference import market_clock, market_days
from brokerdesk.brokers.alpaca.times import day_of, from_wire
from brokerdesk.brokers.answers import Answer
from brokerdesk.brokers.decode import JsonDecoder
from brokerdesk.domain.ids import account_id
from brokerdesk.domain.kinds import (
    AccountType,
    AssetType,
    Environment,
    OptionRight,
    OrderSide,
    OrderStatus,
    OrderType,
    PriceFeed,
    TimeInForce,
    TradingSession,
    TransactionType,
    shown,
)
from brokerdesk.domain.reading import Reading
from brokerdesk.errors import (
    AuthExpiredError,
    AuthRejectedError,
    BrokerError,
    BrokerProtocolError,
    BrokerRefusedError,
)

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
ACCOUNT = account_id("alpaca", "paper", payloads.ACCOUNT["id"])


def raw(document: Any) -> bytes:
    return json.dumps(document).encode()


def read(account: dict[str, Any], *positions: Any) -> Reading:
    body = {"account": account, "positions": list(positions)}
    return mapping.replay(raw(body), Environment.PAPER, NOW)


def ordered(**changes: Any) -> Any:
    given = JsonDecoder(wire.Order).decode(raw(fresh(payloads.ORDER, **changes)))
    return order(given, ACCOUNT, Names())


def booked(document: dict[str, Any], **changes: Any) -> Any:
    given = JsonDecoder(wire.Activity).decode(raw(fresh(document, **changes)))
    return transaction(given, ACCOUNT, Names())


# -- the account ------------------------------------------------------------------------------
def test_every_field_of_the_account_is_somewhere() -> None:
    given = balances.fields(raw(payloads.ACCOUNT))
    account = mapping.account(given, Environment.PAPER, "paper")
    balance, unread = balances.balance(given)
    assert not unread
    assert account.id == ACCOUNT
    assert account.name == "Alpaca Paper …_123"
    assert account.type is AccountType.MARGIN
    assert account.institution == "Alpaca Securities"
    for words in (
        "ACTIVE",
        "multiplier 2",
        "shorting enabled",
        "options level 2 of 2",
        "crypto ACTIVE tier 1",
        "opened 2023-01-01",
    ):
        assert words in account.raw_type
    assert balance.cash == Decimal("122086.5")
    assert balance.equity == balance.net_liquidation == Decimal("123346.11")
    assert balance.initial_margin == Decimal("629.8")
    assert balance.short_market_value == 0
    assert dict(balance.buying_power) == {
        "stock": Decimal("245432.61"),
        "effective": Decimal("245432.61"),
        "reg_t": Decimal("245432.61"),
        "non_marginable": Decimal("122086.5"),
        "option": Decimal("122716.305"),
    }
    others = dict(balance.others)
    assert others["last_equity"] == Decimal("122011.09751111286868"), "all digits"
    amounts = {
        name
        for name, value in payloads.ACCOUNT.items()
        if isinstance(value, str) and value.replace(".", "").replace("-", "").isdigit()
    }
    told = {*others, "cash", "equity", "multiplier", "initial_margin", "maintenance_margin"}
    told |= {"long_market_value", "short_market_value", "balance_asof"}
    assert {name for name in amounts if "buying_power" not in name} <= told


def test_what_left_the_api_is_shown_when_it_is_there_and_never_missed() -> None:
    legacy = {
        "pattern_day_trader": True,
        "daytrade_count": 3,
        "daytrading_buying_power": "490865.22",
    }
    given = balances.fields(raw(fresh(payloads.ACCOUNT, **legacy)))
    flags = balances.flags(given)
    assert (flags.day_trader, flags.day_trades) == (True, 3)
    assert dict(balances.balance(given)[0].buying_power)["day_trading"] == Decimal("490865.22")
    flags = balances.flags(balances.fields(raw(payloads.ACCOUNT)))
    assert (flags.day_trader, flags.day_trades) == (None, None)


def test_only_the_id_is_needed_and_what_is_missing_stays_unknown() -> None:
    given = balances.fields(raw({"id": "x", "status": "ONBOARDING"}))
    account = mapping.account(given, Environment.LIVE, "live")
    assert account.type is AccountType.UNKNOWN
    assert account.raw_type == "ONBOARDING"
    assert account.flags.margin is None
    reading = read({"id": "x", "status": "ONBOARDING"})
    assert reading.balances[0].net_liquidation is None
    assert [one.where for one in reading.unread] == ["account.cash"]
    with pytest.raises(BrokerProtocolError):
        mapping.account(balances.fields(raw({"status": "ACTIVE"})), Environment.LIVE, "live")


def test_new_amounts_are_kept_under_their_own_name() -> None:
    given = fresh(
        payloads.ACCOUNT, intraday_margin_excess="12.5", new_flag=True, new_word="YES", new_list=[1]
    )
    balance, unread = balances.balance(balances.fields(raw(given)))
    assert dict(balance.others)["intraday_margin_excess"] == Decimal("12.5")
    assert "new_flag" not in dict(balance.others)
    assert not unread


@pytest.mark.parametrize("bad", ["NaN", "Infinity", "1e400", "much", {"a": 1}, True, [1]])
def test_a_spoilt_amount_is_named_and_left_empty(bad: Any) -> None:
    balance, unread = balances.balance(balances.fields(raw(fresh(payloads.ACCOUNT, cash=bad))))
    assert balance.cash is None
    assert [one.where for one in unread] == ["account.cash"]
    assert balance.equity == Decimal("123346.11")


def test_trading_that_the_user_suspended_is_blocked() -> None:
    given = balances.fields(raw(fresh(payloads.ACCOUNT, trade_suspended_by_user=True)))
    assert balances.flags(given).trading_blocked
    assert "trading suspended by you" in balances.described(given)


@pytest.mark.parametrize(("multiplier", "kind"), [("1", "cash"), ("4", "margin"), (2, "margin")])
def test_the_multiplier_tells_cash_from_margin(multiplier: Any, kind: str) -> None:
    given = balances.fields(raw(fresh(payloads.ACCOUNT, multiplier=multiplier)))
    assert balances.account_type(given).value == kind


# -- positions --------------------------------------------------------------------------------
def test_a_share() -> None:
    reading = read(payloads.ACCOUNT, payloads.POSITION)
    (held,) = reading.positions
    assert held.instrument.symbol == "AAPL"
    assert held.instrument.asset_type is AssetType.EQUITY
    assert held.instrument.broker_ids == (("alpaca", payloads.POSITION["asset_id"]),)
    assert held.quantity == 2
    assert held.average_cost == Decimal("174.78")
    assert held.cost_basis == Decimal("349.56")
    assert held.mark == Decimal("174.29")
    assert held.market_value == Decimal("348.58")
    assert held.day_pl == held.open_pl == Decimal("-0.98")
    assert reading.as_of == reading.fetched_at == NOW


@pytest.mark.parametrize("quantity", ["-5", "5"])
@pytest.mark.parametrize("sign", ["-", ""])
def test_a_short_position_is_negative_however_it_is_signed(quantity: str, sign: str) -> None:
    short = fresh(
        payloads.POSITION,
        side="short",
        qty=quantity,
        market_value=f"{sign}871.45",
        cost_basis=f"{sign}873.9",
    )
    (held,) = read(payloads.ACCOUNT, short).positions
    assert held.quantity == -5
    assert held.market_value == Decimal("-871.45")
    assert held.cost_basis == Decimal("-873.9")


def test_an_option_goes_by_its_padded_symbol() -> None:
    option = fresh(payloads.POSITION, symbol="SPY261218P00635500", asset_class="us_option")
    (held,) = read(payloads.ACCOUNT, option).positions
    what = held.instrument
    assert what.symbol == "SPY   261218P00635500"
    assert (what.underlying, what.right) == ("SPY", OptionRight.PUT)
    assert (what.expiry, what.strike) == (date(2026, 12, 18), Decimal("635.5"))
    assert what.multiplier == 100
    assert what.name == "SPY 12/18/2026 $635.50 Put"
    odd = fresh(payloads.POSITION, symbol="SPY1", asset_class="us_option")
    (held,) = read(payloads.ACCOUNT, odd).positions
    assert held.instrument.asset_type is AssetType.OPTION
    assert held.instrument.strike is None


@pytest.mark.parametrize("symbol", ["BTCUSD", "BTC/USD"])
def test_a_coin_goes_by_its_pair(symbol: str) -> None:
    coin = fresh(payloads.POSITION, symbol=symbol, asset_class="crypto", qty="0.000000001")
    (held,) = read(payloads.ACCOUNT, coin).positions
    assert held.instrument.symbol == "BTC/USD"
    assert held.instrument.asset_type is AssetType.CRYPTO
    assert held.quantity == Decimal("0.000000001")


def test_a_fund_is_told_by_its_name() -> None:
    body = {
        "account": payloads.ACCOUNT,
        "positions": [fresh(payloads.POSITION, symbol="SPY")],
        "assets": [{"symbol": "SPY", "name": "State Street SPDR S&amp;P 500 ETF Trust"}, {"x": 1}],
    }
    (held,) = mapping.replay(raw(body), Environment.PAPER, NOW).positions
    assert held.instrument.asset_type is AssetType.ETF
    assert held.instrument.name == "State Street SPDR S&P 500 ETF Trust"
    names = Names({"BETFX": "Betfair Group", "SHETF": "NOETFS Inc"})
    for symbol in names.known:
        assert instrument(symbol, "us_equity", names).asset_type is AssetType.EQUITY


def test_an_unknown_class_is_kept_by_its_word() -> None:
    (held,) = read(payloads.ACCOUNT, fresh(payloads.POSITION, asset_class="us_bond")).positions
    assert shown(held.instrument.asset_type, held.instrument.raw_type) == "UNKNOWN(us_bond)"


@pytest.mark.parametrize(
    "changes",
    [
        {"symbol": None},
        {"symbol": 5},
        {"qty": None},
        {"qty": "NaN"},
        {"qty": "-2"},
        {"market_value": "1e99"},
        {"avg_entry_price": {}},
    ],
)
def test_a_bad_position_is_set_apart(changes: dict[str, Any]) -> None:
    reading = read(payloads.ACCOUNT, payloads.POSITION, fresh(payloads.POSITION, **changes))
    assert len(reading.positions) == 1
    (bad,) = reading.unread
    assert bad.where == "positions[1]"


def test_prices_may_be_missing() -> None:
    odd = fresh(payloads.POSITION, current_price=None, market_value=None, unrealized_pl=None)
    (held,) = read(payloads.ACCOUNT, odd).positions
    assert (held.mark, held.market_value, held.open_pl) == (None, None, None)


def test_no_positions_where_the_account_counts_some_is_no_answer() -> None:
    with pytest.raises(BrokerProtocolError, match="did not list"):
        read(payloads.ACCOUNT)
    empty = fresh(payloads.ACCOUNT, long_market_value="0", position_market_value="0")
    assert read(empty).positions == ()


# -- orders -----------------------------------------------------------------------------------
def test_a_limit_order() -> None:
    found = ordered()
    assert found.id == payloads.ORDER["id"]
    assert found.client_order_id == payloads.ORDER["client_order_id"]
    assert found.status is OrderStatus.PENDING
    assert found.type is OrderType.LIMIT
    assert found.time_in_force is TimeInForce.GTC
    assert found.session is TradingSession.REGULAR
    assert found.limit_price == 150
    assert found.entered_at == datetime(2023, 12, 12, 22, 31, 24, 577215, tzinfo=UTC)
    assert found.closed_at is None
    (leg,) = found.legs
    assert (leg.side, leg.quantity) == (OrderSide.BUY, 2)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("new", OrderStatus.WORKING),
        ("partially_filled", OrderStatus.WORKING),
        ("held", OrderStatus.PENDING),
        ("done_for_day", OrderStatus.PENDING),
        ("pending_cancel", OrderStatus.CANCEL_PENDING),
        ("pending_replace", OrderStatus.REPLACE_PENDING),
        ("canceled", OrderStatus.CANCELLED),
        ("expired", OrderStatus.EXPIRED),
        ("replaced", OrderStatus.REPLACED),
        ("rejected", OrderStatus.REJECTED),
        ("something_new", OrderStatus.UNKNOWN),
    ],
)
def test_states(word: str, status: OrderStatus) -> None:
    found = ordered(status=word)
    assert found.status is status
    assert found.raw_status == word


def test_a_fill_has_its_price_and_its_end() -> None:
    found = ordered(
        status="filled",
        filled_qty="2",
        filled_avg_price="149.987654321",
        filled_at="2023-12-12T22:31:26.1Z",
    )
    assert found.average_price == Decimal("149.987654321")
    assert found.closed_at == datetime(2023, 12, 12, 22, 31, 26, 100000, tzinfo=UTC)
    assert ordered(filled_avg_price="0").average_price is None, "nothing was filled"


@pytest.mark.parametrize(
    ("changes", "kind", "force"),
    [
        ({"type": "market", "time_in_force": "opg"}, OrderType.MARKET_ON_OPEN, TimeInForce.DAY),
        ({"time_in_force": "cls"}, OrderType.LIMIT_ON_CLOSE, TimeInForce.DAY),
        ({"type": "stop_limit", "time_in_force": "ioc"}, OrderType.STOP_LIMIT, TimeInForce.IOC),
        ({"type": None, "order_type": "stop"}, OrderType.STOP, TimeInForce.GTC),
        ({"type": "peg", "time_in_force": "gtx"}, OrderType.UNKNOWN, TimeInForce.UNKNOWN),
    ],
)
def test_types(changes: dict[str, Any], kind: OrderType, force: TimeInForce) -> None:
    found = ordered(**changes)
    assert (found.type, found.time_in_force) == (kind, force)


def test_what_only_some_orders_have_is_told() -> None:
    found = ordered(notional="500", qty=None, extended_hours=True)
    assert (found.notional, found.quantity) == (500, 0)
    assert ordered(qty="2").notional == 0, "for units, and for no amount of money"
    assert ordered(extended_hours=None).session is TradingSession.UNKNOWN
    assert found.session is TradingSession.EXTENDED
    trailing = ordered(type="trailing_stop", trail_percent="1.5", replaced_by="x")
    assert (trailing.trail_percent, trailing.trail_amount) == (Decimal("1.5"), None)
    assert trailing.status_text == "Replaced by another order"


@pytest.mark.parametrize(
    ("kind", "intent", "side", "expected"),
    [
        ("us_equity", "sell_to_open", "sell", OrderSide.SELL_SHORT),
        ("us_equity", "buy_to_close", "buy", OrderSide.BUY_TO_COVER),
        ("us_equity", "buy_to_open", "buy", OrderSide.BUY),
        ("us_equity", "sell_to_close", "sell", OrderSide.SELL),
        ("us_option", "sell_to_open", "sell", OrderSide.SELL_TO_OPEN),
        ("us_option", None, "buy", OrderSide.BUY),
        ("us_equity", None, "swap", OrderSide.UNKNOWN),
    ],
)
def test_sides(kind: str, intent: str | None, side: str, expected: OrderSide) -> None:
    symbol = "SPY261218C00600000" if kind == "us_option" else "SPY"
    found = ordered(asset_class=kind, symbol=symbol, position_intent=intent, side=side)
    assert found.legs[0].side is expected


def test_a_bracket_has_children() -> None:
    stop = fresh(payloads.ORDER, id="c2", type="stop", side="sell", stop_price="140", status="held")
    profit = fresh(payloads.ORDER, id="c1", side="sell", limit_price="180", status="held")
    found = ordered(order_class="bracket", legs=[profit, stop])
    assert found.strategy == "bracket"
    assert [child.id for child in found.children] == ["c1", "c2"]
    assert found.children[1].stop_price == 140
    assert found.children[0].status is OrderStatus.PENDING


def test_a_spread_has_legs_and_no_symbol_of_its_own() -> None:
    legs = [
        {"id": "l1", "symbol": "SPY261218C00600000", "side": "buy", "ratio_qty": "1"},
        {"id": "l2", "symbol": "SPY261218C00610000", "side": "sell", "qty": "4", "status": "new"},
    ]
    found = ordered(
        order_class="mleg", symbol="", asset_class="", side="", qty="4", legs=legs, type="limit"
    )
    assert found.children == ()
    assert [leg.instrument.strike for leg in found.legs] == [600, 610]
    assert [leg.quantity for leg in found.legs] == [1, 4]
    assert found.strategy == "mleg"


@pytest.mark.parametrize(
    "changes", [{"id": None}, {"symbol": None}, {"qty": "NaN"}, {"submitted_at": "yesterday"}]
)
def test_orders_that_cannot_be(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        ordered(**changes)


def test_legs_do_not_go_on_for_ever() -> None:
    nested: Any = payloads.ORDER
    for _ in range(6):
        nested = fresh(payloads.ORDER, order_class="oto", legs=[nested])
    with pytest.raises(ValueError):
        ordered(order_class="oto", legs=[nested])


# -- activities -------------------------------------------------------------------------------
def test_a_fill_is_a_trade_whose_amount_is_computed() -> None:
    found = booked(payloads.FILL)
    assert found.type is TransactionType.TRADE
    assert found.quantity == 2
    assert found.amount == Decimal("-349.56")
    assert found.time == datetime(2022, 2, 2, 18, 55, 9, 981482, tzinfo=UTC)
    assert found.order_id == payloads.FILL["order_id"]
    for side in ("sell", "sell_short"):
        sold = booked(payloads.FILL, side=side)
        assert (sold.quantity, sold.amount) == (-2, Decimal("349.56"))
    option = booked(payloads.FILL, symbol="SPY261218C00600000")
    assert option.amount == Decimal("-34956.00")
    coin = booked(payloads.FILL, symbol="BTCUSD", qty="0.000000001")
    assert coin.instrument.symbol == "BTC/USD"
    assert coin.amount == Decimal("-0.000000174780")


def test_a_dividend_moves_no_units_and_stands_on_its_day() -> None:
    found = booked(payloads.DIVIDEND)
    assert found.type is TransactionType.DIVIDEND_OR_INTEREST
    assert (found.amount, found.quantity) == (Decimal("1.02"), None)
    assert found.time == datetime(2019, 8, 1, 4, tzinfo=UTC), "midnight in New York"
    assert found.instrument.symbol == "T"


@pytest.mark.parametrize(
    ("word", "amount", "kind"),
    [
        ("CSD", "100", TransactionType.DEPOSIT),
        ("CSW", "-100", TransactionType.WITHDRAWAL),
        ("TRANS", "-100", TransactionType.WITHDRAWAL),
        ("TRANS", "100", TransactionType.DEPOSIT),
        ("FEE", "-0.02", TransactionType.FEE),
        ("JNLC", "5", TransactionType.JOURNAL),
        ("ACATS", "0", TransactionType.TRANSFER),
        ("OPEXP", "0", TransactionType.CORPORATE_ACTION),
        ("OCT", "0", TransactionType.UNKNOWN),
        ("REO", "0", TransactionType.UNKNOWN),
    ],
)
def test_kinds_are_open(word: str, amount: str, kind: TransactionType) -> None:
    found = booked(payloads.DIVIDEND, activity_type=word, net_amount=amount, qty=None)
    assert found.type is kind
    assert found.raw_type == word
    assert found.amount == Decimal(amount)


def test_units_of_other_entries_keep_their_sign() -> None:
    found = booked(payloads.DIVIDEND, activity_type="OPEXP", qty="-2", net_amount="0")
    assert found.quantity == -2


def test_what_alpaca_took_back_is_left_out() -> None:
    assert booked(payloads.DIVIDEND, status="canceled") is None
    assert booked(payloads.DIVIDEND, status="correct") is not None


@pytest.mark.parametrize(
    "changes",
    [
        {"side": None},
        {"qty": None},
        {"price": None},
        {"symbol": None},
        {"price": "NaN"},
        {"id": ""},
        {"transaction_time": None},
        {"transaction_time": "2022-02-02"},
    ],
)
def test_trades_that_cannot_be(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        booked(payloads.FILL, **changes)


# -- prices and times -------------------------------------------------------------------------
def test_a_snapshot_is_a_quote() -> None:
    wanted = {"AAPL": "AAPL", "GONE": "GONE", "NULL": "NULL"}
    given = {**payloads.SNAPSHOTS, "NULL": None, "NOT-ASKED": {}}
    batch = quotes(raw(given), wanted, Names(), PriceFeed.REAL_TIME, NOW, wrapped=False)
    (quote,) = batch.items
    assert (quote.bid, quote.ask) == (Decimal("172.62"), Decimal("172.7"))
    assert quote.last == Decimal("172.7")
    assert quote.previous_close == Decimal("173.03")
    assert quote.as_of == datetime(2022, 8, 17, 10, 7, 40, 286587, tzinfo=UTC)
    assert [one.label for one in batch.unread] == ["GONE", "NULL"]


def test_any_part_of_a_snapshot_may_be_missing() -> None:
    bare = {"latestQuote": {"ap": 0, "bp": 0}, "latestTrade": None, "dailyBar": {"c": 5}}
    given = {"snapshots": {"A": bare, "B": {}, "C": {"latestTrade": {"p": "x"}}}}
    wanted = {name: name for name in "ABC"}
    batch = quotes(raw(given), wanted, Names(), PriceFeed.DELAYED, NOW, wrapped=True)
    first, second = batch.items
    assert (first.bid, first.ask, first.as_of) == (None, None, None)
    assert first.last == 5
    assert second.last is None
    assert [one.label for one in batch.unread] == ["C"]


def test_bars_are_closes_of_their_new_york_day() -> None:
    closes = Closes()
    spoilt = fresh(payloads.BARS)
    spoilt["bars"]["AAPL"] += [{"t": "2022-01-05T05:00:00Z", "c": 0}, {"t": "x", "c": 1}, 5]
    assert closes.add(raw(spoilt), "AAPL", coin=False) == ""
    assert [(one.day.day, one.close) for one in closes.prices(date(2022, 1, 1))] == [
        (3, Decimal("182.01")),
        (4, Decimal("179.7")),
    ]
    assert [one.where for one in closes.unread] == ["bars[2]", "bars[3]", "bars[4]"]
    assert closes.prices(date(2022, 1, 4))[0].day == date(2022, 1, 4)
    coin = Closes()
    body = {"bars": {"BTC/USD": [{"t": "2022-01-03T00:00:00Z", "c": 47000}]}}
    coin.add(raw(body), "BTC/USD", coin=True)
    assert coin.prices(date(2022, 1, 1))[0].day == date(2022, 1, 3)


@pytest.mark.parametrize("empty", [{}, {"bars": None}, {"bars": {}}, {"bars": {"AAPL": None}}])
def test_an_unknown_symbol_has_no_bars(empty: Any) -> None:
    closes = Closes()
    assert closes.add(raw(empty), "AAPL", coin=False) == ""
    assert closes.prices(date(2020, 1, 1)) == ()


def test_daily_values_skip_what_is_none() -> None:
    batch = daily_values(raw(payloads.HISTORY), date(2023, 10, 24))
    assert [(one.day.isoformat(), one.value) for one in batch] == [
        ("2023-10-19", Decimal("2773.79")),
        ("2023-10-23", Decimal("2780.5")),
    ]
    today = daily_values(raw(payloads.HISTORY), date(2023, 10, 23))
    assert len(today) == 1, "a day that is not over is no value"
    unfunded = fresh(payloads.HISTORY, equity=[0, 0, 5])
    assert [one.value for one in daily_values(raw(unfunded), date(2024, 1, 1))] == [5]
    with pytest.raises(BrokerProtocolError):
        daily_values(raw(fresh(payloads.HISTORY, equity=[1])), date(2024, 1, 1))
    odd = fresh(payloads.HISTORY, timestamp=[10**18, 1697808600, 1698067800])
    assert [one.where for one in daily_values(raw(odd), date(2024, 1, 1)).unread] == ["equity[0]"]


def test_clock_and_calendar() -> None:
    clock = market_clock(raw(payloads.CLOCK))
    assert clock.is_open
    assert clock.next_close == datetime(2025, 6, 24, 20, tzinfo=UTC)
    for bad in ({"timestamp": "now"}, {"next_open": ""}):
        with pytest.raises(BrokerProtocolError):
            market_clock(raw(fresh(payloads.CLOCK, **bad)))
    (day,) = market_days(raw(payloads.CALENDAR)).items
    assert day.opens == datetime(2025, 1, 2, 14, 30, tzinfo=UTC)
    assert len(market_days(raw([*payloads.CALENDAR, {"date": "x"}, {}])).unread) == 2


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2023-12-12T22:31:24.668464435Z", datetime(2023, 12, 12, 22, 31, 24, 668464, UTC)),
        ("2025-06-24T14:15:22-04:00", datetime(2025, 6, 24, 18, 15, 22, tzinfo=UTC)),
        ("2025-06-24T14:15:22+0000", datetime(2025, 6, 24, 14, 15, 22, tzinfo=UTC)),
        ("", None),
        (None, None),
    ],
)
def test_times(text: str | None, moment: datetime | None) -> None:
    assert from_wire(text) == moment


@pytest.mark.parametrize("text", ["2025-06-24", "2025-06-24T14:15:22", "now", "２０２５", "0" * 99])
def test_no_times(text: str) -> None:
    with pytest.raises(ValueError):
        from_wire(text)
    if not text.startswith("2025"):
        with pytest.raises(ValueError):
            day_of(text)


@pytest.mark.parametrize(
    ("symbol", "kind", "sent"),
    [
        ("AAPL", "us_equity", "AAPL"),
        ("BRK.B", "us_equity", "BRK.B"),
        ("BTC/USD", "crypto", "BTC/USD"),
        ("BTCUSD", "crypto", "BTCUSD"),
        ("SPY   261218C00600000", "us_option", "SPY261218C00600000"),
        ("SPY261218C00600000", "us_option", "SPY261218C00600000"),
        ("FUSD", "us_equity", "FUSD"),
    ],
)
def test_symbols_say_what_they_are(symbol: str, kind: str, sent: str) -> None:
    assert guessed_class(symbol) == kind
    assert wire_symbol(symbol) == sent


def test_pairs_and_contracts() -> None:
    assert pair("AVAXUSDT") == "AVAX/USDT"
    assert pair("ODD") == "ODD"
    found = contract("AAPL1261218P00190500")
    assert found is not None
    assert (found.root, found.strike) == ("AAPL1", Decimal("190.5"))
    assert contract("SPY269918C00600000") is not None, "a date that cannot be is no date"
    assert contract("AAPL") is None


# -- refusals ---------------------------------------------------------------------------------
def refused(status: int, body: Any) -> BrokerError:
    return problems.refusal(Answer(status=status, content_type="application/json", body=raw(body)))


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (403, {"message": "forbidden."}, AuthExpiredError),
        (403, {"code": 40110000, "message": "request is not authorized"}, AuthExpiredError),
        (403, {"message": "subscription does not permit"}, problems.NotSubscribedError),
        (403, {"code": 40310000, "message": "account restricted"}, BrokerRefusedError),
        (404, {"code": 40410000, "message": "asset not found"}, problems.UnknownHereError),
        (422, {"code": 40010001, "message": "invalid"}, BrokerRefusedError),
        (400, ["odd"], BrokerRefusedError),
        (400, {"code": "text", "message": 5}, BrokerRefusedError),
    ],
)
def test_refusals(status: int, body: Any, kind: type[BrokerError]) -> None:
    error = refused(status, body)
    assert type(error) is kind
    assert error.title
    assert error.message


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, {"message": "unauthorized"}, problems.KeysRefusedError),
        (400, {"error": "invalid_client"}, problems.KeysRefusedError),
        (422, {"message": "invalid code"}, problems.CodeRefusedError),
        (400, {"error": "invalid_grant"}, problems.CodeRefusedError),
        (400, {"message": "redirect_uri mismatch"}, AuthRejectedError),
        (418, {}, BrokerProtocolError),
    ],
)
def test_refused_exchanges(status: int, body: Any, kind: type[Exception]) -> None:
    answer = Answer(status=status, content_type="application/json", body=raw(body))
    assert type(problems.token_refusal(answer)) is kind
