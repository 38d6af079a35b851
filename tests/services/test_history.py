"""Totals over time against a naive oracle, and what a change over a range is made of."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Context, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.services import a_transaction

from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import AssetType, TransactionType
from brokerdesk.services.history import AccountSeries, History, total_history
from brokerdesk.services.history_facts import Flow, daily_marks, exact_sum, flows_of
from brokerdesk.services.history_ranges import Range, months_before, starts

FIRST = date(2026, 1, 5).toordinal()
TODAY = date(2026, 11, 20)
WIDE = Context(prec=400)


def series(
    name: str, points: Mapping[int, int], *, exponent: int = 0, ends: int | None = None
) -> AccountSeries:
    return AccountSeries(
        account=AccountId(f"acme:{name}"),
        days=array("i", sorted(points)),
        units=[points[day] for day in sorted(points)],
        exponent=exponent,
        ends=ends,
    )


def figures(*values: Decimal | int | None) -> list[object]:
    return list(values)


def flow(name: str, day: int, amount: str | None) -> Flow:
    return Flow(
        account=AccountId(f"acme:{name}"),
        day=day,
        amount=None if amount is None else Decimal(amount),
    )


def totals(history: History) -> dict[int, Decimal]:
    line = history.over(Range.ALL, date.max)
    return {day: line.value(index) for index, day in enumerate(line.xs)}


@st.composite
def accounts(draw: st.DrawFn) -> list[AccountSeries]:
    """Several accounts that begin, pause, end, and are written with different exponents.

    Some share their days, as accounts that are refreshed together do.
    """
    shared = draw(st.lists(st.integers(0, 60), unique=True, max_size=25))
    made = []
    for number in range(draw(st.integers(0, 5))):
        own = draw(st.lists(st.integers(0, 60), unique=True, max_size=25))
        days = sorted(shared if draw(st.booleans()) else own)
        amounts = st.integers(-(10**30), 10**30) if draw(st.booleans()) else st.integers(-99, 99)
        made.append(
            AccountSeries(
                account=AccountId(f"acme:{number}"),
                days=array("i", [FIRST + day for day in days]),
                units=draw(st.lists(amounts, min_size=len(days), max_size=len(days))),
                exponent=draw(st.sampled_from((-4, -2, 0))),
                ends=draw(st.none() | st.integers(-5, 70).map(lambda day: FIRST + day)),
            )
        )
    return made


def oracle(
    given_accounts: list[AccountSeries], carry: int
) -> tuple[dict[int, tuple[Decimal, int]], list[int]]:
    """Day by day and account by account: totals with how many were carried, and broken days."""
    found: dict[int, tuple[Decimal, int]] = {}
    breaks: list[int] = []
    lost = False
    for day in range(FIRST - 10, FIRST + 80):
        total, carried, read, unknown = Decimal(0), 0, 0, 0
        for one in given_accounts:
            own = {
                its: WIDE.scaleb(Decimal(units), one.exponent)
                for its, units in zip(one.days, one.units, strict=True)
                if one.ends is None or its < one.ends
            }
            if not own or min(own) > day or (one.ends is not None and day >= one.ends):
                continue
            newest = max(its for its in own if its <= day)
            read += newest == day
            carried += newest != day
            unknown += day - newest > carry
            total = WIDE.add(total, own[newest])
        if not read:
            continue
        if unknown:
            lost = True
            continue
        if found and (lost or day - max(found) > carry):
            breaks.append(len(found))
        lost = False
        found[day] = (total, carried)
    return found, breaks


@given(accounts(), st.integers(0, 10))
def test_totals_are_those_of_adding_up_by_hand(many: list[AccountSeries], carry: int) -> None:
    history = total_history(many, currency="USD", carry_days=carry)
    expected, breaks = oracle(many, carry)
    assert totals(history) == {day: total for day, (total, _) in expected.items()}
    assert list(history.carried) == [carried for _, carried in expected.values()]
    assert list(history.breaks) == breaks


@given(accounts(), st.integers(0, 60), st.integers(0, 60), st.lists(st.integers(1, 60)))
def test_a_change_is_the_sum_of_its_parts(
    many: list[AccountSeries], one: int, other: int, days: list[int]
) -> None:
    flows = [flow(str(day % 5), FIRST + day, f"{day * 7 - 90}.5") for day in days]
    history = total_history(
        many, currency="USD", flows=flows, flows_from=FIRST - 90, flows_until=FIRST + 90
    )
    today = date.fromordinal(FIRST + max(one, other))
    for chosen in Range:
        change = history.over(chosen, today).change
        if change is None:
            continue
        assert change.price is not None
        assert change.deposits is not None
        parts = [change.price, change.deposits, change.joined, change.left.copy_negate()]
        assert exact_sum(parts) == change.absolute


def test_no_account_and_no_point_give_no_line() -> None:
    for many in ([], [series("a", {})], [series("a", {FIRST: 5}, ends=FIRST)]):
        history = total_history(many, currency="USD")
        line = history.over(Range.ALL, TODAY)
        assert (len(line), line.change, history.first_day, history.last_day) == (
            0,
            None,
            None,
            None,
        )


def test_one_point_changes_by_nothing() -> None:
    line = total_history([series("a", {FIRST: 5})], currency="USD").over(Range.ALL, TODAY)
    assert line.change is not None
    assert figures(line.change.absolute, line.change.percent, line.change.price) == [0, 0, 0]


def test_a_missing_day_is_carried_and_marked() -> None:
    history = total_history(
        [series("a", {FIRST: 10, FIRST + 1: 11, FIRST + 2: 12}), series("b", {FIRST: 5})],
        currency="USD",
    )
    assert totals(history) == {FIRST: 15, FIRST + 1: 16, FIRST + 2: 17}
    assert list(history.carried) == [0, 1, 1]
    assert history.silent == ()


def test_a_value_is_carried_no_longer_than_it_may_be() -> None:
    read = {FIRST + day: 10 for day in range(12)}
    history = total_history([series("a", read), series("b", {FIRST: 5})], currency="USD")
    assert history.last_day == date.fromordinal(FIRST + 7)
    assert history.silent == ((AccountId("acme:b"), FIRST),)


def test_a_time_without_a_total_breaks_the_line() -> None:
    read = {FIRST + day: 10 for day in range(20)}
    other = {FIRST: 5, FIRST + 15: 6}
    history = total_history([series("a", read), series("b", other)], currency="USD")
    assert FIRST + 8 not in totals(history)
    assert history.breaks == (8,)
    assert history.days[8] == FIRST + 15


def test_nobody_reading_for_long_breaks_the_line() -> None:
    history = total_history([series("a", {FIRST: 1, FIRST + 8: 2, FIRST + 15: 3})], currency="USD")
    assert history.breaks == (1,)


def test_an_account_that_begins_or_ends_is_no_gain_and_no_loss() -> None:
    read = {FIRST + day: 100 + day for day in range(9)}
    late = {FIRST + 3: 1000, FIRST + 4: 1001, FIRST + 5: 1003}
    history = total_history(
        [series("a", read), series("b", late, ends=FIRST + 6)],
        currency="USD",
        flows_from=FIRST,
        flows_until=FIRST + 9,
    )
    assert totals(history)[FIRST + 6] == 106
    change = history.over(Range.ALL, TODAY).change
    assert change is not None
    assert figures(change.absolute, change.joined, change.left) == [8, 1000, 1003]
    assert figures(change.deposits, change.price) == [0, 8 + 3]


def test_deposits_are_no_gain() -> None:
    read = {FIRST: 100, FIRST + 1: 160, FIRST + 2: 150}
    flows = [
        flow("a", FIRST, "100"),  # inside the first value
        flow("a", FIRST + 1, "50"),
        flow("a", FIRST + 2, "-20.50"),
        flow("a", FIRST + 2, None),
        flow("stranger", FIRST + 1, "7"),
    ]
    history = total_history(
        [series("a", read)], currency="USD", flows=flows, flows_from=FIRST, flows_until=FIRST + 2
    )
    line = history.over(Range.ALL, TODAY)
    change = line.change
    assert change is not None
    assert figures(change.absolute, change.percent) == [50, 50]
    assert (change.deposits, change.price, change.unvalued) == (
        Decimal("29.50"),
        Decimal("20.50"),
        1,
    )
    assert [(mark.x, mark.amount) for mark in line.marks] == [
        (FIRST + 1, Decimal(50)),
        (FIRST + 2, Decimal("-20.50")),
    ]


@pytest.mark.parametrize(
    ("known_from", "known_until"),
    [(None, None), (FIRST + 2, FIRST + 9), (FIRST, FIRST), (None, FIRST + 9)],
)
def test_without_all_transactions_a_change_is_not_explained(
    known_from: int | None, known_until: int | None
) -> None:
    history = total_history(
        [series("a", {FIRST: 100, FIRST + 1: 90})],
        currency="USD",
        flows_from=known_from,
        flows_until=known_until,
    )
    change = history.over(Range.ALL, TODAY).change
    assert change is not None
    assert figures(change.absolute, change.deposits, change.price) == [-10, None, None]


def test_a_change_from_nothing_or_less_has_no_percent() -> None:
    for first in (0, -5):
        history = total_history([series("a", {FIRST: first, FIRST + 1: 9})], currency="USD")
        change = history.over(Range.ALL, TODAY).change
        assert change is not None
        assert change.percent is None


def test_values_beyond_64_bits_stay_exact() -> None:
    huge = 10**37 + 1
    history = total_history(
        [series("a", {FIRST: huge}, exponent=-4), series("b", {FIRST: 1}, exponent=0)],
        currency="USD",
    )
    assert totals(history)[FIRST] == Decimal(f"{huge + 10_000}E-4")


@pytest.mark.parametrize(
    ("chosen", "first"),
    [
        (Range.DAY, "2026-11-19"),
        (Range.WEEK, "2026-11-13"),
        (Range.MONTH, "2026-10-20"),
        (Range.QUARTER, "2026-08-20"),
        (Range.YEAR_TO_DATE, "2025-12-31"),
        (Range.YEAR, "2025-11-20"),
        (Range.FIVE_YEARS, "2021-11-20"),
        (Range.ALL, "2020-01-01"),
    ],
)
def test_a_range_begins_with_the_value_at_its_first_day(chosen: Range, first: str) -> None:
    begin, end = date(2020, 1, 1).toordinal(), TODAY.toordinal() + 30
    history = total_history([series("a", {day: day for day in range(begin, end)})], currency="USD")
    line = history.over(chosen, TODAY)
    assert date.fromordinal(line.xs[0]) == date.fromisoformat(first)
    assert date.fromordinal(line.xs[-1]) == TODAY


def test_a_range_begins_with_the_last_value_up_to_its_first_day() -> None:
    today = TODAY.toordinal()
    history = total_history([series("a", {today - 9: 1, today - 3: 2, today: 3})], currency="USD")
    assert list(history.over(Range.WEEK, TODAY).xs) == [today - 9, today - 3, today]
    assert list(history.over(Range.DAY, TODAY).xs) == [today - 3, today]
    saturday = TODAY + timedelta(days=1)
    assert list(history.over(Range.DAY, saturday).xs) == [today - 3, today]


def test_a_value_from_before_a_gap_begins_no_range() -> None:
    today = TODAY.toordinal()
    old = [series("a", {today - 40: 1, today - 39: 2, today - 1: 3, today: 4})]
    history = total_history(old, currency="USD")
    assert list(history.over(Range.WEEK, TODAY).xs) == [today - 1, today]
    assert history.over(Range.WEEK, TODAY).breaks == ()
    assert history.over(Range.QUARTER, TODAY).breaks == (2,)
    stale = total_history([series("a", {today - 40: 1})], currency="USD")
    assert len(stale.over(Range.WEEK, TODAY)) == 0
    assert len(stale.over(Range.QUARTER, TODAY)) == 1


@given(st.dates(date(1, 1, 1), date(9999, 12, 31)), st.integers(0, 300))
def test_months_before(day: date, months: int) -> None:
    found = months_before(day, months)
    assert found <= day
    if found > date.min:
        assert (day.year * 12 + day.month) - (found.year * 12 + found.month) == months
        assert found.day == day.day or (found + timedelta(days=1)).day == 1


@given(st.sampled_from(list(Range)), st.dates(date(2, 1, 1)))
def test_no_range_begins_after_its_end(chosen: Range, today: date) -> None:
    first = starts(chosen, today)
    assert first is None or first < today


def test_which_transactions_are_flows() -> None:
    account, at = AccountId("acme:1"), datetime(2026, 3, 2, 15, tzinfo=UTC)
    kinds = {
        kind: flows_of([a_transaction(account, at, "5", type=kind, id="x")], {"x": 1})
        for kind in TransactionType
    }
    assert {kind for kind, found in kinds.items() if found} == {
        TransactionType.DEPOSIT,
        TransactionType.WITHDRAWAL,
        TransactionType.TRANSFER,
        TransactionType.JOURNAL,
    }


@pytest.mark.parametrize(
    ("quantity", "price", "amounts"),
    [
        ("3", "2.5", [Decimal("7.5")]),
        ("-3", "2.5", [Decimal("-7.5")]),
        ("3", None, [None]),
        (None, None, []),
    ],
)
def test_securities_that_come_are_worth_their_price(
    quantity: str | None, price: str | None, amounts: list[Decimal | None]
) -> None:
    item = a_transaction(
        AccountId("acme:1"),
        datetime(2026, 3, 2, 15, tzinfo=UTC),
        "0",
        id="x",
        type=TransactionType.TRANSFER,
        quantity=None if quantity is None else Decimal(quantity),
        price=None if price is None else Decimal(price),
    )
    assert [flow.amount for flow in flows_of([item], {"x": 1})] == amounts


def test_a_contract_that_comes_is_worth_its_price_times_its_units() -> None:
    option = Instrument(symbol="C", asset_type=AssetType.OPTION, multiplier=Decimal(100))
    item = a_transaction(
        AccountId("acme:1"),
        datetime(2026, 3, 2, 15, tzinfo=UTC),
        "0",
        id="x",
        type=TransactionType.TRANSFER,
        quantity=Decimal(2),
        price=Decimal("1.5"),
        instrument=option,
    )
    assert [flow.amount for flow in flows_of([item], {"x": 1})] == [Decimal(300)]


def test_money_between_own_accounts_is_not_marked() -> None:
    flows = [flow("a", 1, "-50"), flow("b", 1, "50"), flow("a", 2, "5"), flow("a", 2, "6")]
    assert [(mark.x, mark.amount, mark.count) for mark in daily_marks(flows)] == [
        (2, Decimal(11), 2)
    ]
