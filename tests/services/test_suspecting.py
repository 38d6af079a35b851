"""The rules that hold an answer back, on plain readings."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.services import a_position, a_reading, a_transaction

from brokerdesk.domain.balance import Balance
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import AssetType, TransactionType
from brokerdesk.domain.reading import Reading, Unread
from brokerdesk.domain.transaction import Transaction
from brokerdesk.services.suspecting import Rule, suspicion

A = AccountId("acme:1")
T0 = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
T1 = T0 + timedelta(minutes=5)
LAST = a_reading(A, T0)
FORTY = Decimal(40)


def rule(last: Reading | None, new: Reading, *booked: Transaction) -> Rule | None:
    found = suspicion(last, new, drop_percent=FORTY, transactions=booked)
    return found.rule if found else None


def test_the_first_reading_and_an_equal_one_are_sound() -> None:
    assert rule(None, a_reading(A, T1, positions=[], value=None, cash=None)) is None
    assert rule(LAST, a_reading(A, T1)) is None


def test_no_positions_where_there_were_some_is_held() -> None:
    found = suspicion(LAST, a_reading(A, T1, positions=[]), drop_percent=FORTY)
    assert found is not None
    assert found.rule is Rule.EMPTIED
    assert "no positions where there was 1" in found.reason


def test_an_account_that_never_had_positions_may_have_none() -> None:
    assert rule(a_reading(A, T0, positions=[]), a_reading(A, T1, positions=[])) is None


def test_positions_that_could_not_be_read_are_no_positions() -> None:
    new = a_reading(A, T1, positions=[], unread=(Unread(where="positions[0]", reason="Odd."),))
    assert rule(LAST, new) is Rule.EMPTIED


def test_sales_of_everything_explain_an_empty_account() -> None:
    sold = a_transaction(
        A, T1, "1000", type=TransactionType.TRADE, instrument=a_position().instrument
    )
    assert rule(LAST, a_reading(A, T1, positions=[]), sold) is None


def test_sales_of_a_part_do_not() -> None:
    last = a_reading(A, T0, positions=[a_position("ABC"), a_position("XYZ")])
    sold = a_transaction(
        A, T1, "1000", type=TransactionType.TRADE, instrument=a_position("ABC").instrument
    )
    assert rule(last, a_reading(A, T1, positions=[]), sold) is Rule.EMPTIED


@pytest.mark.parametrize(
    "entry",
    [
        {"type": TransactionType.DIVIDEND_OR_INTEREST},
        {"type": TransactionType.TRADE, "quantity": Decimal(3)},
        {"type": TransactionType.UNKNOWN},
    ],
)
def test_what_takes_nothing_away_explains_no_empty_account(entry: dict[str, Any]) -> None:
    """A dividend, a purchase or an entry of an unknown kind names the share that is gone."""
    booked = a_transaction(A, T1, "12", instrument=a_position().instrument, **entry)
    assert rule(LAST, a_reading(A, T1, positions=[]), booked) is Rule.EMPTIED


def test_a_short_position_is_taken_away_by_a_purchase() -> None:
    last = a_reading(A, T0, positions=[a_position(quantity="-10")])
    bought = a_transaction(
        A,
        T1,
        "-1000",
        type=TransactionType.TRADE,
        instrument=a_position().instrument,
        quantity=Decimal(10),
    )
    assert rule(last, a_reading(A, T1, positions=[]), bought) is None


FIVE = [a_position(symbol) for symbol in ("A", "B", "C", "D", "E")]


@pytest.mark.parametrize(("left", "held"), [(1, True), (2, True), (3, False), (5, False)])
def test_a_list_that_lost_more_than_the_share_is_held(left: int, held: bool) -> None:
    last, new = a_reading(A, T0, positions=FIVE), a_reading(A, T1, positions=FIVE[:left])
    assert rule(last, new) is (Rule.SHORTENED if held else None)


def test_records_that_could_not_be_read_are_missing_too() -> None:
    bad = tuple(Unread(where=f"positions[{n}]", reason="Odd.") for n in range(1, 5))
    new = a_reading(A, T1, positions=FIVE[:1], unread=bad)
    assert rule(a_reading(A, T0, positions=FIVE), new) is Rule.SHORTENED


def test_swept_cash_that_was_spent_is_no_missing_holding() -> None:
    fund = Instrument(symbol="SWEEP", asset_type=AssetType.CASH_EQUIVALENT)
    swept = replace(a_position(quantity="5000"), instrument=fund)
    last = a_reading(A, T0, positions=[swept, a_position("ABC")])
    assert rule(last, a_reading(A, T1, positions=[a_position("ABC"), a_position("NEW")])) is None
    assert rule(last, a_reading(A, T1, positions=[swept])) is Rule.SHORTENED


def test_sales_explain_a_shorter_list() -> None:
    sold = [
        a_transaction(
            A,
            T1,
            f"{n}",
            type=TransactionType.TRADE,
            instrument=held.instrument,
            quantity=-held.quantity,
        )
        for n, held in enumerate(FIVE[1:])
    ]
    assert (
        rule(a_reading(A, T0, positions=FIVE), a_reading(A, T1, positions=FIVE[:1]), *sold) is None
    )


@pytest.mark.parametrize("missing", ["cash", "value"])
def test_a_main_figure_that_is_left_out_is_held(missing: str) -> None:
    assert rule(LAST, a_reading(A, T1, **{missing: None})) is Rule.BALANCE_MISSING


def test_a_currency_with_money_may_not_vanish_but_an_empty_one_may() -> None:
    euro = Balance(currency="EUR", cash=Decimal(5), net_liquidation=Decimal(5))
    two = replace(LAST, balances=(*LAST.balances, euro))
    assert rule(two, a_reading(A, T1)) is Rule.BALANCE_MISSING
    none = replace(euro, cash=Decimal(0), net_liquidation=Decimal(0))
    assert rule(replace(LAST, balances=(*LAST.balances, none)), a_reading(A, T1)) is None


@pytest.mark.parametrize(("value", "held"), [("6000", False), ("5999.99", True), ("-1", True)])
def test_a_fall_by_more_than_the_setting_is_held(value: str, held: bool) -> None:
    assert (rule(LAST, a_reading(A, T1, value=value)) is Rule.DROPPED) is held


def test_a_withdrawal_explains_its_own_size_only() -> None:
    new = a_reading(A, T1, value="2000")
    assert rule(LAST, new, a_transaction(A, T1, "-8000")) is None
    assert rule(LAST, new, a_transaction(A, T1, "-3000")) is Rule.DROPPED


def test_a_withdrawal_in_another_currency_explains_nothing() -> None:
    paid = a_transaction(A, T1, "-8000", currency="EUR")
    assert rule(LAST, a_reading(A, T1, value="2000"), paid) is Rule.DROPPED


def test_a_loss_by_trading_is_not_explained_by_the_trade() -> None:
    traded = a_transaction(A, T1, "-8000", type=TransactionType.TRADE)
    assert rule(LAST, a_reading(A, T1, value="2000"), traded) is Rule.DROPPED


def test_securities_that_were_moved_out_explain_their_value() -> None:
    last = a_reading(A, T0, positions=[a_position("ABC", "60", "100"), a_position("XYZ")])
    moved = a_transaction(
        A,
        T1,
        "0",
        type=TransactionType.TRANSFER,
        instrument=Instrument(symbol="ABC", asset_type=AssetType.EQUITY),
        quantity=Decimal(-60),
    )
    new = a_reading(A, T1, value="4000", positions=[a_position("XYZ")])
    assert rule(last, new) is Rule.DROPPED
    assert rule(last, new, moved) is None


def test_an_account_in_debt_is_not_judged_by_shares() -> None:
    assert rule(a_reading(A, T0, value="-10"), a_reading(A, T1, value="-500")) is None


def test_a_hundred_percent_turns_the_rule_off() -> None:
    new = a_reading(A, T1, value="-5")
    assert suspicion(LAST, new, drop_percent=Decimal(100)) is None


money = st.decimals(0, 10**9, places=2)


@given(old=money, new=money, percent=st.integers(1, 99))
def test_exactly_the_falls_beyond_the_share_are_held(
    old: Decimal, new: Decimal, percent: int
) -> None:
    last, now = a_reading(A, T0, value=str(old)), a_reading(A, T1, value=str(new))
    found = suspicion(last, now, drop_percent=Decimal(percent))
    assert (found is not None) is (old > 0 and (old - new) * 100 > percent * old)


@given(old=money, paid=money, rest=money)
def test_what_was_paid_out_never_counts_as_loss(old: Decimal, paid: Decimal, rest: Decimal) -> None:
    last = a_reading(A, T0, value=str(old + paid))
    now = a_reading(A, T1, value=str(old))
    out = a_transaction(A, T1, str(-paid))
    assert suspicion(last, now, drop_percent=FORTY, transactions=[out]) is None
