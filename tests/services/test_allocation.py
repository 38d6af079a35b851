"""What a total consists of: classes that add up, debts apart, and the line between the figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.services import a_position, an_account

from brokerdesk.domain.balance import Balance
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import AssetType, ConnectionState
from brokerdesk.domain.position import Position
from brokerdesk.services.allocation import BETWEEN, by_class
from brokerdesk.services.asset_classes import asset_class
from brokerdesk.services.portfolio_view import AccountRow, PortfolioView, PositionRow, assemble
from brokerdesk.services.reconciling import reconcile

D = Decimal
NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


def balance(net: str | None, cash: str | None, **more: Any) -> Balance:
    return Balance(
        currency=more.pop("currency", "USD"),
        cash=None if cash is None else D(cash),
        net_liquidation=None if net is None else D(net),
        **more,
    )


def worth(value: str | None, symbol: str = "ABC", quantity: str = "1", **more: Any) -> Position:
    base = a_position(symbol, quantity)
    instrument = replace(base.instrument, **more)
    return replace(base, instrument=instrument, market_value=None if value is None else D(value))


def look(balances: Sequence[Balance], *held: Position, **more: Any) -> PortfolioView:
    account = an_account()
    row = AccountRow(
        account=account, name="A", connection=None, connection_name="", counts=True,
        balances=tuple(balances), as_of=NOW, fetched_at=NOW, age=timedelta(0), stale=False,
        state=ConnectionState.OK, state_text="", **more,
    )  # fmt: skip
    rows = [
        PositionRow(
            account=account.id, account_name="A", environment=account.environment,
            position=one, as_of=NOW, fetched_at=NOW,
        )
        for one in held
    ]  # fmt: skip
    return assemble(taken_at=NOW, as_of=None, connections=(), accounts=(row,), positions=rows)


# classes


@pytest.mark.parametrize(
    ("kind", "name", "more", "group"),
    [
        (AssetType.EQUITY, "Apple Inc", {"cusip": "037833100"}, "US stocks"),
        (AssetType.EQUITY, "Apple Inc", {"isin": "US0378331005"}, "US stocks"),
        (AssetType.EQUITY, "Accenture plc", {"cusip": "G1151C101"}, "International"),
        (AssetType.EQUITY, "Nestle", {"isin": "CH0038863350"}, "International"),
        (AssetType.EQUITY, "TAIWAN SEMICONDUCTOR ADR", {"cusip": "874039100"}, "International"),
        (AssetType.EQUITY, "Unknown", {}, "US stocks"),
        (AssetType.EQUITY, "", {}, "US stocks"),
        (AssetType.EQUITY, "Spotify Technology SA Common Stock", {}, "International"),
        (AssetType.EQUITY, "Shell plc", {}, "International"),
        (AssetType.EQUITY, "ASML Holding N.V.", {}, "International"),
        (AssetType.EQUITY, "Chubb NV Inc", {"cusip": "037833100"}, "US stocks"),
        (AssetType.EQUITY, "Salesforce, Inc.", {}, "US stocks"),
        (AssetType.EQUITY, "In pounds", {"currency": "GBP"}, "Stocks"),
        (AssetType.EQUITY, "In euro", {"cusip": "037833100", "currency": "EUR"}, "Stocks"),
        (AssetType.ETF, "Vanguard S&P 500 ETF", {}, "US stock funds"),
        (AssetType.ETF, "SCHWAB US DIVIDEND EQUITY ETF", {}, "US stock funds"),
        (AssetType.ETF, "ISHARES RUSSELL 2000 ETF", {}, "US stock funds"),
        (AssetType.ETF, "Vanguard Total International Stock ETF", {}, "International"),
        (AssetType.ETF, "iShares JP Morgan Emerging Markets Bond ETF", {}, "Bonds"),
        (AssetType.ETF, "Vanguard Total World Stock ETF", {}, "Funds"),
        (AssetType.ETF, "SPDR Gold Shares", {}, "Commodities"),
        (AssetType.ETF, "Goldman Sachs ActiveBeta ETF", {}, "Funds"),
        (AssetType.ETF, "iShares Bitcoin Trust", {}, "Crypto"),
        (AssetType.ETF, "Vanguard Real Estate ETF", {}, "Real estate"),
        (AssetType.ETF, "ARK Innovation ETF", {}, "Funds"),
        (AssetType.ETF, "", {}, "Funds"),
        (AssetType.MUTUAL_FUND, "Vanguard Target Retirement 2050 Fund", {}, "Target-date"),
        (AssetType.MUTUAL_FUND, "Fidelity 500 Index Fund", {}, "US stock funds"),
        (AssetType.MUTUAL_FUND, "SCHWAB VALUE ADVANTAGE MONEY FUND", {}, "Cash equivalents"),
        (AssetType.CASH_EQUIVALENT, "Sweep", {}, "Cash equivalents"),
        (AssetType.FIXED_INCOME, "US TREASURY NOTE", {}, "Bonds"),
        (AssetType.OPTION, "AAPL call", {}, "Options"),
        (AssetType.CRYPTO, "Bitcoin", {}, "Crypto"),
        (AssetType.FUTURE, "", {}, "Futures"),
        (AssetType.OTHER, "GRAYSCALE BITCOIN TRUST", {}, "Crypto"),
        (AssetType.UNKNOWN, "Something", {}, "Other"),
        (AssetType.INDEX, "S&P 500", {}, "Other"),
    ],
)
def test_a_class_comes_from_what_the_broker_says(
    kind: AssetType, name: str, more: dict[str, Any], group: str
) -> None:
    # The symbol is the same everywhere: it decides nothing.
    assert asset_class(Instrument(symbol="XYZ", asset_type=kind, name=name, **more)) == group
    bare = Instrument(symbol="XYZ", asset_type=kind, **more)
    assert asset_class(bare, name) == group


def test_what_is_owed_stands_apart_and_all_adds_up() -> None:
    view = look(
        [balance("1000", "300", others=(("marginBalance", D(-150)),))],
        worth("900", "A", cusip="0A"),
        worth("-50", "B", "-5", cusip="0B"),
    )
    found = {row.name: row.value for row in by_class(view)}
    assert found == {"US stocks": 900, "US stocks, short": -50, BETWEEN: -150}
    assert sum(found.values()) + 300 == 1000
    assert [row.share for row in by_class(view)] == [D(90), D(-5), D(-15)]


def test_a_value_that_is_not_known_is_counted_and_hides_the_rest() -> None:
    view = look([balance("1000", "300")], worth("500"), worth(None, "B"))
    (row,) = by_class(view)
    assert (row.name, row.value, row.unknown) == ("US stocks", D(500), 1)


def test_currencies_and_accounts_outside_totals_stay_outside() -> None:
    euro = worth("70", "E", currency="EUR")
    balances = [balance("100", "0"), balance("70", "0", currency="EUR")]
    view = look(balances, worth("100"), euro)
    assert [(row.currency, row.value) for row in by_class(view)] == [
        ("EUR", D(70)),
        ("USD", D(100)),
    ]
    assert by_class(look([balance("100", "0")], worth("100"), damaged=True)) == ()
    assert by_class(look([])) == ()


amounts = st.decimals(-(10**9), 10**9, places=2)


@given(amounts, amounts, st.lists(amounts, max_size=12))
def test_classes_and_cash_are_the_total_to_the_cent(
    net: Decimal, cash: Decimal, values: list[Decimal]
) -> None:
    held = [worth(str(value), f"S{n}") for n, value in enumerate(values)]
    view = look([balance(str(net), str(cash))], *held)
    rows = by_class(view)
    assert sum((row.value for row in rows), cash) == net
    if net > 0:
        shares = sum((row.share or D(0) for row in rows), D(0)) + cash * 100 / net
        assert abs(shares - 100) < D("0.0000001")


# reconciliation


def test_a_plain_account_adds_up_without_a_rest() -> None:
    found = reconcile(balance("1000", "100"), [worth("400"), worth("500")])
    assert (found.positions, found.residual, found.adds_up) == (D(900), D(0), True)
    empty = reconcile(balance("100", "100"), [])
    assert (empty.positions, empty.residual) == (D(0), D(0))


def test_a_rest_is_named_by_the_brokers_own_balances() -> None:
    others = (
        ("marginBalance", D(-400)),
        ("shortBalance", D(150)),
        ("sma", D(-250)),
        ("initialBalances.marginBalance", D(-250)),
        ("sweep.X", D(5)),
    )
    both = reconcile(balance("750", "100", others=others), [worth("900")])
    assert (both.residual, both.named, both.adds_up) == (D(-250), others[:2], True)
    one = reconcile(balance("600", "100", others=others), [worth("900")])
    assert one.named == others[:1]
    none = reconcile(balance("601", "100", others=others), [worth("900")])
    assert (none.residual, none.named, none.adds_up) == (D(-399), (), False)


def test_nothing_is_reconciled_with_what_is_not_known() -> None:
    assert reconcile(balance("1000", None), [worth("1")]).residual is None
    assert reconcile(balance(None, "1"), [worth("1")]).residual is None
    partly = reconcile(balance("1000", "100"), [worth("400"), worth(None)])
    assert (partly.positions, partly.residual, partly.unvalued) == (D(400), None, 1)
    assert not partly.adds_up


def test_another_currency_is_reconciled_with_its_own_balance() -> None:
    euro = worth("70", "E", currency="EUR")
    found = reconcile(balance("70", "0", currency="EUR"), [worth("900"), euro])
    assert (found.positions, found.residual) == (D(70), D(0))
