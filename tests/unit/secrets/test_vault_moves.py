"""Into the vault from memory and from the keychain, and every way of opening it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import keyring.backends.fail
import pytest
from support.clock import FakeClock
from support.secrets import CHEAP, FakeKeyring, LockedKeyring, files_under, profile, store_with

from brokerdesk.domain.ids import ConnectionId
from brokerdesk.errors import (
    InputError,
    SecretDamagedError,
    SecretMissingError,
    SecretStoreError,
    SecretStoreLockedError,
    SecretStoreMissingError,
)
from brokerdesk.paths import ProfilePaths
from brokerdesk.secrets import Store, StoreState, create_vault, open_vault

ONE = ConnectionId("schwab-0a1b2c3d")
TWO = ConnectionId("schwab-4e5f6a7b")
CREDENTIALS = {"app_key": "key-0123456789", "app_secret": "sec-fedcba9876"}
WORD = "correct horse battery"


@pytest.fixture
def place(tmp_path: Path) -> ProfilePaths:
    return profile(tmp_path)


class NoKeyring(FakeKeyring):
    def _called(self, what: str) -> None:
        super()._called(what)
        raise keyring.errors.NoKeyringError("none")


@pytest.fixture
def nothing() -> NoKeyring:
    return NoKeyring()


def state_of(store: Store) -> StoreState:
    return store.state


async def test_making_a_vault_moves_what_was_in_memory(
    place: ProfilePaths, nothing: NoKeyring
) -> None:
    store = store_with(place, nothing)
    await store.save(ONE, CREDENTIALS)
    await store.save(TWO, {"app_key": "another-key"})
    assert store.state is StoreState.SESSION_ONLY
    await store.make_vault(WORD, cost=CHEAP)
    assert state_of(store) is StoreState.VAULT
    assert "passphrase vault" in store.describe()
    assert store._memory == {}
    again = await open_vault(place, WORD, clock=FakeClock())
    assert dict(await again.read(ONE)) == CREDENTIALS
    assert (await again.read(TWO))["app_key"] == "another-key"
    everything = b"".join(files_under(place.root).values())
    for secret in (WORD, *CREDENTIALS.values()):
        assert secret.encode() not in everything


async def test_a_move_that_the_disk_stops_keeps_the_rest_in_memory(
    place: ProfilePaths, nothing: NoKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = store_with(place, nothing)
    await store.save(ONE, CREDENTIALS)
    await store.save(TWO, CREDENTIALS)
    real = store._files.write_sealed

    def full(name: str, blob: bytes) -> None:
        if name == TWO:
            raise SecretStoreError("The disk is full.")
        real(name, blob)

    monkeypatch.setattr(store._files, "write_sealed", full)
    with pytest.raises(SecretStoreError, match="disk is full"):
        await store.make_vault(WORD, cost=CHEAP)
    monkeypatch.undo()
    for connection in (ONE, TWO):
        assert dict(await store.read(connection)) == CREDENTIALS
    newer = {"app_key": "newer-than-in-memory"}
    await store.credentials(TWO).replace(newer)
    again = await open_vault(place, WORD, clock=FakeClock())
    for opened in (store, again):
        assert dict(await opened.read(TWO)) == newer


async def test_moving_from_the_keychain_keeps_every_sign_in_and_empties_the_keychain(
    place: ProfilePaths,
) -> None:
    backend = FakeKeyring()
    await store_with(place, backend).save(ONE, CREDENTIALS)
    sealed = (place.secrets_dir / f"{ONE}.sealed").read_bytes()
    store = store_with(place, backend)
    await store.make_vault(WORD, cost=CHEAP)
    assert (place.secrets_dir / f"{ONE}.sealed").read_bytes() == sealed, "only the key moved"
    assert backend.entries == {}
    assert dict(await store.read(ONE)) == CREDENTIALS
    assert dict(await (await open_vault(place, WORD, clock=FakeClock())).read(ONE)) == CREDENTIALS


async def test_a_keychain_that_is_locked_stops_the_move_before_it_begins(
    place: ProfilePaths,
) -> None:
    backend = LockedKeyring()
    backend.unlock()
    await store_with(place, backend).save(ONE, CREDENTIALS)
    backend.locked = True
    with pytest.raises(SecretStoreLockedError, match="locked"):
        await store_with(place, backend).make_vault(WORD, cost=CHEAP)
    assert not (place.secrets_dir / "vault.json").exists()
    backend.unlock()
    assert dict(await store_with(place, backend).read(ONE)) == CREDENTIALS


async def test_without_its_keychain_an_old_sign_in_stays_sealed_and_is_told(
    place: ProfilePaths, nothing: NoKeyring
) -> None:
    await store_with(place, FakeKeyring()).save(ONE, CREDENTIALS)
    store = store_with(place, nothing)
    await store.make_vault(WORD, cost=CHEAP)
    with pytest.raises(SecretMissingError) as caught:
        await store.read(ONE)
    assert "FakeKeyring" in caught.value.message
    assert await store.exists(ONE)
    await store.save(ONE, CREDENTIALS)
    assert dict(await store.read(ONE)) == CREDENTIALS


async def test_a_new_profile_needs_no_keychain_to_make_a_vault(place: ProfilePaths) -> None:
    locked = LockedKeyring()
    store = await create_vault(place, WORD, clock=FakeClock(), backend=locked, cost=CHEAP)
    await store.save(ONE, CREDENTIALS)
    assert locked.calls == []
    assert await store_with(place, locked).exists(ONE)


@pytest.mark.parametrize("empty", ["", "   ", "\n"])
async def test_an_empty_passphrase_makes_nothing(place: ProfilePaths, empty: str) -> None:
    with pytest.raises(InputError) as caught:
        await create_vault(place, empty, clock=FakeClock(), cost=CHEAP)
    assert caught.value.field == "passphrase"
    assert files_under(place.root) == {}


async def test_a_second_vault_is_refused(place: ProfilePaths) -> None:
    await create_vault(place, WORD, clock=FakeClock(), cost=CHEAP)
    before = (place.secrets_dir / "vault.json").read_bytes()
    with pytest.raises(SecretStoreError, match="vault already"):
        await create_vault(place, "another", clock=FakeClock(), cost=CHEAP)
    assert (place.secrets_dir / "vault.json").read_bytes() == before


async def test_a_closed_vault_says_how_to_open_it(place: ProfilePaths) -> None:
    made = await create_vault(place, WORD, clock=FakeClock(), cost=CHEAP)
    await made.save(ONE, CREDENTIALS)
    backend = FakeKeyring()
    store = store_with(place, backend)
    assert "not been opened yet" in store.describe()
    with pytest.raises(SecretStoreLockedError) as caught:
        await store.read(ONE)
    assert "BROKERDESK_VAULT_PASSPHRASE_FILE" in caught.value.hint
    assert state_of(store) is StoreState.LOCKED
    assert "vault is locked" in store.describe()
    assert backend.calls == [], "a vault goes before a keychain"
    with pytest.raises(SecretStoreLockedError, match="does not open the vault"):
        await store.unlock("wrong")
    await store.unlock(WORD)
    assert dict(await store.read(ONE)) == CREDENTIALS


async def test_opening_with_a_wrong_passphrase_or_no_vault(place: ProfilePaths) -> None:
    with pytest.raises(SecretStoreMissingError, match="no passphrase vault"):
        await open_vault(place, WORD, clock=FakeClock())
    await create_vault(place, WORD, clock=FakeClock(), cost=CHEAP)
    with pytest.raises(SecretStoreLockedError) as caught:
        await open_vault(place, "wrong", clock=FakeClock())
    assert caught.value.hint
    assert "wrong" not in caught.value.sentences()


async def test_the_passphrase_can_be_changed_and_the_old_one_is_dead(place: ProfilePaths) -> None:
    store = await create_vault(place, WORD, clock=FakeClock(), cost=CHEAP)
    await store.save(ONE, CREDENTIALS)
    sealed = (place.secrets_dir / f"{ONE}.sealed").read_bytes()
    with pytest.raises(SecretStoreLockedError, match="does not open"):
        await store.change_passphrase("wrong", "next word", cost=CHEAP)
    with pytest.raises(InputError):
        await store.change_passphrase(WORD, "", cost=CHEAP)
    await open_vault(place, WORD, clock=FakeClock())
    await store.change_passphrase(WORD, "next word", cost=CHEAP)
    assert (place.secrets_dir / f"{ONE}.sealed").read_bytes() == sealed
    with pytest.raises(SecretStoreLockedError):
        await open_vault(place, WORD, clock=FakeClock())
    opened = await open_vault(place, "next word", clock=FakeClock())
    assert dict(await opened.read(ONE)) == CREDENTIALS


async def test_changing_it_in_a_full_disk_keeps_the_old_one(
    place: ProfilePaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = await create_vault(place, WORD, clock=FakeClock(), cost=CHEAP)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SecretStoreError, match="disk is full"):
        await store.change_passphrase(WORD, "next word", cost=CHEAP)
    monkeypatch.undo()
    await open_vault(place, WORD, clock=FakeClock())


async def test_without_a_vault_there_is_nothing_to_change(place: ProfilePaths) -> None:
    with pytest.raises(SecretStoreMissingError):
        await store_with(place, FakeKeyring()).change_passphrase("a", "b", cost=CHEAP)


@pytest.mark.parametrize(
    "data",
    [WORD.encode(), f"{WORD}\n".encode(), f"{WORD}\r\n".encode(), b"\xef\xbb\xbf" + WORD.encode()],
    ids=["bare", "newline", "windows", "bom"],
)
async def test_a_passphrase_file_opens_it_without_a_prompt(
    place: ProfilePaths, tmp_path: Path, data: bytes
) -> None:
    made = await create_vault(place, WORD, clock=FakeClock(), cost=CHEAP)
    await made.save(ONE, CREDENTIALS)
    path = tmp_path / "word"
    path.write_bytes(data)
    store = store_with(place, None, passphrase_file=path)
    assert await store.ready() is StoreState.VAULT
    assert dict(await store.read(ONE)) == CREDENTIALS


@pytest.mark.parametrize("data", [None, b"", b"\n", b"  \nword\n", b"\xff\xff", b"x" * 20_000])
async def test_a_passphrase_file_that_cannot_be_used_is_told(
    place: ProfilePaths, tmp_path: Path, data: bytes | None
) -> None:
    await create_vault(place, WORD, clock=FakeClock(), cost=CHEAP)
    path = tmp_path / "word"
    if data is not None:
        path.write_bytes(data)
    store = store_with(place, None, passphrase_file=path)
    with pytest.raises(SecretStoreLockedError, match="passphrase file cannot be used"):
        await store.ready()
    assert state_of(store) is StoreState.LOCKED
    await store.unlock(WORD)
    assert state_of(store) is StoreState.VAULT


async def test_a_wrong_passphrase_file_is_a_wrong_passphrase(
    place: ProfilePaths, tmp_path: Path
) -> None:
    await create_vault(place, WORD, clock=FakeClock(), cost=CHEAP)
    path = tmp_path / "word"
    path.write_text("wrong", encoding="utf-8")
    with pytest.raises(SecretStoreLockedError, match="does not open the vault"):
        await store_with(place, None, passphrase_file=path).ready()


async def test_a_damaged_vault_is_not_a_wrong_passphrase_and_is_never_replaced(
    place: ProfilePaths,
) -> None:
    made = await create_vault(place, WORD, clock=FakeClock(), cost=CHEAP)
    await made.save(ONE, CREDENTIALS)
    path = place.secrets_dir / "vault.json"
    body = json.loads(path.read_bytes())
    body["wrapped"] = body["wrapped"][::-1]
    broken = json.dumps(body).encode()
    path.write_bytes(broken)
    store = store_with(place, FakeKeyring())
    with pytest.raises(SecretDamagedError, match="vault is damaged"):
        await store.unlock(WORD)
    with pytest.raises(SecretStoreLockedError):
        await store.save(TWO, CREDENTIALS)
    with pytest.raises(SecretStoreError):
        await store.make_vault("other", cost=CHEAP)
    assert path.read_bytes() == broken


async def test_use_goes_on_after_another_process_made_the_vault(place: ProfilePaths) -> None:
    backend = FakeKeyring()
    running = store_with(place, backend)
    await running.save(ONE, CREDENTIALS)
    await store_with(place, backend).make_vault(WORD, cost=CHEAP)
    await running.credentials(ONE).replace({"app_key": "newer-key"})
    opened = await open_vault(place, WORD, clock=FakeClock())
    assert (await opened.read(ONE))["app_key"] == "newer-key"


async def test_a_first_save_in_a_keychain_that_another_process_just_left_asks_for_the_vault(
    place: ProfilePaths,
) -> None:
    """The vault goes before the keychain at every use, not only at the start."""
    backend = FakeKeyring()
    slow = store_with(place, backend)
    assert await slow.ready() is StoreState.KEYRING
    await create_vault(place, WORD, clock=FakeClock(), backend=backend, cost=CHEAP)
    with pytest.raises(SecretStoreLockedError, match="vault is locked"):
        await slow.save(ONE, CREDENTIALS)
    assert backend.entries == {}
