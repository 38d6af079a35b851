"""Plaid's records as facts: signs, totals, cash once, options, currencies, ids."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from support.plaid_payloads import (
    CASH,
    OPTION,
    TRADE,
    a_holding,
    a_security,
    an_account,
    an_answer,
    cash,
)

from brokerdesk.brokers.answers import Answer
from brokerdesk.brokers.plaid import loose, mapping, problems, wire
from brokerdesk.brokers.plaid.progress import progress
from brokerdesk.brokers.plaid.transactions import transaction
from brokerdesk.domain.ids import AccountId, account_id
from brokerdesk.domain.kinds import AccountType, AssetType, Environment, TaxStatus, TransactionType
from brokerdesk.domain.reading import Reading
from brokerdesk.errors import (
    AuthExpiredError,
    AuthRejectedError,
    BrokerError,
    BrokerRefusedError,
    BrokerUnavailableError,
    RateLimitedError,
)

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
ACCOUNT = AccountId(account_id("plaid", "practice", "x"))


def read(raw: bytes) -> Reading:
    return mapping.replay(raw, Environment.PRACTICE, NOW)


def booked(security: dict[str, Any] | None = None, **changes: Any) -> Any:
    given = msgspec.json.decode(json.dumps({**TRADE, **changes}), type=wire.Transaction)
    what = msgspec.json.decode(json.dumps(security or a_security()), type=wire.Security)
    return transaction(given, what, ACCOUNT)


# -- holdings ---------------------------------------------------------------------------------
def test_cost_is_a_total_and_the_average_is_derived() -> None:
    (held,) = read(an_answer(a_holding(quantity=4, cost_basis=30.0))).positions
    assert held.cost_basis == Decimal("30.0")
    assert held.average_cost == Decimal("7.5")
    assert held.market_value == Decimal("20.84")
    assert held.open_pl == Decimal("-9.16")


def test_without_a_cost_nothing_is_derived() -> None:
    (held,) = read(an_answer(a_holding(cost_basis=None))).positions
    assert (held.cost_basis, held.average_cost, held.open_pl) == (None, None, None)


def test_the_institutions_value_stands_even_where_price_times_quantity_differs() -> None:
    (held,) = read(an_answer(a_holding(institution_value=99.99))).positions
    assert held.market_value == Decimal("99.99")
    assert held.mark == Decimal("10.42")


def test_cash_among_the_holdings_is_cash_and_is_counted_once() -> None:
    account = an_account(balances={"current": 120.84, "available": 100, "iso_currency_code": "USD"})
    raw = an_answer(a_holding(), cash(100), securities=[a_security(), CASH], accounts=[account])
    reading = read(raw)
    (balance,) = reading.balances
    assert balance.cash == 100
    assert balance.net_liquidation == Decimal("120.84")
    assert [held.instrument.symbol for held in reading.positions] == ["DBLTX"]
    assert ("available", Decimal(100)) in balance.others


def test_foreign_cash_is_a_balance_of_its_own_without_a_total() -> None:
    euro = {**CASH, "security_id": "C2", "ticker_symbol": "CUR:EUR", "iso_currency_code": "EUR"}
    foreign = cash(7.5) | {"security_id": "C2", "iso_currency_code": "EUR"}
    base, other = read(an_answer(cash(3), foreign, securities=[CASH, euro])).balances
    assert (base.currency, base.cash) == ("USD", Decimal(3))
    assert (other.currency, other.cash) == ("EUR", Decimal("7.5"))
    assert other.net_liquidation is None


def test_a_fund_for_idle_cash_stays_a_holding() -> None:
    fund = a_security(type="cash", ticker_symbol="VMFXX", is_cash_equivalent=True)
    reading = read(an_answer(a_holding(), securities=[fund]))
    (held,) = reading.positions
    assert held.instrument.asset_type is AssetType.CASH_EQUIVALENT
    assert reading.balances[0].cash is None


@pytest.mark.parametrize(("available", "expected"), [(979.66, "979.66"), (500, None), (None, None)])
def test_available_is_cash_only_where_it_proves_to_be(
    available: float | None, expected: str | None
) -> None:
    balances = {"current": 1000.5, "available": available, "iso_currency_code": "USD"}
    raw = an_answer(a_holding(), accounts=[an_account(balances=balances)])
    found = read(raw).balances[0].cash
    assert found == (None if expected is None else Decimal(expected))


@pytest.mark.parametrize(("quantity", "value"), [(200, 2000.0), (2, 2000.0), (-200, -2000.0)])
def test_options_count_contracts_whichever_way_the_institution_counts(
    quantity: int, value: float
) -> None:
    holding = a_holding(
        quantity=quantity, institution_price=10, institution_value=value, cost_basis=1500
    )
    (held,) = read(an_answer(holding, securities=[OPTION])).positions
    assert held.quantity == (-2 if quantity < 0 else 2)
    assert held.instrument.multiplier == 100
    assert held.instrument.symbol == "NFLX  271217C00355000"
    assert held.instrument.underlying == "NFLX"
    assert held.instrument.expiry == date(2027, 12, 17)
    assert held.average_cost == Decimal("7.5")
    assert held.market_value == Decimal(str(value))


def test_a_short_holding_is_negative_however_its_value_is_signed() -> None:
    for value in (20.84, -20.84):
        (held,) = read(an_answer(a_holding(quantity=-2, institution_value=value))).positions
        assert held.market_value == Decimal("-20.84")
        assert held.cost_basis == -20


def test_a_fund_without_a_ticker_goes_by_its_name() -> None:
    what = a_security(ticker_symbol=None, name="Employer Stable Value Fund &amp; Trust Class IV")
    (held,) = read(an_answer(a_holding(), securities=[what])).positions
    assert held.instrument.symbol == "Employer Stable Value Fund & Tru"
    assert held.instrument.name == "Employer Stable Value Fund & Trust Class IV"


def test_holdings_without_security_or_currency_are_named_and_cost_no_other() -> None:
    raw = an_answer(
        a_holding(),
        a_holding(security_id="S9"),
        a_holding(iso_currency_code=None),
        {"account_id": "A1"},
        {"account_id": "A2"},
        a_holding(account_id="A9"),
    )
    reading = read(raw)
    assert len(reading.positions) == 1
    assert [unread.where for unread in reading.unread] == [
        "holdings[3]",
        "holdings[4]",
        "holdings[1]",
        "holdings[2]",
        "holdings[5]",
    ], "one that names no listed account is not lost either"


# -- accounts ---------------------------------------------------------------------------------
def identified(*accounts: dict[str, Any], institution: str = "ins_1") -> dict[str, str]:
    records = [msgspec.json.decode(json.dumps(one), type=wire.Account) for one in accounts]
    found = mapping.identify(records, institution, Environment.LIVE)
    return {record.account_id: str(own) for own, record in found.items()}


def test_an_account_keeps_its_id_when_plaids_own_changes() -> None:
    before = identified(an_account(account_id="old"))
    after = identified(an_account(account_id="new", name="Renamed"))
    assert before["old"] == after["new"]
    assert identified(an_account(), institution="ins_2")["A1"] != before["old"]


def test_accounts_alike_are_told_apart_by_name_and_then_by_id() -> None:
    twins = (an_account(), an_account(account_id="A2", name="Other"))
    assert len(set(identified(*twins).values())) == 2
    triplets = (an_account(), an_account(account_id="A2"), an_account(account_id="A3", mask=None))
    assert len(set(identified(*triplets).values())) == 3


def test_what_is_owed_is_no_account_here() -> None:
    card = an_account(account_id="A2", type="credit", subtype="credit card")
    loan = an_account(account_id="A3", type="loan", subtype="mortgage")
    assert set(identified(an_account(), card, loan)) == {"A1"}


@pytest.mark.parametrize(
    ("subtype", "tax", "kind"),
    [
        ("401k", TaxStatus.TAX_DEFERRED, AccountType.CASH),
        ("403B", TaxStatus.TAX_DEFERRED, AccountType.CASH),
        ("roth", TaxStatus.TAX_FREE, AccountType.CASH),
        ("brokerage", TaxStatus.TAXABLE, AccountType.UNKNOWN),
        ("something new", TaxStatus.UNKNOWN, AccountType.UNKNOWN),
    ],
)
def test_what_the_kind_of_account_says(subtype: str, tax: TaxStatus, kind: AccountType) -> None:
    given = msgspec.json.decode(json.dumps(an_account(subtype=subtype)), type=wire.Account)
    made = mapping.account(ACCOUNT, given, Environment.PRACTICE, "First Platypus Bank")
    assert (made.tax_status, made.type) == (tax, kind)
    assert made.number_mask == "…6666"


# -- transactions -----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("given", "amount", "quantity", "kind"),
    [
        ({"type": "buy", "amount": 7.7, "quantity": 0.7}, "-7.7", "0.7", TransactionType.TRADE),
        ({"type": "sell", "amount": -7.7, "quantity": -0.7}, "7.7", "-0.7", TransactionType.TRADE),
        ({"type": "sell", "amount": -7.7, "quantity": 0.7}, "7.7", "-0.7", TransactionType.TRADE),
        (
            {"type": "cash", "subtype": "dividend", "amount": -8.72, "quantity": 0},
            "8.72",
            None,
            TransactionType.DIVIDEND_OR_INTEREST,
        ),
        (
            {"type": "cash", "subtype": "withdrawal", "amount": 50, "quantity": 0},
            "-50",
            None,
            TransactionType.WITHDRAWAL,
        ),
        (
            {"type": "cash", "subtype": "contribution", "amount": -50, "quantity": 0},
            "50",
            None,
            TransactionType.DEPOSIT,
        ),
        (
            {"type": "fee", "subtype": "account fee", "amount": 5, "quantity": 0},
            "-5",
            None,
            TransactionType.FEE,
        ),
        (
            {"type": "transfer", "subtype": "split", "amount": 0, "quantity": 3},
            "0",
            "3",
            TransactionType.CORPORATE_ACTION,
        ),
        (
            {"type": "transfer", "subtype": "transfer", "amount": 0, "quantity": -3},
            "0",
            "-3",
            TransactionType.TRANSFER,
        ),
        ({"type": "new", "amount": 1, "quantity": 1}, "-1", "1", TransactionType.UNKNOWN),
    ],
)
def test_what_enters_is_positive(
    given: dict[str, Any], amount: str, quantity: str | None, kind: TransactionType
) -> None:
    found = booked(**given)
    assert found.amount == Decimal(amount)
    assert not found.amount.is_signed() or found.amount
    assert found.quantity == (None if quantity is None else Decimal(quantity))
    assert found.type is kind


def test_an_entry_of_a_day_stays_on_that_day() -> None:
    for stamp in (None, "2026-05-27T00:00:00Z"):
        assert booked(transaction_datetime=stamp).time.date() == date(2026, 5, 27)
    exact = booked(transaction_datetime="2026-05-27T14:31:05-04:00").time
    assert exact == datetime(2026, 5, 27, 18, 31, 5, tzinfo=UTC)


@pytest.mark.parametrize("quantity", [200, 2])
def test_options_traded_count_contracts(quantity: int) -> None:
    found = booked(OPTION, quantity=quantity, price=5, amount=1001.3, fees=1.3)
    assert found.quantity == 2
    assert found.fees == Decimal("1.3")


# -- errors -----------------------------------------------------------------------------------
@pytest.mark.parametrize("figure", ["price", "quantity", "amount"])
def test_a_figure_that_is_none_makes_the_entry_unread_and_nothing_worse(figure: str) -> None:
    with pytest.raises(ValueError):
        booked(OPTION, **{"quantity": 200, "price": 2.5, "amount": 500, figure: "NaN"})


def explained(code: str, kind: str = "ITEM_ERROR", status: int = 400) -> BrokerError | None:
    body = json.dumps({"error_type": kind, "error_code": code, "error_message": "m"}).encode()
    return problems.explain(Answer(status=status, content_type="application/json", body=body))


@pytest.mark.parametrize("status", [400, 401, 403, 500])
def test_codes_decide_whatever_status_they_come_with(status: int) -> None:
    assert isinstance(explained("ITEM_LOGIN_REQUIRED", status=status), AuthExpiredError)
    assert isinstance(explained("INVALID_API_KEYS", "INVALID_INPUT", status), AuthRejectedError)
    assert isinstance(explained("ITEM_NOT_FOUND", status=status), problems.ItemGoneError)


def test_other_codes() -> None:
    assert isinstance(explained("PRODUCT_NOT_READY"), BrokerUnavailableError)
    assert isinstance(explained("INSTITUTION_DOWN", "INSTITUTION_ERROR"), BrokerUnavailableError)
    assert isinstance(explained("X_LIMIT", "RATE_LIMIT_EXCEEDED"), RateLimitedError)
    assert isinstance(explained("NO_INVESTMENT_ACCOUNTS"), BrokerRefusedError)
    assert isinstance(explained("NEVER_SEEN"), BrokerRefusedError)
    assert explained("X_LIMIT", "RATE_LIMIT_EXCEEDED", 429) is None
    assert explained("INTERNAL", "NEW", 500) is None


# -- the page ---------------------------------------------------------------------------------
def test_the_newest_result_counts_and_leaving_after_it_does_not() -> None:
    body = {
        "link_sessions": [
            {"started_at": "1", "finished_at": "2", "exit": {"error": None}},
            {
                "started_at": "3",
                "finished_at": "4",
                "results": {
                    "item_add_results": [
                        {"public_token": "p", "institution": {"institution_id": "ins_1"}}
                    ]
                },
            },
            {"started_at": "5", "finished_at": "6", "exit": {"error": None}},
        ]
    }
    found = progress(msgspec.json.decode(json.dumps(body), type=wire.LinkAnswer))
    assert (found.public_token, found.institution_id) == ("p", "ins_1")
    assert not progress(wire.LinkAnswer()).ended
    body["link_sessions"] = body["link_sessions"][:1]
    assert progress(msgspec.json.decode(json.dumps(body), type=wire.LinkAnswer)).exited


def test_records_of_another_shape_are_unread_not_fatal() -> None:
    with pytest.raises(BrokerError):
        loose.holdings(b"[]")
    with pytest.raises(BrokerError):
        loose.holdings(b'{"accounts":[],"holdings":{}}')
    assert read(an_answer("text", 5, None)).unread
