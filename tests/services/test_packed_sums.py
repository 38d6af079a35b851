"""Packed sums are exact whatever the amounts look like."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from brokerdesk.services.amounts import EXACT, ZERO
from brokerdesk.services.packed_sums import PackedSums

amounts = st.one_of(
    st.decimals(-100_000, 100_000, places=2),
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30),
    st.sampled_from([Decimal(2**62) / 10**6, Decimal("4.6E12"), Decimal("1E-7"), Decimal("-0.0")]),
)


@given(st.lists(st.tuples(st.integers(0, 5), amounts), max_size=30))
def test_every_digit_is_there(taken: list[tuple[int, Decimal]]) -> None:
    packed, plain = PackedSums(), dict[int, Decimal]()
    for number, amount in taken:
        packed.add(number, amount)
        plain[number] = EXACT.add(plain.get(number, ZERO), amount)
    assert {one: packed[one] for one in plain} == plain
    assert all(packed[one] == 0 for one in range(len(packed)) if one not in plain)


@given(amounts, amounts)
def test_what_is_moved_is_all_of_it(one: Decimal, other: Decimal) -> None:
    packed = PackedSums()
    packed.add(1, one)
    packed.add(4, other)
    packed.move(4, 1)
    assert packed[1] == EXACT.add(one, other)
    assert packed[4] == 0
