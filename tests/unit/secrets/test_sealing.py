"""What is sealed opens under its own key and name, and under nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brokerdesk.errors import SecretDamagedError
from brokerdesk.secrets.sealing import DataKey, key_id_of, open_sealed, seal

KEY = DataKey(bytes(range(32)))
OTHER = DataKey(bytes(32))
NAMES = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,30}", fullmatch=True)


@settings(deadline=None)
@given(raw=st.binary(min_size=32, max_size=32), name=NAMES, data=st.binary(max_size=20_000))
def test_sealing_and_opening_give_the_same_back(raw: bytes, name: str, data: bytes) -> None:
    key = DataKey(raw)
    blob = seal(key, name, data)
    assert open_sealed(key, name, blob) == data
    assert key_id_of(blob) == key.id
    assert len(data) < 16 or data not in blob


@settings(deadline=None)
@given(data=st.binary(min_size=1, max_size=200), bit=st.integers(0), cut=st.integers(0))
def test_any_flipped_bit_and_any_lost_byte_is_noticed(data: bytes, bit: int, cut: int) -> None:
    blob = seal(KEY, "a-1", data)
    flipped = bytearray(blob)
    flipped[bit // 8 % len(blob)] ^= 1 << bit % 8
    shortened = blob[: cut % len(blob)]
    for broken in (bytes(flipped), shortened, blob + b"\0", b"", b"\0" * 64):
        with pytest.raises(SecretDamagedError):
            open_sealed(KEY, "a-1", broken)


@settings(deadline=None)
@given(one=NAMES, two=NAMES, data=st.binary(max_size=50))
def test_a_blob_belongs_to_its_name(one: str, two: str, data: bytes) -> None:
    blob = seal(KEY, one, data)
    if one == two:
        assert open_sealed(KEY, two, blob) == data
    else:
        with pytest.raises(SecretDamagedError):
            open_sealed(KEY, two, blob)


def test_another_key_does_not_open_it_even_under_its_own_id() -> None:
    blob = seal(KEY, "a-1", b"data")
    forged = blob[:8] + bytes.fromhex(OTHER.id) + blob[16:]
    for candidate in (blob, forged):
        with pytest.raises(SecretDamagedError):
            open_sealed(OTHER, "a-1", candidate)


def test_the_same_data_is_sealed_differently_each_time() -> None:
    assert len({seal(KEY, "a-1", b"data") for _ in range(100)}) == 100


def test_keys_survive_as_keychain_entries_and_hide_themselves() -> None:
    key = DataKey.random()
    assert DataKey.from_text(key.text()).raw() == key.raw()
    assert len(key.text().encode("utf-16")) < 1000
    for shown in (repr(key), str(key), f"{key}"):
        assert key.text() not in shown
        assert key.raw().hex() not in shown
    assert key.id not in key.raw().hex()
    assert DataKey.random().id != key.id


@pytest.mark.parametrize(
    "text", ["", "bd1:", "bd1:AAAA", "x" * 48, "bd1:" + "ü" * 44, "bd2:" + "A" * 43 + "="]
)
def test_other_entries_are_not_taken_for_keys(text: str) -> None:
    with pytest.raises(ValueError, match="key"):
        DataKey.from_text(text)


def test_a_key_has_its_length() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        DataKey(b"short")
