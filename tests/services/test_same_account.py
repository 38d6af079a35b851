"""Which two accounts look like one, how surely, and for which reasons."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.services import a_position, an_account

from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import AccountType, AssetType, Environment, TaxStatus
from brokerdesk.domain.position import Position
from brokerdesk.domain.same_accounts import PairChoice, pair_of
from brokerdesk.services.institutions import Same, compare, institution
from brokerdesk.services.same_account import (
    Likeness,
    Side,
    judge,
    mask_digits,
    may_be_one,
    overlap_of,
)
from brokerdesk.services.same_account_questions import Candidates

NOON = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
HELD = (a_position("ABC"), a_position("DEF", "2.5"), a_position("GHI", "100", "3"))
CERTAIN, LIKELY, NO = Likeness.CERTAIN, Likeness.LIKELY, Likeness.NO


def side(connection: str = "acme-1", number: str = "11114821", **more: Any) -> Side:
    listed = {
        key: more.pop(key)
        for key in list(more)
        if key in ("institution", "number_mask", "environment", "tax_status", "type", "currency")
    }
    account = an_account(f"{connection}{number}", **{"number_mask": f"…{number[-4:]}", **listed})
    account = replace(account, institution=listed.get("institution", "Charles Schwab"))
    values: dict[str, Any] = {"positions": HELD, "worth": Decimal(1550), "at": NOON}
    return Side(account=account, connection=ConnectionId(connection), **(values | more))


def other(**more: Any) -> Side:
    return side("gather-1", **more)


def held(symbol: str, kind: AssetType, worth: str = "100") -> Position:
    return Position(
        instrument=Instrument(symbol=symbol, asset_type=kind),
        quantity=Decimal(5),
        market_value=Decimal(worth),
    )


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, CERTAIN),
        ({"institution": "Schwab"}, CERTAIN),
        ({"institution": "CHARLES SCHWAB & CO., INC."}, CERTAIN),
        ({"number_mask": "…821"}, CERTAIN),
        ({"worth": None}, CERTAIN),
        ({"worth": Decimal(1500)}, CERTAIN),
        ({"at": NOON - timedelta(days=30)}, CERTAIN),
        ({"positions": HELD[:1]}, LIKELY),
        ({"currency": "CAD"}, LIKELY),
        ({"type": AccountType.CASH}, LIKELY),
        ({"number_mask": ""}, LIKELY),
        ({"number_mask": "…21"}, LIKELY),
        ({"institution": ""}, LIKELY),
        ({"institution": "Some Clearing House"}, LIKELY),
        ({"institution": "", "number_mask": ""}, LIKELY),
        ({"institution": "", "number_mask": "", "worth": Decimal(1000)}, NO),
        ({"institution": "Fidelity", "number_mask": ""}, NO),
        ({"institution": "Fidelity", "positions": HELD[:2]}, NO),
        ({"positions": (a_position("XYZ"),), "worth": Decimal(10)}, NO),
        ({"positions": (a_position("XYZ"),), "worth": Decimal(1500)}, LIKELY),
        (
            {"positions": (a_position("XYZ"),), "worth": Decimal(10), "at": NOON - timedelta(30)},
            LIKELY,
        ),
        ({"number_mask": "…4822"}, NO),
        ({"number_mask": "…822"}, NO),
        ({"environment": Environment.PAPER}, NO),
        ({"environment": Environment.PRACTICE}, NO),
        ({"positions": (), "number_mask": ""}, NO),
    ],
)
def test_how_sure_it_is(more: dict[str, Any], expected: Likeness) -> None:
    one, two = side(), other(**more)
    assert judge(one, two).likeness is expected
    assert judge(two, one).likeness is expected
    assert bool(judge(one, two).reasons) is (expected is not NO)


def test_two_tax_kinds_are_two_accounts() -> None:
    roth, plain = TaxStatus.TAX_FREE, TaxStatus.TAXABLE
    assert judge(side(tax_status=roth), other(tax_status=plain)).likeness is NO
    assert judge(side(tax_status=roth), other()).likeness is CERTAIN


def test_accounts_of_one_list_are_never_one() -> None:
    assert judge(side(), side(number="99994821")).likeness is NO
    assert not may_be_one(side().account, side().account)


def test_empty_accounts_are_known_by_name_number_and_value() -> None:
    empty: dict[str, Any] = {"positions": (), "worth": Decimal(10)}
    assert judge(side(**empty), other(**empty)).likeness is CERTAIN
    assert judge(side(**empty), other(positions=(), worth=Decimal(99))).likeness is LIKELY
    assert judge(side(**empty), other(institution="", **empty)).likeness is LIKELY


def test_the_reasons_are_sentences_without_amounts() -> None:
    reasons = judge(side(), other(worth=Decimal(1540), at=NOON - timedelta(hours=26))).reasons
    assert reasons == (
        "Both are at Charles Schwab.",
        "Both numbers end in 4821.",
        "All 3 holdings are the same, in the same quantity.",
        "Their values differ by 0.6 %.",
        "Their figures are 26 hours apart.",
    )


def test_money_is_no_holding_and_decimals_may_be_cut() -> None:
    cash = held("SWGXX", AssetType.CASH_EQUIVALENT)
    found = overlap_of([a_position("ABC", "10.12345678"), cash], [a_position("ABC", "10.1234")])
    assert (found.common, found.all, found.share) == (1, 1, Decimal(1))


def test_a_coin_is_not_the_fund_of_its_letters() -> None:
    found = overlap_of([held("BTC", AssetType.CRYPTO)], [held("BTC", AssetType.ETF)])
    assert (found.common, found.all, found.share) == (0, 2, Decimal(0))


def test_the_share_is_of_the_value() -> None:
    large, small = held("BIG", AssetType.EQUITY, "900"), held("TINY", AssetType.EQUITY, "100")
    assert overlap_of([large], [large, small]).share == Decimal("0.9")


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        ("Charles Schwab", "Schwab Brokerage", Same.YES),
        ("E*TRADE", "E*Trade Securities LLC", Same.YES),
        ("Interactive Brokers", "IBKR", Same.YES),
        ("Interactive Brokers LLC", "Interactive Brokers U.K. Limited", Same.YES),
        ("Robinhood", "Robinhood Markets, Inc.", Same.YES),
        ("First Platypus Bank", "First Platypus Bank, N.A.", Same.YES),
        ("First Platypus Bank", "Houndstooth Bank", Same.NO),
        ("Fidelity", "Schwab", Same.NO),
        ("Fidelity", "", Same.UNKNOWN),
        ("Some House", "Some House Retirement Plans", Same.UNKNOWN),
    ],
)
def test_names_of_institutions(one: str, two: str, expected: Same) -> None:
    assert compare(one, two) is expected
    assert compare(two, one) is expected


def test_no_name_of_an_institution_is_two_institutions_and_each_knows_itself() -> None:
    import json

    from brokerdesk.paths import resource

    listed = json.loads(resource("institutions/names.json").read_text())["institutions"]
    forms = [form for names in listed.values() for form in names]
    assert len(forms) == len(set(forms))
    for title, names in listed.items():
        assert institution(title) == title
        assert {institution(form) for form in names} == {title}


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text_can_be_compared(one: str, two: str) -> None:
    assert compare(one, two) is compare(two, one)
    assert mask_digits(one).isupper() or mask_digits(one).upper() == mask_digits(one)


# Which pairs are asked about


def asked(*sides: Side, said: tuple[PairChoice, ...] = ()) -> list[tuple[AccountId, AccountId]]:
    candidates = Candidates([(one.account, one.connection) for one in sides], said)
    return [(one.first, one.second) for one in candidates.doubts(sides).questions]


def word(one: Side, two: Side, chosen: Side | None) -> PairChoice:
    first, second = pair_of(one.id, two.id)
    chose = chosen.id if chosen is not None else None
    return PairChoice(first=first, second=second, chosen=chose, decided_at=NOON)


def test_three_sources_are_asked_about_one_after_the_other() -> None:
    native, middle, last = side(), other(), side("third-1")
    assert asked(native, middle, last) == [(native.id, middle.id)]
    same = word(native, middle, native)
    assert asked(native, middle, last, said=(same,)) == [(native.id, last.id)]
    both = (same, word(native, last, last))
    assert asked(native, middle, last, said=both) == []
    apart = (same, word(native, last, None))
    assert asked(native, middle, last, said=apart) == []


def test_all_that_look_alike_are_told_though_one_question_is_asked() -> None:
    sides = (side(), other(), side("third-1"))
    candidates = Candidates([(one.account, one.connection) for one in sides], ())
    (group,) = candidates.doubts(sides).alike
    assert set(group) == {one.id for one in sides}


def test_of_two_accounts_of_one_list_only_the_sure_one_is_asked_about() -> None:
    native = side()
    sure, other_one = other(), other(number="77774821", number_mask="")
    assert asked(native, sure, other_one) == [(native.id, sure.id)]


def test_two_equally_sure_ones_are_both_only_likely() -> None:
    native, one, two = side(), other(), other(number="77774821")
    sides = (native, one, two)
    found = Candidates([(each.account, each.connection) for each in sides], ()).doubts(sides)
    assert [question.verdict.likeness for question in found.questions] == [LIKELY]


def test_other_digits_are_never_compared() -> None:
    candidates = Candidates(
        [(side().account, ConnectionId("a")), (other(number="5555").account, ConnectionId("b"))], ()
    )
    assert candidates.pairs == ()
    assert candidates.accounts == frozenset()
