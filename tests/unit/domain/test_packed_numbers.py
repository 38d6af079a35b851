"""Packed numbers are a dictionary's, however many there are and however the hashes fall."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from brokerdesk.domain.packed_numbers import NOTHING, PackedNumbers

hashes = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.integers(-4, 4),
    st.integers(-40, 40).map(lambda one: one * 4096),  # all in one place
)


@given(st.lists(hashes, max_size=400))
def test_they_are_those_of_a_dictionary(keys: list[int]) -> None:
    packed, plain = PackedNumbers(), dict[int, int]()
    for number, key in enumerate(keys):
        assert packed.get(key) == plain.get(key, NOTHING)
        assert packed.setdefault(key, number) == plain.setdefault(key, number)
    assert len(packed) == len(plain)
    assert all(packed.get(key) == number for key, number in plain.items())


def test_very_many_are_found_again() -> None:
    packed = PackedNumbers()
    for number in range(50_000):
        assert packed.setdefault(hash(("thing", number)), number) == number
    assert all(packed.get(hash(("thing", number))) == number for number in range(0, 50_000, 7))
    assert packed.get(hash(("thing", -1))) == NOTHING
