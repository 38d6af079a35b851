"""SnapTrade's records as facts: signs, cost, totals, words, times."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.snaptrade_payloads import (
    ACCOUNT,
    ACTIVITY,
    ID,
    OPTION,
    ORDER,
    POSITION,
    activity,
    portfolio,
)

from brokerdesk.brokers.decode import JsonDecoder
from brokerdesk.brokers.snaptrade import wire
from brokerdesk.brokers.snaptrade.accounts import account, link, tax_status
from brokerdesk.brokers.snaptrade.orders import order, together
from brokerdesk.brokers.snaptrade.portfolio import replay
from brokerdesk.brokers.snaptrade.times import booked, moment
from brokerdesk.brokers.snaptrade.transactions import transaction
from brokerdesk.domain.ids import account_id
from brokerdesk.domain.kinds import (
    AccountType,
    AssetType,
    Environment,
    OptionRight,
    OrderSide,
    OrderStatus,
    OrderType,
    TaxStatus,
    TradingSession,
    TransactionType,
)
from brokerdesk.domain.reading import Reading
from brokerdesk.errors import BrokerProtocolError

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
MINE = account_id("snaptrade", "practice", ID)


def read(**changes: Any) -> Reading:
    return replay(json.dumps(portfolio(**changes)).encode(), Environment.PRACTICE, NOW)


def decoded(kind: Any, record: dict[str, Any]) -> Any:
    return JsonDecoder(kind).decode(json.dumps(record).encode())


def booked_as(**changes: Any) -> Any:
    return transaction(decoded(wire.Activity, activity(**changes)), MINE)


# -- positions -------------------------------------------------------------------------------------
def test_cost_is_per_unit_here_and_a_total_in_the_domain() -> None:
    held = read().positions[0]
    assert held.quantity == Decimal("10.5")
    assert held.average_cost == Decimal("118.2")
    assert held.cost_basis == Decimal("1241.10")
    assert held.market_value == Decimal("1296.225")
    assert held.open_pl == Decimal("55.125")
    assert held.instrument.figi == "BBG000000001"


def test_an_option_is_priced_per_share_and_counted_in_contracts() -> None:
    held = read(positions=[OPTION]).positions[0]
    assert held.quantity == -1
    assert held.market_value == Decimal("-1920.0")
    assert held.average_cost == Decimal("18.0")
    assert held.cost_basis == Decimal("-1800.0")
    assert held.open_pl == Decimal("-120.0")
    what = held.instrument
    assert (what.strike, what.expiry, what.right) == (
        Decimal(240),
        date(2026, 12, 18),
        OptionRight.CALL,
    )
    assert what.underlying == "AAPL"
    assert what.symbol == "AAPL  261218C00240000"


@pytest.mark.parametrize("as_text", [True, False])
def test_amounts_are_exact_as_texts_and_as_numbers(as_text: bool) -> None:
    units = "0.12345678901234567890" if as_text else 0.1
    raw = json.dumps(portfolio(positions=[{**POSITION, "units": units}])).encode()
    held = replay(raw, Environment.PRACTICE, NOW).positions[0]
    assert held.quantity == Decimal(str(units))


@given(
    units=st.decimals(
        allow_nan=False, allow_infinity=False, places=12, min_value=-(10**9), max_value=10**9
    ),
    price=st.decimals(
        allow_nan=False, allow_infinity=False, places=8, min_value=0, max_value=10**7
    ),
)
def test_values_are_never_rounded(units: Decimal, price: Decimal) -> None:
    record = {**POSITION, "units": format(units, "f"), "price": format(price, "f")}
    (held,) = read(positions=[record]).positions
    assert held.market_value is not None
    numerator, denominator = units.as_integer_ratio()
    above, below = price.as_integer_ratio()
    found = held.market_value.as_integer_ratio()
    assert found[0] * denominator * below == numerator * above * found[1]


@pytest.mark.parametrize("field", ["price", "cost_basis"])
def test_what_is_not_told_stays_unknown(field: str) -> None:
    (held,) = read(positions=[{**POSITION, field: None}]).positions
    assert held.open_pl is None
    assert (held.market_value is None) == (field == "price")
    assert (held.cost_basis is None) == (field == "cost_basis")


def test_a_holding_without_a_quantity_is_named_and_no_sum_is_made() -> None:
    reading = read(positions=[{**POSITION, "units": None}], total=None)
    assert not reading.positions
    assert [one.label for one in reading.unread] == ["VAB.TO"]
    assert reading.balances[0].net_liquidation is None


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("stock", AssetType.EQUITY),
        ("etf", AssetType.ETF),
        ("mutualfund", AssetType.MUTUAL_FUND),
        ("crypto", AssetType.CRYPTO),
        ("future", AssetType.FUTURE),
        ("future_option", AssetType.OPTION),
        ("future-option", AssetType.OPTION),
        ("tokenized-asset", AssetType.OTHER),
        ("bond", AssetType.FIXED_INCOME),
        ("SOMETHING_NEW", AssetType.UNKNOWN),
        (None, AssetType.UNKNOWN),
    ],
)
def test_kinds(kind: str | None, expected: AssetType) -> None:
    instrument = {**POSITION["instrument"], "kind": kind}
    (held,) = read(positions=[{**POSITION, "instrument": instrument}]).positions
    assert held.instrument.asset_type is expected
    assert held.instrument.raw_type == (kind or "")


def test_a_bond_is_not_valued_because_its_price_could_mean_two_things() -> None:
    instrument = {**POSITION["instrument"], "kind": "bond"}
    reading = read(positions=[{**POSITION, "instrument": instrument, "currency": "USD"}])
    assert reading.positions[0].market_value is None
    assert reading.balances[0].net_liquidation == Decimal("1597.5")


# -- sums ------------------------------------------------------------------------------------------
def fund(**changes: Any) -> dict[str, Any]:
    instrument = {
        "kind": "mutualfund",
        "id": "f",
        "symbol": "SPAXX",
        "raw_symbol": "SPAXX",
        "currency": "USD",
    }
    row = {"instrument": instrument, "units": "300", "price": "1", "currency": "USD"}
    return {**row, "cash_equivalent": True, **changes}


def test_cash_in_a_fund_counts_once() -> None:
    reading = read(positions=[fund()], total=300.71)
    assert not reading.positions
    assert dict(reading.balances[0].others) == {"sweep.SPAXX": Decimal(300)}
    assert reading.balances[0].net_liquidation == Decimal("300.71")


def test_a_fund_that_the_total_proves_to_be_apart_stays_a_holding() -> None:
    reading = read(positions=[fund()], total=600.71)
    assert [held.instrument.symbol for held in reading.positions] == ["SPAXX"]
    assert reading.positions[0].instrument.asset_type is AssetType.CASH_EQUIVALENT


def test_a_fund_worth_more_than_all_cash_stays_a_holding() -> None:
    reading = read(positions=[fund(units="9000")], total=None)
    assert len(reading.positions) == 1


def test_without_a_total_the_sum_is_made_and_with_an_old_one_both_are_kept() -> None:
    own = {**POSITION, "currency": "USD"}
    assert read(positions=[own], total=None).balances[0].net_liquidation == Decimal("1596.935")
    old = read(positions=[own], total=1000).balances[0]
    assert old.net_liquidation == Decimal("1596.935")
    assert dict(old.others)["reported.total"] == Decimal(1000)
    new = read(positions=[own], total=1597.5).balances[0]
    assert new.net_liquidation == Decimal("1597.5")


def test_each_currency_has_its_own_sum() -> None:
    dollars, canadian = read(total=2000).balances
    assert (dollars.currency, dollars.net_liquidation) == ("USD", Decimal("300.71"))
    assert (canadian.currency, canadian.cash) == ("CAD", None)
    assert canadian.net_liquidation is None, "what of it is cash was not told"


def test_no_balances_at_all_are_told() -> None:
    reading = read(balances=[], positions=[])
    assert reading.unread[0].where == "balances"
    assert reading.balances[0].cash is None
    assert reading.balances[0].net_liquidation == Decimal("1597.5")


@pytest.mark.parametrize("spoiled", [{"currency": {"code": "dollars"}}, {"currency": None}, {}])
def test_a_balance_without_a_currency_is_named(spoiled: dict[str, Any]) -> None:
    reading = read(balances=[{"cash": 5, **spoiled}], positions=[])
    assert [one.where for one in reading.unread] == ["balances[0]"]


def test_as_of_is_the_sources_own_time_and_never_ahead() -> None:
    assert read().as_of == datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
    assert read(as_of="2027-01-01T00:00:00Z").as_of == NOW
    assert read(as_of=None).as_of == datetime(2026, 11, 20, 14, 42, 46, 561408, tzinfo=UTC)


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b'{"account": {}}', b"null"])
def test_what_is_no_portfolio_is_refused(raw: bytes) -> None:
    with pytest.raises(BrokerProtocolError):
        replay(raw, Environment.PRACTICE, NOW)


# -- activities ------------------------------------------------------------------------------------
def test_a_purchase_brings_units_and_takes_cash() -> None:
    found = booked_as()
    assert found.type is TransactionType.TRADE
    assert found.amount == Decimal("-950.5")
    assert found.quantity == 5
    assert found.price == Decimal("190.1")
    assert found.time == datetime(2026, 3, 22, 16, 27, 55, tzinfo=UTC)
    assert found.settlement_date == date(2026, 3, 24)


@pytest.mark.parametrize("units", [5, -5])
def test_a_sale_takes_units_whatever_their_sign(units: int) -> None:
    found = booked_as(type="SELL", units=units, amount=950.5)
    assert found.quantity == -5
    assert found.amount == Decimal("950.5")


def test_the_money_says_the_direction_of_a_trade() -> None:
    assert booked_as(type="BUY", amount=950.5).quantity == -5, "a purchase that was undone"
    assert booked_as(type="BUY", amount=0).quantity == 5


@pytest.mark.parametrize(
    ("amount", "fee", "net"),
    [
        (-951.5, 1, "-951.5"),
        (-950.5, 1, "-951.5"),
        (-950.5, 0, "-950.5"),
        (-950.5, None, "-950.5"),
        (-700, 1, "-700"),
    ],
)
def test_a_fee_counts_once(amount: float, fee: float | None, net: str) -> None:
    found = booked_as(amount=amount, fee=fee)
    assert found.amount == Decimal(net)
    assert found.fees == (None if fee is None else fee)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("DIVIDEND", TransactionType.DIVIDEND_OR_INTEREST),
        ("INTEREST", TransactionType.DIVIDEND_OR_INTEREST),
        ("CONTRIBUTION", TransactionType.DEPOSIT),
        ("WITHDRAWAL", TransactionType.WITHDRAWAL),
        ("FEE", TransactionType.FEE),
        ("TAX", TransactionType.FEE),
        ("SPLIT", TransactionType.CORPORATE_ACTION),
        ("TRANSFER", TransactionType.TRANSFER),
        ("REI", TransactionType.TRADE),
        ("Journalled thing", TransactionType.UNKNOWN),
    ],
)
def test_kinds_of_entries(kind: str, expected: TransactionType) -> None:
    found = booked_as(type=kind)
    assert found.type is expected
    assert found.raw_type == kind


def test_units_of_a_dividend_are_no_movement() -> None:
    assert booked_as(type="DIVIDEND", units=100, amount=12.5).quantity is None


@pytest.mark.parametrize(
    ("kind", "units", "expected"),
    [
        ("EXTERNAL_ASSET_TRANSFER_IN", -3, 3),
        ("EXTERNAL_ASSET_TRANSFER_OUT", 3, -3),
        ("OPTIONEXPIRATION", -2, -2),
        ("SPLIT", 10, 10),
    ],
)
def test_what_moves_without_cash(kind: str, units: int, expected: int) -> None:
    found = booked_as(type=kind, units=units, amount=None)
    assert found.amount == 0
    assert found.quantity == expected


def test_cash_of_an_unknown_amount_is_not_guessed() -> None:
    with pytest.raises(ValueError, match="no amount"):
        booked_as(amount=None)


def test_a_mere_date_keeps_its_day() -> None:
    assert booked_as(trade_date="2026-03-22T00:00:00Z").time == datetime(
        2026, 3, 22, 12, tzinfo=UTC
    )
    assert booked_as(trade_date="2026-03-22").time == datetime(2026, 3, 22, 12, tzinfo=UTC)
    assert booked_as(trade_date=None).time == datetime(2026, 3, 24, 12, tzinfo=UTC)
    with pytest.raises(ValueError, match="no time"):
        booked_as(trade_date=None, settlement_date=None)


def test_an_entry_without_an_id_has_one_by_its_content() -> None:
    first, again, other = booked_as(id=None), booked_as(id=None), booked_as(id=None, units=6)
    assert first.id == again.id
    assert first.id != other.id
    assert len(first.id) == 32


# -- orders ----------------------------------------------------------------------------------------
def ordered(**changes: Any) -> Any:
    return order(decoded(wire.Order, {**ORDER, **changes}), MINE)


def test_an_order_that_is_partly_filled_still_works() -> None:
    found = ordered()
    assert found.status is OrderStatus.WORKING
    assert (found.quantity, found.filled_quantity) == (100, 80)
    assert found.type is OrderType.LIMIT
    assert found.average_price == Decimal("12.34")
    assert found.legs[0].side is OrderSide.BUY
    assert found.closed_at is None


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("EXECUTED", OrderStatus.FILLED),
        ("PARTIAL_CANCELED", OrderStatus.CANCELLED),
        ("FAILED", OrderStatus.REJECTED),
        ("PENDING_RISK_REVIEW", OrderStatus.PENDING),
        ("NONE", OrderStatus.UNKNOWN),
        ("STOPPED", OrderStatus.UNKNOWN),
        ("BRAND_NEW", OrderStatus.UNKNOWN),
        (None, OrderStatus.UNKNOWN),
    ],
)
def test_states(status: str | None, expected: OrderStatus) -> None:
    found = ordered(status=status)
    assert found.status is expected
    assert found.raw_status == (status or "")


@pytest.mark.parametrize(
    ("action", "side"),
    [
        ("SELL_SHORT", OrderSide.SELL_SHORT),
        ("BUY_COVER", OrderSide.BUY_TO_COVER),
        ("BUY_OPEN", OrderSide.BUY_TO_OPEN),
        ("SELL_TO_CLOSE", OrderSide.SELL_TO_CLOSE),
        ("ODD", OrderSide.UNKNOWN),
    ],
)
def test_sides(action: str, side: OrderSide) -> None:
    assert ordered(action=action).legs[0].side is side


@pytest.mark.parametrize(
    ("trail", "told"),
    [
        ({"amount": "1.5", "type": "DOLLAR"}, (Decimal("1.5"), None, "")),
        ({"amount": "2.5", "type": "PERCENT"}, (None, Decimal("2.5"), "")),
        ({"amount": "2.5", "type": "PIP"}, (None, None, "PIP")),
        ({"amount": None, "type": "DOLLAR"}, (None, None, "")),
        (None, (None, None, "")),
    ],
)
def test_a_trail_is_told_with_its_measure(trail: Any, told: tuple[Any, ...]) -> None:
    found = ordered(order_type="TrailingStop", trailing_stop=trail)
    assert (found.trail_amount, found.trail_percent, found.raw_trail) == told


def test_the_last_day_and_the_session_are_told_where_there_is_one() -> None:
    lasting = ordered(time_in_force="GTD", expiry_date="2027-01-15T00:00:00Z")
    assert lasting.good_till == date(2027, 1, 15)
    assert ordered(time_in_force="Day", expiry_date="2027-01-15").good_till is None
    assert ordered(time_in_force="EHP").session is TradingSession.EXTENDED
    assert ordered(time_in_force="Day").session is TradingSession.UNKNOWN


def test_an_order_over_an_amount_of_money_has_what_is_known_of_it() -> None:
    found = ordered(total_quantity=None, open_quantity=None, filled_quantity="1.5")
    assert found.quantity == Decimal("1.5")


def test_an_order_that_triggers_others_holds_them() -> None:
    parent = {
        **ORDER,
        "brokerage_order_id": "a",
        "order_role": "TRIGGER",
        "brokerage_group_order_id": "g",
        "child_brokerage_order_ids": {"take_profit_order_id": "b"},
    }
    child = {**ORDER, "brokerage_order_id": "b"}
    grouped = {
        **ORDER,
        "brokerage_order_id": "c",
        "order_role": "CONDITIONAL",
        "brokerage_group_order_id": "g",
    }
    alone = {**ORDER, "brokerage_order_id": "d"}
    records = {
        record["brokerage_order_id"]: decoded(wire.Order, record)
        for record in (child, parent, grouped, alone)
    }
    found = together(records, [order(one, MINE) for one in records.values()])
    assert [one.id for one in found] == ["a", "d"]
    assert [one.id for one in found[0].children] == ["b", "c"]


def test_orders_that_name_each_other_in_a_circle_are_all_kept() -> None:
    def one(name: str, child: str) -> dict[str, Any]:
        children = {"take_profit_order_id": child, "stop_loss_order_id": name}
        return {**ORDER, "brokerage_order_id": name, "child_brokerage_order_ids": children}

    records = {n: decoded(wire.Order, one(n, c)) for n, c in (("a", "b"), ("b", "c"), ("c", "a"))}
    found = together(records, [order(each, MINE) for each in records.values()])
    seen = [each.id for each in found] + [c.id for each in found for c in each.children]
    assert sorted(seen) == ["a", "b", "c"]


# -- accounts and connections ----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("raw_type", "name", "kind", "tax"),
    [
        ("Margin", "Individual", AccountType.MARGIN, TaxStatus.TAXABLE),
        ("Cash", "x", AccountType.CASH, TaxStatus.TAXABLE),
        ("Crypto", "x", AccountType.CASH, TaxStatus.UNKNOWN),
        ("Roth IRA", "x", AccountType.CASH, TaxStatus.TAX_FREE),
        ("ROLLOVER_IRA", "x", AccountType.CASH, TaxStatus.TAX_DEFERRED),
        ("RRSP", "x", AccountType.CASH, TaxStatus.TAX_DEFERRED),
        (None, None, AccountType.UNKNOWN, TaxStatus.UNKNOWN),
    ],
)
def test_types(raw_type: str | None, name: str | None, kind: AccountType, tax: TaxStatus) -> None:
    given_account = decoded(wire.Account, {**ACCOUNT, "raw_type": raw_type, "name": name})
    found = account(given_account, None, Environment.PRACTICE)
    assert found.type is kind
    assert found.tax_status is tax
    assert tax_status(f"{raw_type} {name}") is tax


@pytest.mark.parametrize("number", ["Q6542138443", "****8443", "••••8443", "8443"])
def test_only_the_last_four_are_shown(number: str) -> None:
    record = {**ACCOUNT, "number": number, "name": f"Individual {number}"}
    found = account(decoded(wire.Account, record), None, Environment.PRACTICE)
    assert found.number_mask == "…8443"
    assert found.name == "Individual …8443"


def test_a_brokerages_own_practice_account_is_never_live() -> None:
    given_account = decoded(wire.Account, {**ACCOUNT, "is_paper": True})
    assert account(given_account, None, Environment.LIVE).environment is Environment.PAPER
    assert account(given_account, None, Environment.PRACTICE).environment is Environment.PRACTICE


def brokerage(**changes: Any) -> Any:
    record = {
        "id": "c",
        "type": "trade",
        "disabled": False,
        "brokerage": {"slug": "ROBINHOOD", "name": "Robinhood", "allows_trading": True},
    }
    return link(decoded(wire.Authorization, {**record, **changes}))


def test_what_a_brokerage_allows_is_data() -> None:
    assert brokerage().trades is True
    assert brokerage(type="read").trades is False
    assert "reading only" in " ".join(brokerage(type="read").notes)
    interactive = {"slug": "INTERACTIVE-BROKERS-FLEX", "allows_trading": True}
    assert brokerage(brokerage=interactive).trades is False
    assert brokerage(brokerage=interactive).notes
    assert brokerage(brokerage=None).institution == "A brokerage"
    assert brokerage(brokerage={"slug": "X", "maintenance_mode": True}).notes
    assert brokerage(disabled=True).working is False


@pytest.mark.parametrize(
    ("mode", "live"),
    [
        ("realtime", True),
        ("delayed", False),
        ({"institution": "realtime", "snaptrade": "realtime"}, True),
        ({"institution": "realtime", "snaptrade": "delayed"}, False),
        ({}, None),
        (None, None),
        (7, None),
    ],
)
def test_how_fresh_figures_are_is_a_word_or_two(mode: Any, live: bool | None) -> None:
    assert brokerage(data_freshness_mode=mode).live is live


# -- times -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "text",
    [
        "2024-06-28 18:42:46.561408+00:00",
        "2024-06-28T18:42:46.561408Z",
        "2024-06-28T18:42:46.561408999Z",
        "2024-06-28T20:42:46.561408+02:00",
        "2024-06-28T20:42:46.561408+0200",
    ],
)
def test_times_in_all_their_forms(text: str) -> None:
    assert moment(text) == datetime(2024, 6, 28, 18, 42, 46, 561408, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["now", "2024-06-28T18:42:46", "2024-13-01", "0001-01-01T00:00:00+14:00"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        moment(text)
    assert booked(None) is None


def test_activity_payload_is_the_documented_one() -> None:
    assert set(ACTIVITY) >= {"id", "type", "amount", "units", "trade_date"}
