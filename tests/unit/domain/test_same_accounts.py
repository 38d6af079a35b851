"""Of several sources of one account one is counted, at every moment, whatever was said before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.same_accounts import (
    PairChoice,
    counted_through,
    groups,
    pair_of,
    widened,
)

NOON = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
A, B, C, D = (AccountId(f"acme:{name}") for name in "abcd")


def said(one: AccountId, other: AccountId, chosen: AccountId | None, hour: int = 0) -> PairChoice:
    first, second = pair_of(one, other)
    return PairChoice(
        first=first, second=second, chosen=chosen, decided_at=NOON + timedelta(hours=hour)
    )


def test_the_chosen_one_leads() -> None:
    assert groups([said(A, B, B)]) == ((B, A),)
    assert groups([said(A, B, None)]) == ()


def test_three_sources_are_one_account_and_the_last_word_leads() -> None:
    assert groups([said(A, B, A), said(A, C, C, 1)]) == ((C, A, B),)
    assert groups([said(A, B, A, 2), said(A, C, C, 1)]) == ((A, C, B),)
    assert groups([said(A, B, A), said(C, D, C, 1), said(B, D, D, 2)]) == ((D, C, A, B),)


def test_who_cannot_be_counted_is_stood_in_for() -> None:
    known = groups([said(A, B, A), said(A, C, A, 1)])
    assert counted_through(known, {A, B, C}) == {C: A, B: A}
    assert counted_through(known, {B, C}) == {C: B}
    assert counted_through(known, {B}) == {}
    assert counted_through(known, set()) == {}


def test_a_scope_means_the_account_and_not_its_source() -> None:
    known = groups([said(A, B, A)])
    assert set(widened([B], known)) == {A, B}
    assert set(widened([C], known)) == {C}


@pytest.mark.parametrize(
    "fields",
    [
        {"first": B, "second": A, "chosen": None},
        {"first": A, "second": A, "chosen": None},
        {"first": A, "second": B, "chosen": C},
    ],
)
def test_a_pair_that_cannot_be_is_refused(fields: dict[str, AccountId]) -> None:
    with pytest.raises(ValueError, match="pair"):
        PairChoice(decided_at=NOON, **fields)


ACCOUNTS = [AccountId(f"acme:{name}") for name in "abcdef"]
PAIRS = list(combinations(ACCOUNTS, 2))


@st.composite
def choices(draw: st.DrawFn) -> list[PairChoice]:
    pairs = draw(st.lists(st.sampled_from(PAIRS), unique=True, max_size=8))
    return [
        said(one, other, draw(st.sampled_from([one, other, None])), draw(st.integers(0, 5)))
        for one, other in pairs
    ]


@given(choices(), st.sets(st.sampled_from(ACCOUNTS)))
def test_exactly_one_source_of_each_account_is_counted(
    found: list[PairChoice], able: set[AccountId]
) -> None:
    known = groups(found)
    members = [one for group in known for one in group]
    assert len(members) == len(set(members)), "nobody is in two accounts"
    through = counted_through(known, able)
    for group in known:
        counted = [one for one in group if one in able and one not in through]
        assert len(counted) == min(1, len(able & set(group)))
        assert all(through[one] == counted[0] for one in group if one in through)
    assert set(through) <= able
    assert all(one in members for one in through)
    for one in found:
        if one.chosen is not None:
            assert any(one.first in group and one.second in group for group in known)


@given(choices(), st.randoms(use_true_random=False))
def test_the_order_in_which_choices_are_read_says_nothing(
    found: list[PairChoice], chance: Any
) -> None:
    shuffled = list(found)
    chance.shuffle(shuffled)
    assert set(groups(shuffled)) == set(groups(found))
