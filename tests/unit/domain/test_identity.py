"""One thing is one row: what identifiers, symbols, series and pairs decide."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokerdesk.domain.identity import Identities, name_key, published_ids, same_as, same_thing
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import AssetType, OptionRight

APPLE = "037833100"


def made(symbol: str = "AAPL", kind: AssetType = AssetType.EQUITY, **more: Any) -> Instrument:
    return Instrument(symbol=symbol, asset_type=kind, **more)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (made(), made(), True),
        (made(cusip=APPLE), made("APPLE INC", cusip=APPLE), True),
        (made(cusip=APPLE), made("AAPL.US", isin="US0378331005"), True),
        (made(isin="US0378331005"), made(isin="US5949181045"), False),
        (made(figi="BBG000B9XRY4"), made(figi="BBG000B9XRY5"), False),
        (made(figi="BBG000B9XRY4", cusip=APPLE), made(figi="BBG000B9XRY4"), True),
        (made(figi="BBG000B9XRY4", cusip=APPLE), made(figi="BBG000B9XRY4", cusip="1" * 9), False),
        (made(cusip=APPLE), made(), True),
        (made(cusip=APPLE), made(isin="IE00B3XXRP09"), True),
        (made(cusip="see text"), made(cusip="whatever"), True),
        (made(), made(kind=AssetType.ETF), False),
        (made(cusip=APPLE), made(kind=AssetType.ETF, cusip=APPLE), True),
        (made(currency="USD"), made(currency="EUR"), False),
        (made(isin="US0378331005"), made(isin="US0378331005", currency="EUR"), False),
        (made("BTC", AssetType.CRYPTO), made("BTC", AssetType.ETF), False),
        (made("BTC", AssetType.CRYPTO), made("BTC/USD", AssetType.CRYPTO), True),
        (made("BTC-USD", AssetType.CRYPTO), made("BTC/USD", AssetType.CRYPTO), True),
        (made("BTC/USDT", AssetType.CRYPTO), made("BTC/USD", AssetType.CRYPTO), False),
        (made("BTC", AssetType.CRYPTO), made("BTC", AssetType.CRYPTO, currency="EUR"), False),
        (made("brk.b"), made("BRK.B"), True),
    ],
)
def test_what_is_the_same_thing(one: Instrument, other: Instrument, *, same: bool) -> None:
    assert same_thing(one, other) is same
    assert same_thing(other, one) is same


def option(symbol: str, **more: Any) -> Instrument:
    parts = {
        "underlying": "AAPL",
        "expiry": date(2027, 1, 15),
        "right": OptionRight.CALL,
        "strike": Decimal(150),
    }
    return made(symbol, AssetType.OPTION, **(parts | more))


def test_an_option_is_its_series_however_it_is_written() -> None:
    padded = option("AAPL  270115C00150000")
    for other in (
        option("AAPL270115C00150000"),
        option("AAPL Jan 15 2027 150 Call"),
        option("x", strike=Decimal("150.000")),
    ):
        assert same_thing(padded, other)
    for other in (
        option("AAPL  270115P00150000", right=OptionRight.PUT),
        option("AAPL  270115C00155000"),
        option("AAPL1 270115C00150000"),
        option("AAPL  270115C00150000", currency="CAD"),
        made("AAPL"),
    ):
        assert not same_thing(padded, other)


def test_an_option_is_never_its_underlying_whatever_identifier_it_carries() -> None:
    share = made("AAPL", cusip=APPLE)
    assert not same_thing(share, option("AAPL", cusip=APPLE, strike=None))
    assert published_ids(option("AAPL  270115C00150000", cusip=APPLE)) == ()


def test_what_lies_between_two_joins_them() -> None:
    """Two sources have nothing in common but a third that knows both."""
    known = Identities()
    first = known.number(made("BRK/B", cusip="084670702"))
    second = known.number(made("BRK.B", figi="BBG000DWG505"))
    assert known.root(first) != known.root(second)
    known.number(made("BERKSHIRE B", cusip="084670702", figi="BBG000DWG505"))
    assert known.root(first) == known.root(second) == first


def test_a_symbol_that_two_things_have_stays_apart_when_nothing_else_is_said() -> None:
    known = Identities()
    old, new = known.number(made("X", cusip="1" * 9)), known.number(made("X", cusip="2" * 9))
    bare = known.number(made("X"))
    again = known.number(made("X", name="the same, said again"))
    assert len({known.root(old), known.root(new), known.root(bare)}) == 3
    assert known.root(again) == known.root(bare)


def test_worlds_are_never_mixed() -> None:
    known = Identities()
    live, paper = known.number(made(), "live"), known.number(made(), "paper")
    assert known.root(live) != known.root(paper)


instruments = st.builds(
    Instrument,
    symbol=st.sampled_from(["A", "B", "BTC", "BTC/USD", "A  270115C00150000"]),
    asset_type=st.sampled_from(
        [AssetType.EQUITY, AssetType.ETF, AssetType.CRYPTO, AssetType.OPTION]
    ),
    currency=st.sampled_from(["USD", "EUR"]),
    cusip=st.sampled_from(["", "", "1" * 9, "2" * 9]),
    isin=st.sampled_from(["", "", "US1111111115", "IE00B3XXRP09"]),
    figi=st.sampled_from(["", "", "BBG000000001", "BBG000000002"]),
)


@given(st.lists(instruments, max_size=12))
def test_nothing_that_contradicts_itself_becomes_one(found: list[Instrument]) -> None:
    known = Identities()
    numbers = [known.number(one) for one in found]
    groups: dict[int, list[Instrument]] = {}
    for number, one in zip(numbers, found, strict=True):
        groups.setdefault(known.root(number), []).append(one)
    for members in groups.values():
        assert len({one.currency for one in members}) == 1
        kinds = {one.asset_type for one in members}
        assert len(kinds) == 1 or kinds <= {AssetType.EQUITY, AssetType.ETF}
        for kind in ("figi", "isin", "cusip"):
            told = {dict(published_ids(one)).get(kind) for one in members} - {None}
            assert len(told) <= 1


@given(st.lists(instruments, min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_what_was_numbered_once_keeps_its_number(found: list[Instrument], chance: Any) -> None:
    known = Identities()
    numbers = {id(one): known.number(one) for one in found}
    shuffled = list(found)
    chance.shuffle(shuffled)
    assert {id(one): known.number(one) for one in shuffled} == numbers
    assert all(known.root(number) <= number for number in numbers.values())


@given(st.lists(instruments, max_size=12))
def test_equal_descriptions_and_equal_names_without_identifiers_are_one(
    found: list[Instrument],
) -> None:
    known = Identities()
    bare = [one for one in found if not published_ids(one)]
    roots = {name_key(one): known.root(known.number(one)) for one in bare}
    for one in bare:
        assert known.root(known.number(one)) == known.root(roots[name_key(one)])


@given(instruments, st.lists(instruments, max_size=12))
def test_one_thing_is_found_among_many_as_by_comparing_each(
    one: Instrument, found: list[Instrument]
) -> None:
    is_it = same_as(one)
    assert [is_it(other) for other in (one, *found)] == [
        same_thing(one, other) for other in (one, *found)
    ]
