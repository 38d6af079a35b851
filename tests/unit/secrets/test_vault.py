"""A vault opens with its passphrase, and tells a wrong one from a broken file."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import unicodedata
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support.secrets import CHEAP

from brokerdesk.errors import InputError, SecretDamagedError, SecretStoreLockedError
from brokerdesk.secrets import vault
from brokerdesk.secrets.sealing import DataKey
from brokerdesk.secrets.vault import Cost, make, unwrap

KEY = DataKey(bytes(range(32)))
PASSPHRASES = st.text(min_size=1, max_size=40).filter(lambda text: bool(text.strip()))


@settings(deadline=None)
@given(right=PASSPHRASES, wrong=PASSPHRASES)
def test_only_the_passphrase_opens_it(right: str, wrong: str) -> None:
    assume(unicodedata.normalize("NFC", right) != unicodedata.normalize("NFC", wrong))
    data = make(right, KEY, CHEAP)
    assert unwrap(data, right).raw() == KEY.raw()
    with pytest.raises(SecretStoreLockedError, match="does not open the vault"):
        unwrap(data, wrong)


def test_neither_key_nor_passphrase_lies_in_the_file() -> None:
    data = make("correct horse", KEY, CHEAP)
    assert b"correct" not in data
    assert KEY.raw() not in data
    assert KEY.raw().hex().encode() not in data
    assert make("correct horse", KEY, CHEAP) != data, "salted"


def test_the_same_letters_typed_on_another_keyboard_open_it() -> None:
    data = make("caf\u00e9", KEY, CHEAP)
    assert unwrap(data, "cafe\u0301").raw() == KEY.raw()


@pytest.mark.parametrize("passphrase", ["", " ", "\t\n", "\u2003", "x" * 5000])
def test_an_unusable_passphrase_is_refused_before_anything(passphrase: str) -> None:
    with pytest.raises(InputError) as caught:
        make(passphrase, KEY, CHEAP)
    assert caught.value.field == "passphrase"
    assert caught.value.message
    with pytest.raises(SecretStoreLockedError):
        unwrap(make("right", KEY, CHEAP), passphrase)


def test_parameters_are_stored_and_used() -> None:
    dear = Cost(passes=2, memory_kib=64, lanes=2)
    data = make("word", KEY, dear)
    body = json.loads(data)
    assert (body["kdf"], body["passes"], body["memory_kib"], body["lanes"]) == (
        "argon2id",
        2,
        64,
        2,
    )
    assert unwrap(data, "word").raw() == KEY.raw()


def test_the_default_is_what_the_standard_recommends() -> None:
    assert Cost() == Cost(passes=3, memory_kib=65536, lanes=4)
    assert Cost().bounded()
    assert unwrap(make("word", KEY, Cost()), "word").raw() == KEY.raw()


def rewritten(data: bytes, checksum: bool = True, **changes: Any) -> bytes:
    """The file after an edit, by somebody who mends the checksum as well."""
    body = json.loads(data)
    body.update(changes)
    body.pop("checksum")
    if checksum:
        body["checksum"] = vault._checksum(body)
    return json.dumps(body).encode()


@pytest.mark.parametrize(
    "changes",
    [
        {"passes": 10**9},
        {"memory_kib": 2**40},
        {"lanes": 0},
        {"passes": "3"},
        {"passes": True},
        {"version": 2},
        {"kdf": "scrypt"},
        {"salt": "!!"},
        {"salt": "AAAA"},
        {"nonce": "AAAA"},
        {"wrapped": None},
    ],
    ids=str,
)
def test_a_file_that_nobody_could_have_made_is_damaged(changes: dict[str, Any]) -> None:
    data = make("word", KEY, CHEAP)
    with pytest.raises(SecretDamagedError, match="vault is damaged"):
        unwrap(rewritten(data, **changes), "word")


@pytest.mark.parametrize("changes", [{"passes": 2}, {"memory_kib": 16}, {"key_id": "00" * 8}])
def test_parameters_are_bound_to_the_key(changes: dict[str, Any]) -> None:
    with pytest.raises(SecretStoreLockedError):
        unwrap(rewritten(make("word", KEY, CHEAP), **changes), "word")


@settings(deadline=None)
@given(bit=st.integers(0), cut=st.integers(0))
def test_broken_files_are_damaged_and_not_a_wrong_passphrase(bit: int, cut: int) -> None:
    data = make("word", KEY, CHEAP)
    flipped = bytearray(data)
    flipped[bit // 8 % len(data)] ^= 1 << bit % 8
    with contextlib.suppress(SecretDamagedError):
        # A flip that only turns one white space into another may pass.
        assert unwrap(bytes(flipped), "word").raw() == KEY.raw()
    with pytest.raises(SecretDamagedError):
        unwrap(data[: cut % (len(data) - 2)], "word")


@pytest.mark.parametrize("data", [b"", b"null", b"[]", b"{}", b"[" * 100_000, b"\xff"])
def test_what_is_no_vault_is_damaged(data: bytes) -> None:
    with pytest.raises(SecretDamagedError):
        unwrap(data, "word")


def test_costs_are_plain_data() -> None:
    assert dataclasses.asdict(CHEAP) == {"passes": 1, "memory_kib": 8, "lanes": 1}
    assert CHEAP.bounded()
