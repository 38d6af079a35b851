"""Schwab's figures in the field's own terms."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from support import schwab_payloads as payloads
from support.schwab_payloads import cash_account, margin_account, position

from brokerdesk.brokers.decode import JsonDecoder
from brokerdesk.brokers.schwab import wire
from brokerdesk.brokers.schwab.mapping import replay, tax_status
from brokerdesk.brokers.schwab.orders import belongs, order
from brokerdesk.brokers.schwab.quotes import quotes
from brokerdesk.brokers.schwab.transactions import TYPES, transaction
from brokerdesk.domain.ids import account_id
from brokerdesk.domain.kinds import (
    AssetType,
    Environment,
    OptionRight,
    OrderSide,
    OrderStatus,
    OrderType,
    PriceFeed,
    TaxStatus,
    TimeInForce,
    TransactionType,
)
from brokerdesk.domain.order import Order
from brokerdesk.domain.position import Position
from brokerdesk.domain.reading import Reading
from brokerdesk.domain.transaction import Transaction
from brokerdesk.errors import BrokerProtocolError

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
ACCOUNT = account_id("schwab", "practice", payloads.NUMBER)


def read(payload: payloads.Json) -> Reading:
    return replay(payloads.raw(payload), Environment.PRACTICE, NOW)


def only(*records: payloads.Json) -> Position:
    reading = read(margin_account(*records))
    assert not reading.unread
    assert len(reading.positions) == 1
    return reading.positions[0]


def with_instrument(instrument: payloads.Json, **changes: payloads.Json) -> Position:
    return only(position(instrument=instrument, **changes))


# -- balances ---------------------------------------------------------------------------------
def test_a_margin_balance_keeps_every_figure() -> None:
    payload = margin_account()
    balance = read(payload).balances[0]
    assert balance.net_liquidation == Decimal("44150")
    assert balance.cash == Decimal("25000")
    assert balance.equity == Decimal("44150")
    assert balance.maintenance_margin == Decimal("5745")
    assert balance.long_market_value == Decimal("19150")
    assert dict(balance.buying_power) == {
        "stock": Decimal("76810"),
        "non_marginable": Decimal("25000"),
        "day_trading": Decimal("100000"),
    }
    others = dict(balance.others)
    assert others["sma"] == Decimal("25000")
    assert others["initialBalances.accountValue"] == Decimal("43950")
    assert others["projectedBalances.availableFunds"] == Decimal("38405")
    inner = payload["securitiesAccount"]
    amounts = sum(
        1
        for block in (
            inner["initialBalances"],
            inner["currentBalances"],
            inner["projectedBalances"],
            payload["aggregatedBalance"],
        )
        for value in block.values()
        if not isinstance(value, bool)
    )
    named = 6  # cash, equity, net liquidation, maintenance, long and short market value
    assert len(others) + len(balance.buying_power) + named == amounts


def test_a_cash_account_has_no_buying_power() -> None:
    balance = read(cash_account()).balances[0]
    assert balance.buying_power == ()
    assert balance.unsettled_cash == Decimal("15.5")
    assert balance.equity is None
    assert dict(balance.others)["cashAvailableForTrading"] == Decimal("1200")


def test_the_total_falls_back_and_is_never_invented() -> None:
    payload = margin_account()
    del payload["securitiesAccount"]["currentBalances"]["liquidationValue"]
    assert read(payload).balances[0].net_liquidation == Decimal("44150")
    del payload["aggregatedBalance"]
    assert read(payload).balances[0].net_liquidation == Decimal("44150"), "equity"
    del payload["securitiesAccount"]["currentBalances"]["equity"]
    assert read(payload).balances[0].net_liquidation is None


def test_missing_balances_are_named() -> None:
    payload = margin_account()
    del payload["securitiesAccount"]["currentBalances"]
    reading = read(payload)
    assert [item.where for item in reading.unread] == ["currentBalances"]
    assert reading.balances[0].cash is None


# -- positions --------------------------------------------------------------------------------
def test_a_long_share() -> None:
    held = only(position())
    assert held.quantity == 100
    assert held.average_cost == Decimal("189.5")
    assert held.cost_basis == Decimal("18950")
    assert held.mark == Decimal("191.5")
    assert held.market_value == Decimal("19150")
    assert held.day_pl == Decimal("20")
    assert held.open_pl == Decimal("200")
    assert (held.instrument.cusip, held.instrument.asset_type) == ("037833100", AssetType.EQUITY)


@pytest.mark.parametrize("value", [-5000.0, 5000.0])
def test_a_short_share_is_negative_however_its_value_is_signed(value: float) -> None:
    held = only(
        position(
            longQuantity=0.0,
            shortQuantity=20.0,
            averagePrice=260.0,
            marketValue=value,
            longOpenProfitLoss=None,
            shortOpenProfitLoss=200.0,
        )
    )
    assert held.quantity == -20
    assert held.market_value == Decimal("-5000")
    assert held.mark == Decimal("250")
    assert held.cost_basis == Decimal("-5200")
    assert held.open_pl == Decimal("200")


def test_a_fraction_of_a_share_stays_exact() -> None:
    held = only(position(longQuantity=0.3333, averagePrice=150.0, marketValue=63.83))
    assert held.quantity == Decimal("0.3333")
    assert held.mark == Decimal("191.50915092")


def test_an_option_with_all_its_fields() -> None:
    held = with_instrument(
        {
            "assetType": "OPTION",
            "symbol": "AAPL  261218C00190000",
            "description": "APPLE INC 12/18/2026 $190 Call",
            "putCall": "CALL",
            "underlyingSymbol": "AAPL",
            "optionMultiplier": 100,
        },
        longQuantity=2.0,
        averagePrice=4.5,
        marketValue=1030.0,
    )
    what = held.instrument
    assert (what.underlying, what.right, what.strike) == ("AAPL", OptionRight.CALL, Decimal(190))
    assert what.expiry == date(2026, 12, 18)
    assert what.multiplier == 100
    assert held.mark == Decimal("5.15")
    assert held.cost_basis == Decimal("900")


def test_an_option_is_read_from_its_symbol_when_fields_are_missing() -> None:
    held = with_instrument(
        {"assetType": "OPTION", "symbol": "BRKB  270115P00412500"},
        longQuantity=0.0,
        shortQuantity=1.0,
        marketValue=-250.0,
    )
    what = held.instrument
    assert (what.underlying, what.right, what.strike) == (
        "BRKB",
        OptionRight.PUT,
        Decimal("412.5"),
    )
    assert what.expiry == date(2027, 1, 15)
    assert held.mark == Decimal("2.5")


@pytest.mark.parametrize("symbol", ["AAPL  261399C00190000", "WEIRD", "AAPL  261218X00190000"])
def test_an_option_with_an_odd_symbol_is_kept_without_its_terms(symbol: str) -> None:
    held = with_instrument({"assetType": "OPTION", "symbol": symbol})
    assert held.instrument.symbol == symbol
    assert held.instrument.asset_type is AssetType.OPTION
    assert held.instrument.expiry is None


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"assetType": "MUTUAL_FUND", "symbol": "SWPPX"}, AssetType.MUTUAL_FUND),
        (
            {
                "assetType": "COLLECTIVE_INVESTMENT",
                "symbol": "VTI",
                "type": "EXCHANGE_TRADED_FUND",
            },
            AssetType.ETF,
        ),
        (
            {"assetType": "COLLECTIVE_INVESTMENT", "symbol": "UIT1", "type": "UNIT_TRUST"},
            AssetType.OTHER,
        ),
        ({"assetType": "FIXED_INCOME", "symbol": "912828XX"}, AssetType.FIXED_INCOME),
        (
            {"assetType": "CASH_EQUIVALENT", "symbol": "SWVXX", "type": "MONEY_MARKET_FUND"},
            AssetType.CASH_EQUIVALENT,
        ),
        ({"assetType": "INDEX", "symbol": "$SPX"}, AssetType.INDEX),
        ({"assetType": "FUTURE", "symbol": "/ESZ26"}, AssetType.FUTURE),
        ({"assetType": "CRYPTO_NOTE", "symbol": "XBT"}, AssetType.UNKNOWN),
        ({"symbol": "NOTYPE"}, AssetType.UNKNOWN),
    ],
)
def test_kinds_of_instruments(given: payloads.Json, kind: AssetType) -> None:
    what = with_instrument(given).instrument
    assert what.asset_type is kind
    if given.get("assetType"):
        assert what.raw_type.startswith(given["assetType"]), "Schwab's own word is kept"


def test_a_bonds_cost_comes_from_money_because_its_price_is_per_hundred() -> None:
    held = with_instrument(
        {"assetType": "FIXED_INCOME", "symbol": "912828XX", "maturityDate": "2031-05-15"},
        longQuantity=10000.0,
        averagePrice=99.5,
        marketValue=9900.0,
        longOpenProfitLoss=-50.0,
    )
    assert held.cost_basis == Decimal("9950")
    assert held.instrument.expiry == date(2031, 5, 15)


def test_an_instrument_without_symbol_goes_by_its_cusip() -> None:
    assert with_instrument({"assetType": "EQUITY", "cusip": "123"}).instrument.symbol == "123"


def test_names_are_plain_text_of_bounded_length() -> None:
    held = with_instrument(
        {
            "assetType": "EQUITY",
            "symbol": "ATT",
            "description": "AT&amp;T\u202egnp.exe\n<b>" + "x" * 400,
        }
    )
    assert held.instrument.name.startswith("AT&Tgnp.exe <b>xxx")
    assert len(held.instrument.name) == 200


# -- cash that is swept ---------------------------------------------------------------------------
SWEEP = {"assetType": "CASH_EQUIVALENT", "symbol": "MMDA1", "type": "SWEEP_VEHICLE"}


def test_swept_cash_that_is_the_cash_figure_is_not_counted_again() -> None:
    sweep = position(instrument=SWEEP, longQuantity=25000.0, marketValue=25000.0)
    reading = read(margin_account(position(), sweep))
    balance = reading.balances[0]
    assert [held.instrument.symbol for held in reading.positions] == ["AAPL"]
    assert dict(balance.others)["sweep.MMDA1"] == Decimal("25000")
    total = sum((held.market_value or 0 for held in reading.positions), balance.cash or 0)
    assert total == balance.net_liquidation


def test_swept_cash_beside_the_cash_figure_stays_a_position() -> None:
    payload = margin_account(
        position(), position(instrument=SWEEP, longQuantity=10000.0, marketValue=10000.0)
    )
    payload["securitiesAccount"]["currentBalances"]["liquidationValue"] = 54150.0
    assert len(read(payload).positions) == 2


# -- quarantine -------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "bad",
    [
        {"instrument": {"assetType": "EQUITY", "symbol": "BAD"}, "longQuantity": "many"},
        {"instrument": {"assetType": "EQUITY", "symbol": "BAD"}},
        {"instrument": {"assetType": "EQUITY"}, "longQuantity": 1},
        {"longQuantity": 1.0},
        {"instrument": {"assetType": 5, "symbol": "BAD"}, "longQuantity": 1.0},
        "text",
        None,
        17,
        [],
    ],
)
def test_one_bad_position_is_named_and_the_others_kept(bad: payloads.Json) -> None:
    good = [position(), position(instrument={"assetType": "EQUITY", "symbol": "MSFT"})]
    reading = read(margin_account(good[0], bad, good[1]))
    assert [held.instrument.symbol for held in reading.positions] == ["AAPL", "MSFT"]
    assert [item.where for item in reading.unread] == ["positions[1]"]
    assert reading.unread[0].label in ("", "BAD")


def test_places_stay_true_when_several_records_are_bad_in_different_ways() -> None:
    no_quantity = {"instrument": {"assetType": "EQUITY", "symbol": "NOQ"}}
    reading = read(margin_account("text", position(), no_quantity))
    assert {item.where for item in reading.unread} == {"positions[0]", "positions[2]"}


def test_a_bad_figure_is_named_and_left_empty() -> None:
    payload = margin_account()
    payload["securitiesAccount"]["currentBalances"]["cashBalance"] = "n/a"
    payload["securitiesAccount"]["currentBalances"]["nested"] = {"a": 1}
    reading = read(payload)
    assert reading.balances[0].cash is None
    assert {item.where for item in reading.unread} == {
        "currentBalances.cashBalance",
        "currentBalances.nested",
    }
    assert reading.balances[0].net_liquidation == Decimal("44150")


@pytest.mark.parametrize("digits", ["1e400", "1" * 60, "0." + "1" * 40])
def test_figures_beyond_reason_are_refused_not_rounded(digits: str) -> None:
    raw = payloads.raw(margin_account()).replace(
        b'"cashBalance": 25000.0', b'"cashBalance": ' + digits.encode()
    )
    reading = replay(raw, Environment.PRACTICE, NOW)
    assert reading.balances[0].cash is None
    assert any(item.where.endswith("cashBalance") for item in reading.unread)


def test_amounts_keep_every_digit() -> None:
    raw = payloads.raw(margin_account()).replace(
        b'"cashBalance": 25000.0', b'"cashBalance": 123456789012345678.123456789'
    )
    balance = replay(raw, Environment.PRACTICE, NOW).balances[0]
    assert balance.cash == Decimal("123456789012345678.123456789")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"securitiesAccount": null}',
        b'{"securitiesAccount": {}}',
        b'{"securitiesAccount": {"accountNumber": "1", "currentBalances": {"x": NaN}}}',
        b'{"securitiesAccount": {"accountNumber": "1", "currentBalances": {"x": Infinity}}}',
        b"<html></html>",
        b'{"a":' * 70 + b"1" + b"}" * 70,
        b"\xff\xfe",
    ],
)
def test_what_is_no_account_is_a_protocol_error(raw: bytes) -> None:
    with pytest.raises(BrokerProtocolError):
        replay(raw, Environment.PRACTICE, NOW)


# -- accounts ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("nickname", "status"),
    [
        ("Roth IRA", TaxStatus.TAX_FREE),
        ("Roth Contributory IRA", TaxStatus.TAX_FREE),
        ("Rollover IRA", TaxStatus.TAX_DEFERRED),
        ("SEP-IRA", TaxStatus.TAX_DEFERRED),
        ("Individual 401k", TaxStatus.TAX_DEFERRED),
        ("Individual", TaxStatus.TAXABLE),
        ("Joint Tenant", TaxStatus.TAXABLE),
        ("Miranda's account", TaxStatus.UNKNOWN),
        ("", TaxStatus.UNKNOWN),
    ],
)
def test_tax_status_is_said_only_where_the_name_says_it(nickname: str, status: TaxStatus) -> None:
    assert tax_status(nickname) is status


# -- orders -----------------------------------------------------------------------------------
def read_order(payload: payloads.Json) -> Order:
    return order(JsonDecoder(wire.Order).decode(payloads.raw(payload)), ACCOUNT)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"stopPriceLinkType": "VALUE", "stopPriceOffset": 1.5}, (Decimal("1.5"), None, "")),
        ({"stopPriceLinkType": "PERCENT", "stopPriceOffset": 2.5}, (None, Decimal("2.5"), "")),
        ({"stopPriceLinkType": "TICK", "stopPriceOffset": 5}, (None, None, "5 TICK")),
        ({"stopPriceLinkType": "PARSEC"}, (None, None, "PARSEC")),
        ({"stopPriceLinkType": "VALUE", "stopPriceOffset": 0}, (None, None, "")),
        ({"stopPriceOffset": 1.5}, (None, None, "")),
        ({}, (None, None, "")),
    ],
)
def test_a_trail_is_told_with_its_measure(changes: payloads.Json, told: tuple[Any, ...]) -> None:
    found = read_order({**payloads.ORDER, "orderType": "TRAILING_STOP", **changes})
    assert (found.trail_amount, found.trail_percent, found.raw_trail) == told
    plain = read_order({**payloads.ORDER, **changes})
    assert (plain.trail_amount, plain.trail_percent, plain.raw_trail) == (None, None, "")


@pytest.mark.parametrize(
    ("word", "told"),
    [("ALL_OR_NONE", True), ("ALL_OR_NONE_DO_NOT_REDUCE", True), ("DO_NOT_REDUCE", None),
     (None, None)],
)  # fmt: skip
def test_all_or_none_is_told(word: str | None, told: bool | None) -> None:
    assert read_order({**payloads.ORDER, "specialInstruction": word}).all_or_none is told


def test_what_hangs_on_an_order_is_of_the_same_account() -> None:
    child = {**payloads.ORDER, "accountNumber": 99}
    given = {**payloads.ORDER, "accountNumber": 7, "childOrderStrategies": [child]}
    read = JsonDecoder(wire.Order).decode(payloads.raw(given))
    assert not belongs(read, "007")
    child["accountNumber"] = None
    assert belongs(JsonDecoder(wire.Order).decode(payloads.raw(given)), "007")


def test_an_order_in_full() -> None:
    read_back = read_order(payloads.ORDER)
    assert read_back.id == "1004712345678"
    assert read_back.status is OrderStatus.FILLED
    assert read_back.type is OrderType.LIMIT
    assert read_back.time_in_force is TimeInForce.DAY
    assert read_back.limit_price == Decimal("189.5")
    assert read_back.average_price == Decimal("189.48")
    assert read_back.legs[0].side is OrderSide.BUY
    assert read_back.entered_at == datetime(2026, 11, 20, 14, 31, 5, tzinfo=UTC)


def test_the_mean_price_is_over_fills_alone() -> None:
    def leg(quantity: float, price: float) -> payloads.Json:
        return {"quantity": quantity, "price": price}

    payload = {
        **payloads.ORDER,
        "orderActivityCollection": [
            {
                "activityType": "EXECUTION",
                "executionType": "FILL",
                "executionLegs": [leg(4, 10), leg(2, 13)],
            },
            {
                "activityType": "EXECUTION",
                "executionType": "CANCELED",
                "executionLegs": [leg(4, 0)],
            },
        ],
    }
    assert read_order(payload).average_price == Decimal("11")


def test_words_that_nobody_has_seen_are_kept() -> None:
    read_back = read_order(
        {**payloads.ORDER, "status": "ON_HOLIDAY", "orderType": "PEGGED", "duration": "ETERNAL"}
    )
    assert (read_back.status, read_back.raw_status) == (OrderStatus.UNKNOWN, "ON_HOLIDAY")
    assert (read_back.type, read_back.raw_type) == (OrderType.UNKNOWN, "PEGGED")
    assert read_back.time_in_force is TimeInForce.UNKNOWN


def test_a_bracket_keeps_its_children_and_a_group_without_id_gets_one() -> None:
    stop = {**payloads.ORDER, "orderId": 2, "status": "WORKING", "orderType": "STOP"}
    limit = {**payloads.ORDER, "orderId": 3, "status": "CANCELED"}
    group = {"orderStrategyType": "OCO", "childOrderStrategies": [stop, limit]}
    bracket = {
        **payloads.ORDER,
        "orderId": 1,
        "orderStrategyType": "TRIGGER",
        "childOrderStrategies": [group],
    }
    read_back = read_order(bracket)
    assert read_back.strategy == "TRIGGER"
    assert read_back.children[0].id == "1.1"
    assert read_back.children[0].status is OrderStatus.WORKING
    assert [child.id for child in read_back.children[0].children] == ["2", "3"]
    alone = read_order(group)
    assert alone.id == "group-2"
    with pytest.raises(ValueError):
        read_order({"orderStrategyType": "OCO"})


# -- transactions -----------------------------------------------------------------------------
def read_entry(payload: payloads.Json) -> Transaction:
    entry = transaction(JsonDecoder(wire.Transaction).decode(payloads.raw(payload)), ACCOUNT)
    assert entry is not None
    return entry


def test_a_purchase_takes_cash_and_brings_units() -> None:
    entry = read_entry(payloads.TRADE)
    assert entry.type is TransactionType.TRADE
    assert entry.amount == Decimal("-1895.45")
    assert entry.quantity == Decimal(10)
    assert entry.price == Decimal("189.48")
    assert entry.fees == Decimal("0.65")
    assert entry.instrument is not None
    assert entry.instrument.symbol == "AAPL"
    assert entry.order_id == "1004712345678"


@pytest.mark.parametrize("amount", [10.0, -10.0])
def test_a_sale_brings_cash_and_takes_units_however_they_are_signed(amount: float) -> None:
    item = {**payloads.TRADE["transferItems"][1], "amount": amount, "cost": 1894.8}
    entry = read_entry({**payloads.TRADE, "netAmount": 1894.8, "transferItems": [item]})
    assert (entry.amount, entry.quantity) == (Decimal("1894.8"), Decimal(-10))
    assert entry.fees is None


def test_every_documented_type_has_a_kind() -> None:
    kinds = {name: read_entry({**payloads.TRADE, "type": name}).type for name in TYPES}
    assert TransactionType.UNKNOWN not in kinds.values()
    assert kinds["WIRE_IN"] is TransactionType.DEPOSIT
    assert kinds["ELECTRONIC_FUND"] is TransactionType.WITHDRAWAL, "its amount is negative"
    unknown = read_entry({**payloads.TRADE, "type": "BARTER"})
    assert (unknown.type, unknown.raw_type) == (TransactionType.UNKNOWN, "BARTER")


def test_an_entry_that_schwab_calls_invalid_is_left_out() -> None:
    given = JsonDecoder(wire.Transaction).decode(
        payloads.raw({**payloads.TRADE, "status": "INVALID"})
    )
    assert transaction(given, ACCOUNT) is None


# -- quotes -----------------------------------------------------------------------------------
def test_quotes_say_their_source_and_age() -> None:
    batch = quotes(payloads.raw(payloads.QUOTES), NOW)
    quote = batch.items[0]
    assert quote.feed is PriceFeed.REAL_TIME
    assert quote.as_of == datetime(2026, 11, 20, 14, 1, 5, 436000, tzinfo=UTC)
    assert quote.name == "APPLE INC & CO"
    assert batch.unread[0].label == "ZZZZ"


@pytest.mark.parametrize(
    ("given", "feed"),
    [
        ({"quoteType": "NFL", "realtime": True, "quote": {}}, PriceFeed.DELAYED),
        ({"realtime": False, "quote": {}}, PriceFeed.DELAYED),
        ({"assetMainType": "MUTUAL_FUND", "quote": {"nAV": 88.1}}, PriceFeed.END_OF_DAY),
        ({"quote": {}}, PriceFeed.UNKNOWN),
    ],
)
def test_how_fresh_a_quote_can_be(given: payloads.Json, feed: PriceFeed) -> None:
    quote = quotes(payloads.raw({"X": given}), NOW).items[0]
    assert quote.feed is feed
    if feed is PriceFeed.END_OF_DAY:
        assert quote.last == Decimal("88.1")


def test_one_bad_quote_does_not_cost_the_others() -> None:
    batch = quotes(payloads.raw({"A": {"quote": 5}, "B": {"quote": {"bidPrice": 1}}, "C": []}), NOW)
    assert [quote.symbol for quote in batch] == ["B"]
    assert [item.label for item in batch.unread] == ["A", "C"]
